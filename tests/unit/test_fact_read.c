/* Bodies of facts as they may come: what a reader refuses, and what a later version may
 * add. Facts as this version writes them are test_fact.c. */
#include "unit/unit.h"

#include "unit/fact_of.h"
#include "unit/fact_raw.h"

static enum status read_one(unsigned tag, const struct raw *body)
{
    struct raw batch = {.n = 0};
    size_t n;
    uint64_t skipped;
    raw_bytes(&batch, "UVF1", 4);
    raw_fact(&batch, tag, body);
    raw_sum(&batch);
    enum status st = read_all(batch.at, batch.n, &n, &skipped);
    assert_int_equal(n, st == ST_NOT_FOUND ? 1 : 0);
    assert_true(skipped == 0);
    return st;
}

/* Fields of a body, each with what it may be. ----------------------------------------- */
struct field {
    enum { END, BYTE, NUMBER, TEXT, EMAIL } type;
    uint64_t good, min, max; /* a text's is its length */
};

static const struct {
    unsigned tag;
    struct field fields[30];
} shapes[] = {
    {FACT_ADDRESS,
     {{BYTE, 0xE0, 0xE0, 0xEA}, /* all that is optional is there */
      {BYTE, 0x01, 0x00, 0x15},
      {NUMBER, 1, 0, INT64_MAX},
      {TEXT, 5, 1, ACCOUNT_ID_MAX},
      {NUMBER, 1, 1, 1}, /* local_len: the '@' is at 1 */
      {EMAIL, 5, 3, EMAIL_MAX},
      {TEXT, 5, 1, DOMAIN_MAX},
      {NUMBER, 0, 0, 0}}}, /* registrable_at: the host has one label */
    {FACT_ADDRESS,
     {{BYTE, 0x00, 0x00, 0x02},
      {NUMBER, 1, 0, INT64_MAX},
      {TEXT, 5, 1, ACCOUNT_ID_MAX},
      {NUMBER, 1, 1, 1},
      {EMAIL, 5, 3, EMAIL_MAX}}},
    {FACT_ADDRESS_GONE,
     {{BYTE, 0, 0, 1},
      {TEXT, 5, 1, ACCOUNT_ID_MAX},
      {TEXT, 5, 1, EMAIL_MAX - 2},
      {TEXT, 5, 1, DOMAIN_MAX}}},
    {FACT_WATCH,
     {{TEXT, 5, 1, DOMAIN_MAX},
      {NUMBER, 0, 0, PHASE_EXEMPT},
      {NUMBER, 1, 1, 2 * DNS_SYNTHESIZED + 1}, /* with a proof */
      {NUMBER, 0, 0, UINT8_MAX},
      {NUMBER, 0, 0, UINT8_MAX},
      {NUMBER, 0, 0, UINT16_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, DNS_SYNTHESIZED},
      {NUMBER, 0, 0, UINT32_MAX},
      {TEXT, 5, 0, DOMAIN_MAX},
      {TEXT, 5, 0, FACT_RESOLVER_MAX},
      {TEXT, 5, 0, 159},
      {NUMBER, 0, 0, UINT16_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      /* what earlier versions did not write */
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 1, 0, UINT32_MAX}, /* 0: what follows is not looked at */
      {NUMBER, 0, 0, 255},        /* states */
      {NUMBER, 0, 0, UINT16_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {TEXT, 5, 0, 63},
      {TEXT, 5, 0, 159}}},
    {FACT_MOVE,
     {{TEXT, 5, 1, DOMAIN_MAX},
      {NUMBER, 0, 0, UINT16_MAX},
      {NUMBER, 0, 0, PHASE_EXEMPT},
      {NUMBER, 0, 0, PHASE_EXEMPT},
      {NUMBER, 0, 0, UINT32_MAX},
      {BYTE, 0, 0, 3}}},
    {FACT_POSITION,
     {{NUMBER, 0, 0, UINT64_MAX}, {NUMBER, 0, 0, UINT64_MAX}, {NUMBER, 0, 0, 0}}},
    {FACT_MANIFEST,
     {{NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, 0}}},
};

/* The length of what earlier versions did not write: there as a whole or not at all. */
static size_t late_bytes(unsigned tag)
{
    if (tag == FACT_WATCH)
        return 8 + 2 * (1 + 5);
    return tag == FACT_POSITION || tag == FACT_MANIFEST ? 1 : 0;
}

static void raw_field(struct raw *r, const struct field *f, uint64_t v)
{
    /* digits: the text of an account of either kind, and part of a name */
    switch (f->type) {
    case END:
        break;
    case BYTE:
        raw_byte(r, (unsigned)v);
        break;
    case NUMBER:
        raw_varint(r, v);
        break;
    case TEXT:
    case EMAIL:
        raw_varint(r, v);
        for (uint64_t i = 0; i < v; i++)
            raw_byte(r, f->type == EMAIL && i == 1 ? '@' : '7');
        break;
    }
}

/* A body whose field `which` has the value `v`, the others their good one. */
static struct raw body_of(const struct field *fields, size_t which, uint64_t v)
{
    struct raw body = {.n = 0};
    for (size_t i = 0; fields[i].type != END; i++)
        raw_field(&body, &fields[i], i == which ? v : fields[i].good);
    return body;
}

static void test_limits_on_reading(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
        const struct field *fields = shapes[s].fields;
        for (size_t i = 0; fields[i].type != END; i++) {
            const struct field *f = &fields[i];
            struct raw body = body_of(fields, i, f->min);
            assert_int_equal(read_one(shapes[s].tag, &body), ST_NOT_FOUND);
            body = body_of(fields, i, f->max);
            assert_int_equal(read_one(shapes[s].tag, &body), ST_NOT_FOUND);
            if (f->min > 0) {
                body = body_of(fields, i, f->min - 1);
                assert_int_equal(read_one(shapes[s].tag, &body), ST_MALFORMED);
            }
            if (f->max < UINT64_MAX) {
                body = body_of(fields, i, f->max + 1);
                assert_int_equal(read_one(shapes[s].tag, &body), ST_MALFORMED);
            }
        }
    }
}

