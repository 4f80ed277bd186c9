/* A durable pull consumer, remade with each session.
 *
 *   1. STREAM.INFO: how far does the stream reach? CONSUMER.INFO: how far had we
 * acknowledged?
 *   2. CONSUMER.DELETE, then CONSUMER.DURABLE.CREATE from the position after our last
 *      message; or from that message on, if it may be acknowledged. It comes again and is
 *      only acknowledged, so that the acknowledgement floor is where we are (a consumer
 * that has acknowledged nothing shows 0 there).
 *   3. Two pull requests are kept out (ADR-37): as one is used up, the next is sent, if the
 *      reader has room. The first ones don't wait. All has been handed over when the last
 *      sequence of (1) has, or when the stream, asked, has no message behind the last one.
 *   4. Each delivery carries the stream's and the consumer's sequence in its reply subject;
 *      the consumer's must go up by one.
 *
 * What can go wrong:
 *   - a gap in the consumer's sequence: a delivery was lost; the session is begun anew;
 *   - the consumer is deleted behind our back, or a server change: the same;
 *   - silence: pull requests to a consumer that is gone get no answer at all on 2.9, so
 *     heartbeats are asked for, and missed ones begin the session anew;
 *   - a wrong count of what is pending: with a wildcard filter 2.9.10 counts too many or
 *     too few (filteredPendingLocked in its server/filestore.go). One too many, and a pull
 *     that doesn't wait is kept for ever, and the others are refused; one too few, and "no
 *     messages" comes too early. So the count is never believed. */
#include "io/consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/streams.h"
#include "proto/ack_subject.h"

#define BATCH 1000
#define PULLS 2
#define PULL_EXPIRES_NS INT64_C(30000000000)
#define PULL_HEARTBEAT_NS INT64_C(5000000000)
#define SILENCE_MS 15000 /* three heartbeats */
#define LOOK_MS 1000
/* A pull never brings more bytes than this, or than two of the largest messages. */
#define PULL_BYTES (4U << 20)
#define MAX_ACK_PENDING 20000
#define READER_KEPT_NS INT64_C(60000000000)
#define ACK_WAIT_NS INT64_C(3600000000000) /* redelivery is never what we want */

struct pull {
    uint64_t id;
    uint32_t remaining;
};

struct consumer {
    uv_loop_t *loop;
    struct bus *bus;
    struct js_api *api;
    struct consumer_options o;
    uv_timer_t timer;
    char stream[STREAM_NAME_SIZE];
    char name[STREAM_NAME_SIZE]; /* the durable's, or the one that the server gave */
    char filter[STREAM_NAME_SIZE];
    char prefix[64];              /* inbox of pulls, up to the pull's id */
    struct ack_prefix ack_prefix; /* of the deliveries' reply subjects */
    struct pull pulls[PULLS];     /* oldest first */
    size_t n_pulls;
    uint64_t next_pull, heard;
    uint64_t position, stream_last, handled, next_delivery, identity;
    uint64_t acked; /* worked off up to here: may be acknowledged */
    uint64_t known; /* the message that comes again, to be acknowledged; 0: none */
    uint32_t generation;
    uint64_t looked_from; /* where the stream was asked for the next message; 0: nowhere */
    bool running, stopped, is_caught_up, knows_handled, reads_once;
    bool is_looking; /* the stream is asked for the next message */
    bool is_patient; /* pulls wait, though not all has been read */
    void (*closed)(void *);
    void *closed_arg;
};

static void trouble(struct consumer *c, const char *what)
{
    char why[1024];
    snprintf(why, sizeof why, "consumer %s on stream %s: %s", c->name, c->stream, what);
    c->running = false;
    bus_restart(c->bus, why);
}

static void caught_up(struct consumer *c)
{
    if (c->is_caught_up)
        return;
    c->is_caught_up = true;
    c->o.caught_up(c->o.arg);
}

/* Asking
 * ----------------------------------------------------------------------------------- */

