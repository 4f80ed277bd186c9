#include "core/pace.h"

#define KEY_REFUSED_PAUSE_MS (UINT64_C(10) * 60U * 1000U)
#define BUSY_PAUSE_MS (UINT64_C(30) * 1000U)
#define PAUSE_MAX_MS                                                                       \
    (UINT64_C(60) * 60U * 1000U) /* a Retry-After of days is a mistake or an attack */

void pace_init(struct pace *p, double rate_per_s, uint32_t burst, uint32_t daily_budget)
{
    *p = (struct pace){.rate_per_ms = rate_per_s / 1000,
                       .burst = burst < 1 ? 1 : burst,
                       .daily_budget = daily_budget};
    p->tokens = p->burst;
}

static double tokens_at(const struct pace *p, struct mono_ms mono)
{
    double passed = mono.v > p->filled_at.v ? (double)(mono.v - p->filled_at.v) : 0;
    double tokens = p->tokens + passed * p->rate_per_ms;
    return tokens > p->burst ? p->burst : tokens;
}

uint32_t pace_budget_left(const struct pace *p, struct wall_ms now)
{
    if (now.v / DAY_MS != p->day)
        return p->daily_budget;
    return p->spent < p->daily_budget ? p->daily_budget - p->spent : 0;
}

bool pace_take(struct pace *p, struct wall_ms now, struct mono_ms mono)
{
    if (pace_wait(p, now, mono) > 0)
        return false;
    if (now.v / DAY_MS != p->day) {
        p->day = now.v / DAY_MS;
        p->spent = 0;
    }
    p->tokens = tokens_at(p, mono) - 1;
    p->filled_at = mono;
    p->spent++;
    return true;
}

uint64_t pace_wait(const struct pace *p, struct wall_ms now, struct mono_ms mono)
{
    uint64_t wait = p->open.v > mono.v ? p->open.v - mono.v : 0;
    double tokens = tokens_at(p, mono);
    if (tokens < 1) {
        uint64_t refill = (uint64_t)((1 - tokens) / p->rate_per_ms) + 1;
        wait = refill > wait ? refill : wait;
    }
    if (pace_budget_left(p, now) == 0) {
        uint64_t tomorrow = (uint64_t)(DAY_MS - now.v % DAY_MS);
        wait = tomorrow > wait ? tomorrow : wait;
    }
    return wait;
}

void pace_observe(struct pace *p, const struct status_reply *reply, struct mono_ms mono)
{
    uint64_t pause = 0;
    if (reply->outcome == STATUS_UNAUTHORIZED)
        pause = KEY_REFUSED_PAUSE_MS;
    else if (reply->outcome == STATUS_THROTTLED || reply->retry_after_s > 0)
        pause = reply->retry_after_s > 0 ? reply->retry_after_s * UINT64_C(1000)
                                         : BUSY_PAUSE_MS;
    if (pause > PAUSE_MAX_MS)
        pause = PAUSE_MAX_MS;
    if (mono.v + pause > p->open.v && pause > 0)
        p->open.v = mono.v + pause;
}
