/* Decisions that the safety rails hold, or have held: at most one a watch, found by its
 * slot.
 *
 *   HELD      waits for a person; nothing is said about the domain's addresses
 *   APPROVED  is acted on, and the rails don't look at it again
 *   REJECTED  is dropped, and not taken again
 *
 * A decision is told apart by the watch's count of moves: it is about the phase that the
 * domain is in now. When the domain moves on, the hold goes, or begins anew. */
#ifndef UVD_CORE_HOLDS_H
#define UVD_CORE_HOLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "core/index.h"
#include "proto/fact.h"

struct hold {
    uint32_t slot;  /* of the watch */
    uint32_t since; /* seconds */
    uint16_t moves; /* of the watch */
    uint8_t rail;   /* enum rail */
    uint8_t state;  /* enum hold_state, never HOLD_NONE */
    uint8_t from;   /* enum phase: what its message says the domain came from */
    uint8_t told;   /* enum said: its message */
};

struct holds {
    struct hold *at;
    uint32_t n, cap;
    struct index by_slot;
    uint64_t held[RAIL_COUNT]; /* in HOLD_HELD, by rail */
};

void holds_init(struct holds *h);
void holds_close(struct holds *h);

/* NULL: none. Good until the next hold is put or dropped. */
struct hold *holds_find(const struct holds *h, uint32_t slot);

/* Put one in; the slot has none. NULL: out of memory, nothing changed. */
struct hold *holds_put(struct holds *h, const struct hold *hold);

/* Another state for a hold that is in. */
void holds_set_state(struct holds *h, struct hold *hold, enum hold_state state);

/* Take it out; the last one of the table takes its place. */
void holds_drop(struct holds *h, struct hold *hold);

#endif
