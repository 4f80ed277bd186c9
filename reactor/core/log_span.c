#include "core/log_span.h"

enum log_verdict log_span_judge(const struct log_span *s, uint64_t from)
{
    /* Deleted, purged, or its end was lost in a power cut. */
    if (s->last + 1 < from)
        return LOG_BEGUN_ANEW;
    if (s->last == 0)
        return LOG_GOES_ON;
    /* Its very first message, though the snapshot knows earlier ones. */
    if (from > 1 && s->follows == 0 && (s->is_younger || s->first >= from))
        return LOG_BEGUN_ANEW;
    if (s->first < from || s->follows == 0)
        return LOG_GOES_ON;
    return s->follows < from ? LOG_GOES_ON : LOG_LOST_BEGINNING;
}
