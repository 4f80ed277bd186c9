/* The lease of a shard: which of several processes is the owner, and who is next.
 *
 * The holder writes its note anew every second, each time expecting its own note to be the
 * newest (Nats-Expected-Last-Subject-Sequence), so two can't hold it in turn without
 * noticing. It tells who should write the log; who may is decided by the log (io/wal.h). */
#ifndef UVD_IO_LEASE_H
#define UVD_IO_LEASE_H

#include "core/lease.h"
#include "io/js_api.h"
#include "proto/lease_note.h"

struct lease;

struct lease_options {
    const char *stream;  /* borrowed; read when a session is up */
    const char *subject; /* borrowed: PREFIX.owner.SHARD */
    const char *standby; /* borrowed: PREFIX.standby.SHARD, where those who wait say so */
    /* This process holds it from now on. Only after lease_want. */
    void (*taken)(void *arg);
    /* It held it, and another one does now. */
    void (*lost)(void *arg, const char *why);
    /* `holder` has it. Once when that is first seen, and once more, with `is_alive`, when
     * it has been seen at work. Borrowed. */
    void (*waits)(void *arg, const char *holder, bool is_alive);
    void *arg;
};

enum status lease_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                      const struct lease_options *o, struct lease **out);

/* The session is up, and the stream is there / the session is gone. */
void lease_up(struct lease *l);
void lease_down(struct lease *l);

/* This process is ready to be the owner: take it when it is free. */
void lease_want(struct lease *l);

bool lease_is_held(const struct lease *l);

/* Somebody waits for it, warm. */
bool lease_has_heir(const struct lease *l);

/* Give it up; lease_is_held says when that is done. Without a session, at once. */
void lease_release(struct lease *l);

void lease_close(struct lease *l, void (*closed)(void *arg), void *arg);

#endif
