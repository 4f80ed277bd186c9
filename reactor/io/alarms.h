/* What an operator has to see: the status API can't be asked as it should be, a safety rail
 * holds, a suffix goes dark, denials come many at once. One line a change; of many held at
 * once some, and how many more. */
#ifndef UVD_IO_ALARMS_H
#define UVD_IO_ALARMS_H

#include "base/clock.h"
#include "core/core.h"

struct alarms {
    uint64_t second; /* of the monotonic clock */
    unsigned logged, unlogged;
};

/* An FX_BUDGET and an FX_BREAKER. */
void alarms_log_budget(const struct effect *e);
void alarms_log_breaker(const struct effect *e);

/* Log an effect: FX_HELD, FX_SUFFIX_DARK or FX_SURGE. */
void alarms_tell(struct alarms *a, const struct effect *e, struct mono_ms now);

/* Those that were not logged are counted in a line of their own, a second later. */
void alarms_flush(struct alarms *a, struct mono_ms now);

#endif
