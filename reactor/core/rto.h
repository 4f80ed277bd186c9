/* How long to wait for an answer before the question counts as lost: learned from the
 * answers as TCP does it (RFC 6298), between two limits; but with twice the mean, because
 * the time a resolver takes doubles with the window. Pure arithmetic. */
#ifndef UVD_CORE_RTO_H
#define UVD_CORE_RTO_H

#include <stdint.h>

struct rto {
    uint32_t smoothed_us; /* mean round trip; 0: no answer yet */
    uint32_t variation_us;
    uint32_t min_us, max_us, initial_us;
};

void rto_init(struct rto *r, uint32_t min_us, uint32_t max_us, uint32_t initial_us);

/* An answer came `round_trip_us` after its question. */
void rto_sample(struct rto *r, uint64_t round_trip_us);

/* Microseconds to wait after the nth copy of a question, 1..; doubles with each. */
uint64_t rto_wait(const struct rto *r, uint32_t copy);

#endif
