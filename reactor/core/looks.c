/* Whose registration is looked at, and when.
 *
 *   - A domain that is in DNS again after it was known to be gone, or on its way: now. One
 *     that DNS denied for a while, of which no more is known, has its turn soon.
 *   - One with an address that was verified before the day that is known, when there is
 *     nothing to show for it: now.
 *   - All others that have few addresses: once in recheck_s, in idle time. They are not
 *     searched for: as each one's daily check finds it in DNS it is seen whether its look
 *     is due and the pace allows. Whoever gets none comes again tomorrow, and those that
 *     were looked at don't compete with him: so the oldest go first, nearly. */
#include "core/resurrection.h"
#include "core/state.h"

/* Domains with more addresses than this are not looked at in idle time: they are somebody's
 * business, whose end does not go unnoticed. After they were gone they are looked at, too.
 */
#define LOOK_ADDRESSES_MAX 100U

/* Looks in idle time, at most: registries limit those who ask much, by rules they mostly
 * don't tell. Where that does not suffice for all domains once in recheck_s, it takes
 * longer. And at least, or the first round of a few would take as long as one of many. */
#define LOOKS_A_SECOND_MAX 1U
#define LOOKS_A_MINUTE_MIN 1U

/* A look without an answer is repeated after so long. */
#define LOOK_RETRY_S UINT32_C(259200) /* three days */

/* How many doubts in a row a domain that came back is put off for: half an hour or so. */
#define LOOK_PATIENCE 3U

/* Per millisecond: all of them once in recheck_s, with a quarter to spare. */
static double looks_rate(const struct core *c)
{
    double even = (double)c->registry.watches / ((double)c->interval.recheck_s * 1000);
    double rate = even * FLOW_HEADROOM;
    double most = LOOKS_A_SECOND_MAX / 1000.0, least = LOOKS_A_MINUTE_MIN / 60000.0;
    if (rate < least)
        return least;
    return rate < most ? rate : most;
}

static uint64_t look_period_s(const struct core *c)
{
    uint64_t all = c->registry.watches / LOOKS_A_SECOND_MAX;
    return all > c->interval.recheck_s ? all : c->interval.recheck_s;
}

/* It was known to be gone, or on its way, and is in DNS again. A resurrection stays one. */
static bool came_back(const struct watch *w)
{
    return (phase_is_bad((enum phase)w->phase) && w->phase != PHASE_RESURRECTED) ||
           w->phase == PHASE_HELD || w->phase == PHASE_CANDIDATE;
}

/* A resurrection that is known, but nothing that shows it. */
static bool lacks_evidence(const struct core *c, const struct watch *w)
{
    return w->phase == PHASE_ACTIVE && w->looked == 0 &&
           resurrection_is(&c->registry, w, w->registered);
}

/* Idle time: whoever is due, as one comes along, as far as pace and room allow. A domain
 * that is new is not kept waiting for it. */
static bool idle_look(struct step *s, const struct watch *w)
{
    struct core *c = s->core;
    return (w->phase == PHASE_ACTIVE || w->phase == PHASE_RESURRECTED) &&
           w->addresses <= LOOK_ADDRESSES_MAX && s->now_s >= w->looked + look_period_s(c) &&
           !c->held && core_may_ask_rdap(c) && c->referrals.line.n == 0 &&
           c->rdap_out <= c->options.rdap_concurrency / 4 &&
           flow_take(&c->referrals.looks, looks_rate(c), s->mono);
}

bool look_is_wanted(struct step *s, struct watch *w)
{
    if (came_back(w) || dns_outcome_is_candidate((enum dns_outcome)w->outcome))
        w->looked = 0; /* what was known before it was gone is old */
    if (came_back(w) || lacks_evidence(s->core, w))
        return w->doubts < LOOK_PATIENCE && s->core->referrals.line.n < REFERRALS_MAX;
    return idle_look(s, w);
}

/* It came back, and its registry has been silent for so few times that it is put off. */
bool look_is_worth_waiting(const struct watch *w)
{
    return came_back(w) && w->doubts + 1U < LOOK_PATIENCE;
}

/* The next look, when this one brought nothing. */
uint32_t looked_in_vain(const struct step *s)
{
    uint64_t period = look_period_s(s->core);
    uint64_t then = (uint64_t)s->now_s + LOOK_RETRY_S;
    return then > period ? (uint32_t)(then - period) : 1;
}
