#include "core/surge.h"

/* A surge in one's last answers, in those of a longer time, and its end. */
static const struct {
    unsigned of_16, of_64, over_of_32;
} limits[SURGE_KINDS] = {
    [SURGE_KNOWN] = {.of_16 = 6, .of_64 = 13, .over_of_32 = 3},
    [SURGE_NEW] = {.of_16 = 9, .of_64 = 36, .over_of_32 = 12},
};

/* Canaries that passed serve so long; asking for them anew takes as long at least. */
#define GOOD_MS (10U * (uint64_t)SECOND_MS)

static unsigned ones(uint64_t bits)
{
    return (unsigned)__builtin_popcountll(bits);
}

unsigned surge_denials(const struct surge *s, enum surge_kind kind)
{
    return ones(s->line[kind].history);
}

static enum surge_news end(struct surge_line *line)
{
    *line = (struct surge_line){.history = 0};
    return SURGE_IS_OVER;
}

enum surge_news surge_see(struct surge *s, enum surge_kind kind)
{
    struct surge_line *line = &s->line[kind];
    line->history <<= 1;
    bool is_over =
        line->is_on && ones(line->history & UINT32_MAX) <= limits[kind].over_of_32;
    return is_over ? end(line) : SURGE_NO_NEWS;
}

static bool is_good(const struct surge *s, enum surge_kind kind, struct mono_ms now)
{
    return kind == SURGE_NEW && now.v < s->good_until.v;
}

enum surge_news surge_deny(struct surge *s, enum surge_kind kind, bool is_again,
                           struct mono_ms now, bool *believe)
{
    struct surge_line *line = &s->line[kind];
    bool was_on = line->is_on;
    *believe = true;
    if (was_on && (is_good(s, kind, now) || now.v - line->began.v >= (uint64_t)DAY_MS))
        return end(line);
    if (is_good(s, kind, now))
        return SURGE_NO_NEWS;
    if (!was_on || !is_again)
        line->history = line->history << 1 | 1;
    if (!was_on && (ones(line->history & UINT16_MAX) >= limits[kind].of_16 ||
                    ones(line->history) >= limits[kind].of_64)) {
        line->is_on = true;
        line->began = now;
    }
    *believe = !line->is_on;
    return line->is_on && !was_on ? SURGE_BEGINS : SURGE_NO_NEWS;
}

bool surge_test(struct surge *s, struct mono_ms now)
{
    if (s->is_testing || (s->tested_at.v != 0 && now.v - s->tested_at.v < GOOD_MS))
        return false;
    s->is_testing = true;
    s->tested_at = now;
    return true;
}

void surge_tested(struct surge *s, bool is_good_now, struct mono_ms now)
{
    s->is_testing = false;
    s->good_until.v = is_good_now ? now.v + GOOD_MS : 0;
}
