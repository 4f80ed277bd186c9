/* Durable, then spoken, then acknowledged.
 *
 * Facts that come up are gathered into batches and written to the log; a message waits here
 * until the batch that holds its decision is durable, and so does the acknowledgement of an
 * event. The state is read back at start, and written down in snapshots now and then. */
#ifndef UVD_IO_DURABLE_H
#define UVD_IO_DURABLE_H

#include "base/clock.h"
#include "io/consumer.h"
#include "io/publisher.h"
#include "io/restore.h"
#include "io/snapshot.h"
#include "io/wal.h"

struct durable;

/* Whose state it is. */
struct durable_source {
    size_t (*facts_size)(void *arg);
    enum status (*take_facts)(void *arg, struct buf *out);
    enum status (*restore_fact)(void *arg, const struct fact *f);
    void (*snapshot_begin)(void *arg);
    bool (*snapshot_chunk)(void *arg, size_t max, struct buf *b, enum status *st);
    void (*describe)(void *arg, struct fact_manifest *m);
    size_t (*footprint)(void *arg); /* bytes; a log longer than this is worth a snapshot */
    void *arg;
};

struct durable_options {
    const char *log_stream, *log_subject;  /* borrowed */
    const char *snap_stream, *snap_prefix; /* borrowed */
    struct durable_source source;
    /* The state is read, and follows the log as another process writes it. Once a session,
     * until durable_take_over. */
    void (*warm)(void *arg);
    /* What was read can't be continued: begin a new life. */
    void (*stale)(void *arg, const char *why);
    /* The state is read back; `intake` is where the account stream goes on. Once. */
    void (*restored)(void *arg, const struct restored *r);
    /* This session's first append is in the log: this process is the owner. */
    void (*owned)(void *arg);
    void (*acknowledge)(void *arg, const char *reply, const struct consumer_mark *mark);
    void (*failed)(void *arg, const char *why); /* reading; begin again later */
    void (*fenced)(void *arg, const char *why);
    void *arg;
};

enum status durable_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                        struct publisher *publisher, const struct durable_options *o,
                        struct durable **out);

/* The streams are there / the session is gone. */
void durable_up(struct durable *d);
void durable_down(struct durable *d);

/* This process is to be the owner: read the log to its end, then write it. Only when warm.
 */
void durable_take_over(struct durable *d);

/* A message that rests on facts of this turn: sent when they are in the log. */
enum status durable_send(struct durable *d, uint64_t token, const struct outgoing *m);

/* All up to this position is worked off. It goes into the log with the facts, and when it
 * is there, the message with this reply subject (NULL: none) is acknowledged. */
void durable_done(struct durable *d, const char *reply, const struct consumer_mark *mark,
                  const struct fact_position *position);

/* Write what has come up, go on with a snapshot. */
void durable_work(struct durable *d, struct wall_ms now);

/* For tokens with SNAPSHOT_TOKEN. */
void durable_confirmed(struct durable *d, uint64_t token);

/* The log is behind: take nothing in and begin nothing. */
bool durable_is_behind(const struct durable *d);

/* The log has refused what was last written. */
bool durable_is_refused(const struct durable *d);

/* What still waits to be written, spoken or acknowledged, for the log; NULL: nothing. */
const char *durable_waits_for(const struct durable *d);

/* Write a snapshot now, if there is anything new to write (a clean stop). */
void durable_snapshot(struct durable *d);

/* The newest facts' place in the log; and is it written up to such a place? */
uint64_t durable_mark(const struct durable *d);
bool durable_is_written(const struct durable *d, uint64_t mark);

/* Leave nothing on the bus of what was removed up to now: a snapshot is written and the log
 * purged, until that has succeeded. durable_is_erased tells of the returned mark. */
uint64_t durable_erase(struct durable *d);
bool durable_is_erased(const struct durable *d, uint64_t mark);

const struct wal_stats *durable_wal_stats(const struct durable *d);

void durable_close(struct durable *d, void (*closed)(void *arg), void *arg);

#endif
