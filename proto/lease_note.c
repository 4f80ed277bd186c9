#include "proto/lease_note.h"

#include <stdio.h>
#include <string.h>

#include "proto/json_walk.h"
#include "proto/json_writer.h"

static void put_text(struct json_writer *w, const char *key, const char *text)
{
    json_put_key(w, key, strlen(key));
    json_put_string(w, text, strlen(text));
}

static void put_number(struct json_writer *w, const char *key, uint64_t number)
{
    json_put_key(w, key, strlen(key));
    json_put_uint(w, number);
}

enum status lease_note_write(const struct lease_note *n, struct buf *out)
{
    struct json_writer w = json_writer_to(out);
    json_put_begin(&w, '{');
    put_text(&w, "holder", n->holder);
    put_text(&w, "place", n->place);
    put_number(&w, "pid", (uint64_t)n->pid);
    put_number(&w, "started", n->started);
    json_put_key(&w, "released", strlen("released"));
    json_put_bool(&w, n->released);
    json_put_end(&w, '}');
    return w.st;
}

/* Texts end up in log lines and are compared: nothing but visible ASCII. */
static bool take_text(const struct value *v, char *out, size_t size)
{
    if (v->kind != VALUE_STR || v->len >= size)
        return false;
    for (size_t i = 0; i < v->len; i++) {
        if (v->text[i] <= ' ' || v->text[i] > '~')
            return false;
    }
    memcpy(out, v->text, v->len);
    out[v->len] = '\0';
    return true;
}

static bool on_value(void *ctx, const struct walk_at *at, const struct value *v)
{
    struct lease_note *n = ctx;
    if (walk_at_is(at, ""))
        return v->kind == VALUE_MAP || v->kind == VALUE_END;
    if (walk_at_is(at, "holder"))
        return take_text(v, n->holder, sizeof n->holder);
    if (walk_at_is(at, "place"))
        return take_text(v, n->place, sizeof n->place);
    if (walk_at_is(at, "pid")) {
        n->pid = v->integer;
        return v->kind == VALUE_INT && v->integer >= 0;
    }
    if (walk_at_is(at, "started")) {
        n->started = (uint64_t)v->integer;
        return v->kind == VALUE_INT && v->integer >= 0;
    }
    if (walk_at_is(at, "released")) {
        n->released = v->boolean;
        return v->kind == VALUE_BOOL;
    }
    return true;
}

enum status lease_note_parse(const uint8_t *data, size_t len, struct lease_note *out)
{
    memset(out, 0, sizeof *out);
    enum status st = json_walk((const char *)data, len, on_value, out, NULL);
    return st == ST_OK && out->holder[0] != '\0' ? ST_OK : ST_INVALID;
}
