/* One face over msgpack and JSON, so that a message's fields are listed once. The error is
 * sticky: check `st` at the end. Private to message.c and whoever lists fields. */
#ifndef UVD_PROTO_WIRE_WRITER_H
#define UVD_PROTO_WIRE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/json_writer.h"
#include "proto/message.h"

struct wire_writer {
    enum wire_format format;
    struct json_writer json; /* its buffer and its status serve msgpack as well */
};

static inline struct wire_writer wire_writer_to(struct buf *out, enum wire_format format)
{
    return (struct wire_writer){.format = format, .json = json_writer_to(out)};
}

/* msgpack states the count up front: it must be kept. */
void wire_map(struct wire_writer *w, uint32_t pairs);
void wire_map_end(struct wire_writer *w);
void wire_array(struct wire_writer *w, uint32_t elements);
void wire_array_end(struct wire_writer *w);

void wire_key(struct wire_writer *w, const char *key);
void wire_nil(struct wire_writer *w);
void wire_bool(struct wire_writer *w, bool v);
void wire_int(struct wire_writer *w, int64_t v);
void wire_uint(struct wire_writer *w, uint64_t v);
void wire_bytes(struct wire_writer *w, const char *text, size_t len);

/* NULL and "" are nil: an absent value. */
void wire_text(struct wire_writer *w, const char *text);

/* Seconds since 1970, as RFC 3339. */
void wire_time(struct wire_writer *w, int64_t seconds);

#endif
