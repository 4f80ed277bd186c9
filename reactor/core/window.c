#include "core/window.h"

/* Shares of a round: up to 1/32 lost the window grows, from 1/8 on it is halved. */
#define GROW_SHARE 32
#define CUT_SHARE 8
#define STEP_SHARE 16 /* growth of a round above the threshold */
#define STEP_MIN 4

static uint32_t at_most(uint32_t v, uint32_t limit)
{
    return v < limit ? v : limit;
}

static uint32_t at_least(uint32_t v, uint32_t limit)
{
    return v > limit ? v : limit;
}

static void begin_round(struct window *w)
{
    w->round = w->round == UINT32_MAX ? 1 : w->round + 1;
    w->wanted = w->size;
    w->sent = w->answered = w->lost = 0;
    w->was_full = false;
}

void window_init(struct window *w, uint32_t start, uint32_t floor, uint32_t cap)
{
    *w = (struct window){.size = at_most(start, cap), .floor = at_most(floor, cap)};
    w->cap = w->threshold = cap;
    begin_round(w);
}

static void grow(struct window *w)
{
    uint32_t step =
        w->size < w->threshold ? w->size : at_least(w->size / STEP_SHARE, STEP_MIN);
    uint32_t limit = w->size < w->threshold ? w->threshold : w->cap;
    w->size = at_most(w->size + step, limit);
}

static void halve(struct window *w)
{
    w->cut.round = w->round;
    w->cut.from = w->size;
    w->cut.wanted = w->wanted;
    w->cut.lost = w->lost;
    w->size = w->threshold = at_least(w->size / 2, w->floor);
}

/* Were all that is still out lost, it would not matter. */
static bool is_clean(const struct window *w)
{
    return (w->wanted - w->answered) * GROW_SHARE <= w->wanted;
}

/* Neither halving nor growing waits for the last of the round once it is sure. A loss shows
 * after many round trips: a window that waited for each would take that long to grow back.
 */
static void judge(struct window *w)
{
    if (w->lost * CUT_SHARE >= w->wanted && w->lost > 1) {
        halve(w);
        begin_round(w);
        return;
    }
    if (w->answered + w->lost < w->wanted && !is_clean(w))
        return;
    if (w->was_full && w->lost * GROW_SHARE <= w->wanted)
        grow(w);
    begin_round(w);
}

uint32_t window_send(struct window *w, uint32_t out)
{
    w->was_full |= out >= w->size;
    if (w->sent == w->wanted)
        return 0;
    w->sent++;
    return w->round;
}

void window_answer(struct window *w, uint32_t round)
{
    if (round != w->round)
        return;
    w->answered++;
    judge(w);
}

void window_loss(struct window *w, uint32_t round)
{
    if (round != 0 && round == w->cut.round)
        w->cut.lost++; /* the round was judged before its end */
    if (round != w->round)
        return;
    w->lost++;
    judge(w);
}

void window_late_answer(struct window *w, uint32_t round)
{
    if (round == w->round) { /* not judged yet */
        w->lost--;
        window_answer(w, round);
        return;
    }
    if (round == 0 || round != w->cut.round)
        return;
    w->cut.lost--;
    if (w->cut.lost * CUT_SHARE >= w->cut.wanted)
        return;
    w->cut.round = 0;
    w->size = at_least(w->size, w->cut.from);
    w->threshold = at_least(w->threshold, w->cut.from);
}

void window_forget(struct window *w, uint32_t round)
{
    if (round == w->round)
        w->sent--;
}
