/* An answer to the question (example.com, NS), and which name servers it names. */
#include <stddef.h>
#include <stdint.h>

#include "base/must.h"
#include "proto/dns_answer.h"
#include "proto/ns_suffixes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ns_suffixes *some;
    struct dns_answer a;
    if (some == NULL)
        MUST(ns_suffixes_new("example.net,expired.example.com,a.b", &some) == ST_OK);
    MUST(!ns_suffixes_match(NULL, data, size, "example.com"));
    if (!ns_suffixes_match(some, data, size, "example.com"))
        return 0;
    /* What matches is a name that the whole reading has seen, too. */
    dns_answer_parse(data, size, "example.com", &a);
    MUST(a.outcome != DNS_NOT_DELEGATED && a.outcome != DNS_ABSENT);
    return 0;
}
