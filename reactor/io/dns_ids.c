#include "io/dns_ids.h"

#include <stddef.h>

#include "base/entropy.h"
#include "base/must.h"

void dns_ids_bind(struct dns_ids *ids, struct dns_copy *copy)
{
    MUST(ids->n < DNS_IDS_MAX);
    ids->n++;
    do
        copy->id = entropy_u16();
    while (dns_ids_find(ids, copy->id) != NULL);
    struct dns_copy **bucket = &ids->buckets[copy->id % DNS_IDS_BUCKETS];
    copy->next = *bucket;
    *bucket = copy;
}

struct dns_copy *dns_ids_find(const struct dns_ids *ids, uint16_t id)
{
    struct dns_copy *copy = ids->buckets[id % DNS_IDS_BUCKETS];
    while (copy != NULL && copy->id != id)
        copy = copy->next;
    return copy;
}

void dns_ids_unbind(struct dns_ids *ids, const struct dns_copy *copy)
{
    struct dns_copy **at = &ids->buckets[copy->id % DNS_IDS_BUCKETS];
    while (*at != copy)
        at = &(*at)->next;
    *at = copy->next;
    ids->n--;
}
