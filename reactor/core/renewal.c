#include "core/renewal.h"

#define FRESH_MIN_MS HOUR_MS
#define FRESH_MAX_MS DAY_MS
#define BELIEVED_MS (7 * DAY_MS)
#define RETRY_MIN_MS (10 * SECOND_MS)
#define RETRY_MAX_MS HOUR_MS
#define DOUBLINGS_MAX 10U /* of the shortest wait: more than the longest one */

bool renewal_is_usable(const struct renewal *r, struct mono_ms now)
{
    return r->is_held && now.v - r->confirmed.v < (uint64_t)BELIEVED_MS;
}

uint64_t renewal_wait(const struct renewal *r, struct mono_ms now)
{
    return r->due.v > now.v ? r->due.v - now.v : 0;
}

bool renewal_is_due(const struct renewal *r, struct mono_ms now)
{
    return !r->is_out && renewal_wait(r, now) == 0;
}

void renewal_begin(struct renewal *r)
{
    r->is_out = true;
}

void renewal_succeeded(struct renewal *r, uint32_t fresh_s, struct mono_ms now)
{
    int64_t ms = fresh_s > 0 ? fresh_s * SECOND_MS : FRESH_MAX_MS;
    if (ms < FRESH_MIN_MS)
        ms = FRESH_MIN_MS;
    if (ms > FRESH_MAX_MS)
        ms = FRESH_MAX_MS;
    r->is_out = false;
    r->is_held = true;
    r->failures = 0;
    r->confirmed = now;
    r->due.v = now.v + (uint64_t)ms;
}

void renewal_failed(struct renewal *r, uint32_t retry_after_s, struct mono_ms now)
{
    int64_t ms =
        RETRY_MIN_MS << (r->failures < DOUBLINGS_MAX ? r->failures : DOUBLINGS_MAX);
    if (ms > RETRY_MAX_MS)
        ms = RETRY_MAX_MS;
    if (ms < retry_after_s * SECOND_MS)
        ms = retry_after_s * SECOND_MS;
    r->is_out = false;
    r->failures++;
    r->due.v = now.v + (uint64_t)ms;
}
