/* When a copy of something that is kept elsewhere is fetched, fetched again, and no longer
 * believed. Pure arithmetic on times that are passed in. */
#ifndef UVD_CORE_RENEWAL_H
#define UVD_CORE_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* Zero-initialise: there is no copy yet. */
struct renewal {
    bool is_held;             /* there is a copy */
    bool is_out;              /* a fetch is under way */
    struct mono_ms confirmed; /* when the copy was last known to be right */
    struct mono_ms due;       /* when it is fetched next */
    uint32_t failures;        /* in a row */
};

/* Is there a copy that still counts? A week after it was last confirmed it doesn't: what it
 * says may have moved. */
bool renewal_is_usable(const struct renewal *r, struct mono_ms now);

/* Should a fetch begin now? Never while one is under way. */
bool renewal_is_due(const struct renewal *r, struct mono_ms now);

/* Milliseconds until a fetch may begin. */
uint64_t renewal_wait(const struct renewal *r, struct mono_ms now);

void renewal_begin(struct renewal *r);

/* The fetch brought a copy, or said that ours is right still. The next one is due when the
 * server says (`fresh_s`; 0: it doesn't), but within an hour to a day. */
void renewal_succeeded(struct renewal *r, uint32_t fresh_s, struct mono_ms now);

/* It brought nothing: again after ten seconds, twice as long each time, an hour at most,
 * and not before `retry_after_s`. */
void renewal_failed(struct renewal *r, uint32_t retry_after_s, struct mono_ms now);

#endif
