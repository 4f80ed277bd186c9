/* Walking JSON (RFC 8259) from outside, by yajl: no tree is built. What most events look
 * like goes a shorter way (json_flat.h).
 *
 * Beyond what yajl checks: strings are UTF-8 after their escapes are resolved, a lone
 * surrogate (\ud800) is refused, the depth is bounded, and nothing may follow the value but
 * white space. Integers within int64_t and uint64_t are exact; all other numbers are
 * VALUE_FLOAT, and one of more than JSON_NUMBER_MAX characters is VALUE_FLOAT and NaN. */
#ifndef UVD_PROTO_JSON_WALK_H
#define UVD_PROTO_JSON_WALK_H

#include <stddef.h>

#include "base/status.h"
#include "proto/walk.h"

#define JSON_NUMBER_MAX 63

/* Walk the one value that `data` (borrowed) holds.
 *   where   offset where reading stopped, for a message; may be NULL
 *   return  ST_MALFORMED: no JSON, cut short, or something behind the value; ST_FULL: too
 *           deep; ST_CANCELED: `fn` stopped it; ST_NOMEM */
enum status json_walk(const char *data, size_t len, walk_fn *fn, void *ctx, size_t *where);

/* The same, always by yajl; `where` is not NULL. For json_walk, and for what compares the
 * two. */
enum status json_walk_any(const char *data, size_t len, walk_fn *fn, void *ctx,
                          size_t *where);

#endif
