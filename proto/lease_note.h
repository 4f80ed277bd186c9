/* What the lease of a shard says: who owns it. JSON, for an operator reads it, too
 * (`nats sub 'unverifyd.owner.*'`):
 *
 *   {"holder":"web1/4711/uSQ0kRh2","place":"6f1e.../4026531836","pid":4711,
 *    "started":123456,"released":false}
 *
 * holder names one life of one process. place, pid and started say where it lives: a
 * process at the same place can see whether it still does. */
#ifndef UVD_PROTO_LEASE_NOTE_H
#define UVD_PROTO_LEASE_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/message.h"

#define LEASE_HOLDER_SIZE 128
#define LEASE_PLACE_SIZE 80
#define LEASE_NOTE_MAX 512 /* bytes; every note that is written is shorter */

struct lease_note {
    char holder[LEASE_HOLDER_SIZE];
    char place[LEASE_PLACE_SIZE]; /* boot of a machine and process namespace; "": unknown */
    int64_t pid;                  /* there */
    uint64_t started;             /* clock ticks after that boot */
    bool released;                /* given up: whoever wants may have it */
};

/* Append the text. ST_OK or ST_NOMEM. */
enum status lease_note_write(const struct lease_note *n, struct buf *out);

/* ST_OK, or ST_INVALID: not a note (no holder, a wrong type, a text that is too long).
 * Unknown members are left out. */
enum status lease_note_parse(const uint8_t *data, size_t len, struct lease_note *out);

#endif
