/* How the world is drawn.
 *
 *   addresses     85 % of the domains have one, 1 % have ten or more (87 % and 2 % among
 *                 commit authors, 80 % among opam's maintainers); those seldom lapse
 *   webmail       as many addresses as all other domains together (some 60 % of accounts
 *                 in mixed populations)
 *   verified      85 % within the last six years, 15 % within the simulated time
 *   0.7 %         of the domains have broken name servers */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "sim/chance.h"

#define LARGE 10U /* addresses from which on a domain is an organisation's */
#define HOLDS_A_YEAR 0.003
#define FREE_FROM_START 0.005
#define YEARS_BACK 6

static uint32_t size_of(uint64_t seed, uint32_t domain)
{
    static const struct {
        double below;
        uint32_t least, more;
    } sizes[] = {
        {0.85, 1, 1}, {0.97, 2, 2}, {0.993, 4, 6}, {0.9995, LARGE, 31}, {1.0, 100, 501}};
    double u = chance_share(seed, CHANCE_SIZE, domain);
    unsigned i = 0;
    while (u >= sizes[i].below)
        i++;
    return sizes[i].least + chance_below(seed, CHANCE_SIZE_WITHIN, domain, sizes[i].more);
}

static uint8_t tld_of(uint64_t seed, uint32_t domain)
{
    uint32_t u = chance_below(seed, CHANCE_TLD, domain, 1000);
    uint8_t tld = 0;
    while (u >= tlds[tld].share)
        u -= tlds[tld++].share;
    return tld;
}

static uint8_t traits_of(uint64_t seed, uint32_t domain)
{
    static const struct {
        uint8_t trait;
        double share;
    } shares[] = {{DOMAIN_LAME, 0.007},    {DOMAIN_FLAGGED, 0.5}, {DOMAIN_NO_MX, 0.01},
                  {DOMAIN_PARKED_MX, 0.5}, {DOMAIN_UNNAMED, 0.1}, {DOMAIN_LISTED, 1.0 / 3}};
    uint8_t traits = 0;
    for (size_t i = 0; i < ARRAY_LEN(shares); i++) {
        if (chance_share(seed, CHANCE_TRAIT, domain * ARRAY_LEN(shares) + i) <
            shares[i].share)
            traits |= shares[i].trait;
    }
    return traits;
}

/* When it was verified: while the domain was its holder's, and in order. */
static int32_t verified_at(const struct world *w, uint32_t domain, uint32_t address)
{
    const struct life *l = world_life(w, domain);
    const uint64_t seed = w->o.seed;
    if (chance_share(seed, CHANCE_ARRIVES, address) < 0.15) {
        int32_t at = 1 + (int32_t)chance_below(seed, CHANCE_VERIFIED, address,
                                               (uint32_t)w->until - 1U);
        if (l == NULL || at < l->at[1])
            return at;
    }
    int32_t last = l != NULL && l->at[1] < 0 ? l->at[1] : 0;
    return last -
           (int32_t)chance_below(seed, CHANCE_VERIFIED, address, YEARS_BACK * SIM_YEAR);
}

static void add_domain(struct world *w, const struct domain *d)
{
    const uint32_t domain = w->n_domains++;
    w->domains[domain] = *d;
    w->domains[domain].first = w->n_addresses;
    for (uint32_t i = 0; i < d->addresses; i++) {
        const uint32_t address = w->n_addresses++;
        w->addresses[address] = (struct address_of){.domain = domain};
        w->addresses[address].verified = verified_at(w, domain, address);
    }
}

static void add_life(struct world *w, uint32_t domain, struct domain *d)
{
    const struct life_options o = {.seed = w->o.seed,
                                   .until = w->until,
                                   .lapses_a_year = w->o.lapses_a_year,
                                   .holds_a_year = HOLDS_A_YEAR,
                                   .free_from_start = FREE_FROM_START};
    struct life l;
    d->life = UINT32_MAX;
    if (!life_make(&o, domain, &tlds[d->tld], d->addresses >= LARGE, &l))
        return;
    d->life = w->n_lives;
    w->lives[w->n_lives++] = l;
}

/* Of webmail the first has a half, the second a quarter ... */
static void add_webmail(struct world *w, uint32_t addresses)
{
    size_t len = 0;
    for (uint32_t i = 0; i < WEBMAILS; i++) {
        struct domain d = {.life = UINT32_MAX, .traits = DOMAIN_WEBMAIL};
        d.addresses = i + 1 < WEBMAILS ? (addresses + 1) / 2 : addresses;
        addresses -= d.addresses;
        add_domain(w, &d);
        char name[SIM_NAME_SIZE];
        world_name(w, w->n_domains - 1, name);
        len += (size_t)snprintf(w->exempt + len, sizeof w->exempt - len, "%s%s",
                                i > 0 ? "," : "", name);
    }
}

bool world_init(struct world *w, const struct world_options *o)
{
    memset(w, 0, sizeof *w);
    w->o = *o;
    w->until = (int32_t)o->days * SIM_DAY;
    if (!outages_plan(&w->outages, o->scenario, w->until))
        return false;
    MUST(o->domains > 0);
    uint32_t addresses = 0;
    for (uint32_t i = 0; i < o->domains; i++)
        addresses += size_of(o->seed, i);
    w->domains = calloc(o->domains + WEBMAILS, sizeof *w->domains);
    w->lives = calloc(o->domains, sizeof *w->lives);
    w->addresses = calloc((size_t)addresses * 2, sizeof *w->addresses);
    MUST(w->domains != NULL && w->lives != NULL && w->addresses != NULL);
    for (uint32_t i = 0; i < o->domains; i++) {
        struct domain d = {.addresses = size_of(o->seed, i),
                           .tld = tld_of(o->seed, i),
                           .traits = traits_of(o->seed, i)};
        add_life(w, i, &d);
        add_domain(w, &d);
    }
    add_webmail(w, addresses);
    return true;
}

void world_close(struct world *w)
{
    free(w->domains);
    free(w->lives);
    free(w->addresses);
}

size_t world_name(const struct world *w, uint32_t domain, char out[SIM_NAME_SIZE])
{
    return (size_t)snprintf(out, SIM_NAME_SIZE, "d%u.%s", domain,
                            tlds[w->domains[domain].tld].name);
}

uint32_t world_domain_of(const char *name)
{
    return (uint32_t)strtoul(name + 1, NULL, 10);
}
