/* How lives are drawn.
 *
 * What ends a lapse: of those that expire and are interrupted, 45 % are renewed by a holder
 * who notices, 5 % restored from redemption, 10 % sold by the registrar undeleted, 40 %
 * deleted. Half are lost, so twice as many expire as are lost. None of this has been
 * measured anywhere; the shares of what follows a deletion have: some 10 % of deleted names
 * are registered again within seconds (Lauinger et al., USENIX Security 2017 and IMC 2018),
 * and names that were free for years are registered to take accounts over (the .is
 * registry, 2022).
 *
 * What registrars do in the grace period (ICANN ERRP 2.2: DNS must be interrupted for the
 * last eight days in which it can be renewed, by a hold or by a page of the registrar's):
 * 35 % hold it at once, 40 % swap its name servers, 15 % wait until ten days before the
 * deletion, 10 % delete within eight days of expiry. */
#include "sim/life.h"

#include "sim/chance.h"

#define EXPIRED_PER_LOST 2.0
#define BEFORE_START (80 * SIM_DAY) /* lapses that are under way at the start */

struct draw {
    const struct life_options *o;
    uint32_t domain;
    const struct tld *tld;
    struct life *life;
};

static void enter(struct life *l, enum life_state state, int32_t at)
{
    l->state[l->n] = (uint8_t)state;
    l->at[l->n++] = at;
}

static double share(const struct draw *d, enum chance_of of)
{
    return chance_share(d->o->seed, of, d->domain);
}

static int32_t between(const struct draw *d, enum chance_of of, int32_t from, int32_t to)
{
    return from + (int32_t)(share(d, of) * (double)(to - from));
}

/* Somebody else registers what is free from `at` on. */
static void take(const struct draw *d, int32_t at, bool is_long_free)
{
    const double u = share(d, CHANCE_TAKEN);
    int32_t after = -1;
    if (is_long_free)
        after = u < 0.3 ? between(d, CHANCE_TAKEN_AT, -at, -at + SIM_YEAR) : -1;
    else if (u < 0.10)
        after = between(d, CHANCE_TAKEN_AT, 1, 30);
    else if (u < 0.15)
        after = between(d, CHANCE_TAKEN_AT, SIM_HOUR, 30 * SIM_DAY);
    else if (u < 0.40)
        after = between(d, CHANCE_TAKEN_AT, 30 * SIM_DAY, 2 * SIM_YEAR);
    if (after > 0)
        enter(d->life, LIFE_TAKEN, at + after);
}

/* From its deletion on. `restored`: the holder has it back before redemption is over. */
static void be_deleted(const struct draw *d, int32_t at, bool restored)
{
    int32_t free = at + d->tld->redemption_days * SIM_DAY;
    if (d->tld->redemption_days > 0)
        enter(d->life, LIFE_REDEMPTION, at);
    if (restored) {
        enter(d->life, LIFE_OWN, between(d, CHANCE_RETURN, at + SIM_HOUR, free));
        d->life->end = LIFE_RESTORED;
        return;
    }
    if (d->tld->pending_days > 0)
        enter(d->life, LIFE_PENDING, free);
    free += d->tld->pending_days * SIM_DAY;
    enter(d->life, LIFE_FREE, free);
    d->life->end = LIFE_LOST;
    take(d, free, false);
}

/* A registrar's grace period: from expiry at `at` to deletion. return  when DNS is
 * interrupted, `*deleted` when it is deleted. */
static int32_t interrupt(const struct draw *d, int32_t at, int32_t *deleted)
{
    const double habit = share(d, CHANCE_HABIT);
    const int32_t most = d->tld->grace_days * SIM_DAY;
    int32_t length = between(d, CHANCE_LENGTH, most * 2 / 3, most);
    int32_t from = at + SIM_DAY;
    enum life_state how = LIFE_INTERRUPTED;
    if (habit < 0.40)
        how = LIFE_PARKED;
    else if (habit < 0.55)
        from = at + length - 10 * SIM_DAY;
    else if (habit < 0.65) {
        length = between(d, CHANCE_LENGTH, 2 * SIM_DAY, 8 * SIM_DAY);
        from = at + SIM_HOUR;
    }
    enter(d->life, LIFE_GRACE, at);
    enter(d->life, how, from);
    *deleted = at + length;
    return from;
}

