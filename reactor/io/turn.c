/* One turn, before the loop waits for I/O:
 *
 *   1. Read both clocks, once.
 *   2. Let the feed work: account events are stepped through the core.
 *   3. Empty the inbox: answers of DNS, the status API and registries, confirmations.
 *   4. Tick: the core begins what is due, as far as rates, windows and the outbox allow.
 *   5. Set the timer to the next thing that will be due.
 *
 * Callbacks only post to the inbox, so c-ares may answer from inside dns_ask and the core
 * is never entered twice. The inbox is bounded by what is in flight. Every step of a turn
 * has a budget; when one is used up an idle handle makes the next turn come at once. */
#include "io/turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/entropy.h"
#include "base/log.h"
#include "base/must.h"
#include "core/fifo.h"
#include "core/resolvers.h"
#include "io/report.h"

#define EVENTS_A_TURN 1000U
#define POSTS_A_TURN 512U
#define TICKS_A_TURN 16U
/* Watches that are scheduled in one turn after a restart: some milliseconds. */
#define RESTORED_A_TURN 65536U
#define TOTALS_MS 5000
#define MOVES_LOGGED_A_SECOND 50U
#define COMPLAIN_MS 10000
/* Facts of one turn fit into one message of the log, or nearly. */
#define FACTS_HIGH ((size_t)256 * 1024)

enum post_type { POST_DNS, POST_STATUS, POST_RDAP, POST_CONFIRMED };

struct post {
    enum post_type type;
    uint64_t token;
    union {
        struct {
            enum dns_outcome outcome;
            const char *resolver;
            char soa[DOMAIN_SIZE];
        } dns;
        struct status_reply status;
        struct rdap_reply rdap;
    } u;
};

/* Of one who answers: when it was last said, and what was not said since. */
struct complaint {
    uint64_t said, unlogged;
};

struct turn {
    uv_loop_t *loop;
    struct core *core;
    struct feed *feed;
    struct dns *dns;
    struct status_api *status;
    struct rdap *rdap;
    struct fifo inbox;
    uv_prepare_t prepare;
    uv_idle_t idle;
    uv_timer_t wake, totals;
    struct wall_ms now;
    struct mono_ms mono;
    struct dns_answer answer; /* for the event that is being stepped */
    struct effects effects;
    uint64_t totals_seen; /* so that nothing is said when nothing happened */
    uint64_t second;
    unsigned moves_logged, moves_unlogged;
    struct complaint of_status, of_rdap;
    uint64_t round_began, idle_then; /* ns */
    uint64_t busiest_ns; /* longest round, time spent waiting for I/O taken off */
    bool restoring, loaded, draining, out_of_memory;
    unsigned open;
    void (*closed)(void *);
    void *closed_arg;
};

static void read_clocks(struct turn *t)
{
    uv_timeval64_t wall;
    uv_gettimeofday(&wall);
    t->now.v = wall.tv_sec * SECOND_MS + wall.tv_usec / 1000;
    t->mono.v = uv_now(t->loop);
}

/* Posts
 * ------------------------------------------------------------------------------------ */

static void post(struct turn *t, const struct post *p)
{
    /* At most one post for each question and message in flight: these are bounded. */
    MUST(fifo_push(&t->inbox, p) == ST_OK);
}

void turn_on_dns(void *arg, const struct dns_result *result)
{
    struct post p = {.type = POST_DNS, .token = result->token};
    p.u.dns.outcome = result->answer.outcome;
    p.u.dns.resolver = result->resolver;
    snprintf(p.u.dns.soa, sizeof p.u.dns.soa, "%s", result->answer.soa);
    post(arg, &p);
}

void turn_on_status(void *arg, uint64_t token, const struct status_reply *reply)
{
    struct post p = {.type = POST_STATUS, .token = token};
    p.u.status = *reply;
    post(arg, &p);
}

void turn_on_rdap(void *arg, uint64_t token, const struct rdap_reply *reply)
{
    struct post p = {.type = POST_RDAP, .token = token};
    p.u.rdap = *reply;
    post(arg, &p);
}

