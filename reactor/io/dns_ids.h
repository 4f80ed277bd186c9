/* The ids of the questions that are out to one resolver: drawn from the kernel's generator,
 * no two alike. */
#ifndef UVD_IO_DNS_IDS_H
#define UVD_IO_DNS_IDS_H

#include <stdint.h>

#include "io/dns_flight.h"

#define DNS_IDS_BUCKETS 4096
/* Half of what there are: a draw finds a free one soon, and who guesses has to guess. */
#define DNS_IDS_MAX 32768

/* All zero: none is out. */
struct dns_ids {
    uint32_t n;
    struct dns_copy *buckets[DNS_IDS_BUCKETS];
};

/* Give the copy an id. Fewer than DNS_IDS_MAX must be out. */
void dns_ids_bind(struct dns_ids *ids, struct dns_copy *copy);

/* NULL when no copy has it. */
struct dns_copy *dns_ids_find(const struct dns_ids *ids, uint16_t id);

/* The copy must be bound. */
void dns_ids_unbind(struct dns_ids *ids, const struct dns_copy *copy);

#endif
