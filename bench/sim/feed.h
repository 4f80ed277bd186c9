/* Account events: who verifies an address when. By day, since nothing here needs it finer.
 *
 * An address that comes within the simulated time comes on its day. One that was unverified
 * though its holder has the domain, or has it again, is verified once more two days later.
 */
#ifndef UVD_BENCH_SIM_FEED_H
#define UVD_BENCH_SIM_FEED_H

#include <stdint.h>

#include "sim/world.h"

struct feed {
    uint32_t *first; /* by day: place in `next`, from 1; 0: none */
    uint32_t *next;  /* by address */
    uint32_t days;
};

void feed_init(struct feed *f, const struct world *w);
void feed_close(struct feed *f);

/* After the last day: never. */
void feed_add(struct feed *f, uint32_t day, uint32_t address);

/* The next one of a day; UINT32_MAX: no more. */
uint32_t feed_take(struct feed *f, uint32_t day);

#endif
