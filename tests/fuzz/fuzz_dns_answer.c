/* An answer to the question (example.com, NS): anything a resolver may send. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "proto/dns_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_answer a;
    memset(&a, 0xAA, sizeof a);
    dns_answer_parse(data, size, "example.com", &a);
    MUST((unsigned)a.outcome <= DNS_GARBAGE);
    MUST(memchr(a.soa, '\0', sizeof a.soa) != NULL);
    MUST(a.ns_count <= DNS_NS_MAX);
    for (size_t i = 0; i < a.ns_count; i++)
        MUST(memchr(a.ns[i], '\0', sizeof a.ns[i]) != NULL);
    if (a.outcome == DNS_ABSENT)
        MUST(a.rcode == 3);
    if (a.outcome == DNS_NOT_DELEGATED)
        MUST(strcmp(a.soa, "com") == 0 || strcmp(a.soa, ".") == 0);
    if (a.ns_count > 0)
        MUST(a.outcome == DNS_DELEGATED || a.outcome == DNS_LAME ||
             a.outcome == DNS_EXISTS);
    return 0;
}
