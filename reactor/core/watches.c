/* What every part of the core does to a watch: its beginning, its phase with the counts
 * that go with it, its place in the schedules, and its end. */
#include "core/state.h"

#include "base/must.h"
#include "core/digest.h"
#include "core/lifecycle.h"

/* How often it is looked at in the time in which most are looked at once. */
static uint32_t looks_of(const struct core *c, const struct watch *w)
{
    uint32_t look_s = lifecycle_look_s(registry_name(&c->registry, w));
    return interval_base(&c->interval, UINT32_MAX) / interval_base(&c->interval, look_s);
}

void watches_begin(struct core *c, uint32_t slot, bool is_private)
{
    struct watch *w = registry_watch(&c->registry, slot);
    c->stats.phases[PHASE_NEW]++;
    c->looks += looks_of(c, w);
    if (exempt_has(&c->exempt, registry_name(&c->registry, w)))
        watches_set_phase(c, w, PHASE_EXEMPT);
    else if (is_private)
        watches_set_phase(c, w, PHASE_PRIVATE);
}

void watches_set_phase(struct core *c, struct watch *w, enum phase p)
{
    c->stats.phases[w->phase]--;
    c->stats.phases[p]++;
    digest_take_watch(&c->registry, w);
    w->phase = (uint8_t)p;
    digest_put_watch(&c->registry, w);
}

void watches_set_flags(struct core *c, struct watch *w, unsigned flags)
{
    digest_take_watch(&c->registry, w);
    w->flags = (uint8_t)flags;
    digest_put_watch(&c->registry, w);
}

/* New, or verified again: what is known of it doesn't say enough. */
static bool is_urgent(const struct watch *w, uint32_t due)
{
    return due == DUE_AT_ONCE || w->checked == 0 || (w->flags & WATCH_FORCE);
}

void watches_unplan(struct core *c, uint32_t slot)
{
    struct watch *w = registry_watch(&c->registry, slot);
    if (w->place == PLACE_URGENT) {
        schedule_remove(&c->urgent, slot);
        schedule_trim(&c->urgent);
    } else if (w->place == PLACE_SCHEDULED) {
        schedule_remove(&c->schedule, slot);
    }
}

/* Without memory for another place among the first, it takes the one among all that is kept
 * for each watch. */
void watches_plan(struct core *c, uint32_t slot, uint32_t due)
{
    struct watch *w = registry_watch(&c->registry, slot);
    struct schedule *to = &c->schedule;
    if (is_urgent(w, due) && schedule_reserve(&c->urgent, c->urgent.n + 1U) == ST_OK)
        to = &c->urgent;
    if (w->place != to->place)
        watches_unplan(c, slot);
    schedule_put(to, slot, due);
}

void watches_forget_if_empty(struct core *c, uint32_t slot)
{
    struct watch *w = registry_watch(&c->registry, slot);
    if (w->addresses > 0)
        return;
    c->stats.phases[w->phase]--;
    c->looks -= looks_of(c, w);
    watches_unplan(c, slot);
    c->candidates.n -= w->place == PLACE_CANDIDATE;
    proof_drop(&c->registry, w);
    withhold_forget(c, slot);
    registry_forget(&c->registry, slot);
}

struct effect *step_want(struct step *s, enum effect_type type)
{
    MUST(step_has_room(s, 1));
    struct effect *e = &s->fx->at[s->fx->n++];
    e->type = type;
    return e;
}