static void lapse_at_registrar(const struct draw *d, int32_t at)
{
    const double end = share(d, CHANCE_END);
    int32_t deleted;
    int32_t from = interrupt(d, at, &deleted);
    if (end < 0.45) {
        enter(d->life, LIFE_OWN, between(d, CHANCE_RETURN, from + SIM_HOUR, deleted));
        d->life->end = LIFE_RENEWED;
    } else if (end < 0.55) {
        enter(d->life, LIFE_SOLD, deleted);
        d->life->end = LIFE_GETS_SOLD;
    } else {
        be_deleted(d, deleted, end < 0.60);
    }
}

/* The registry itself sees to it: grace, suspension, deletion, each if it has it. */
static void lapse_at_registry(const struct draw *d, int32_t at)
{
    const bool returns = share(d, CHANCE_END) < 0.5;
    int32_t over = at + d->tld->grace_days * SIM_DAY;
    if (d->tld->grace_days > 0)
        enter(d->life, LIFE_GRACE, at);
    if (d->tld->suspended_days > 0) {
        enter(d->life, LIFE_INTERRUPTED, over);
        int32_t suspended = over;
        over += d->tld->suspended_days * SIM_DAY;
        if (returns) {
            enter(d->life, LIFE_OWN, between(d, CHANCE_RETURN, suspended, over));
            d->life->end = LIFE_RENEWED;
            return;
        }
    } else if (d->tld->redemption_days == 0 && returns) {
        enter(d->life, LIFE_OWN, between(d, CHANCE_RETURN, at, over));
        d->life->end = LIFE_RENEWED;
        return;
    }
    be_deleted(d, over, returns && d->tld->redemption_days > 0);
}

static void be_free_from_start(const struct draw *d)
{
    int32_t at = -between(d, CHANCE_STORY_AT, 60 * SIM_DAY, 4 * SIM_YEAR);
    enter(d->life, LIFE_FREE, at);
    d->life->end = LIFE_LOST;
    take(d, at, true);
}

static void be_held(const struct draw *d)
{
    int32_t at = between(d, CHANCE_STORY_AT, 0, d->o->until);
    enter(d->life, LIFE_HOLD, at);
    enter(d->life, LIFE_OWN, at + between(d, CHANCE_LENGTH, 2 * SIM_DAY, 20 * SIM_DAY));
}

bool life_make(const struct life_options *o, uint32_t domain, const struct tld *tld,
               bool calm, struct life *out)
{
    const struct draw d = {.o = o, .domain = domain, .tld = tld, .life = out};
    const double some = calm ? 0.1 : 1.0;
    const double years = (double)o->until / SIM_YEAR;
    const double began = (double)(o->until + BEFORE_START) / SIM_YEAR;
    double u = share(&d, CHANCE_STORY) / some;
    out->n = 0;
    out->end = LIFE_STAYS;
    enter(out, LIFE_OWN, INT32_MIN);
    if (u < o->free_from_start) {
        be_free_from_start(&d);
        return true;
    }
    u -= o->free_from_start;
    if (u < o->holds_a_year * years) {
        be_held(&d);
        return true;
    }
    u -= o->holds_a_year * years;
    if (u >= EXPIRED_PER_LOST * o->lapses_a_year * began)
        return false;
    int32_t at = between(&d, CHANCE_STORY_AT, -BEFORE_START, o->until);
    if (tld->has_registrar_habits)
        lapse_at_registrar(&d, at);
    else
        lapse_at_registry(&d, at);
    return true;
}

int32_t life_enters(const struct life *l, enum life_state state)
{
    for (unsigned i = 0; i < l->n; i++) {
        if (l->state[i] == state)
            return l->at[i];
    }
    return INT32_MAX;
}

int32_t life_returns(const struct life *l, int32_t t)
{
    if (life_ends_lost(l))
        return INT32_MAX;
    int32_t last = l->at[l->n - 1U];
    return last > t ? last : t;
}
