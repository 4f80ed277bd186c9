/* Which resolvers can be relied on, and which of them is asked next.
 *
 *   UNTESTED ── canaries pass ──► GOOD ── fails where others answer ──► UNTESTED, or SILENT
 *      ▲                           │ ▲                                  without canaries
 *      │ nothing was asked         │ └── canaries pass ── SILENT, DENIES, INVENTS
 *      └── for a minute ───────────┤                       ▲
 *                                  └── a canary fails, ────┘
 *                                      or its denials are contradicted
 *
 * Canaries are two questions whose answers are known: a name that exists and one, made up
 * anew each time, that doesn't. They are put before a round of questions and every minute
 * in one. A resolver that fails is set aside and tested again with back-off; nothing it
 * denies counts meanwhile. When all are set aside they are asked all the same: a name that
 * one of them shows is there, and the rest is doubt.
 *
 * A domain whose own name servers are broken looks broken at every resolver. So a resolver
 * fails only where another one has answered. Pure arithmetic on times that are passed in.
 */
#ifndef UVD_CORE_RESOLVERS_H
#define UVD_CORE_RESOLVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "proto/vocab.h"

#define RESOLVERS_MAX 16U

enum resolver_state {
    RESOLVER_UNTESTED, /* its canaries are not back: not asked before */
    RESOLVER_GOOD,
    /* set aside: */
    RESOLVER_SILENT,  /* no answer of use */
    RESOLVER_DENIES,  /* denied what exists */
    RESOLVER_INVENTS, /* showed what does not exist */
};

/* The two canary questions. */
enum canary_kind { CANARY_EXISTING, CANARY_ABSENT, CANARY_KINDS };

struct canary_test {
    bool is_on;
    uint8_t todo, out, passed; /* bits, by kind */
    uint8_t tries[CANARY_KINDS];
};

struct resolver {
    enum resolver_state state;
    enum resolver_state told; /* what was said of it last: see resolvers_news */
    uint32_t failures;        /* share of its latest questions, of RESOLVER_SHARE_ALL */
    uint32_t lies;            /* share of its latest denials, likewise */
    uint32_t asides;          /* times it was set aside, in a row */
    bool is_on_trial;         /* without canaries: it has been asked though set aside */
    struct mono_ms look_at;   /* when it is tested, or without canaries tried, next */
    struct mono_ms passed_at; /* when it last passed */
    struct canary_test test;
    uint64_t contradicted; /* denials that another resolver contradicted; only rises */
};

#define RESOLVER_SHARE_ALL 65536U

struct resolvers {
    uint32_t n;
    uint32_t turn; /* whose turn it is */
    bool has_canaries;
    struct resolver at[RESOLVERS_MAX];
};

/* `n`: 1 .. RESOLVERS_MAX. With canaries each is untested, without all are good. */
void resolvers_init(struct resolvers *r, uint32_t n, bool has_canaries, struct mono_ms now);

/* A round of questions begins after none were out: who was not tested within the last
 * minute is so first. */
void resolvers_wake(struct resolvers *r, struct mono_ms now);

/* Who may be asked now, as bits: the good ones; without any, and none to be tested, all. 0:
 * the canaries will tell. Without canaries one that was set aside is among them when its
 * time has come. */
uint32_t resolvers_usable(const struct resolvers *r, struct mono_ms now);

/* Whose denials count, as bits; and whose may count soon: their canaries are out. */
uint32_t resolvers_good(const struct resolvers *r);
uint32_t resolvers_in_test(const struct resolvers *r);

/* One of `among` (bits, not 0), each in turn. It is being asked. */
uint32_t resolvers_take(struct resolvers *r, uint32_t among, struct mono_ms now);

/* Does what this resolver says count as an answer? */
bool resolvers_believe(const struct resolvers *r, uint32_t i, enum dns_outcome outcome);

/* What was learned from a name: resolver `i` answered; it had no answer where another one
 * had; what it denied was denied by another one, or was there. */
void resolvers_answered(struct resolvers *r, uint32_t i, struct mono_ms now);
void resolvers_failed(struct resolvers *r, uint32_t i, struct mono_ms now);
void resolvers_confirmed(struct resolvers *r, uint32_t i);
void resolvers_contradicted(struct resolvers *r, uint32_t i, struct mono_ms now);

/* Canaries -------------------------------------------------------------------------------
 */

struct canary_question {
    uint32_t resolver;
    enum canary_kind kind;
    uint32_t attempt; /* 0, 1, .. : with each, another existing name may be taken */
};

/* The next canary question to put now; false: none. Its answer is to be given to
 * resolvers_canary_done, however long it takes. */
bool resolvers_canary(struct resolvers *r, struct mono_ms now, struct canary_question *out);
void resolvers_canary_done(struct resolvers *r, uint32_t i, enum canary_kind kind,
                           enum dns_outcome outcome, struct mono_ms now);

/* Test those that are good now and not when their time comes, and: is any test still under
 * way, or due? Without canaries there are none. */
void resolvers_test_now(struct resolvers *r, struct mono_ms now);
bool resolvers_are_testing(const struct resolvers *r, struct mono_ms now);

/* What is to be said of resolver `i`: that it has been set aside, and why (its state), or
 * that it is back. Each is told once. */
enum resolver_news { RESOLVER_NO_NEWS, RESOLVER_IS_ASIDE, RESOLVER_IS_BACK };
enum resolver_news resolvers_news(struct resolvers *r, uint32_t i);

/* For the log and metrics: "good", "silent" ... */
const char *resolver_state_text(enum resolver_state s);

/* 20 letters and the suffix of `existing`: a name that nobody has registered. `chance`: as
 * many bytes from a good generator. `out` has room for DOMAIN_SIZE.
 *   return  false: too long */
#define CANARY_LETTERS 20U
bool canary_name(const char *suffix, const uint8_t chance[CANARY_LETTERS], char *out);

#endif
