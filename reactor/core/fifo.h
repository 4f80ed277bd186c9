/* A growing queue of small values of one size. */
#ifndef UVD_CORE_FIFO_H
#define UVD_CORE_FIFO_H

#include <stddef.h>

#include "base/status.h"

struct fifo {
    unsigned char *items;
    size_t item_size;
    size_t head, n, cap; /* in items */
};

void fifo_init(struct fifo *f, size_t item_size);
void fifo_close(struct fifo *f);

/* Copies the item behind the last. ST_NOMEM: unchanged. */
enum status fifo_push(struct fifo *f, const void *item);

/* The first item, in place until the next push or pop; NULL when empty. */
void *fifo_first(struct fifo *f);

/* The i-th item from the front, i < n; in place until the next push or pop. */
void *fifo_at(const struct fifo *f, size_t i);

/* Drop the first item; the queue must not be empty. */
void fifo_pop(struct fifo *f);

#endif
