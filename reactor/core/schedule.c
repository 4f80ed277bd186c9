#include "core/schedule.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define ARITY 4U

/* Room that is kept when a schedule runs empty. */
#define KEPT 4096U

void schedule_init(struct schedule *s, struct registry *r, enum place place)
{
    memset(s, 0, sizeof *s);
    s->registry = r;
    s->place = place;
}

void schedule_close(struct schedule *s)
{
    free(s->heap);
    memset(s, 0, sizeof *s);
}

enum status schedule_reserve(struct schedule *s, uint64_t watches)
{
    if (watches <= s->cap)
        return ST_OK;
    uint64_t cap = watches + watches / 4 + 64;
    if (cap > UINT32_MAX)
        return ST_FULL;
    uint32_t *heap = realloc(s->heap, (size_t)cap * sizeof *heap);
    if (heap == NULL)
        return ST_NOMEM;
    s->heap = heap;
    s->cap = (uint32_t)cap;
    return ST_OK;
}

static uint32_t due_at(const struct schedule *s, uint32_t position)
{
    return registry_watch(s->registry, s->heap[position])->due;
}

static void set(struct schedule *s, uint32_t position, uint32_t slot)
{
    s->heap[position] = slot;
    registry_watch(s->registry, slot)->link = position;
}

static void sift_up(struct schedule *s, uint32_t at)
{
    uint32_t slot = s->heap[at];
    uint32_t due = registry_watch(s->registry, slot)->due;
    while (at > 0) {
        uint32_t parent = (at - 1) / ARITY;
        if (due_at(s, parent) <= due)
            break;
        set(s, at, s->heap[parent]);
        at = parent;
    }
    set(s, at, slot);
}

static void sift_down(struct schedule *s, uint32_t at)
{
    uint32_t slot = s->heap[at];
    uint32_t due = registry_watch(s->registry, slot)->due;
    for (;;) {
        uint64_t first = (uint64_t)at * ARITY + 1;
        if (first >= s->n)
            break;
        uint32_t best = (uint32_t)first;
        for (uint64_t c = first + 1; c < first + ARITY && c < s->n; c++) {
            if (due_at(s, (uint32_t)c) < due_at(s, best))
                best = (uint32_t)c;
        }
        if (due <= due_at(s, best))
            break;
        set(s, at, s->heap[best]);
        at = best;
    }
    set(s, at, slot);
}

void schedule_put(struct schedule *s, uint32_t slot, uint32_t due)
{
    struct watch *w = registry_watch(s->registry, slot);
    uint32_t before = w->due;
    w->due = due;
    if (w->place == s->place) {
        if (due < before)
            sift_up(s, w->link);
        else
            sift_down(s, w->link);
        return;
    }
    MUST(w->place == PLACE_UNSCHEDULED && s->n < s->cap);
    w->place = (uint8_t)s->place;
    s->heap[s->n++] = slot;
    sift_up(s, s->n - 1);
}

void schedule_remove(struct schedule *s, uint32_t slot)
{
    struct watch *w = registry_watch(s->registry, slot);
    MUST(w->place == s->place && s->heap[w->link] == slot);
    uint32_t at = w->link;
    w->place = PLACE_UNSCHEDULED;
    w->link = 0;
    uint32_t last = s->heap[--s->n];
    if (at == s->n)
        return;
    set(s, at, last);
    sift_up(s, at);
    sift_down(s, registry_watch(s->registry, last)->link);
}

void schedule_trim(struct schedule *s)
{
    if (s->n > 0 || s->cap <= KEPT)
        return;
    free(s->heap);
    s->heap = NULL;
    s->cap = 0;
}

uint32_t schedule_first(const struct schedule *s)
{
    return s->n > 0 ? s->heap[0] : 0;
}
