/* The JSON that nearly every event is: one map of strings, integers, booleans and nulls,
 * without escapes. Read in one pass, without yajl, which costs ten times as much. Whatever
 * is not exactly that is left to yajl, also to say what is wrong with it; a fuzz target
 * compares the two. Private to json_walk.c. */
#ifndef UVD_PROTO_JSON_FLAT_H
#define UVD_PROTO_JSON_FLAT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/value.h"

#define JSON_FLAT_MAX 16 /* members */

struct json_member {
    const char *key; /* not NUL-terminated */
    size_t key_len;
    struct value value;
    size_t end; /* offset behind the value */
};

struct json_flat {
    size_t n;
    size_t begin, end; /* offsets behind the opening and the closing brace */
    struct json_member at[JSON_FLAT_MAX];
};

/* `out` borrows from `data`. return  false: not that kind, or not JSON; `out` is
 * meaningless */
bool json_flat_read(const char *data, size_t len, struct json_flat *out);

#endif
