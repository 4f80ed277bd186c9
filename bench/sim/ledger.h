/* Who is trusted when, under one set of rules, and what that means.
 *
 *   exposed     address-days during which somebody else had the deleted domain registered
 *               while the address was still good for a password reset
 *   sold        the same where the registrar sold the domain undeleted: neither DNS nor the
 *               registry's dates show it
 *   open        address-days during which anyone could have registered it, likewise
 *   attacks     each who registers a deleted domain asks for a reset within three days;
 *               how many of these worked
 *   false       unverified while its holder had the domain and was not to lose it: in
 *               order, on hold, or expired and renewed later
 *   restored    unverified in redemption or quarantine, and restored by its holder later:
 *               what the policy wants, and counted apart
 *   missed      deleted and free before the end, and never unverified
 *   by hand     unverified because a person who was asked said so
 *
 * A delay is the time from a domain's entry into a phase to the unverification, of
 * addresses whose domain was lost; of those that were never unverified it has no end.
 * Entries before the start don't count. */
#ifndef UVD_BENCH_SIM_LEDGER_H
#define UVD_BENCH_SIM_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/feed.h"
#include "sim/world.h"

#define SIM_DAYS_MAX 365U

enum delay_from { DELAY_REDEMPTION, DELAY_PENDING, DELAY_FREE, DELAYS };

struct delay {
    uint32_t n, never;
    double median_days, p90_days; /* HUGE_VAL: never */
};

/* Plain values: it crosses a pipe. */
struct result {
    double exposed_days, sold_days, open_days;
    uint32_t attacks, attacks_won;
    uint32_t unverified, false_ones, restored_ones, by_hand, missed;
    uint32_t reviewed;    /* addresses that were put before a person, each time counted */
    uint64_t paid, asked; /* paid questions; DNS questions */
    uint32_t false_by_outage[OUTAGE_COUNT + 1]; /* the last: outside of any */
    uint32_t false_by_state[LIFE_STATES];
    uint64_t paid_by_state[LIFE_STATES]; /* of the domain asked about */
    struct delay delays[DELAYS];
    double exposed_by_day[SIM_DAYS_MAX]; /* addresses exposed or open on that day */
    double cpu_s;
};

struct ledger {
    struct world *world;
    struct feed feed;
    struct result result;
    int32_t *since;  /* by address: trusted since; INT32_MAX: it is not */
    int32_t *struck; /* by address: first unverified; INT32_MAX: never */
};

void ledger_init(struct ledger *l, struct world *w);
void ledger_verified(struct ledger *l, uint32_t address, int32_t t);
bool ledger_is_trusted(const struct ledger *l, uint32_t address);

/* Nothing happens to one that is not trusted. */
void ledger_unverified(struct ledger *l, uint32_t address, int32_t t, bool by_hand);

/* A paid question is put about a domain. */
void ledger_paid(struct ledger *l, uint32_t domain, int32_t t);

/* The person who is asked: is this domain on its way out, or gone? Never wrong. */
bool ledger_person_approves(const struct ledger *l, uint32_t domain, int32_t t);

/* The end of the simulated time. */
void ledger_close(struct ledger *l, struct result *out);

#endif
