/* One resolver.
 *
 *   1. A question is written, gets its first id and port and goes into the batch
 *      (io/dns_sockets.h); c-ares is handed it to keep (io/dns_ares.h).
 *   2. An answer that matches is put into a list of arrivals; after each batch c-ares reads
 *      that list and ends the questions in it.
 *   3. The records go up as they came.
 *
 * Since one question that c-ares keeps can stand for several datagrams, it can be sent
 * again, from another port, while the answer to the first is still welcome.
 *
 * What can go wrong:
 *   - no answer for a round trip or some: the question counts as lost and is sent again
 *     (io/dns_flights.h);
 *   - none at all: its time ends here and not in c-ares, whose clock from 1.31 on runs by
 *     rules of its own. The question arrives like an answer, with a verdict instead;
 *   - the resolver's port is closed: an ICMP error says so, for one socket and no question.
 *     When no answer at all comes after it, what was asked before it ends;
 *   - the question can't be sent, or must not be: ends from inside the asking call;
 *   - a truncated answer: it is asked again over TCP (io/dns_stream.h);
 *   - the channel is destroyed with questions out: each ends with DNS_CANCELED. */
#include "io/dns_channel.h"

#include <stdlib.h>

#include "base/entropy.h"
#include "base/must.h"
#include "core/gather.h"
#include "io/dns_ares.h"
#include "io/dns_flights.h"
#include "io/dns_sockets.h"
#include "io/dns_stream.h"
#include "proto/dns_wire.h"

/* After an ICMP error: so long for an answer to show that it meant nothing. */
#define REFUSAL_WAIT_US 20000
#define ARES_TICK_US 100000

struct dns_channel {
    struct dns_ares *ares;
    uv_loop_t *loop;
    struct dns_server server;
    struct dns_flights flights;
    struct gather gather;
    bool always_gather;
    uint32_t fresh; /* answers since the last batch was settled */
    struct dns_sockets *sockets;
    struct dns_stream *stream; /* NULL until an answer was truncated */
    struct list arrived;       /* ends that c-ares has not been given yet */
    struct dns_stats *stats;
    uint64_t now_us;
    uint64_t refused_us; /* 0: no ICMP error since the last answer */
    uint64_t ticked_us;
    uint32_t timeout_ms;
    uint32_t batch; /* number of the one whose packets are still there */
    unsigned open;  /* parts, while closing */
    bool closing;
    dns_reply_cb reply;
    void (*settled)(void *arg);
    void (*closed)(void *arg);
    void *arg;
};

/* The end of a question -------------------------------------------------------------- */

static void ask_stream(struct dns_channel *c, struct dns_flight *q)
{
    struct dns_stream_options o = {
        .server = &c->server,
        .timeout_ms = c->timeout_ms,
        .reply = c->reply,
        .settled = c->settled,
        .arg = c->arg,
    };
    if (c->stream == NULL && dns_stream_new(c->loop, &o, &c->stream) != ST_OK) {
        c->reply(q, NULL, 0, DNS_UNREACHABLE);
        return;
    }
    c->stats->streams++;
    dns_stream_ask(c->stream, q);
}

/* Called from inside c-ares once for each question. */
static void on_end(void *arg, struct dns_flight *q, enum dns_outcome why_not)
{
    struct dns_channel *c = arg;
    bool has_answer = q->answer != NULL && q->batch == c->batch;
    dns_flights_remove(&c->flights, q);
    dns_sockets_release(c->sockets, q);
    if (why_not != DNS_OUTCOME_COUNT)
        c->reply(q, NULL, 0, why_not);
    else if (!has_answer)
        c->reply(q, NULL, 0, q->verdict);
    else if ((q->answer[2] & (DNS_FLAG_TC >> 8)) != 0)
        ask_stream(c, q);
    else
        c->reply(q, q->answer, q->answer_len, DNS_GARBAGE);
}

static struct dns_flight *next_arrived(void *arg)
{
    struct dns_channel *c = arg;
    if (list_is_empty(&c->arrived))
        return NULL;
    struct dns_flight *q = container_of(c->arrived.next, struct dns_flight, by_due);
    list_remove(&q->by_due);
    return q;
}

