/* Tickets.
 *
 * Facts since the last append belong to the ticket under construction; messages and the
 * acknowledgement that come up meanwhile carry its number.
 *
 *   1. The log is free: the facts are taken, with the position of the intake behind them,
 * and appended. The next ticket begins.
 *   2. The append is confirmed: messages up to this ticket are sent on, the event is
 *      acknowledged, the log is free again.
 *
 * A ticket whose facts are more than one message can hold is written in pieces, whole facts
 * each; the position is in the last, so a crash between pieces repeats the events.
 *
 * At the begin of each session a batch is appended even if there is nothing to say: it
 * proves that this process is still the owner, and tells another one that thinks so that it
 * is not. */
#include "io/durable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "core/fifo.h"

#define PIECE_MAX ((size_t)512 * 1024)
#define PAYLOAD_SPARE ((size_t)4096)
#define FACTS_HIGH ((size_t)256 * 1024)
/* A snapshot is worth it when the log is longer than the registry, and not for trifles. */
#define SNAPSHOT_LEAST (8U << 20)
#define SNAPSHOT_PAUSE_MS 5000 /* after one that failed */
#define REPLY_SIZE 640U

struct held {
    uint64_t ticket, token;
    struct outgoing message;
};

struct ack {
    char reply[REPLY_SIZE]; /* "": none */
    struct consumer_mark mark;
};

struct durable {
    struct bus *bus;
    struct durable_options o;
    struct publisher *publisher;
    struct wal *wal;
    struct restore *restore;
    struct snapshot *snapshot;
    struct fifo held;  /* struct held, in the order of their tickets */
    struct buf facts;  /* of the ticket that is being written */
    size_t piece_at;   /* where in `facts` the newest piece begins */
    size_t written;    /* bytes of `facts` that are in the log or in flight */
    struct buf piece;  /* what is being appended */
    uint64_t building; /* ticket */
    uint64_t writing;  /* 0: none */
    uint64_t durable;  /* newest ticket in the log */
    uint64_t anchor;   /* the ticket of is_anchoring */
    struct ack ack_building, ack_writing;
    struct fact_position position, position_writing, position_durable;
    bool is_restored, must_append, is_owner;
    bool wants_snapshot, has_failed; /* has_failed: the last snapshot */
    int64_t snapshot_after;          /* wall clock, ms: no snapshot before */
    /* The log was lost and begins anew. Until a snapshot has everything that was in it, the
     * position is left out: a crash now must take the account stream in again. */
    uint64_t whole_after; /* snapshots written when it has; 0: the log is whole */
    uint64_t erase_mark; /* snapshots purged behind when all that was asked for is erased */
    bool is_anchoring;   /* a batch is on its way that the snapshot will stand on */
    uint64_t log_bytes;  /* since the last snapshot began */
    unsigned closing;
    void (*closed)(void *);
    void *closed_arg;
};

/* Writing
 * ---------------------------------------------------------------------------------- */

static size_t piece_max(const struct durable *d)
{
    size_t payload = bus_max_payload(d->bus);
    size_t max = payload > 2 * PAYLOAD_SPARE ? payload - PAYLOAD_SPARE : payload / 2;
    return max < PIECE_MAX ? max : PIECE_MAX;
}

static bool is_whole(const struct durable *d)
{
    return snapshot_stats(d->snapshot)->written >= d->whole_after;
}

static bool append_position(struct durable *d)
{
    if (!is_whole(d))
        return true;
    const struct fact f = {.kind = FACT_POSITION, .u.position = d->position_writing};
    return fact_put(&d->piece, &f) == ST_OK;
}

static void write_piece(struct durable *d)
{
    const uint8_t *rest = d->facts.data + d->written;
    size_t left = d->facts.len - d->written;
    size_t n = left > 0 ? fact_whole(rest, left, piece_max(d)) : 0;
    bool is_last = n == left;
    MUST(fact_batch_begin(&d->piece) == ST_OK && buf_append(&d->piece, rest, n) == ST_OK);
    MUST(!is_last || append_position(d));
    MUST(fact_batch_end(&d->piece) == ST_OK);
    d->piece_at = d->written;
    d->written += n;
    d->log_bytes += d->piece.len;
    wal_append(d->wal, d->writing, &d->piece);
}

