/* Which watch is due next: a 4-ary heap of slots, ordered by due time. The position of a
 * watch is kept in its `link`, so one that is forgotten or moved is found at once. The core
 * has two of them, told apart by the place of their watches. */
#ifndef UVD_CORE_SCHEDULE_H
#define UVD_CORE_SCHEDULE_H

#include "base/status.h"
#include "core/registry.h"

struct schedule {
    struct registry *registry; /* borrowed */
    enum place place;          /* of the watches in it */
    uint32_t *heap;
    uint32_t n, cap;
};

void schedule_init(struct schedule *s, struct registry *r, enum place place);
void schedule_close(struct schedule *s);

/* Make room for `watches` of them. For every watch there is, this is done ahead, so that no
 * later step can fail. ST_NOMEM: unchanged. */
enum status schedule_reserve(struct schedule *s, uint64_t watches);

/* Put a watch that stands nowhere into the schedule at `due`, or move it within. */
void schedule_put(struct schedule *s, uint32_t slot, uint32_t due);

/* Take a watch out; it becomes PLACE_UNSCHEDULED. */
void schedule_remove(struct schedule *s, uint32_t slot);

/* Give memory back when there is much more than is needed now. */
void schedule_trim(struct schedule *s);

/* The slot that is due first; 0 when there is none. */
uint32_t schedule_first(const struct schedule *s);

#endif
