/* Which decisions are acted on, and which wait.
 *
 *   1. A verdict says that a domain's addresses are to be unverified. The rails (rails.h)
 *      look at it before anything is said about an address.
 *   2. It passes: it is counted, and announce.c goes on.
 *   3. It is held: nothing is said about its addresses, email.domain.held is, once. The
 *      domain's phase moves on as ever.
 *   4. Approved by a person: as 2, without the rails. Rejected: nothing is said as long as
 *      the domain stays in its phase.
 *   5. The domain moves. Out of the bad phases, or to a verdict that isn't to be acted on:
 *      the hold is dropped. From one bad phase to the next: what waited waits on, and is
 *      told again; what was approved or rejected is a new decision for the rails.
 *
 * What can go wrong: a crash between any two of these. Each is a fact of the step in which
 * it happens, so what passed goes on and what is held stays held. */
#include "core/state.h"

#include <string.h>

#include "base/must.h"
#include "core/digest.h"

static void set_flag(struct core *c, uint32_t slot, enum hold_state state)
{
    struct watch *w = registry_watch(&c->registry, slot);
    bool waits = state == HOLD_HELD || state == HOLD_REJECTED;
    watches_set_flags(
        c, w, (w->flags & ~(unsigned)WATCH_WITHHELD) | (waits ? WATCH_WITHHELD : 0U));
}

static void set_state(struct core *c, struct hold *hold, enum hold_state state)
{
    const struct watch *w = registry_watch(&c->registry, hold->slot);
    digest_take_hold(&c->registry, w, hold);
    holds_set_state(&c->holds, hold, state);
    digest_put_hold(&c->registry, w, hold);
    set_flag(c, hold->slot, state);
}

static struct hold *put(struct core *c, const struct hold *hold)
{
    struct hold *to = holds_put(&c->holds, hold);
    if (to == NULL)
        return NULL;
    digest_put_hold(&c->registry, registry_watch(&c->registry, hold->slot), to);
    set_flag(c, hold->slot, (enum hold_state)hold->state);
    return to;
}

void withhold_forget(struct core *c, uint32_t slot)
{
    struct hold *hold = holds_find(&c->holds, slot);
    if (hold == NULL)
        return;
    digest_take_hold(&c->registry, registry_watch(&c->registry, slot), hold);
    holds_drop(&c->holds, hold);
    set_flag(c, slot, HOLD_NONE);
}

/* Which suffixes are dark is in no fact of its own; whose decisions they held is. */
static void restore_dark(struct core *c, const struct hold *hold)
{
    const struct watch *w = registry_watch(&c->registry, hold->slot);
    struct suffix *x =
        suffixes_see(&c->suffixes, registry_name(&c->registry, w),
                     watch_ref_token(registry_ref(&c->registry, hold->slot)), hold->since);
    if (x != NULL)
        suffix_was_dark(x, hold->since);
}

enum status withhold_restore(struct core *c, const struct hold *hold)
{
    withhold_forget(c, hold->slot);
    if (hold->state == HOLD_NONE)
        return ST_OK;
    if (hold->rail == RAIL_SUFFIX_DARK)
        restore_dark(c, hold);
    return put(c, hold) != NULL ? ST_OK : ST_NOMEM;
}

static void hold_it(struct step *s, const struct hold *hold, const struct rails_ruling *why,
                    uint32_t to_say)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, hold->slot);
    /* Acting without leave, or forgetting that it was to be done: neither will do. */
    MUST(put(c, hold) != NULL);
    journal_hold(c, hold);
    c->stats.held_decided++;
    struct effect *e = step_want(s, FX_HELD);
    e->u.held.name = registry_name(&c->registry, w);
    e->u.held.phase = (enum phase)w->phase;
    e->u.held.why = *why;
    e->u.held.accounts = w->addresses;
    e->u.held.to_say = to_say;
}

static bool is_dark(const struct step *s, const struct watch *w)
{
    const struct core *c = s->core;
    const struct suffix *x = suffixes_find(&c->suffixes, registry_name(&c->registry, w));
    return x != NULL && suffix_is_dark(x, s->now_s);
}

