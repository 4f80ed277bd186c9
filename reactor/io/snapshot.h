/* Writing the registry down, a chunk a turn, while work goes on. */
#ifndef UVD_IO_SNAPSHOT_H
#define UVD_IO_SNAPSHOT_H

#include "io/js_api.h"
#include "io/publisher.h"
#include "io/wal.h"
#include "proto/fact.h"

struct snapshot;

struct snapshot_options {
    const char *log_stream, *log_subject;  /* borrowed */
    const char *snap_stream, *snap_prefix; /* borrowed; PREFIX.snap.SHARD */
    /* As core_snapshot_begin and core_snapshot. */
    void (*begin)(void *arg);
    bool (*chunk)(void *arg, size_t max, struct buf *b, enum status *st);
    /* Fill in the counts and the digest of the registry as it is now. */
    void (*describe)(void *arg, struct fact_manifest *m);
    void *arg;
    /* The one that was begun has come to nothing: its chunks were lost, or somebody else
     * has written a manifest meanwhile. */
    void (*failed)(void *failed_arg);
    void *failed_arg;
};

#define SNAPSHOT_TOKEN (UINT64_C(1) << 62) /* in the tokens of its messages */

enum status snapshot_new(uv_loop_t *loop, struct bus *bus, struct publisher *publisher,
                         struct js_api *api, const struct snapshot_options *o,
                         struct snapshot **out);
void snapshot_close(struct snapshot *s, void (*closed)(void *arg), void *arg);

/* The state is read: the next manifest follows on the one with this sequence; 0: none. */
void snapshot_continue(struct snapshot *s, uint64_t manifest_seq);

/* Begin one, unless one is being written: everything in the log before `log_from` will be
 * in it; `intake` is the position that stands in the log before that. */
void snapshot_begin(struct snapshot *s, uint64_t generation, uint64_t log_from,
                    const struct fact_position *intake);

bool snapshot_is_busy(const struct snapshot *s);

/* Go on. `ticket`: of the batch that holds the newest facts; `durable`: newest ticket whose
 * batch is in the log. The manifest waits until the log has everything the chunks say. */
void snapshot_work(struct snapshot *s, uint64_t ticket, uint64_t durable);

void snapshot_confirmed(struct snapshot *s, uint64_t token);

/* A session is up, and this process is the owner / it is gone. */
void snapshot_up(struct snapshot *s);
void snapshot_reset(struct snapshot *s);

struct snapshot_stats {
    uint64_t written, chunks, bytes;
    uint64_t purged; /* of those written: nothing older is left on the bus */
};
const struct snapshot_stats *snapshot_stats(const struct snapshot *s);

#endif
