#include "core/budget.h"

/* Parts in a hundred of the day's budget that a use must leave. */
static const uint32_t leaves[BUDGET_USES] = {
    [BUDGET_NEW] = 0,
    [BUDGET_RECHECK] = 20,
    [BUDGET_UNFILTERED] = 50,
};

static int64_t day_of(struct wall_ms now)
{
    return now.v / DAY_MS;
}

void budget_init(struct budget *b, uint32_t limit)
{
    *b = (struct budget){.limit = limit};
}

void budget_restore(struct budget *b, uint32_t day, uint32_t spent)
{
    b->day = day;
    b->spent = spent;
}

static void begin_day(struct budget *b, int64_t day)
{
    b->day = day;
    b->spent = 0;
    b->is_behind = false;
    b->is_unwritten = true;
}

void budget_roll(struct budget *b, struct wall_ms now, struct mono_ms mono)
{
    int64_t day = day_of(now);
    if (day > b->day) {
        begin_day(b, day);
    } else if (day == b->day) {
        b->is_behind = false;
    } else if (!b->is_behind) {
        b->is_behind = true;
        b->behind_since = mono;
    } else if (mono.v >= b->behind_since.v + (uint64_t)DAY_MS) {
        begin_day(b, day);
    }
}

static uint32_t unspent(const struct budget *b)
{
    return b->spent < b->limit ? b->limit - b->spent : 0;
}

bool budget_allows(const struct budget *b, enum budget_use use)
{
    return unspent(b) > (uint64_t)b->limit * leaves[use] / 100;
}

enum budget_state budget_state(const struct budget *b)
{
    if (!budget_allows(b, BUDGET_NEW))
        return BUDGET_EXHAUSTED;
    return budget_allows(b, BUDGET_RECHECK) ? BUDGET_OPEN : BUDGET_RESERVED;
}

void budget_spend(struct budget *b)
{
    b->spent++;
    b->is_unwritten = true;
}

uint32_t budget_left(const struct budget *b, struct wall_ms now)
{
    return day_of(now) > b->day ? b->limit : unspent(b);
}

uint64_t budget_wait(const struct budget *b, enum budget_use use, struct wall_ms now,
                     struct mono_ms mono)
{
    if (budget_allows(b, use) || day_of(now) > b->day)
        return 0;
    if (day_of(now) == b->day)
        return (uint64_t)(DAY_MS - now.v % DAY_MS);
    uint64_t since = b->is_behind ? b->behind_since.v : mono.v;
    uint64_t until = since + (uint64_t)DAY_MS;
    return until > mono.v ? until - mono.v : 0;
}