/* A stream that was made anew counts from 1 again: its name and number are one thing. */
static bool has_moved_on(const struct durable *d)
{
    return d->position.sequence != d->position_durable.sequence ||
           d->position.stream != d->position_durable.stream ||
           d->position.letters_behind != d->position_durable.letters_behind ||
           d->ack_building.reply[0] != '\0';
}

static bool has_something(const struct durable *d)
{
    return d->must_append || d->o.source.facts_size(d->o.source.arg) > 0 || has_moved_on(d);
}

static void begin_ticket(struct durable *d)
{
    if (d->o.source.take_facts(d->o.source.arg, &d->facts) != ST_OK)
        return; /* no memory now: the facts stay where they are */
    d->must_append = false;
    d->writing = d->building++;
    d->written = FACT_BATCH_HEAD;
    d->ack_writing = d->ack_building;
    d->ack_building.reply[0] = '\0';
    d->position_writing = d->position;
    write_piece(d);
}

/* The ticket of the newest facts: the one under construction, or the last if it is empty.
 */
static uint64_t newest_ticket(const struct durable *d)
{
    return d->o.source.facts_size(d->o.source.arg) > 0 ? d->building : d->building - 1;
}

static void release(struct durable *d)
{
    for (struct held *h = fifo_first(&d->held); h != NULL && h->ticket <= d->durable;
         h = fifo_first(&d->held)) {
        MUST(publisher_send(d->publisher, h->token, &h->message) == ST_OK);
        fifo_pop(&d->held);
    }
}

static void on_confirmed(void *arg, uint64_t ticket)
{
    struct durable *d = arg;
    if (d->written < d->facts.len) {
        if (wal_is_ready(d->wal))
            write_piece(d); /* else durable_work goes on with the next session */
        return;
    }
    d->durable = ticket;
    d->writing = 0;
    d->position_durable = d->position_writing;
    release(d);
    if (d->ack_writing.reply[0] != '\0')
        d->o.acknowledge(d->o.arg, d->ack_writing.reply, &d->ack_writing.mark);
    d->ack_writing.reply[0] = '\0';
    if (!d->is_owner) {
        d->is_owner = true;
        snapshot_up(d->snapshot);
        d->o.owned(d->o.arg);
    }
}

static bool on_emptied(void *arg, struct buf *batch)
{
    struct durable *d = arg;
    /* One that is being written now has the old log's sequence in its manifest. */
    d->whole_after =
        snapshot_stats(d->snapshot)->written + (snapshot_is_busy(d->snapshot) ? 2 : 1);
    d->wants_snapshot = true;
    /* The batch in flight has the position already: the same facts without it. */
    MUST(fact_batch_begin(batch) == ST_OK &&
         buf_append(batch, d->facts.data + d->piece_at, d->written - d->piece_at) ==
             ST_OK &&
         fact_batch_end(batch) == ST_OK);
    return true;
}

static void on_fenced(void *arg, uint64_t last)
{
    struct durable *d = arg;
    (void)last;
    d->o.fenced(d->o.arg, "another instance has written to the log");
}

/* A snapshot came to nothing. Whose the log is, only the log can say: it is asked, and if
 * it is still ours, there will be another snapshot. */
static void on_snapshot_failed(void *arg)
{
    struct durable *d = arg;
    d->must_append = d->wants_snapshot = d->has_failed = true;
}

/* The purge leaves the log's last message before the snapshot: the sequence that the next
 * append expects is a message's. That one was written for the purpose, mostly without
 * facts, so that what was removed is really gone. */
static void begin_snapshot(struct durable *d, struct wall_ms now)
{
    d->is_anchoring = false;
    d->log_bytes = 0;
    snapshot_begin(d->snapshot, (uint64_t)now.v, wal_stats(d->wal)->last_sequence + 1,
                   &d->position_durable);
}

