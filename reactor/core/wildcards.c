/* Suffixes that answer for every name: the self-test, and whom it concerns.
 *
 *   1. A domain is due: its suffix is seen, and if the last test is a day old a made-up
 * name below it is asked about first.
 *   2. Two made-up names that exist: nothing below the suffix can be seen to be gone. Its
 *      domains skip the filter (round.c) until a later test finds it honest.
 *   3. Meanwhile the domain itself is asked about as ever. That it is gone counts. That it
 *      is there counts for a day: as if it had never been checked, and for no recovery.
 *
 * What can go wrong: the test ends in doubt. Then what was known stands; after a restart,
 * when nothing is, a domain that skipped the filter before goes on doing so. */
#include "core/state.h"

/* Names below a private suffix are only reported, and a status API is needed to skip to. */
static bool is_concerned(const struct core *c, const struct watch *w)
{
    return c->options.tests_suffixes && c->options.provider != NULL &&
           w->phase != PHASE_PRIVATE;
}

static struct suffix *see(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    return suffixes_see(&c->suffixes, registry_name(&c->registry, w),
                        watch_ref_token(registry_ref(&c->registry, slot)), s->now_s);
}

/* The domain by which the suffix is known may be gone; then the next one asks. */
static bool ask(struct step *s, struct suffix *x)
{
    struct core *c = s->core;
    const struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(x->watch));
    if (w == NULL || !core_may_ask_dns(c) ||
        !suffixes_test_is_due(&c->suffixes, x, s->now_s))
        return false;
    c->dns_out++;
    c->stats.suffix_tests++;
    struct effect *e = step_want(s, FX_ASK_MADE_UP);
    e->u.ask.token = TOKEN_OF_SUFFIX | suffixes_ask(&c->suffixes, x);
    e->u.ask.name = suffix_of_name(registry_name(&c->registry, w));
    return true;
}

/* Its suffix is to be tested first: true when that has taken a place among the questions.
 */
bool wildcards_test(struct step *s, uint32_t slot)
{
    if (!is_concerned(s->core, registry_watch(&s->core->registry, slot)))
        return false;
    struct suffix *x = see(s, slot);
    return x != NULL && ask(s, x);
}

/* Would its absence be hidden? */
bool wildcards_hide(struct step *s, uint32_t slot)
{
    const struct watch *w = registry_watch(&s->core->registry, slot);
    if (!is_concerned(s->core, w))
        return false;
    const struct suffix *x = see(s, slot);
    if (x == NULL || x->state == SUFFIX_UNKNOWN)
        return x != NULL && w->outcome == DNS_SYNTHESIZED;
    return x->state == SUFFIX_SYNTHESIZES;
}

/* What an answer that it is there says: all, nothing, or that is not known yet. */
enum sight wildcards_sight(struct step *s, uint32_t slot)
{
    if (!is_concerned(s->core, registry_watch(&s->core->registry, slot)))
        return SIGHT_CLEAR;
    const struct suffix *x = see(s, slot);
    if (x == NULL)
        return SIGHT_CLEAR;
    if (x->state == SUFFIX_SYNTHESIZES)
        return SIGHT_NONE;
    return suffix_is_on_trial(x) ? SIGHT_UNKNOWN : SIGHT_CLEAR;
}

void wildcards_answered(struct step *s, const struct core_event *ev)
{
    struct core *c = s->core;
    bool changed;
    struct suffix *x = suffixes_answered(&c->suffixes, (uint32_t)ev->u.dns.token,
                                         ev->u.dns.answer->outcome, s->now_s, &changed);
    const struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(x->watch));
    if (changed && w != NULL) {
        struct effect *e = step_want(s, FX_SUFFIX);
        e->u.suffix.name = suffix_of_name(registry_name(&c->registry, w));
        e->u.suffix.synthesizes = x->state == SUFFIX_SYNTHESIZES;
    }
    if (x->existing > 0)
        (void)ask(s, x);
}
