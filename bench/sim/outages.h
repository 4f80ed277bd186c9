/* What goes wrong in the made-up world, and when. */
#ifndef UVD_BENCH_SIM_OUTAGES_H
#define UVD_BENCH_SIM_OUTAGES_H

#include <stdbool.h>
#include <stdint.h>

/* name, hours that it lasts */
#define OUTAGE_MAP(X)                                                                      \
    X(OUTAGE_DENY_ALL, "resolvers-deny-all", 6)    /* NXDOMAIN for everything */           \
    X(OUTAGE_DENY_ONE, "one-resolver-denies", 72)  /* ... at one of the two */             \
    X(OUTAGE_DENY_SOME, "resolvers-deny-some", 48) /* a third of all names, no canary */   \
    X(OUTAGE_SERVFAIL, "resolvers-servfail", 12)                                           \
    X(OUTAGE_SILENCE, "resolvers-silent", 8)                                               \
    X(OUTAGE_TLD_DARK, "tld-dark", 24) /* its zone is empty, its registry silent */        \
    X(OUTAGE_API_DOWN, "api-down", 72) /* 503 and time-outs */                             \
    X(OUTAGE_API_GARBAGE, "api-garbage", 24)                                               \
    X(OUTAGE_API_UNKNOWN, "api-unknown", 48) /* `unknown` for everything */                \
    X(OUTAGE_API_LIES, "api-lies", 24)       /* `undelegated inactive` for everything */   \
    X(OUTAGE_API_EXPIRES, "api-lies-expiring", 48) /* `undelegated expiring` likewise */   \
    X(OUTAGE_BUS, "bus-down", 96)                                                          \
    X(OUTAGE_RESTARTS, "restarts", 24) /* one an hour */                                   \
    X(OUTAGE_TLD_GONE, "tld-gone", 24) /* as tld-dark, and the API says so of all */       \
    X(OUTAGE_ALL_LIE, "all-lie", 6)    /* resolvers-deny-all and api-lies at once */

enum outage {
#define X(name, text, hours) name,
    OUTAGE_MAP(X)
#undef X
        OUTAGE_COUNT
};

struct outage_span {
    int32_t from, to; /* seconds; equal: never */
};

struct outages {
    struct outage_span at[OUTAGE_COUNT];
    /* What is on, as bits, and the time for which that is known: `now_from` <= t <
     * `now_to`. Time passes in one direction, so this is nearly always asked for again. */
    int32_t now_from, now_to;
    uint32_t now;
};

const char *outage_text(enum outage o);

/* "calm": none; "outages": all, one after the other over the time; or one by its name. */
bool outages_plan(struct outages *o, const char *scenario, int32_t until);

/* Which are on, as bits. */
uint32_t outages_at(struct outages *o, int32_t t);

static inline bool outages_have(uint32_t on, enum outage o)
{
    return (on >> o & 1U) != 0;
}

/* The one that is on, or was within the last two days; OUTAGE_COUNT: none. */
enum outage outages_to_blame(const struct outages *o, int32_t t);

#endif
