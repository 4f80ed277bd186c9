#include "core/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum status outbox_init(struct outbox *o, uint32_t capacity)
{
    *o = (struct outbox){.cap = capacity, .n_free = capacity};
    o->at = calloc(capacity, sizeof *o->at);
    o->about = calloc(capacity, sizeof *o->about);
    o->free = calloc(capacity, sizeof *o->free);
    if (o->at == NULL || o->about == NULL || o->free == NULL) {
        free(o->at);
        free(o->about);
        free(o->free);
        memset(o, 0, sizeof *o);
        return ST_NOMEM;
    }
    for (uint32_t i = 0; i < capacity; i++)
        o->free[i] = capacity - 1 - i;
    return ST_OK;
}

void outbox_close(struct outbox *o)
{
    for (uint32_t i = 0; i < o->cap; i++)
        buf_free(&o->at[i].body);
    free(o->at);
    free(o->about);
    free(o->free);
    memset(o, 0, sizeof *o);
}

uint32_t outbox_take(struct outbox *o)
{
    MUST(o->n_free > 0);
    uint32_t entry = o->free[--o->n_free];
    o->at[entry].body.len = 0;
    return entry;
}

void outbox_give(struct outbox *o, uint32_t entry)
{
    MUST(entry < o->cap && o->n_free < o->cap);
    o->about[entry].pending = false;
    o->free[o->n_free++] = entry;
}
