/* Any bytes as JSON, with jansson as the judge: what it reads, the walker reads. (Not the
 * other way round: jansson refuses big integers and overflowing floats.) And the short way
 * for flat maps, with yajl as the judge: the same calls, wherever the walk is stopped. */
#include <jansson.h>
#include <string.h>

#include "base/must.h"
#include "proto/json_walk.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t values;
    unsigned depth;
};

static bool take(void *ctx, const struct walk_at *at, const struct value *v)
{
    struct seen *seen = ctx;
    MUST(at->depth <= WALK_DEPTH_MAX);
    MUST(strlen(at->path) == at->path_len && at->path_len < WALK_PATH_SIZE);
    MUST(utf8_is_valid(at->path, at->path_len));
    if (v->kind == VALUE_STR)
        MUST(utf8_is_valid(v->text, v->len));
    MUST(v->kind != VALUE_BIN && v->kind != VALUE_EXT);
    /* containers are closed in order */
    if (v->kind == VALUE_END)
        seen->depth--;
    MUST(at->depth == seen->depth);
    if (v->kind == VALUE_ARRAY || v->kind == VALUE_MAP)
        seen->depth++;
    seen->values++;
    return true;
}

/* A walk as a number: every call, with all that it was told. */
struct trace {
    uint64_t sum;
    size_t left; /* calls until it is stopped */
    const char *data;
    size_t size;
};

static void mix(struct trace *t, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++)
        t->sum = (t->sum ^ p[i]) * UINT64_C(1099511628211); /* FNV-1a, 64 bits */
}

static bool trace(void *ctx, const struct walk_at *at, const struct value *v)
{
    struct trace *t = ctx;
    /* Where text lies matters to whoever keeps it. */
    uintptr_t offset = (uintptr_t)v->text - (uintptr_t)t->data;
    uint64_t borrowed = v->kind == VALUE_STR && offset < t->size ? offset + 1 : 0;
    uint64_t told[] = {at->depth, at->index, (uint64_t)v->kind, borrowed, 0};
    if (v->kind == VALUE_BOOL)
        told[4] = v->boolean;
    else if (v->kind == VALUE_INT || v->kind == VALUE_UINT || v->kind == VALUE_FLOAT)
        told[4] = v->natural; /* the bits of any of them */
    mix(t, at->path, at->path_len + 1);
    mix(t, told, sizeof told);
    if (v->kind == VALUE_STR)
        mix(t, v->text, v->len);
    return t->left == 0 || --t->left > 0;
}

#define STOPS_MAX 40

static void compare_ways(const char *data, size_t size)
{
    for (size_t stop = 0; stop < STOPS_MAX; stop++) {
        struct trace a = {.left = stop, .data = data, .size = size}, b = a;
        size_t where_a, where_b;
        enum status st = json_walk(data, size, trace, &a, &where_a);
        MUST(st == json_walk_any(data, size, trace, &b, &where_b));
        MUST(a.sum == b.sum && where_a == where_b);
        if (stop > 0 && st != ST_CANCELED)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.values = 0};
    size_t where = SIZE_MAX;
    enum status st = json_walk((const char *)data, size, take, &seen, &where);
    MUST(st == ST_OK || st == ST_MALFORMED || st == ST_FULL);
    MUST(where <= size);
    if (st == ST_OK)
        MUST(seen.values > 0 && seen.depth == 0);

    compare_ways((const char *)data, size);
    if (size > 0 && memchr(data, '\0', size) != NULL) /* where jansson stops reading */
        return 0;
    json_t *judge =
        json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (judge != NULL)
        MUST(st != ST_MALFORMED);
    json_decref(judge);
    return 0;
}
