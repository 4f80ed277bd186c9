#include "base/entropy.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/types.h>

#include "base/must.h"

#define POOL_SIZE 4096
#define ONCE_MAX 256

static struct {
    uint8_t bytes[POOL_SIZE];
    size_t left; /* unused ones, at the front */
} pool;

/* Without the kernel's generator nothing sent could be told from a forgery. */
static void refill(void)
{
    size_t n = 0;
    while (n < sizeof pool.bytes) {
        ssize_t got = getrandom(pool.bytes + n, sizeof pool.bytes - n, 0);
        MUST(got > 0 || errno == EINTR);
        n += got > 0 ? (size_t)got : 0;
    }
    pool.left = sizeof pool.bytes;
}

void entropy_bytes(void *out, size_t n)
{
    MUST(n <= ONCE_MAX);
    if (pool.left < n)
        refill();
    pool.left -= n;
    memcpy(out, pool.bytes + pool.left, n);
}

uint16_t entropy_u16(void)
{
    uint16_t v;
    entropy_bytes(&v, sizeof v);
    return v;
}

uint32_t entropy_below(uint32_t n)
{
    MUST(n > 0 && n <= ONCE_MAX);
    uint32_t fair = 256 - 256 % n; /* above it the low values would come more often */
    uint8_t v;
    do
        entropy_bytes(&v, 1);
    while (v >= fair);
    return v % n;
}
