/* A walk as text, one line a value: "path kind value depth index". What a test compares. */
#ifndef UVD_TESTS_TRANSCRIPT_H
#define UVD_TESTS_TRANSCRIPT_H

#include <inttypes.h>

#include "unit/unit.h"

#include "proto/walk.h"

struct transcript {
    char text[8192];
    size_t len;
    size_t stop_after; /* values; 0: never */
    size_t values;
};

static void transcript_add(struct transcript *t, const char *text, size_t len)
{
    assert_true(t->len + len < sizeof t->text);
    memcpy(t->text + t->len, text, len);
    t->len += len;
    t->text[t->len] = '\0';
}

static bool transcript_take(void *ctx, const struct walk_at *at, const struct value *v)
{
    static const char *const kinds[] = {
        [VALUE_NIL] = "nil",   [VALUE_BOOL] = "bool",   [VALUE_INT] = "int",
        [VALUE_UINT] = "uint", [VALUE_FLOAT] = "float", [VALUE_STR] = "str",
        [VALUE_BIN] = "bin",   [VALUE_EXT] = "ext",     [VALUE_ARRAY] = "array",
        [VALUE_MAP] = "map",   [VALUE_END] = "end",
    };
    struct transcript *t = ctx;
    char text[64] = "";
    t->values++;
    assert_int_equal(at->path_len, strlen(at->path));
    transcript_add(t, at->path, at->path_len);
    transcript_add(t, " ", 1);
    transcript_add(t, kinds[v->kind], strlen(kinds[v->kind]));
    if (v->kind == VALUE_BOOL)
        snprintf(text, sizeof text, " %d", v->boolean);
    if (v->kind == VALUE_INT)
        snprintf(text, sizeof text, " %" PRId64, v->integer);
    if (v->kind == VALUE_UINT)
        snprintf(text, sizeof text, " %" PRIu64, v->natural);
    if (v->kind == VALUE_FLOAT)
        snprintf(text, sizeof text, " %g", v->real);
    if (v->kind == VALUE_EXT)
        snprintf(text, sizeof text, " %d", v->ext_type);
    transcript_add(t, text, strlen(text));
    assert_non_null(v->text);
    if (v->kind == VALUE_STR || v->kind == VALUE_BIN || v->kind == VALUE_EXT) {
        transcript_add(t, " ", 1);
        transcript_add(t, v->text, v->len);
    }
    snprintf(text, sizeof text, " @%u.%zu\n", at->depth, at->index);
    transcript_add(t, text, strlen(text));
    return t->stop_after == 0 || t->values < t->stop_after;
}

#endif
