#include "core/rails.h"

#include <string.h>

#define HOUR_STRETCHES (3600U / RAILS_STRETCH_S + 1U)

void rails_init(struct rails *r, const struct rails_options *o)
{
    memset(r, 0, sizeof *r);
    r->o = *o;
}

/* Stretches that lie ahead are counted, too: the clock has been set back. */
static bool is_within(const struct rails_stretch *x, uint32_t now, uint32_t stretches)
{
    return (uint64_t)x->number + stretches > now / RAILS_STRETCH_S;
}

uint64_t rails_addresses_in_hour(const struct rails *r, uint32_t now)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < RAILS_STRETCHES; i++) {
        if (is_within(&r->at[i], now, HOUR_STRETCHES))
            sum += r->at[i].addresses;
    }
    return sum;
}

uint64_t rails_domains_in_day(const struct rails *r, uint32_t now)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < RAILS_STRETCHES; i++) {
        if (is_within(&r->at[i], now, RAILS_STRETCHES))
            sum += r->at[i].domains;
    }
    return sum;
}

/* How many domains a day the share allows. */
static uint64_t share_of(const struct rails *r, uint64_t watched)
{
    if (r->o.share >= 1)
        return UINT64_MAX;
    double domains = r->o.share * (double)watched;
    return domains < 1 && r->o.share > 0 ? 1 : (uint64_t)domains;
}

static bool is_above(struct rails_ruling *why, enum rail rail, uint64_t have,
                     uint64_t limit)
{
    *why = (struct rails_ruling){.rail = rail, .have = have, .limit = limit};
    return have > limit;
}

bool rails_hold(const struct rails *r, const struct rails_case *d, struct rails_ruling *why)
{
    return is_above(why, RAIL_ACCOUNTS, d->accounts, r->o.accounts) ||
           is_above(why, RAIL_SUFFIX_DARK, d->suffix_is_dark, 0) ||
           is_above(why, RAIL_HOUR, rails_addresses_in_hour(r, d->now) + d->to_say,
                    r->o.per_hour) ||
           is_above(why, RAIL_SHARE, rails_domains_in_day(r, d->now) + 1,
                    share_of(r, d->watched));
}

static uint32_t sum_of(uint32_t a, uint32_t b)
{
    return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

const struct rails_stretch *rails_act(struct rails *r, uint32_t now, uint32_t addresses)
{
    uint32_t number = now / RAILS_STRETCH_S;
    struct rails_stretch *x = &r->at[number % RAILS_STRETCHES];
    if (x->number != number)
        *x = (struct rails_stretch){.number = number};
    x->addresses = sum_of(x->addresses, addresses);
    x->domains = sum_of(x->domains, 1);
    return x;
}

void rails_restore(struct rails *r, uint32_t at, uint32_t addresses, uint32_t domains)
{
    uint32_t number = at / RAILS_STRETCH_S;
    struct rails_stretch *x = &r->at[number % RAILS_STRETCHES];
    if (x->number <= number)
        *x = (struct rails_stretch){
            .number = number, .addresses = addresses, .domains = domains};
}
