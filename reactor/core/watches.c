/* What every part of the core does to a watch: its phase with the counts that go with it,
 * and its end. */
#include "core/state.h"

#include "base/must.h"
#include "core/digest.h"

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

void watches_forget_if_empty(struct core *c, uint32_t slot)
{
    struct watch *w = registry_watch(&c->registry, slot);
    if (w->addresses > 0)
        return;
    c->stats.phases[w->phase]--;
    if (w->place == PLACE_SCHEDULED)
        schedule_remove(&c->schedule, slot);
    proof_drop(&c->registry, w);
    registry_forget(&c->registry, slot);
}

struct effect *step_want(struct step *s, enum effect_type type)
{
    MUST(step_has_room(s, 1));
    struct effect *e = &s->fx->at[s->fx->n++];
    e->type = type;
    return e;
}
