/* Which watch is due next: a 4-ary heap of slots, ordered by due time. The position of a
 * watch is kept in its `link`, so one that is forgotten or moved is found at once. */
#ifndef UVD_CORE_SCHEDULE_H
#define UVD_CORE_SCHEDULE_H

#include "base/status.h"
#include "core/registry.h"

struct schedule {
    struct registry *registry; /* borrowed */
    uint32_t *heap;
    uint32_t n, cap;
};

void schedule_init(struct schedule *s, struct registry *r);
void schedule_close(struct schedule *s);

/* Make room for every watch there can be, now, so that no later step can fail.
 * `watches`: how many there are. ST_NOMEM: unchanged. */
enum status schedule_reserve(struct schedule *s, uint64_t watches);

/* Put a watch that stands nowhere into the schedule at `due`, or move it there. */
void schedule_put(struct schedule *s, uint32_t slot, uint32_t due);

/* Take a watch out; it becomes PLACE_UNSCHEDULED. */
void schedule_remove(struct schedule *s, uint32_t slot);

/* The slot that is due first; 0 when there is none. */
uint32_t schedule_first(const struct schedule *s);

#endif
