/* What the words of the status API mean: the strict policy table, as a pure function.
 *
 * The words come ordered, the right-most weighs most. Doubt never unverifies: only a
 * statement that the registration is going (expiring, deleting) or gone (inactive) does. */
#ifndef UVD_CORE_POLICY_H
#define UVD_CORE_POLICY_H

#include <stdbool.h>

#include "proto/status_reply.h"
#include "proto/vocab.h"

enum verdict_kind {
    VERDICT_PHASE, /* the domain is in `phase` */
    VERDICT_DOUBT  /* no statement: ask again later; the phase stays as it was */
};

struct verdict {
    enum verdict_kind kind;
    enum phase phase;
    bool unverify;
    bool block_reset;
    bool must_hold; /* acted on only after it has held confirm_hours */
    enum reason reason;
};

/* Preset `strict`.
 *
 *   words                                           phase            unverify    block
 *   any deleting                                    pending_delete   yes         no
 *   else any expiring                               redemption       when held   no
 *   else a word never seen, or unknown right-most   doubt            no          no
 *   else inactive and active                        doubt            no          no
 *   else inactive                                   released         yes         yes
 *   else invalid, suffix, zone, tld                 not_registrable  no          no
 *   else registered (active, parked, ...), undelegated  held         no          no
 *   else registered                                 active           no          no
 *   else reserved, claimed, dpml, disallowed        unregistrable    no          no
 *   anything else                                   doubt            no          no
 *
 * `inactive` yields to a weightier word right-most: reserved and its kin make it
 * unregistrable, invalid and its kin not_registrable. */
struct verdict policy_judge(const struct status_words *words);

#endif
