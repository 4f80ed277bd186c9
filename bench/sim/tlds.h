/* Top-level domains of the made-up world, and what happens to a lapsed name below them. */
#ifndef UVD_BENCH_SIM_TLDS_H
#define UVD_BENCH_SIM_TLDS_H

#include <stdbool.h>
#include <stdint.h>

struct tld {
    const char *name;
    uint32_t share;            /* of 1000 domains */
    uint8_t grace_days;        /* after expiry, at most; 0: none that shows */
    uint8_t suspended_days;    /* then out of DNS, still the holder's, still registered */
    uint8_t redemption_days;   /* or quarantine: deleted, the holder may have it back */
    uint8_t pending_days;      /* deleted for good, not yet free */
    bool has_registrar_habits; /* registrars interrupt and sell during the grace period */
    bool answers_for_all;      /* its DNS shows every name there is */
    bool has_rdap;
    bool tells_dates; /* RDAP says when a name was registered */
};

#define TLDS 13U
extern const struct tld tlds[TLDS];

/* The one that goes dark in outages. */
#define TLD_DARK 1U

#endif
