#include "core/pace.h"

#define BUSY_PAUSE_MS ((uint64_t)(30 * SECOND_MS))
/* A Retry-After of days is a mistake or an attack. */
#define PAUSE_MAX_MS ((uint64_t)HOUR_MS)

void pace_init(struct pace *p, double rate_per_s, uint32_t burst)
{
    *p = (struct pace){.rate_per_ms = rate_per_s / 1000, .burst = burst < 1 ? 1 : burst};
    p->tokens = p->burst;
}

static double tokens_at(const struct pace *p, struct mono_ms mono)
{
    double passed = mono.v > p->filled_at.v ? (double)(mono.v - p->filled_at.v) : 0;
    double tokens = p->tokens + passed * p->rate_per_ms;
    return tokens > p->burst ? p->burst : tokens;
}

bool pace_take(struct pace *p, struct mono_ms mono)
{
    if (pace_wait(p, mono) > 0)
        return false;
    p->tokens = tokens_at(p, mono) - 1;
    p->filled_at = mono;
    return true;
}

uint64_t pace_wait(const struct pace *p, struct mono_ms mono)
{
    uint64_t wait = p->open.v > mono.v ? p->open.v - mono.v : 0;
    double tokens = tokens_at(p, mono);
    if (tokens < 1) {
        uint64_t refill = (uint64_t)((1 - tokens) / p->rate_per_ms) + 1;
        wait = refill > wait ? refill : wait;
    }
    return wait;
}

void pace_observe(struct pace *p, const struct status_reply *reply, struct mono_ms mono)
{
    if (reply->outcome != STATUS_THROTTLED && reply->retry_after_s == 0)
        return;
    uint64_t pause =
        reply->retry_after_s > 0 ? reply->retry_after_s * UINT64_C(1000) : BUSY_PAUSE_MS;
    if (pause > PAUSE_MAX_MS)
        pause = PAUSE_MAX_MS;
    if (mono.v + pause > p->open.v)
        p->open.v = mono.v + pause;
}
