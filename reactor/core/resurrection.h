/* A domain that was registered again since an address of it was verified: it lapsed and
 * somebody took it, whether we saw it gone or not. Whoever has it now gets the mail.
 *
 * Known by one comparison: the registration's day, as its registry tells it (RDAP's event
 * "registration", RFC 9083 section 4.5), against the time of each address's verification. A
 * registration that moved without being deleted (sold, transferred) keeps its day, so that
 * is not seen; a registry that gives a registration a new day when it is transferred or
 * restored (some of ccTLDs may) would be believed. */
#ifndef UVD_CORE_RESURRECTION_H
#define UVD_CORE_RESURRECTION_H

#include "core/policy.h"
#include "core/registry.h"

/* A registration must be this much later than the verification. The two are told by clocks
 * of others, and some registries tell days only, or the time of their own country without
 * saying so, which is off by up to 14 hours. What it costs: an address that was verified
 * less than a day before somebody else registered its domain. To be verified it took mail,
 * so its domain was registered then; nearly everywhere weeks lie between a registration's
 * end and the next one (see lifecycle.h). */
#define RESURRECTION_MARGIN_S UINT32_C(86400)

/* Does a registration of that day (seconds; 0: unknown) make this verification void? */
static inline bool resurrection_voids(uint32_t registered, int64_t verified_ms)
{
    return registered != 0 &&
           (int64_t)registered > verified_ms / 1000 + (int64_t)RESURRECTION_MARGIN_S;
}

/* Does the verdict in force concern this address? In the phase resurrected only those
 * verified before; in every other one all of them. */
bool resurrection_concerns(const struct watch *w, const struct address_record *a);

/* Is there an address of the watch whose verification a registration of that day voids?
 * Walks the addresses up to the first of them. */
bool resurrection_is(const struct registry *r, const struct watch *w, uint32_t registered);

/* The verdict `v`, seen together with what is known of the registration: one that says it
 * is registered becomes resurrected when the watch's proof holds the registry's word on the
 * day, and an address is older than that. */
struct verdict resurrection_judge(const struct registry *r, const struct watch *w,
                                  const struct verdict *v);

#endif
