/* Two kinds of time, kept apart by the compiler. Nothing here reads a clock: one reading is
 * taken per turn of the loop (io/turn.c) and travels with the event. */
#ifndef UVD_BASE_CLOCK_H
#define UVD_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct wall_ms {
    int64_t v; /* milliseconds since 1970 UTC; may step; may be stored */
};

struct mono_ms {
    uint64_t v; /* milliseconds of the loop's clock; never stored */
};

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* Size of a buffer for clock_rfc3339(): "2026-11-24T23:59:59Z" and the NUL. */
#define RFC3339_SIZE 21

#endif
