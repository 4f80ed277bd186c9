/* One append at a time.
 *
 *   1. wal_append sends the batch with its id and the sequence it expects to follow.
 *   2. The stream's acknowledgement carries its sequence; the ticket is confirmed.
 *
 * What can go wrong:
 *   - the session breaks: the append is sent again with the next one; if the first had
 *     arrived, the stream knows its id and says "duplicate", whatever was written behind it
 *     (2.9 looks at the id before it looks at the sequence);
 *   - "duplicate" or "wrong last sequence": the last message of the subject is looked at.
 * It is ours: the append is in, and nobody has written since. It is not: somebody else
 *     writes, and we are no longer the owner. There is none: the log was purged or its
 *     stream deleted; it begins anew, and the state is written down in a snapshot;
 *   - nobody takes it: the stream is gone (or without a leader); said in the log, and the
 *     session is begun anew, which looks for the streams and makes them;
 *   - any other refusal (the stream is full, sealed): said in the log, tried again every
 *     second. Meanwhile nothing is acknowledged and nothing is said. */
#include "io/wal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "proto/pub_ack.h"

#define LOOK_MS 250
#define ACK_TIMEOUT_MS 5000
#define REFUSED_PAUSE_MS 1000
#define COMPLAIN_MS 10000
#define RESTART_PAUSE_MS 5000

enum wal_state { WAL_CLOSED, WAL_IDLE, WAL_SENT, WAL_WAITING, WAL_ASKING, WAL_FENCED };

struct wal {
    uv_loop_t *loop;
    struct bus *bus;
    struct js_api *api;
    struct wal_options o;
    struct buf batch; /* in flight */
    uint64_t ticket, number;
    char id[96], reply[80];
    uint64_t last, at, complained; /* at: sent, or wait until (loop time) */
    uint64_t restarted;            /* loop time; 0: never */
    enum wal_state state;
    bool up, was_sent, is_refused;
    uv_timer_t timer;
    struct wal_stats stats;
    void (*closed)(void *);
    void *closed_arg;
};

static void complain(struct wal *w, const char *why)
{
    w->stats.refused++;
    w->is_refused = true;
    if (w->complained != 0 && uv_now(w->loop) - w->complained < COMPLAIN_MS)
        return;
    w->complained = uv_now(w->loop);
    log_error("wal", "not_written", LOG_S("subject", w->o.subject), LOG_S("why", why),
              LOG_S("what", w->o.cost));
}

static void wait(struct wal *w, uint64_t ms)
{
    w->state = WAL_WAITING;
    w->at = uv_now(w->loop) + ms;
}

static void name_batch(struct wal *w)
{
    w->number++;
    snprintf(w->id, sizeof w->id, "%s-%llu", bus_inbox(w->bus) + strlen("_INBOX."),
             (unsigned long long)w->number);
    snprintf(w->reply, sizeof w->reply, "%s.%c.%llx", bus_inbox(w->bus), w->o.inbox,
             (unsigned long long)w->number);
}

static void send_batch(struct wal *w)
{
    char expected[24];
    snprintf(expected, sizeof expected, "%llu", (unsigned long long)w->last);
    const struct bus_header headers[] = {{"Nats-Msg-Id", w->id},
                                         {JS_EXPECTED_LAST, expected}};
    if (bus_publish(w->bus, w->o.subject, w->reply, headers, ARRAY_LEN(headers),
                    w->batch.data, w->batch.len) != ST_OK) {
        wait(w, 0);
        return;
    }
    w->stats.resent += w->was_sent;
    w->was_sent = true;
    w->state = WAL_SENT;
    w->at = uv_now(w->loop);
}

static void confirm(struct wal *w, uint64_t sequence)
{
    w->last = sequence;
    w->state = WAL_IDLE;
    w->is_refused = false;
    w->stats.last_sequence = sequence;
    w->stats.appends++;
    w->stats.bytes += w->batch.len;
    w->o.confirmed(w->o.arg, w->ticket);
}

/* Purged, or deleted and made anew. Nobody else has written since, or there would be a
 * message; and only one can be the first to write now. */
static void begin_anew(struct wal *w)
{
    w->last = 0;
    w->is_refused = false;
    if (!w->o.emptied(w->o.arg, &w->batch)) {
        w->state = WAL_IDLE;
        return;
    }
    log_warn("wal", "log_is_empty", LOG_S("subject", w->o.subject),
             LOG_S("what", "the whole state is written down again"));
    name_batch(w); /* a purged stream still knows the id it had */
    send_batch(w);
}

/* Whose is the last message? */
static void on_last_message(void *arg, const json_t *reply)
{
    struct wal *w = arg;
    const char *description;
    char ours[160];
    if (w->state != WAL_ASKING)
        return;
    int error = reply != NULL ? js_api_error(reply, &description) : -1;
    if (error == JS_ERR_MESSAGE_NOT_FOUND) {
        begin_anew(w);
        return;
    }
    if (error != 0) {
        complain(w, reply == NULL ? "no answer" : description);
        wait(w, REFUSED_PAUSE_MS);
        return;
    }
    const json_t *message = json_object_get(reply, "message");
    const char *headers = json_string_value(json_object_get(message, "hdrs"));
    uint64_t sequence = (uint64_t)json_integer_value(json_object_get(message, "seq"));
    snprintf(ours, sizeof ours, "Nats-Msg-Id: %s\r\n", w->id);
    if (headers != NULL && js_api_headers_contain(headers, ours)) {
        confirm(w, sequence);
        return;
    }
    w->state = WAL_FENCED;
    w->o.fenced(w->o.arg, sequence);
}

