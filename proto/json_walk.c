#include "proto/json_walk.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "proto/json_flat.h"
#include "proto/utf8.h"

struct json_walk {
    struct walk walk;
    enum status st; /* why a callback stopped yajl */
};

static int go_on(struct json_walk *j, enum status st)
{
    j->st = st;
    return st == ST_OK;
}

static int scalar(struct json_walk *j, const struct value *v)
{
    return go_on(j, walk_value(&j->walk, v));
}

static int on_null(void *ctx)
{
    return scalar(ctx, &(struct value){.kind = VALUE_NIL, .text = ""});
}

static int on_boolean(void *ctx, int v)
{
    return scalar(ctx, &(struct value){.kind = VALUE_BOOL, .boolean = v != 0, .text = ""});
}

/* Digits after an optional sign, as far as they fit; false for every other number. */
static bool integer(const char *text, size_t len, struct value *out)
{
    bool negative = text[0] == '-';
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : UINT64_MAX;
    uint64_t v = 0;
    for (size_t i = negative ? 1 : 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (v > (limit - digit) / 10)
            return false;
        v = v * 10 + digit;
    }
    if (negative) {
        out->kind = VALUE_INT;
        out->integer = v == limit ? INT64_MIN : -(int64_t)v;
    } else if (v <= INT64_MAX) {
        out->kind = VALUE_INT;
        out->integer = (int64_t)v;
    } else {
        out->kind = VALUE_UINT;
        out->natural = v;
    }
    return true;
}

static int on_number(void *ctx, const char *text, size_t len)
{
    struct value v = {.kind = VALUE_FLOAT, .text = ""};
    if (len > 0 && integer(text, len, &v))
        return scalar(ctx, &v);
    v.real = (double)NAN;
    if (len <= JSON_NUMBER_MAX) {
        char number[JSON_NUMBER_MAX + 1]; /* strtod wants an end */
        memcpy(number, text, len);
        number[len] = '\0';
        v.real = strtod(number, NULL);
    }
    return scalar(ctx, &v);
}

static int on_string(void *ctx, const unsigned char *text, size_t len)
{
    struct json_walk *j = ctx;
    const char *s = len == 0 ? "" : (const char *)text;
    if (!utf8_is_valid(s, len))
        return go_on(j, ST_MALFORMED);
    return scalar(j, &(struct value){.kind = VALUE_STR, .text = s, .len = len});
}

static int on_key(void *ctx, const unsigned char *text, size_t len)
{
    struct json_walk *j = ctx;
    const char *s = len == 0 ? "" : (const char *)text;
    if (!utf8_is_valid(s, len))
        return go_on(j, ST_MALFORMED);
    walk_key(&j->walk, s, len);
    return 1;
}

static int on_map(void *ctx)
{
    return scalar(ctx, &(struct value){.kind = VALUE_MAP, .text = ""});
}

static int on_array(void *ctx)
{
    return scalar(ctx, &(struct value){.kind = VALUE_ARRAY, .text = ""});
}

static int on_end(void *ctx)
{
    struct json_walk *j = ctx;
    return go_on(j, walk_end(&j->walk));
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number, /* takes the place of _integer and _double */
    .yajl_string = on_string,
    .yajl_start_map = on_map,
    .yajl_map_key = on_key,
    .yajl_end_map = on_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_end,
};

/* The four hexadecimal digits of the escape at `s` ("\uXXXX"), -1 when it is none. */
static int unicode_escape(const char *s, size_t len)
{
    if (len < 6 || s[0] != '\\' || s[1] != 'u')
        return -1;
    int v = 0;
    for (size_t i = 2; i < 6; i++) {
        unsigned char ch = (unsigned char)s[i];
        if (!isxdigit(ch))
            return -1;
        v = v * 16 + (isdigit(ch) ? ch - '0' : (ch | 0x20) - 'a' + 10);
    }
    return v;
}

static bool is_high(int unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(int unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* yajl turns a high surrogate without its other half into '?' or joins it with whatever
 * escape follows, which would change an address silently. return  offset of a lone one,
 * `len` when there is none */
static size_t lone_surrogate(const char *data, size_t len)
{
    size_t i = 0;
    while (i < len) {
        const char *backslash = memchr(data + i, '\\', len - i);
        if (backslash == NULL)
            return len;
        i = (size_t)(backslash - data);
        int unit = unicode_escape(data + i, len - i);
        if (is_low(unit))
            return i;
        if (is_high(unit)) {
            if (!is_low(unicode_escape(data + i + 6, len - i - 6)))
                return i;
            i += 12;
        } else {
            i += 2; /* past what is escaped: in "\\ud800" nothing is */
        }
    }
    return len;
}

/* The same calls as yajl's callbacks make for it. */
static enum status walk_flat(const struct json_flat *flat, size_t len, walk_fn *fn,
                             void *ctx, size_t *where)
{
    struct walk walk;
    walk_start(&walk, fn, ctx);
    *where = flat->begin;
    enum status st = walk_value(&walk, &(struct value){.kind = VALUE_MAP, .text = ""});
    for (size_t i = 0; i < flat->n && st == ST_OK; i++) {
        const struct json_member *m = &flat->at[i];
        walk_key(&walk, m->key, m->key_len);
        *where = m->end;
        st = walk_value(&walk, &m->value);
    }
    if (st != ST_OK)
        return st;
    *where = flat->end;
    st = walk_end(&walk);
    if (st == ST_OK)
        *where = len;
    return st;
}

enum status json_walk(const char *data, size_t len, walk_fn *fn, void *ctx, size_t *where)
{
    struct json_flat flat;
    size_t ignored;
    if (where == NULL)
        where = &ignored;
    if (len > 0 && json_flat_read(data, len, &flat))
        return walk_flat(&flat, len, fn, ctx, where);
    return json_walk_any(data, len, fn, ctx, where);
}

enum status json_walk_any(const char *data, size_t len, walk_fn *fn, void *ctx,
                          size_t *where)
{
    *where = len == 0 ? 0 : lone_surrogate(data, len);
    if (*where < len)
        return ST_MALFORMED;

    struct json_walk j = {.st = ST_OK};
    walk_start(&j.walk, fn, ctx);
    /* One handle a walk: yajl can't start over with a used one. Its allocations at start
     * are a few hundred bytes, and it does not survive their failure. */
    yajl_handle h = yajl_alloc(&callbacks, NULL, &j);
    if (h == NULL)
        return ST_NOMEM;
    yajl_config(h, yajl_dont_validate_strings, 1); /* done in on_string, and strictly */
    yajl_status st = yajl_parse(h, (const unsigned char *)(len == 0 ? "" : data), len);
    *where = yajl_get_bytes_consumed(h);
    if (st == yajl_status_ok)
        st = yajl_complete_parse(h);
    yajl_free(h);
    if (j.st != ST_OK)
        return j.st;
    return st == yajl_status_ok ? ST_OK : ST_MALFORMED;
}