static void fail(struct consumer *c, const char *what, const json_t *reply)
{
    char why[1024];
    const char *description = "no answer";
    if (reply != NULL)
        (void)js_api_error(reply, &description);
    snprintf(why, sizeof why, "consumer %s on stream %s: %s: %s", c->name, c->stream, what,
             description);
    c->o.failed(c->o.arg, why);
}

static void ask(struct consumer *c, const char *verb, const char *tail, json_t *request,
                js_api_fn fn)
{
    char subject[2 * STREAM_NAME_SIZE + 64];
    snprintf(subject, sizeof subject, "%s.%s%s%s", verb, c->stream, *tail ? "." : "", tail);
    if (js_api_request(c->api, subject, request, fn, c) != ST_OK)
        fail(c, "the request could not be sent", NULL);
}

/* Pulls
 * ------------------------------------------------------------------------------------ */

static bool send_pull(struct consumer *c)
{
    char subject[2 * STREAM_NAME_SIZE + 64], inbox[96], body[160];
    size_t bytes = 2 * bus_max_payload(c->bus);
    if (bytes < PULL_BYTES)
        bytes = PULL_BYTES;
    snprintf(subject, sizeof subject, "$JS.API.CONSUMER.MSG.NEXT.%s.%s", c->stream,
             c->name);
    snprintf(inbox, sizeof inbox, "%s%llx", c->prefix, (unsigned long long)c->next_pull);
    bool waits = c->is_caught_up || c->is_patient;
    int n =
        waits ? snprintf(body, sizeof body,
                         "{\"batch\":%d,\"max_bytes\":%zu,\"expires\":%lld,"
                         "\"idle_heartbeat\":%lld}",
                         BATCH, bytes, (long long)PULL_EXPIRES_NS,
                         (long long)PULL_HEARTBEAT_NS)
              : snprintf(body, sizeof body,
                         "{\"batch\":%d,\"max_bytes\":%zu,\"no_wait\":true}", BATCH, bytes);
    if (bus_publish(c->bus, subject, inbox, NULL, 0, body, (size_t)n) != ST_OK)
        return false;
    c->pulls[c->n_pulls++] = (struct pull){.id = c->next_pull++, .remaining = BATCH};
    return true;
}

void consumer_pull(struct consumer *c)
{
    if (!c->running || c->stopped || c->is_looking || (c->reads_once && c->is_caught_up))
        return;
    size_t out = 0;
    for (size_t i = 0; i < c->n_pulls; i++)
        out += c->pulls[i].remaining;
    while (c->n_pulls < PULLS && c->o.room(c->o.arg) >= out + BATCH) {
        if (c->n_pulls == 0)
            c->heard = uv_now(c->loop);
        if (!send_pull(c))
            return;
        out += BATCH;
    }
}

static void remove_pull(struct consumer *c, size_t i)
{
    c->n_pulls--;
    memmove(&c->pulls[i], &c->pulls[i + 1], (c->n_pulls - i) * sizeof c->pulls[0]);
}

/* The end
 * ----------------------------------------------------------------------------------- */

/* Has all been handed over that was stored when the reading began? An answer that is under
 * way is waited for: it must not be taken for one of the next reading. */
static void look_at_position(struct consumer *c)
{
    if (c->running && !c->is_looking && c->position >= c->stream_last)
        caught_up(c);
}

static void on_next(void *arg, const json_t *reply)
{
    struct consumer *c = arg;
    const char *description;
    int error = reply != NULL ? js_api_error(reply, &description) : -1;
    c->is_looking = false;
    if (!c->running)
        return;
    if (error == JS_ERR_MESSAGE_NOT_FOUND) {
        caught_up(c);
    } else if (error == 0) {
        look_at_position(c);
    } else {
        c->running = false;
        fail(c, "looking for the next message", reply);
    }
    consumer_pull(c);
}

