/* Writing JSON (RFC 8259) on one line, value by value, into a buffer. Commas and escapes
 * are its business, balance is the caller's. The error is sticky: check `st` at the end.
 * (json_put_: jansson owns json_string, json_null and their like, also at link time.) */
#ifndef UVD_PROTO_JSON_WRITER_H
#define UVD_PROTO_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"
#include "proto/message.h"

struct json_writer {
    struct buf *out;
    enum status st; /* ST_OK or ST_NOMEM */
    bool needs_comma;
};

static inline struct json_writer json_writer_to(struct buf *out)
{
    return (struct json_writer){.out = out, .st = ST_OK};
}

/* `bracket` is '{' or '[', and '}' or ']'. */
void json_put_begin(struct json_writer *w, char bracket);
void json_put_end(struct json_writer *w, char bracket);

/* Any bytes: what is not UTF-8 becomes U+FFFD, a byte at a time. */
void json_put_key(struct json_writer *w, const char *text, size_t len);
void json_put_string(struct json_writer *w, const char *text, size_t len);

/* The same for text that is known to hold nothing JSON escapes, such as this program's own
 * words and host names: printable ASCII without quotes and backslashes. Not checked, and in
 * line: a literal costs a few stores. */
static inline void json_put_plain_key(struct json_writer *w, const char *text, size_t len);
static inline void json_put_plain(struct json_writer *w, const char *text, size_t len);

void json_put_int(struct json_writer *w, int64_t v);
void json_put_uint(struct json_writer *w, uint64_t v);
void json_put_bool(struct json_writer *w, bool v);
void json_put_null(struct json_writer *w);

/* The shortest text that reads back as `v`, with a '.' or an exponent; NaN and the
 * infinities, which JSON lacks, become null. */
void json_put_double(struct json_writer *w, double v);

/* Bytes as a string of base64 (RFC 4648 section 4, padded). */
void json_put_base64(struct json_writer *w, const void *data, size_t len);

/* Room for `n` more bytes; false sets the error. */
static inline bool json_has_room(struct json_writer *w, size_t n)
{
    if (w->st == ST_OK && w->out->cap - w->out->len < n)
        w->st = buf_reserve(w->out, n);
    return w->st == ST_OK;
}

/* The room must be there. `end`: '\0' is none. */
static inline void json_put_quoted(struct json_writer *w, const char *text, size_t len,
                                   char end)
{
    uint8_t *to = w->out->data + w->out->len;
    if (w->needs_comma)
        *to++ = ',';
    *to++ = '"';
    memcpy(to, text, len);
    to += len;
    *to++ = '"';
    if (end != '\0')
        *to++ = (uint8_t)end;
    w->out->len = (size_t)(to - w->out->data);
    w->needs_comma = end == '\0';
}

#define JSON_AROUND 4 /* a comma, two quotes, a colon */

static inline void json_put_plain_key(struct json_writer *w, const char *text, size_t len)
{
    if (json_has_room(w, len + JSON_AROUND))
        json_put_quoted(w, text, len, ':');
}

static inline void json_put_plain(struct json_writer *w, const char *text, size_t len)
{
    if (json_has_room(w, len + JSON_AROUND))
        json_put_quoted(w, text, len, '\0');
}

#endif
