/* From a verdict to what follows from it, given where the domain stood: pure. */
#ifndef UVD_CORE_DECIDE_H
#define UVD_CORE_DECIDE_H

#include "core/policy.h"
#include "core/watch.h"
#include "proto/account_event.h"

struct decision {
    enum phase to;
    uint32_t since; /* seconds: since when the domain is in that phase */
    bool moved;     /* the phase is another one than before */
    bool tell_move; /* ... and that is news: email.domain.phase */
    bool recovered; /* it left a bad phase: email.domain.recovered */
    bool unverify;  /* its addresses are to be unverified, now */
    bool block;     /* ... and their password resets blocked */
};

/* `verdict` must be a VERDICT_PHASE. A verdict that must hold is acted on once the phase
 * has been seen for `confirm_s` seconds. The first look that finds a domain in order is no
 * news. */
struct decision decide(enum phase from, uint32_t since, const struct verdict *verdict,
                       uint32_t now, uint32_t confirm_s);

/* The reason that goes with a bad phase in messages. */
enum reason decide_reason(enum phase p);

/* What losing an address would mean: critical without a second factor and without another
 * verified address, moderate with both, high else (unknown counts as missing one). */
enum risk decide_risk(enum tristate mfa, enum tristate other_verified);

#endif
