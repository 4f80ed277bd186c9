/* One DNS answer, read for one purpose: is this registration in the zone of its registry?
 *
 * The question is always (registrable domain, NS, IN). A resolver answers with the NS set;
 * an authoritative server of the parent answers with a referral that names the domain
 * itself. Both say "delegated". No data and an SOA tell where the zone cut is (RFC 2308
 * section 2.2): the domain's own SOA means it exists, an SOA above it means it is not
 * delegated. */
#ifndef UVD_PROTO_DNS_ANSWER_H
#define UVD_PROTO_DNS_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/vocab.h"

#define DNS_NS_MAX 8

struct dns_answer {
    enum dns_outcome outcome;
    uint8_t rcode;
    char soa[DOMAIN_SIZE]; /* owner of the first SOA in the authority section, lower case,
                              "" */
    size_t ns_count;       /* names kept, at most DNS_NS_MAX */
    char ns[DNS_NS_MAX][DOMAIN_SIZE]; /* lower case */
};

/* Read one answer packet for `domain` (lower-case, no trailing dot). Never fails: what
 * can't be read is DNS_GARBAGE, which is doubt. Names with odd bytes are kept escaped
 * (\ddd). */
void dns_answer_parse(const uint8_t *packet, size_t len, const char *domain,
                      struct dns_answer *out);

/* The same without its short cut for plain answers, which tests hold against it. */
void dns_answer_parse_any(const uint8_t *packet, size_t len, const char *domain,
                          struct dns_answer *out);

#endif
