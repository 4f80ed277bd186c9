/* Ids of messages: the same decision always has the same id, before and after a restart, so
 * that the bus and its consumers can drop what was said twice. */
#ifndef UVD_CORE_IDENTITY_H
#define UVD_CORE_IDENTITY_H

#include <stdint.h>

#include "core/outbox.h"
#include "proto/account_event.h"

/* One address is unverified (or blocked) at most once for each time it was verified: the id
 * is made of the subject, the account, the address and that verification. The subject is
 * part of it because a stream drops duplicate ids across its subjects, and a dry run must
 * not swallow the real message. */
void identity_of_address(const char *subject, const struct account_id *account,
                         const char *email, size_t email_len, int64_t verified_ms,
                         char out[MESSAGE_ID_SIZE]);

/* A change of a domain's phase: the `moves`-th one of the watch that began at `epoch`. */
void identity_of_move(const char *subject, const char *domain, enum phase from,
                      enum phase to, uint32_t epoch, uint16_t moves,
                      char out[MESSAGE_ID_SIZE]);

#endif
