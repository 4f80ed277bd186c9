/* Names through DNS and the status API, a window of them at a time, without a bus: what
 * `unverifyd check` does with each of its names, wherever they come from. */
#ifndef UVD_CHECKER_H
#define UVD_CHECKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "check_line.h"
#include "config/config.h"

struct checker;

/* Called exactly once for each checker_ask, unless the checker is closed before; on the
 * loop thread, possibly from inside checker_ask or checker_turn. Neither of them may be
 * called from in here. `facts` is borrowed for the call; its `line` is 0. */
typedef void (*checker_done_cb)(void *arg, uint64_t token, const struct check_facts *facts);

struct checker_options {
    const struct config *config; /* borrowed for the checker's life */
    size_t names;                /* that there will be, if that is known; 0: it is not */
    checker_done_cb done;
    void *arg;
};

/* `error` holds one line for people unless ST_OK.
 *   ST_INVALID: the configuration can't be used; ST_IO, ST_NOMEM */
enum status checker_new(uv_loop_t *loop, const struct checker_options *o,
                        struct checker **out, char *error, size_t error_size);

/* dns.inflight names at most are under way, those that wait for the status API included. */
bool checker_has_room(const struct checker *c);
size_t checker_busy(const struct checker *c);

/* Look into one name. There must be room. `text` is borrowed for the call; what is no
 * domain is done with before it returns. */
void checker_ask(struct checker *c, uint64_t token, const char *text, size_t len);

/* To be called before each wait of the loop: status questions leave as status.rate, burst
 * and concurrency allow, in the order in which DNS made them necessary. */
void checker_turn(struct checker *c);

/* No further status question leaves; who waits for one is done without. */
void checker_hurry(struct checker *c);

/* Questions put to the provider: the status API, or the registries. */
uint64_t checker_status_questions(const struct checker *c);

/* Drops what is under way, and frees `c` once the loop has closed its handles. NULL is
 * ignored. */
void checker_close(struct checker *c);

#endif
