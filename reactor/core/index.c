#include "core/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define FIRST_CAP 8U

void index_init(struct index *ix, const void *owner, index_hash_fn hash)
{
    memset(ix, 0, sizeof *ix);
    ix->owner = owner;
    ix->hash = hash;
}

void index_close(struct index *ix)
{
    for (size_t i = 0; i < INDEX_PARTS; i++)
        free(ix->parts[i].slots);
    memset(ix->parts, 0, sizeof ix->parts);
}

static size_t part_of(uint64_t hash)
{
    return hash >> 56;
}

static uint32_t home_of(const struct index_part *p, uint64_t hash)
{
    return (uint32_t)hash & (p->cap - 1);
}

static void place(struct index_part *p, uint64_t hash, uint32_t item)
{
    uint32_t i = home_of(p, hash);
    while (p->slots[i] != 0)
        i = (i + 1) & (p->cap - 1);
    p->slots[i] = item;
}

uint32_t index_find(const struct index *ix, uint64_t hash, index_match_fn match,
                    const void *key)
{
    const struct index_part *p = &ix->parts[part_of(hash)];
    if (p->used == 0)
        return 0;
    for (uint32_t i = home_of(p, hash); p->slots[i] != 0; i = (i + 1) & (p->cap - 1)) {
        if (match(ix->owner, p->slots[i], key))
            return p->slots[i];
    }
    return 0;
}

enum status index_reserve(struct index *ix, uint64_t hash)
{
    struct index_part *p = &ix->parts[part_of(hash)];
    /* Linear probing stays short up to 3/4; growth by doubling keeps the mean load at 9/16.
     */
    if (p->cap != 0 && p->used + 1 <= p->cap / 4 * 3)
        return ST_OK;
    struct index_part bigger = {.cap = p->cap == 0 ? FIRST_CAP : p->cap * 2,
                                .used = p->used};
    if (bigger.cap < p->cap)
        return ST_FULL;
    bigger.slots = calloc(bigger.cap, sizeof *bigger.slots);
    if (bigger.slots == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < p->cap; i++) {
        if (p->slots[i] != 0)
            place(&bigger, ix->hash(ix->owner, p->slots[i]), p->slots[i]);
    }
    free(p->slots);
    *p = bigger;
    return ST_OK;
}

void index_add(struct index *ix, uint64_t hash, uint32_t item)
{
    struct index_part *p = &ix->parts[part_of(hash)];
    MUST(item != 0 && p->used < p->cap);
    place(p, hash, item);
    p->used++;
}

static uint32_t position_of(const struct index_part *p, uint64_t hash, uint32_t item)
{
    MUST(p->used > 0);
    uint32_t i = home_of(p, hash);
    while (p->slots[i] != item) {
        MUST(p->slots[i] != 0);
        i = (i + 1) & (p->cap - 1);
    }
    return i;
}

void index_replace(struct index *ix, uint64_t hash, uint32_t item, uint32_t with)
{
    struct index_part *p = &ix->parts[part_of(hash)];
    p->slots[position_of(p, hash, item)] = with;
}

void index_remove(struct index *ix, uint64_t hash, uint32_t item)
{
    struct index_part *p = &ix->parts[part_of(hash)];
    uint32_t hole = position_of(p, hash, item);
    /* Close the gap (Knuth 6.4, algorithm R): move back what would no longer be found. */
    for (uint32_t i = (hole + 1) & (p->cap - 1); p->slots[i] != 0;
         i = (i + 1) & (p->cap - 1)) {
        uint32_t home = home_of(p, ix->hash(ix->owner, p->slots[i]));
        if (((i - home) & (p->cap - 1)) >= ((i - hole) & (p->cap - 1))) {
            p->slots[hole] = p->slots[i];
            hole = i;
        }
    }
    p->slots[hole] = 0;
    p->used--;
}

size_t index_footprint(const struct index *ix)
{
    size_t n = sizeof *ix;
    for (size_t i = 0; i < INDEX_PARTS; i++)
        n += ix->parts[i].cap * sizeof(uint32_t);
    return n;
}
