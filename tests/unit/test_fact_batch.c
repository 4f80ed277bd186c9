/* Batches of facts: the frame and the golden vectors. Facts one by one are test_fact.c. */
#include "unit/unit.h"

#include <dirent.h>

#include "unit/fact_of.h"
#include "unit/fact_raw.h"

static struct fact typical(size_t i)
{
    struct fact f;
    switch (i % 9) {
    case 0:
        return address_of("u-1", "alice@example.com", NULL, NULL);
    case 1:
        return address_of("u-2", "Bob@Mail.Example.org", "mail.example.org", "example.org");
    case 2:
        return watch_of("example.com");
    case 3:
        f = watch_of("gone.example");
        give_proof(&f);
        return f;
    case 4:
        return move_of("gone.example");
    case 5:
        return gone_of("u-3", "carol", "example.net");
    case 6:
        return (struct fact){.kind = FACT_POSITION,
                             .u.position = {.sequence = 7, .stream = 9}};
    case 7:
        return (struct fact){.kind = FACT_BUDGET, .u.budget = {.day = 20000, .spent = 41}};
    default:
        return (struct fact){.kind = FACT_MANIFEST, .u.manifest = {.generation = 1}};
    }
}

/* return  to be freed with buf_free */
static struct buf batch_of(size_t facts)
{
    struct buf b = {.data = NULL};
    assert_int_equal(fact_batch_begin(&b), ST_OK);
    for (size_t i = 0; i < facts; i++) {
        const struct fact f = typical(i);
        assert_int_equal(fact_put(&b, &f), ST_OK);
    }
    assert_int_equal(fact_batch_end(&b), ST_OK);
    return b;
}

static void test_many(void **state)
{
    (void)state;
    struct buf b = batch_of(10000);
    struct fact_reader r;
    struct fact f;
    assert_int_equal(fact_reader_init(&r, b.data, b.len), ST_OK);
    for (size_t i = 0; i < 10000; i++) {
        const struct fact want = typical(i);
        assert_int_equal(fact_next(&r, &f), ST_OK);
        assert_true(same_fact(&f, &want));
    }
    assert_int_equal(fact_next(&r, &f), ST_NOT_FOUND);

    /* the next one takes its place, in the same memory */
    const uint8_t *before = b.data;
    assert_int_equal(fact_batch_begin(&b), ST_OK);
    assert_int_equal(b.len, FACT_BATCH_HEAD);
    assert_int_equal(fact_put(&b, &f), ST_OK);
    assert_int_equal(fact_batch_end(&b), ST_OK);
    assert_ptr_equal(b.data, before);
    size_t n;
    uint64_t skipped;
    assert_int_equal(read_all(b.data, b.len, &n, &skipped), ST_NOT_FOUND);
    assert_int_equal(n, 1);
    buf_free(&b);
}

/* Three facts of 5, 3 and 2 + 1 + 200 bytes: each limit around each end. */
static void test_whole(void **state)
{
    (void)state;
    static const uint8_t long_body[200] = {0};
    static const struct {
        size_t max, want;
    } rows[] = {{0, 5}, {4, 5},   {5, 5},     {7, 5},     {8, 8},
                {9, 8}, {210, 8}, {211, 211}, {212, 211}, {SIZE_MAX, 211}};
    struct raw facts = {.n = 0};
    raw_bytes(&facts, BYTES("\x01\x03"
                            "abc"));
    raw_bytes(&facts, BYTES("\x02\x01"
                            "d"));
    raw_byte(&facts, 3);
    raw_varint(&facts, sizeof long_body);
    raw_bytes(&facts, long_body, sizeof long_body);
    assert_int_equal(facts.n, 211);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(fact_whole(facts.at, facts.n, rows[i].max), rows[i].want);
    assert_int_equal(fact_whole(facts.at, 0, 100), 0);
}

static void test_cut_and_flipped(void **state)
{
    (void)state;
    struct buf b = batch_of(9);
    struct buf json = {.data = NULL};
    size_t n;
    uint64_t skipped;
    for (size_t len = 0; len < b.len; len++) {
        assert_int_equal(read_all(b.data, len, &n, &skipped), ST_MALFORMED);
        assert_int_equal(fact_batch_to_json(b.data, len, &json), ST_MALFORMED);
        assert_int_equal(json.len, 0);
    }
    size_t flips = 0;
    for (size_t bit = 0; bit < 8 * b.len; bit++) {
        b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        enum status st = read_all(b.data, b.len, &n, &skipped);
        /* the version's digit: '1' with another low bit is '0', '3', '5' or '9' */
        const bool is_digit = bit / 8 == 3 && fact_is_batch(b.data, b.len);
        assert_int_equal(st, is_digit ? ST_INVALID : ST_MALFORMED);
        assert_int_equal(n, 0);
        b.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        flips++;
    }
    assert_int_equal(flips, 8 * b.len);
    assert_int_equal(read_all(b.data, b.len, &n, &skipped), ST_NOT_FOUND);
    assert_int_equal(n, 9);
    buf_free(&b);
    buf_free(&json);
}

