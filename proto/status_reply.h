/* The status API's answers: HTTP code, type and body in, words or a kind of doubt out.
 *
 * The words are Domainr's documented vocabulary (domainr.com/docs/api/v2/status); they are
 * ordered, the right-most weighs most. Words never seen before are kept and set
 * `has_unseen`. */
#ifndef UVD_PROTO_STATUS_REPLY_H
#define UVD_PROTO_STATUS_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/vocab.h"

#define STATUS_WORD_MAP(X)                                                                 \
    X(WORD_UNKNOWN, "unknown")                                                             \
    X(WORD_UNDELEGATED, "undelegated")                                                     \
    X(WORD_INACTIVE, "inactive")                                                           \
    X(WORD_PENDING, "pending")                                                             \
    X(WORD_DISALLOWED, "disallowed")                                                       \
    X(WORD_CLAIMED, "claimed")                                                             \
    X(WORD_RESERVED, "reserved")                                                           \
    X(WORD_DPML, "dpml")                                                                   \
    X(WORD_INVALID, "invalid")                                                             \
    X(WORD_ACTIVE, "active")                                                               \
    X(WORD_PARKED, "parked")                                                               \
    X(WORD_MARKETED, "marketed")                                                           \
    X(WORD_EXPIRING, "expiring")                                                           \
    X(WORD_DELETING, "deleting")                                                           \
    X(WORD_PRICED, "priced")                                                               \
    X(WORD_TRANSFERABLE, "transferable")                                                   \
    X(WORD_PREMIUM, "premium")                                                             \
    X(WORD_SUFFIX, "suffix")                                                               \
    X(WORD_ZONE, "zone")                                                                   \
    X(WORD_TLD, "tld")                                                                     \
    X(WORD_UNREGISTRABLE, "unregistrable")

enum status_word {
#define X(name, text) name,
    STATUS_WORD_MAP(X)
#undef X
        WORD_COUNT,
    WORD_NONE = WORD_COUNT
};

const char *status_word_text(enum status_word w);

struct status_words {
    uint32_t set;          /* 1 << enum status_word */
    enum status_word last; /* right-most; WORD_NONE when unseen or none */
    bool has_unseen;
};

#define STATUS_TEXT_SIZE 160

/* Parse a space-separated list of words. Case-insensitive. */
struct status_words status_words_parse(const char *text);

struct status_reply {
    enum status_outcome outcome;
    int http; /* 0 when there was no answer */
    uint32_t elapsed_ms;
    uint32_t retry_after_s;       /* from Retry-After on 429 and 5xx; 0 when absent */
    char words[STATUS_TEXT_SIZE]; /* as answered; "" unless STATUS_ANSWERED */
    char detail[120]; /* for the log: what was wrong; escaped by the log, never secret */
};

/* What came over HTTP. Borrowed for the call. */
struct http_answer {
    int http;
    const char *content_type; /* "" when absent */
    const char *body;
    size_t len;
    uint32_t elapsed_ms;
    uint32_t retry_after_s;
};

/* Domainr v2: {"status":[{"domain":..,"status":"undelegated inactive",..}]}; errors as
 * {"message":..} or {"status":[],"errors":[..]}. `domain` is the name that was asked.
 * An answer after 25 s or more that says only `unknown` or `undelegated` is the API's own
 * 30 s time-out: STATUS_BEST_EFFORT. */
void status_reply_domainr(const struct http_answer *a, const char *domain,
                          struct status_reply *out);

/* Fastly: {"domain":..,"status":"undelegated inactive",..}; errors as problem+json (RFC
 * 9457) or as Domainr's. The same rule for what comes after 25 s; an answer that calls
 * itself an estimate is STATUS_BEST_EFFORT as well. */
void status_reply_fastly(const struct http_answer *a, const char *domain,
                         struct status_reply *out);

#endif
