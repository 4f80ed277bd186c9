/* What must hold of the whole state between two steps. */
#include <string.h>

#include "base/must.h"
#include "core/digest.h"
#include "core/state.h"

struct totals {
    uint64_t phases[PHASE_COUNT], places[PLACE_FREE + 1];
    uint64_t watches, addresses, accounts, by_account;
};

/* Each account's chain is counted where its head is met. */
static void check_account(const struct registry *r, uint32_t address, struct totals *t)
{
    struct account_id id = address_account(registry_address(r, address));
    if (registry_first_of_account(r, &id) != address)
        return;
    t->accounts++;
    for (uint32_t a = address; a != 0; a = registry_address(r, a)->next_of_account) {
        struct account_id other = address_account(registry_address(r, a));
        MUST(other.len == id.len && other.is_int == id.is_int &&
             memcmp(other.text, id.text, id.len) == 0);
        t->by_account++;
    }
}

static void check_chain(const struct registry *r, uint32_t slot, struct totals *t)
{
    const struct watch *w = registry_watch(r, slot);
    uint32_t n = 0, before = 0;
    for (uint32_t a = w->first; a != 0; a = registry_address(r, a)->next, n++) {
        const struct address_record *rec = registry_address(r, a);
        MUST(rec->watch == slot && rec->prev == before);
        check_account(r, a, t);
        before = a;
    }
    MUST(n > 0 && n == w->addresses);
    t->addresses += n;
}

static void check_watch(const struct core *c, uint32_t slot, struct totals *t)
{
    const struct registry *r = &c->registry;
    const struct watch *w = registry_watch(r, slot);
    const char *name = registry_name(r, w);
    MUST(registry_find(r, name, strlen(name)) == slot);
    MUST(w->place != PLACE_SCHEDULED || c->schedule.heap[w->link] == slot);
    MUST(w->place != PLACE_URGENT || c->urgent.heap[w->link] == slot);
    MUST(w->place != PLACE_UNSCHEDULED || w->phase == PHASE_EXEMPT);
    MUST(w->phase != PHASE_EXEMPT || w->place == PLACE_UNSCHEDULED);
    /* A verdict to unverify is one of a bad phase; a block comes with it. */
    MUST(!(w->flags & WATCH_UNVERIFY) || phase_is_bad((enum phase)w->phase));
    MUST(!(w->flags & WATCH_BLOCK) || (w->flags & WATCH_UNVERIFY));
    MUST(!(w->flags & WATCH_AGAIN) || place_awaits_verdict((enum place)w->place));
    MUST(w->phase != PHASE_RESURRECTED || w->registered != 0);
    check_chain(r, slot, t);
    t->watches++;
    t->phases[w->phase]++;
}

static void check_schedule(const struct schedule *s)
{
    for (uint32_t i = 1; i < s->n; i++)
        MUST(registry_watch(s->registry, s->heap[(i - 1) / 4])->due <=
             registry_watch(s->registry, s->heap[i])->due);
}

/* Every candidate stands in line exactly once. */
static uint64_t live_in(const struct core *c, const struct fifo *line)
{
    uint64_t live = 0;
    for (size_t i = 0; i < line->n; i++) {
        uint64_t token;
        memcpy(&token, fifo_at(line, i), sizeof token);
        const struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(token));
        live += w != NULL && w->place == PLACE_CANDIDATE;
    }
    return live;
}

static void check_candidates(const struct core *c, const struct totals *t)
{
    MUST(live_in(c, &c->candidates) + live_in(c, &c->unfiltered) ==
         t->places[PLACE_CANDIDATE]);
}

/* Whoever is referred stands in line exactly once. */
static void check_referrals(const struct core *c, const struct totals *t)
{
    uint64_t live = 0;
    for (size_t i = 0; i < c->referrals.line.n; i++) {
        const struct referral *r = fifo_at(&c->referrals.line, i);
        const struct watch *w =
            registry_resolve(&c->registry, watch_ref_of_token(r->token));
        live += w != NULL && w->place == PLACE_REFERRED;
    }
    MUST(live == t->places[PLACE_REFERRED]);
    MUST(t->places[PLACE_ASKING_RDAP] <= c->rdap_out);
    MUST(c->rdap_out <= c->options.rdap_concurrency);
    MUST(c->referrals.line.n <= (uint64_t)REFERRALS_MAX + c->options.status_concurrency);
}

/* Only the first job walks, and it stands on an address of its own watch. */
static void check_jobs(const struct core *c)
{
    const struct registry *r = &c->registry;
    MUST(c->jobs.n <= (uint64_t)JOBS_MAX + c->options.dns_inflight +
                          c->options.status_concurrency + c->options.rdap_concurrency);
    for (size_t i = 0; i < c->jobs.n; i++) {
        const struct job *job = fifo_at(&c->jobs, i);
        MUST(i == 0 || !job->walking);
        const struct watch *w = registry_resolve(r, watch_ref_of_token(job->token));
        if (w == NULL || !job->walking || job->cursor == 0)
            continue;
        uint32_t a = w->first;
        while (a != job->cursor && a != 0)
            a = registry_address(r, a)->next;
        MUST(a != 0);
    }
}

static void check_outbox(const struct outbox *o)
{
    MUST(o->n_free <= o->cap);
    for (uint32_t i = 0; i < o->n_free; i++) {
        MUST(o->free[i] < o->cap);
        for (uint32_t k = 0; k < i; k++)
            MUST(o->free[k] != o->free[i]);
    }
}

void core_check(const struct core *c)
{
    const struct registry *r = &c->registry;
    struct totals t = {.watches = 0};
    for (uint32_t slot = 1; slot < r->next_slot; slot++) {
        enum place place = (enum place)registry_watch(r, slot)->place;
        t.places[place]++;
        if (place != PLACE_FREE)
            check_watch(c, slot, &t);
    }
    MUST(t.watches == r->watches && t.addresses == r->addresses);
    MUST(t.accounts == r->account_count && t.by_account == r->addresses);
    MUST(t.places[PLACE_SCHEDULED] == c->schedule.n);
    MUST(t.places[PLACE_URGENT] == c->urgent.n);
    MUST(c->looks >= t.watches);
    MUST(c->flow_out <= c->dns_out);
    MUST(t.places[PLACE_ASKING_DNS] + c->suffixes.out <= c->dns_out);
    MUST(t.places[PLACE_ASKING_STATUS] <= c->status_out);
    MUST(c->dns_out <= c->options.dns_inflight);
    MUST(c->status_out <= c->options.status_concurrency);
    MUST(memcmp(t.phases, c->stats.phases, sizeof t.phases) == 0);
    MUST(r->digest == digest_from_scratch(r));
    check_schedule(&c->urgent);
    check_schedule(&c->schedule);
    check_candidates(c, &t);
    check_referrals(c, &t);
    check_jobs(c);
    check_outbox(&c->outbox);
}
