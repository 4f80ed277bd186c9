#include "proto/cursor.h"

const uint8_t *cursor_take(struct cursor *c, size_t n)
{
    static const uint8_t nothing[1];
    if (c->bad || n > c->left) {
        c->bad = true;
        return NULL;
    }
    if (n == 0) /* c->p may be NULL here, and NULL means error */
        return nothing;
    const uint8_t *at = c->p;
    c->p += n;
    c->left -= n;
    return at;
}

static uint64_t big_endian(struct cursor *c, size_t n)
{
    const uint8_t *at = cursor_take(c, n);
    uint64_t v = 0;
    for (size_t i = 0; at != NULL && i < n; i++)
        v = v << 8 | at[i];
    return v;
}

uint8_t cursor_u8(struct cursor *c)
{
    const uint8_t *at = cursor_take(c, 1);
    return at == NULL ? 0 : *at;
}

uint16_t cursor_u16(struct cursor *c)
{
    return (uint16_t)big_endian(c, 2);
}

uint32_t cursor_u32(struct cursor *c)
{
    return (uint32_t)big_endian(c, 4);
}

uint64_t cursor_u64(struct cursor *c)
{
    return big_endian(c, 8);
}

uint64_t cursor_long_varint(struct cursor *c, uint64_t max)
{
    uint64_t v = 0;
    unsigned shift = 0;
    for (size_t i = 0; !c->bad && i < c->left; i++) {
        const uint64_t bits = c->p[i] & 0x7FU;
        if (shift == 63 && bits > 1) /* the tenth byte holds bit 63 and nothing else */
            break;
        v |= bits << shift;
        if (c->p[i] < 0x80) {
            if (v > max)
                break;
            c->p += i + 1;
            c->left -= i + 1;
            return v;
        }
        if (shift == 63)
            break;
        shift += 7;
    }
    c->bad = true;
    return 0;
}
