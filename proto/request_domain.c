/* A request that names a domain, or all of them. */
#include <string.h>

#include "proto/json_walk.h"
#include "proto/request.h"
#include "proto/utf8.h"

static bool keep_text(struct request_domain *out, const char *text, size_t len)
{
    if (len == 0 || len > REQUEST_DOMAIN_MAX)
        return false;
    memcpy(out->text, text, len);
    out->text[len] = '\0';
    out->len = len;
    return true;
}

static bool on_value(void *ctx, const struct walk_at *at, const struct value *v)
{
    bool is_whole = walk_at_is(at, "");
    if (is_whole && (v->kind == VALUE_MAP || v->kind == VALUE_END))
        return true;
    if (!is_whole && !walk_at_is(at, "domain"))
        return true;
    return v->kind == VALUE_STR && keep_text(ctx, v->text, v->len);
}

/* Text without a quote is the name itself; digits and dots would be a number in JSON. */
static bool is_json(const char *text)
{
    return *text == '{' || *text == '[' || *text == '"';
}

enum status request_domain_parse(const uint8_t *data, size_t len,
                                 struct request_domain *out)
{
    memset(out, 0, sizeof *out);
    request_trim(&data, &len);
    const char *text = (const char *)data;
    if (len == 0)
        return ST_INVALID;
    bool ok = is_json(text) ? json_walk(text, len, on_value, out, NULL) == ST_OK
                            : utf8_is_valid(text, len) && keep_text(out, text, len);
    if (!ok || out->len == 0 || memchr(out->text, '\0', out->len) != NULL)
        return ST_INVALID;
    out->is_all = out->len == 1 && out->text[0] == '*';
    return ST_OK;
}
