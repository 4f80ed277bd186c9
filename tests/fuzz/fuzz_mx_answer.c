/* An answer to the question (example.com, MX): anything a resolver may send. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "proto/mx_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mx_answer a;
    memset(&a, 0xAA, sizeof a);
    mx_answer_parse(data, size, "example.com", &a);
    MUST(a.outcome == DNS_EXISTS || a.outcome == DNS_ABSENT ||
         dns_outcome_is_doubt(a.outcome));
    MUST(a.n <= MX_HOSTS_MAX);
    MUST(a.outcome == DNS_EXISTS || (a.n == 0 && !a.is_null));
    MUST(!a.is_null || a.n == 0);
    for (size_t i = 0; i < a.n; i++) {
        MUST(memchr(a.hosts[i].name, '\0', sizeof a.hosts[i].name) != NULL);
        MUST(a.hosts[i].name[strspn(a.hosts[i].name, "abcdefghijklmnopqrstuvwxyz"
                                                     "0123456789-_.")] == '\0');
        MUST(i == 0 || a.hosts[i - 1].preference <= a.hosts[i].preference);
    }
    return 0;
}
