#include <stdlib.h>
#include <string.h>

#include "proto/message.h"

enum status buf_reserve(struct buf *b, size_t more)
{
    if (more <= b->cap - b->len)
        return ST_OK;
    size_t cap = b->cap < 256 ? 256 : b->cap;
    while (cap - b->len < more) {
        if (cap > SIZE_MAX / 2)
            return ST_NOMEM;
        cap *= 2;
    }
    uint8_t *grown = realloc(b->data, cap);
    if (grown == NULL)
        return ST_NOMEM;
    b->data = grown;
    b->cap = cap;
    return ST_OK;
}

enum status buf_append(struct buf *b, const void *data, size_t len)
{
    if (len == 0)
        return ST_OK;
    enum status st = buf_reserve(b, len);
    if (st != ST_OK)
        return st;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return ST_OK;
}

void buf_free(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.data = NULL};
}
