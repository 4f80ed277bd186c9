/* Requests over the bus (JSON, so that `nats req` is enough):
 *
 *   unverifyd.stats    anything        totals, lag, budget, the digest of the registry
 *   unverifyd.forget   an account      all its addresses are forgotten, and nothing that
 * was removed is left in the log and the snapshots
 *
 * (Those about single domains and held decisions: rulings.h.)
 *
 * Only the owner answers. Errors: {"error":{"code":..,"message":..}} in the body, and the
 * service-error headers of ADR-32 (nats-io/nats-architecture-and-design). */
#ifndef UVD_IO_REQUESTS_H
#define UVD_IO_REQUESTS_H

#include "io/bus.h"
#include "proto/request.h"

struct requests;

struct requests_options {
    const char *prefix;           /* "unverifyd"; copied */
    bool (*is_owner)(void *arg);  /* false: somebody else answers */
    bool (*is_loaded)(void *arg); /* the state is read, the events are caught up with */
    void (*stats)(void *arg, struct json_writer *w); /* one object */
    /* Forget it: how many addresses it had, and a mark for `is_erased`.
     *   ST_OK, or why not now: ST_FULL, ST_NOMEM */
    enum status (*forget)(void *arg, const struct account_id *account, uint64_t *addresses,
                          uint64_t *mark);
    bool (*is_erased)(void *arg, uint64_t mark);
    void *arg;
};

enum status requests_new(uv_loop_t *loop, struct bus *bus, const struct requests_options *o,
                         struct requests **out);

/* The bus must outlive it. Who waits for a reply gets none. */
void requests_close(struct requests *r, void (*closed)(void *arg), void *arg);

#endif
