/* The bus: one connection to NATS on the loop, which comes back by itself.
 *
 * The face that the rest of the program sees is narrow on purpose: sessions that come and
 * go, subscriptions that outlive them, messages in, messages out. Nothing here blocks the
 * loop. */
#ifndef UVD_IO_BUS_H
#define UVD_IO_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "io/bus_message.h"

struct bus;

struct bus_header {
    const char *name, *value;
};

struct bus_options {
    const char *url; /* comma-separated list */
    const char *creds, *nkey, *user, *password, *token, *ca, *cert, *key; /* NULL: unset */
    const char *name; /* of the connection, as `nats server report` shows it */
    /* A session is up: subscriptions are made, publishing works. Not called from inside any
     * bus_ function. */
    void (*up)(void *arg);
    /* It is gone; `why` is for the log. */
    void (*down)(void *arg, const char *why);
    void *arg;
};

/* Texts are copied. Connecting begins at once, on libuv's worker threads. */
enum status bus_new(uv_loop_t *loop, const struct bus_options *o, struct bus **out);

/* Ask for a subject's messages, in this session and all later ones. `fn` gets each message
 * and owns it. At most BUS_SUBSCRIPTIONS_MAX. `subject` is copied. */
#define BUS_SUBSCRIPTIONS_MAX 32
typedef void (*bus_message_fn)(void *arg, struct bus_message *m);
enum status bus_subscribe(struct bus *b, const char *subject, bus_message_fn fn, void *arg);

/* The same for a subject that replies come to. `nobody`: something was published with a
 * reply to this subject, and nobody has subscribed to where it went (status 503, "no
 * responders"). Which message it was is not known. */
typedef void (*bus_nobody_fn)(void *arg);
enum status bus_subscribe_replies(struct bus *b, const char *subject, bus_message_fn fn,
                                  bus_nobody_fn nobody, void *arg);

bool bus_is_up(const struct bus *b);

/* A subject prefix that is this process's alone: "_INBOX." and 22 random characters. */
const char *bus_inbox(const struct bus *b);

/* Largest message the server takes, headers included; 1 MB before the first session. */
size_t bus_max_payload(const struct bus *b);

/* Put a message into the send buffer. Borrowed for the call. Accepted does not mean sent: a
 * session that ends takes its buffer with it. Only an answer proves delivery.
 *   ST_INVALID  larger than the server takes
 *   ST_REFUSED  no session; ST_FULL  over BUS_BUFFERED_MAX bytes wait for the socket */
#define BUS_BUFFERED_MAX (8U << 20)
enum status bus_publish(struct bus *b, const char *subject, const char *reply,
                        const struct bus_header *headers, size_t n_headers,
                        const void *data, size_t len);

/* Bytes that wait for the socket. */
size_t bus_buffered(const struct bus *b);

/* Give the present session up and begin a new one: something about it is wrong. */
void bus_restart(struct bus *b, const char *why);

/* No more sessions; `closed` is called when every handle is gone and `b` freed. */
void bus_close(struct bus *b, void (*closed)(void *arg), void *arg);

#endif
