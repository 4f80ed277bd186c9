/* An answer to the question (example.com, NS): anything a resolver may send. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "proto/dns_answer.h"
#include "proto/dns_question.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct dns_answer *a, const struct dns_answer *b)
{
    MUST(a->outcome == b->outcome && a->rcode == b->rcode && a->ns_count == b->ns_count);
    MUST(strcmp(a->soa, b->soa) == 0);
    for (size_t i = 0; i < a->ns_count; i++)
        MUST(strcmp(a->ns[i], b->ns[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_answer a;
    memset(&a, 0xAA, sizeof a);
    dns_answer_parse(data, size, "example.com", &a);
    struct dns_answer any;
    memset(&any, 0xAA, sizeof any);
    dns_answer_parse_any(data, size, "example.com", &any);
    same(&a, &any);
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
    uint8_t question[DNS_QUESTION_MAX];
    size_t len = dns_question_write("example.com", question);
    enum dns_echo echo = dns_question_compare(question, len, data, size);
    if (echo != DNS_ECHO_NONE)
        MUST(size >= len && (data[2] & 0x80) != 0);
    if (echo == DNS_ECHO_EXACT)
        MUST(memcmp(data + 12, question + 12, len - 12) == 0);
    return 0;
}
