/* unverifyd decode: one message in, one line out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "cmd_decode.h"
#include "proto/fact.h"

/* A literal and its length, which may hold NUL. */
#define BYTES(s) (s), sizeof(s) - 1

/* Runs the command over memory; the texts are good until the next call. */
static char *out_text, *err_text;

static int decode(void *data, size_t len)
{
    size_t out_len = 0;
    size_t err_len = 0;
    FILE *in = len > 0 ? fmemopen(data, len, "r") : fopen("/dev/null", "r");
    free(out_text);
    free(err_text);
    FILE *out = open_memstream(&out_text, &out_len);
    FILE *err = open_memstream(&err_text, &err_len);
    MUST(in != NULL && out != NULL && err != NULL);
    int code = cmd_decode_run(in, out, err);
    fclose(in);
    fclose(out);
    fclose(err);
    return code;
}

static int free_texts(void **state)
{
    (void)state;
    free(out_text);
    free(err_text);
    return 0;
}

static void test_good(void **state)
{
    (void)state;
    static const struct {
        char *in; /* fmemopen takes no const */
        size_t len;
        const char *out;
    } rows[] = {
        /* msgpack: {"v":1,"email":"a@b.example"} */
        {"\x82\xa1v\x01\xa5"
         "email\xab"
         "a@b.example",
         22, "{\"v\":1,\"email\":\"a@b.example\"}\n"},
        {BYTES("\x93\x01\xc0\xc3"), "[1,null,true]\n"},
        {BYTES("{\"v\": 1}"), "{\"v\":1}\n"},
        {BYTES(" \n[1 , 2.50,\r\n1e400, 123456789012345678901234567890 ]\n"),
         "[1,2.50,1e400,123456789012345678901234567890]\n"},
        {BYTES("{\"a\":\"x\\ny\",\"b\":[{}, null,true ,false]}"),
         "{\"a\":\"x\\ny\",\"b\":[{},null,true,false]}\n"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(decode(rows[i].in, rows[i].len), 0);
        assert_string_equal(out_text, rows[i].out);
        assert_string_equal(err_text, "");
    }
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        char *in; /* fmemopen takes no const */
        size_t len;
        const char *err;
    } rows[] = {
        {BYTES(""), "the input is empty"},
        {BYTES("\n"), "the input is not valid JSON"},
        {BYTES("{\"v\":1"), "the input is not valid JSON"},
        {BYTES("{\"v\":1}{}"), "the input is not valid JSON"},
        {BYTES("[\"\xff\"]"), "the input is not valid JSON"},
        {BYTES("\x82\xa1v\x01"), "the input is not one msgpack message"},
        {BYTES("\x90\x90"), "the input is not one msgpack message"},
        {BYTES("\xc1"), "the input is not one msgpack message"},
        {BYTES("\xdd\xff\xff\xff\xff"), "the input is not one msgpack message"},
        {BYTES("UVF"), "the input is not one msgpack message"},
        {BYTES("UVF1"), "the input is a damaged batch of facts"},
        {BYTES("UVF1\1\0\0\0\0\0\0\0\0"), "the input is a damaged batch of facts"},
        {BYTES("UVF2\1\0\0\0\0\0\0\0\0"),
         "the batch of facts is of another version of the format"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[100];
        assert_int_equal(decode(rows[i].in, rows[i].len), 1);
        snprintf(line, sizeof line, "unverifyd decode: %s\n", rows[i].err);
        assert_string_equal(err_text, line);
        assert_string_equal(out_text, "");
    }
}

/* A message of the log. */
static void test_facts(void **state)
{
    (void)state;
    struct buf b = {.data = NULL};
    const struct fact f = {.kind = FACT_POSITION,
                           .u.position = {.sequence = 7, .stream = 9}};
    assert_int_equal(fact_batch_begin(&b), ST_OK);
    assert_int_equal(fact_put(&b, &f), ST_OK);
    assert_int_equal(fact_batch_end(&b), ST_OK);
    assert_int_equal(decode(b.data, b.len), 0);
    assert_string_equal(out_text, "[{\"fact\":\"position\",\"sequence\":7,"
                                  "\"stream\":\"0000000000000009\"}]\n");
    assert_string_equal(err_text, "");
    buf_free(&b);
}

/* Nesting that would exhaust a recursive reader, and more input than is read. */
static void test_limits(void **state)
{
    (void)state;
    enum { DEEP = 100000 };
    char *deep = malloc(DEEP);
    MUST(deep != NULL);
    memset(deep, '[', DEEP);
    assert_int_equal(decode(deep, DEEP), 1);
    assert_string_equal(err_text, "unverifyd decode: the input is not valid JSON\n");
    free(deep);

    size_t out_len = 0;
    char *text = NULL;
    FILE *in = fopen("/dev/zero", "r");
    FILE *err = open_memstream(&text, &out_len);
    MUST(in != NULL && err != NULL);
    assert_int_equal(cmd_decode_run(in, err, err), 1);
    fclose(in);
    fclose(err);
    assert_string_equal(text, "unverifyd decode: the input is longer than 64 MiB\n");
    free(text);
}

static void test_output_that_fails(void **state)
{
    (void)state;
    static char text[] = "[1]";
    char *said = NULL;
    size_t len = 0;
    FILE *in = fmemopen(text, sizeof text - 1, "r");
    FILE *out = fopen("/dev/full", "w");
    FILE *err = open_memstream(&said, &len);
    MUST(in != NULL && out != NULL && err != NULL);
    assert_int_equal(cmd_decode_run(in, out, err), 1);
    fclose(in);
    fclose(out);
    fclose(err);
    assert_string_equal(said, "unverifyd decode: the output cannot be written\n");
    free(said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_output_that_fails),
    };
    return cmocka_run_group_tests(tests, NULL, free_texts);
}
