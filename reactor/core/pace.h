/* How fast the status API may be asked: a token bucket, and the pauses that a busy API asks
 * for. Pure arithmetic on times that are passed in. How often a day: budget.h; whether at
 * all: breaker.h. */
#ifndef UVD_CORE_PACE_H
#define UVD_CORE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "proto/status_reply.h"

struct pace {
    double rate_per_ms, burst; /* tokens */
    double tokens;
    struct mono_ms filled_at;
    struct mono_ms open; /* no question before this */
};

void pace_init(struct pace *p, double rate_per_s, uint32_t burst);

/* May one question be asked now? true takes its token. */
bool pace_take(struct pace *p, struct mono_ms mono);

/* Milliseconds until pace_take can be true: 0 when it can be now. */
uint64_t pace_wait(const struct pace *p, struct mono_ms mono);

/* Learn from an answer: a throttled API pauses for its Retry-After or half a minute, a
 * failing one for its Retry-After (without one it may be a single registry's trouble: then
 * only that name waits). An hour at most. */
void pace_observe(struct pace *p, const struct status_reply *reply, struct mono_ms mono);

#endif
