#include "core/holds.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define CAP_FIRST 16U

static uint64_t hash_slot(uint32_t slot)
{
    return XXH3_64bits(&slot, sizeof slot);
}

/* The index knows a hold by its place in the table, counted from 1. */
static uint64_t hold_hash(const void *owner, uint32_t item)
{
    const struct holds *h = owner;
    return hash_slot(h->at[item - 1].slot);
}

static bool hold_matches(const void *owner, uint32_t item, const void *key)
{
    const struct holds *h = owner;
    const uint32_t *slot = key;
    return h->at[item - 1].slot == *slot;
}

void holds_init(struct holds *h)
{
    memset(h, 0, sizeof *h);
    index_init(&h->by_slot, h, hold_hash, NULL);
}

void holds_close(struct holds *h)
{
    index_close(&h->by_slot);
    free(h->at);
    memset(h, 0, sizeof *h);
}

struct hold *holds_find(const struct holds *h, uint32_t slot)
{
    if (h->n == 0)
        return NULL;
    uint32_t item = index_find(&h->by_slot, hash_slot(slot), hold_matches, &slot);
    return item != 0 ? &h->at[item - 1] : NULL;
}

static bool has_room(struct holds *h)
{
    if (h->n < h->cap)
        return true;
    uint32_t cap = h->cap == 0 ? CAP_FIRST : h->cap * 2;
    struct hold *at = realloc(h->at, cap * sizeof *at);
    if (at == NULL)
        return false;
    h->at = at;
    h->cap = cap;
    return true;
}

static void count(struct holds *h, const struct hold *hold, uint64_t by)
{
    if (hold->state == HOLD_HELD)
        h->held[hold->rail] += by;
}

struct hold *holds_put(struct holds *h, const struct hold *hold)
{
    uint64_t hash = hash_slot(hold->slot);
    if (!has_room(h) || index_reserve(&h->by_slot, hash) != ST_OK)
        return NULL;
    struct hold *to = &h->at[h->n++];
    *to = *hold;
    index_add(&h->by_slot, hash, h->n);
    count(h, to, 1);
    return to;
}

void holds_set_state(struct holds *h, struct hold *hold, enum hold_state state)
{
    count(h, hold, UINT64_MAX);
    hold->state = (uint8_t)state;
    count(h, hold, 1);
}

void holds_drop(struct holds *h, struct hold *hold)
{
    count(h, hold, UINT64_MAX);
    uint32_t item = (uint32_t)(hold - h->at) + 1;
    index_remove(&h->by_slot, hash_slot(hold->slot), item);
    if (item != h->n) {
        index_replace(&h->by_slot, hash_slot(h->at[h->n - 1].slot), h->n, item);
        *hold = h->at[h->n - 1];
    }
    h->n--;
}
