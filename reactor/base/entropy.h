/* Chance that can't be foreseen: bytes of the kernel's generator (getrandom), fetched 4 kB
 * at a time. For ids, ports and the like; not a source of keys, since what was handed out
 * stays in memory until it is overwritten. */
#ifndef UVD_BASE_ENTROPY_H
#define UVD_BASE_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

/* At most 256 bytes at once. */
void entropy_bytes(void *out, size_t n);

uint16_t entropy_u16(void);

/* Evenly one of 0 .. n-1; n is 1 .. 256. */
uint32_t entropy_below(uint32_t n);

#endif
