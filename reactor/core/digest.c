#include "core/digest.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Seeds that no watch's state can have. */
#define SEED_NAME (UINT64_C(1) << 32)
#define SEED_HOLD (UINT64_C(1) << 33)

static uint64_t hash_name(const struct registry *r, const struct watch *w, uint64_t seed)
{
    return XXH3_64bits_withSeed(registry_name(r, w), registry_name_len(r, w), seed);
}

static uint64_t hash_watch(const struct registry *r, const struct watch *w)
{
    return hash_name(r, w,
                     (uint64_t)w->phase << 8 | (w->flags & (WATCH_UNVERIFY | WATCH_BLOCK)));
}

/* The texts of a record lie side by side. */
static uint64_t hash_address(const struct registry *r, const struct address_record *a)
{
    uint64_t seed = hash_name(r, registry_watch(r, a->watch), SEED_NAME);
    seed ^= (uint64_t)address_verified_ms(a);
    seed ^= (uint64_t)a->flags << 56 | (uint64_t)a->said << 48;
    return XXH3_64bits_withSeed(a->text,
                                (size_t)a->account_len + a->local_len + a->tail_len, seed);
}

static uint64_t hash_hold(const struct registry *r, const struct watch *w,
                          const struct hold *h)
{
    return hash_name(
        r, w, SEED_HOLD | (uint64_t)h->moves << 16 | (uint64_t)h->rail << 8 | h->state);
}

void digest_put_watch(struct registry *r, const struct watch *w)
{
    r->digest += hash_watch(r, w);
}

void digest_take_watch(struct registry *r, const struct watch *w)
{
    r->digest -= hash_watch(r, w);
}

void digest_put_address(struct registry *r, const struct address_record *a)
{
    r->digest += hash_address(r, a);
}

void digest_take_address(struct registry *r, const struct address_record *a)
{
    r->digest -= hash_address(r, a);
}

void digest_put_hold(struct registry *r, const struct watch *w, const struct hold *h)
{
    r->digest += hash_hold(r, w, h);
}

void digest_take_hold(struct registry *r, const struct watch *w, const struct hold *h)
{
    r->digest -= hash_hold(r, w, h);
}

uint64_t digest_from_scratch(const struct registry *r, const struct holds *holds)
{
    uint64_t sum = 0;
    for (uint32_t slot = 1; slot < r->next_slot; slot++) {
        const struct watch *w = registry_watch(r, slot);
        if (w->place == PLACE_FREE)
            continue;
        sum += hash_watch(r, w);
        for (uint32_t h = w->first; h != 0; h = registry_address(r, h)->next)
            sum += hash_address(r, registry_address(r, h));
    }
    for (uint32_t i = 0; i < holds->n; i++)
        sum += hash_hold(r, registry_watch(r, holds->at[i].slot), &holds->at[i]);
    return sum;
}
