/* Chance that is the same on every machine: splitmix64, seeded by the test. */
#ifndef UVD_TESTS_DICE_H
#define UVD_TESTS_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_roll(struct dice *d)
{
    uint64_t z = d->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static inline uint32_t dice_below(struct dice *d, uint32_t n)
{
    return (uint32_t)(dice_roll(d) >> 32) % n;
}

static inline bool dice_one_in(struct dice *d, uint32_t n)
{
    return dice_below(d, n) == 0;
}

#endif
