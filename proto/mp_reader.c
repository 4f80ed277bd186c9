#include "proto/mp_reader.h"

#include <string.h>

static void integer(struct value *out, int64_t v)
{
    out->kind = VALUE_INT;
    out->integer = v;
}

static void natural(struct value *out, uint64_t v)
{
    if (v <= INT64_MAX) {
        integer(out, (int64_t)v);
        return;
    }
    out->kind = VALUE_UINT;
    out->natural = v;
}

static void text(struct cursor *c, struct value *out, enum value_kind kind, size_t len)
{
    const uint8_t *at = cursor_take(c, len);
    if (at == NULL)
        return;
    out->kind = kind;
    out->text = (const char *)at;
    out->len = len;
}

static void extension(struct cursor *c, struct value *out, size_t len)
{
    out->ext_type = (int8_t)cursor_u8(c);
    text(c, out, VALUE_EXT, len);
}

/* `step` is the least number of bytes an element takes: one, or two for a pair. */
static void container(struct cursor *c, struct value *out, enum value_kind kind,
                      uint32_t count, size_t step)
{
    if (count > c->left / step) {
        c->bad = true;
        return;
    }
    out->kind = kind;
    out->count = count;
}

static void float32(struct cursor *c, struct value *out)
{
    uint32_t bits = cursor_u32(c);
    float v;
    memcpy(&v, &bits, sizeof v);
    out->kind = VALUE_FLOAT;
    out->real = (double)v;
}

static void float64(struct cursor *c, struct value *out)
{
    uint64_t bits = cursor_u64(c);
    out->kind = VALUE_FLOAT;
    memcpy(&out->real, &bits, sizeof out->real);
}

bool mp_next(struct cursor *c, struct value *out)
{
    *out = (struct value){.kind = VALUE_NIL, .text = ""};
    uint8_t tag = cursor_u8(c);
    if (c->bad)
        return false;
    if (tag <= 0x7f) {
        integer(out, tag);
        return true;
    }
    if (tag >= 0xe0) {
        integer(out, (int64_t)tag - 256);
        return true;
    }
    if (tag <= 0x8f) {
        container(c, out, VALUE_MAP, tag & 0x0fU, 2);
        return !c->bad;
    }
    if (tag <= 0x9f) {
        container(c, out, VALUE_ARRAY, tag & 0x0fU, 1);
        return !c->bad;
    }
    if (tag <= 0xbf) {
        text(c, out, VALUE_STR, tag & 0x1fU);
        return !c->bad;
    }
    switch (tag) {
    case 0xc0:
        break;
    case 0xc2:
    case 0xc3:
        out->kind = VALUE_BOOL;
        out->boolean = tag == 0xc3;
        break;
    case 0xc4:
        text(c, out, VALUE_BIN, cursor_u8(c));
        break;
    case 0xc5:
        text(c, out, VALUE_BIN, cursor_u16(c));
        break;
    case 0xc6:
        text(c, out, VALUE_BIN, cursor_u32(c));
        break;
    case 0xc7:
        extension(c, out, cursor_u8(c));
        break;
    case 0xc8:
        extension(c, out, cursor_u16(c));
        break;
    case 0xc9:
        extension(c, out, cursor_u32(c));
        break;
    case 0xca:
        float32(c, out);
        break;
    case 0xcb:
        float64(c, out);
        break;
    case 0xcc:
        natural(out, cursor_u8(c));
        break;
    case 0xcd:
        natural(out, cursor_u16(c));
        break;
    case 0xce:
        natural(out, cursor_u32(c));
        break;
    case 0xcf:
        natural(out, cursor_u64(c));
        break;
    case 0xd0:
        integer(out, (int8_t)cursor_u8(c));
        break;
    case 0xd1:
        integer(out, (int16_t)cursor_u16(c));
        break;
    case 0xd2:
        integer(out, (int32_t)cursor_u32(c));
        break;
    case 0xd3:
        integer(out, (int64_t)cursor_u64(c));
        break;
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        extension(c, out, (size_t)1 << (tag - 0xd4));
        break;
    case 0xd9:
        text(c, out, VALUE_STR, cursor_u8(c));
        break;
    case 0xda:
        text(c, out, VALUE_STR, cursor_u16(c));
        break;
    case 0xdb:
        text(c, out, VALUE_STR, cursor_u32(c));
        break;
    case 0xdc:
        container(c, out, VALUE_ARRAY, cursor_u16(c), 1);
        break;
    case 0xdd:
        container(c, out, VALUE_ARRAY, cursor_u32(c), 1);
        break;
    case 0xde:
        container(c, out, VALUE_MAP, cursor_u16(c), 2);
        break;
    case 0xdf:
        container(c, out, VALUE_MAP, cursor_u32(c), 2);
        break;
    default: /* 0xc1 means nothing */
        c->bad = true;
        break;
    }
    return !c->bad;
}

/* `depth_max` is at most WALK_DEPTH_MAX. */
static enum status skip_within(struct cursor *c, unsigned depth_max)
{
    uint64_t left[WALK_DEPTH_MAX]; /* values to come in each open container */
    unsigned depth = 0;
    do {
        struct value v;
        if (!mp_next(c, &v))
            return ST_MALFORMED;
        if (depth > 0)
            left[depth - 1]--;
        if (v.kind == VALUE_ARRAY || v.kind == VALUE_MAP) {
            if (depth == depth_max) {
                c->bad = true;
                return ST_FULL;
            }
            left[depth++] = v.kind == VALUE_MAP ? 2 * (uint64_t)v.count : v.count;
        }
        while (depth > 0 && left[depth - 1] == 0)
            depth--;
    } while (depth > 0);
    return ST_OK;
}

enum status mp_skip(struct cursor *c)
{
    return skip_within(c, WALK_DEPTH_MAX);
}

/* A key: its text becomes part of the path, anything else is skipped. */
static enum status walk_mp_key(struct walk *w, struct cursor *c)
{
    struct cursor start = *c;
    struct value key;
    if (!mp_next(c, &key))
        return ST_MALFORMED;
    if (key.kind == VALUE_STR) {
        walk_key(w, key.text, key.len);
        return ST_OK;
    }
    walk_key(w, NULL, 0);
    if (key.kind != VALUE_ARRAY && key.kind != VALUE_MAP)
        return ST_OK;
    *c = start;
    return skip_within(c, WALK_DEPTH_MAX - w->depth);
}

static enum status walk_mp_next(struct walk *w, struct cursor *c)
{
    if (w->depth > 0) {
        struct walk_frame *f = &w->frames[w->depth - 1];
        if (f->left == 0)
            return walk_end(w);
        f->left--;
        if (f->is_map) {
            enum status st = walk_mp_key(w, c);
            if (st != ST_OK)
                return st;
        }
    }
    struct value v;
    if (!mp_next(c, &v))
        return ST_MALFORMED;
    unsigned depth = w->depth;
    enum status st = walk_value(w, &v);
    if (w->depth > depth)
        w->frames[depth].left = v.count;
    return st;
}

enum status mp_walk(const uint8_t *data, size_t len, walk_fn *fn, void *ctx, size_t *where)
{
    struct cursor c = cursor_over(data, len);
    struct walk w;
    walk_start(&w, fn, ctx);
    enum status st;
    do
        st = walk_mp_next(&w, &c);
    while (st == ST_OK && w.depth > 0);
    if (where != NULL)
        *where = len - c.left;
    if (st == ST_OK && !cursor_is_done(&c))
        return ST_MALFORMED;
    return st;
}
