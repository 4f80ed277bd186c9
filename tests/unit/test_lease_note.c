/* The note of a lease: written and read back; what is no note is refused. */
#include "unit.h"

#include "proto/lease_note.h"

static enum status parse(const char *text, struct lease_note *out)
{
    return lease_note_parse((const uint8_t *)text, strlen(text), out);
}

static void comes_back_as_it_was_written(void **state)
{
    (void)state;
    const struct lease_note n = {.holder = "web1/4711/uSQ0kRh2",
                                 .place = "6f1e-04/4026531836",
                                 .pid = 4711,
                                 .started = UINT64_C(123456789012),
                                 .released = true};
    struct lease_note back;
    struct buf text = {0};
    assert_int_equal(lease_note_write(&n, &text), ST_OK);
    assert_true(text.len < LEASE_NOTE_MAX);
    assert_int_equal(lease_note_parse(text.data, text.len, &back), ST_OK);
    assert_string_equal(back.holder, n.holder);
    assert_string_equal(back.place, n.place);
    assert_int_equal(back.pid, n.pid);
    assert_int_equal(back.started, n.started);
    assert_true(back.released);
    buf_free(&text);
}

static void the_longest_fits(void **state)
{
    (void)state;
    struct lease_note n = {.pid = INT32_MAX, .started = INT64_MAX, .released = false};
    struct buf text = {0};
    memset(n.holder, 'h', sizeof n.holder - 1);
    memset(n.place, 'p', sizeof n.place - 1);
    assert_int_equal(lease_note_write(&n, &text), ST_OK);
    assert_true(text.len < LEASE_NOTE_MAX);
    assert_int_equal(lease_note_parse(text.data, text.len, &n), ST_OK);
    assert_int_equal(strlen(n.holder), sizeof n.holder - 1);
    buf_free(&text);
}

static void needs_no_more_than_a_holder(void **state)
{
    (void)state;
    struct lease_note n;
    assert_int_equal(parse("{\"holder\":\"a\",\"more\":[1,{}]}", &n), ST_OK);
    assert_string_equal(n.holder, "a");
    assert_string_equal(n.place, "");
    assert_false(n.released);
}

static void anything_else_is_no_note(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "null",
        "[]",
        "{}",
        "\"holder\"",
        "{\"holder\":\"\"}",
        "{\"holder\":7}",
        "{\"holder\":\"a b\"}",
        "{\"holder\":\"a\\nb\"}",
        "{\"holder\":\"\\u00e9\"}",
        "{\"holder\":\"a\",\"pid\":-1}",
        "{\"holder\":\"a\",\"pid\":\"1\"}",
        "{\"holder\":\"a\",\"pid\":18446744073709551615}",
        "{\"holder\":\"a\",\"started\":1.5}",
        "{\"holder\":\"a\",\"released\":1}",
        "{\"holder\":\"a\",\"place\":null}",
        "{\"holder\":\"a\"",
        "{\"holder\":\"a\"}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct lease_note n;
        if (parse(texts[i], &n) != ST_INVALID)
            fail_msg("a note: %s", texts[i]);
    }
    char longer[2 * LEASE_HOLDER_SIZE] = "{\"holder\":\"";
    struct lease_note n;
    size_t at = strlen(longer);
    memset(longer + at, 'x', LEASE_HOLDER_SIZE);
    memcpy(longer + at + LEASE_HOLDER_SIZE, "\"}", 3);
    assert_int_equal(parse(longer, &n), ST_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_as_it_was_written),
        cmocka_unit_test(the_longest_fits),
        cmocka_unit_test(needs_no_more_than_a_holder),
        cmocka_unit_test(anything_else_is_no_note),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
