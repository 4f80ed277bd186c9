/* Reading msgpack (github.com/msgpack/msgpack/blob/master/spec.md) from outside.
 *
 * msgpack-c allocates what a header claims: five bytes make it ask for 4 GB. This reader
 * allocates nothing, checks every count and length against the bytes that are left, bounds
 * the depth, and never recurses. */
#ifndef UVD_PROTO_MP_READER_H
#define UVD_PROTO_MP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/cursor.h"
#include "proto/value.h"
#include "proto/walk.h"

/* Read the next token: a scalar with its bytes, or the header of an array or map, whose
 * elements are the tokens that follow. A count is only handed out when as many elements of
 * one byte would fit. return  false: cut short or no msgpack; `c` is bad then */
bool mp_next(struct cursor *c, struct value *out);

/* Skip one value with all it holds.
 *   return  ST_MALFORMED; ST_FULL: nested deeper than WALK_DEPTH_MAX. `c` is bad on either
 */
enum status mp_skip(struct cursor *c);

/* Walk the one value that `data` holds. Strings are not checked for UTF-8.
 *   where   where reading stopped, for a message; may be NULL
 *   return  ST_MALFORMED: cut short, no msgpack, or bytes behind the value; ST_FULL: too
 *           deep; ST_CANCELED: `fn` stopped it */
enum status mp_walk(const uint8_t *data, size_t len, walk_fn *fn, void *ctx, size_t *where);

#endif
