/* Account events: the bytes of one bus message in, a list of plain events out.
 *
 * The last tokens of the subject name the event; the payload is a map in msgpack or JSON
 * (told apart by Content-Type, else by the first byte), bare or in a CloudEvents envelope
 * (binary mode: attributes in ce-* headers; structured mode: application/cloudevents+json,
 * the map under "data"). Where the fleet keeps each field is configured as a dotted path.
 *
 * Everything here is hostile: sizes, nesting and counts are checked before they are used.
 */
#ifndef UVD_PROTO_ACCOUNT_EVENT_H
#define UVD_PROTO_ACCOUNT_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/address.h"

enum account_event_type {
    EVENT_VERIFIED,    /* account, address; time, mfa, other_verified if given */
    EVENT_REMOVED,     /* account, address (email.removed, email.unverified) */
    EVENT_MFA_CHANGED, /* account, mfa */
    EVENT_DELETED,     /* account */
    EVENT_SNAPSHOT,    /* only as the type of a message; its list holds EVENT_VERIFIED */
    EVENT_OTHER,       /* a subject that names none of these: ignored and counted */
    EVENT_TYPE_COUNT
};

/* "email.verified", "email.removed", ... ; static. */
const char *account_event_type_text(enum account_event_type t);

/* The event a subject names by its last tokens, whole ones and in their case. email.deleted
 * and mfa.deleted are EVENT_OTHER: it is not the account that went. */
enum account_event_type account_event_type_of(const char *subject);

/* Why an event can't be used: the value of Unverifyd-Reason and of the metric's label. */
#define EVENT_FAULT_MAP(X)                                                                 \
    X(FAULT_NONE, "none")                                                                  \
    X(FAULT_MALFORMED, "malformed") /* not msgpack, not JSON, cut, trailing */             \
    X(FAULT_TOO_DEEP, "too_deep")                                                          \
    X(FAULT_NOT_A_MAP, "not_a_map")                                                        \
    X(FAULT_MISSING_ACCOUNT, "missing_account")                                            \
    X(FAULT_BAD_ACCOUNT, "bad_account")                                                    \
    X(FAULT_MISSING_EMAIL, "missing_email")                                                \
    X(FAULT_BAD_EMAIL, "bad_email") /* not text, not UTF-8, no local part */               \
    X(FAULT_EMAIL_TOO_LONG, "email_too_long")                                              \
    X(FAULT_NO_DOMAIN, "no_domain")                                                        \
    X(FAULT_ADDRESS_LITERAL, "address_literal")                                            \
    X(FAULT_BAD_DOMAIN, "bad_domain")          /* label or name rules, or not IDNA */      \
    X(FAULT_SPECIAL_USE, "special_use_domain") /* RFC 6761 and kin: never in public DNS */ \
    X(FAULT_PUBLIC_SUFFIX, "public_suffix")    /* the domain is itself a suffix */         \
    X(FAULT_BAD_TIME, "bad_time")                                                          \
    X(FAULT_BAD_MFA, "bad_mfa")                                                            \
    X(FAULT_BAD_OTHER_VERIFIED, "bad_other_verified")                                      \
    X(FAULT_MISSING_MFA, "missing_mfa")                                                    \
    X(FAULT_MISSING_EMAILS, "missing_emails")                                              \
    X(FAULT_BAD_EMAILS, "bad_emails") /* "emails" is no array */

enum event_fault {
#define X(name, text) name,
    EVENT_FAULT_MAP(X)
#undef X
        FAULT_COUNT
};

const char *event_fault_text(enum event_fault f);

/* An account as the fleet names it: text of 1-128 bytes, or an integer, which is kept as
 * its decimal digits. The text "7" and the integer 7 are two accounts. */
struct account_id {
    const char *text; /* not NUL-terminated */
    uint8_t len;
    bool is_int;
};
#define ACCOUNT_ID_MAX 128

/* A nil, and a key that is not there, are TRI_UNKNOWN; only mfa.changed insists on the key.
 * mfa: true, false, 1, 0. other_verified: true, false, or how many there are. */
enum tristate { TRI_UNKNOWN, TRI_NO, TRI_YES };

struct account_event {
    enum account_event_type type;
    struct account_id account;
    struct address address; /* EVENT_VERIFIED and EVENT_REMOVED */
    bool has_time;
    int64_t time_ms; /* wall clock, when the address was verified */
    enum tristate mfa;
    enum tristate other_verified;
};

/* Where the fleet's events keep each field: dotted paths through maps, e.g.
 * "data.user.email". At most EVENT_PATH_DEPTH tokens and EVENT_PATH_MAX bytes each; a
 * longer one finds nothing, nor does a key that holds a '.' itself. Borrowed by the decoder
 * for its whole life. */
struct event_schema {
    const char *account, *email, *time, *mfa, *other_verified;
};
#define EVENT_PATH_DEPTH 8
#define EVENT_PATH_MAX 240
extern const struct event_schema event_schema_default;

/* One message of the bus. Everything is borrowed for the call.
 *
 * content_type: any type that ends in /json or +json is JSON, in /msgpack, /x-msgpack,
 * /vnd.msgpack or +msgpack is msgpack, whatever its case and parameters; for any other the
 * first byte decides. application/cloudevents+json and +msgpack are envelopes (CloudEvents
 * 1.0, structured mode): the map is under "data"; "data_base64" is refused. */
struct event_input {
    const char *subject;
    const uint8_t *payload;
    size_t len;
    const char *content_type; /* NULL when the message has none */
};

struct event_list {
    enum account_event_type type; /* what the subject named */
    const struct account_event *at;
    size_t n;
    /* A fault of the whole message (n is 0), or the first of a snapshot's faulty entries
     * (the good ones are in the list). `detail` says what is wrong, where, and what is
     * allowed; it never quotes a local part. */
    enum event_fault fault;
    size_t faulty; /* entries, 0 or 1 but for a snapshot */
    char detail[160];
};

struct event_decoder;

/* `schema` is borrowed and must outlive the decoder. NULL only when out of memory. */
struct event_decoder *event_decoder_new(const struct event_schema *schema,
                                        struct suffix_list *suffixes);
void event_decoder_free(struct event_decoder *d);

/* Decode one message, in time linear in its length. Unknown fields are ignored, of a key
 * that comes twice the last counts. `out` and all it points to belong to the decoder and to
 * `in`'s payload, and are good until the next call or until the payload is freed. return
 * ST_OK: `out` filled, also when it holds a fault or is of type EVENT_OTHER; ST_NOMEM:
 * nothing known about the message, try again */
enum status event_decode(struct event_decoder *d, const struct event_input *in,
                         struct event_list *out);

#endif
