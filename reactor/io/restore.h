/* Reading the state back: the newest complete snapshot, then the log behind it, and the log
 * as it grows for as long as another process writes it (a standby is always warm). */
#ifndef UVD_IO_RESTORE_H
#define UVD_IO_RESTORE_H

#include "io/js_api.h"
#include "proto/fact.h"

struct restore;

/* Where things stand when everything is read. */
struct restored {
    uint64_t log_last;             /* last sequence of the log's subject; 0: it is empty */
    uint64_t log_bytes;            /* of the batches behind the snapshot */
    struct fact_position intake;   /* up to where the account stream had been taken in */
    struct fact_manifest manifest; /* of the snapshot that was read; generation 0: none */
    uint64_t manifest_seq;         /* its sequence; 0: none */
    uint64_t facts, skipped;       /* skipped: of a later version */
    bool
        begun_anew; /* the log was deleted; positions are worth nothing before a snapshot */
};

struct restore_options {
    const char *log_stream, *log_subject;  /* borrowed */
    const char *snap_stream, *snap_prefix; /* borrowed; PREFIX.snap.SHARD */
    enum status (*fact)(void *fact_arg, const struct fact *f);
    void *fact_arg;
    /* All that is stored has been read; what comes is read on. Once a session. */
    void (*warm)(void *arg);
    /* restore_finish has read to the end. */
    void (*done)(void *arg, const struct restored *r);
    /* What has been read can't be continued: the log was purged or made anew meanwhile. The
     * state must be read again, into nothing. */
    void (*stale)(void *arg, const char *why);
    /* It can't be read (now): for the log; begin again later. */
    void (*failed)(void *arg, const char *why);
    void *arg;
};

enum status restore_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                        const struct restore_options *o, struct restore **out);

/* The session is up: read from the beginning, or go on from where the log had been read. */
void restore_begin(struct restore *r);

/* Nobody else writes the log any more: read it to its end, then be done. Only when warm. */
void restore_finish(struct restore *r);
void restore_reset(struct restore *r); /* the session is gone */

void restore_close(struct restore *r, void (*closed)(void *arg), void *arg);

#endif
