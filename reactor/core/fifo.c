#include "core/fifo.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define FIRST_CAP 64U

void fifo_init(struct fifo *f, size_t item_size)
{
    *f = (struct fifo){.item_size = item_size};
}

void fifo_close(struct fifo *f)
{
    free(f->items);
    fifo_init(f, f->item_size);
}

static enum status grow(struct fifo *f)
{
    size_t cap = f->cap == 0 ? FIRST_CAP : f->cap * 2;
    unsigned char *items = malloc(cap * f->item_size);
    if (items == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < f->n; i++)
        memcpy(items + i * f->item_size, f->items + (f->head + i) % f->cap * f->item_size,
               f->item_size);
    free(f->items);
    f->items = items;
    f->cap = cap;
    f->head = 0;
    return ST_OK;
}

enum status fifo_push(struct fifo *f, const void *item)
{
    if (f->n == f->cap && grow(f) != ST_OK)
        return ST_NOMEM;
    memcpy(f->items + (f->head + f->n) % f->cap * f->item_size, item, f->item_size);
    f->n++;
    return ST_OK;
}

void *fifo_first(struct fifo *f)
{
    return f->n > 0 ? f->items + f->head * f->item_size : NULL;
}

void *fifo_at(const struct fifo *f, size_t i)
{
    MUST(i < f->n);
    return f->items + (f->head + i) % f->cap * f->item_size;
}

void fifo_pop(struct fifo *f)
{
    MUST(f->n > 0);
    f->head = (f->head + 1) % f->cap;
    f->n--;
}
