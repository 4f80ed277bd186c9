/* Two opinions of one domain, the status API's words and its registry's answer, and what
 * they say together: a pure table. */
#ifndef UVD_CORE_OPINION_H
#define UVD_CORE_OPINION_H

#include "core/policy.h"

/* Is a second opinion of use? When the first one is that it is registered and out of DNS,
 * which is how many redemptions show themselves, or when its words say nothing. */
bool opinion_is_wanted(const struct verdict *first);

/* `first` is one of which a second opinion is wanted, judged by `words`; `second` is the
 * registry's (registration.h), doubt when it did not answer.
 *
 *   first   second                       together
 *   held    redemption, pending_delete   the second
 *   held    held, active                 held
 *   held    released                     doubt: they contradict each other
 *   held    doubt                        held
 *   doubt   redemption, pending_delete   the second
 *   doubt   held, active                 the second; doubt if a word says that it is free
 *   doubt   released                     the second; doubt if a word says that it is
 *                                        registered
 *   doubt   doubt                        doubt */
struct verdict opinion_join(const struct verdict *first, const struct status_words *words,
                            const struct verdict *second);

#endif
