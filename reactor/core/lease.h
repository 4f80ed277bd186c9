/* Who may own a shard: what a process that would like to does about the lease it sees.
 *
 * The lease is a message that its holder writes anew every LEASE_RENEW_MS and that the bus
 * forgets after LEASE_MS. Whether it is still held is judged by this process's own clock
 * alone: a note that has not changed for LEASE_MS is nobody's. Clocks of two machines are
 * never compared. A wrong guess harms nothing: the log has one writer (io/wal.h). */
#ifndef UVD_CORE_LEASE_H
#define UVD_CORE_LEASE_H

#include <stdbool.h>

#include "base/clock.h"

#define LEASE_S 5
#define LEASE_MS (LEASE_S * SECOND_MS)
#define LEASE_RENEW_MS SECOND_MS

struct lease_seen {
    uint64_t sequence;    /* of the note; 0: there is none */
    struct mono_ms since; /* it has not changed, in a session that has not broken */
    bool held_before;     /* this process has seen a note before, whatever became of it */
    bool is_released;     /* the holder gave it up */
    bool holder_is_gone;  /* the holder's process is known to have ended */
};

enum lease_move {
    LEASE_WAIT,
    LEASE_CLAIM,
};

/* No note at all is claimed at once by a process that has never seen one; one that has seen
 * the bus forget a note waits as if it were there: the bus may have been away, and the
 * holder on its way back. */
enum lease_move lease_judge(const struct lease_seen *s, struct mono_ms now);

#endif
