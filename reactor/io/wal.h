/* The write-ahead log: batches of facts on a stream, one writer, in order. (The manifests
 * of snapshots are written in the same way, on a subject of their own: see snapshot.c.)
 *
 * Each append says which message it expects to be the last on its subject
 * (Nats-Expected-Last-Subject-Sequence), so an instance that is no longer the owner can't
 * write: it is refused, and that refusal is how it learns. One append is in flight at a
 * time; what comes up meanwhile is the next one (group commit). */
#ifndef UVD_IO_WAL_H
#define UVD_IO_WAL_H

#include "io/js_api.h"
#include "proto/message.h"

struct wal;

struct wal_options {
    const char *stream;  /* borrowed */
    const char *subject; /* borrowed: PREFIX.log.SHARD */
    char inbox;          /* a letter that no other inbox of this process has */
    const char *cost;    /* what stands still while it is refused, for the log; borrowed */
    /* The batch of this ticket is durable, and was the last message of its subject a moment
     * ago: nobody else has written. Never from inside wal_append. */
    void (*confirmed)(void *arg, uint64_t ticket);
    /* The subject has lost everything that was in it. `batch` would be its first message;
     * it may be written anew.
     *   return  true: append it; false: drop it, it is not confirmed */
    bool (*emptied)(void *arg, struct buf *batch);
    /* Somebody else has written the message `last`: this process is not the owner any more.
     * No more is written, unless wal_begin says where to go on. */
    void (*fenced)(void *arg, uint64_t last);
    void *arg;
};

struct wal_stats {
    uint64_t appends, bytes, resent, refused;
    uint64_t last_sequence; /* of the log, as far as we know */
};

enum status wal_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                    const struct wal_options *o, struct wal **out);

/* The log has been read up to `last`: appends go behind it. */
void wal_begin(struct wal *w, uint64_t last);

/* The session is up: an append whose outcome is unknown is sent again, with its id. */
void wal_up(struct wal *w);
void wal_down(struct wal *w);

bool wal_is_ready(const struct wal *w); /* begun, and no append in flight */

/* The last answer to what is in flight was a refusal: waiting is not what it needs. */
bool wal_is_refused(const struct wal *w);

/* Append a sealed batch: the bytes of `batch` are taken, its memory is swapped for that of
 * an earlier one. Only when wal_is_ready. */
void wal_append(struct wal *w, uint64_t ticket, struct buf *batch);

const struct wal_stats *wal_stats(const struct wal *w);

void wal_close(struct wal *w, void (*closed)(void *arg), void *arg);

#endif
