/* The turn: the one place where control goes from I/O to the core, and the one where it
 * goes back. Once in each round of the loop: what has come in is stepped through the core,
 * and the effects are performed. */
#ifndef UVD_IO_TURN_H
#define UVD_IO_TURN_H

#include "core/core.h"
#include "io/dns.h"
#include "io/feed.h"
#include "io/rdap.h"
#include "io/status_api.h"
#include "proto/json_writer.h"

struct turn;

/* The core is borrowed. */
enum status turn_new(uv_loop_t *loop, struct core *core, struct turn **out);

/* The parts it works with; borrowed. */
struct turn_parts {
    struct feed *feed;
    struct dns *dns;
    struct status_api *status; /* NULL: no provider, or the registries are it */
    struct rdap *rdap;         /* NULL: the registries are not asked */
};

void turn_connect(struct turn *t, const struct turn_parts *parts);

/* Callbacks for the parts' options; `arg` is the turn. They post to the turn's inbox. */
void turn_on_dns(void *arg, const struct dns_result *result);
void turn_on_status(void *arg, uint64_t token, const struct status_reply *reply);
void turn_on_rdap(void *arg, uint64_t token, const struct rdap_reply *reply);
void turn_on_confirmed(void *arg, uint64_t token);
enum status turn_on_event(void *arg, const struct account_event *ev, struct wall_ms at);
void turn_expect(void *arg, const struct account_event *const *events, size_t n);

/* The core has all its facts back: it is seen to before anything else. */
void turn_on_restored(struct turn *t);

/* Begin no more; say what is decided. */
void turn_drain(struct turn *t);

/* What keeps it from being drained, for the log; NULL: everything decided is said,
 * confirmed and written down. */
const char *turn_waits_for(const struct turn *t);

/* Forget an account, for whoever asks by a request: how many addresses it had.
 *   ST_FULL: facts wait to be written, ask again; ST_NOMEM */
enum status turn_forget(struct turn *t, const struct account_id *account,
                        uint64_t *addresses);

/* The state is read, and the account stream was caught up with. */
bool turn_is_loaded(const struct turn *t);

/* For unverifyd.stats. */
void turn_write_report(const struct turn *t, struct json_writer *w);

/* One line with what has happened so far. */
void turn_log_totals(const struct turn *t);

/* One line with the digest of the registry, to be compared with the one at the next start.
 */
void turn_log_digest(const struct turn *t);

/* Steps no more; the parts may be closed while it is. */
void turn_close(struct turn *t, void (*closed)(void *arg), void *arg);

#endif
