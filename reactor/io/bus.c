/* Sessions that come and go.
 *
 *   1. A session is begun; when it is up, every subscription is made, then `up` is told.
 *   2. After each read from its socket, what the subscriptions hold goes to their
 * functions.
 *   3. A message to our own inbox goes out every half second. Nothing read for three
 * seconds means that the server hangs: the socket is cut.
 *   4. A lost session is closed, `down` is told, and the next one begins after a pause that
 *      doubles from a quarter of a second to five seconds.
 *
 * What can go wrong: the server is away at start or later (4); it stops without closing
 * (3); a subscription is refused (the session is restarted); bus_close comes at any moment.
 */
#include "io/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/must.h"
#include "io/session.h"

#define HEARTBEAT_MS 500
#define SILENCE_MS 3000
#define RETRY_FIRST_MS 250
#define RETRY_MAX_MS 5000
#define INBOX_SIZE 32

struct subscription {
    char *subject;
    bus_message_fn fn;
    bus_nobody_fn nobody; /* NULL: not of interest */
    void *arg;
    natsSubscription *sub; /* of the present session; NULL between sessions */
};

struct bus {
    uv_loop_t *loop;
    struct bus_options options; /* its texts are ours */
    struct subscription subs[BUS_SUBSCRIPTIONS_MAX];
    size_t n_subs;
    struct session *session;
    natsConnection *nc; /* NULL: no session is up */
    uv_timer_t heartbeat, retry;
    unsigned handles; /* open timers, and the session */
    uint64_t retry_ms;
    size_t max_payload;
    char inbox[INBOX_SIZE];
    char beat[INBOX_SIZE + 4];
    char why[128]; /* of the next restart; "" when the server went away by itself */
    bool closing, draining;
    void (*closed)(void *);
    void *closed_arg;
};

/* Session
 * ---------------------------------------------------------------------------------- */

static void begin_session(struct bus *b);

static void free_bus(struct bus *b)
{
    void (*closed)(void *) = b->closed;
    void *arg = b->closed_arg;
    const char *const texts[] = {b->options.url,  b->options.creds,    b->options.nkey,
                                 b->options.user, b->options.password, b->options.token,
                                 b->options.ca,   b->options.cert,     b->options.key,
                                 b->options.name};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        free((void *)(uintptr_t)texts[i]);
    for (size_t i = 0; i < b->n_subs; i++)
        free(b->subs[i].subject);
    free(b);
    if (closed != NULL)
        closed(arg);
}

static void maybe_closed(struct bus *b)
{
    if (b->closing && b->handles == 0)
        free_bus(b);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct bus *b = handle->data;
    b->handles--;
    maybe_closed(b);
}

static void drop_session(struct bus *b)
{
    for (size_t i = 0; i < b->n_subs; i++) {
        natsSubscription_Destroy(b->subs[i].sub);
        b->subs[i].sub = NULL;
    }
    b->nc = NULL;
    uv_timer_stop(&b->heartbeat);
    if (b->session != NULL)
        session_close(b->session); /* on_session_closed follows */
    b->session = NULL;
}

static void on_retry(uv_timer_t *timer)
{
    begin_session(timer->data);
}

static void retry_later(struct bus *b)
{
    uv_timer_start(&b->retry, on_retry, b->retry_ms, 0);
    b->retry_ms = b->retry_ms * 2 > RETRY_MAX_MS ? RETRY_MAX_MS : b->retry_ms * 2;
}

static void fail_session(struct bus *b, const char *why)
{
    char text[256]; /* the session's own words go with it */
    snprintf(text, sizeof text, "%s", why);
    drop_session(b);
    b->options.down(b->options.arg, text);
    retry_later(b);
}

static natsStatus make_subscription(struct bus *b, struct subscription *s)
{
    natsStatus st = natsConnection_SubscribeSync(&s->sub, b->nc, s->subject);
    /* The library's own limits drop in silence. Every inbox is bounded by what we ask for;
     * a plain subscription (store.mode = memory) has nothing to hold its sender back. */
    if (st == NATS_OK)
        st = natsSubscription_SetPendingLimits(s->sub, -1, -1);
    return st;
}

