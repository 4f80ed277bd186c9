/* What the service says of itself: the line of totals in the log, and the reply to
 * unverifyd.stats. Names are the same in both. */
#ifndef UVD_IO_REPORT_H
#define UVD_IO_REPORT_H

#include "core/core.h"
#include "io/feed.h"
#include "proto/json_writer.h"

struct report {
    const struct core *core;
    const struct feed *feed;
    struct wall_ms now;
    uint64_t stall_us; /* longest stretch the loop was busy */
};

/* Goes up whenever something has happened that the report tells of. */
uint64_t report_activity(const struct report *r);

/* One line, info. */
void report_log(const struct report *r);

/* One JSON object, with the digest. */
void report_write(const struct report *r, struct json_writer *w);

#endif
