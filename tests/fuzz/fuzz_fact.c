/* The input is a batch's facts; head and sum are put around it, or no input would get
 * through. What is read must be written again and be read as the same. */
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "../unit/fact_of.h"
#include "base/must.h"
#include "proto/fact.h"
#include "proto/json_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ignore(void *ctx, const struct walk_at *at, const struct value *v)
{
    (void)ctx, (void)at, (void)v;
    return true;
}

/* What the registry relies on, which same_fact() alone would not show. */
static void check_address(const struct address *a)
{
    MUST(a->local_len >= 1 && a->local_len + 2 <= a->email_len);
    MUST(a->email_len <= EMAIL_MAX && a->email[a->local_len] == '@');
    MUST(strlen(a->domain.host) == a->domain.host_len && a->domain.host_len <= DOMAIN_MAX);
    MUST(a->domain.registrable_at < a->domain.host_len);
}

static void check_batch(const uint8_t *data, size_t size)
{
    static struct buf again; /* kept warm */
    struct fact_reader r;
    struct fact f;
    enum status st = fact_reader_init(&r, data, size);
    MUST(st == ST_OK);
    MUST(fact_batch_begin(&again) == ST_OK);
    size_t n = 0;
    while ((st = fact_next(&r, &f)) == ST_OK) {
        if (f.kind == FACT_ADDRESS)
            check_address(&f.u.address.address);
        const size_t before = again.len;
        MUST(fact_put(&again, &f) == ST_OK);
        MUST(again.len - before <= FACT_SIZE_MAX);
        n++;
    }
    MUST(st == ST_NOT_FOUND || st == ST_MALFORMED);
    MUST(n + r.skipped <= size / 2);
    MUST(fact_batch_end(&again) == ST_OK);

    struct fact_reader first;
    struct fact_reader second;
    struct fact g;
    MUST(fact_reader_init(&first, data, size) == ST_OK);
    MUST(fact_reader_init(&second, again.data, again.len) == ST_OK);
    for (; n > 0; n--) {
        MUST(fact_next(&first, &f) == ST_OK && fact_next(&second, &g) == ST_OK);
        MUST(same_fact(&f, &g));
    }
    MUST(fact_next(&second, &g) == ST_NOT_FOUND && second.skipped == 0);

    struct buf json = {.data = NULL};
    MUST(fact_batch_to_json(data, size, &json) == (st == ST_NOT_FOUND ? ST_OK : st));
    MUST((st == ST_NOT_FOUND) == (json.len > 0));
    if (json.len > 0) {
        MUST(memchr(json.data, '\n', json.len) == NULL);
        MUST(json_walk((const char *)json.data, json.len, ignore, NULL, NULL) == ST_OK);
    }
    buf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fact_reader r;
    struct fact f;
    if (fact_reader_init(&r, data, size) == ST_OK) /* as it came: hardly ever */
        while (fact_next(&r, &f) == ST_OK)
            continue;

    static const uint8_t head[FACT_BATCH_HEAD] = {'U', 'V', 'F', '1'};
    uint8_t *batch = malloc(size + FACT_BATCH_OVERHEAD);
    MUST(batch != NULL);
    memcpy(batch, head, sizeof head);
    if (size > 0)
        memcpy(batch + FACT_BATCH_HEAD, data, size);
    const size_t summed = FACT_BATCH_HEAD + size;
    const uint64_t sum = XXH3_64bits(batch, summed);
    for (size_t i = 0; i < 8; i++)
        batch[summed + i] = (uint8_t)(sum >> (8 * i));
    check_batch(batch, summed + 8);
    free(batch);
    return 0;
}
