/* The service's core in the made-up world: its effects are performed, its questions
 * answered, under a clock that jumps from one thing to the next. */
#ifndef UVD_BENCH_SIM_WATCHER_H
#define UVD_BENCH_SIM_WATCHER_H

#include "core/core.h"
#include "sim/ledger.h"
#include "sim/resolving.h"
#include "sim/reviews.h"

#define WATCHER_OUTBOX 1024U
#define WATCHER_ASKED 4096U /* questions out, of a kind, at most */

/* In DNS: put, and answered within the same turn. */
struct watcher_dns {
    uint64_t token;
    uint32_t what; /* domain, or the top-level domain of a made-up name */
    bool is_made_up;
};

/* Over HTTP: answered when its time has come. */
struct watcher_http {
    uint64_t token;
    uint32_t domain;
    int32_t asked;
    int64_t due_ms;
    bool is_rdap;
};

struct watcher {
    struct ledger *ledger;
    struct core_options options;
    struct core *core;
    struct effects fx;
    struct resolving resolving;
    struct reviews reviews;
    bool tests_resolvers; /* the canaries were asked for */
    int64_t ms;           /* since the beginning of the simulated time */
    struct watcher_dns dns[WATCHER_ASKED];
    struct watcher_http http[WATCHER_ASKED];
    uint32_t n_dns, n_http;
    const struct publication *unsent[WATCHER_OUTBOX];
    uint32_t n_unsent;
    bool has_bus;
};

/* The service's options by default; with `second_opinion` status.second_opinion is rdap.
 * There must be memory. */
void watcher_init(struct watcher *s, struct ledger *l, bool second_opinion);
void watcher_close(struct watcher *s);

static inline int32_t watcher_t(const struct watcher *s)
{
    return (int32_t)(s->ms / SECOND_MS);
}

static inline struct mono_ms watcher_mono(const struct watcher *s)
{
    return (struct mono_ms){(uint64_t)s->ms + 1U};
}

static inline struct wall_ms watcher_wall(const struct watcher *s)
{
    return (struct wall_ms){SIM_START_S * SECOND_MS + s->ms};
}

/* One step of the core, at this moment, and its effects. */
void watcher_step(struct watcher *s, struct core_event *ev);

/* An address is verified; or only put into the registry, before watcher_loaded. */
void watcher_verified(struct watcher *s, uint32_t address, int32_t verified);
void watcher_loaded(struct watcher *s);

/* All there is to do at this moment. */
void watcher_turn(struct watcher *s);

/* Let the next moment come, at most to `until_ms`. */
void watcher_pass(struct watcher *s, int64_t until_ms);

/* The process ends, and another one goes on with what is written down. */
void watcher_restart(struct watcher *s);

#endif
