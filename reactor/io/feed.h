/* What connects the service to the bus, in both modes: account events come in, confirmed
 * messages go out.
 *
 * store.mode = jetstream: streams are found or created, a durable consumer is read, every
 * message out is acknowledged by its stream.
 * store.mode = memory: plain subscriptions and publishes; nothing survives. */
#ifndef UVD_IO_FEED_H
#define UVD_IO_FEED_H

#include "io/bus.h"
#include "io/durable.h"
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
    struct intake_options intake; /* invalid_subject and progress are the feed's business */
    struct durable_source source; /* jetstream: whose state is kept in the log */
    uint32_t shard;
    void (*confirmed)(void *arg, uint64_t token); /* of feed_send */
    /* jetstream: the state is read back; account events follow. */
    void (*restored)(void *arg, const struct restored *r);
    /* jetstream: another instance is the owner: this life ends at once; it has said and
     * written nothing since. */
    void (*fenced)(void *arg, const char *why);
    /* jetstream: what a standby has read can't be continued; a new life must begin. */
    void (*stale)(void *arg, const char *why);
    /* jetstream: `holder` owns the shard, and this process waits, warm. See io/lease.h. */
    void (*waits)(void *arg, const char *holder, bool is_alive);
    void *arg;
};

/* Texts are borrowed for life. `error` holds one line when the subjects can't be used. */
enum status feed_new(uv_loop_t *loop, const struct feed_options *o, struct feed **out,
                     char *error, size_t error_size);

/* Work off at most `budget` events, send what waits. true: there is more to do right now.
 */
bool feed_work(struct feed *f, unsigned budget);

/* After the turn's steps: write down what has come up. */
void feed_write(struct feed *f, struct wall_ms now);

/* The log is behind: begin nothing. */
bool feed_is_behind(const struct feed *f);

/* Send a message, once the facts of this turn are durable, until it is confirmed; borrowed
 * until then. ST_FULL: not taken. */
enum status feed_send(struct feed *f, uint64_t token, const struct outgoing *m);

/* Everything that the stream held at start has been worked off. Stays true. */
bool feed_is_caught_up(const struct feed *f);

bool feed_is_up(const struct feed *f);

/* The log has refused what was last written: it is full, sealed or gone. */
bool feed_is_refused(const struct feed *f);

/* Take no more events in; what was taken is still acknowledged, and a snapshot written. */
void feed_stop(struct feed *f);

/* After feed_stop, when nothing waits any more: let whoever stands by take over. */
void feed_release(struct feed *f);
bool feed_is_released(const struct feed *f);

/* This process writes the log and speaks, or is about to. */
bool feed_is_owner(const struct feed *f);

/* See durable_mark; without a log everything is written at once. */
uint64_t feed_mark(const struct feed *f);
bool feed_is_written(const struct feed *f, uint64_t mark);

/* See durable_erase; without a log there is nothing to erase. */
uint64_t feed_erase(struct feed *f);
bool feed_is_erased(const struct feed *f, uint64_t mark);

/* For requests, which come and go beside the streams. Borrowed. */
struct bus *feed_bus(struct feed *f);

/* What still waits to be confirmed, written or sent, for the log; NULL: nothing. */
const char *feed_waits_for(const struct feed *f);

struct feed_view {
    const struct intake_stats *intake;
    const struct publisher_stats *publisher;
    uint64_t position, stream_last; /* of the event stream */
    uint32_t unconfirmed;
    const struct wal_stats *wal; /* NULL: no log */
};
struct feed_view feed_view(const struct feed *f);

void feed_close(struct feed *f, void (*closed)(void *arg), void *arg);

#endif
