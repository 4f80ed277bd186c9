#include "unit/unit.h"

#include <math.h>

#include "proto/json_walk.h"
#include "unit/transcript.h"

static enum status walk(const char *text, size_t len, struct transcript *t, size_t *where)
{
    char *copy =
        malloc(len > 0 ? len : 1); /* no NUL behind it, and a sanitizer at its end */
    assert_non_null(copy);
    memcpy(copy, text, len);
    *t = (struct transcript){.stop_after = t->stop_after};
    enum status st = json_walk(copy, len, transcript_take, t, where);
    free(copy);
    return st;
}

static void walks_with_paths(void **state)
{
    (void)state;
    static const char text[] =
        " {\"stream\":\"S\", \"seq\":12, \"duplicate\":true, \"none\":null,\n"
        "  \"error\":{\"code\":503}, \"ids\":[7,[8]], \"a.b\":1, \"c[]\":2, "
        "\"\":{\"a\":3},\n"
        "  \"nul\\u0000\":4, \"esc\\\"aped\":\"\\u00fc\\ud83d\\ude00\\n\"}\r\n";
    struct transcript t = {.len = 0};
    size_t where;
    assert_int_equal(walk(text, strlen(text), &t, &where), ST_OK);
    assert_string_equal(t.text, " map @0.0\n"
                                "stream str S @1.0\n"
                                "seq int 12 @1.0\n"
                                "duplicate bool 1 @1.0\n"
                                "none nil @1.0\n"
                                "error map @1.0\n"
                                "error.code int 503 @2.0\n"
                                "error end @1.0\n"
                                "ids array @1.0\n"
                                "ids[] int 7 @2.0\n"
                                "ids[] array @2.1\n"
                                "ids[][] int 8 @3.0\n"
                                "ids[] end @2.1\n"
                                "ids end @1.0\n"
                                "a?b int 1 @1.0\n"
                                "c?] int 2 @1.0\n"
                                " map @1.0\n"
                                ".a int 3 @2.0\n"
                                " end @1.0\n"
                                "nul? int 4 @1.0\n"
                                "esc\"aped str \xc3\xbc\xf0\x9f\x98\x80\n @1.0\n"
                                " end @0.0\n");
    for (size_t len = 0; len < strlen(text) - 2; len++) {
        struct transcript ignored = {.len = 0};
        assert_int_equal(walk(text, len, &ignored, &where), ST_MALFORMED);
    }
}

static void reads_scalars(void **state)
{
    (void)state;
    static const struct {
        const char *json, *transcript;
    } rows[] = {
        {"0", " int 0 @0.0\n"},
        {"-0", " int 0 @0.0\n"},
        {"9223372036854775807", " int 9223372036854775807 @0.0\n"},
        {"9223372036854775808", " uint 9223372036854775808 @0.0\n"},
        {"18446744073709551615", " uint 18446744073709551615 @0.0\n"},
        {"18446744073709551616", " float 1.84467e+19 @0.0\n"},
        {"-9223372036854775808", " int -9223372036854775808 @0.0\n"},
        {"-9223372036854775809", " float -9.22337e+18 @0.0\n"},
        {"1.5", " float 1.5 @0.0\n"},
        {"-1e3", " float -1000 @0.0\n"},
        {"1E+2", " float 100 @0.0\n"},
        {"1e999", " float inf @0.0\n"},
        {"true", " bool 1 @0.0\n"},
        {"false", " bool 0 @0.0\n"},
        {"null", " nil @0.0\n"},
        {"\"\"", " str  @0.0\n"},
        {"\"\\u0041\\/\\b\"", " str A/\b @0.0\n"},
        {"\"\\\\ud800\"", " str \\ud800 @0.0\n"}, /* an escaped backslash, then letters */
        {"[]", " array @0.0\n end @0.0\n"},
        {"{}", " map @0.0\n end @0.0\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct transcript t = {.len = 0};
        size_t where;
        enum status st = walk(rows[i].json, strlen(rows[i].json), &t, &where);
        if (st != ST_OK || strcmp(t.text, rows[i].transcript) != 0)
            fail_msg("%s: %s, %s", rows[i].json, status_text(st), t.text);
    }
}

static void refuses_what_is_no_json(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        " ",
        "{",
        "[1,]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{'a':1}",
        "01",
        "+1",
        "1.",
        ".5",
        "-",
        "1e",
        "0x10",
        "NaN",
        "nul",
        "nulll",
        "\"a",
        "\"a\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"tab\there\"",
        "/* no */ 1",
        "1 // no",
        "{} {}",
        "{}]",
        "1 x",
        "\xef\xbb\xbf{}", /* a byte order mark */
        "\"\xff\"",       /* UTF-8, strictly */
        "\"\xc0\xaf\"",
        "\"\xed\xa0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "{\"\xc0\xaf\":1}",
        "\"\\ud800\"", /* lone halves */
        "\"\\udc00\"",
        "\"\\ud800x\"",
        "\"\\ud800\\n\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800\\ud800\\udc00\"",
        "\"\\uD83D\\uDE00\\uDE00\"",
        "\"\\ud800",
        "\"\\ud800\\",
        "\"\\ud800\\u",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct transcript t = {.len = 0};
        size_t where = SIZE_MAX;
        enum status st = walk(rows[i], strlen(rows[i]), &t, &where);
        if (st != ST_MALFORMED || where > strlen(rows[i]))
            fail_msg("%s: %s at %zu", rows[i], status_text(st), where);
    }
    struct transcript t = {.len = 0};
    assert_int_equal(walk("1\0", 2, &t, NULL), ST_MALFORMED);
    assert_int_equal(walk("\"a\0b\"", 5, &t, NULL), ST_MALFORMED);
    assert_int_equal(json_walk(NULL, 0, transcript_take, &t, NULL), ST_MALFORMED);
}

static void bounds_the_depth(void **state)
{
    (void)state;
    char text[200];
    for (size_t depth = 30; depth <= 90; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        struct transcript t = {.len = 0};
        enum status st = walk(text, 2 * depth, &t, NULL);
        assert_int_equal(st, depth <= WALK_DEPTH_MAX ? ST_OK : ST_FULL);
    }
}

static void bounds_numbers(void **state)
{
    (void)state;
    char text[200];
    for (size_t len = JSON_NUMBER_MAX - 1; len <= JSON_NUMBER_MAX + 60; len++) {
        memset(text, '1', len);
        text[1] = '.';
        struct transcript t = {.len = 0};
        assert_int_equal(walk(text, len, &t, NULL), ST_OK);
        assert_string_equal(t.text, len <= JSON_NUMBER_MAX ? " float 1.11111 @0.0\n"
                                                           : " float nan @0.0\n");
    }
}

static void stops_when_told(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 5; n++) {
        struct transcript t = {.stop_after = n};
        assert_int_equal(walk("{\"a\":[1]}", 9, &t, NULL), ST_CANCELED);
        assert_int_equal(t.values, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walks_with_paths),        cmocka_unit_test(reads_scalars),
        cmocka_unit_test(refuses_what_is_no_json), cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(bounds_numbers),          cmocka_unit_test(stops_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