static void on_beat(uv_timer_t *timer)
{
    struct bus *b = timer->data;
    if (uv_now(b->loop) - session_last_read(b->session) > SILENCE_MS) {
        snprintf(b->why, sizeof b->why, "nothing heard from the server for %d s",
                 SILENCE_MS / 1000);
        session_cut(b->session);
        return;
    }
    (void)natsConnection_Publish(b->nc, b->beat, NULL, 0);
}

static void on_own_beat(void *arg, struct bus_message *m)
{
    (void)arg;
    bus_message_free(m);
}

static void on_connected(void *arg, const char *error)
{
    struct bus *b = arg;
    if (error != NULL) {
        fail_session(b, error);
        return;
    }
    b->nc = session_nc(b->session);
    for (size_t i = 0; i < b->n_subs; i++) {
        natsStatus st = make_subscription(b, &b->subs[i]);
        if (st != NATS_OK) {
            fail_session(b, natsStatus_GetText(st));
            return;
        }
    }
    int64_t max = natsConnection_GetMaxPayload(b->nc);
    if (max > 0)
        b->max_payload = (size_t)max;
    b->retry_ms = RETRY_FIRST_MS;
    b->why[0] = '\0';
    uv_timer_start(&b->heartbeat, on_beat, HEARTBEAT_MS, HEARTBEAT_MS);
    b->options.up(b->options.arg);
}

/* Takes everything one subscription holds. "No responders" and "slow consumer" are reports
 * in the middle of the queue, not its end. */
static void drain_subscription(struct subscription *s)
{
    uint64_t queued = 0;
    /* Asking for the length costs a tenth of an empty NextMsg. Nothing joins the queue
     * meanwhile: the socket is read on this thread. */
    if (s->sub == NULL || natsSubscription_QueuedMsgs(s->sub, &queued) != NATS_OK)
        return;
    for (; queued > 0 && s->sub != NULL; queued--) {
        natsMsg *m = NULL;
        natsStatus st = natsSubscription_NextMsg(&m, s->sub, 0);
        if (st == NATS_OK)
            s->fn(s->arg, (struct bus_message *)m);
        else if (st == NATS_NO_RESPONDERS && s->nobody != NULL)
            s->nobody(s->arg);
        else if (st != NATS_NO_RESPONDERS && st != NATS_SLOW_CONSUMER)
            return;
    }
}

static void on_readable(void *arg)
{
    struct bus *b = arg;
    if (b->draining)
        return;
    b->draining = true;
    for (size_t i = 0; i < b->n_subs && b->nc != NULL; i++)
        drain_subscription(&b->subs[i]);
    b->draining = false;
}

static void on_lost(void *arg)
{
    struct bus *b = arg;
    fail_session(b, b->why[0] != '\0' ? b->why : "the server closed the connection");
}

static void on_session_closed(void *arg)
{
    struct bus *b = arg;
    b->handles--;
    maybe_closed(b);
}

static void begin_session(struct bus *b)
{
    const struct session_handlers h = {.readable = on_readable,
                                       .connected = on_connected,
                                       .lost = on_lost,
                                       .closed = on_session_closed,
                                       .arg = b};
    if (session_new(b->loop, &b->options, &h, &b->session) != ST_OK) {
        retry_later(b);
        return;
    }
    b->handles++;
}

/* Face
 * ------------------------------------------------------------------------------------- */

static const char *copy(const char *text, bool *failed)
{
    if (text == NULL)
        return NULL;
    char *c = strdup(text);
    *failed |= c == NULL;
    return c;
}

