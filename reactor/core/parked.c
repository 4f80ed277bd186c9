#include "core/parked.h"

bool parked_is_suspect(const struct watch *w, enum dns_outcome outcome)
{
    if (w->phase == PHASE_PRIVATE)
        return dns_outcome_is_candidate(outcome);
    return dns_outcome_wants_status(outcome);
}

bool parked_answer_serves(const struct watch *w)
{
    return w->outcome != DNS_PARKED || (w->flags & WATCH_PARKED);
}

void parked_note_answer(struct watch *w)
{
    w->flags &= (uint8_t)~WATCH_PARKED;
    if (w->outcome == DNS_PARKED)
        w->flags |= WATCH_PARKED;
}

bool parked_contradicts(enum dns_outcome outcome, const struct verdict *v)
{
    return outcome == DNS_PARKED && v->phase == PHASE_RELEASED;
}
