/* A sum over the registry, to tell whether two of them are the same. It is kept up to date
 * with each change, so it can be had at any time: what changes is taken out before, and put
 * in again after.
 *
 * It holds what events and verdicts have made of the registry: no times of checks, which
 * differ from run to run, no order, since sums commute, and no budget: that is what was
 * paid for the answers, not what they said, and it changes by itself at midnight. */
#ifndef UVD_CORE_DIGEST_H
#define UVD_CORE_DIGEST_H

#include "core/holds.h"
#include "core/registry.h"

/* Phase and verdict of a watch; its addresses are counted by themselves. */
void digest_put_watch(struct registry *r, const struct watch *w);
void digest_take_watch(struct registry *r, const struct watch *w);

/* An attached address, with the name of its watch. */
void digest_put_address(struct registry *r, const struct address_record *a);
void digest_take_address(struct registry *r, const struct address_record *a);

/* What the safety rails made of the watch's decision. */
void digest_put_hold(struct registry *r, const struct watch *w, const struct hold *h);
void digest_take_hold(struct registry *r, const struct watch *w, const struct hold *h);

/* The sum from the beginning, in time linear in the registry: what r->digest must be. */
uint64_t digest_from_scratch(const struct registry *r, const struct holds *h);

#endif
