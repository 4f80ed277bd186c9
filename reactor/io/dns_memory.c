#include "io/dns_memory.h"

#include <ares.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STEP 32        /* sizes of pieces are its multiples */
#define CLASSES 16     /* larger ones are not kept */
#define KEPT_MAX 16384 /* pieces of a size: those of as many questions */
#if defined(__SANITIZE_ADDRESS__)
#define KEEPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEPS 0
#endif
#endif
#ifndef KEEPS
#define KEEPS 1
#endif

/* In front of each piece; as large as malloc's alignment. */
union head {
    size_t size; /* what follows, at least */
    union head *next;
    _Alignas(max_align_t) char align;
};

static struct {
    union head *free[CLASSES + 1]; /* by size in steps */
    unsigned n[CLASSES + 1];
    unsigned users;
} kept;

static size_t steps_of(size_t size)
{
    return size == 0 ? 1 : (size + STEP - 1) / STEP;
}

static void *get(size_t size)
{
    size_t steps = steps_of(size);
    union head *h;
    if (size > SIZE_MAX - sizeof *h - STEP)
        return NULL;
    if (steps <= CLASSES && kept.free[steps] != NULL) {
        h = kept.free[steps];
        kept.free[steps] = h->next;
        kept.n[steps]--;
    } else {
        h = malloc(sizeof *h + steps * STEP);
        if (h == NULL)
            return NULL;
    }
    h->size = steps * STEP;
    return h + 1;
}

static void put(void *piece)
{
    if (piece == NULL)
        return;
    union head *h = (union head *)piece - 1;
    size_t steps = h->size / STEP;
    if (!KEEPS || steps > CLASSES || kept.n[steps] >= KEPT_MAX) {
        free(h);
        return;
    }
    h->next = kept.free[steps];
    kept.free[steps] = h;
    kept.n[steps]++;
}

static void *resize(void *piece, size_t size)
{
    if (piece == NULL)
        return get(size);
    size_t had = ((union head *)piece - 1)->size;
    if (size != 0 && size <= had)
        return piece;
    void *larger = get(size);
    if (larger == NULL)
        return NULL;
    memcpy(larger, piece, had < size ? had : size);
    put(piece);
    return larger;
}

enum status dns_memory_start(void)
{
    if (ares_library_init_mem(ARES_LIB_INIT_ALL, get, put, resize) != ARES_SUCCESS)
        return ST_NOMEM;
    kept.users++;
    return ST_OK;
}

void dns_memory_stop(void)
{
    ares_library_cleanup();
    if (--kept.users > 0)
        return;
    for (size_t i = 0; i <= CLASSES; i++) {
        while (kept.free[i] != NULL) {
            union head *h = kept.free[i];
            kept.free[i] = h->next;
            free(h);
        }
        kept.n[i] = 0;
    }
}
