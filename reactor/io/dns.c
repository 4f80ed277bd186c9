/* Asking DNS about one domain.
 *
 *   1. dns_ask copies the name into a request of the pool and queues it.
 *   2. The pump hands it to a resolver's channel that has room; core/inquiry.h says whose.
 *   3. Before the loop waits, what the channels have gathered is sent.
 *   4. The channel replies with a packet; proto/dns_answer.h reads it.
 *   5. An answer completes the request: it goes back to the pool, then `done` is
 *      called.
 *
 * What can go wrong:
 *   - answers come in one by one: they are read in a beat (core/gather.h);
 *   - no resolver has room: the request waits in the queue. A resolver that does not
 *     answer has little, so the others get most. When all its tries could have run out
 *     in the meantime, it ends as if they had;
 *   - doubt (no reply, SERVFAIL, nonsense, nothing sent), or a denial that is to be
 *     confirmed: the next resolver is asked, maybe after a pause;
 *   - a resolver fails its canaries, or others answer where it doesn't: it is set aside,
 *     which is said in the log, and so is its return;
 *   - canaries have to come back first: the requests wait in the queue;
 *   - a reply comes from inside the asking call, or `done` asks again from inside a
 *     reply: questions only ever leave from the pump, which never runs inside c-ares;
 *   - we are closing: c-ares must not be destroyed from inside its own callback, so
 *     that is done in the handles' close callback; what is out or waiting ends with
 *     DNS_CANCELED. */
#include "io/dns.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "core/inquiry.h"
#include "io/beat.h"
#include "io/dns_canaries.h"
#include "io/dns_channel.h"
#include "io/dns_memory.h"
#include "io/dns_servers.h"
#include "proto/dns_wire.h"
#include "proto/ns_suffixes.h"

_Static_assert(DNS_SERVERS_MAX == RESOLVERS_MAX, "every server is a resolver");

/* How late a lost question or a time-out may be noticed. */
#define TICK_MS 10
#define BEAT_US 500 /* core/gather.h: twenty a tick */

struct request {
    struct dns_flight flight; /* with the channel while it is out */
    struct dns *dns;
    struct request *next; /* in the pool or a queue */
    uint64_t token;
    uint64_t asked_ms;
    uint64_t due_ms; /* while paused */
    uint32_t tries;
    struct inquiry inquiry;
    char name[DOMAIN_SIZE];
};

struct queue {
    struct request *head, **tail;
};

struct dns {
    uv_loop_t *loop;
    uv_timer_t tick;
    uv_prepare_t flush; /* active while something is gathered */
    struct beat beat;   /* on while a channel wants to be read and not woken */
    bool has_beat;
    struct dns_channel *channels[DNS_SERVERS_MAX];
    size_t n_channels;
    size_t open; /* channels and handles whose memory is not free yet */
    struct request *pool;
    struct request *free;
    struct queue ready;   /* to be sent now */
    struct queue seconds; /* likewise, to confirm a denial */
    struct queue paused;  /* in order of due_ms, since every pause is equally long */
    uint32_t inflight, tries_max;
    uint64_t patience_ms; /* with a request that finds no room */
    struct resolvers resolvers;
    struct dns_canaries canaries;
    struct ns_suffixes *parked;          /* NULL: none */
    char (*pairs)[DNS_SERVER_TEXT_SIZE]; /* of every two resolvers, denier first */
    bool is_tested;                      /* `tested` is to be called */
    bool inside;                         /* c-ares is on the stack */
    bool closing;
    dns_done_cb done;
    void (*tested)(void *arg, bool is_good);
    void *arg;
    void (*closed)(void *arg);
    void *closed_arg;
    struct dns_stats stats;
};

static void queue_init(struct queue *q)
{
    q->head = NULL;
    q->tail = &q->head;
}

static void queue_push(struct queue *q, struct request *r)
{
    r->next = NULL;
    *q->tail = r;
    q->tail = &r->next;
}

static struct request *queue_pop(struct queue *q)
{
    struct request *r = q->head;
    if (r != NULL) {
        q->head = r->next;
        if (q->head == NULL)
            q->tail = &q->head;
    }
    return r;
}

static struct mono_ms now_of(const struct dns *d)
{
    return (struct mono_ms){uv_now(d->loop)};
}

/* Who stands for the answer: whoever gave it, and for a denial also who gave it first. */
static const char *resolver_of(const struct request *r, enum dns_outcome outcome)
{
    const struct dns *d = r->dns;
    const struct inquiry *q = &r->inquiry;
    if (q->is_denied && dns_outcome_is_candidate(outcome))
        return d->pairs[q->denier * d->n_channels + q->resolver];
    return dns_channel_server(d->channels[q->resolver]);
}

