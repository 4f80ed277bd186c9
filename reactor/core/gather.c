#include "core/gather.h"

#define BUSY_WAKES 40   /* of a period: below, wake-ups are cheap enough */
#define FEW_ANSWERS 8   /* a wake-up: more is a good batch already */
#define IDLE_ANSWERS 40 /* of a period: below, a beat is more work than a wake-up each */
#define MOST_SHARE 4    /* of what is out, answered within one beat */
#define BEATS 20        /* a period */

void gather_note(struct gather *g, uint32_t answers)
{
    if (answers == 0)
        return;
    g->wakes++;
    g->answers += answers;
}

static bool judge(const struct gather *g, uint32_t out)
{
    if (g->answers / BEATS >= out / MOST_SHARE)
        return false;
    if (g->is_on)
        return g->answers >= IDLE_ANSWERS;
    return g->wakes >= BUSY_WAKES && g->answers < g->wakes * FEW_ANSWERS;
}

bool gather_judge(struct gather *g, uint32_t out)
{
    g->is_on = judge(g, out);
    g->wakes = g->answers = 0;
    return g->is_on;
}
