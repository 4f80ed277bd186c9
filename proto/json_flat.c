#include "proto/json_flat.h"

#include <string.h>

#include "proto/utf8.h"

/* So many digits fit into int64_t, whatever they are. */
#define DIGITS_MAX 18

struct text {
    const char *at, *end, *begin;
};

/* RFC 8259 2. */
static void skip_space(struct text *t)
{
    while (t->at < t->end &&
           (*t->at == ' ' || *t->at == '\n' || *t->at == '\r' || *t->at == '\t'))
        t->at++;
}

static bool take(struct text *t, char ch)
{
    if (t->at == t->end || *t->at != ch)
        return false;
    t->at++;
    return true;
}

/* A string without escapes: its text is what stands there. */
static bool take_string(struct text *t, const char **out, size_t *len)
{
    if (!take(t, '"'))
        return false;
    const char *from = t->at;
    unsigned char all = 0;
    for (; t->at < t->end && *t->at != '"'; t->at++) {
        unsigned char ch = (unsigned char)*t->at;
        if (ch < 0x20 || ch == '\\')
            return false;
        all |= ch;
    }
    *len = (size_t)(t->at - from);
    *out = *len == 0 ? "" : from;
    return take(t, '"') && (all < 0x80 || utf8_is_valid(from, *len));
}

static bool is_digit(const struct text *t)
{
    return t->at < t->end && *t->at >= '0' && *t->at <= '9';
}

/* What may follow a number here is a comma, a brace or space: all else, be it a fraction or
 * a mistake, is found by the caller, who wants one of these. */
static bool take_integer(struct text *t, struct value *out)
{
    bool negative = take(t, '-');
    const char *from = t->at;
    int64_t v = 0;
    for (; is_digit(t); t->at++) {
        if (t->at - from == DIGITS_MAX)
            return false;
        v = v * 10 + (*t->at - '0');
    }
    if (t->at == from || (*from == '0' && t->at - from > 1))
        return false;
    *out = (struct value){.kind = VALUE_INT, .integer = negative ? -v : v, .text = ""};
    return true;
}

static bool take_word(struct text *t, const char *word, size_t len)
{
    if ((size_t)(t->end - t->at) < len || memcmp(t->at, word, len) != 0)
        return false;
    t->at += len;
    return true;
}

static bool take_value(struct text *t, struct value *out)
{
    if (t->at == t->end)
        return false;
    switch (*t->at) {
    case '"':
        *out = (struct value){.kind = VALUE_STR};
        return take_string(t, &out->text, &out->len);
    case 't':
        *out = (struct value){.kind = VALUE_BOOL, .boolean = true, .text = ""};
        return take_word(t, "true", 4);
    case 'f':
        *out = (struct value){.kind = VALUE_BOOL, .boolean = false, .text = ""};
        return take_word(t, "false", 5);
    case 'n':
        *out = (struct value){.kind = VALUE_NIL, .text = ""};
        return take_word(t, "null", 4);
    default:
        return take_integer(t, out);
    }
}

/* "key" : value, with the space around it. */
static bool take_member(struct text *t, struct json_member *m)
{
    skip_space(t);
    if (!take_string(t, &m->key, &m->key_len))
        return false;
    skip_space(t);
    if (!take(t, ':'))
        return false;
    skip_space(t);
    if (!take_value(t, &m->value))
        return false;
    m->end = (size_t)(t->at - t->begin);
    skip_space(t);
    return true;
}

bool json_flat_read(const char *data, size_t len, struct json_flat *out)
{
    struct text t = {.at = data, .end = data + len, .begin = data};
    out->n = 0;
    skip_space(&t);
    if (!take(&t, '{'))
        return false;
    out->begin = (size_t)(t.at - data);
    do {
        if (out->n == JSON_FLAT_MAX || !take_member(&t, &out->at[out->n]))
            return false; /* an empty map, too */
        out->n++;
    } while (take(&t, ','));
    if (!take(&t, '}'))
        return false;
    out->end = (size_t)(t.at - data);
    skip_space(&t);
    return t.at == t.end;
}
