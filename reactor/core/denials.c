/* What DNS denies, looked at together before it is believed.
 *
 *   1. An answer about a domain is noted in its line of a surge (surge.h). A denial within
 *      a surge is not believed: round.c puts the domain back.
 *   2. If the domain was in DNS before, what is believed is noted at its public suffix
 *      (suffixes.h), which may go dark: then decisions below it are held.
 *   3. The resolvers' canaries are asked for; their answer comes as CORE_RESOLVERS_TESTED.
 *
 * What can go wrong: the surge is real, such as after a long outage of our own, or in a
 * small registry. Then it is over as soon as the other domains have been looked at, or a
 * day later, and the domains that were put back are believed. */
#include "core/state.h"

/* Before the canaries are back it makes no sense to ask again, and soon after it does. */
#define TEST_S 2U

/* How a domain stood before the answer that is looked at now. */
enum before { BEFORE_NEW, BEFORE_THERE, BEFORE_GONE };

static enum before before_of(const struct core *c, const struct watch *w)
{
    struct proof_view proof;
    if (w->checked == 0)
        return BEFORE_NEW;
    bool is_gone =
        proof_view(&c->registry, w, &proof) && dns_outcome_is_candidate(proof.dns.outcome);
    return is_gone ? BEFORE_GONE : BEFORE_THERE;
}

static void tell(struct step *s, enum surge_kind kind, enum surge_news news)
{
    struct core *c = s->core;
    if (news == SURGE_NO_NEWS)
        return;
    c->stats.surges += news == SURGE_BEGINS;
    struct effect *e = step_want(s, FX_SURGE);
    e->u.surge.begins = news == SURGE_BEGINS;
    e->u.surge.is_new = kind == SURGE_NEW;
    e->u.surge.denials = surge_denials(&c->surge, kind);
    e->u.surge.put_back = c->stats.denials_put_back;
}

/* A suffix below which many go at once is dark: its decisions are held. */
static void note_suffix(struct step *s, uint32_t slot, bool is_gone)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    const char *name = registry_name(&c->registry, w);
    struct suffix *x = suffixes_see(
        &c->suffixes, name, watch_ref_token(registry_ref(&c->registry, slot)), s->now_s);
    if (!c->options.has_rails || x == NULL || !suffix_note(x, is_gone, s->now_s))
        return;
    struct effect *e = step_want(s, FX_SUFFIX_DARK);
    e->u.ask.name = suffix_of_name(name);
}

void denials_none(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    if (w->phase == PHASE_PRIVATE)
        return;
    enum before before = before_of(c, w);
    if (before == BEFORE_THERE)
        note_suffix(s, slot, false);
    if (c->options.heeds_surges) {
        enum surge_kind kind = before == BEFORE_NEW ? SURGE_NEW : SURGE_KNOWN;
        tell(s, kind, surge_see(&c->surge, kind));
    }
}

/* The mark of a domain that was put back: one has denied it, and was not believed. */
static bool was_put_back(const struct watch *w)
{
    return w->outcome == DNS_UNCONFIRMED;
}

bool denials_believe(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    enum before before = before_of(c, w);
    bool believe = true;
    if (w->phase == PHASE_PRIVATE || before == BEFORE_GONE)
        return true;
    if (c->options.heeds_surges) {
        enum surge_kind kind = before == BEFORE_NEW ? SURGE_NEW : SURGE_KNOWN;
        tell(s, kind, surge_deny(&c->surge, kind, was_put_back(w), s->mono, &believe));
    }
    if (believe && before == BEFORE_THERE)
        note_suffix(s, slot, true);
    if (believe)
        return true;
    c->stats.denials_put_back++;
    if (surge_test(&c->surge, s->mono))
        step_want(s, FX_TEST_RESOLVERS);
    return false;
}

uint32_t denials_put_back(struct step *s, uint32_t slot, uint32_t backoff)
{
    struct watch *w = registry_watch(&s->core->registry, slot);
    w->outcome = DNS_UNCONFIRMED;
    return s->core->surge.is_testing ? TEST_S : backoff;
}

void denials_tested(struct step *s, bool is_good)
{
    surge_tested(&s->core->surge, is_good, s->mono);
}