/* Last statement of whoever calls it: the request is somebody else's afterwards. The answer
 * is in its place already: it is some kB and not to be moved. */
static void finish(struct request *r, struct dns_result *result)
{
    struct dns *d = r->dns;
    result->token = r->token;
    result->is_mx = r->flight.type == DNS_TYPE_MX;
    result->resolver = resolver_of(r, result->answer.outcome);
    result->elapsed_ms = (uint32_t)(uv_now(d->loop) - r->asked_ms);
    result->tries = (uint8_t)r->tries;
    r->next = d->free;
    d->free = r;
    d->stats.outcomes[result->answer.outcome]++;
    d->inflight--;
    d->done(d->arg, result);
}

static void finish_without_answer(struct request *r, enum dns_outcome outcome)
{
    struct dns_result result;
    result.mx = NULL;
    result.answer.outcome = outcome;
    result.answer.rcode = 0;
    result.answer.soa[0] = '\0';
    result.answer.ns_count = 0;
    finish(r, &result);
}

static void push_ready(struct dns *d, struct request *r)
{
    queue_push(r->inquiry.is_denied ? &d->seconds : &d->ready, r);
}

/* Called inside c-ares, like all of on_reply: queues only. */
static void again(struct request *r, uint32_t after_ms)
{
    struct dns *d = r->dns;
    if (after_ms == 0) {
        push_ready(d, r);
        return;
    }
    r->due_ms = uv_now(d->loop) + after_ms;
    queue_push(&d->paused, r);
}

/* A resolver has been set aside, or is back: said once each time. */
static void tell_news(struct dns *d)
{
    for (uint32_t i = 0; i < d->resolvers.n; i++) {
        enum resolver_news news = resolvers_news(&d->resolvers, i);
        const struct dns_channel *c = d->channels[i];
        switch (news) {
        case RESOLVER_NO_NEWS:
            break;
        case RESOLVER_IS_ASIDE:
            d->stats.set_aside++;
            log_error("dns", "resolver_set_aside", LOG_S("server", dns_channel_server(c)),
                      LOG_S("why", resolver_state_text(d->resolvers.at[i].state)),
                      LOG_S("what", "what it denies is not believed until it is back"));
            break;
        case RESOLVER_IS_BACK:
            log_info("dns", "resolver_is_back", LOG_S("server", dns_channel_server(c)));
            break;
        }
    }
}

/* Are the canaries back that were asked for? */
static void tell_tested(struct dns *d)
{
    if (!d->is_tested || d->closing || resolvers_are_testing(&d->resolvers, now_of(d)))
        return;
    d->is_tested = false;
    if (d->tested != NULL)
        d->tested(d->arg, d->canaries.n == 0 || resolvers_good(&d->resolvers) != 0);
}

static void on_answer(struct request *r, struct dns_result *result, bool is_whole)
{
    struct dns *d = r->dns;
    struct inquiry_step step = inquiry_answer(
        &r->inquiry, &d->resolvers, result->answer.outcome, d->tries_max, now_of(d));
    tell_news(d);
    if (step.what == INQUIRY_LATER) {
        again(r, step.after_ms);
        return;
    }
    if (step.outcome == DNS_CONTRADICTED) {
        const struct inquiry *q = &r->inquiry;
        d->stats.contradicted++;
        log_debug("dns", "contradicted", LOG_S("domain", r->name),
                  LOG_S("denied_by", dns_channel_server(d->channels[q->denier])),
                  LOG_S("shown_by", dns_channel_server(d->channels[q->resolver])));
    }
    result->answer.outcome = step.outcome;
    if (step.outcome != DNS_EXISTS)
        result->mx = NULL;
    if (is_whole)
        finish(r, result);
    else
        finish_without_answer(r, step.outcome);
}

static void read_answer(const struct request *r, const uint8_t *packet, size_t len,
                        struct dns_answer *out)
{
    dns_answer_parse(packet, len, r->name, out);
    if (out->outcome == DNS_DELEGATED &&
        ns_suffixes_match(r->dns->parked, packet, len, r->name))
        out->outcome = DNS_PARKED;
}

/* Apart, for its room on the stack: the way of nearly all answers is the other one. */
static void on_mx_reply(struct request *r, const uint8_t *packet, size_t len)
{
    struct dns_result result;
    struct mx_answer mx;
    mx_answer_parse(packet, len, r->name, &mx);
    result.mx = mx.outcome == DNS_EXISTS ? &mx : NULL;
    result.answer.outcome = mx.outcome;
    result.answer.rcode = 0;
    result.answer.soa[0] = '\0';
    result.answer.ns_count = 0;
    on_answer(r, &result, true);
}

