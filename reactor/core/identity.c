#include "core/identity.h"

#include <stdio.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Each part is preceded by its length, so that no two lists of parts run into one another.
 */
static void add(XXH3_state_t *st, const void *data, size_t len)
{
    const uint32_t n = (uint32_t)len;
    const unsigned char size[4] = {(unsigned char)n, (unsigned char)(n >> 8),
                                   (unsigned char)(n >> 16), (unsigned char)(n >> 24)};
    XXH3_128bits_update(st, size, sizeof size);
    XXH3_128bits_update(st, data, len);
}

static void add_number(XXH3_state_t *st, uint64_t v)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(v >> (8 * i));
    add(st, bytes, sizeof bytes);
}

static void finish(XXH3_state_t *st, char out[MESSAGE_ID_SIZE])
{
    XXH128_hash_t h = XXH3_128bits_digest(st);
    snprintf(out, MESSAGE_ID_SIZE, "%016llx%016llx", (unsigned long long)h.high64,
             (unsigned long long)h.low64);
}

void identity_of_address(const char *subject, const struct account_id *account,
                         const char *email, size_t email_len, int64_t verified_ms,
                         char out[MESSAGE_ID_SIZE])
{
    XXH3_state_t st;
    XXH3_128bits_reset(&st);
    add(&st, subject, strlen(subject));
    add_number(&st, account->is_int);
    add(&st, account->text, account->len);
    add(&st, email, email_len);
    add_number(&st, (uint64_t)verified_ms);
    finish(&st, out);
}

void identity_of_move(const char *subject, const char *domain, enum phase from,
                      enum phase to, uint32_t epoch, uint16_t moves,
                      char out[MESSAGE_ID_SIZE])
{
    XXH3_state_t st;
    XXH3_128bits_reset(&st);
    add(&st, subject, strlen(subject));
    add(&st, domain, strlen(domain));
    add_number(&st, (uint64_t)from << 8 | (uint64_t)to);
    add_number(&st, (uint64_t)epoch << 16 | moves);
    finish(&st, out);
}
