/* What connects the service to the bus, in both modes: account events come in, confirmed
 * messages go out.
 *
 * store.mode = jetstream: streams are found or created, a durable consumer is read, every
 * message out is acknowledged by its stream.
 * store.mode = memory: plain subscriptions and publishes; nothing survives. */
#ifndef UVD_IO_FEED_H
#define UVD_IO_FEED_H

#include "io/bus.h"
#include "io/intake.h"

struct feed;

struct feed_options {
    struct bus_options bus; /* its callbacks are the feed's business */
    bool jetstream;
    uint32_t replicas;
    const char *prefix;   /* of our own streams and subjects: "unverifyd" */
    const char *stream;   /* events.stream */
    const char *subjects; /* events.subjects, comma-separated */
    const char *publish_subject;
    uint32_t window;              /* messages out, unconfirmed at most */
    struct intake_options intake; /* invalid_subject and done are the feed's business */
    void (*confirmed)(void *arg, uint64_t token); /* of feed_send */
    void *arg;
};

/* Texts are borrowed for life. `error` holds one line when the subjects can't be used. */
enum status feed_new(uv_loop_t *loop, const struct feed_options *o, struct feed **out,
                     char *error, size_t error_size);

/* Work off at most `budget` events, send what waits. true: there is more to do right now.
 */
bool feed_work(struct feed *f, unsigned budget);

/* Send a message until it is confirmed; borrowed until then. ST_FULL: not taken. */
enum status feed_send(struct feed *f, uint64_t token, const struct outgoing *m);

/* Everything that the stream held at start has been worked off. Stays true. */
bool feed_is_caught_up(const struct feed *f);

bool feed_is_up(const struct feed *f);

/* Take no more events in; what was taken is still acknowledged. */
void feed_stop(struct feed *f);

/* Nothing is unconfirmed and nothing waits for the socket. */
bool feed_is_idle(const struct feed *f);

struct feed_view {
    const struct intake_stats *intake;
    const struct publisher_stats *publisher;
    uint64_t position, stream_last; /* of the event stream */
    uint32_t unconfirmed;
};
struct feed_view feed_view(const struct feed *f);

void feed_close(struct feed *f, void (*closed)(void *arg), void *arg);

#endif
