/* The words this service speaks with: phases, reasons, outcomes. Each list yields the enum
 * and the text that appears in messages, metrics and logs, so they cannot drift apart. */
#ifndef UVD_PROTO_VOCAB_H
#define UVD_PROTO_VOCAB_H

#include <stdbool.h>

/* Where a domain stands in the life of its registration (ICANN Expired Registration
 * Recovery Policy; RFC 3915 for the redemption and pending delete periods). */
#define PHASE_MAP(X)                                                                       \
    X(PHASE_NEW, "new")                       /* no completed check yet */                 \
    X(PHASE_ACTIVE, "active")                 /* registered */                             \
    X(PHASE_CANDIDATE, "candidate")           /* gone from DNS; no registry to ask */      \
    X(PHASE_HELD, "held")                     /* registered, taken out of DNS */           \
    X(PHASE_REDEMPTION, "redemption")         /* deleted, its holder may restore it */     \
    X(PHASE_PENDING_DELETE, "pending_delete") /* deleted for good, not yet free */         \
    X(PHASE_RELEASED, "released")             /* free for anyone to register */            \
    X(PHASE_RESURRECTED, "resurrected")       /* registered again by someone */            \
    X(PHASE_UNREGISTRABLE, "unregistrable")   /* free, but nobody can take it */           \
    X(PHASE_NOT_A_NAME, "not_registrable") /* the registry says: no such kind of name */   \
    X(PHASE_PRIVATE, "private_suffix")     /* below a private suffix: only reported */     \
    X(PHASE_EXEMPT, "exempt")              /* webmail: counted, never checked */

enum phase {
#define X(name, text) name,
    PHASE_MAP(X)
#undef X
        PHASE_COUNT
};

#define REASON_MAP(X)                                                                      \
    X(REASON_EXPIRING, "domain_expiring")                                                  \
    X(REASON_DELETING, "domain_deleting")                                                  \
    X(REASON_AVAILABLE, "domain_available")                                                \
    X(REASON_REREGISTERED, "domain_reregistered")                                          \
    X(REASON_PRESET, "preset_match")

enum reason {
#define X(name, text) name,
    REASON_MAP(X)
#undef X
        REASON_COUNT
};

/* What losing the address would mean for the account. */
#define RISK_MAP(X)                                                                        \
    X(RISK_CRITICAL, "critical") /* no second factor and no other verified address */      \
    X(RISK_HIGH, "high")         /* one of the two missing or unknown */                   \
    X(RISK_MODERATE, "moderate")

enum risk {
#define X(name, text) name,
    RISK_MAP(X)
#undef X
        RISK_COUNT
};

/* What DNS said about a registrable domain. The first four and DNS_PARKED are answers; all
 * others are doubt: they are asked again and are never evidence of anything. The numbers
 * are kept in the log: a new outcome goes to the end. */
#define DNS_OUTCOME_MAP(X)                                                                 \
    X(DNS_DELEGATED, "delegated")         /* NS records, or a referral to them */          \
    X(DNS_EXISTS, "exists")               /* no NS, but the SOA is the domain's own */     \
    X(DNS_ABSENT, "absent")               /* NXDOMAIN */                                   \
    X(DNS_NOT_DELEGATED, "not_delegated") /* no data, SOA owner above the domain */        \
    X(DNS_SERVFAIL, "servfail")                                                            \
    X(DNS_REFUSED, "refused") /* REFUSED and every other rcode */                          \
    X(DNS_TIMEOUT, "timeout")                                                              \
    X(DNS_LAME, "lame")               /* no data and no SOA, or an upward referral */      \
    X(DNS_GARBAGE, "garbage")         /* not an answer to the question */                  \
    X(DNS_UNREACHABLE, "unreachable") /* nothing could be sent */                          \
    X(DNS_CANCELED, "canceled")                                                            \
    X(DNS_UNCONFIRMED, "unconfirmed")   /* one denied it, and no other could be asked */   \
    X(DNS_CONTRADICTED, "contradicted") /* one denied it, another one has it */            \
    X(DNS_DISTRUSTED, "distrusted")     /* from a resolver that fails its canaries */      \
    X(DNS_SYNTHESIZED, "synthesized")   /* its suffix answers for every name there is */   \
    X(DNS_PARKED, "parked") /* NS records, of servers that mark an expired name */

enum dns_outcome {
#define X(name, text) name,
    DNS_OUTCOME_MAP(X)
#undef X
        DNS_OUTCOME_COUNT
};

/* How a question to the status API ended. Only STATUS_ANSWERED carries words; every other
 * outcome is doubt. */
#define STATUS_OUTCOME_MAP(X)                                                              \
    X(STATUS_ANSWERED, "answered")                                                         \
    X(STATUS_UNAUTHORIZED, "unauthorized") /* 401, 403: the key */                         \
    X(STATUS_THROTTLED, "throttled")       /* 429 */                                       \
    X(STATUS_CLIENT_ERROR, "client_error") /* other 4xx */                                 \
    X(STATUS_SERVER_ERROR, "server_error") /* 5xx, and 3xx, which the API never sends */   \
    X(STATUS_BODY_ERRORS, "body_errors")   /* 200 with "errors" */                         \
    X(STATUS_EMPTY, "empty")               /* 200 with an empty list or no words */        \
    X(STATUS_MALFORMED, "malformed")     /* not the documented shape, or another domain */ \
    X(STATUS_BEST_EFFORT, "best_effort") /* the API's own time-out dressed as an answer */ \
    X(STATUS_TIMEOUT, "timeout")                                                           \
    X(STATUS_UNREACHABLE, "unreachable") /* connect, TLS, cut */                           \
    X(STATUS_CANCELED, "canceled")

enum status_outcome {
#define X(name, text) name,
    STATUS_OUTCOME_MAP(X)
#undef X
        STATUS_OUTCOME_COUNT
};

/* The safety rails: why a decision is held instead of acted on. */
#define RAIL_MAP(X)                                                                        \
    X(RAIL_HOUR, "max_unverify_per_hour") /* too many within an hour */                    \
    X(RAIL_SHARE, "max_unverify_share")   /* too many of all that are watched */           \
    X(RAIL_ACCOUNTS, "max_accounts_per_domain")                                            \
    X(RAIL_SUFFIX_DARK, "suffix_dark") /* much of its suffix went at once */

enum rail {
#define X(name, text) name,
    RAIL_MAP(X)
#undef X
        RAIL_COUNT
};

/* Texts of the above; static. The argument must be a member of the list. */
const char *phase_text(enum phase p);
const char *reason_text(enum reason r);
const char *risk_text(enum risk r);
const char *dns_outcome_text(enum dns_outcome o);
const char *rail_text(enum rail r);
const char *status_outcome_text(enum status_outcome o);

/* Does the outcome say that the name is not in its registry's zone? */
static inline bool dns_outcome_is_candidate(enum dns_outcome o)
{
    return o == DNS_ABSENT || o == DNS_NOT_DELEGATED;
}

/* Is the outcome no answer at all? */
static inline bool dns_outcome_is_doubt(enum dns_outcome o)
{
    return o > DNS_NOT_DELEGATED && o != DNS_PARKED;
}

/* Is the registry to be asked? A parked name is in its zone, but is said to have expired:
 * that alone is no evidence. */
static inline bool dns_outcome_wants_status(enum dns_outcome o)
{
    return dns_outcome_is_candidate(o) || o == DNS_PARKED;
}

#endif
