/* What a run says, as text. */
#ifndef UVD_BENCH_SIM_TABLE_H
#define UVD_BENCH_SIM_TABLE_H

#include <stdio.h>

#include "sim/ledger.h"
#include "sim/rules.h"

/* One scenario under each set of rules, in the order of `rules`. */
struct comparison {
    const char *scenario;
    struct result by[RULES];
};

void table_print(FILE *to, const struct comparison *c);

/* The lines that anyone can compute again: how much more of it the others have. */
void table_print_ratios(FILE *to, const struct comparison *c);

#endif
