/* One TCP session with a NATS server: one natsConnection that is never reconnected.
 *
 * The library's own reconnect delivers torn messages, can go deaf and holds its lock while
 * it connects, so it is off: a session that fails is thrown away whole (io/bus.c builds the
 * next). The library is connected on a worker thread, then read and written on the loop
 * through the four callbacks of natsOptions_SetEventLoop, polling a dup of the socket,
 * because the library closes its own descriptor without asking. */
#ifndef UVD_IO_SESSION_H
#define UVD_IO_SESSION_H

#include <nats/nats.h>
#include <stdbool.h>
#include <uv.h>

#include "base/status.h"
#include "io/bus.h"

struct session;

struct session_handlers {
    /* After each read from the socket: take what the subscriptions hold. */
    void (*readable)(void *arg);
    /* Connected, or not (`error` is then set). Exactly once, unless closed before. */
    void (*connected)(void *arg, const char *error);
    /* The connection is gone. At most once, after `connected`. */
    void (*lost)(void *arg);
    /* Every handle is gone and the session freed: the last call. */
    void (*closed)(void *arg);
    void *arg;
};

/* Begin to connect. Options are borrowed until `connected`. */
enum status session_new(uv_loop_t *loop, const struct bus_options *o,
                        const struct session_handlers *h, struct session **out);

/* The library's connection; NULL until connected and when lost. */
natsConnection *session_nc(struct session *s);

/* Loop time of the last read. */
uint64_t session_last_read(const struct session *s);

/* Cut the socket: the loss is then noticed like any other. Never blocks. */
void session_cut(struct session *s);

/* Destroy the connection (its subscriptions must be gone) and free. Works in every state;
 * a connect that is under way is waited for, without blocking. */
void session_close(struct session *s);

#endif
