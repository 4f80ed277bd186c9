#include "proto/pub_ack.h"

#include <stdio.h>
#include <string.h>

#include "proto/json_walk.h"

struct reading {
    struct pub_ack *out;
    bool has_stream, has_error;
};

static bool on_value(void *ctx, const struct walk_at *at, const struct value *v)
{
    struct reading *r = ctx;
    if (v->kind == VALUE_END)
        return true;
    if (walk_at_is(at, "stream") && v->kind == VALUE_STR && v->len > 0)
        r->has_stream = true;
    else if (walk_at_is(at, "seq") && v->kind == VALUE_INT && v->integer > 0)
        r->out->seq = (uint64_t)v->integer;
    else if (walk_at_is(at, "duplicate") && v->kind == VALUE_BOOL)
        r->out->is_duplicate = v->boolean;
    else if (walk_at_is(at, "error"))
        r->has_error = v->kind != VALUE_NIL;
    else if (walk_at_is(at, "error.err_code") && v->kind == VALUE_INT && v->integer > 0 &&
             v->integer < INT32_MAX)
        r->out->error_code = (int)v->integer;
    else if (walk_at_is(at, "error.description") && v->kind == VALUE_STR)
        snprintf(r->out->error, sizeof r->out->error, "%.*s", (int)v->len, v->text);
    return true;
}

void pub_ack_parse(const uint8_t *data, size_t len, struct pub_ack *out)
{
    struct reading r = {.out = out};
    memset(out, 0, sizeof *out);
    enum status st = json_walk((const char *)data, len, on_value, &r, NULL);
    if (st == ST_OK && !r.has_error && r.has_stream && out->seq > 0) {
        out->is_confirmed = true;
        out->error[0] = '\0';
        return;
    }
    out->is_duplicate = false;
    if (out->error[0] == '\0')
        snprintf(out->error, sizeof out->error, "the answer can't be read");
}
