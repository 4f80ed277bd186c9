/* Does the log that is there go on where a snapshot ends? Pure.
 *
 * Shards share a stream, so only the messages of the shard's own subject count: between two
 * of them may lie any number of others', and each subject is purged by itself. What tells a
 * gap is that each message says which one it was written to follow. */
#ifndef UVD_CORE_LOG_SPAN_H
#define UVD_CORE_LOG_SPAN_H

#include <stdbool.h>
#include <stdint.h>

/* What is left of one subject; sequences of the stream. */
struct log_span {
    uint64_t first, last; /* 0: there is no message */
    uint64_t follows;     /* the message before `first` when that was written; 0: none */
    bool is_younger;      /* `first` was written after the snapshot was complete */
};

enum log_verdict {
    LOG_GOES_ON,
    LOG_BEGUN_ANEW,     /* what it says does not follow on the snapshot */
    LOG_LOST_BEGINNING, /* what comes right behind the snapshot is missing */
};

/* `from`: the sequence behind the last message that the snapshot knows; 1: there is no
 * snapshot. That last message stays in the log when it is purged. */
enum log_verdict log_span_judge(const struct log_span *s, uint64_t from);

#endif
