/* One domain's life: which state its registration is in at any time. Times are seconds from
 * the beginning of the simulated time and may be negative. */
#ifndef UVD_BENCH_SIM_LIFE_H
#define UVD_BENCH_SIM_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/tlds.h"

#define SIM_HOUR 3600
#define SIM_DAY 86400
#define SIM_YEAR 31536000

/* Up to LIFE_INTERRUPTED it is the holder's. */
enum life_state {
    LIFE_OWN,         /* registered, in DNS */
    LIFE_HOLD,        /* registered, paid, taken out of DNS (dispute, contact check) */
    LIFE_GRACE,       /* expired, as it was */
    LIFE_PARKED,      /* expired, its name servers swapped for the registrar's */
    LIFE_INTERRUPTED, /* expired, taken out of DNS, still registered */
    LIFE_REDEMPTION,  /* deleted; the holder may have it back. Also quarantine */
    LIFE_PENDING,     /* deleted for good, not yet free */
    LIFE_FREE,        /* anyone may register it */
    LIFE_TAKEN,       /* somebody else has */
    LIFE_SOLD,        /* somebody else has bought it from the registrar, undeleted */
    LIFE_STATES
};

enum life_end {
    LIFE_STAYS,    /* never lapses */
    LIFE_RENEWED,  /* by its holder, in the grace period or the suspension */
    LIFE_RESTORED, /* by its holder, after the deletion */
    LIFE_LOST,     /* deleted and free */
    LIFE_GETS_SOLD
};

#define LIFE_PERIODS 8U

struct life {
    uint8_t n;
    uint8_t end; /* enum life_end */
    uint8_t state[LIFE_PERIODS];
    int32_t at[LIFE_PERIODS]; /* when each begins; the first: INT32_MIN */
};

/* How much happens; shares are of all domains with a story possible. */
struct life_options {
    uint64_t seed;
    int32_t until;          /* seconds: the end of the simulated time */
    double lapses_a_year;   /* lost to their holders */
    double holds_a_year;    /* taken out of DNS for some days, and not lapsed */
    double free_from_start; /* lapsed long before */
};

/* false: nothing happens to it in this time. `calm`: of its kind a tenth does. */
bool life_make(const struct life_options *o, uint32_t domain, const struct tld *tld,
               bool calm, struct life *out);

static inline enum life_state life_state_at(const struct life *l, int32_t t)
{
    unsigned i = l->n - 1U;
    while (l->at[i] > t)
        i--;
    return (enum life_state)l->state[i];
}

/* When it enters a state for the first time; INT32_MAX: never. */
int32_t life_enters(const struct life *l, enum life_state state);

/* When its holder has it again for good; INT32_MAX: never. */
int32_t life_returns(const struct life *l, int32_t t);

static inline bool life_is_holders(enum life_state s)
{
    return s <= LIFE_INTERRUPTED;
}

static inline bool life_ends_lost(const struct life *l)
{
    return l->end == LIFE_LOST || l->end == LIFE_GETS_SOLD;
}

#endif
