/* The first two bytes choose HTTP code, type and whose answer it is, the rest is the
 * body. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "proto/rdap_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int codes[] = {200, 200, 200, 404, 404, 400, 403, 429, 503, 204, 302};
    static const char *const types[] = {"application/rdap+json", "application/json",
                                        "text/html", ""};
    struct rdap_reply r;
    if (size < 2)
        return 0;
    struct http_answer a = {
        .http = codes[data[0] % ARRAY_LEN(codes)],
        .content_type = types[data[1] % ARRAY_LEN(types)],
        .body = (const char *)data + 2,
        .len = size - 2,
    };
    bool is_responsible = (data[1] & 0x80) == 0;
    memset(&r, 0xAA, sizeof r);
    rdap_reply_read(&a, "example.com", is_responsible, &r);
    MUST((unsigned)r.outcome < STATUS_OUTCOME_COUNT);
    MUST(memchr(r.words, '\0', sizeof r.words) != NULL);
    MUST(memchr(r.detail, '\0', sizeof r.detail) != NULL);
    MUST((r.outcome == STATUS_ANSWERED) == (r.detail[0] == '\0'));
    MUST(r.states < 1U << RDAP_STATE_COUNT && r.registered_s >= 0 && r.expires_s >= 0);
    if (r.is_free) {
        MUST(r.outcome == STATUS_ANSWERED && a.http == 404 && is_responsible);
        MUST(*a.content_type == 'a' && r.states == 0);
    } else if (r.outcome == STATUS_ANSWERED) {
        MUST(a.http == 200 && strcmp(a.content_type, "text/html") != 0);
    } else {
        MUST(r.states == 0 && r.words[0] == '\0');
        MUST(r.registered_s == 0 && r.expires_s == 0);
    }
    return 0;
}
