/* A hash index of numbers: 4 bytes a slot, no keys inside. What a number stands for, and
 * its hash, is asked of the owner.
 *
 * Open addressing in 256 parts chosen by the hash's top byte. Each part grows by itself, so
 * the longest step is the doubling of one 256th of the index. */
#ifndef UVD_CORE_INDEX_H
#define UVD_CORE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#define INDEX_PARTS 256

struct index_part {
    uint32_t *slots; /* 0: empty */
    uint32_t cap, used;
};

typedef uint64_t (*index_hash_fn)(const void *owner, uint32_t item);
typedef bool (*index_match_fn)(const void *owner, uint32_t item, const void *key);

struct index {
    const void *owner;
    index_hash_fn hash;
    struct index_part parts[INDEX_PARTS];
};

void index_init(struct index *ix, const void *owner, index_hash_fn hash);
void index_close(struct index *ix);

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
