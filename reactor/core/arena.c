#include "core/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define BLOCK_UNITS (1U << ARENA_BLOCK_BITS)

void arena_init(struct arena *a)
{
    memset(a, 0, sizeof *a);
    a->next = 1; /* handle 0 means no record */
}

void arena_close(struct arena *a)
{
    for (uint32_t i = 0; i < a->n_blocks; i++)
        free(a->blocks[i]);
    free(a->blocks);
    arena_init(a);
}

static int add_block(struct arena *a)
{
    if (a->n_blocks == ARENA_BLOCKS_MAX)
        return -1;
    if (a->n_blocks == a->cap_blocks) {
        uint32_t cap = a->cap_blocks == 0 ? 16 : a->cap_blocks * 2;
        unsigned char **blocks = realloc(a->blocks, cap * sizeof *blocks);
        if (blocks == NULL)
            return -1;
        a->blocks = blocks;
        a->cap_blocks = cap;
    }
    unsigned char *block = malloc((size_t)BLOCK_UNITS * ARENA_UNIT);
    if (block == NULL)
        return -1;
    a->blocks[a->n_blocks++] = block;
    return 0;
}

static uint32_t units_of(size_t size)
{
    return (uint32_t)((size + ARENA_UNIT - 1) / ARENA_UNIT);
}

uint32_t arena_alloc(struct arena *a, size_t size)
{
    MUST(size > 0 && size <= ARENA_RECORD_MAX);
    uint32_t units = units_of(size);
    uint32_t handle = a->free_heads[units];
    if (handle != 0) {
        memcpy(&a->free_heads[units], arena_at(a, handle), sizeof handle);
        a->used += (uint64_t)units * ARENA_UNIT;
        return handle;
    }
    /* A record does not cross blocks; the few units left at a block's end stay unused. */
    uint32_t left = BLOCK_UNITS - (a->next & (BLOCK_UNITS - 1));
    uint32_t first = left < units ? a->next + left : a->next;
    if (first >> ARENA_BLOCK_BITS >= a->n_blocks && add_block(a) != 0)
        return 0;
    a->next = first + units;
    a->used += (uint64_t)units * ARENA_UNIT;
    return first;
}

void arena_free(struct arena *a, uint32_t handle, size_t size)
{
    if (handle == 0)
        return;
    uint32_t units = units_of(size);
    memcpy(arena_at(a, handle), &a->free_heads[units], sizeof handle);
    a->free_heads[units] = handle;
    a->used -= (uint64_t)units * ARENA_UNIT;
}

size_t arena_footprint(const struct arena *a)
{
    return (size_t)a->n_blocks * BLOCK_UNITS * ARENA_UNIT +
           a->cap_blocks * sizeof *a->blocks;
}
