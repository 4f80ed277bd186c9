#include "proto/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/utf8.h"

static void put(struct json_writer *w, const char *text, size_t len)
{
    if (w->st == ST_OK)
        w->st = buf_append(w->out, text, len);
}

static void comma(struct json_writer *w)
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
    comma(w);
    quoted(w, text, len);
    put(w, ":", 1);
    w->needs_comma = false;
}

void json_put_string(struct json_writer *w, const char *text, size_t len)
{
    comma(w);
    quoted(w, text, len);
}

static void literal(struct json_writer *w, const char *text)
{
    comma(w);
    put(w, text, strlen(text));
}

void json_put_int(struct json_writer *w, int64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, v);
    literal(w, text);
}

void json_put_uint(struct json_writer *w, uint64_t v)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, v);
    literal(w, text);
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
