/* Who waits for a paid question, and in which order they get one.
 *
 *   1. A round gets in line (candidates_stand): by what the question is for, and by what
 *      losing the address would mean for the worst-off of the domain's accounts.
 *   2. candidates_begin asks: new verdicts first, then re-checks, then those that DNS says
 *      nothing of, each kind as far as the day's budget is for it; among these the first
 *      that came, with a head start by risk. The pace and the breaker have a say.
 *   3. The answer comes back as CORE_STATUS_DONE: candidates_observe, then the round.
 *
 * Lines and not a heap: in a line the order of coming is the order of age, so only the
 * heads need to be compared, and neither getting in line nor out costs more when a million
 * wait.
 *
 * What can go wrong:
 *   - the day's budget is used up, or what is left of it is for new verdicts: the others
 *     wait, for days if need be, and an effect tells (FX_BUDGET)
 *   - the API refuses the key or fails: all wait, and an effect tells (FX_BREAKER)
 *   - a domain is forgotten, or verified again, while it waits: its place in line is not
 *     its ticket's any more, and is skipped when its turn comes */
#include "core/state.h"

#include "base/must.h"
#include "core/decide.h"

/* A candidate whose answers were doubt this often in a row is not new any more: nothing
 * hangs on the next one. */
#define DOUBTS_OF_THE_NEW 3U

/* Addresses looked at for their risk; a domain with more is not looked through. */
#define RISK_WALK_MAX 64U

/* Shorter lines are not worth sweeping. */
#define SWEPT_FROM 64U

/* Seconds that a line is behind one of more risk: who waits longer than that goes first all
 * the same, so that nobody waits for ever. */
static const uint32_t behind_s[RISK_COUNT] = {
    [RISK_CRITICAL] = 0, [RISK_HIGH] = 4 * 3600, [RISK_MODERATE] = 24 * 3600};

struct place_in_line {
    uint64_t token;
    uint32_t ticket; /* the watch's link, while this is its place */
    uint32_t since;  /* seconds */
};

/* A ticket tells its use in the lowest bits. */
#define TICKET_BITS 2
#define TICKET_USE ((1U << TICKET_BITS) - 1)
_Static_assert(BUDGET_USES <= 1 << TICKET_BITS, "a use fits into a ticket");

void candidates_init(struct core *c)
{
    for (size_t use = 0; use < BUDGET_USES; use++)
        for (size_t risk = 0; risk < RISK_COUNT; risk++)
            fifo_init(&c->candidates.lines[use][risk], sizeof(struct place_in_line));
}

void candidates_close(struct core *c)
{
    for (size_t use = 0; use < BUDGET_USES; use++)
        for (size_t risk = 0; risk < RISK_COUNT; risk++)
            fifo_close(&c->candidates.lines[use][risk]);
}

/* Getting in line ------------------------------------------------------------------------
 */

/* Below a suffix that answers for every name, and nothing bad is known of it. */
static bool is_unfiltered(const struct core *c, const struct watch *w)
{
    struct proof_view proof;
    return !watch_is_bad(w) && proof_view(&c->registry, w, &proof) &&
           proof.dns.outcome == DNS_SYNTHESIZED;
}

/* Will the answer be a verdict that is not known yet: the first since it went from DNS, the
 * first since an address was verified, or the one that confirms? */
static bool is_new(const struct core *c, const struct watch *w)
{
    struct proof_view proof;
    if (w->doubts >= DOUBTS_OF_THE_NEW)
        return false;
    if ((w->flags & WATCH_FORCE) ||
        (w->phase == PHASE_REDEMPTION && !(w->flags & WATCH_UNVERIFY)))
        return true;
    return !proof_view(&c->registry, w, &proof) || referral_proof_at(c, &proof) == 0;
}

static enum budget_use use_of(const struct core *c, const struct watch *w)
{
    if (is_unfiltered(c, w))
        return BUDGET_UNFILTERED;
    return is_new(c, w) ? BUDGET_NEW : BUDGET_RECHECK;
}

static enum risk worst_risk(const struct core *c, const struct watch *w)
{
    enum risk worst = RISK_MODERATE;
    uint32_t h = w->first;
    for (unsigned n = 0; h != 0 && n < RISK_WALK_MAX && worst != RISK_CRITICAL; n++) {
        const struct address_record *a = registry_address(&c->registry, h);
        enum risk risk = decide_risk(address_mfa(a), address_other_verified(a));
        if (risk < worst)
            worst = risk;
        h = a->next;
    }
    return worst;
}

static bool is_there(const struct core *c, const struct place_in_line *p)
{
    const struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(p->token));
    return w != NULL && w->place == PLACE_CANDIDATE && w->link == p->ticket;
}

/* A line that is mostly places of those who left is gone through once, so that it is never
 * twice as long as what waits; whoever comes and goes while nobody is asked about can't
 * make it grow. */
static void sweep(const struct core *c, struct fifo *line)
{
    if (line->n < SWEPT_FROM || line->n / 2 < c->candidates.n)
        return;
    for (size_t left = line->n; left > 0; left--) {
        const struct place_in_line p = *(const struct place_in_line *)fifo_first(line);
        fifo_pop(line);
        if (is_there(c, &p))
            MUST(fifo_push(line, &p) == ST_OK); /* there is room: one was taken out */
    }
}

enum status candidates_stand(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    const enum budget_use use = use_of(c, w);
    const struct place_in_line place = {
        .token = watch_ref_token(registry_ref(&c->registry, slot)),
        .ticket = ++c->candidates.ticket << TICKET_BITS | use,
        .since = s->now_s};
    struct fifo *line = &c->candidates.lines[use][worst_risk(c, w)];
    sweep(c, line);
    enum status st = fifo_push(line, &place);
    if (st != ST_OK)
        return st;
    c->candidates.n += w->place != PLACE_CANDIDATE;
    w->place = PLACE_CANDIDATE;
    w->link = place.ticket;
    return ST_OK;
}

