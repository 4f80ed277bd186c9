/* Small records by number instead of by pointer: 4 bytes a reference, no header a record.
 *
 * Memory comes in blocks of 1 MB, cut into units of 8 bytes. A handle is the number of the
 * record's first unit; 0 is no record. Records keep their address until they are freed, and
 * freed ones are reused for records of the same size in units. The caller remembers sizes.
 */
#ifndef UVD_CORE_ARENA_H
#define UVD_CORE_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_UNIT 8U
#define ARENA_BLOCK_BITS 17U /* units in a block: 128 Ki = 1 MB */
#define ARENA_BLOCKS_MAX 16384U
#define ARENA_RECORD_MAX 1024U /* bytes */

struct arena {
    unsigned char **blocks;
    uint32_t n_blocks, cap_blocks;
    uint32_t next;                                          /* first unit never used */
    uint32_t free_heads[ARENA_RECORD_MAX / ARENA_UNIT + 1]; /* by size in units */
    uint64_t used; /* bytes in live records, rounded up */
};

/* Starts empty; nothing is allocated yet. */
void arena_init(struct arena *a);
void arena_close(struct arena *a);

/* A record of `size` bytes (1..ARENA_RECORD_MAX), content undefined; 0 when out of memory.
 */
uint32_t arena_alloc(struct arena *a, size_t size);

/* Give a record back; `size` as it was asked for. Handle 0 is ignored. */
void arena_free(struct arena *a, uint32_t handle, size_t size);

/* The record's bytes, aligned to 8. The handle must be live. */
static inline void *arena_at(const struct arena *a, uint32_t handle)
{
    return a->blocks[handle >> ARENA_BLOCK_BITS] +
           (size_t)(handle & ((1U << ARENA_BLOCK_BITS) - 1)) * ARENA_UNIT;
}

/* Bytes taken from the system. */
size_t arena_footprint(const struct arena *a);

#endif
