/* unverifyd's rules: the core itself, with the service's default options, as watcher.c
 * drives it; without and with the registries' second opinion. While the bus is down nothing
 * is read from it and nothing leaves. */
#include <stdlib.h>

#include "base/must.h"
#include "sim/rules.h"
#include "sim/watcher.h"

#define HOUR_OF(s) ((s)->ms / HOUR_MS)

static void take_events(struct watcher *s, uint32_t *day)
{
    const uint32_t today = (uint32_t)(watcher_t(s) / SIM_DAY);
    for (; *day <= today && *day < s->ledger->world->o.days; (*day)++) {
        uint32_t address;
        while ((address = feed_take(&s->ledger->feed, *day)) != UINT32_MAX)
            watcher_verified(s, address, watcher_t(s));
    }
}

static void begin_hour(struct watcher *s, uint32_t *day)
{
    const uint32_t on = outages_at(&s->ledger->world->outages, watcher_t(s));
    s->has_bus = !outages_have(on, OUTAGE_BUS);
    if (outages_have(on, OUTAGE_RESTARTS))
        watcher_restart(s);
    core_hold(s->core, !s->has_bus);
    if (s->has_bus)
        take_events(s, day);
}

static void run(struct ledger *l, bool second_opinion)
{
    const struct world *w = l->world;
    struct watcher *s = malloc(sizeof *s);
    MUST(s != NULL);
    watcher_init(s, l, second_opinion);
    for (uint32_t i = 0; i < w->n_addresses; i++) {
        if (w->addresses[i].verified <= 0)
            watcher_verified(s, i, w->addresses[i].verified);
    }
    watcher_loaded(s);
    uint32_t day = 0;
    const int64_t end = (int64_t)w->until * SECOND_MS;
    while (s->ms < end) {
        begin_hour(s, &day);
        const int64_t next_hour = (HOUR_OF(s) + 1) * HOUR_MS;
        while (s->ms < next_hour) {
            watcher_turn(s);
            watcher_pass(s, next_hour);
        }
    }
    watcher_close(s);
    free(s);
}

void rules_unverifyd(struct ledger *l)
{
    run(l, false);
}

void rules_unverifyd_rdap(struct ledger *l)
{
    run(l, true);
}
