/* What a registry's own answer (RDAP) says of a domain: pure.
 *
 * The states are those of RFC 8056; the grace periods behind them are RFC 3915's, their
 * order is the ICANN Expired Registration Recovery Policy's. */
#ifndef UVD_CORE_REGISTRATION_H
#define UVD_CORE_REGISTRATION_H

#include "core/policy.h"
#include "proto/rdap_reply.h"

/* The first that holds:
 *
 *   answer                                     phase            unverify    block
 *   404 from the responsible server            released         yes         yes
 *   pending restore                            held             no          no
 *   redemption period                          redemption       when held   no
 *   pending delete                             pending_delete   yes         no
 *   client hold, server hold, inactive         held             no          no
 *   anything else                              active           no          no
 *
 * Pending restore comes before the redemption period: its holder has asked for it back (RFC
 * 3915 section 3.1), and a registry that shows both is in between. A pending delete without
 * one of the two is the last five days. */
struct verdict registration_judge(bool is_free, uint32_t states);

/* The same for a reply; whatever was not answered is doubt. */
struct verdict registration_judge_reply(const struct rdap_reply *reply);

#endif