void turn_on_confirmed(void *arg, uint64_t token)
{
    const struct post p = {.type = POST_CONFIRMED, .token = token};
    post(arg, &p);
}

/* Effects
 * ---------------------------------------------------------------------------------- */

static void post_canceled(struct turn *t, uint64_t token)
{
    struct post p = {.type = POST_DNS, .token = token};
    p.u.dns.outcome = DNS_CANCELED;
    p.u.dns.resolver = "";
    post(t, &p);
}

static void perform_ask_dns(struct turn *t, const struct effect *e)
{
    if (dns_ask(t->dns, e->u.ask.token, e->u.ask.name) != ST_OK)
        post_canceled(t, e->u.ask.token);
}

static void perform_ask_made_up(struct turn *t, const struct effect *e)
{
    uint8_t chance[CANARY_LETTERS];
    char name[DOMAIN_SIZE];
    entropy_bytes(chance, sizeof chance);
    if (canary_name(e->u.ask.name, chance, name) &&
        dns_ask(t->dns, e->u.ask.token, name) == ST_OK)
        return;
    post_canceled(t, e->u.ask.token);
}

static void perform_ask_status(struct turn *t, const struct effect *e)
{
    if (t->status != NULL &&
        status_api_ask(t->status, e->u.ask.token, e->u.ask.name) == ST_OK)
        return;
    struct post p = {.type = POST_STATUS, .token = e->u.ask.token};
    p.u.status.outcome = STATUS_CANCELED;
    post(t, &p);
}

static void perform_ask_rdap(struct turn *t, const struct effect *e)
{
    if (t->rdap != NULL && rdap_ask(t->rdap, e->u.ask.token, e->u.ask.name) == ST_OK)
        return;
    struct post p = {.type = POST_RDAP, .token = e->u.ask.token};
    p.u.rdap.outcome = STATUS_CANCELED;
    post(t, &p);
}

/* CloudEvents, binary mode: attributes as headers. */
static void perform_publish(struct turn *t, const struct effect *e)
{
    const struct publication *p = e->u.publish.publication;
    const struct outgoing m = {
        .subject = p->subject,
        .headers = {{"Nats-Msg-Id", p->id},
                    {"Content-Type", p->content_type},
                    {"ce-specversion", "1.0"},
                    {"ce-id", p->id},
                    {"ce-type", p->type},
                    {"ce-source", "/unverifyd"},
                    {"ce-time", p->time}},
        .n_headers = 7,
        .data = p->body.data,
        .len = p->body.len,
    };
    /* The window is as large as the outbox, and dead letters leave room: see app.c. */
    MUST(feed_send(t->feed, e->u.publish.entry, &m) == ST_OK);
}

/* A mass event must not become a mass of lines. */
static bool may_log_move(struct turn *t)
{
    uint64_t second = t->mono.v / 1000;
    if (second != t->second) {
        if (t->moves_unlogged > 0)
            log_info("core", "more_moved", LOG_I("domains", t->moves_unlogged));
        t->second = second;
        t->moves_logged = t->moves_unlogged = 0;
    }
    if (t->moves_logged == MOVES_LOGGED_A_SECOND) {
        t->moves_unlogged++;
        return false;
    }
    t->moves_logged++;
    return true;
}

static void perform(struct turn *t)
{
    for (size_t i = 0; i < t->effects.n; i++) {
        const struct effect *e = &t->effects.at[i];
        switch (e->type) {
        case FX_ASK_DNS:
            perform_ask_dns(t, e);
            break;
        case FX_ASK_MADE_UP:
            perform_ask_made_up(t, e);
            break;
        case FX_ASK_STATUS:
            perform_ask_status(t, e);
            break;
        case FX_ASK_RDAP:
            perform_ask_rdap(t, e);
            break;
        case FX_PUBLISH:
            perform_publish(t, e);
            break;
        case FX_MOVED:
            if ((e->u.moved.from != PHASE_NEW || e->u.moved.to != PHASE_ACTIVE) &&
                may_log_move(t))
                log_info("core", "moved", LOG_S("domain", e->u.moved.name),
                         LOG_S("from", phase_text(e->u.moved.from)),
                         LOG_S("to", phase_text(e->u.moved.to)),
                         LOG_I("addresses", e->u.moved.addresses));
            break;
        case FX_SUFFIX:
            log_warn("core",
                     e->u.suffix.synthesizes ? "suffix_answers_for_every_name"
                                             : "suffix_is_honest_again",
                     LOG_S("suffix", e->u.suffix.name));
            break;
        case FX_PRIVATE_ABSENT:
            if (may_log_move(t))
                log_info("core", "private_name_absent", LOG_S("domain", e->u.ask.name));
            break;
        }
    }
}

