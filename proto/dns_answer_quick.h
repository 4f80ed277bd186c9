/* The answers that nearly all names get, read in one pass: a set of NS records for the
 * domain, or the SOA of a zone above it. Everything in them must be as plain as can be;
 * what isn't is left to dns_answer_parse, which reads any packet and is the judge of what
 * this gives. */
#ifndef UVD_PROTO_DNS_ANSWER_QUICK_H
#define UVD_PROTO_DNS_ANSWER_QUICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/dns_answer.h"

/* false: not such an answer; `out` is undefined then. */
bool dns_answer_quick(const uint8_t *packet, size_t len, const char *domain,
                      struct dns_answer *out);

#endif
