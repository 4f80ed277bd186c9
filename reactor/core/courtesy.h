/* How gently a server is asked that serves the public: a registry blocks who is not gentle.
 * Few questions at once, a gap between them, and none while it wants none. Pure arithmetic
 * on times that are passed in.
 *
 * The numbers are those of tools that registries put up with: two at once, five a second.
 */
#ifndef UVD_CORE_COURTESY_H
#define UVD_CORE_COURTESY_H

#include <stdint.h>

#include "base/clock.h"
#include "proto/vocab.h"

#define COURTESY_AT_ONCE 2U
#define COURTESY_GAP_MS 200U

/* Zero-initialise. */
struct courtesy {
    uint32_t out;        /* questions under way */
    uint32_t refusals;   /* in a row */
    struct mono_ms next; /* the gap is over */
    struct mono_ms open; /* the pause is over */
};

#define COURTESY_BUSY UINT64_MAX

/* Milliseconds until the server may be asked: 0 when it may be now, COURTESY_BUSY when a
 * question must come back first. */
uint64_t courtesy_wait(const struct courtesy *c, struct mono_ms now);

/* Milliseconds that the pause still lasts which the server has asked for; 0: none. */
uint64_t courtesy_pause(const struct courtesy *c, struct mono_ms now);

/* A question goes out. */
void courtesy_begin(struct courtesy *c, struct mono_ms now);

/* It has ended. 429 pauses for Retry-After or, without one, for half a minute, 401 and 403
 * for ten minutes, each twice as long the next time, an hour at most; 5xx for its
 * Retry-After (without one it may be a single name's trouble). */
void courtesy_end(struct courtesy *c, enum status_outcome outcome, uint32_t retry_after_s,
                  struct mono_ms now);

#endif
