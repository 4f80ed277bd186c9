#include "core/lease.h"

enum lease_move lease_judge(const struct lease_seen *s, struct mono_ms now)
{
    bool is_free = s->sequence == 0 ? !s->held_before : s->is_released || s->holder_is_gone;
    bool has_lapsed = now.v >= s->since.v + (uint64_t)LEASE_MS;
    return is_free || has_lapsed ? LEASE_CLAIM : LEASE_WAIT;
}
