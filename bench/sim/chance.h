/* Chance that depends on nothing but what is asked for: the same seed makes the same world,
 * whoever looks at it, how often and in which order. */
#ifndef UVD_BENCH_SIM_CHANCE_H
#define UVD_BENCH_SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

/* What is drawn; each is a stream of its own. */
enum chance_of {
    CHANCE_TLD,
    CHANCE_SIZE,
    CHANCE_SIZE_WITHIN,
    CHANCE_TRAIT,
    CHANCE_STORY,
    CHANCE_STORY_AT,
    CHANCE_END,
    CHANCE_HABIT,
    CHANCE_LENGTH,
    CHANCE_RETURN,
    CHANCE_TAKEN,
    CHANCE_TAKEN_AT,
    CHANCE_ATTACK,
    CHANCE_ARRIVES,
    CHANCE_VERIFIED,
    CHANCE_WORDS,
    CHANCE_LATENCY,
    CHANCE_LATENCY_TAIL,
    CHANCE_FAILURE,
    CHANCE_ROW,
    CHANCE_BLOCKLIST,
    CHANCE_MX
};

/* The finalizer of splitmix64, twice. */
static inline uint64_t chance(uint64_t seed, enum chance_of of, uint64_t which)
{
    uint64_t z = seed + (uint64_t)of * UINT64_C(0x9E3779B97F4A7C15);
    for (int i = 0; i < 2; i++) {
        z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
        z = (z ^ z >> 31) + which * UINT64_C(0xD6E8FEB86659FD93);
    }
    return z ^ z >> 32;
}

/* 0 .. below-1 */
static inline uint32_t chance_below(uint64_t seed, enum chance_of of, uint64_t which,
                                    uint32_t below)
{
    return (uint32_t)((chance(seed, of, which) >> 32) * below >> 32);
}

/* 0 <= share < 1 */
static inline double chance_share(uint64_t seed, enum chance_of of, uint64_t which)
{
    return (double)(chance(seed, of, which) >> 11) / 9007199254740992.0; /* 2^53 */
}

#endif