static void on_reply(struct dns_flight *q, const uint8_t *packet, size_t len,
                     enum dns_outcome why_not)
{
    struct dns *d = dns_channel_arg(q->channel);
    struct dns_result result;
    bool was_inside = d->inside;
    d->inside = true;
    if (dns_canaries_own(&d->canaries, q)) {
        dns_canaries_reply(&d->canaries, &d->resolvers, q, packet, len, why_not, now_of(d));
        tell_news(d);
        tell_tested(d);
        d->inside = was_inside;
        return;
    }
    struct request *r = container_of(q, struct request, flight);
    result.mx = NULL;
    result.answer.outcome = why_not;
    if (packet != NULL && q->type == 0)
        read_answer(r, packet, len, &result.answer);
    if (d->closing)
        finish_without_answer(r, DNS_CANCELED);
    else if (q->type == DNS_TYPE_MX && packet != NULL)
        on_mx_reply(r, packet, len);
    else
        on_answer(r, &result, packet != NULL);
    d->inside = was_inside;
}

static uint32_t with_room(const struct dns *d)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < d->n_channels; i++)
        bits |= (uint32_t)dns_channel_has_room(d->channels[i]) << i;
    return bits;
}

/* Until the first in the line has to wait. It is not jumped over: whoever waits for a
 * resolver gets it. */
static void pump_queue(struct dns *d, struct queue *queue, uint64_t now_us)
{
    while (queue->head != NULL && !d->closing) {
        struct inquiry_step step =
            inquiry_ask(&queue->head->inquiry, &d->resolvers, with_room(d), now_of(d));
        if (step.what == INQUIRY_WAIT)
            return;
        struct request *r = queue_pop(queue);
        d->inside = true;
        if (step.what == INQUIRY_ASK) {
            r->tries++;
            dns_channel_ask(d->channels[step.resolver], r->name, &r->flight, now_us);
        } else {
            finish_without_answer(r, step.outcome);
        }
        d->inside = false;
    }
}

static void flush_before_waiting(struct dns *d);

static void pump(struct dns *d, uint64_t now_us)
{
    if (d->inside || d->closing)
        return;
    d->inside = true;
    dns_canaries_ask(&d->canaries, &d->resolvers, d->channels, now_of(d), now_us);
    d->inside = false;
    pump_queue(d, &d->seconds, now_us);
    pump_queue(d, &d->ready, now_us);
    if (!d->closing) /* `done` may have closed us */
        flush_before_waiting(d);
}

/* After c-ares' work: there may be room again. */
static void on_settled(void *arg)
{
    struct dns *d = arg;
    uint64_t now_us = uv_hrtime() / 1000;
    for (size_t i = 0; i < d->n_channels && !d->inside && !d->closing; i++)
        dns_channel_resend(d->channels[i], now_us);
    pump(d, now_us);
}

static void on_prepare(uv_prepare_t *flush)
{
    struct dns *d = container_of(flush, struct dns, flush);
    bool any_left = false;
    for (size_t i = 0; i < d->n_channels; i++) {
        dns_channel_flush(d->channels[i]);
        any_left |= dns_channel_is_queued(d->channels[i]);
    }
    if (!any_left)
        uv_prepare_stop(flush);
}

static void flush_before_waiting(struct dns *d)
{
    for (size_t i = 0; i < d->n_channels; i++) {
        if (dns_channel_is_queued(d->channels[i]))
            uv_prepare_start(&d->flush, on_prepare);
    }
}

static void on_beat(struct beat *b)
{
    struct dns *d = container_of(b, struct dns, beat);
    for (size_t i = 0; i < d->n_channels && !d->closing; i++) {
        if (dns_channel_gathers(d->channels[i]))
            dns_channel_read(d->channels[i]);
    }
}

static void set_beat(struct dns *d)
{
    bool is_wanted = false;
    for (size_t i = 0; i < d->n_channels; i++)
        is_wanted |= dns_channel_gathers(d->channels[i]);
    if (is_wanted)
        beat_start(&d->beat, BEAT_US);
    else
        beat_stop(&d->beat);
}

static void end_impatient(struct dns *d)
{
    while (!d->closing && d->ready.head != NULL &&
           uv_now(d->loop) - d->ready.head->asked_ms >= d->patience_ms)
        finish_without_answer(queue_pop(&d->ready), DNS_TIMEOUT);
}

