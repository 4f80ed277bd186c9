/* Which streams and subjects the service needs, named after store.prefix, the shard and the
 * options. With prefix "unverifyd" and shard 0:
 *
 *   events    events.stream         events.subjects, in one stream
 *   out       UNVERIFY              publish.subject and its .dryrun, email.block_reset, ...
 *   invalid   UNVERIFYD_INVALID     unverifyd.invalid     dead letters, 30 days
 *   log       UNVERIFYD_LOG         unverifyd.log.0       facts (io/wal.h)
 *   snap      UNVERIFYD_SNAP        unverifyd.snap.0.>    snapshots (io/snapshot.h)
 *   owner     UNVERIFYD_OWNER       unverifyd.owner.0     the lease (io/lease.h)
 *   standby   no stream             unverifyd.standby.0   who waits for it */
#ifndef UVD_IO_WANTS_H
#define UVD_IO_WANTS_H

#include "io/streams.h"

enum { WANT_EVENTS, WANT_OUT, WANT_INVALID, WANT_LOG, WANT_SNAP, WANT_OWNER, WANTS };

#define WANT_TEXT_SIZE 256 /* publish.subject is the longest, 200, and ".dryrun" */

struct wants {
    struct stream_want at[WANTS];
    char *events; /* events.subjects, cut into pieces */
    char dry_run[WANT_TEXT_SIZE], invalid[WANT_TEXT_SIZE];
    char log[WANT_TEXT_SIZE], snap[WANT_TEXT_SIZE]; /* of the shard */
    char owner[WANT_TEXT_SIZE], standby[WANT_TEXT_SIZE];
    char logs[WANT_TEXT_SIZE], snaps[WANT_TEXT_SIZE], owners[WANT_TEXT_SIZE]; /* of all */
    char invalid_stream[STREAM_NAME_SIZE], log_stream[STREAM_NAME_SIZE];
    char snap_stream[STREAM_NAME_SIZE], owner_stream[STREAM_NAME_SIZE];
};

struct wants_options {
    const char *prefix;          /* store.prefix */
    const char *stream;          /* events.stream */
    const char *subjects;        /* events.subjects, comma-separated */
    const char *publish_subject; /* publish.subject */
    uint32_t shard;
};

/* `w` must not move afterwards. stream, publish_subject: borrowed; the rest is copied.
 *   ST_INVALID  more subjects than a stream is looked up by; `error` says so; ST_NOMEM */
enum status wants_init(struct wants *w, const struct wants_options *o, char *error,
                       size_t error_size);
void wants_close(struct wants *w);

#endif
