#include "proto/utf8.h"

#include <stdint.h>
#include <string.h>

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0U) == 0x80U;
}

size_t utf8_sequence(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    if (len == 0)
        return 0;
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2) /* a tail byte, or the lead of an overlong form */
        return 0;
    if (p[0] < 0xE0)
        return len >= 2 && is_tail(p[1]) ? 2 : 0;
    if (p[0] < 0xF0) {
        if (len < 3 || !is_tail(p[1]) || !is_tail(p[2]))
            return 0;
        if (p[0] == 0xE0 && p[1] < 0xA0) /* overlong */
            return 0;
        if (p[0] == 0xED && p[1] >= 0xA0) /* surrogate */
            return 0;
        return 3;
    }
    if (p[0] > 0xF4 || len < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
        return 0;
    if (p[0] == 0xF0 && p[1] < 0x90) /* overlong */
        return 0;
    if (p[0] == 0xF4 && p[1] >= 0x90) /* above U+10FFFF */
        return 0;
    return 4;
}

bool utf8_is_valid(const char *s, size_t len)
{
    size_t i = 0;
    while (i < len) {
        /* eight bytes a turn while they are ASCII, which nearly all of it is */
        uint64_t eight;
        while (len - i >= sizeof eight) {
            memcpy(&eight, s + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) != 0)
                break;
            i += sizeof eight;
        }
        if (i == len)
            return true;
        size_t n = utf8_sequence(s + i, len - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}
