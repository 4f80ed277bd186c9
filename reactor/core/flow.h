/* How fast the domains that are looked at again and again may be asked about in DNS.
 *
 * In quiet times they come due evenly, and nothing is held back. After an outage everything
 * is due at once: then they go at a few times the even rate, the longest overdue first,
 * until the backlog is gone. New domains are not counted and not held back. Pure arithmetic
 * on times that are passed in. */
#ifndef UVD_CORE_FLOW_H
#define UVD_CORE_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* The bound, in multiples of the even rate: half a day's backlog is gone in six hours. */
#define FLOW_HEADROOM 3U

struct flow {
    double tokens; /* questions that may be put now */
    struct mono_ms filled_at;
};

/* Questions a millisecond, at most, for `looks` of them in `period_s` seconds. Not less
 * than one a second: the little that a small set can have overdue needs no spreading. */
double flow_rate(uint64_t looks, uint32_t period_s);

/* May one question be put now? true takes its token. `rate` is flow_rate's. */
bool flow_take(struct flow *f, double rate, struct mono_ms mono);

/* Milliseconds until flow_take can be true: 0 when it can be now. */
uint64_t flow_wait(const struct flow *f, double rate, struct mono_ms mono);

#endif