/* A pull came to its end before the last message known was handed over. That one may be
 * hidden by the filter, or deleted: then there is no next one. Or deliveries are under way:
 * the next pulls show it. Or the server has miscounted what is pending, and refuses pulls
 * that don't wait: when nothing has come since the last look, the next ones do wait. */
static void look_for_next(struct consumer *c)
{
    if (!c->running || c->is_caught_up || c->is_looking)
        return;
    c->is_looking = true;
    c->is_patient = c->looked_from == c->position + 1;
    c->looked_from = c->position + 1;
    ask(c, "STREAM.MSG.GET", "",
        json_pack("{s:I, s:s}", "seq", (json_int_t)c->looked_from, "next_by_subj",
                  c->filter[0] != '\0' ? c->filter : ">"),
        on_next);
}

/* Deliveries
 * ------------------------------------------------------------------------------- */

static void on_status(struct consumer *c, const struct bus_message *m, const char *status)
{
    uint64_t id = strtoull(bus_message_subject(m) + strlen(c->prefix), NULL, 16);
    const char *description = bus_message_header(m, "Description");
    size_t i = 0;
    if (strcmp(status, "100") == 0) {
        look_for_next(c); /* a heartbeat: nothing has come for a while */
        return;
    }
    while (i < c->n_pulls && c->pulls[i].id != id)
        i++;
    if (i == c->n_pulls)
        return; /* a pull of an earlier session: its consumer has just been deleted by us */
    remove_pull(c, i);
    if (strcmp(status, "404") == 0 || strcmp(status, "408") == 0)
        look_for_next(c);
    else if (strcmp(status, "409") == 0 && description != NULL &&
             strstr(description, "MaxBytes") == NULL &&
             strstr(description, "Batch") == NULL)
        trouble(c, description);
}

static void on_delivery(void *arg, struct bus_message *m)
{
    struct consumer *c = arg;
    struct consumer_mark mark = {.generation = c->generation, .stream = c->identity};
    struct ack_subject at;
    c->heard = uv_now(c->loop);
    const char *reply = bus_message_reply(m);
    /* Headers are only looked at where there must be some: it costs as much as a message.
     */
    const char *status = reply == NULL ? bus_message_header(m, "Status") : NULL;
    if (status != NULL) {
        on_status(c, m, status);
    } else if (c->running && reply != NULL &&
               ack_subject_parse(&c->ack_prefix, reply, &at)) {
        mark.seq = at.stream_seq;
        mark.at_ms = at.at_ms;
        if (c->n_pulls > 0 && --c->pulls[0].remaining == 0)
            remove_pull(c, 0);
        if (at.consumer_seq == c->next_delivery && mark.seq > c->position) {
            c->next_delivery++;
            c->known = 0;
            c->position = mark.seq;
            if (mark.seq > c->stream_last)
                c->stream_last = mark.seq;
            c->o.message(c->o.arg, m, &mark); /* takes it */
            look_at_position(c);
            consumer_pull(c);
            return;
        }
        if (at.consumer_seq == c->next_delivery && mark.seq == c->known) {
            c->next_delivery++;
            consumer_ack(c, bus_message_reply(m), &mark);
        } else {
            trouble(c, "a delivery was lost");
        }
    }
    bus_message_free(m);
    consumer_pull(c);
}

void consumer_ack(struct consumer *c, const char *reply, const struct consumer_mark *mark)
{
    if (mark->stream == c->identity)
        c->acked = mark->seq;
    /* An acknowledgement that is lost is made good by the next one. */
    if (c->running && mark->generation == c->generation)
        (void)bus_publish(c->bus, reply, NULL, NULL, 0, "+ACK", 4);
}

static void on_timer(uv_timer_t *timer)
{
    struct consumer *c = timer->data;
    if (c->running && c->n_pulls > 0 && uv_now(c->loop) - c->heard > SILENCE_MS)
        trouble(c, "pull requests are not answered");
    else
        consumer_pull(c);
}

