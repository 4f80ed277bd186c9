/* Requests: the account that one names, and the error that answers one. */
#include "unit.h"

#include "proto/request.h"

static enum status parse(const char *text, struct request_account *out)
{
    return request_account_parse((const uint8_t *)text, strlen(text), out);
}

static void an_account_by_its_name_or_its_number(void **state)
{
    (void)state;
    static const struct {
        const char *request, *account;
        bool is_int;
    } rows[] = {
        {"ann", "ann", false},
        {"ann\n", "ann", false},
        {"  ann lee \r\n", "ann lee", false},
        {"\"ann\"", "ann", false},
        {"{\"account\":\"ann\"}", "ann", false},
        {"{\"more\":[1,{\"account\":2}],\"account\":7}", "7", true},
        {"7", "7", true},
        {"-7", "-7", true},
        {"\"7\"", "7", false},
        {"7up", "7up", false},
        {"9c1b2a-00", "9c1b2a-00", false},
        {"\xc3\xa9", "\xc3\xa9", false},
        {"nul", "nul", false},
        {"\"true\"", "true", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct request_account a;
        assert_int_equal(parse(rows[i].request, &a), ST_OK);
        assert_int_equal(a.id.len, strlen(rows[i].account));
        assert_memory_equal(a.id.text, rows[i].account, a.id.len);
        assert_true(a.id.is_int == rows[i].is_int);
    }
}

static void nothing_else_is_one(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " \n",
        "\"\"",
        "{}",
        "[]",
        "[\"ann\"]",
        "null",
        "true",
        "1.5",
        "\"ann",
        "{\"account\":",
        "{\"account\":null}",
        "a\tb",
        "a\x7f",
        "{\"account\":{\"account\":1}}",
        "\xff",
        "{ann}",
        "99999999999999999999",
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct request_account a;
        if (parse(texts[i], &a) != ST_INVALID)
            fail_msg("an account: %s", texts[i]);
    }
    char text[ACCOUNT_ID_MAX + 2];
    struct request_account a;
    memset(text, 'x', sizeof text);
    assert_int_equal(request_account_parse((uint8_t *)text, ACCOUNT_ID_MAX, &a), ST_OK);
    assert_int_equal(request_account_parse((uint8_t *)text, ACCOUNT_ID_MAX + 1, &a),
                     ST_INVALID);
}

static void an_error_says_what_and_which(void **state)
{
    (void)state;
    struct buf out = {0};
    assert_int_equal(request_error_write(400, "no \"account\"", &out), ST_OK);
    assert_int_equal(buf_append(&out, "", 1), ST_OK);
    assert_string_equal((char *)out.data,
                        "{\"error\":{\"code\":400,\"message\":\"no \\\"account\\\"\"}}");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_by_its_name_or_its_number),
        cmocka_unit_test(nothing_else_is_one),
        cmocka_unit_test(an_error_says_what_and_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