static void ask_for_last(struct wal *w)
{
    w->state = WAL_ASKING;
    if (js_api_get_last(w->api, w->o.stream, w->o.subject, on_last_message, w) != ST_OK)
        wait(w, REFUSED_PAUSE_MS);
}

static void on_ack(void *arg, struct bus_message *m)
{
    struct wal *w = arg;
    struct pub_ack ack;
    /* An acknowledgement of an earlier append names another reply subject. */
    if (w->state == WAL_SENT && strcmp(bus_message_subject(m), w->reply) == 0) {
        pub_ack_parse(bus_message_data(m), bus_message_len(m), &ack);
        if (ack.is_confirmed && !ack.is_duplicate) {
            confirm(w, ack.seq);
        } else if (ack.is_confirmed || ack.error_code == JS_ERR_WRONG_LAST_SEQUENCE) {
            ask_for_last(w);
        } else {
            complain(w, ack.error);
            wait(w, REFUSED_PAUSE_MS);
        }
    }
    bus_message_free(m);
}

/* A new session looks for its streams, and makes them again. A stream that only has no
 * leader for a while needs no session each second. */
static void restart(struct wal *w, const char *why)
{
    uint64_t now = uv_now(w->loop);
    if (w->restarted != 0 && now - w->restarted < RESTART_PAUSE_MS)
        return;
    w->restarted = now;
    bus_restart(w->bus, why);
}

static void on_nobody(void *arg)
{
    struct wal *w = arg;
    if (w->state != WAL_SENT)
        return;
    complain(w, "no stream takes it; was it deleted?");
    wait(w, REFUSED_PAUSE_MS);
    restart(w, "nobody takes what is written to the log");
}

static void on_timer(uv_timer_t *timer)
{
    struct wal *w = timer->data;
    uint64_t now = uv_now(w->loop);
    if (!w->up)
        return;
    if (w->state == WAL_WAITING && now >= w->at) {
        send_batch(w);
    } else if (w->state == WAL_SENT && now - w->at > ACK_TIMEOUT_MS) {
        complain(w, "no acknowledgement; is the stream gone?");
        wait(w, 0);
        restart(w, "the log was not acknowledged");
    }
}

void wal_begin(struct wal *w, uint64_t last)
{
    w->last = last;
    w->stats.last_sequence = last;
    w->state = WAL_IDLE;
}

void wal_up(struct wal *w)
{
    w->up = true;
    if (w->state == WAL_WAITING)
        send_batch(w);
}

void wal_down(struct wal *w)
{
    w->up = false;
    if (w->state == WAL_SENT || w->state == WAL_ASKING)
        wait(w, 0);
}

bool wal_is_ready(const struct wal *w)
{
    return w->state == WAL_IDLE && w->up;
}

bool wal_is_refused(const struct wal *w)
{
    return w->is_refused;
}

void wal_append(struct wal *w, uint64_t ticket, struct buf *batch)
{
    MUST(wal_is_ready(w));
    struct buf swapped = w->batch;
    w->batch = *batch;
    *batch = swapped;
    w->ticket = ticket;
    w->was_sent = false;
    name_batch(w);
    send_batch(w);
}

const struct wal_stats *wal_stats(const struct wal *w)
{
    return &w->stats;
}

enum status wal_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                    const struct wal_options *o, struct wal **out)
{
    struct wal *w = calloc(1, sizeof *w);
    char subject[80];
    if (w == NULL)
        return ST_NOMEM;
    w->loop = loop;
    w->bus = bus;
    w->api = api;
    w->o = *o;
    snprintf(subject, sizeof subject, "%s.%c.*", bus_inbox(bus), o->inbox);
    enum status st = bus_subscribe_replies(bus, subject, on_ack, on_nobody, w);
    if (st != ST_OK) {
        free(w);
        return st;
    }
    uv_timer_init(loop, &w->timer);
    w->timer.data = w;
    uv_timer_start(&w->timer, on_timer, LOOK_MS, LOOK_MS);
    *out = w;
    return ST_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct wal *w = handle->data;
    void (*closed)(void *) = w->closed;
    void *arg = w->closed_arg;
    buf_free(&w->batch);
    free(w);
    closed(arg);
}

void wal_close(struct wal *w, void (*closed)(void *arg), void *arg)
{
    if (w == NULL) {
        closed(arg);
        return;
    }
    w->closed = closed;
    w->closed_arg = arg;
    w->state = WAL_FENCED; /* late answers mean nothing any more */
    uv_close((uv_handle_t *)&w->timer, on_closed);
}
