/* When to look again: the rhythm of each phase, and the back-off of doubt. Pure arithmetic.
 */
#ifndef UVD_CORE_INTERVAL_H
#define UVD_CORE_INTERVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/watch.h"

struct interval_options {
    uint32_t dns_s;     /* dns.interval_hours */
    uint32_t recheck_s; /* policy.recheck_days: no check may be later than this */
    uint32_t confirm_s; /* policy.confirm_hours */
};

/* What the rhythm of one domain depends on, besides its watch. */
struct interval_name {
    uint64_t hash;
    uint32_t look_s; /* lifecycle_look_s */
    uint32_t before; /* the check before the one just completed; 0: that was the first */
};

/* Seconds from a completed check to the next question in DNS. The hash spreads watches of
 * one age over a tenth of the interval; the same name always gets the same share. After its
 * first check, and after one that was late, a registered domain comes again at any time
 * within the interval: those that were imported, or waited for the end of an outage,
 * together are spread evenly from then on. A redemption that waits for its confirmation is
 * due when it is confirmed. */
uint32_t interval_next(const struct interval_options *o, const struct watch *w,
                       uint32_t now, const struct interval_name *name);

/* When a domain that DNS says nothing of is due for the status question: once in recheck_s,
 * a tenth early at most; one that was in order by DNS before is taken in turn within that
 * time. What may change any day is followed as ever: 0. */
uint64_t interval_status_due(const struct interval_options *o, const struct watch *w,
                             uint64_t name_hash);

/* Seconds between two looks at a registered domain, at most. */
uint32_t interval_base(const struct interval_options *o, uint32_t look_s);

/* Is the status API's last answer (at `answered`, 0: never) still good for this phase, so
 * that a domain that is absent, or parked (DNS_PARKED), need not be paid for again? */
bool interval_answer_is_good(const struct interval_options *o, const struct watch *w,
                             uint32_t answered, uint32_t now);

/* Is that answer young enough to serve an address that was verified only now? */
bool interval_answer_is_young(uint32_t answered, uint32_t now);

/* Seconds until a question that met doubt is asked again: from one minute (DNS) or five
 * (status API) doubling to six hours, never longer than the DNS interval. `doubts` in a
 * row, from 1. */
uint32_t interval_backoff_dns(const struct interval_options *o, unsigned doubts);
uint32_t interval_backoff_status(const struct interval_options *o, unsigned doubts);

#endif
