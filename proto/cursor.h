/* A bounded reader with a sticky error: the only pointer arithmetic on input.
 *
 * Every read checks what is left. The first one that does not fit sets `bad`; from then on
 * every read yields zero and moves nothing. A loop over a cursor must therefore end on the
 * error as well as on the end: while (cursor_has_more(&c)). Integers of a fixed size are
 * big-endian (network order, and what msgpack uses). */
#ifndef UVD_PROTO_CURSOR_H
#define UVD_PROTO_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
    const uint8_t *p; /* next byte; borrowed */
    size_t left;
    bool bad;
};

/* Read `len` bytes at `data` (borrowed; NULL only with length 0). */
static inline struct cursor cursor_over(const void *data, size_t len)
{
    return (struct cursor){.p = data, .left = len};
}

/* Neither failed nor at the end. */
static inline bool cursor_has_more(const struct cursor *c)
{
    return !c->bad && c->left > 0;
}

/* Everything was read and nothing failed. */
static inline bool cursor_is_done(const struct cursor *c)
{
    return !c->bad && c->left == 0;
}

/* Take `n` bytes. return  where they are (borrowed from the input), NULL on error */
const uint8_t *cursor_take(struct cursor *c, size_t n);

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/* cursor_varint for what isn't one good byte. */
uint64_t cursor_long_varint(struct cursor *c, uint64_t max);

/* An unsigned integer of 7 bits a byte, low bits first, the top bit saying that more
 * follow (LEB128). Padded spellings are read. An error: longer than 10 bytes, or more than
 * `max`. */
static inline uint64_t cursor_varint(struct cursor *c, uint64_t max)
{
    if (c->bad || c->left == 0 || *c->p > 0x7F || *c->p > max)
        return cursor_long_varint(c, max);
    c->left--;
    return *c->p++;
}

#endif
