#include "sim/outages.h"

#include <stddef.h>
#include <string.h>

#include "sim/life.h"

static const struct {
    const char *text;
    int32_t hours;
} kinds[OUTAGE_COUNT] = {
#define X(name, text, hours) [name] = {text, hours},
    OUTAGE_MAP(X)
#undef X
};

const char *outage_text(enum outage o)
{
    return kinds[o].text;
}

bool outages_plan(struct outages *o, const char *scenario, int32_t until)
{
    const bool is_all = strcmp(scenario, "outages") == 0;
    bool is_known = is_all || strcmp(scenario, "calm") == 0;
    memset(o, 0, sizeof *o);
    o->now_from = o->now_to = INT32_MIN;
    for (int32_t i = 0; i < OUTAGE_COUNT; i++) {
        const bool is_this = strcmp(scenario, kinds[i].text) == 0;
        is_known = is_known || is_this;
        if (!is_all && !is_this)
            continue;
        int32_t from = is_all ? until / (2 * OUTAGE_COUNT) * (2 * i + 1) : until / 2;
        o->at[i].from = from;
        o->at[i].to = from + kinds[i].hours * SIM_HOUR;
    }
    return is_known;
}

static void look(struct outages *o, int32_t t)
{
    o->now = 0;
    o->now_from = t;
    o->now_to = INT32_MAX;
    for (unsigned i = 0; i < OUTAGE_COUNT; i++) {
        const struct outage_span *s = &o->at[i];
        if (s->from == s->to || t >= s->to)
            continue;
        int32_t turns = t < s->from ? s->from : s->to;
        o->now |= t >= s->from ? 1U << i : 0U;
        o->now_to = turns < o->now_to ? turns : o->now_to;
    }
}

uint32_t outages_at(struct outages *o, int32_t t)
{
    if (t < o->now_from || t >= o->now_to)
        look(o, t);
    return o->now;
}

enum outage outages_to_blame(const struct outages *o, int32_t t)
{
    for (unsigned i = 0; i < OUTAGE_COUNT; i++) {
        const struct outage_span *s = &o->at[i];
        if (s->from != s->to && t >= s->from && t < s->to + 2 * SIM_DAY)
            return (enum outage)i;
    }
    return OUTAGE_COUNT;
}
