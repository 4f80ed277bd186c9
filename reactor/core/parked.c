#include "core/parked.h"

bool parked_is_suspect(const struct watch *w, enum dns_outcome outcome)
{
    if (w->phase == PHASE_PRIVATE)
        return dns_outcome_is_candidate(outcome);
    return dns_outcome_wants_status(outcome);
}

bool parked_answer_serves(const struct registry *r, const struct watch *w,
                          enum dns_outcome outcome)
{
    struct proof_view proof;
    if (outcome != DNS_PARKED)
        return true;
    return proof_view(r, w, &proof) && proof.dns.outcome == DNS_PARKED;
}

bool parked_contradicts(enum dns_outcome outcome, const struct verdict *v)
{
    return outcome == DNS_PARKED && v->phase == PHASE_RELEASED;
}
