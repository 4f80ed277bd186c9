/* Decisions that a safety rail holds, and the person who rules on them: a day after he was
 * told, and never wrong. */
#ifndef UVD_BENCH_SIM_REVIEWS_H
#define UVD_BENCH_SIM_REVIEWS_H

#include "core/core.h"
#include "sim/ledger.h"

struct review {
    uint32_t domain;
    int32_t due;
};

struct reviews {
    struct ledger *ledger;
    struct review *at; /* in the order in which they are due */
    size_t first, n, cap;
    bool *approved; /* by domain */
};

void reviews_init(struct reviews *r, struct ledger *l);
void reviews_close(struct reviews *r);

/* He is told of a domain, and of how many addresses it concerns. */
void reviews_add(struct reviews *r, uint32_t domain, uint32_t addresses, int32_t t);

/* He rules on what is due. */
void reviews_rule(struct reviews *r, struct core *c, int32_t t, struct wall_ms now);

static inline bool reviews_approved(const struct reviews *r, uint32_t domain)
{
    return r->approved[domain];
}

#endif
