#include "core/decide.h"

#include "base/must.h"

struct decision decide(enum phase from, uint32_t since, const struct verdict *verdict,
                       uint32_t now, uint32_t confirm_s)
{
    MUST(verdict->kind == VERDICT_PHASE);
    struct decision d = {.to = verdict->phase, .since = since};
    if (d.to != from) {
        d.moved = true;
        d.since = now;
        d.tell_move = !(from == PHASE_NEW && d.to == PHASE_ACTIVE);
        d.recovered = phase_is_bad(from) && !phase_is_bad(d.to);
    }
    /* Not as a difference: the wall clock may have been set back behind `since`. */
    bool has_held = !verdict->must_hold || now >= (uint64_t)d.since + confirm_s;
    d.unverify = verdict->unverify && has_held;
    d.block = verdict->block_reset && has_held;
    return d;
}

enum reason decide_reason(enum phase p)
{
    switch (p) {
    case PHASE_REDEMPTION:
        return REASON_EXPIRING;
    case PHASE_PENDING_DELETE:
        return REASON_DELETING;
    case PHASE_RESURRECTED:
        return REASON_REREGISTERED;
    case PHASE_RELEASED:
        return REASON_AVAILABLE;
    case PHASE_NEW:
    case PHASE_ACTIVE:
    case PHASE_CANDIDATE:
    case PHASE_HELD:
    case PHASE_UNREGISTRABLE:
    case PHASE_NOT_A_NAME:
    case PHASE_PRIVATE:
    case PHASE_EXEMPT:
    case PHASE_COUNT:
        break;
    }
    return REASON_PRESET;
}

enum risk decide_risk(enum tristate mfa, enum tristate other_verified)
{
    if (mfa == TRI_NO && other_verified == TRI_NO)
        return RISK_CRITICAL;
    if (mfa == TRI_YES && other_verified == TRI_YES)
        return RISK_MODERATE;
    return RISK_HIGH;
}
