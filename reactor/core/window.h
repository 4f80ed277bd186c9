/* How many questions may be out to one resolver at once. Grows while nearly nothing is
 * lost, is halved when much is: a small resolver is not flooded, a large one not starved.
 *
 * Judged in rounds: as many questions as the window holds are sampled as they are sent, and
 * the round is judged when each of them is answered or lost, or sooner, when those that are
 * left can't change what follows. So the window moves at most once per round trip, and a
 * loss that is noticed late counts against the window that caused it. A share of loss that
 * a bad line or slow names cause with any window neither shrinks it nor, when small, keeps
 * it from growing: fewer questions would not help. Pure; the times are the caller's. */
#ifndef UVD_CORE_WINDOW_H
#define UVD_CORE_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

struct window {
    uint32_t size, floor, cap;
    uint32_t threshold; /* doubles below, grows by a sixteenth above */
    uint32_t round;     /* number of the round that samples; 0 stands for none */
    uint32_t wanted;    /* samples of this round */
    uint32_t sent, answered, lost;
    bool was_full; /* in this round; a window that isn't used has not shown that it fits */
    struct {
        uint32_t round, from, wanted, lost;
    } cut; /* the last one, to be undone when its losses turn out to be late answers */
};

/* start and floor are cut to cap; all >= 1. */
void window_init(struct window *w, uint32_t start, uint32_t floor, uint32_t cap);

/* A question is sent; with it `out` are out. Returns the round it is a sample of, to be
 * given back with its end; 0 when it is none. */
uint32_t window_send(struct window *w, uint32_t out);

void window_answer(struct window *w, uint32_t round);
void window_loss(struct window *w, uint32_t round);

/* What had been told as lost has been answered after all. */
void window_late_answer(struct window *w, uint32_t round);

/* The question is given up for a reason that says nothing about the resolver. */
void window_forget(struct window *w, uint32_t round);

#endif