/* Steps
 * ------------------------------------------------------------------------------------ */

static enum status step(struct turn *t, struct core_event *ev)
{
    ev->now = t->now;
    ev->mono = t->mono;
    enum status st = core_step(t->core, ev, &t->effects);
    perform(t);
    return st;
}

enum status turn_on_event(void *arg, const struct account_event *event, struct wall_ms at)
{
    struct turn *t = arg;
    if (core_facts_size(t->core) > FACTS_HIGH)
        return ST_FULL; /* written first; the event is offered again */
    struct core_event ev = {.type = CORE_ACCOUNT};
    ev.u.account.event = event;
    ev.u.account.at = at;
    enum status st = step(t, &ev);
    if (st != ST_OK && !t->out_of_memory)
        log_error("core", "out_of_memory",
                  LOG_S("what", "account events wait until there is memory again"));
    t->out_of_memory = st != ST_OK;
    return st;
}

_Static_assert(INTAKE_AHEAD <= CORE_EXPECTED, "the core takes as many hints as come");

void turn_expect(void *arg, const struct account_event *const *events, size_t n)
{
    const struct turn *t = arg;
    core_expect(t->core, events, n);
}

/* Trouble is said once in a while; the rest is counted. */
static bool may_complain(const struct turn *t, struct complaint *c)
{
    if (c->said != 0 && t->mono.v - c->said < COMPLAIN_MS) {
        c->unlogged++;
        return false;
    }
    return true;
}

static void complained(const struct turn *t, struct complaint *c)
{
    *c = (struct complaint){.said = t->mono.v};
}

/* A status API in trouble, with what it said. */
static void log_status_doubt(struct turn *t, const struct status_reply *r)
{
    if (r->outcome == STATUS_ANSWERED || r->outcome == STATUS_CANCELED ||
        !may_complain(t, &t->of_status))
        return;
    enum log_level level = r->outcome == STATUS_UNAUTHORIZED ? LOG_ERROR : LOG_WARN;
    LOG_AT(level, "status", "doubt", LOG_S("outcome", status_outcome_text(r->outcome)),
           LOG_I("http", r->http), LOG_S("detail", r->detail),
           LOG_I("unlogged", t->of_status.unlogged));
    complained(t, &t->of_status);
}

/* A registry in trouble. That there is none to ask is no trouble. */
static void log_rdap_doubt(struct turn *t, const struct rdap_reply *r)
{
    if (r->outcome == STATUS_ANSWERED || r->outcome == STATUS_CANCELED ||
        r->outcome == STATUS_EMPTY || !may_complain(t, &t->of_rdap))
        return;
    log_warn("rdap", "doubt", LOG_S("outcome", status_outcome_text(r->outcome)),
             LOG_I("http", r->http), LOG_S("server", r->server), LOG_S("detail", r->detail),
             LOG_I("unlogged", t->of_rdap.unlogged));
    complained(t, &t->of_rdap);
}

bool turn_is_loaded(const struct turn *t)
{
    return t->loaded;
}

/* From a request's callback, where no step is on the stack: the one event that does not
 * come through the feed or the inbox, for its reply says what it did. */
enum status turn_forget(struct turn *t, const struct account_id *account,
                        uint64_t *addresses)
{
    const struct account_event gone = {.type = EVENT_DELETED, .account = *account};
    uint64_t before = core_registry(t->core)->addresses;
    read_clocks(t);
    enum status st = turn_on_event(t, &gone, t->now);
    *addresses = before - core_registry(t->core)->addresses;
    return st;
}

