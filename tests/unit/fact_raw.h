/* Batches of facts by hand: nothing here is taken from the code under test. */
#ifndef UVD_TESTS_FACT_RAW_H
#define UVD_TESTS_FACT_RAW_H

#include "unit/unit.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proto/fact.h"

/* A literal and its length, which may hold NUL. */
#define BYTES(text) text, sizeof(text) - 1

struct raw {
    uint8_t at[4096];
    size_t n;
};

static inline void raw_bytes(struct raw *r, const void *data, size_t len)
{
    MUST(len <= sizeof r->at - r->n);
    memcpy(r->at + r->n, data, len);
    r->n += len;
}

static inline void raw_byte(struct raw *r, unsigned byte)
{
    const uint8_t one = (uint8_t)byte;
    raw_bytes(r, &one, 1);
}

static inline void raw_varint(struct raw *r, uint64_t v)
{
    for (; v > 0x7F; v >>= 7)
        raw_byte(r, 0x80U | (v & 0x7FU));
    raw_byte(r, (unsigned)v);
}

static inline void raw_fact(struct raw *r, unsigned tag, const struct raw *body)
{
    raw_byte(r, tag);
    raw_varint(r, body->n);
    raw_bytes(r, body->at, body->n);
}

static inline void raw_sum(struct raw *r)
{
    const uint64_t sum = XXH3_64bits(r->at, r->n);
    for (size_t i = 0; i < 8; i++)
        raw_byte(r, (unsigned)(sum >> (8 * i)) & 0xFFU);
}

/* Read a batch to its end. The copy is exact, so that a sanitizer sees its end.
 *   n       facts read
 *   return  what ended it: of fact_reader_init, or the last of fact_next */
static inline enum status read_all(const uint8_t *data, size_t len, size_t *n,
                                   uint64_t *skipped)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    MUST(copy != NULL);
    if (len > 0)
        memcpy(copy, data, len);
    struct fact_reader r = {.skipped = 0};
    struct fact f;
    *n = 0;
    enum status st = fact_reader_init(&r, copy, len);
    if (st == ST_OK)
        while ((st = fact_next(&r, &f)) == ST_OK)
            (*n)++;
    if (r.at != NULL) /* it stays there */
        assert_int_equal(fact_next(&r, &f), st);
    *skipped = r.skipped;
    free(copy);
    return st;
}

#endif