static void on_tick(uv_timer_t *tick)
{
    struct dns *d = container_of(tick, struct dns, tick);
    for (size_t i = 0; i < d->n_channels && !d->closing; i++)
        dns_channel_tick(d->channels[i], d->has_beat);
    end_impatient(d);
    if (d->closing)
        return;
    set_beat(d);
    while (d->paused.head != NULL && d->paused.head->due_ms <= uv_now(d->loop))
        push_ready(d, queue_pop(&d->paused));
    pump(d, uv_hrtime() / 1000);
    tell_tested(d); /* an aside one's time may have come meanwhile, and its test ended */
    if (d->inflight + d->canaries.out == 0 && !d->is_tested && !d->beat.is_on &&
        !d->closing)
        uv_timer_stop(tick);
}

static enum status ask(struct dns *d, uint64_t token, const char *domain, uint16_t type)
{
    size_t len = strlen(domain);
    if (len == 0 || len > DOMAIN_MAX)
        return ST_INVALID;
    if (d->closing || d->free == NULL)
        return ST_FULL;
    struct request *r = d->free;
    d->free = r->next;
    memcpy(r->name, domain, len + 1);
    r->token = token;
    r->flight.type = type;
    r->tries = 0;
    r->inquiry = (struct inquiry){.tries = 0};
    r->asked_ms = uv_now(d->loop);
    if (d->inflight++ == 0)
        resolvers_wake(&d->resolvers, now_of(d));
    if (!uv_is_active((uv_handle_t *)&d->tick))
        uv_timer_start(&d->tick, on_tick, TICK_MS, TICK_MS);
    queue_push(&d->ready, r);
    pump(d, uv_hrtime() / 1000);
    return ST_OK;
}

void dns_test_now(struct dns *d)
{
    if (d->is_tested || d->closing)
        return;
    d->is_tested = true;
    resolvers_test_now(&d->resolvers, now_of(d));
    if (!uv_is_active((uv_handle_t *)&d->tick))
        uv_timer_start(&d->tick, on_tick, TICK_MS, TICK_MS);
    pump(d, uv_hrtime() / 1000);
    tell_tested(d);
}

enum status dns_ask(struct dns *d, uint64_t token, const char *domain)
{
    return ask(d, token, domain, 0);
}

enum status dns_ask_mx(struct dns *d, uint64_t token, const char *name)
{
    return ask(d, token, name, DNS_TYPE_MX);
}

uint32_t dns_inflight(const struct dns *d)
{
    return d->inflight;
}

const struct dns_stats *dns_stats(const struct dns *d)
{
    return &d->stats;
}

size_t dns_resolvers(const struct dns *d)
{
    return d->n_channels;
}

struct dns_channel_view dns_resolver(const struct dns *d, size_t i)
{
    return dns_channel_view(d->channels[i]);
}

enum resolver_state dns_resolver_state(const struct dns *d, size_t i)
{
    return d->resolvers.at[i].state;
}

static enum status open_channels(struct dns *d, const struct dns_options *o,
                                 const struct dns_servers *servers)
{
    for (size_t i = 0; i < servers->n; i++) {
        enum status st = dns_channel_new(d->loop,
                                         &(struct dns_channel_options){
                                             .server = &servers->at[i],
                                             .timeout_ms = o->timeout_ms,
                                             .inflight = o->inflight,
                                             .way = o->way,
                                             .port_questions = o->port_questions,
                                             .always_gather = o->always_gather,
                                             .stats = &d->stats,
                                             .reply = on_reply,
                                             .settled = on_settled,
                                             .arg = d,
                                         },
                                         &d->channels[d->n_channels]);
        if (st != ST_OK)
            return st;
        d->n_channels++;
    }
    return ST_OK;
}

/* Evidence has room for one text: both names where they fit, else who confirmed. */
static enum status open_pairs(struct dns *d)
{
    size_t n = d->n_channels;
    d->pairs = calloc(n * n, sizeof *d->pairs);
    if (d->pairs == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < n * n; i++) {
        const char *first = dns_channel_server(d->channels[i / n]);
        const char *second = dns_channel_server(d->channels[i % n]);
        char *to = d->pairs[i];
        size_t room = sizeof *d->pairs;
        /* Cut, where both don't fit: then the second alone is put over it. */
        int len = snprintf(to, room, "%s,%s", first, second);
        if (len < 0 || (size_t)len >= room)
            snprintf(to, room, "%s", second);
    }
    return ST_OK;
}

