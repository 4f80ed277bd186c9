/* Suffixes of name servers, and whether an answer delegates to one of them.
 *
 * Name servers below some names say by themselves what has become of a registration: that
 * it has expired, for instance. The set is made once; looking at an answer costs some steps
 * over its NS records, without writing their names out. */
#ifndef UVD_PROTO_NS_SUFFIXES_H
#define UVD_PROTO_NS_SUFFIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct ns_suffixes;

/* `list`: names of two labels or more, lower case, comma-separated; NULL or "": none, and
 * then *out is NULL, which matches nothing.
 *   ST_INVALID: an entry that is no such name; ST_NOMEM */
enum status ns_suffixes_new(const char *list, struct ns_suffixes **out);
void ns_suffixes_free(struct ns_suffixes *s);

/* Is a name server of `domain`, as this answer has them, one of the suffixes or below one?
 * Whatever its letters' case; only whole labels count. `packet` is an answer of which
 * dns_answer_parse said that it delegates `domain`; what can't be read matches nothing. */
bool ns_suffixes_match(const struct ns_suffixes *s, const uint8_t *packet, size_t len,
                       const char *domain);

#endif
