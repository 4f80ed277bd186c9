#include "sim/ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "sim/chance.h"

#define BACK_AFTER_DAYS 2
#define ATTACK_WITHIN (3 * SIM_DAY)

static const struct life *life_of(const struct ledger *l, uint32_t address)
{
    return world_life(l->world, l->world->addresses[address].domain);
}

void ledger_init(struct ledger *l, struct world *w)
{
    memset(l, 0, sizeof *l);
    l->world = w;
    MUST(w->o.days <= SIM_DAYS_MAX);
    feed_init(&l->feed, w);
    l->since = malloc(w->n_addresses * sizeof *l->since);
    l->struck = malloc(w->n_addresses * sizeof *l->struck);
    MUST(l->since != NULL && l->struck != NULL);
    for (uint32_t i = 0; i < w->n_addresses; i++)
        l->since[i] = l->struck[i] = INT32_MAX;
}

void ledger_verified(struct ledger *l, uint32_t address, int32_t t)
{
    if (l->since[address] == INT32_MAX)
        l->since[address] = t > 0 ? t : 0;
}

bool ledger_is_trusted(const struct ledger *l, uint32_t address)
{
    return l->since[address] != INT32_MAX;
}

/* Exposure --------------------------------------------------------------------------------
 */

/* Days of [from, to) that lie within [a, b); they are put on the curve, too. */
static double overlap(struct ledger *l, int32_t a, int32_t b, int32_t from, int32_t to)
{
    a = a > from ? a : from;
    b = b < to ? b : to;
    if (a >= b)
        return 0;
    for (int32_t day = a / SIM_DAY; day <= (b - 1) / SIM_DAY; day++) {
        int32_t first = day * SIM_DAY, last = first + SIM_DAY;
        double part = (double)((last < b ? last : b) - (first > a ? first : a)) / SIM_DAY;
        l->result.exposed_by_day[day] += part;
    }
    return (double)(b - a) / SIM_DAY;
}

static void count_attack(struct ledger *l, uint32_t address, int32_t taken, int32_t since,
                         int32_t to)
{
    int32_t at = taken + SIM_HOUR +
                 (int32_t)chance_below(l->world->o.seed, CHANCE_ATTACK,
                                       l->world->addresses[address].domain, ATTACK_WITHIN);
    l->result.attacks_won += taken >= 0 && at >= since && at < to;
}

/* It was trusted from `since` to `to`. */
static void account_for(struct ledger *l, uint32_t address, int32_t since, int32_t to)
{
    const struct life *life = life_of(l, address);
    if (life == NULL)
        return;
    const int32_t free = life_enters(life, LIFE_FREE);
    const int32_t taken = life_enters(life, LIFE_TAKEN);
    const int32_t sold = life_enters(life, LIFE_SOLD);
    l->result.exposed_days += overlap(l, taken, INT32_MAX, since, to);
    l->result.open_days += overlap(l, free, taken, since, to);
    if (sold < to)
        l->result.sold_days += (double)(to - (sold > since ? sold : since)) / SIM_DAY;
    if (taken < l->world->until)
        count_attack(l, address, taken, since, to);
}

/* Unverified ------------------------------------------------------------------------------
 */

static void back_when_it_returns(struct ledger *l, uint32_t address, int32_t t)
{
    const struct life *life = life_of(l, address);
    int32_t at = life != NULL ? life_returns(life, t) : t;
    if (at < l->world->until)
        feed_add(&l->feed, (uint32_t)(at / SIM_DAY + BACK_AFTER_DAYS), address);
}

static void judge(struct ledger *l, uint32_t address, int32_t t, bool by_hand)
{
    struct result *r = &l->result;
    const struct life *life = life_of(l, address);
    const enum life_state s = life != NULL ? life_state_at(life, t) : LIFE_OWN;
    r->unverified++;
    r->by_hand += by_hand;
    if (life != NULL && life_ends_lost(life))
        return;
    if (life_is_holders(s)) {
        r->false_ones++;
        r->false_by_outage[outages_to_blame(&l->world->outages, t)]++;
        r->false_by_state[s]++;
    } else {
        r->restored_ones++;
    }
    back_when_it_returns(l, address, t);
}

void ledger_unverified(struct ledger *l, uint32_t address, int32_t t, bool by_hand)
{
    if (!ledger_is_trusted(l, address))
        return;
    account_for(l, address, l->since[address], t);
    l->since[address] = INT32_MAX;
    if (l->struck[address] == INT32_MAX)
        l->struck[address] = t;
    judge(l, address, t, by_hand);
}

void ledger_paid(struct ledger *l, uint32_t domain, int32_t t)
{
    l->result.paid++;
    l->result.paid_by_state[world_state(l->world, domain, t)]++;
}

bool ledger_person_approves(const struct ledger *l, uint32_t domain, int32_t t)
{
    return !life_is_holders(world_state(l->world, domain, t));
}

/* The end ---------------------------------------------------------------------------------
 */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sum_up(const struct ledger *l, enum life_state from, struct delay *out)
{
    const struct world *w = l->world;
    double *all = malloc((w->n_addresses + 1U) * sizeof *all);
    MUST(all != NULL);
    for (uint32_t i = 0; i < w->n_addresses; i++) {
        const struct life *life = life_of(l, i);
        if (life == NULL || life->end != LIFE_LOST)
            continue;
        const int32_t began = life_enters(life, from);
        if (began < 0 || began >= w->until || life_enters(life, LIFE_FREE) >= w->until)
            continue;
        const bool never = l->struck[i] == INT32_MAX;
        out->never += never;
        all[out->n++] = never ? HUGE_VAL : (double)(l->struck[i] - began) / SIM_DAY;
    }
    qsort(all, out->n, sizeof *all, by_value);
    out->median_days = out->n > 0 ? all[out->n / 2U] : 0;
    out->p90_days = out->n > 0 ? all[out->n * 9U / 10U] : 0;
    free(all);
}

/* Of what there was to be found. */
static void count_lost(struct ledger *l)
{
    const struct world *w = l->world;
    for (uint32_t i = 0; i < w->n_addresses; i++) {
        const struct life *life = life_of(l, i);
        if (life == NULL)
            continue;
        const int32_t taken = life_enters(life, LIFE_TAKEN);
        l->result.attacks += taken >= 0 && taken < w->until;
        l->result.missed +=
            life_enters(life, LIFE_FREE) < w->until && l->struck[i] == INT32_MAX;
    }
}

void ledger_close(struct ledger *l, struct result *out)
{
    const struct world *w = l->world;
    for (uint32_t i = 0; i < w->n_addresses; i++) {
        if (ledger_is_trusted(l, i))
            account_for(l, i, l->since[i], w->until);
    }
    count_lost(l);
    sum_up(l, LIFE_REDEMPTION, &l->result.delays[DELAY_REDEMPTION]);
    sum_up(l, LIFE_PENDING, &l->result.delays[DELAY_PENDING]);
    sum_up(l, LIFE_FREE, &l->result.delays[DELAY_FREE]);
    *out = l->result;
    free(l->since);
    free(l->struck);
    feed_close(&l->feed);
}
