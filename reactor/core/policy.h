/* What the words of the status API mean, as a pure function: the strict table, the sets of
 * two registries that did this before, and a table of the operator's own.
 *
 * The words come ordered, the right-most weighs most. A time-out, an error and an answer
 * that only stands in for one (STATUS_BEST_EFFORT) have no words and never come here:
 * whatever the policy, they unverify nobody. */
#ifndef UVD_CORE_POLICY_H
#define UVD_CORE_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/status_reply.h"
#include "proto/vocab.h"

/* The phase is always what preset `strict` says. In `strict` doubt never unverifies: only a
 * statement that the registration is going (expiring, deleting) or gone (inactive) does.
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
 * unregistrable, invalid and its kin not_registrable.
 *
 * The other presets act on any of their words, in whatever place and beside whatever else:
 *
 *   pypi      undelegated inactive expiring deleting unknown
 *             (warehouse, accounts/tasks.py: unverify_emails_with_expired_domains)
 *   rubygems  inactive parked expiring deleting, when the mail host has no MX
 *             (rubygems.org, app/jobs/verify_user_email_domains_job.rb)
 *
 * So `pypi` acts on `unknown` and on `undelegated` alone, which in `strict` are doubt. Who
 * chooses it has chosen that. Where a preset acts and `strict` does not, the reason is
 * preset_match, and a domain of which `strict` knows no phase is a candidate: gone from DNS
 * is all that is known. Resets are blocked as in `strict`. */
enum preset { PRESET_STRICT, PRESET_PYPI, PRESET_RUBYGEMS };

/* A table of the operator's own: lists of words that replace a preset's (0: they don't).
 *
 *   unverify_on  unverify on any of these words
 *   release_on   released: unverify on any of these words, and block password resets
 *
 * Where `strict` finds doubt only the right-most word counts, and none beside a word never
 * seen. A domain that is deleting is released only if that very word is listed, one that is
 * expiring never: its holder may restore it. Without a word of unverify_on a domain may be
 * in a bad phase and nobody be unverified; without one of release_on `inactive` is released
 * as a phase, and nothing is blocked. What `strict` holds for policy.confirm_hours
 * (redemption) is held here, too, and preset rubygems still wants that there is no MX. */
struct policy {
    enum preset preset;
    uint32_t unverify_on, release_on; /* 1 << enum status_word */
};

enum verdict_kind {
    VERDICT_PHASE, /* the domain is in `phase` */
    VERDICT_DOUBT  /* no statement: ask again later; the phase stays as it was */
};

struct verdict {
    enum verdict_kind kind;
    enum phase phase;
    bool unverify;
    bool block_reset;
    bool must_hold;   /* acted on only after it has held confirm_hours */
    bool needs_no_mx; /* acted on only if the mail host has no MX: round.c acts if DNS says
                         that the domain is gone, for then so is every host below it
                         (RFC 8020), and does not if it is there, parked or hidden */
    enum reason reason;
};

/* From the options' texts. `preset` is the name of one; the lists are words separated by
 * commas, NULL or "" for none.
 *   ST_INVALID  an unknown preset or word, or a word that can't be meant: one that says
 *               that all is in order (active) or that there is no such name (invalid,
 *               suffix, zone, tld), and in release_on all but
 *               inactive premium undelegated deleting */
enum status policy_of(const char *preset, const char *unverify_on, const char *release_on,
                      struct policy *out);

/* The words that each of the two lists may hold. */
uint32_t policy_unverify_words(void);
uint32_t policy_release_words(void);

/* For evidence: the preset's name, "custom" with lists of the operator's own. Static. */
const char *policy_text(const struct policy *p);

struct verdict policy_judge(const struct policy *p, const struct status_words *words);

#endif