static enum status open_pool(struct dns *d, const struct dns_options *o)
{
    d->pool = calloc(o->inflight, sizeof *d->pool);
    if (d->pool == NULL)
        return ST_NOMEM;
    for (uint32_t i = o->inflight; i-- > 0;) {
        d->pool[i].dns = d;
        d->pool[i].next = d->free;
        d->free = &d->pool[i];
    }
    return ST_OK;
}

static void free_memory(struct dns *d)
{
    ns_suffixes_free(d->parked);
    free(d->pool);
    free(d->pairs);
    free(d);
    dns_memory_stop();
}

static enum status fill(struct dns *d, const struct dns_options *o, char *error,
                        size_t error_size)
{
    struct dns_servers servers;
    enum status st = dns_servers_load(o->servers, &servers, error, error_size);
    if (st != ST_OK)
        return st;
    if (dns_canaries_init(&d->canaries, o->canaries) != ST_OK) {
        snprintf(error, error_size, "dns.canaries can't be read: %s", o->canaries);
        return ST_INVALID;
    }
    st = ns_suffixes_new(o->parked, &d->parked);
    if (st == ST_INVALID) {
        snprintf(error, error_size, "dns.parked_nameservers can't be read: %s", o->parked);
        return st;
    }
    resolvers_init(&d->resolvers, (uint32_t)servers.n, d->canaries.n > 0, now_of(d));
    if (st == ST_OK)
        st = open_pool(d, o);
    if (st == ST_OK)
        st = open_channels(d, o, &servers);
    if (st == ST_OK)
        st = open_pairs(d);
    if (st != ST_OK)
        snprintf(error, error_size, "DNS can't be set up: %s", status_text(st));
    return st;
}

enum status dns_new(uv_loop_t *loop, const struct dns_options *o, struct dns **out,
                    char *error, size_t error_size)
{
    struct dns *d = calloc(1, sizeof *d);
    if (d == NULL || dns_memory_start() != ST_OK) {
        free(d);
        snprintf(error, error_size, "DNS can't be set up: %s", status_text(ST_NOMEM));
        return ST_NOMEM;
    }
    d->loop = loop;
    d->done = o->done;
    d->tested = o->tested;
    d->arg = o->arg;
    d->tries_max = o->tries == 0 ? 1 : o->tries > UINT8_MAX ? UINT8_MAX : o->tries;
    d->patience_ms = (uint64_t)d->tries_max * (o->timeout_ms + INQUIRY_PAUSE_MS);
    queue_init(&d->ready);
    queue_init(&d->seconds);
    queue_init(&d->paused);
    enum status st = fill(d, o, error, error_size);
    if (st != ST_OK) {
        for (size_t i = 0; i < d->n_channels; i++)
            dns_channel_free(d->channels[i], NULL);
        free_memory(d);
        return st;
    }
    uv_timer_init(loop, &d->tick); /* from here on only dns_close frees */
    uv_prepare_init(loop, &d->flush);
    d->has_beat = beat_init(loop, &d->beat, on_beat);
    *out = d;
    return ST_OK;
}

static void on_part_closed(void *arg)
{
    struct dns *d = arg;
    if (--d->open > 0)
        return;
    void (*closed)(void *) = d->closed;
    void *closed_arg = d->closed_arg;
    free_memory(d);
    if (closed != NULL)
        closed(closed_arg);
}

static void cancel_queue(struct queue *q)
{
    for (struct request *r = queue_pop(q); r != NULL; r = queue_pop(q))
        finish_without_answer(r, DNS_CANCELED);
}

/* Not from inside dns_close, which may be called from inside c-ares. */
static void on_handle_closed(uv_handle_t *handle)
{
    struct dns *d = handle->data;
    if (--d->open > 0)
        return;
    d->open = d->n_channels + 1;
    cancel_queue(&d->ready);
    cancel_queue(&d->seconds);
    cancel_queue(&d->paused);
    for (size_t i = 0; i < d->n_channels; i++)
        dns_channel_free(d->channels[i], on_part_closed);
    on_part_closed(d);
}

void dns_close(struct dns *d, void (*closed)(void *arg), void *arg)
{
    if (d == NULL) {
        if (closed != NULL)
            closed(arg);
        return;
    }
    if (d->closing)
        return;
    d->closing = true;
    d->closed = closed;
    d->closed_arg = arg;
    d->open = d->has_beat ? 3 : 2;
    d->tick.data = d->flush.data = d->beat.poll.data = d;
    if (d->has_beat)
        beat_close(&d->beat, on_handle_closed);
    uv_close((uv_handle_t *)&d->tick, on_handle_closed);
    uv_close((uv_handle_t *)&d->flush, on_handle_closed);
}
