/* Walking a tree of values, msgpack or JSON, without building it: one call a value, with
 * the path it stands at. json_walk() and mp_walk() feed the same function.
 *
 *   {"stream":"S","error":{"code":503},"ids":[7,8]}
 *
 *   path            kind         depth
 *   ""              VALUE_MAP    0
 *   "stream"        VALUE_STR    1
 *   "error"         VALUE_MAP    1
 *   "error.code"    VALUE_INT    2
 *   "error"         VALUE_END    1
 *   "ids"           VALUE_ARRAY  1
 *   "ids[]"         VALUE_INT    2     index 0, then the same with index 1
 *   "ids"           VALUE_END    1
 *   ""              VALUE_END    0
 *
 * A path is unambiguous: '.', '[' and NUL inside a key, and a key that is no string, appear
 * as '?'. A path too long for its buffer is "?", and so is all below it. Nothing is
 * allocated for a value, and the depth is bounded, so input can't drive memory or stack. */
#ifndef UVD_PROTO_WALK_H
#define UVD_PROTO_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/status.h"
#include "proto/value.h"

#define WALK_DEPTH_MAX 32  /* containers within containers */
#define WALK_PATH_SIZE 256 /* with the NUL */

/* Where a value stands. Good for the call only. */
struct walk_at {
    const char *path; /* NUL-terminated */
    size_t path_len;
    unsigned depth; /* containers around the value */
    size_t index;   /* within its array; 0 in a map */
};

/* Is the value at exactly this path? */
static inline bool walk_at_is(const struct walk_at *at, const char *path)
{
    return strcmp(at->path, path) == 0;
}

/* Take one value. `v` and its text are borrowed for the call: the text of a JSON string
 * with escapes is in a buffer that the next string overwrites.
 *   return  false to stop the walk, which then yields ST_CANCELED */
typedef bool walk_fn(void *ctx, const struct walk_at *at, const struct value *v);

/* What the two walkers share. They alone touch it. */
struct walk_frame {
    uint64_t left;     /* msgpack: elements or pairs to come */
    size_t index;      /* of the next element */
    uint16_t path_len; /* of the container */
    bool is_map;
};

struct walk {
    walk_fn *fn;
    void *ctx;
    unsigned depth;
    uint16_t path_len; /* of the value that comes next */
    char path[WALK_PATH_SIZE];
    struct walk_frame frames[WALK_DEPTH_MAX];
};

void walk_start(struct walk *w, walk_fn *fn, void *ctx);

/* The next value is the one of this key; NULL for a key that is no string. */
void walk_key(struct walk *w, const char *key, size_t len);

/* Deliver a scalar or open a container. return  ST_CANCELED; ST_FULL: nested too deep */
enum status walk_value(struct walk *w, const struct value *v);

/* Close the innermost container. There must be one. */
enum status walk_end(struct walk *w);

#endif
