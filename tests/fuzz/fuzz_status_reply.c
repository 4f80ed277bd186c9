/* Domainr's answers. The first two bytes choose HTTP code and time taken, the rest is the
 * body. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "proto/status_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int codes[] = {200, 200, 200, 200, 401, 403, 404, 429, 500, 204, 301};
    struct status_reply r;
    if (size < 2)
        return 0;
    struct http_answer a = {
        .http = codes[data[0] % ARRAY_LEN(codes)],
        .content_type = "application/json",
        .body = (const char *)data + 2,
        .len = size - 2,
        .elapsed_ms = data[1] * 200U,
    };
    memset(&r, 0xAA, sizeof r);
    status_reply_domainr(&a, "example.com", &r);
    MUST((unsigned)r.outcome < STATUS_OUTCOME_COUNT);
    MUST(memchr(r.words, '\0', sizeof r.words) != NULL);
    MUST(memchr(r.detail, '\0', sizeof r.detail) != NULL);
    MUST((r.outcome == STATUS_ANSWERED) == (r.words[0] != '\0'));
    if (r.outcome == STATUS_ANSWERED) {
        struct status_words w = status_words_parse(r.words);
        MUST(a.http == 200 && (w.set != 0 || w.has_unseen));
    }
    return 0;
}
