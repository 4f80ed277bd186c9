#include "core/registration.h"

#define S(state) (1U << RDAP_##state)

#define OUT_OF_DNS (S(CLIENT_HOLD) | S(SERVER_HOLD) | S(INACTIVE))

static struct verdict in_phase(enum phase phase)
{
    return (struct verdict){.kind = VERDICT_PHASE, .phase = phase};
}

struct verdict registration_judge(bool is_free, uint32_t states)
{
    struct verdict v;
    if (is_free) {
        v = in_phase(PHASE_RELEASED);
        v.unverify = v.block_reset = true;
        v.reason = REASON_AVAILABLE;
        return v;
    }
    if (states & S(PENDING_RESTORE))
        return in_phase(PHASE_HELD);
    if (states & S(REDEMPTION)) {
        v = in_phase(PHASE_REDEMPTION);
        v.unverify = v.must_hold = true;
        v.reason = REASON_EXPIRING;
        return v;
    }
    if (states & S(PENDING_DELETE)) {
        v = in_phase(PHASE_PENDING_DELETE);
        v.unverify = true;
        v.reason = REASON_DELETING;
        return v;
    }
    return in_phase(states & OUT_OF_DNS ? PHASE_HELD : PHASE_ACTIVE);
}

struct verdict registration_judge_reply(const struct rdap_reply *reply)
{
    if (reply->outcome != STATUS_ANSWERED)
        return (struct verdict){.kind = VERDICT_DOUBT};
    return registration_judge(reply->is_free, reply->states);
}
