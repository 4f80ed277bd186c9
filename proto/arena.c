#include "proto/arena.h"

#include <stdlib.h>

/* Holds the strings of any single event; a big snapshot takes some more. */
#define BLOCK_SIZE ((size_t)16 * 1024)

struct arena_block {
    struct arena_block *older;
    size_t used, size;
    char data[];
};

static struct arena_block *block_new(struct arena_block *older, size_t size)
{
    struct arena_block *b = malloc(sizeof *b + size);
    if (b == NULL)
        return NULL;
    b->older = older;
    b->used = 0;
    b->size = size;
    return b;
}

char *arena_alloc(struct arena *a, size_t n)
{
    struct arena_block *b = a->blocks;
    if (b == NULL || n > b->size - b->used) {
        b = block_new(a->blocks, n > BLOCK_SIZE ? n : BLOCK_SIZE);
        if (b == NULL)
            return NULL;
        a->blocks = b;
    }
    char *at = b->data + b->used;
    b->used += n;
    return at;
}

void arena_reset(struct arena *a)
{
    struct arena_block *kept = NULL;
    while (a->blocks != NULL) {
        struct arena_block *b = a->blocks;
        a->blocks = b->older;
        if (kept == NULL && b->size == BLOCK_SIZE)
            kept = b;
        else
            free(b);
    }
    if (kept != NULL) {
        kept->older = NULL;
        kept->used = 0;
    }
    a->blocks = kept;
}

void arena_free(struct arena *a)
{
    while (a->blocks != NULL) {
        struct arena_block *b = a->blocks;
        a->blocks = b->older;
        free(b);
    }
}