static void step_post(struct turn *t, const struct post *p)
{
    struct core_event ev = {.type = CORE_PUBLISHED};
    switch (p->type) {
    case POST_DNS:
        ev.type = CORE_DNS_DONE;
        t->answer.outcome = p->u.dns.outcome;
        memcpy(t->answer.soa, p->u.dns.soa, sizeof t->answer.soa);
        ev.u.dns.token = p->token;
        ev.u.dns.answer = &t->answer;
        ev.u.dns.resolver = p->u.dns.resolver;
        break;
    case POST_STATUS:
        log_status_doubt(t, &p->u.status);
        ev.type = CORE_STATUS_DONE;
        ev.u.status.token = p->token;
        ev.u.status.reply = &p->u.status;
        break;
    case POST_RDAP:
        log_rdap_doubt(t, &p->u.rdap);
        ev.type = CORE_RDAP_DONE;
        ev.u.rdap.token = p->token;
        ev.u.rdap.reply = &p->u.rdap;
        break;
    case POST_CONFIRMED:
        ev.u.published.entry = (uint32_t)p->token;
        break;
    }
    step(t, &ev);
}

static void work_off_inbox(struct turn *t)
{
    for (unsigned n = 0; n < POSTS_A_TURN; n++) {
        const struct post *first = fifo_first(&t->inbox);
        if (first == NULL || core_facts_size(t->core) > FACTS_HIGH)
            return;
        const struct post p = *first; /* the step may post, and move the queue */
        fifo_pop(&t->inbox);
        step_post(t, &p);
    }
}

static void log_digest(const struct turn *t, const char *when)
{
    char digest[20];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)core_digest(t->core));
    log_info("core", "digest", LOG_S("when", when), LOG_S("digest", digest));
}

void turn_log_digest(const struct turn *t)
{
    log_digest(t, "stopping");
}

/* The state is read. A million watches take 20 ms to schedule, so it is done in parts, and
 * nothing else happens until it is done. */
void turn_on_restored(struct turn *t)
{
    t->restoring = true;
}

static void go_on_restoring(struct turn *t)
{
    enum status st;
    t->restoring = !core_restored(t->core, t->now, RESTORED_A_TURN, &st);
    MUST(st == ST_OK); /* no memory at start: no way on */
}

static void begin_asking(struct turn *t)
{
    if (t->loaded || t->draining || !feed_is_caught_up(t->feed))
        return;
    t->loaded = true;
    struct core_event ev = {.type = CORE_LOADED};
    step(t, &ev);
    const struct registry *r = core_registry(t->core);
    log_info("core", "loaded", LOG_I("domains", r->watches),
             LOG_I("addresses", r->addresses), LOG_I("bytes", registry_footprint(r)));
    log_digest(t, "loaded");
}

static bool tick(struct turn *t)
{
    struct core_event ev = {.type = CORE_TICK};
    for (unsigned n = 0; n < TICKS_A_TURN; n++) {
        if (core_facts_size(t->core) > FACTS_HIGH)
            return false; /* goes on when they are written */
        step(t, &ev);
        if (!t->effects.more)
            return false;
    }
    return true;
}

/* A timer whose time has come needs no work of its own: the turn follows it. */
static void on_wake(uv_timer_t *timer)
{
    (void)timer;
}

static void on_idle(uv_idle_t *idle)
{
    (void)idle;
}

