/* One value of a message, msgpack or JSON. Both readers speak this type, so what stands
 * behind them is written once. */
#ifndef UVD_PROTO_VALUE_H
#define UVD_PROTO_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_kind {
    VALUE_NIL,
    VALUE_BOOL,
    VALUE_INT,  /* any integer that fits int64_t */
    VALUE_UINT, /* an integer above INT64_MAX */
    VALUE_FLOAT,
    VALUE_STR, /* msgpack str: bytes that may not be UTF-8; JSON string: UTF-8 */
    VALUE_BIN, /* msgpack only */
    VALUE_EXT, /* msgpack only */
    VALUE_ARRAY,
    VALUE_MAP,
    VALUE_END /* only from a walk: the container at this path is complete */
};

struct value {
    enum value_kind kind;
    int8_t ext_type; /* VALUE_EXT */
    union {
        bool boolean;
        int64_t integer;  /* VALUE_INT */
        uint64_t natural; /* VALUE_UINT */
        double real;
        uint32_t
            count; /* VALUE_ARRAY: elements, VALUE_MAP: pairs; 0 in JSON, which has none */
    };
    const char *text; /* VALUE_STR, _BIN, _EXT: borrowed, not NUL-terminated, never NULL */
    size_t len;
};

/* "a string", "a map", ... for messages to people; static. */
const char *value_kind_text(enum value_kind k);

#endif
