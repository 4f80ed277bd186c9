#include "core/rto.h"

#define DOUBLINGS_MAX 16

void rto_init(struct rto *r, uint32_t min_us, uint32_t max_us, uint32_t initial_us)
{
    *r = (struct rto){.min_us = min_us, .max_us = max_us, .initial_us = initial_us};
}

/* RFC 6298 section 2.3, with its gains of 1/8 and 1/4. */
void rto_sample(struct rto *r, uint64_t round_trip_us)
{
    uint32_t rtt =
        round_trip_us > UINT32_MAX / 8 ? UINT32_MAX / 8 : (uint32_t)round_trip_us;
    rtt = rtt == 0 ? 1 : rtt;
    if (r->smoothed_us == 0) {
        r->smoothed_us = rtt;
        r->variation_us = rtt / 2;
        return;
    }
    uint32_t off = rtt > r->smoothed_us ? rtt - r->smoothed_us : r->smoothed_us - rtt;
    r->variation_us = (uint32_t)(((uint64_t)r->variation_us * 3 + off) / 4);
    r->smoothed_us = (uint32_t)(((uint64_t)r->smoothed_us * 7 + rtt) / 8);
    r->smoothed_us = r->smoothed_us == 0 ? 1 : r->smoothed_us;
}

uint64_t rto_wait(const struct rto *r, uint32_t copy)
{
    uint64_t wait = r->initial_us;
    if (r->smoothed_us > 0)
        wait = UINT64_C(2) * r->smoothed_us + UINT64_C(4) * r->variation_us;
    wait = wait < r->min_us ? r->min_us : wait > r->max_us ? r->max_us : wait;
    uint32_t doublings = copy > 0 ? copy - 1 : 0;
    return wait << (doublings > DOUBLINGS_MAX ? DOUBLINGS_MAX : doublings);
}