void durable_work(struct durable *d, struct wall_ms now)
{
    if (!d->is_restored)
        return;
    if (wal_is_ready(d->wal) && d->writing != 0 && d->written < d->facts.len)
        write_piece(d);
    else if (wal_is_ready(d->wal) && d->writing == 0 && has_something(d))
        begin_ticket(d);
    if (d->has_failed)
        d->snapshot_after = now.v + SNAPSHOT_PAUSE_MS;
    d->has_failed = false;
    size_t worth = d->o.source.footprint(d->o.source.arg);
    bool is_due =
        d->log_bytes > (worth > SNAPSHOT_LEAST ? worth : SNAPSHOT_LEAST) || !is_whole(d);
    /* Facts that wait are written before the anchor: what it says stays in the log. */
    bool must_erase = !durable_is_erased(d, d->erase_mark);
    if ((is_due || d->wants_snapshot || must_erase) && d->is_owner && !d->is_anchoring &&
        now.v >= d->snapshot_after && d->o.source.facts_size(d->o.source.arg) == 0 &&
        !snapshot_is_busy(d->snapshot)) {
        d->wants_snapshot = false;
        d->is_anchoring = d->must_append = true;
        d->anchor = d->building;
    }
    if (d->is_anchoring && d->durable >= d->anchor)
        begin_snapshot(d, now);
    if (!d->is_owner)
        return;
    snapshot_work(d->snapshot, newest_ticket(d), d->durable);
    release(d);
}

/* Waiting
 * ---------------------------------------------------------------------------------- */

enum status durable_send(struct durable *d, uint64_t token, const struct outgoing *m)
{
    const struct held h = {.ticket = newest_ticket(d), .token = token, .message = *m};
    return fifo_push(&d->held, &h);
}

void durable_done(struct durable *d, const char *reply, const struct consumer_mark *mark,
                  const struct fact_position *position)
{
    d->position = *position;
    if (reply == NULL)
        return;
    snprintf(d->ack_building.reply, sizeof d->ack_building.reply, "%s", reply);
    d->ack_building.mark = *mark;
}

void durable_confirmed(struct durable *d, uint64_t token)
{
    snapshot_confirmed(d->snapshot, token);
}

bool durable_is_behind(const struct durable *d)
{
    return !d->is_owner || d->o.source.facts_size(d->o.source.arg) > FACTS_HIGH;
}

bool durable_is_refused(const struct durable *d)
{
    return wal_is_refused(d->wal);
}

const char *durable_waits_for(const struct durable *d)
{
    if (!d->is_restored)
        return NULL; /* nothing was taken in */
    if (d->writing != 0)
        return "the log to confirm a batch";
    if (has_something(d))
        return "the log to take a batch";
    if (d->held.n > 0)
        return "messages whose facts are being written";
    if (d->is_anchoring || d->wants_snapshot || snapshot_is_busy(d->snapshot))
        return "a snapshot";
    return NULL;
}

void durable_snapshot(struct durable *d)
{
    d->wants_snapshot = d->is_owner && d->log_bytes > 0;
}

/* One that is under way, or stands on a batch that is, may know what was removed since. */
uint64_t durable_mark(const struct durable *d)
{
    return newest_ticket(d);
}

bool durable_is_written(const struct durable *d, uint64_t mark)
{
    return d->durable >= mark;
}

uint64_t durable_erase(struct durable *d)
{
    d->erase_mark = snapshot_stats(d->snapshot)->purged + 1 +
                    (snapshot_is_busy(d->snapshot) || d->is_anchoring);
    d->wants_snapshot = true;
    return d->erase_mark;
}

bool durable_is_erased(const struct durable *d, uint64_t mark)
{
    return snapshot_stats(d->snapshot)->purged >= mark;
}

const struct wal_stats *durable_wal_stats(const struct durable *d)
{
    return wal_stats(d->wal);
}

/* Reading back
 * ----------------------------------------------------------------------------- */

