/* What the fuzz targets of the status providers share: a reader of answers must say one
 * thing or the other, whatever comes. The first two bytes choose HTTP code and time taken,
 * the rest is the body. */
#ifndef UVD_TESTS_FUZZ_STATUS_READER_H
#define UVD_TESTS_FUZZ_STATUS_READER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "proto/status_reply.h"

typedef void (*status_reader)(const struct http_answer *a, const char *domain,
                              struct status_reply *out);

static inline void fuzz_status_reader(status_reader read, const uint8_t *data, size_t size)
{
    static const int codes[] = {200, 200, 200, 200, 401, 403, 404, 429, 500, 204, 301};
    struct status_reply r;
    if (size < 2)
        return;
    struct http_answer a = {
        .http = codes[data[0] % ARRAY_LEN(codes)],
        .content_type = "application/json",
        .body = (const char *)data + 2,
        .len = size - 2,
        .elapsed_ms = data[1] * 200U,
    };
    memset(&r, 0xAA, sizeof r);
    read(&a, "example.com", &r);
    MUST((unsigned)r.outcome < STATUS_OUTCOME_COUNT);
    MUST(memchr(r.words, '\0', sizeof r.words) != NULL);
    MUST(memchr(r.detail, '\0', sizeof r.detail) != NULL);
    MUST((r.outcome == STATUS_ANSWERED) == (r.words[0] != '\0'));
    if (r.outcome == STATUS_ANSWERED) {
        struct status_words w = status_words_parse(r.words);
        MUST(a.http == 200 && (w.set != 0 || w.has_unseen));
    }
}

#endif
