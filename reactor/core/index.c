#include "core/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define FIRST_CAP 8U
#define MOVED_AT_ONCE 32U
#define PART_SHIFT 52
_Static_assert(INDEX_PARTS == 1U << (64 - PART_SHIFT), "as many parts as bits say");

/* Bits 0-31 of a hash say where in its part an item would like to be, 32-38 are its tag. */
#define TAG_SHIFT 32
#define TAG_USED 0x80U

void index_init(struct index *ix, const void *owner, index_hash_fn hash,
                index_touch_fn touch)
{
    memset(ix, 0, sizeof *ix);
    ix->owner = owner;
    ix->hash = hash;
    ix->touch = touch;
}

void index_close(struct index *ix)
{
    for (size_t i = 0; i < INDEX_PARTS; i++)
        free(ix->parts[i].slots);
    memset(ix->parts, 0, sizeof ix->parts);
    ix->bytes = 0;
}

static struct index_part *part_of(struct index *ix, uint64_t hash)
{
    return &ix->parts[hash >> PART_SHIFT];
}

/* 0: the slot is empty. */
static uint8_t *tags_of(const struct index_part *p)
{
    return (uint8_t *)(p->slots + p->cap);
}

static uint8_t tag_of(uint64_t hash)
{
    return (uint8_t)(hash >> TAG_SHIFT | TAG_USED);
}

static uint32_t home_of(const struct index_part *p, uint64_t hash)
{
    return (uint32_t)((hash & UINT32_MAX) * p->cap >> 32);
}

static uint32_t next_of(const struct index_part *p, uint32_t i)
{
    return i + 1 == p->cap ? 0 : i + 1;
}

/* Steps from one slot to another, around the end. */
static uint32_t distance(const struct index_part *p, uint32_t from, uint32_t to)
{
    return to >= from ? to - from : to + p->cap - from;
}

static void place(struct index_part *p, uint64_t hash, uint32_t item)
{
    uint8_t *tags = tags_of(p);
    uint32_t i = home_of(p, hash);
    while (tags[i] != 0)
        i = next_of(p, i);
    p->slots[i] = item;
    tags[i] = tag_of(hash);
}

void index_prefetch(const struct index *ix, uint64_t hash)
{
    const struct index_part *p = &ix->parts[hash >> PART_SHIFT];
    if (p->used == 0)
        return;
    uint32_t home = home_of(p, hash);
    __builtin_prefetch(&tags_of(p)[home]);
    __builtin_prefetch(&p->slots[home]);
}

static bool any_matches(const void *owner, uint32_t item, const void *key)
{
    (void)owner;
    (void)item;
    (void)key;
    return true;
}

uint32_t index_guess(const struct index *ix, uint64_t hash)
{
    return index_find(ix, hash, any_matches, NULL);
}

uint32_t index_find(const struct index *ix, uint64_t hash, index_match_fn match,
                    const void *key)
{
    const struct index_part *p = &ix->parts[hash >> PART_SHIFT];
    if (p->used == 0)
        return 0;
    const uint8_t *tags = tags_of(p);
    const uint8_t tag = tag_of(hash);
    for (uint32_t i = home_of(p, hash); tags[i] != 0; i = next_of(p, i)) {
        if (tags[i] == tag && match(ix->owner, p->slots[i], key))
            return p->slots[i];
    }
    return 0;
}

static size_t part_size(uint32_t cap)
{
    return (size_t)cap * (sizeof(uint32_t) + 1);
}

static void move_some(const struct index *ix, const uint32_t *items, size_t n,
                      struct index_part *to)
{
    for (int step = 0; step < 2 && ix->touch != NULL; step++) {
        for (size_t i = 0; i < n; i++)
            ix->touch(ix->owner, items[i], step);
    }
    for (size_t i = 0; i < n; i++)
        place(to, ix->hash(ix->owner, items[i]), items[i]);
}

/* What hashes are made of lies all over the memory: a few at a time, so that the waits for
 * it overlap. */
static void move_all(const struct index *ix, const struct index_part *from,
                     struct index_part *to)
{
    uint32_t items[MOVED_AT_ONCE];
    size_t n = 0;
    const uint8_t *tags = tags_of(from);
    for (uint32_t i = 0; i < from->cap; i++) {
        if (tags[i] == 0)
            continue;
        items[n++] = from->slots[i];
        if (n == MOVED_AT_ONCE) {
            move_some(ix, items, n, to);
            n = 0;
        }
    }
    move_some(ix, items, n, to);
}

enum status index_reserve(struct index *ix, uint64_t hash)
{
    struct index_part *p = part_of(ix, hash);
    /* Linear probing stays short up to 3/4. A growth moves all there is, and has to ask
     * for each item's hash: growing by half would do that three times as often. */
    if (p->cap != 0 && p->used + 1 <= (uint64_t)p->cap * 3 / 4)
        return ST_OK;
    struct index_part bigger = {.cap = p->cap == 0 ? FIRST_CAP : p->cap * 2,
                                .used = p->used};
    if (bigger.cap < p->cap)
        return ST_FULL;
    bigger.slots = malloc(part_size(bigger.cap));
    if (bigger.slots == NULL)
        return ST_NOMEM;
    memset(tags_of(&bigger), 0, bigger.cap);
    if (p->cap != 0)
        move_all(ix, p, &bigger);
    free(p->slots);
    ix->bytes += part_size(bigger.cap) - part_size(p->cap);
    *p = bigger;
    return ST_OK;
}

void index_add(struct index *ix, uint64_t hash, uint32_t item)
{
    struct index_part *p = part_of(ix, hash);
    MUST(item != 0 && p->used < p->cap);
    place(p, hash, item);
    p->used++;
}

static uint32_t position_of(const struct index_part *p, uint64_t hash, uint32_t item)
{
    MUST(p->used > 0);
    const uint8_t *tags = tags_of(p);
    uint32_t i = home_of(p, hash);
    while (tags[i] == 0 || p->slots[i] != item) {
        MUST(tags[i] != 0);
        i = next_of(p, i);
    }
    return i;
}

void index_replace(struct index *ix, uint64_t hash, uint32_t item, uint32_t with)
{
    struct index_part *p = part_of(ix, hash);
    p->slots[position_of(p, hash, item)] = with;
}

void index_remove(struct index *ix, uint64_t hash, uint32_t item)
{
    struct index_part *p = part_of(ix, hash);
    uint8_t *tags = tags_of(p);
    uint32_t hole = position_of(p, hash, item);
    /* Close the gap (Knuth 6.4, algorithm R): move back what would no longer be found. */
    for (uint32_t i = next_of(p, hole); tags[i] != 0; i = next_of(p, i)) {
        uint32_t home = home_of(p, ix->hash(ix->owner, p->slots[i]));
        if (distance(p, home, i) >= distance(p, hole, i)) {
            p->slots[hole] = p->slots[i];
            tags[hole] = tags[i];
            hole = i;
        }
    }
    tags[hole] = 0;
    p->used--;
}

size_t index_footprint(const struct index *ix)
{
    return sizeof *ix + ix->bytes;
}
