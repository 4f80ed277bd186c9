/* The parts of the service, as one life of it holds them (see app.c). */
#ifndef UVD_PARTS_H
#define UVD_PARTS_H

#include "config/config.h"
#include "core/core.h"
#include "io/dns.h"
#include "io/feed.h"
#include "io/rdap.h"
#include "io/requests.h"
#include "io/status_api.h"
#include "io/turn.h"

/* Filled in by who starts them, up to `arg`; the rest belongs to parts.c, is NULL before,
 * and may be read. */
struct parts {
    uv_loop_t *loop;
    const struct config *config;
    /* As in feed_options. */
    void (*fenced)(void *arg, const char *why);
    void (*stale)(void *arg, const char *why);
    void (*waits)(void *arg, const char *holder, bool is_alive);
    void (*closed)(void *arg); /* every handle is gone; they may be started again */
    void *arg;

    struct suffix_list *suffixes;
    struct core *core;
    struct turn *turn;
    struct dns *dns;
    struct status_api *status;
    struct rdap *rdap;
    struct feed *feed;
    struct requests *requests;
    unsigned open; /* while they are closed */
};

/* Make them all, in order. The bus connects by itself, however long it is away.
 *   return  EXIT_CODE_OK; or another, told in the log: close what there is */
int parts_start(struct parts *p);

/* Not from inside a callback of one of them. `closed` may be called from inside. */
void parts_close(struct parts *p);

#endif