/* Cut at every byte, with a sum that is right again: only between two facts is it whole. */
static void test_cut_with_a_sum(void **state)
{
    (void)state;
    struct buf b = batch_of(9);
    size_t whole = 0;
    for (size_t len = FACT_BATCH_HEAD; len <= b.len - 8; len++) {
        struct raw cut = {.n = 0};
        size_t n;
        uint64_t skipped;
        raw_bytes(&cut, b.data, len);
        raw_sum(&cut);
        enum status st = read_all(cut.at, cut.n, &n, &skipped);
        if (st == ST_NOT_FOUND)
            assert_int_equal(n, whole++);
        else
            assert_int_equal(st, ST_MALFORMED);
    }
    assert_int_equal(whole, 10);
    buf_free(&b);
}

static void test_magic(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_batch;
        enum status st;
    } rows[] = {
        {"", false, ST_MALFORMED},
        {"UVF", false, ST_MALFORMED},
        {"UVF1", true, ST_MALFORMED},
        {"UVF2", true, ST_INVALID},
        {"UVF0 and what follows", true, ST_INVALID},
        {"UVF9 and what follows", true, ST_INVALID},
        {"UVF1 and what follows", true, ST_MALFORMED},
        {"UVFA and what follows", false, ST_MALFORMED},
        {"uvf1 and what follows", false, ST_MALFORMED},
        {"{\"v\":1}", false, ST_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const size_t len = strlen(rows[i].text);
        size_t n;
        uint64_t skipped;
        assert_int_equal(fact_is_batch((const uint8_t *)rows[i].text, len),
                         rows[i].is_batch);
        assert_int_equal(read_all((const uint8_t *)rows[i].text, len, &n, &skipped),
                         rows[i].st);
    }
    struct buf b = batch_of(0); /* one without facts is one */
    size_t n;
    uint64_t skipped;
    assert_int_equal(b.len, FACT_BATCH_OVERHEAD);
    assert_int_equal(read_all(b.data, b.len, &n, &skipped), ST_NOT_FOUND);
    buf_free(&b);
}

/* Golden vectors: batches of version 1, made without this code, and what they say. They
 * are read by every later version; a new field or kind gets a new file, no file changes. */
#define GOLDEN UVD_SOURCE_DIR "/tests/unit/golden/"

/* return  to be freed */
static char *file_of(const char *name, size_t len, const char *ending, size_t *size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%.*s%s", GOLDEN, (int)len, name, ending);
    FILE *f = fopen(path, "rb");
    char *text = malloc(65536);
    MUST(f != NULL && text != NULL);
    *size = fread(text, 1, 65536, f);
    MUST(*size < 65536);
    fclose(f);
    return text;
}

/* What this version writes is what it has always written (a later one may write more). */
static void assert_rewritten(const uint8_t *data, size_t len)
{
    struct fact_reader r;
    struct fact f;
    struct buf again = {.data = NULL};
    assert_int_equal(fact_batch_begin(&again), ST_OK);
    assert_int_equal(fact_reader_init(&r, data, len), ST_OK);
    while (fact_next(&r, &f) == ST_OK)
        assert_int_equal(fact_put(&again, &f), ST_OK);
    assert_int_equal(fact_batch_end(&again), ST_OK);
    assert_int_equal(again.len, len);
    assert_memory_equal(again.data, data, len);
    buf_free(&again);
}

static void test_golden(void **state)
{
    (void)state;
    size_t files = 0;
    struct buf json = {.data = NULL};
    DIR *dir = opendir(GOLDEN);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        const char *dot = strstr(e->d_name, ".bin");
        if (dot == NULL || strncmp(e->d_name, "fact_", 5) != 0)
            continue;
        const size_t name = (size_t)(dot - e->d_name);
        size_t len;
        size_t want_len;
        char *batch = file_of(e->d_name, name, ".bin", &len);
        char *want = file_of(e->d_name, name, ".json", &want_len);
        assert_true(fact_is_batch((const uint8_t *)batch, len));
        enum status st = fact_batch_to_json((const uint8_t *)batch, len, &json);
        assert_int_equal(st, ST_OK);
        assert_int_equal(buf_append(&json, "\n", 2), ST_OK);
        want[want_len] = '\0';
        assert_string_equal((const char *)json.data, want);
        if (strstr(e->d_name, "later") == NULL)
            assert_rewritten((const uint8_t *)batch, len);
        free(batch);
        free(want);
        files++;
    }
    closedir(dir);
    buf_free(&json);
    assert_in_range(files, 9, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many),           cmocka_unit_test(test_cut_and_flipped),
        cmocka_unit_test(test_cut_with_a_sum), cmocka_unit_test(test_magic),
        cmocka_unit_test(test_golden),         cmocka_unit_test(test_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
