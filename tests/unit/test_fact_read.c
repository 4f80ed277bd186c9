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
    struct field fields[20];
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
      {NUMBER, 1, 0, 2 * DNS_CANCELED + 1}, /* with a proof */
      {NUMBER, 0, 0, UINT8_MAX},
      {NUMBER, 0, 0, UINT8_MAX},
      {NUMBER, 0, 0, UINT16_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, DNS_CANCELED},
      {NUMBER, 0, 0, UINT32_MAX},
      {TEXT, 5, 0, DOMAIN_MAX},
      {TEXT, 5, 0, FACT_RESOLVER_MAX},
      {TEXT, 5, 0, 159},
      {NUMBER, 0, 0, UINT16_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT32_MAX}}},
    {FACT_MOVE,
     {{TEXT, 5, 1, DOMAIN_MAX},
      {NUMBER, 0, 0, UINT16_MAX},
      {NUMBER, 0, 0, PHASE_EXEMPT},
      {NUMBER, 0, 0, PHASE_EXEMPT},
      {NUMBER, 0, 0, UINT32_MAX},
      {BYTE, 0, 0, 3}}},
    {FACT_POSITION, {{NUMBER, 0, 0, UINT64_MAX}, {NUMBER, 0, 0, UINT64_MAX}}},
    {FACT_MANIFEST,
     {{NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT32_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX},
      {NUMBER, 0, 0, UINT64_MAX}}},
};

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
        while (body.n > 0) {
            body.n--;
            assert_int_equal(read_one(shapes[s].tag, &body), ST_MALFORMED);
        }
    }
}

static void test_odd_bodies(void **state)
{
    (void)state;
#define BODY(text)                                                                         \
    {                                                                                      \
        .at = text, .n = sizeof(text) - 1                                                  \
    }
    static const struct {
        unsigned tag;
        struct raw body;
        enum status st;
    } rows[] = {
        {FACT_ADDRESS,
         BODY("\x00\x01\x01u\x01\x05"
              "a@b.c"),
         ST_NOT_FOUND},
        {FACT_ADDRESS,
         BODY("\x03\x01\x01u\x01\x05"
              "a@b.c"),
         ST_MALFORMED}, /* mfa 3 */
        {FACT_ADDRESS,
         BODY("\x0C\x01\x01u\x01\x05"
              "a@b.c"),
         ST_MALFORMED}, /* other 3 */
        {FACT_ADDRESS,
         BODY("\x80\x06\x01\x01u\x01\x05"
              "a@b.c"),
         ST_MALFORMED},
        {FACT_ADDRESS,
         BODY("\x80\x18\x01\x01u\x01\x05"
              "a@b.c"),
         ST_MALFORMED},
        {FACT_ADDRESS,
         BODY("\x80\x20\x01\x01u\x01\x05"
              "a@b.c"),
         ST_MALFORMED},
        {FACT_ADDRESS,
         BODY("\x80\x00\x01\x01u\x01\x05"
              "a@b.c"),
         ST_NOT_FOUND},
        {FACT_ADDRESS,
         BODY("\x10\x01\x01u\x01\x05"
              "a@b.c"),
         ST_MALFORMED}, /* integer u */
        {FACT_ADDRESS,
         BODY("\x10\x01\x01"
              "7\x01\x05"
              "a@b.c"),
         ST_NOT_FOUND},
        {FACT_ADDRESS,
         BODY("\x00\x01\x01u\x01\x05"
              "a@B.c"),
         ST_MALFORMED}, /* host */
        {FACT_ADDRESS,
         BODY("\x00\x01\x01u\x01\x05"
              "a.b.c"),
         ST_MALFORMED}, /* no '@' */
        {FACT_ADDRESS,
         BODY("\x00\x01\x01u\x00\x05"
              "@ab.c"),
         ST_MALFORMED}, /* no local */
        {FACT_ADDRESS,
         BODY("\x00\x01\x01u\x04\x05"
              "ab.c@"),
         ST_MALFORMED}, /* no host */
        {FACT_ADDRESS,
         BODY("\x00\x01\x01u\x05\x05"
              "a@b.c"),
         ST_MALFORMED},
        {FACT_ADDRESS,
         BODY("\x40\x01\x01u\x01\x03"
              "a@B\x01"
              "b"),
         ST_NOT_FOUND},
        {FACT_ADDRESS,
         BODY("\x40\x01\x01u\x01\x03"
              "a@B\x01"
              "\0"),
         ST_MALFORMED},
        {FACT_ADDRESS,
         BODY("\x20\x01\x01u\x01\x05"
              "a@b.c\x02"),
         ST_NOT_FOUND},
        {FACT_ADDRESS,
         BODY("\x20\x01\x01u\x01\x05"
              "a@b.c\x01"),
         ST_MALFORMED},
        {FACT_ADDRESS,
         BODY("\x20\x01\x01u\x01\x05"
              "a@b.c\x03"),
         ST_MALFORMED},
        {FACT_ADDRESS,
         BODY("\x20\x01\x01u\x01\x05"
              "a@b.c\x80\x02"),
         ST_MALFORMED},
        {FACT_ADDRESS_GONE, BODY("\x02\x01u\x01l\x01h"), ST_MALFORMED}, /* bits */
        {FACT_ADDRESS_GONE, BODY("\x01\x01u\x01l\x01h"), ST_MALFORMED}, /* integer u */
        {FACT_MOVE, BODY("\x01h\x00\x00\x00\x00\x04"), ST_MALFORMED},   /* bits */
        {FACT_MOVE, BODY("\x01_\x00\x00\x00\x00\x00"), ST_MALFORMED},   /* name */
        {FACT_WATCH,
         BODY("\x03"
              "a\0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
         ST_MALFORMED},
        {FACT_WATCH,
         BODY("\x01"
              "a\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"
              "\x01\0\x00\x00\x00\x00\x00"),
         ST_MALFORMED},                                              /* NUL in soa */
        {FACT_POSITION, BODY("\x80\x80\x00\x80\x00"), ST_NOT_FOUND}, /* padded numbers */
        {FACT_POSITION, BODY("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01\x00"), ST_NOT_FOUND},
        {FACT_POSITION, BODY("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02\x00"), ST_MALFORMED},
        {FACT_POSITION, BODY("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00\x00"),
         ST_MALFORMED}, /* eleven bytes */
        {0, BODY("\x00"), ST_MALFORMED},
        {0, BODY(""), ST_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (read_one(rows[i].tag, &rows[i].body) != rows[i].st)
            fail_msg("row %zu", i);
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
    raw_varint(&body, UINT64_MAX); /* a new field */
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
                                     .due = 246914}};
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
