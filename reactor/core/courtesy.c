#include "core/courtesy.h"

#include "base/must.h"

#define THROTTLED_MS (30 * SECOND_MS)
#define REFUSED_MS (10 * MINUTE_MS)
#define PAUSE_MAX_MS HOUR_MS
#define DOUBLINGS_MAX 10U /* of the shortest pause: more than the longest one */

static uint64_t until(struct mono_ms at, struct mono_ms now)
{
    return at.v > now.v ? at.v - now.v : 0;
}

uint64_t courtesy_pause(const struct courtesy *c, struct mono_ms now)
{
    return until(c->open, now);
}

uint64_t courtesy_wait(const struct courtesy *c, struct mono_ms now)
{
    uint64_t pause = until(c->open, now), gap = until(c->next, now);
    if (c->out >= COURTESY_AT_ONCE)
        return COURTESY_BUSY;
    return pause > gap ? pause : gap;
}

void courtesy_begin(struct courtesy *c, struct mono_ms now)
{
    MUST(c->out < COURTESY_AT_ONCE);
    c->out++;
    c->next.v = now.v + COURTESY_GAP_MS;
}

static void pause(struct courtesy *c, uint64_t ms, struct mono_ms now)
{
    if (now.v + ms > c->open.v)
        c->open.v = now.v + ms;
}

/* A second question was under way when the first one was refused: both count as one. */
static uint64_t growing(struct courtesy *c, int64_t shortest_ms, struct mono_ms now)
{
    if (courtesy_pause(c, now) == 0)
        c->refusals++;
    uint32_t doublings = c->refusals > 0 ? c->refusals - 1 : 0;
    uint64_t ms = (uint64_t)shortest_ms
                  << (doublings < DOUBLINGS_MAX ? doublings : DOUBLINGS_MAX);
    return ms < (uint64_t)PAUSE_MAX_MS ? ms : (uint64_t)PAUSE_MAX_MS;
}

void courtesy_end(struct courtesy *c, enum status_outcome outcome, uint32_t retry_after_s,
                  struct mono_ms now)
{
    uint64_t wanted_ms = (uint64_t)retry_after_s * (uint64_t)SECOND_MS;
    MUST(c->out > 0);
    c->out--;
    if (outcome == STATUS_THROTTLED)
        pause(c, wanted_ms > 0 ? wanted_ms : growing(c, THROTTLED_MS, now), now);
    else if (outcome == STATUS_UNAUTHORIZED)
        pause(c, growing(c, REFUSED_MS, now), now);
    else if (outcome == STATUS_SERVER_ERROR)
        pause(c, wanted_ms, now);
    else if (courtesy_pause(c, now) == 0)
        c->refusals = 0;
}