/* How long the loop was busy since the last turn: what any caller of it had to wait. */
static void measure_round(struct turn *t)
{
    uint64_t now = uv_hrtime(), idle = uv_metrics_idle_time(t->loop);
    uint64_t busy = now - t->round_began - (idle - t->idle_then);
    if (t->round_began != 0 && busy > t->busiest_ns)
        t->busiest_ns = busy;
    t->round_began = now;
    t->idle_then = idle;
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct turn *t = prepare->data;
    measure_round(t);
    read_clocks(t);
    if (t->restoring) {
        go_on_restoring(t);
        uv_idle_start(&t->idle, on_idle); /* the next turn comes at once */
        return;
    }
    bool more = feed_work(t->feed, EVENTS_A_TURN);
    work_off_inbox(t);
    begin_asking(t);
    core_hold(t->core, feed_is_behind(t->feed));
    more |= tick(t);
    feed_write(t->feed, t->now);
    more |= fifo_first(&t->inbox) != NULL;
    if (more) {
        uv_idle_start(&t->idle, on_idle);
        return;
    }
    uv_idle_stop(&t->idle);
    /* While the log is behind nothing is begun, due or not: its confirmation wakes the
     * loop. */
    uint64_t wait = feed_is_behind(t->feed) ? (uint64_t)MINUTE_MS
                                            : core_wait_ms(t->core, t->now, t->mono);
    /* Capped, so that a step of the wall clock is noticed within a minute. */
    if (wait > (uint64_t)MINUTE_MS)
        wait = (uint64_t)MINUTE_MS;
    uv_timer_start(&t->wake, on_wake, wait > 0 ? wait : 1, 0);
}

/* Totals
 * ----------------------------------------------------------------------------------- */

static struct report report_of(const struct turn *t)
{
    return (struct report){
        .core = t->core, .feed = t->feed, .now = t->now, .stall_us = t->busiest_ns / 1000};
}

void turn_log_totals(const struct turn *t)
{
    const struct report r = report_of(t);
    report_log(&r);
}

void turn_write_report(const struct turn *t, struct json_writer *w)
{
    const struct report r = report_of(t);
    report_write(&r, w);
}

static void on_totals(uv_timer_t *timer)
{
    struct turn *t = timer->data;
    const struct report r = report_of(t);
    uint64_t seen = report_activity(&r);
    if (seen == t->totals_seen)
        return;
    t->totals_seen = seen;
    report_log(&r);
}

/* Life
 * ------------------------------------------------------------------------------------- */

enum status turn_new(uv_loop_t *loop, struct core *core, struct turn **out)
{
    struct turn *t = calloc(1, sizeof *t);
    if (t == NULL)
        return ST_NOMEM;
    t->loop = loop;
    t->core = core;
    fifo_init(&t->inbox, sizeof(struct post));
    uv_prepare_init(loop, &t->prepare);
    uv_idle_init(loop, &t->idle);
    uv_timer_init(loop, &t->wake);
    uv_timer_init(loop, &t->totals);
    t->prepare.data = t;
    t->idle.data = t;
    t->wake.data = t;
    t->totals.data = t;
    t->open = 4;
    *out = t;
    return ST_OK;
}

void turn_connect(struct turn *t, const struct turn_parts *parts)
{
    t->feed = parts->feed;
    t->dns = parts->dns;
    t->status = parts->status;
    t->rdap = parts->rdap;
    uv_prepare_start(&t->prepare, on_prepare);
    uv_timer_start(&t->totals, on_totals, TOTALS_MS, TOTALS_MS);
}

void turn_drain(struct turn *t)
{
    if (t->draining)
        return;
    t->draining = true;
    feed_stop(t->feed);
    read_clocks(t);
    struct core_event ev = {.type = CORE_DRAIN};
    step(t, &ev);
}

const char *turn_waits_for(const struct turn *t)
{
    if (t->restoring)
        return "the restored state to be seen to";
    if (core_publish_pending(t->core) > 0)
        return "decided messages";
    return feed_waits_for(t->feed);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct turn *t = handle->data;
    if (--t->open > 0)
        return;
    void (*closed)(void *) = t->closed;
    void *arg = t->closed_arg;
    fifo_close(&t->inbox);
    free(t);
    closed(arg);
}

void turn_close(struct turn *t, void (*closed)(void *arg), void *arg)
{
    if (t == NULL) {
        closed(arg);
        return;
    }
    t->closed = closed;
    t->closed_arg = arg;
    uv_close((uv_handle_t *)&t->prepare, on_handle_closed);
    uv_close((uv_handle_t *)&t->idle, on_handle_closed);
    uv_close((uv_handle_t *)&t->wake, on_handle_closed);
    uv_close((uv_handle_t *)&t->totals, on_handle_closed);
}
