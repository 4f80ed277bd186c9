#include "proto/walk.h"

#include "base/must.h"

/* In place of a length: the path did not fit. */
#define PATH_LOST UINT16_MAX
_Static_assert(WALK_PATH_SIZE < PATH_LOST, "a length can't be mistaken for PATH_LOST");

void walk_start(struct walk *w, walk_fn *fn, void *ctx)
{
    w->fn = fn;
    w->ctx = ctx;
    w->depth = 0;
    w->path_len = 0;
    w->path[0] = '\0';
}

static char key_char(char ch)
{
    return ch == '.' || ch == '[' || ch == '\0' ? '?' : ch;
}

/* The path of the next value: the container's, a separator, the step. */
static void step(struct walk *w, const char *separator, size_t separator_len,
                 const char *text, size_t len)
{
    size_t base = w->frames[w->depth - 1].path_len;
    if (base == PATH_LOST || len >= sizeof w->path ||
        base + separator_len + len >= sizeof w->path) {
        w->path_len = PATH_LOST;
        return;
    }
    char *to = w->path + base;
    for (size_t i = 0; i < separator_len; i++)
        *to++ = separator[i];
    for (size_t i = 0; i < len; i++)
        *to++ = key_char(text[i]);
    *to = '\0';
    w->path_len = (uint16_t)(to - w->path);
}

void walk_key(struct walk *w, const char *key, size_t len)
{
    MUST(w->depth > 0);
    /* Depth, not the length of the path, tells the top: {"":{"a":1}} is at ".a". */
    size_t separator_len = w->depth > 1 ? 1 : 0;
    if (key == NULL)
        step(w, ".", separator_len, "?", 1);
    else
        step(w, ".", separator_len, key, len);
}

static bool deliver(struct walk *w, const struct value *v, size_t index)
{
    struct walk_at at = {
        .path = w->path_len == PATH_LOST ? "?" : w->path,
        .path_len = w->path_len == PATH_LOST ? 1 : w->path_len,
        .depth = w->depth,
        .index = index,
    };
    return w->fn(w->ctx, &at, v);
}

enum status walk_value(struct walk *w, const struct value *v)
{
    size_t index = 0;
    if (w->depth > 0 && !w->frames[w->depth - 1].is_map) {
        index = w->frames[w->depth - 1].index++;
        step(w, "[]", 2, "", 0);
    }
    bool is_container = v->kind == VALUE_MAP || v->kind == VALUE_ARRAY;
    if (is_container && w->depth == WALK_DEPTH_MAX)
        return ST_FULL;
    if (!deliver(w, v, index))
        return ST_CANCELED;
    if (is_container)
        w->frames[w->depth++] = (struct walk_frame){
            .path_len = w->path_len,
            .is_map = v->kind == VALUE_MAP,
        };
    return ST_OK;
}

enum status walk_end(struct walk *w)
{
    MUST(w->depth > 0);
    w->depth--;
    w->path_len = w->frames[w->depth].path_len;
    if (w->path_len != PATH_LOST)
        w->path[w->path_len] = '\0';
    size_t index = 0;
    if (w->depth > 0 && !w->frames[w->depth - 1].is_map)
        index = w->frames[w->depth - 1].index - 1;
    struct value end = {.kind = VALUE_END, .text = ""};
    return deliver(w, &end, index) ? ST_OK : ST_CANCELED;
}
