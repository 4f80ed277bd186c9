/* Any msgpack value as JSON: a loop over tokens with a bounded stack of open containers. */
#include "proto/json_writer.h"
#include "proto/message.h"
#include "proto/mp_reader.h"

struct open_container {
    uint64_t left; /* elements or pairs to come */
    bool is_map;
};

static void write_scalar(struct json_writer *w, const struct value *v)
{
    switch (v->kind) {
    case VALUE_NIL:
        json_put_null(w);
        break;
    case VALUE_BOOL:
        json_put_bool(w, v->boolean);
        break;
    case VALUE_INT:
        json_put_int(w, v->integer);
        break;
    case VALUE_UINT:
        json_put_uint(w, v->natural);
        break;
    case VALUE_FLOAT:
        json_put_double(w, v->real);
        break;
    case VALUE_STR:
        json_put_string(w, v->text, v->len);
        break;
    case VALUE_BIN:
        json_put_base64(w, v->text, v->len);
        break;
    case VALUE_EXT:
        json_put_begin(w, '{');
        json_put_key(w, "ext", 3);
        json_put_int(w, v->ext_type);
        json_put_key(w, "data", 4);
        json_put_base64(w, v->text, v->len);
        json_put_end(w, '}');
        break;
    case VALUE_ARRAY:
    case VALUE_MAP:
    case VALUE_END:
        break;
    }
}

static bool is_container(const struct value *v)
{
    return v->kind == VALUE_ARRAY || v->kind == VALUE_MAP;
}

static enum status write_value(struct cursor *c, struct json_writer *w, unsigned around);

/* A key. JSON only has strings, so any other value is written as a value and its text is
 * the key. `around`: containers around it; `in_key`: one of them is a key itself. */
static enum status write_key(struct cursor *c, struct json_writer *w, unsigned around,
                             bool in_key)
{
    struct cursor start = *c;
    struct value key;
    if (!mp_next(c, &key))
        return ST_MALFORMED;
    if (key.kind == VALUE_STR) {
        json_put_key(w, key.text, key.len);
        return ST_OK;
    }
    if (is_container(&key) && in_key)
        return ST_FULL;

    struct buf text = {.len = 0};
    struct json_writer key_writer = json_writer_to(&text);
    *c = start;
    enum status st = write_value(c, &key_writer, around); /* goes no deeper */
    if (st == ST_OK)
        st = key_writer.st;
    if (st == ST_OK)
        json_put_key(w, (const char *)text.data, text.len);
    buf_free(&text);
    return st;
}

/* `around`: containers around a value that is a key, 0 for the message itself. */
static enum status write_value(struct cursor *c, struct json_writer *w, unsigned around)
{
    struct open_container open[WALK_DEPTH_MAX];
    unsigned depth = 0;
    do {
        if (depth > 0) {
            struct open_container *o = &open[depth - 1];
            if (o->left == 0) {
                json_put_end(w, o->is_map ? '}' : ']');
                depth--;
                continue;
            }
            o->left--;
            enum status st =
                o->is_map ? write_key(c, w, around + depth, around > 0) : ST_OK;
            if (st != ST_OK)
                return st;
        }
        struct value v;
        if (!mp_next(c, &v))
            return ST_MALFORMED;
        if (!is_container(&v)) {
            write_scalar(w, &v);
            continue;
        }
        if (around + depth == WALK_DEPTH_MAX)
            return ST_FULL;
        open[depth++] = (struct open_container){v.count, v.kind == VALUE_MAP};
        json_put_begin(w, v.kind == VALUE_MAP ? '{' : '[');
    } while (depth > 0 && w->st == ST_OK);
    return w->st;
}

enum status message_to_json(const uint8_t *data, size_t len, struct buf *out)
{
    struct cursor c = cursor_over(data, len);
    struct json_writer w = json_writer_to(out);
    out->len = 0;
    enum status st = write_value(&c, &w, 0);
    if (st == ST_OK && !cursor_is_done(&c))
        st = ST_MALFORMED;
    if (st != ST_OK)
        out->len = 0;
    return st;
}