/* Set-up
 * ----------------------------------------------------------------------------------- */

static void on_consumer_created(void *arg, const json_t *reply)
{
    struct consumer *c = arg;
    const char *description;
    if (reply == NULL || js_api_error(reply, &description) != 0) {
        fail(c, "creating it", reply);
        return;
    }
    const char *name = json_string_value(json_object_get(reply, "name"));
    if (c->o.name == NULL && name != NULL)
        snprintf(c->name, sizeof c->name, "%s", name);
    c->generation++;
    c->next_delivery = 1;
    c->n_pulls = 0;
    c->running = true;
    c->heard = uv_now(c->loop);
    look_at_position(c);
    consumer_pull(c);
}

static void create(struct consumer *c)
{
    c->known = c->acked == c->position ? c->position : 0;
    json_t *config = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:i}", "durable_name", c->o.name, "description",
        "reads account events; remade with each session of unverifyd", "ack_policy", "all",
        "deliver_policy", "by_start_sequence", "opt_start_seq",
        (json_int_t)(c->known > 0 ? c->known : c->position + 1), "ack_wait",
        (json_int_t)ACK_WAIT_NS, "max_ack_pending", MAX_ACK_PENDING);
    json_object_set_new(config, "replay_policy", json_string("instant"));
    if (c->filter[0] != '\0')
        json_object_set_new(config, "filter_subject", json_string(c->filter));
    ask(c, "CONSUMER.DURABLE.CREATE", c->o.name,
        json_pack("{s:s, s:o}", "stream_name", c->stream, "config", config),
        on_consumer_created);
}

static void on_consumer_deleted(void *arg, const json_t *reply)
{
    struct consumer *c = arg;
    const char *description;
    int error = reply != NULL ? js_api_error(reply, &description) : -1;
    if (error != 0 && error != JS_ERR_CONSUMER_NOT_FOUND)
        fail(c, "deleting the old one", reply);
    else
        create(c);
}

static void on_consumer_info(void *arg, const json_t *reply)
{
    struct consumer *c = arg;
    const char *description;
    int error = reply != NULL ? js_api_error(reply, &description) : -1;
    if (error != 0 && error != JS_ERR_CONSUMER_NOT_FOUND) {
        fail(c, "looking for it", reply);
        return;
    }
    if (!c->knows_handled) {
        const json_t *floor =
            json_object_get(json_object_get(reply, "ack_floor"), "stream_seq");
        c->handled = (uint64_t)json_integer_value(floor);
        c->knows_handled = true;
    }
    if (error == JS_ERR_CONSUMER_NOT_FOUND)
        create(c);
    else
        ask(c, "CONSUMER.DELETE", c->o.name, NULL, on_consumer_deleted);
}

static void read_once(struct consumer *c)
{
    json_t *config = json_pack("{s:s, s:s, s:I, s:s, s:s, s:b, s:I}", "ack_policy", "none",
                               "deliver_policy", "by_start_sequence", "opt_start_seq",
                               (json_int_t)c->position + 1, "filter_subject", c->filter,
                               "replay_policy", "instant", "mem_storage", true,
                               "inactive_threshold", (json_int_t)READER_KEPT_NS);
    ask(c, "CONSUMER.CREATE", "",
        json_pack("{s:s, s:o}", "stream_name", c->stream, "config", config),
        on_consumer_created);
}

/* The stream was made anew: what we have read is from another life of it. */
static void check_identity(struct consumer *c, const json_t *reply, uint64_t last)
{
    const char *created = json_string_value(json_object_get(reply, "created"));
    uint64_t identity = 14695981039346656037U; /* FNV-1a, 64 bits */
    for (const char *p = c->stream; *p != '\0'; p++)
        identity = (identity ^ (unsigned char)*p) * 1099511628211U;
    for (const char *p = created != NULL ? created : ""; *p != '\0'; p++)
        identity = (identity ^ (unsigned char)*p) * 1099511628211U;
    if (last < c->position || (c->identity != 0 && c->identity != identity)) {
        if (c->position > 0)
            log_warn("consumer", "stream_is_new", LOG_S("stream", c->stream),
                     LOG_I("position", c->position), LOG_I("stream_last", last),
                     LOG_S("what", "it is read from its beginning"));
        c->position = 0;
        c->acked = 0;
        c->handled = 0;
    }
    c->identity = identity;
}