/* Ended, with an answer or a verdict; c-ares is still to be told. */
static void arrive(struct dns_channel *c, struct dns_flight *q)
{
    dns_flights_remove(&c->flights, q);
    dns_sockets_release(c->sockets, q);
    list_append(&c->arrived, &q->by_due);
}

static void tell_ares(struct dns_channel *c)
{
    if (!list_is_empty(&c->arrived))
        dns_ares_read(c->ares);
    c->batch++;
}

/* From the sockets ------------------------------------------------------------------- */

static void on_packet(void *arg, struct dns_flight *q, const struct dns_copy *copy,
                      const uint8_t *packet, size_t len, uint64_t now_us)
{
    struct dns_channel *c = arg;
    q->answer = packet;
    q->answer_len = (uint16_t)len;
    q->batch = c->batch;
    c->refused_us = 0;
    c->fresh++;
    c->stats->late += dns_flights_answered(&c->flights, q, copy, now_us);
    arrive(c, q);
}

static void note_fresh(struct dns_channel *c)
{
    gather_note(&c->gather, c->fresh);
    c->fresh = 0;
}

static void on_batch(void *arg)
{
    struct dns_channel *c = arg;
    tell_ares(c);
    if (!c->gather.is_on)
        note_fresh(c);
    dns_flights_allow(&c->flights, true);
    c->settled(c->arg);
}

/* From inside a send or a read: only noted. */
static void on_refused(void *arg)
{
    struct dns_channel *c = arg;
    if (c->refused_us == 0)
        c->refused_us = uv_hrtime() / 1000;
}

/* ------------------------------------------------------------------------------------ */

enum status dns_channel_new(uv_loop_t *loop, const struct dns_channel_options *o,
                            struct dns_channel **out)
{
    enum status st = ST_NOMEM;
    struct dns_channel *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ST_NOMEM;
    c->loop = loop;
    c->server = *o->server;
    c->timeout_ms = o->timeout_ms;
    c->always_gather = o->always_gather;
    c->stats = o->stats;
    c->reply = o->reply;
    c->settled = o->settled;
    c->arg = o->arg;
    list_init(&c->arrived);
    dns_flights_init(&c->flights, o->timeout_ms, o->inflight);
    struct dns_sockets_options sockets = {
        .server = &c->server,
        .way = o->way,
        .port_questions = o->port_questions,
        .stats = o->stats,
        .answer = on_packet,
        .settled = on_batch,
        .refused = on_refused,
        .arg = c,
    };
    st = dns_ares_new(&(struct dns_ares_options){.server = &c->server,
                                                 .timeout_ms = o->timeout_ms,
                                                 .next = next_arrived,
                                                 .end = on_end,
                                                 .arg = c},
                      &c->ares);
    if (st == ST_OK)
        st = dns_sockets_new(loop, &sockets, &c->sockets);
    if (st != ST_OK) {
        dns_channel_free(c, NULL);
        return st;
    }
    uint32_t capacity = dns_sockets_capacity(c->sockets);
    if (capacity > 0 && capacity < o->inflight)
        dns_flights_init(&c->flights, o->timeout_ms, capacity);
    *out = c;
    return ST_OK;
}

bool dns_channel_has_room(const struct dns_channel *c)
{
    return dns_flights_have_room(&c->flights) && dns_sockets_have_id(c->sockets);
}

static bool send_copy(struct dns_channel *c, struct dns_flight *q)
{
    if (!dns_sockets_send(c->sockets, q))
        return false;
    dns_flights_sent(&c->flights, q, c->now_us);
    return true;
}

void dns_channel_ask(struct dns_channel *c, const char *name, struct dns_flight *q,
                     uint64_t now_us)
{
    uint8_t bits[DNS_CASE_BITS_SIZE];
    size_t len = dns_question_write(name, q->question);
    q->channel = c;
    q->n_copies = 0;
    q->answer = NULL;
    q->verdict = DNS_UNREACHABLE;
    if (len == 0) {
        c->reply(q, NULL, 0, DNS_UNREACHABLE);
        return;
    }
    q->len = (uint16_t)len;
    if (q->type != 0)
        dns_question_set_type(q->question, len, q->type);
    q->is_mixed = false;
    if (dns_sockets_mix_case(c->sockets)) {
        entropy_bytes(bits, len / 8); /* a bit for each octet of the name, and more */
        q->is_mixed = dns_question_mix(q->question, len, bits);
    }
    c->now_us = now_us;
    dns_flights_add(&c->flights, q, now_us);
    if (!send_copy(c, q)) {
        dns_flights_remove(&c->flights, q);
        c->reply(q, NULL, 0, DNS_UNREACHABLE);
        return;
    }
    dns_ares_ask(c->ares, q);
}

