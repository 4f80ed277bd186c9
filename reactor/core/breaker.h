/* Whether the status API may be asked at all. Pure: answers and times in, a state out.
 *
 *            a key refused, or too many errors          the pause is over, all is answered
 *   CLOSED ──────────────────────────────────► OPEN ──────────────────────────► PROBING
 *      ▲                                        ▲  one question goes out            │ │
 *      │                                        └───────────────────────────────────┘ │
 *      │                                          it fails: a longer pause            │
 *      └──────────────────────────────────────────────────────────────────────────────┘
 *                                                 it is answered
 *
 * Opening is an alarm. A busy API (429, Retry-After) is none: see pace.h. */
#ifndef UVD_CORE_BREAKER_H
#define UVD_CORE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "proto/status_reply.h"

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING };

enum breaker_cause {
    BREAKER_NO_CAUSE,
    BREAKER_KEY,    /* 401, 403: asking on is of no use, and may look like an attack */
    BREAKER_ERRORS, /* half of the last questions met an error of the API, or all of them
                       were left without an answer, in whatever way */
};

struct breaker {
    enum breaker_state state;
    enum breaker_cause cause;  /* of the pause */
    uint64_t pause_ms;         /* the present one, or the last; 0: words came since */
    struct mono_ms until;      /* the end of the pause */
    uint32_t errors, wordless; /* the last answers, a bit each, the newest lowest */
};

void breaker_init(struct breaker *b);

/* Milliseconds until a question may go out; UINT64_MAX: when all that are out, `in_flight`,
 * have been answered. */
uint64_t breaker_wait(const struct breaker *b, uint32_t in_flight, struct mono_ms mono);

/* A question goes out: breaker_wait has been 0. */
void breaker_asked(struct breaker *b);

enum breaker_news {
    BREAKER_STAYS,
    BREAKER_OPENS, /* or opens for another cause, that weighs more */
    BREAKER_CLOSES
};

/* Learn from an answer. Pauses: ten minutes for a key, doubling to an hour; half a minute
 * for errors, doubling to ten. */
enum breaker_news breaker_observe(struct breaker *b, const struct status_reply *reply,
                                  struct mono_ms mono);

/* "key_refused", "errors", "none". Static. */
const char *breaker_cause_text(enum breaker_cause c);

#endif
