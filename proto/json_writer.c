#include "proto/json_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"

static inline void put(struct json_writer *w, const char *text, size_t len)
{
    if (!json_has_room(w, len))
        return;
    memcpy(w->out->data + w->out->len, text, len);
    w->out->len += len;
}

static inline void comma(struct json_writer *w)
{
    if (w->needs_comma)
        put(w, ",", 1);
    w->needs_comma = true;
}

void json_put_begin(struct json_writer *w, char bracket)
{
    comma(w);
    put(w, &bracket, 1);
    w->needs_comma = false;
}

void json_put_end(struct json_writer *w, char bracket)
{
    put(w, &bracket, 1);
    w->needs_comma = true;
}

static void escape(struct json_writer *w, unsigned char ch)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* what, and its letter */
    for (size_t i = 0; letters[i] != '\0'; i += 2) {
        if (ch == (unsigned char)letters[i]) {
            char two[2] = {'\\', letters[i + 1]};
            put(w, two, sizeof two);
            return;
        }
    }
    char six[8];
    snprintf(six, sizeof six, "\\u%04x", (unsigned)ch);
    put(w, six, 6);
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* Does any of eight bytes need an escape, or a look at whether it is UTF-8? A byte with its
 * high bit set does; below it, subtracting borrows from the high bit of what was zero. */
static bool any_special(uint64_t eight)
{
    uint64_t quote = eight ^ EACH_BYTE('"'), backslash = eight ^ EACH_BYTE('\\');
    uint64_t low = eight - EACH_BYTE(0x20);
    uint64_t zero = (quote - EACH_BYTE(1)) | (backslash - EACH_BYTE(1));
    return ((eight | low | zero) & EACH_BYTE(0x80)) != 0;
}

/* Is all of it ASCII that goes out as it is? (It may say no for a text that could: a borrow
 * runs on into the next byte. The long way is right for any text.) */
static bool is_plain(const char *text, size_t len)
{
    uint64_t eight;
    size_t i = 0;
    for (; len - i >= sizeof eight; i += sizeof eight) {
        memcpy(&eight, text + i, sizeof eight);
        if (any_special(eight))
            return false;
    }
    if (i > 0) { /* the last eight: some of them a second time */
        memcpy(&eight, text + len - sizeof eight, sizeof eight);
        return !any_special(eight);
    }
    for (; i < len; i++) {
        unsigned char ch = (unsigned char)text[i];
        if (ch < 0x20 || ch >= 0x80 || ch == '"' || ch == '\\')
            return false;
    }
    return true;
}

static void quoted(struct json_writer *w, const char *text, size_t len)
{
    put(w, "\"", 1);
    size_t plain = 0; /* from here on nothing had to be changed */
    size_t i = 0;
    while (i < len) {
        unsigned char ch = (unsigned char)text[i];
        bool is_special = ch < 0x20 || ch == '"' || ch == '\\';
        size_t n = utf8_sequence(text + i, len - i);
        if (n > 0 && !is_special) {
            i += n;
            continue;
        }
        put(w, text + plain, i - plain);
        if (is_special)
            escape(w, ch);
        else
            put(w, "\xEF\xBF\xBD", 3);
        plain = ++i;
    }
    put(w, text + plain, len - plain);
    put(w, "\"", 1);
}

void json_put_key(struct json_writer *w, const char *text, size_t len)
{
    if (is_plain(text, len)) {
        json_put_plain_key(w, text, len);
        return;
    }
    comma(w);
    quoted(w, text, len);
    put(w, ":", 1);
    w->needs_comma = false;
}

void json_put_string(struct json_writer *w, const char *text, size_t len)
{
    if (is_plain(text, len)) { /* as nearly every text is */
        json_put_plain(w, text, len);
        return;
    }
    comma(w);
    quoted(w, text, len);
}

static inline void literal(struct json_writer *w, const char *text)
{
    comma(w);
    put(w, text, strlen(text));
}

/* The digits of `v`, and a '-' before them when asked for. */
static void number(struct json_writer *w, uint64_t v, bool is_negative)
{
    char text[24];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v > 0);
    if (is_negative)
        text[--at] = '-';
    comma(w);
    put(w, text + at, sizeof text - at);
}

void json_put_int(struct json_writer *w, int64_t v)
{
    /* the lowest value has no positive counterpart, but it has one without a sign */
    number(w, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, v < 0);
}

void json_put_uint(struct json_writer *w, uint64_t v)
{
    number(w, v, false);
}

void json_put_bool(struct json_writer *w, bool v)
{
    literal(w, v ? "true" : "false");
}

void json_put_null(struct json_writer *w)
{
    literal(w, "null");
}

void json_put_double(struct json_writer *w, double v)
{
    if (!isfinite(v)) {
        json_put_null(w);
        return;
    }
    char text[40];
    /* 15 digits always survive the way out and back, 17 bring every double back */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text - 2, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    if (strpbrk(text, ".e") == NULL)
        memcpy(text + strlen(text), ".0", 3);
    literal(w, text);
}

void json_put_base64(struct json_writer *w, const void *data, size_t len)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *p = data;
    comma(w);
    put(w, "\"", 1);
    for (; len > 0; p += 3) {
        uint32_t bits = (uint32_t)p[0] << 16;
        if (len > 1)
            bits |= (uint32_t)p[1] << 8;
        if (len > 2)
            bits |= p[2];
        char four[4] = {
            digits[bits >> 18],
            digits[bits >> 12 & 63],
            len > 1 ? digits[bits >> 6 & 63] : '=',
            len > 2 ? digits[bits & 63] : '=',
        };
        put(w, four, sizeof four);
        len -= len > 3 ? 3 : len;
    }
    put(w, "\"", 1);
}
