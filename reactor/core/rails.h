/* The safety rails: may a decision be acted on now, or does it wait for a person?
 *
 *   max_accounts_per_domain  a domain with more addresses is never acted on alone
 *   suffix_dark              many names of its public suffix went at once (suffixes.h)
 *   max_unverify_per_hour    addresses acted on within any hour
 *   max_unverify_share       domains acted on within any 24 hours, as a share of all that
 *                            are watched; one domain may always be, unless the share is 0
 *
 * A limit of 0 holds every decision. A decision counts once, when it is acted on, with all
 * the addresses that it says something about; it is held or acted on as a whole. What a
 * person has approved does not count.
 *
 * Time is counted in stretches of five minutes, and a stretch that lies only partly within
 * the hour or the day counts whole: the limits hold for every hour and every day, and are
 * sometimes a little stricter. Stretches are facts (FACT_ACTED), so a restart forgets
 * nothing. Pure arithmetic. */
#ifndef UVD_CORE_RAILS_H
#define UVD_CORE_RAILS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/vocab.h"

#define RAILS_STRETCH_S 300U
/* A day's, and the one in which it began. */
#define RAILS_STRETCHES (24U * 3600U / RAILS_STRETCH_S + 1U)

struct rails_options {
    uint32_t per_hour; /* policy.max_unverify_per_hour */
    double share;      /* policy.max_unverify_share, 0 .. 1 */
    uint32_t accounts; /* policy.max_accounts_per_domain */
};

struct rails_stretch {
    uint32_t number; /* of the stretch, from 1970 */
    uint32_t addresses, domains;
};

struct rails {
    struct rails_options o;
    struct rails_stretch at[RAILS_STRETCHES]; /* by number, in a ring */
};

/* A decision that is about to be acted on. */
struct rails_case {
    uint32_t now;      /* seconds */
    uint32_t accounts; /* addresses of the domain */
    uint32_t to_say;   /* of these: something is to be said about them */
    uint64_t watched;  /* domains */
    bool suffix_is_dark;
};

/* Why it is held: the rail, what there would be, and what there may be. */
struct rails_ruling {
    enum rail rail;
    uint64_t have, limit;
};

void rails_init(struct rails *r, const struct rails_options *o);

/* true: it is held, and `why` says by what. If several rails would hold it, the one that
 * stands first in the list above is told. */
bool rails_hold(const struct rails *r, const struct rails_case *d,
                struct rails_ruling *why);

/* A decision is acted on. return  the stretch that it counts in, as it is now */
const struct rails_stretch *rails_act(struct rails *r, uint32_t now, uint32_t addresses);

/* A stretch as it was written down; `at` is its beginning in seconds. */
void rails_restore(struct rails *r, uint32_t at, uint32_t addresses, uint32_t domains);

/* What the present hour and the present day hold. */
uint64_t rails_addresses_in_hour(const struct rails *r, uint32_t now);
uint64_t rails_domains_in_day(const struct rails *r, uint32_t now);

#endif
