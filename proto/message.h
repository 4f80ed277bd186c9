/* Messages out: plain values in, msgpack or JSON bytes out. One list of fields serves both
 * formats. Shapes are fixed by the product's contract (README, "Messages"). */
#ifndef UVD_PROTO_MESSAGE_H
#define UVD_PROTO_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/status.h"
#include "proto/account_event.h"
#include "proto/vocab.h"

enum wire_format { WIRE_MSGPACK, WIRE_JSON };

/* "application/vnd.msgpack" or "application/json"; static. */
const char *wire_format_content_type(enum wire_format f);

/* What a decision rests on. Texts are NUL-terminated and borrowed. */
struct dns_evidence {
    enum dns_outcome outcome;
    const char *soa;      /* owner of the SOA in the answer; "" when there was none */
    const char *resolver; /* "ip:port" that answered */
    int64_t at_s;         /* seconds since 1970 */
};

struct status_evidence {
    const char *provider; /* "domainr" */
    /* As answered, space-separated, in the answer's order; NULL: the provider is the
     * registry itself, its tokens are the states of `rdap`. */
    const char *words;
    int http;
    uint32_t elapsed_ms;
    int64_t at_s;
};

struct rdap_evidence {
    const char *server;   /* host of the registry's server */
    const char *states;   /* as answered, commas between them; "" with a 404 */
    int64_t registered_s; /* 0: not told, nil */
    int64_t expires_s;    /* likewise */
    int http;
    uint32_t elapsed_ms;
    int64_t at_s;
};

struct evidence {
    const struct dns_evidence *dns;       /* NULL: nil in the message */
    const struct status_evidence *status; /* NULL: nil */
    const struct rdap_evidence *rdap;     /* NULL: nil */
    const char *policy;                   /* preset */
    int64_t confirmed_since_s;            /* 0: nil */
};

/* The body of email.unverify and email.block_reset. */
struct unverify_message {
    const char *id;
    struct account_id account;
    const char *email;
    size_t email_len;
    const char *domain;
    enum phase phase;
    enum reason reason;
    bool block_password_reset;
    enum risk risk;
    struct evidence evidence;
    int64_t decided_at_s;
};

/* The body of email.domain.phase, .recovered and .held (which adds `rail`). */
struct domain_message {
    const char *domain;
    enum phase from, to;
    uint32_t accounts;
    struct evidence evidence;
    int64_t at_s;
    const char *rail; /* NULL: no such key */
};

/* A growable buffer of bytes. Zero-initialise; free with buf_free. Reuse resets `len`. On
 * ST_NOMEM the content is what it was. */
struct buf {
    uint8_t *data;
    size_t len, cap;
};
enum status buf_append(struct buf *b, const void *data, size_t len);
/* Make room for `more` bytes behind `len`, for who writes them there himself. */
enum status buf_reserve(struct buf *b, size_t more);
void buf_free(struct buf *b);

/* Encode into `out` (its old content is dropped). ST_NOMEM leaves `out` empty. */
enum status message_encode_unverify(const struct unverify_message *m, enum wire_format f,
                                    struct buf *out);
enum status message_encode_domain(const struct domain_message *m, enum wire_format f,
                                  struct buf *out);

/* Any msgpack value (one of ours, or anything else) to one line of JSON without a newline.
 * Bounded: depth, counts and lengths are checked against the bytes that are left.
 *
 *   msgpack               JSON
 *   int, uint             the number, exact
 *   float                 the shortest number that reads back the same; NaN, Inf: null
 *   str                   string; what is not UTF-8 becomes U+FFFD, a byte at a time
 *   bin                   string, base64 (RFC 4648 section 4)
 *   ext                   {"ext":type,"data":base64}
 *   map key, not a str    its JSON text as a string: 7 is "7", [1] is "[1]"
 *
 *   out     its old content is dropped; empty unless ST_OK
 *   return  ST_MALFORMED: not exactly one msgpack value; ST_FULL: nested deeper than 32, or
 * a map or array as a key within such a key (its text would double with each level of
 * quotes); ST_NOMEM */
enum status message_to_json(const uint8_t *data, size_t len, struct buf *out);

/* Seconds since 1970 as RFC 3339 UTC, second precision, NUL-terminated. Years 1970-9999;
 * what lies outside becomes the first or the last second of these. */
void rfc3339_format(int64_t seconds, char out[RFC3339_SIZE]);

/* RFC 3339 text, any offset and fraction, to milliseconds since 1970 (finer is dropped).
 * Upper or lower case, a space for the 'T'; second 60 is the next minute's 0. `ms` changes
 * only on success. */
bool rfc3339_parse(const char *text, size_t len, int64_t *ms);

#endif
