/* When to stop being woken for each answer and look in a steady beat instead. A resolver
 * that answers one by one, or far away, costs a wake-up an answer: several times the work
 * of the answer itself. A beat costs some tenths of a millisecond for each answer; where
 * that would slow things down, because most of what is out has been answered by the next
 * beat, one is better woken. Judged over periods of twenty beats. Pure. */
#ifndef UVD_CORE_GATHER_H
#define UVD_CORE_GATHER_H

#include <stdbool.h>
#include <stdint.h>

struct gather {
    bool is_on;
    uint32_t wakes; /* or beats, with at least one answer, in this period */
    uint32_t answers;
};

/* Something has been read: so many answers. */
void gather_note(struct gather *g, uint32_t answers);

/* The period is over; `out` questions are out. Returns is_on. */
bool gather_judge(struct gather *g, uint32_t out);

#endif
