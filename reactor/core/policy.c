#include "core/policy.h"

#define W(word) (1U << WORD_##word)

#define NOT_A_NAME (W(INVALID) | W(SUFFIX) | W(ZONE) | W(TLD))
#define REGISTERED (W(ACTIVE) | W(PARKED) | W(MARKETED) | W(PRICED) | W(TRANSFERABLE))
#define UNREGISTRABLE                                                                      \
    (W(RESERVED) | W(CLAIMED) | W(DPML) | W(DISALLOWED) | W(UNREGISTRABLE))

static struct verdict doubt(void)
{
    return (struct verdict){.kind = VERDICT_DOUBT};
}

static struct verdict in_phase(enum phase phase)
{
    return (struct verdict){.kind = VERDICT_PHASE, .phase = phase};
}

struct verdict policy_judge(const struct status_words *words)
{
    const uint32_t set = words->set;
    const uint32_t last = words->last < WORD_COUNT ? 1U << words->last : 0;

    if (set & W(DELETING))
        return (struct verdict){.kind = VERDICT_PHASE,
                                .phase = PHASE_PENDING_DELETE,
                                .unverify = true,
                                .reason = REASON_DELETING};
    if (set & W(EXPIRING))
        return (struct verdict){.kind = VERDICT_PHASE,
                                .phase = PHASE_REDEMPTION,
                                .unverify = true,
                                .must_hold = true,
                                .reason = REASON_EXPIRING};
    if (words->has_unseen || (last & W(UNKNOWN)))
        return doubt();
    if (set & W(INACTIVE)) {
        if (set & W(ACTIVE))
            return doubt();
        if (last & UNREGISTRABLE)
            return in_phase(PHASE_UNREGISTRABLE);
        if (last & NOT_A_NAME)
            return in_phase(PHASE_NOT_A_NAME);
        return (struct verdict){.kind = VERDICT_PHASE,
                                .phase = PHASE_RELEASED,
                                .unverify = true,
                                .block_reset = true,
                                .reason = REASON_AVAILABLE};
    }
    if (set & NOT_A_NAME)
        return in_phase(PHASE_NOT_A_NAME);
    if (set & REGISTERED)
        return in_phase(set & W(UNDELEGATED) ? PHASE_HELD : PHASE_ACTIVE);
    if (set & UNREGISTRABLE)
        return in_phase(PHASE_UNREGISTRABLE);
    return doubt();
}
