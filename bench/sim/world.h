/* The made-up world: domains with their lives, and the accounts' addresses at them. It is
 * made from a seed and then only read (but for the cache in `outages`). */
#ifndef UVD_BENCH_SIM_WORLD_H
#define UVD_BENCH_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/life.h"
#include "sim/outages.h"

struct world_options {
    uint64_t seed;
    uint32_t domains; /* beside webmail's */
    uint32_t days;
    const char *scenario;
    double lapses_a_year; /* share of domains lost to their holders in a year */
    uint32_t
        pypi_a_day; /* questions that PyPI's rules may put in a day; 0: as documented */
};

enum domain_trait {
    DOMAIN_LAME = 1U << 0,      /* its name servers never answer */
    DOMAIN_FLAGGED = 1U << 1,   /* the API says `expiring` and `deleting` of it, not only
                                   `undelegated active` */
    DOMAIN_NO_MX = 1U << 2,     /* takes mail without an MX record, or none */
    DOMAIN_PARKED_MX = 1U << 3, /* a registrar's parking page would have an MX record */
    DOMAIN_UNNAMED = 1U << 4,   /* its denials are no data, not NXDOMAIN */
    DOMAIN_WEBMAIL = 1U << 5,
    DOMAIN_LISTED = 1U << 6 /* what the outage resolvers-deny-some hides */
};

struct domain {
    uint32_t life;  /* place in world.lives; UINT32_MAX: nothing happens to it */
    uint32_t first; /* of its addresses, which lie in a row */
    uint32_t addresses;
    uint8_t tld;
    uint8_t traits; /* enum domain_trait */
};

/* Each is of an account of its own. */
struct address_of {
    uint32_t domain;
    int32_t verified; /* seconds; > 0: it comes within the simulated time */
};

#define WEBMAILS 20U
#define SIM_NAME_SIZE 24U
#define SIM_EXEMPT_SIZE (WEBMAILS * SIM_NAME_SIZE)

struct world {
    struct world_options o;
    int32_t until; /* seconds */
    struct domain *domains;
    uint32_t n_domains; /* with webmail's, which come last */
    struct life *lives;
    uint32_t n_lives;
    struct address_of *addresses;
    uint32_t n_addresses;
    struct outages outages;
    char exempt[SIM_EXEMPT_SIZE]; /* webmail's names, comma-separated */
};

/* 2026-01-01 00:00 UTC, in seconds since 1970: where the simulated time begins. */
#define SIM_START_S INT64_C(1767225600)

/* false: no such scenario. */
bool world_init(struct world *w, const struct world_options *o);
void world_close(struct world *w);

/* "d17.com", and back. Returns the length. */
size_t world_name(const struct world *w, uint32_t domain, char out[SIM_NAME_SIZE]);
uint32_t world_domain_of(const char *name);

static inline enum life_state world_state(const struct world *w, uint32_t domain, int32_t t)
{
    uint32_t life = w->domains[domain].life;
    return life == UINT32_MAX ? LIFE_OWN : life_state_at(&w->lives[life], t);
}

/* NULL: nothing happens to it. */
static inline const struct life *world_life(const struct world *w, uint32_t domain)
{
    uint32_t life = w->domains[domain].life;
    return life == UINT32_MAX ? NULL : &w->lives[life];
}

#endif