static void on_stream_info(void *arg, const json_t *reply)
{
    struct consumer *c = arg;
    const char *description;
    if (reply == NULL || js_api_error(reply, &description) != 0) {
        fail(c, "reading the stream's state", reply);
        return;
    }
    const json_t *state = json_object_get(reply, "state");
    uint64_t last = (uint64_t)json_integer_value(json_object_get(state, "last_seq"));
    if (c->o.name == NULL) {
        c->stream_last = last;
        read_once(c);
        return;
    }
    check_identity(c, reply, last);
    c->stream_last = last;
    ask(c, "CONSUMER.INFO", c->o.name, NULL, on_consumer_info);
}

void consumer_begin(struct consumer *c, const char *stream)
{
    snprintf(c->stream, sizeof c->stream, "%s", stream);
    c->running = c->is_looking = c->is_patient = false;
    c->looked_from = 0;
    c->n_pulls = 0; /* answers to pulls of an earlier reading mean nothing for this one */
    ask(c, "STREAM.INFO", "", NULL, on_stream_info);
}

void consumer_resume(struct consumer *c, uint64_t position, uint64_t identity)
{
    c->position = c->acked = position;
    c->identity = identity;
}

void consumer_read(struct consumer *c, const char *stream, const char *filter,
                   uint64_t from, bool tail)
{
    c->reads_once = !tail;
    snprintf(c->filter, sizeof c->filter, "%s", filter);
    c->position = from > 0 ? from - 1 : 0;
    c->is_caught_up = false;
    consumer_begin(c, stream);
}

void consumer_reset(struct consumer *c)
{
    c->running = false;
    c->n_pulls = 0;
}

enum status consumer_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                         const struct consumer_options *o, struct consumer **out)
{
    struct consumer *c = calloc(1, sizeof *c);
    char subject[80];
    if (c == NULL)
        return ST_NOMEM;
    c->loop = loop;
    c->bus = bus;
    c->api = api;
    c->o = *o;
    snprintf(c->name, sizeof c->name, "%s", o->name != NULL ? o->name : "");
    snprintf(c->filter, sizeof c->filter, "%s", o->filter != NULL ? o->filter : "");
    snprintf(c->prefix, sizeof c->prefix, "%s.%c.", bus_inbox(bus), o->inbox);
    snprintf(subject, sizeof subject, "%s*", c->prefix);
    enum status st = bus_subscribe(bus, subject, on_delivery, c);
    if (st != ST_OK) {
        free(c);
        return st;
    }
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    uv_timer_start(&c->timer, on_timer, LOOK_MS, LOOK_MS);
    *out = c;
    return ST_OK;
}

uint64_t consumer_handled(const struct consumer *c)
{
    return c->handled;
}

uint64_t consumer_position(const struct consumer *c)
{
    return c->position;
}

uint64_t consumer_stream_last(const struct consumer *c)
{
    return c->stream_last;
}

void consumer_stop(struct consumer *c)
{
    c->stopped = true;
}

static void on_closed(uv_handle_t *handle)
{
    struct consumer *c = handle->data;
    void (*closed)(void *) = c->closed;
    void *arg = c->closed_arg;
    free(c);
    closed(arg);
}

void consumer_close(struct consumer *c, void (*closed)(void *arg), void *arg)
{
    if (c == NULL) {
        closed(arg);
        return;
    }
    c->closed = closed;
    c->closed_arg = arg;
    c->running = false;
    uv_close((uv_handle_t *)&c->timer, on_closed);
}
