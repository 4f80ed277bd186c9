/* memcpy for texts of a few bytes. From lengths known to be below 256 compilers make `rep
 * movs`, whose start costs more than all else that is done for such a text. */
#ifndef UVD_BASE_COPY_H
#define UVD_BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies exactly `len` bytes; the two must not overlap. */
static inline void copy_short(void *to, const void *from, size_t len)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (len < 8) {
        for (size_t i = 0; i < len; i++)
            t[i] = f[i];
        return;
    }
    for (size_t i = 0; i < len - 8; i += 8)
        memcpy(t + i, f + i, 8);
    memcpy(t + len - 8, f + len - 8, 8); /* overlaps what is there: no rest to care for */
}

#endif
