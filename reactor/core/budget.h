/* How many paid questions a day may have, and what for. Pure: the day is that of the wall
 * clock, in UTC, and times are passed in.
 *
 * What is spent outlives the process (FACT_BUDGET), so that a restart is no new budget: a
 * crash forgets at most the questions of the batch that was not confirmed yet. The budget
 * is given anew when a later day begins. A clock that is set back to an earlier day gives
 * nothing; only if it stays there for a day (of the loop's clock) is that day believed, so
 * that a clock which was wrong once does not lock the budget for ever. */
#ifndef UVD_CORE_BUDGET_H
#define UVD_CORE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* What a question is for. Each leaves a part of the day's budget to those before it. */
enum budget_use {
    BUDGET_NEW,        /* a verdict that is not known yet: may use all of it */
    BUDGET_RECHECK,    /* a verdict that may have changed: leaves a fifth */
    BUDGET_UNFILTERED, /* DNS says nothing of the domain: leaves half */
    BUDGET_USES
};

enum budget_state {
    BUDGET_OPEN,
    BUDGET_RESERVED, /* only what is new may still be asked about */
    BUDGET_EXHAUSTED
};

struct budget {
    uint32_t limit;
    uint32_t spent;
    int64_t day;    /* days since 1970 whose questions `spent` counts; 0: none yet */
    bool is_behind; /* the clock shows an earlier day than `day` ... */
    struct mono_ms behind_since;
    bool is_unwritten; /* for whoever writes FACT_BUDGET: it has changed since */
};

void budget_init(struct budget *b, uint32_t limit);

/* As it was when it was written down. */
void budget_restore(struct budget *b, uint32_t day, uint32_t spent);

/* The time may be of another day than at the last call: to be called before the others. */
void budget_roll(struct budget *b, struct wall_ms now, struct mono_ms mono);

bool budget_allows(const struct budget *b, enum budget_use use);
enum budget_state budget_state(const struct budget *b);

/* One question is asked. */
void budget_spend(struct budget *b);

/* Questions left of today's budget. */
uint32_t budget_left(const struct budget *b, struct wall_ms now);

/* Milliseconds until budget_allows can be true: 0 when it is now. */
uint64_t budget_wait(const struct budget *b, enum budget_use use, struct wall_ms now,
                     struct mono_ms mono);

#endif
