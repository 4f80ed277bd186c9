/* From facts back to what they say.
 *
 *   1. core_restore takes the facts of the newest snapshot, then those of the log behind
 * it. A fact replaces what was known of its domain, address or move.
 *   2. core_restored schedules every watch, some at a time, and takes up what was decided
 * but not confirmed: such a message is made again, with the same id.
 *
 * What can go wrong: a fact about a domain that is not watched (it was forgotten later, and
 * the snapshot's chunk knew that already) is skipped; what follows in the log says the
 * rest. */
#include "core/state.h"

#include <stdio.h>
#include <string.h>

static enum status on_address(struct core *c, const struct fact_address *f)
{
    struct attachment a;
    struct account_event ev = {.type = EVENT_VERIFIED,
                               .account = f->account,
                               .address = f->address,
                               .mfa = f->mfa,
                               .other_verified = f->other_verified};
    enum status st = schedule_reserve(&c->schedule, c->registry.watches + 1);
    if (st == ST_OK)
        st = registry_attach(&c->registry, &ev, f->verified_ms, &a);
    if (st != ST_OK)
        return ST_NOMEM;
    if (a.new_watch)
        watches_begin(c, a.slot, f->address.domain.is_private);
    struct address_record *r = registry_address(&c->registry, a.address);
    address_set_mfa(&c->registry, r, f->mfa);
    address_set_other_verified(&c->registry, r, f->other_verified);
    address_set_said(&c->registry, r, f->unverify, f->block);
    return ST_OK;
}

static void on_gone(struct core *c, const struct fact_address_gone *f)
{
    struct address address = {.email = f->local, .local_len = f->local_len};
    memcpy(address.domain.host, f->host, f->host_len);
    address.domain.host[f->host_len] = '\0';
    address.domain.host_len = f->host_len;
    uint32_t handle = registry_find_address(&c->registry, &f->account, &address);
    if (handle == 0)
        return;
    uint32_t slot = registry_address(&c->registry, handle)->watch;
    registry_detach(&c->registry, handle);
    watches_forget_if_empty(c, slot);
}

struct proof_texts {
    char soa[DOMAIN_SIZE], resolver[64], words[STATUS_TEXT_SIZE];
    char server[RDAP_SERVER_SIZE], states[STATUS_TEXT_SIZE];
};

static const char *terminated(char *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    out[len] = '\0';
    return out;
}

static enum status restore_proof(struct core *c, struct watch *w,
                                 const struct fact_watch *f)
{
    struct proof_texts t;
    const struct proof_dns dns = {
        .outcome = f->proof.outcome,
        .soa = terminated(t.soa, f->proof.soa, f->proof.soa_len),
        .resolver = terminated(t.resolver, f->proof.resolver, f->proof.resolver_len),
        .at = f->proof.at};
    const struct proof_status status = {
        .words = terminated(t.words, f->proof.words, f->proof.words_len),
        .http = f->proof.http,
        .elapsed_ms = f->proof.elapsed_ms,
        .at = f->proof.status_at};
    struct proof_rdap rdap = {.at = f->rdap.at};
    if (rdap.at != 0)
        rdap = (struct proof_rdap){
            .server = terminated(t.server, f->rdap.server, f->rdap.server_len),
            .words = terminated(t.states, f->rdap.words, f->rdap.words_len),
            .states = f->rdap.states,
            .registered = f->rdap.registered,
            .expires = f->rdap.expires,
            .http = f->rdap.http,
            .elapsed_ms = f->rdap.elapsed_ms,
            .at = f->rdap.at};
    enum status st = proof_note_dns(&c->registry, w, &dns);
    return st == ST_OK
               ? proof_note_answers(&c->registry, w, &status, rdap.at != 0 ? &rdap : NULL)
               : st;
}

static enum status on_watch(struct core *c, const struct fact_watch *f)
{
    uint32_t slot = registry_find(&c->registry, f->domain, f->domain_len);
    if (slot == 0)
        return ST_OK;
    struct watch *w = registry_watch(&c->registry, slot);
    /* The list of exempt domains may have changed since: the configuration wins. */
    bool is_exempt = exempt_has(&c->exempt, registry_name(&c->registry, w));
    enum phase phase = f->phase;
    if (is_exempt)
        phase = PHASE_EXEMPT;
    else if (phase == PHASE_EXEMPT)
        phase = PHASE_NEW;
    watches_set_phase(c, w, phase);
    w->outcome = (uint8_t)f->outcome;
    w->since = f->since;
    w->checked = f->checked;
    w->due = f->due;
    w->epoch = f->epoch;
    w->moves = f->moves;
    /* What a rail holds is a fact of its own, which may have come before. */
    watches_set_flags(c, w,
                      is_exempt ? 0
                                : (f->flags & ~(unsigned)WATCH_WITHHELD) |
                                      (w->flags & WATCH_WITHHELD));
    if (is_exempt)
        withhold_forget(c, slot);
    w->doubts = f->doubts;
    w->registered = f->registered;
    w->looked = f->looked;
    proof_drop(&c->registry, w);
    return f->has_proof ? restore_proof(c, w, f) : ST_OK;
}

