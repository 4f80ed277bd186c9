/* A sum over the registry, to tell whether two of them are the same. */
#include "core/state.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* What events and verdicts have made of the registry: no times of checks, which differ from
 * run to run, and no order, since sums commute. The texts of a record lie side by side. */
static uint64_t digest_address(const struct address_record *a, uint64_t watch)
{
    uint64_t seed = watch ^ (uint64_t)address_verified_ms(a);
    seed ^= (uint64_t)a->flags << 56 | (uint64_t)a->said << 48;
    return XXH3_64bits_withSeed(a->text,
                                (size_t)a->account_len + a->local_len + a->tail_len, seed);
}

uint64_t core_digest(const struct core *c)
{
    const struct registry *r = &c->registry;
    uint64_t sum = 0;
    for (uint32_t slot = 1; slot < r->next_slot; slot++) {
        const struct watch *w = registry_watch(r, slot);
        if (w->place == PLACE_FREE)
            continue;
        const char *name = registry_name(r, w);
        uint64_t seed =
            (uint64_t)w->phase << 8 | (w->flags & (WATCH_UNVERIFY | WATCH_BLOCK));
        uint64_t watch = XXH3_64bits_withSeed(name, strlen(name), seed);
        sum += watch;
        for (uint32_t h = w->first; h != 0; h = registry_address(r, h)->next)
            sum += digest_address(registry_address(r, h), watch);
    }
    return sum;
}