static void make_inbox(struct bus *b)
{
    static const char digits[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuv";
    unsigned char bytes[22];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        memset(bytes, 0, sizeof bytes); /* cannot happen for 22 bytes (getrandom(2)) */
    size_t n = (size_t)snprintf(b->inbox, sizeof b->inbox, "_INBOX.");
    for (size_t i = 0; i < sizeof bytes; i++)
        b->inbox[n++] = digits[bytes[i] % (sizeof digits - 1)];
    b->inbox[n] = '\0';
    snprintf(b->beat, sizeof b->beat, "%s.hb", b->inbox);
}

enum status bus_new(uv_loop_t *loop, const struct bus_options *o, struct bus **out)
{
    struct bus *b = calloc(1, sizeof *b);
    if (b == NULL)
        return ST_NOMEM;
    bool failed = false;
    b->loop = loop;
    b->options = *o;
    b->options.url = copy(o->url, &failed);
    b->options.creds = copy(o->creds, &failed);
    b->options.nkey = copy(o->nkey, &failed);
    b->options.user = copy(o->user, &failed);
    b->options.password = copy(o->password, &failed);
    b->options.token = copy(o->token, &failed);
    b->options.ca = copy(o->ca, &failed);
    b->options.cert = copy(o->cert, &failed);
    b->options.key = copy(o->key, &failed);
    b->options.name = copy(o->name, &failed);
    b->retry_ms = RETRY_FIRST_MS;
    b->max_payload = 1U << 20;
    make_inbox(b);
    if (failed || bus_subscribe(b, b->beat, on_own_beat, b) != ST_OK) {
        free_bus(b);
        return ST_NOMEM;
    }
    uv_timer_init(loop, &b->heartbeat);
    uv_timer_init(loop, &b->retry);
    b->heartbeat.data = b;
    b->retry.data = b;
    b->handles = 2;
    begin_session(b);
    *out = b;
    return ST_OK;
}

enum status bus_subscribe(struct bus *b, const char *subject, bus_message_fn fn, void *arg)
{
    return bus_subscribe_replies(b, subject, fn, NULL, arg);
}

enum status bus_subscribe_replies(struct bus *b, const char *subject, bus_message_fn fn,
                                  bus_nobody_fn nobody, void *arg)
{
    if (b->n_subs == BUS_SUBSCRIPTIONS_MAX)
        return ST_FULL;
    char *text = strdup(subject);
    if (text == NULL)
        return ST_NOMEM;
    struct subscription *s = &b->subs[b->n_subs++];
    *s = (struct subscription){.subject = text, .fn = fn, .nobody = nobody, .arg = arg};
    if (b->nc != NULL && make_subscription(b, s) != NATS_OK)
        bus_restart(b, "a subscription was refused");
    return ST_OK;
}

bool bus_is_up(const struct bus *b)
{
    return b->nc != NULL;
}

const char *bus_inbox(const struct bus *b)
{
    return b->inbox;
}

size_t bus_max_payload(const struct bus *b)
{
    return b->max_payload;
}

size_t bus_buffered(const struct bus *b)
{
    int n = b->nc != NULL ? natsConnection_Buffered(b->nc) : 0;
    return n > 0 ? (size_t)n : 0;
}

static enum status publish_status(natsStatus st)
{
    if (st == NATS_MAX_PAYLOAD)
        return ST_INVALID;
    return st == NATS_OK ? ST_OK : ST_REFUSED;
}

enum status bus_publish(struct bus *b, const char *subject, const char *reply,
                        const struct bus_header *headers, size_t n_headers,
                        const void *data, size_t len)
{
    if (b->nc == NULL)
        return ST_REFUSED;
    if (bus_buffered(b) + len > BUS_BUFFERED_MAX)
        return ST_FULL;
    if (n_headers == 0) {
        natsStatus st =
            reply != NULL
                ? natsConnection_PublishRequest(b->nc, subject, reply, data, (int)len)
                : natsConnection_Publish(b->nc, subject, data, (int)len);
        return publish_status(st);
    }
    natsMsg *m = NULL;
    if (natsMsg_Create(&m, subject, reply, data, (int)len) != NATS_OK)
        return ST_NOMEM;
    natsStatus st = NATS_OK;
    for (size_t i = 0; i < n_headers && st == NATS_OK; i++)
        st = natsMsgHeader_Set(m, headers[i].name, headers[i].value);
    if (st == NATS_OK)
        st = natsConnection_PublishMsg(b->nc, m);
    natsMsg_Destroy(m);
    return publish_status(st);
}

void bus_restart(struct bus *b, const char *why)
{
    if (b->nc == NULL)
        return;
    snprintf(b->why, sizeof b->why, "%s", why);
    session_cut(b->session);
}

void bus_close(struct bus *b, void (*closed)(void *arg), void *arg)
{
    if (b == NULL) {
        closed(arg);
        return;
    }
    b->closing = true;
    b->closed = closed;
    b->closed_arg = arg;
    drop_session(b);
    uv_close((uv_handle_t *)&b->heartbeat, on_timer_closed);
    uv_close((uv_handle_t *)&b->retry, on_timer_closed);
}