void dns_channel_resend(struct dns_channel *c, uint64_t now_us)
{
    struct dns_flight *q;
    bool any_failed = false;
    c->now_us = now_us;
    while (dns_sockets_have_id(c->sockets) && (q = dns_flights_lost(&c->flights)) != NULL) {
        c->stats->resent++;
        if (!send_copy(c, q)) {
            arrive(c, q); /* unreachable */
            any_failed = true;
        }
    }
    if (any_failed)
        tell_ares(c);
}

bool dns_channel_is_queued(const struct dns_channel *c)
{
    return dns_sockets_queued(c->sockets) > 0;
}

void dns_channel_flush(struct dns_channel *c)
{
    dns_sockets_flush(c->sockets);
}

static void end_old(struct dns_channel *c, uint64_t asked_us, enum dns_outcome verdict)
{
    struct dns_flight *q;
    while ((q = dns_flights_oldest(&c->flights, asked_us)) != NULL) {
        q->verdict = verdict;
        arrive(c, q);
    }
}

bool dns_channel_gathers(const struct dns_channel *c)
{
    return c->gather.is_on;
}

void dns_channel_read(struct dns_channel *c)
{
    dns_sockets_read(c->sockets);
    note_fresh(c);
}

void dns_channel_tick(struct dns_channel *c, bool may_gather)
{
    c->now_us = uv_hrtime() / 1000;
    /* After a stall of ours the clock has run while answers lay unread. */
    if (dns_flights_are_due(&c->flights, c->now_us))
        dns_sockets_read(c->sockets);
    if (c->refused_us != 0 && c->now_us - c->refused_us >= REFUSAL_WAIT_US) {
        end_old(c, c->refused_us, DNS_UNREACHABLE);
        c->refused_us = 0;
    }
    dns_flights_look(&c->flights, c->now_us);
    end_old(c, dns_flights_limit(&c->flights, c->now_us), DNS_TIMEOUT);
    tell_ares(c);
    if (c->now_us - c->ticked_us >= ARES_TICK_US) {
        c->ticked_us = c->now_us;
        dns_ares_tick(c->ares);
        if (c->stream != NULL)
            dns_stream_tick(c->stream);
    }
    if (may_gather) {
        gather_judge(&c->gather, c->flights.out);
        c->gather.is_on |= c->always_gather && c->flights.out > 0;
        dns_sockets_watch(c->sockets, !c->gather.is_on);
    }
    dns_flights_allow(&c->flights, false);
    c->settled(c->arg);
}

const char *dns_channel_server(const struct dns_channel *c)
{
    return c->server.text;
}

void *dns_channel_arg(const struct dns_channel *c)
{
    return c->arg;
}

struct dns_channel_view dns_channel_view(const struct dns_channel *c)
{
    return (struct dns_channel_view){
        .server = c->server.text,
        .window = c->flights.window.size,
        .out = c->flights.out,
        .rtt_us = c->flights.rto.smoothed_us,
        .wait_us = (uint32_t)rto_wait(&c->flights.rto, 1),
        .mixes_case = dns_sockets_mix_case(c->sockets),
        .gathers = c->gather.is_on,
    };
}

static void on_part_closed(void *arg)
{
    struct dns_channel *c = arg;
    if (--c->open > 0)
        return;
    void (*closed)(void *) = c->closed;
    void *closed_arg = c->arg;
    free(c);
    if (closed != NULL)
        closed(closed_arg);
}

void dns_channel_free(struct dns_channel *c, void (*closed)(void *arg))
{
    if (c == NULL)
        return;
    MUST(!c->closing);
    c->closing = true;
    c->closed = closed;
    dns_ares_free(c->ares);
    c->open = 1U + (c->sockets != NULL) + (c->stream != NULL);
    dns_stream_free(c->stream, on_part_closed, c);
    dns_sockets_free(c->sockets, on_part_closed, c);
    on_part_closed(c);
}
