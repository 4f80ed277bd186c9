#include "sim/feed.h"

#include <stdlib.h>

#include "base/must.h"

void feed_init(struct feed *f, const struct world *w)
{
    f->days = w->o.days;
    f->first = calloc(f->days + 1U, sizeof *f->first);
    f->next = calloc(w->n_addresses, sizeof *f->next);
    MUST(f->first != NULL && f->next != NULL);
    for (uint32_t i = 0; i < w->n_addresses; i++) {
        if (w->addresses[i].verified > 0)
            feed_add(f, (uint32_t)(w->addresses[i].verified / SIM_DAY), i);
    }
}

void feed_close(struct feed *f)
{
    free(f->first);
    free(f->next);
}

void feed_add(struct feed *f, uint32_t day, uint32_t address)
{
    if (day >= f->days)
        return;
    f->next[address] = f->first[day];
    f->first[day] = address + 1U;
}

uint32_t feed_take(struct feed *f, uint32_t day)
{
    const uint32_t first = f->first[day];
    if (first == 0)
        return UINT32_MAX;
    f->first[day] = f->next[first - 1U];
    return first - 1U;
}