/* A decision that nobody has looked at yet. */
static bool judge(struct step *s, uint32_t slot, enum phase from)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    struct rails_ruling why;
    const struct rails_case d = {.now = s->now_s,
                                 .accounts = w->addresses,
                                 .to_say = announce_count(c, w),
                                 .watched = c->registry.watches,
                                 .suffix_is_dark = is_dark(s, w)};
    if (d.to_say == 0)
        return true;
    if (!rails_hold(&c->rails, &d, &why)) {
        journal_acted(c, rails_act(&c->rails, s->now_s, d.to_say));
        return true;
    }
    const struct hold hold = {.slot = slot,
                              .since = s->now_s,
                              .moves = w->moves,
                              .rail = (uint8_t)why.rail,
                              .state = HOLD_HELD,
                              .from = (uint8_t)from};
    hold_it(s, &hold, &why, d.to_say);
    return false;
}

/* The domain has moved on under a hold. return  it waits on, for the new decision */
static bool move_on(struct step *s, uint32_t slot, enum phase from, bool unverify)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    struct hold hold = *holds_find(&c->holds, slot);
    bool waits = hold.state == HOLD_HELD && unverify;
    withhold_forget(c, slot);
    if (waits) {
        hold.since = s->now_s;
        hold.moves = w->moves;
        hold.from = (uint8_t)from;
        hold.told = SAID_NOTHING;
        MUST(put(c, &hold) != NULL);
    } else {
        hold.state = HOLD_NONE;
    }
    journal_hold(c, &hold);
    return waits;
}

bool withhold_allows(struct step *s, uint32_t slot, enum phase from, bool unverify)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    const struct hold *hold = holds_find(&c->holds, slot);
    if (!c->options.has_rails)
        return unverify;
    if (hold != NULL && hold->moves != w->moves) {
        if (move_on(s, slot, from, unverify))
            return false;
        hold = NULL;
    }
    if (!unverify || hold != NULL)
        return unverify && hold->state == HOLD_APPROVED;
    /* Nothing is said before the next answer, which is looked at again; and what has
     * passed and is being said is not held halfway. */
    if (w->flags & WATCH_FORCE)
        return false;
    return announce_is_under_way(c, slot) || judge(s, slot, from);
}

/* What a person says -------------------------------------------------------------------
 */

static bool may_rule(const struct core *c, const struct hold *hold, bool approve)
{
    if (approve && c->jobs.n >= JOBS_MAX)
        return false; /* its messages have to wait for room first */
    return hold->state == HOLD_HELD || (approve && hold->state == HOLD_REJECTED);
}

static void rule(struct core *c, struct hold *hold, bool approve, uint32_t now_s)
{
    set_state(c, hold, approve ? HOLD_APPROVED : HOLD_REJECTED);
    journal_hold(c, hold);
    if (approve)
        MUST(announce_again(c, hold->slot, now_s, true) == ST_OK); /* as any decision */
}

enum status core_rule(struct core *c, const char *name, bool approve, struct wall_ms now)
{
    uint32_t slot = registry_find(&c->registry, name, strlen(name));
    struct hold *hold = slot != 0 ? holds_find(&c->holds, slot) : NULL;
    if (hold == NULL)
        return ST_NOT_FOUND;
    if (!may_rule(c, hold, approve))
        return approve && c->jobs.n >= JOBS_MAX ? ST_FULL : ST_NOT_FOUND;
    rule(c, hold, approve, (uint32_t)(now.v / SECOND_MS));
    return ST_OK;
}

/* Downwards, so that a hold that takes the place of one that was dropped meanwhile is one
 * that was seen already. */
uint32_t core_rule_all(struct core *c, bool approve, struct ruling *r, uint32_t max)
{
    const uint32_t asked_s = (uint32_t)(r->asked.v / SECOND_MS);
    uint32_t ruled = 0;
    r->left = r->left < c->holds.n ? r->left : c->holds.n;
    for (; r->left > 0 && max > 0; max--, r->left--) {
        struct hold *hold = &c->holds.at[r->left - 1];
        if (hold->state != HOLD_HELD || hold->since > asked_s)
            continue;
        if (!may_rule(c, hold, approve))
            break;
        rule(c, hold, approve, asked_s);
        ruled++;
    }
    return ruled;
}
