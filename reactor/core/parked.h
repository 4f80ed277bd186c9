/* Names that are in DNS, with name servers that mark an expired one (DNS_PARKED).
 *
 * For weeks after its expiry a registration may be moved to such servers while its holder
 * can still renew it, or somebody buys it without its ever leaving DNS. So the registry is
 * asked, as for a name that is gone, and what it says is judged as ever:
 *
 *   active, parked ...   in order; asked again in a week, looked at in DNS daily
 *   expiring, deleting   redemption, pending_delete: as for a name that is gone
 *   inactive             no: what is delegated is registered. Doubt
 *
 * DNS_PARKED itself is no verdict: it makes no bad phase, and it ends none.
 *
 * The name servers a domain had before are not remembered: servers that serve only expired
 * names say what they say at first sight, too, and the sets of ten million domains would be
 * memory for nothing else. Whether a kept answer was given to a parked name is a flag of
 * the watch; it is gone after a restart, which costs each of them one more question. */
#ifndef UVD_CORE_PARKED_H
#define UVD_CORE_PARKED_H

#include "core/policy.h"
#include "core/proof.h"

/* Is this outcome about this watch a reason to ask the registry? Of a name below a private
 * suffix only the absence is told. */
bool parked_is_suspect(const struct watch *w, enum dns_outcome outcome);

/* May the answer in the proof serve for what DNS says now? What a registry said of a name
 * while it was out of DNS, or in order, says nothing of one that is parked. */
bool parked_answer_serves(const struct watch *w);

/* A registry's answer is put into the proof, or DNS shows the name in order. */
void parked_note_answer(struct watch *w);

/* Does DNS say otherwise than this verdict? */
bool parked_contradicts(enum dns_outcome outcome, const struct verdict *v);

#endif
