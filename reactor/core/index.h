/* A hash index of numbers: 5 bytes a slot, no keys inside. What a number stands for, and
 * its hash, is asked of the owner.
 *
 * Each slot has a byte of the hash beside it, so that what is not there is mostly seen
 * without asking the owner, whose record is far away in memory.
 *
 * Open addressing in 4096 parts chosen by the hash's top bits. Each part grows by itself,
 * to twice its size, so the longest step is the growth of one 4096th of the index. */
#ifndef UVD_CORE_INDEX_H
#define UVD_CORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define INDEX_PARTS 4096 /* of the hash's upper 12 bits */

struct index_part {
    uint32_t *slots; /* `cap` of them, and as many tags behind */
    uint32_t cap, used;
};

typedef uint64_t (*index_hash_fn)(const void *owner, uint32_t item);
/* The item's hash will be asked for soon: call what is far away in memory nearer. Called
 * twice for each, with other items in between: first with step 0, then with step 1. */
typedef void (*index_touch_fn)(const void *owner, uint32_t item, int step);
typedef bool (*index_match_fn)(const void *owner, uint32_t item, const void *key);

struct index {
    const void *owner;
    index_hash_fn hash;
    index_touch_fn touch;
    size_t bytes; /* in the parts' slots */
    struct index_part parts[INDEX_PARTS];
};

/* `touch` may be NULL. */
void index_init(struct index *ix, const void *owner, index_hash_fn hash,
                index_touch_fn touch);
void index_close(struct index *ix);

/* A look-up of this hash comes soon: call its part of the index nearer. */
void index_prefetch(const struct index *ix, uint64_t hash);

/* What a look-up of this hash would ask about first: mostly the item itself, if it is there
 * at all. Nobody is asked. return  0: it is not there */
uint32_t index_guess(const struct index *ix, uint64_t hash);

/* The item that matches `key`, whose hash is `hash`; 0: none. */
uint32_t index_find(const struct index *ix, uint64_t hash, index_match_fn match,
                    const void *key);

/* Make room for one more item with this hash. After ST_OK, index_add of it can't fail. */
enum status index_reserve(struct index *ix, uint64_t hash);

/* Add an item (not 0) that is not there yet; room must have been reserved. */
void index_add(struct index *ix, uint64_t hash, uint32_t item);

/* Put `with` where `item` stands; both have the hash `hash`. The item must be there. */
void index_replace(struct index *ix, uint64_t hash, uint32_t item, uint32_t with);

/* Take an item out. It must be there, and index->hash must still answer for its neighbours.
 */
void index_remove(struct index *ix, uint64_t hash, uint32_t item);

size_t index_footprint(const struct index *ix);

#endif