/* A body that is cut is refused, one that goes on is read. */
static void test_length_of_bodies(void **state)
{
    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
        struct raw body = body_of(shapes[s].fields, SIZE_MAX, 0);
        struct raw longer = body;
        raw_bytes(&longer, "\xFF\xFF\xFF\xFF", 4);
        assert_int_equal(read_one(shapes[s].tag, &longer), ST_NOT_FOUND);
        assert_true(body.n > 0);
        const size_t without = body.n - late_bytes(shapes[s].tag);
        while (body.n > 0) {
            body.n--;
            assert_int_equal(read_one(shapes[s].tag, &body),
                             body.n == without ? ST_NOT_FOUND : ST_MALFORMED);
        }
    }
}

static void test_odd_bodies(void **state)
{
    (void)state;
    /* in octal: a hexadecimal escape swallows a letter behind it */
    static const struct {
        unsigned tag;
        enum status st;
        const char *body;
        size_t len;
    } rows[] = {
        {FACT_ADDRESS, ST_NOT_FOUND, BYTES("\0\1\1u\1\5a@b.c")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\3\1\1u\1\5a@b.c")},  /* mfa 3 */
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\14\1\1u\1\5a@b.c")}, /* other 3 */
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\200\6\1\1u\1\5a@b.c")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\200\30\1\1u\1\5a@b.c")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\200\40\1\1u\1\5a@b.c")},
        {FACT_ADDRESS, ST_NOT_FOUND, BYTES("\200\0\1\1u\1\5a@b.c")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\20\1\1u\1\5a@b.c")}, /* integer u */
        {FACT_ADDRESS, ST_NOT_FOUND, BYTES("\20\1\0017\1\5a@b.c")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\0\1\1u\1\5a@B.c")}, /* host */
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\0\1\1u\1\5a.b.c")}, /* no '@' */
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\0\1\1u\0\5@ab.c")}, /* no local */
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\0\1\1u\4\5ab.c@")}, /* no host */
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\0\1\1u\5\5a@b.c")},
        {FACT_ADDRESS, ST_NOT_FOUND, BYTES("@\1\1u\1\3a@B\1b")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("@\1\1u\1\3a@B\1\0")},
        {FACT_ADDRESS, ST_NOT_FOUND, BYTES("\40\1\1u\1\5a@b.c\2")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\40\1\1u\1\5a@b.c\1")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\40\1\1u\1\5a@b.c\3")},
        {FACT_ADDRESS, ST_MALFORMED, BYTES("\40\1\1u\1\5a@b.c\200\2")},
        {FACT_ADDRESS_GONE, ST_MALFORMED, BYTES("\2\1u\1l\1h")}, /* bits */
        {FACT_ADDRESS_GONE, ST_MALFORMED, BYTES("\1\1u\1l\1h")}, /* integer u */
        {FACT_MOVE, ST_MALFORMED, BYTES("\1h\0\0\0\0\4")},       /* bits */
        {FACT_MOVE, ST_MALFORMED, BYTES("\1_\0\0\0\0\0")},       /* name */
        {FACT_WATCH, ST_MALFORMED, BYTES("\3a\0b\0\0\0\0\0\0\0\0\0")},
        {FACT_WATCH, ST_MALFORMED,
         BYTES("\1a\0\1\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0")},       /* NUL in soa */
        {FACT_POSITION, ST_NOT_FOUND, BYTES("\200\200\0\200\0")}, /* padded numbers */
        {FACT_POSITION, ST_NOT_FOUND, BYTES("\377\377\377\377\377\377\377\377\377\1\0")},
        {FACT_POSITION, ST_MALFORMED, BYTES("\377\377\377\377\377\377\377\377\377\2\0")},
        {FACT_POSITION, ST_MALFORMED,
         BYTES("\200\200\200\200\200\200\200\200\200\200\0\0")}, /* eleven bytes */
        {0, ST_MALFORMED, BYTES("\0")},
        {0, ST_MALFORMED, BYTES("")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct raw body = {.n = 0};
        raw_bytes(&body, rows[i].body, rows[i].len);
        if (read_one(rows[i].tag, &body) != rows[i].st)
            fail_msg("row %zu", i);
    }
}

/* What a later version may write: new tags anywhere, new fields at the end of a body. */
static void test_a_later_version(void **state)
{
    (void)state;
    struct raw batch = {.n = 0};
    struct raw body = {.n = 0};
    raw_bytes(&batch, "UVF1", 4);
    raw_fact(&batch, 7, &body); /* no body at all */
    raw_bytes(&body, BYTES("\x00\x2A\x03u-1\x05\x11"
                           "alice@example.com"));
    raw_bytes(&body, BYTES("new fields"));
    raw_fact(&batch, FACT_ADDRESS, &body);
    for (size_t i = 0; i < 300; i++)
        raw_byte(&body, i & 0xFFU);
    raw_fact(&batch, 255, &body);
    body.n = 0;
    raw_bytes(&body, BYTES("\x0B"
                           "example.com\x06\x04\x03\x00\x02\x80\x89\x0F\x02\x01\x04"));
    raw_bytes(&body, BYTES("\x05\x01\x00")); /* registered, looked, no rdap */
    raw_varint(&body, UINT64_MAX);           /* a new field */
    raw_fact(&batch, FACT_WATCH, &body);
    raw_fact(&batch, 8, &body);
    raw_sum(&batch);

    struct fact_reader r;
    struct fact f;
    assert_int_equal(fact_reader_init(&r, batch.at, batch.n), ST_OK);
    assert_int_equal(fact_next(&r, &f), ST_OK);
    struct fact want = address_of("u-1", "alice@example.com", NULL, NULL);
    want.u.address.verified_ms = 42;
    assert_true(same_fact(&f, &want));
    assert_true(r.skipped == 1);
    assert_int_equal(fact_next(&r, &f), ST_OK);
    want = (struct fact){.kind = FACT_WATCH,
                         .u.watch = {.domain = "example.com",
                                     .domain_len = 11,
                                     .phase = PHASE_RELEASED,
                                     .outcome = DNS_ABSENT,
                                     .flags = 3,
                                     .moves = 2,
                                     .epoch = 246912,
                                     .since = 246913,
                                     .checked = 246912,
                                     .due = 246914,
                                     .registered = 5,
                                     .looked = 246911}};
    assert_true(same_fact(&f, &want));
    assert_int_equal(fact_next(&r, &f), ST_NOT_FOUND);
    assert_true(r.skipped == 3);

    struct buf json = {.data = NULL};
    static const char last[] = ",{\"fact\":\"unknown\",\"count\":3}]";
    assert_int_equal(fact_batch_to_json(batch.at, batch.n, &json), ST_OK);
    assert_true(json.len > sizeof last);
    assert_memory_equal(json.data + json.len - (sizeof last - 1), last, sizeof last - 1);
    buf_free(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_on_reading),
        cmocka_unit_test(test_length_of_bodies),
        cmocka_unit_test(test_odd_bodies),
        cmocka_unit_test(test_a_later_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
