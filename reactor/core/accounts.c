/* What happened to accounts, applied to the registry.
 *
 *   verified   attach; a new domain, an address verified again, a new address of a domain
 *              in a bad phase, and one that was verified before its domain was registered
 *              are checked at once
 *   removed    detach; a domain without addresses is forgotten
 *   mfa        the risk told in later messages changes
 *   deleted    every address of the account goes
 *
 * Each of them is absolute: applying an event twice changes nothing the second time. */
#include "core/state.h"

#include "base/must.h"
#include "core/resurrection.h"

static void begin_watch(struct step *s, uint32_t slot, bool is_private, struct wall_ms at)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    watches_begin(c, slot, is_private);
    w->epoch = (uint32_t)(at.v / SECOND_MS);
    w->since = s->now_s;
    if (w->phase != PHASE_EXEMPT)
        round_check_now(s, slot);
}

/* The verdict in force may be weeks old; it says little about an address verified now. An
 * answer of the last minute does, and so does the one to a question that is out. */
static void check_for_new_address(struct step *s, uint32_t slot)
{
    const struct registry *r = &s->core->registry;
    struct watch *w = registry_watch(r, slot);
    struct proof_view proof = {.status = {.at = 0}, .rdap = {.at = 0}};
    (void)proof_view(r, w, &proof);
    if (!interval_answer_is_young(referral_proof_at(s->core, &proof), s->now_s))
        w->flags |= WATCH_FORCE;
    if (!place_awaits_verdict((enum place)w->place))
        round_check_now(s, slot);
}

static enum status on_verified(struct step *s, const struct account_event *ev,
                               struct wall_ms at)
{
    struct core *c = s->core;
    /* Where the event tells no time, the bus's own is the verification's identity: it is
     * the same however often the event is delivered. */
    int64_t verified_ms = ev->has_time ? ev->time_ms : at.v;
    if (verified_ms < 0)
        verified_ms = 0;
    enum status st = schedule_reserve(&c->schedule, c->registry.watches + 1);
    if (st != ST_OK)
        return ST_NOMEM;
    struct attachment a;
    st = registry_attach(&c->registry, ev, verified_ms, &a);
    if (st != ST_OK)
        return ST_NOMEM;
    if (a.new_watch) {
        begin_watch(s, a.slot, ev->address.domain.is_private, at);
        journal_address(c, a.address);
        journal_watch(c, a.slot);
        return ST_OK;
    }
    struct watch *w = registry_watch(&c->registry, a.slot);
    const bool is_void = (a.new_address || a.verified_again) &&
                         resurrection_voids(w->registered, verified_ms);
    if (is_void)
        w->looked = 0; /* the registration is looked at anew, and then this address */
    if (a.verified_again)
        announce_disown_address(c, a.address);
    if (w->phase == PHASE_EXEMPT) {
        c->stats.events_without_effect += !a.new_address && !a.verified_again;
    } else if (a.verified_again) {
        /* The verdict that stood before this verification says nothing about it. */
        w->flags |= WATCH_FORCE;
        round_check_now(s, a.slot);
        journal_watch(c, a.slot);
    } else if (a.new_address && (is_void || phase_is_bad((enum phase)w->phase))) {
        check_for_new_address(s, a.slot);
        journal_watch(c, a.slot);
    } else if (!a.new_address) {
        c->stats.events_without_effect++;
    }
    journal_address(c, a.address);
    return ST_OK;
}

static void detach(struct core *c, uint32_t address)
{
    uint32_t slot = registry_address(&c->registry, address)->watch;
    announce_forget_address(c, address);
    snapshot_forget_address(c, address);
    journal_gone(c, address);
    registry_detach(&c->registry, address);
    watches_forget_if_empty(c, slot);
}

static void on_removed(struct core *c, const struct account_event *ev)
{
    uint32_t address = registry_find_address(&c->registry, &ev->account, &ev->address);
    if (address == 0)
        c->stats.events_without_effect++;
    else
        detach(c, address);
}

static void on_mfa_changed(struct core *c, const struct account_event *ev)
{
    uint32_t address = registry_first_of_account(&c->registry, &ev->account);
    c->stats.events_without_effect += address == 0;
    while (address != 0) {
        struct address_record *a = registry_address(&c->registry, address);
        address_set_mfa(&c->registry, a, ev->mfa);
        journal_address(c, address);
        address = a->next_of_account;
    }
}

static void on_deleted(struct core *c, const struct account_event *ev)
{
    uint32_t address = registry_first_of_account(&c->registry, &ev->account);
    c->stats.events_without_effect += address == 0;
    /* The chain's head changes with each one that goes. */
    for (; address != 0; address = registry_first_of_account(&c->registry, &ev->account))
        detach(c, address);
}

enum status accounts_apply(struct step *s, const struct account_event *ev,
                           struct wall_ms at)
{
    enum status st = ST_OK;
    MUST(ev->type < EVENT_SNAPSHOT); /* the rest are kinds of messages, not events */
    switch (ev->type) {
    case EVENT_VERIFIED:
        st = on_verified(s, ev, at);
        break;
    case EVENT_REMOVED:
        on_removed(s->core, ev);
        break;
    case EVENT_MFA_CHANGED:
        on_mfa_changed(s->core, ev);
        break;
    case EVENT_DELETED:
        on_deleted(s->core, ev);
        break;
    case EVENT_SNAPSHOT:
    case EVENT_OTHER:
    case EVENT_TYPE_COUNT:
        break;
    }
    if (st == ST_OK)
        s->core->stats.events[ev->type]++;
    return st;
}
