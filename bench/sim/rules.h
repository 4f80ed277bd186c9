/* The sets of rules that are compared: each watches the same world in its own way. */
#ifndef UVD_BENCH_SIM_RULES_H
#define UVD_BENCH_SIM_RULES_H

#include "sim/ledger.h"

#define RULES 4U
#define RULES_OURS 2U /* the first ones; then the others */

struct rules {
    const char *name;
    void (*run)(struct ledger *l); /* the whole simulated time */
};

void rules_unverifyd(struct ledger *l);
void rules_unverifyd_rdap(struct ledger *l);
void rules_pypi(struct ledger *l);
void rules_rubygems(struct ledger *l);

extern const struct rules rules[RULES];

/* One set of rules over a world. */
void rules_run(const struct rules *r, struct world *w, struct result *out);

#endif
