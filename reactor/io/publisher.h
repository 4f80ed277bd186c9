/* Sending until it is confirmed.
 *
 * With JetStream a message counts as sent when the stream's acknowledgement is back, not
 * before; a session that breaks in between, a server that restarts, a stream that is full:
 * it is sent again, with the same Nats-Msg-Id, so the stream keeps it once.
 * Without (store.mode = memory) a message counts as sent when a session has taken it. */
#ifndef UVD_IO_PUBLISHER_H
#define UVD_IO_PUBLISHER_H

#include "io/bus.h"

struct publisher;

#define OUTGOING_HEADERS_MAX 12

/* Everything is borrowed until `confirmed`. */
struct outgoing {
    const char *subject;
    struct bus_header headers[OUTGOING_HEADERS_MAX]; /* Nats-Msg-Id among them */
    size_t n_headers;
    const void *data;
    size_t len;
};

struct publisher_stats {
    uint64_t sent, resent, confirmed, duplicates, refused;
};

struct publisher_options {
    bool jetstream;
    uint32_t window; /* messages unconfirmed at most */
    /* Exactly once for each message taken, never from inside publisher_send. */
    void (*confirmed)(void *arg, uint64_t token);
    void *arg;
};

enum status publisher_new(uv_loop_t *loop, struct bus *bus,
                          const struct publisher_options *o, struct publisher **out);

/* Take a message. ST_FULL: the window is full; nothing happened. */
enum status publisher_send(struct publisher *p, uint64_t token, const struct outgoing *m);

uint32_t publisher_pending(const struct publisher *p);
uint32_t publisher_room(const struct publisher *p);

/* The session is up / gone. */
void publisher_up(struct publisher *p);
void publisher_down(struct publisher *p);

/* Send what waits, a bounded number. true: there is more to send right now. */
bool publisher_pump(struct publisher *p);

const struct publisher_stats *publisher_stats(const struct publisher *p);

/* What is unconfirmed is dropped: its owner still has it. */
void publisher_close(struct publisher *p, void (*closed)(void *arg), void *arg);

#endif
