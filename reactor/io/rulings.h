/* Requests about single domains and what is held (JSON, so that `nats req` is enough):
 *
 *   unverifyd.held             anything       what the safety rails hold
 *   unverifyd.approve, .reject a domain or *  it is acted on, or dropped
 *   unverifyd.domain           a domain       what is known of it
 *
 * An approval or a rejection is answered when it is in the log. Errors as requests.h has
 * them: 400 not a domain, 404 not watched or nothing held, 503 ask again. */
#ifndef UVD_IO_RULINGS_H
#define UVD_IO_RULINGS_H

#include "core/core.h"
#include "io/bus.h"
#include "proto/address.h"
#include "proto/json_writer.h"

struct rulings;

struct rulings_options {
    const char *prefix; /* "unverifyd"; copied */
    struct suffix_list *suffixes;
    bool (*is_owner)(void *arg);  /* false: somebody else answers */
    bool (*is_loaded)(void *arg); /* the state is read, the events are caught up with */
    enum status (*describe)(void *arg, const char *domain, struct buf *out);
    void (*list_held)(void *arg, size_t max, struct json_writer *w);
    /* As core_rule and core_rule_all; ST_FULL: not now, go on later. */
    enum status (*rule)(void *arg, const char *domain, bool approve);
    enum status (*rule_all)(void *arg, bool approve, struct ruling *r, uint32_t *ruled);
    struct wall_ms (*now)(void *arg);
    uint64_t (*mark)(void *arg); /* of what was ruled last; is it in the log? */
    bool (*is_written)(void *arg, uint64_t mark);
    void *arg;
};

enum status rulings_new(uv_loop_t *loop, struct bus *bus, const struct rulings_options *o,
                        struct rulings **out);

/* The bus must outlive it. Who waits for a reply gets none; what was ruled stands. */
void rulings_close(struct rulings *r, void (*closed)(void *arg), void *arg);

#endif
