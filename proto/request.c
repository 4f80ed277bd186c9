#include "proto/request.h"

#include <stdio.h>
#include <string.h>

#include "proto/json_walk.h"
#include "proto/utf8.h"

static bool keep_text(struct request_account *out, const char *text, size_t len)
{
    if (len == 0 || len > ACCOUNT_ID_MAX)
        return false;
    memcpy(out->text, text, len);
    out->id = (struct account_id){.text = out->text, .len = (uint8_t)len};
    return true;
}

static bool keep_integer(struct request_account *out, int64_t v)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%lld", (long long)v);
    bool ok = keep_text(out, digits, (size_t)n);
    out->id.is_int = true;
    return ok;
}

static bool on_value(void *ctx, const struct walk_at *at, const struct value *v)
{
    struct request_account *out = ctx;
    bool is_whole = walk_at_is(at, "");
    if (is_whole && (v->kind == VALUE_MAP || v->kind == VALUE_END))
        return true;
    if (!is_whole && !walk_at_is(at, "account"))
        return true;
    if (v->kind == VALUE_STR)
        return keep_text(out, v->text, v->len);
    return v->kind == VALUE_INT && keep_integer(out, v->integer);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void request_trim(const uint8_t **data, size_t *len)
{
    while (*len > 0 && is_blank((*data)[*len - 1]))
        --*len;
    while (*len > 0 && is_blank(**data)) {
        ++*data;
        --*len;
    }
}

static bool has_controls(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((uint8_t)text[i] < ' ' || text[i] == 0x7f)
            return true;
    }
    return false;
}

enum status request_account_parse(const uint8_t *data, size_t len,
                                  struct request_account *out)
{
    memset(out, 0, sizeof *out);
    request_trim(&data, &len);
    const char *text = (const char *)data;
    if (len == 0)
        return ST_INVALID;
    enum status st = json_walk(text, len, on_value, out, NULL);
    if (st == ST_OK)
        return out->id.len > 0 ? ST_OK : ST_INVALID;
    /* Not JSON: a name as it is, unless it was meant to be JSON. */
    bool was_json = st == ST_CANCELED || *text == '{' || *text == '[' || *text == '"';
    if (was_json || !utf8_is_valid(text, len) || has_controls(text, len) ||
        !keep_text(out, text, len))
        return ST_INVALID;
    out->id.is_int = false;
    return ST_OK;
}

enum status request_error_write(int code, const char *message, struct buf *out)
{
    struct json_writer w = json_writer_to(out);
    json_put_begin(&w, '{');
    json_put_key(&w, "error", strlen("error"));
    json_put_begin(&w, '{');
    json_put_key(&w, "code", strlen("code"));
    json_put_int(&w, code);
    json_put_key(&w, "message", strlen("message"));
    json_put_string(&w, message, strlen(message));
    json_put_end(&w, '}');
    json_put_end(&w, '}');
    return w.st;
}
