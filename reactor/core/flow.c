#include "core/flow.h"

#define RATE_MIN_PER_MS 0.001

/* What may go at once after a quiet time: the loop turns a few times a second at least, so
 * more than a second's worth is never needed; fewer than this many are no burst. */
#define BURST_MS 1000
#define BURST_MIN 16

double flow_rate(uint64_t looks, uint32_t period_s)
{
    double even = (double)looks / ((double)period_s * 1000);
    double rate = even * FLOW_HEADROOM;
    return rate > RATE_MIN_PER_MS ? rate : RATE_MIN_PER_MS;
}

static double tokens_at(const struct flow *f, double rate, struct mono_ms mono)
{
    double passed = mono.v > f->filled_at.v ? (double)(mono.v - f->filled_at.v) : 0;
    double tokens = f->tokens + passed * rate;
    double burst = rate * BURST_MS > BURST_MIN ? rate * BURST_MS : BURST_MIN;
    return tokens > burst ? burst : tokens;
}

bool flow_take(struct flow *f, double rate, struct mono_ms mono)
{
    double tokens = tokens_at(f, rate, mono);
    if (tokens < 1)
        return false;
    f->tokens = tokens - 1;
    f->filled_at = mono;
    return true;
}

uint64_t flow_wait(const struct flow *f, double rate, struct mono_ms mono)
{
    double tokens = tokens_at(f, rate, mono);
    return tokens >= 1 ? 0 : (uint64_t)((1 - tokens) / rate) + 1;
}