/* More hangs on its question than when it got in line, perhaps. Without memory for another
 * place it keeps the one it has. */
void candidates_raise(struct step *s, uint32_t slot)
{
    const struct watch *w = registry_watch(&s->core->registry, slot);
    if (use_of(s->core, w) < (w->link & TICKET_USE))
        (void)candidates_stand(s, slot);
}

/* Being asked about ----------------------------------------------------------------------
 */

/* The first in line that is still there; NULL: none. */
static const struct place_in_line *first_in(const struct core *c, struct fifo *line)
{
    const struct place_in_line *p = fifo_first(line);
    for (; p != NULL && !is_there(c, p); p = fifo_first(line))
        fifo_pop(line);
    return p;
}

/* The line of this use whose first is next; NULL: nobody waits. */
static struct fifo *next_of(struct core *c, enum budget_use use)
{
    struct fifo *next = NULL;
    uint64_t least = UINT64_MAX;
    for (size_t risk = 0; risk < RISK_COUNT; risk++) {
        struct fifo *line = &c->candidates.lines[use][risk];
        const struct place_in_line *first = first_in(c, line);
        if (first != NULL && (uint64_t)first->since + behind_s[risk] < least) {
            least = (uint64_t)first->since + behind_s[risk];
            next = line;
        }
    }
    return next;
}

static struct fifo *next_line(struct core *c)
{
    struct fifo *line = NULL;
    for (int use = 0; use < BUDGET_USES && line == NULL; use++) {
        if (budget_allows(&c->budget, (enum budget_use)use))
            line = next_of(c, (enum budget_use)use);
    }
    return line;
}

static void ask(struct step *s, struct fifo *line)
{
    struct core *c = s->core;
    const struct place_in_line *first = fifo_first(line);
    const uint64_t token = first->token;
    struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(token));
    fifo_pop(line);
    c->candidates.n--;
    budget_spend(&c->budget);
    if (c->registry_is_provider) { /* many servers: what one says concerns no other */
        referral_ask_first(s, watch_ref_of_token(token).slot);
        return;
    }
    w->place = PLACE_ASKING_STATUS;
    breaker_asked(&c->breaker);
    c->status_out++;
    c->stats.status_questions++;
    struct effect *e = step_want(s, FX_ASK_STATUS);
    e->u.ask.token = token;
    e->u.ask.name = registry_name(&c->registry, w);
}

/* Each change once, when it shows. There must be room. */
static void tell_budget(struct step *s)
{
    struct core *c = s->core;
    const enum budget_state state = budget_state(&c->budget);
    if (state == c->budget_told)
        return;
    c->budget_told = state;
    struct effect *e = step_want(s, FX_BUDGET);
    e->u.budget.state = state;
    e->u.budget.limit = c->budget.limit;
    e->u.budget.waiting = c->candidates.n;
}

void candidates_begin(struct step *s)
{
    struct core *c = s->core;
    budget_roll(&c->budget, s->now, s->mono);
    for (;;) {
        if (!step_has_room(s, 2)) { /* a question and what it does to the budget */
            s->fx->more |= c->candidates.n > 0;
            return;
        }
        tell_budget(s);
        if (!core_may_ask_status(c) ||
            breaker_wait(&c->breaker, c->status_out, s->mono) > 0)
            return;
        struct fifo *line = next_line(c);
        if (line == NULL || !pace_take(&c->pace, s->mono))
            return;
        ask(s, line);
    }
}

void candidates_observe(struct step *s, const struct status_reply *reply)
{
    struct core *c = s->core;
    const enum breaker_cause before = c->breaker.cause;
    pace_observe(&c->pace, reply, s->mono);
    const enum breaker_news news = breaker_observe(&c->breaker, reply, s->mono);
    if (news == BREAKER_STAYS)
        return;
    c->stats.status_alarms += news == BREAKER_OPENS;
    struct effect *e = step_want(s, FX_BREAKER);
    e->u.breaker.opens = news == BREAKER_OPENS;
    e->u.breaker.cause = news == BREAKER_OPENS ? c->breaker.cause : before;
    e->u.breaker.outcome = reply->outcome;
    e->u.breaker.pause_ms = c->breaker.pause_ms;
    e->u.breaker.waiting = c->candidates.n;
}

/* Waiting --------------------------------------------------------------------------------
 */

static bool anybody_waits(const struct core *c, enum budget_use use)
{
    size_t n = 0;
    for (size_t risk = 0; risk < RISK_COUNT; risk++)
        n += c->candidates.lines[use][risk].n;
    return n > 0;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint64_t candidates_wait(const struct core *c, struct wall_ms now, struct mono_ms mono)
{
    uint64_t budget = UINT64_MAX;
    for (int use = 0; use < BUDGET_USES; use++) {
        uint64_t wait = budget_wait(&c->budget, (enum budget_use)use, now, mono);
        if (anybody_waits(c, (enum budget_use)use) && wait < budget)
            budget = wait;
    }
    if (budget == UINT64_MAX)
        return UINT64_MAX;
    return most(most(budget, pace_wait(&c->pace, mono)),
                breaker_wait(&c->breaker, c->status_out, mono));
}

uint64_t candidates_in_line(const struct core *c)
{
    uint64_t n = 0;
    for (size_t use = 0; use < BUDGET_USES; use++) {
        for (size_t risk = 0; risk < RISK_COUNT; risk++) {
            const struct fifo *line = &c->candidates.lines[use][risk];
            for (size_t i = 0; i < line->n; i++)
                n += is_there(c, fifo_at(line, i));
        }
    }
    return n;
}
