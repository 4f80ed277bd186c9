#include "proto/scratch.h"

#include <stdlib.h>

/* Holds the strings of any single event; a big snapshot takes some more. */
#define BLOCK_SIZE ((size_t)16 * 1024)

struct scratch_block {
    struct scratch_block *older;
    size_t used, size;
    char data[];
};

static struct scratch_block *block_new(struct scratch_block *older, size_t size)
{
    struct scratch_block *b = malloc(sizeof *b + size);
    if (b == NULL)
        return NULL;
    b->older = older;
    b->used = 0;
    b->size = size;
    return b;
}

char *scratch_alloc(struct scratch *a, size_t n)
{
    struct scratch_block *b = a->blocks;
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

void scratch_reset(struct scratch *a)
{
    struct scratch_block *kept = NULL;
    while (a->blocks != NULL) {
        struct scratch_block *b = a->blocks;
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

void scratch_free(struct scratch *a)
{
    while (a->blocks != NULL) {
        struct scratch_block *b = a->blocks;
        a->blocks = b->older;
        free(b);
    }
}
