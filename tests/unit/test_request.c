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

static void a_domain_or_all_of_them(void **state)
{
    (void)state;
    static const struct {
        const char *request, *domain;
        bool is_all;
    } rows[] = {
        {"example.com", "example.com", false},
        {" example.com\r\n", "example.com", false},
        {"\"example.com\"", "example.com", false},
        {"{\"domain\":\"example.com\"}", "example.com", false},
        {"{\"more\":[{\"domain\":7}],\"domain\":\"B\xc3\xbc"
         "cher.de\"}",
         "B\xc3\xbc"
         "cher.de",
         false},
        {"163.com", "163.com", false},
        {"1.5", "1.5", false}, /* not canonical yet */
        {"*", "*", true},
        {"\"*\"\n", "*", true},
        {"{\"domain\":\"*\"}", "*", true},
        {"*.com", "*.com", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct request_domain d;
        assert_int_equal(request_domain_parse((const uint8_t *)rows[i].request,
                                              strlen(rows[i].request), &d),
                         ST_OK);
        assert_string_equal(d.text, rows[i].domain);
        assert_int_equal(d.len, strlen(rows[i].domain));
        assert_true(d.is_all == rows[i].is_all);
    }
}

static void nothing_else_is_a_domain(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " \n",
        "\"\"",
        "{}",
        "[]",
        "[\"a.de\"]",
        "\"a.de",
        "{\"domain\":",
        "{\"domain\":null}",
        "{\"domain\":7}",
        "\xff",
        "\"a\\u0000b\"",
    };
    struct request_domain d;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (request_domain_parse((const uint8_t *)texts[i], strlen(texts[i]), &d) !=
            ST_INVALID)
            fail_msg("a domain: %s", texts[i]);
    }
    uint8_t text[REQUEST_DOMAIN_MAX + 1];
    memset(text, 'x', sizeof text);
    assert_int_equal(request_domain_parse(text, REQUEST_DOMAIN_MAX, &d), ST_OK);
    assert_int_equal(request_domain_parse(text, REQUEST_DOMAIN_MAX + 1, &d), ST_INVALID);
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
        cmocka_unit_test(a_domain_or_all_of_them),
        cmocka_unit_test(nothing_else_is_a_domain),
        cmocka_unit_test(an_error_says_what_and_which),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
