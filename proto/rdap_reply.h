/* A registry's own word about one domain: an RDAP answer (RFC 7480, 9083), read into the
 * states of the registration (RFC 8056 maps EPP's and the grace periods' of RFC 3915 to
 * them) and the day on which it began. */
#ifndef UVD_PROTO_RDAP_REPLY_H
#define UVD_PROTO_RDAP_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/status_reply.h"
#include "proto/vocab.h"

/* The states that say where a registration is in its life; all others (the prohibitions,
 * "active", "locked", ...) only say that there is one. */
#define RDAP_STATE_MAP(X)                                                                  \
    X(RDAP_REDEMPTION, "redemption period")                                                \
    X(RDAP_PENDING_DELETE, "pending delete")                                               \
    X(RDAP_PENDING_RESTORE, "pending restore")                                             \
    X(RDAP_CLIENT_HOLD, "client hold")                                                     \
    X(RDAP_SERVER_HOLD, "server hold")                                                     \
    X(RDAP_AUTO_RENEW, "auto renew period")                                                \
    X(RDAP_ADD_PERIOD, "add period")                                                       \
    X(RDAP_INACTIVE, "inactive") /* no name servers; not the status API's `inactive` */

enum rdap_state {
#define X(name, text) name,
    RDAP_STATE_MAP(X)
#undef X
        RDAP_STATE_COUNT
};

const char *rdap_state_text(enum rdap_state s);

#define RDAP_SERVER_SIZE 64

struct rdap_reply {
    enum status_outcome outcome; /* STATUS_ANSWERED: what follows up to `server` counts */
    bool is_free;                /* 404, from the server that is responsible for it */
    uint32_t states;             /* 1 << enum rdap_state */
    int64_t registered_s; /* seconds since 1970: the registration's day; 0: not told */
    int64_t expires_s;    /* likewise */
    char words[STATUS_TEXT_SIZE]; /* the states as answered, ", " between them, maybe cut */
    char server[RDAP_SERVER_SIZE]; /* host that answered; "" when none did */
    int http;                      /* 0 when there was no answer */
    uint32_t elapsed_ms;
    uint32_t retry_after_s; /* from Retry-After on 429 and 5xx; 0 when absent */
    char detail[120];       /* for the log: what was wrong; escaped by the log */
};

/* Read what came over HTTP about `domain` (A-labels). Everything of `out` but `server` is
 * set.
 *
 * `is_responsible`: the answer comes from a server that the bootstrap file names for the
 * domain. Only then is 404 the registry's word that the name is free (RFC 7480 5.3), and
 * only when RDAP speaks: application/rdap+json, with an empty body or an object, or another
 * JSON type with "errorCode":404 in the object. A page of a gateway, or its 404 with no
 * body and no type, is STATUS_CLIENT_ERROR.
 *
 * 401 and 403 are STATUS_UNAUTHORIZED though there is no key: that one server wants none of
 * us. `errorCode` with 200 is STATUS_BODY_ERRORS; what is not about this domain, or not the
 * shape of RFC 9083, is STATUS_MALFORMED. A date that can't be read is not told. */
void rdap_reply_read(const struct http_answer *a, const char *domain, bool is_responsible,
                     struct rdap_reply *out);

/* End with an outcome other than STATUS_ANSWERED; `detail` is copied and cut. */
void rdap_reply_fault(struct rdap_reply *out, enum status_outcome outcome,
                      const char *detail);

#endif
