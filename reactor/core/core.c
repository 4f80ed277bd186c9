#include "core/core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/state.h"

#define WAIT_MAX_MS ((uint64_t)HOUR_MS)

struct core *core_new(const struct core_options *o)
{
    struct core *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->options = *o;
    c->interval = (struct interval_options){
        .dns_s = o->dns_interval_s, .recheck_s = o->recheck_s, .confirm_s = o->confirm_s};
    registry_init(&c->registry);
    schedule_init(&c->urgent, &c->registry, PLACE_URGENT);
    schedule_init(&c->schedule, &c->registry, PLACE_SCHEDULED);
    fifo_init(&c->candidates, sizeof(uint64_t));
    fifo_init(&c->unfiltered, sizeof(uint64_t));
    fifo_init(&c->jobs, sizeof(struct job));
    c->registry_is_provider = o->provider != NULL && strcmp(o->provider, "rdap") == 0;
    pace_init(&c->pace, o->status_rate_per_s, o->status_burst, o->status_daily_budget);
    size_t size = strlen(o->subject) + sizeof ".dryrun";
    c->dry_subject = malloc(size);
    if (fact_batch_begin(&c->journal) != ST_OK || c->dry_subject == NULL ||
        outbox_init(&c->outbox, o->outbox) != ST_OK || !referrals_open(c) ||
        (o->tests_suffixes && !suffixes_init(&c->suffixes)) ||
        exempt_init(&c->exempt, o->exempt) != ST_OK) {
        core_free(c);
        return NULL;
    }
    snprintf(c->dry_subject, size, "%s.dryrun", o->subject);
    return c;
}

void core_free(struct core *c)
{
    if (c == NULL)
        return;
    outbox_close(&c->outbox);
    exempt_close(&c->exempt);
    referrals_close(c);
    fifo_close(&c->jobs);
    fifo_close(&c->unfiltered);
    fifo_close(&c->candidates);
    suffixes_close(&c->suffixes);
    schedule_close(&c->urgent);
    schedule_close(&c->schedule);
    registry_close(&c->registry);
    buf_free(&c->journal);
    free(c->dry_subject);
    free(c);
}

enum status core_step(struct core *c, const struct core_event *ev, struct effects *fx)
{
    struct step s = {.core = c,
                     .now = ev->now,
                     .mono = ev->mono,
                     .now_s = (uint32_t)(ev->now.v / SECOND_MS),
                     .fx = fx};
    fx->n = 0;
    fx->more = false;
    switch (ev->type) {
    case CORE_ACCOUNT:
        return accounts_apply(&s, ev->u.account.event, ev->u.account.at);
    case CORE_LOADED:
        c->asking = true;
        return ST_OK;
    case CORE_DRAIN:
        c->asking = false;
        return ST_OK;
    case CORE_DNS_DONE:
        round_dns_done(&s, ev);
        return ST_OK;
    case CORE_STATUS_DONE:
        round_status_done(&s, ev);
        return ST_OK;
    case CORE_RDAP_DONE:
        referral_answered(&s, ev);
        return ST_OK;
    case CORE_PUBLISHED:
        announce_published(c, ev->u.published.entry);
        return ST_OK;
    case CORE_TICK:
        announce_some(&s);
        if (!c->held) {
            referrals_begin(&s);
            round_begin_candidates(&s);
            round_begin_due(&s);
            round_begin_candidates(&s); /* who was due may have got in line at once */
        }
        return ST_OK;
    }
    return ST_INVALID;
}

void core_expect(const struct core *c, const struct account_event *const *events, size_t n)
{
    registry_expect(&c->registry, events, n);
}

/* Until the first of a schedule is due; WAIT_MAX_MS when there is none. */
static uint64_t until_first(const struct core *c, const struct schedule *s,
                            struct wall_ms now)
{
    uint32_t slot = schedule_first(s);
    if (slot == 0)
        return WAIT_MAX_MS;
    int64_t due = (int64_t)registry_watch(&c->registry, slot)->due * SECOND_MS;
    return due > now.v ? (uint64_t)(due - now.v) : 0;
}

static uint64_t until_dns(const struct core *c, struct wall_ms now, struct mono_ms mono)
{
    uint64_t urgent = until_first(c, &c->urgent, now);
    if (!core_flow_has_room(c))
        return urgent;
    uint64_t due = until_first(c, &c->schedule, now);
    uint64_t flow = flow_wait(&c->flow, round_flow_rate(c), mono);
    uint64_t other = due > flow ? due : flow;
    return urgent < other ? urgent : other;
}

uint64_t core_wait_ms(const struct core *c, struct wall_ms now, struct mono_ms mono)
{
    uint64_t wait = WAIT_MAX_MS;
    if (core_may_ask_dns(c)) {
        uint64_t until = until_dns(c, now, mono);
        wait = until < wait ? until : wait;
    }
    bool waits =
        c->candidates.n > 0 || (c->unfiltered.n > 0 && core_may_ask_unfiltered(c, now));
    if (core_may_ask_status(c) && waits) {
        uint64_t until = pace_wait(&c->pace, now, mono);
        wait = until < wait ? until : wait;
    }
    uint64_t until = referrals_wait(c, mono);
    return until < wait ? until : wait;
}

void core_hold(struct core *c, bool held)
{
    c->held = held;
}

uint64_t core_digest(const struct core *c)
{
    return c->registry.digest;
}

const struct core_stats *core_stats(const struct core *c)
{
    return &c->stats;
}

const struct registry *core_registry(const struct core *c)
{
    return &c->registry;
}

uint32_t core_dns_inflight(const struct core *c)
{
    return c->dns_out;
}

uint32_t core_status_inflight(const struct core *c)
{
    return c->status_out;
}

uint32_t core_rdap_inflight(const struct core *c)
{
    return c->rdap_out;
}

uint32_t core_publish_pending(const struct core *c)
{
    return outbox_pending(&c->outbox) + (uint32_t)c->jobs.n;
}

uint32_t core_budget_left(const struct core *c, struct wall_ms now)
{
    return pace_budget_left(&c->pace, now);
}

uint64_t core_candidates_waiting(const struct core *c)
{
    return c->candidates.n + c->unfiltered.n;
}

uint32_t core_suffixes_synthesizing(const struct core *c)
{
    return c->suffixes.n_synthesize;
}
