/* Canaries: questions whose answers are known, put to each resolver. When, and what an
 * answer means, is decided in core/resolvers.h. */
#ifndef UVD_IO_DNS_CANARIES_H
#define UVD_IO_DNS_CANARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "core/resolvers.h"
#include "io/dns_channel.h"
#include "proto/address.h"

#define DNS_CANARIES_MAX 8

struct dns_canary {
    struct dns_flight flight;
    char name[DOMAIN_SIZE];
};

struct dns_canaries {
    char existing[DNS_CANARIES_MAX][DOMAIN_SIZE];
    uint32_t n; /* 0: no canaries */
    uint32_t out;
    struct dns_canary at[RESOLVERS_MAX][CANARY_KINDS];
};

/* `names`: existing ones, comma-separated, up to DNS_CANARIES_MAX; NULL or "": none.
 *   ST_INVALID: a name without a dot or too long, or too many */
enum status dns_canaries_init(struct dns_canaries *c, const char *names);

/* Put the canaries that are due. Not from inside an answer. `now_us`: as dns_channel_ask.
 */
void dns_canaries_ask(struct dns_canaries *c, struct resolvers *r,
                      struct dns_channel *const *channels, struct mono_ms now,
                      uint64_t now_us);

/* Is this flight one of a canary? Then its end goes here. */
bool dns_canaries_own(const struct dns_canaries *c, const struct dns_flight *q);
void dns_canaries_reply(struct dns_canaries *c, struct resolvers *r,
                        const struct dns_flight *q, const uint8_t *packet, size_t len,
                        enum dns_outcome why_not, struct mono_ms now);

#endif