static void on_restored(void *arg, const struct restored *r)
{
    struct durable *d = arg;
    d->is_restored = true;
    d->log_bytes = r->log_bytes;
    d->whole_after = r->begun_anew ? 1 : 0;
    d->position = d->position_durable = r->intake;
    wal_begin(d->wal, r->log_last);
    snapshot_continue(d->snapshot, r->manifest_seq);
    d->o.restored(d->o.arg, r);
    d->must_append = true;
    wal_up(d->wal);
}

static void on_warm(void *arg)
{
    struct durable *d = arg;
    d->o.warm(d->o.arg);
}

static void on_stale(void *arg, const char *why)
{
    struct durable *d = arg;
    d->o.stale(d->o.arg, why);
}

static void on_restore_failed(void *arg, const char *why)
{
    struct durable *d = arg;
    d->o.failed(d->o.arg, why);
}

void durable_up(struct durable *d)
{
    if (!d->is_restored) {
        restore_begin(d->restore);
        return;
    }
    d->must_append = true;
    wal_up(d->wal);
}

void durable_take_over(struct durable *d)
{
    restore_finish(d->restore);
}

void durable_down(struct durable *d)
{
    d->is_owner = false;
    restore_reset(d->restore);
    wal_down(d->wal);
    snapshot_reset(d->snapshot);
}

/* Life
 * ------------------------------------------------------------------------------------- */

static void nothing(void *arg)
{
    (void)arg;
}

enum status durable_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                        struct publisher *publisher, const struct durable_options *o,
                        struct durable **out)
{
    struct durable *d = calloc(1, sizeof *d);
    if (d == NULL)
        return ST_NOMEM;
    d->bus = bus;
    d->o = *o;
    d->publisher = publisher;
    d->building = 1;
    fifo_init(&d->held, sizeof(struct held));
    const struct wal_options w = {.stream = o->log_stream,
                                  .subject = o->log_subject,
                                  .inbox = 'w',
                                  .cost = "no events are taken in and no messages sent "
                                          "until it is",
                                  .confirmed = on_confirmed,
                                  .emptied = on_emptied,
                                  .fenced = on_fenced,
                                  .arg = d};
    const struct restore_options r = {.log_stream = o->log_stream,
                                      .log_subject = o->log_subject,
                                      .snap_stream = o->snap_stream,
                                      .snap_prefix = o->snap_prefix,
                                      .fact = o->source.restore_fact,
                                      .fact_arg = o->source.arg,
                                      .warm = on_warm,
                                      .done = on_restored,
                                      .stale = on_stale,
                                      .failed = on_restore_failed,
                                      .arg = d};
    const struct snapshot_options s = {.log_stream = o->log_stream,
                                       .log_subject = o->log_subject,
                                       .snap_stream = o->snap_stream,
                                       .snap_prefix = o->snap_prefix,
                                       .begin = o->source.snapshot_begin,
                                       .chunk = o->source.snapshot_chunk,
                                       .describe = o->source.describe,
                                       .arg = o->source.arg,
                                       .failed = on_snapshot_failed,
                                       .failed_arg = d};
    enum status st = wal_new(loop, bus, api, &w, &d->wal);
    if (st == ST_OK)
        st = restore_new(loop, bus, api, &r, &d->restore);
    if (st == ST_OK)
        st = snapshot_new(loop, bus, publisher, api, &s, &d->snapshot);
    if (st != ST_OK) {
        durable_close(d, nothing, NULL);
        return st;
    }
    *out = d;
    return ST_OK;
}

static void on_part_closed(void *arg)
{
    struct durable *d = arg;
    if (--d->closing > 0)
        return;
    void (*closed)(void *) = d->closed;
    void *closed_arg = d->closed_arg;
    fifo_close(&d->held);
    buf_free(&d->facts);
    buf_free(&d->piece);
    free(d);
    closed(closed_arg);
}

void durable_close(struct durable *d, void (*closed)(void *arg), void *arg)
{
    if (d == NULL) {
        closed(arg);
        return;
    }
    d->closed = closed;
    d->closed_arg = arg;
    d->closing = 3;
    wal_close(d->wal, on_part_closed, d);
    snapshot_close(d->snapshot, on_part_closed, d);
    restore_close(d->restore, on_part_closed, d);
}