/* Moves still to be told stand in the line of jobs; a later fact about one replaces it. */
static enum status on_move(struct core *c, const struct fact_move *f)
{
    uint32_t slot = registry_find(&c->registry, f->domain, f->domain_len);
    if (slot == 0)
        return ST_OK;
    const struct job job = {.token = watch_ref_token(registry_ref(&c->registry, slot)),
                            .at = f->at,
                            .moves = f->moves,
                            .from = (uint8_t)f->from,
                            .to = (uint8_t)f->to,
                            .tell_move = f->tell_move,
                            .recovered = f->recovered};
    for (size_t i = 0; i < c->jobs.n; i++) {
        struct job *known = fifo_at(&c->jobs, i);
        if (known->token == job.token && known->moves == job.moves) {
            *known = job;
            return ST_OK;
        }
    }
    if (!job.tell_move && !job.recovered)
        return ST_OK;
    return fifo_push(&c->jobs, &job);
}

static enum status on_hold(struct core *c, const struct fact_hold *f)
{
    uint32_t slot = registry_find(&c->registry, f->domain, f->domain_len);
    if (slot == 0 || registry_watch(&c->registry, slot)->phase == PHASE_EXEMPT)
        return ST_OK;
    const struct hold hold = {
        .slot = slot,
        .since = f->since,
        .moves = f->moves,
        .rail = (uint8_t)f->rail,
        .state = (uint8_t)f->state,
        .from = (uint8_t)f->from,
        /* One that is not confirmed is told once more, with the same id. */
        .told = f->told == SAID_CONFIRMED ? SAID_CONFIRMED : SAID_NOTHING};
    return withhold_restore(c, &hold);
}

enum status core_restore(struct core *c, const struct fact *f)
{
    switch (f->kind) {
    case FACT_ADDRESS:
        return on_address(c, &f->u.address);
    case FACT_ADDRESS_GONE:
        on_gone(c, &f->u.gone);
        return ST_OK;
    case FACT_WATCH:
        return on_watch(c, &f->u.watch);
    case FACT_MOVE:
        return on_move(c, &f->u.move);
    case FACT_BUDGET:
        budget_restore(&c->budget, f->u.budget.day, f->u.budget.spent);
        return ST_OK;
    case FACT_HOLD:
        return on_hold(c, &f->u.hold);
    case FACT_ACTED:
        rails_restore(&c->rails, f->u.acted.at, f->u.acted.addresses, f->u.acted.domains);
        return ST_OK;
    case FACT_POSITION:
    case FACT_MANIFEST:
        break;
    }
    return ST_INVALID;
}

/* What was decided and not confirmed is decided once more: same state, same ids. */
static bool has_more_to_say(struct core *c, const struct watch *w)
{
    bool more = false;
    for (uint32_t h = w->first; h != 0; h = registry_address(&c->registry, h)->next) {
        struct address_record *a = registry_address(&c->registry, h);
        enum said unverify =
            address_unverify(a) == SAID_CONFIRMED ? SAID_CONFIRMED : SAID_NOTHING;
        enum said block =
            address_block(a) == SAID_CONFIRMED ? SAID_CONFIRMED : SAID_NOTHING;
        address_set_said(&c->registry, a, unverify, block);
        more |= (w->flags & WATCH_UNVERIFY) && !(w->flags & WATCH_WITHHELD) &&
                announce_owes(c, w, a);
    }
    return more;
}

static enum status take_up(struct core *c, uint32_t slot, struct wall_ms now)
{
    struct watch *w = registry_watch(&c->registry, slot);
    if (w->place == PLACE_FREE)
        return ST_OK;
    enum status st =
        announce_again(c, slot, (uint32_t)(now.v / SECOND_MS), has_more_to_say(c, w));
    if (w->phase != PHASE_EXEMPT && w->place == PLACE_UNSCHEDULED)
        watches_plan(c, slot, w->due);
    return st;
}

bool core_restored(struct core *c, struct wall_ms now, uint32_t max, enum status *st)
{
    *st = schedule_reserve(&c->schedule, c->registry.watches);
    for (; max > 0 && c->restored + 1 < c->registry.next_slot && *st == ST_OK; max--)
        *st = take_up(c, ++c->restored, now);
    return *st != ST_OK || c->restored + 1 >= c->registry.next_slot;
}
