#include "unit/unit.h"

#include "proto/message.h"

static const struct {
    int64_t seconds;
    const char *text;
} stamps[] = {
    {0, "1970-01-01T00:00:00Z"},          {1, "1970-01-01T00:00:01Z"},
    {86399, "1970-01-01T23:59:59Z"},      {86400, "1970-01-02T00:00:00Z"},
    {951782399, "2000-02-28T23:59:59Z"},  {951782400, "2000-02-29T00:00:00Z"},
    {951868800, "2000-03-01T00:00:00Z"},  {978307199, "2000-12-31T23:59:59Z"},
    {1709164800, "2024-02-29T00:00:00Z"}, {2147483648, "2038-01-19T03:14:08Z"},
    {4107542400, "2100-03-01T00:00:00Z"}, /* 2100 has no leap day */
    {4107542399, "2100-02-28T23:59:59Z"}, {INT64_C(253402300799), "9999-12-31T23:59:59Z"},
};

static void formats(void **state)
{
    (void)state;
    char text[RFC3339_SIZE];
    for (size_t i = 0; i < ARRAY_LEN(stamps); i++) {
        rfc3339_format(stamps[i].seconds, text);
        assert_string_equal(text, stamps[i].text);
    }
    rfc3339_format(-1, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    rfc3339_format(INT64_C(253402300800), text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    rfc3339_format(INT64_MAX, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void reads_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stamps); i++) {
        int64_t ms = -1;
        assert_true(rfc3339_parse(stamps[i].text, 20, &ms));
        assert_true(ms == stamps[i].seconds * 1000);
    }
    /* each day of five centuries, so each month of each kind of year */
    char text[RFC3339_SIZE];
    for (int64_t s = 0; s < INT64_C(86400) * 366 * 500; s += 86400) {
        int64_t ms = -1;
        rfc3339_format(s, text);
        assert_true(rfc3339_parse(text, 20, &ms));
        assert_true(ms == s * 1000);
    }
}

static const struct {
    const char *text;
    int64_t ms;
} readable[] = {
    {"2000-02-29T00:00:00.5Z", INT64_C(951782400500)},
    {"2000-02-29T00:00:00.123456789Z", INT64_C(951782400123)},
    {"2000-02-29t00:00:00z", INT64_C(951782400000)},
    {"2000-02-29 00:00:00Z", INT64_C(951782400000)},
    {"2000-02-29T02:00:00+02:00", INT64_C(951782400000)},
    {"2000-02-28T18:30:00-05:30", INT64_C(951782400000)},
    {"2000-02-29T00:00:00-00:00", INT64_C(951782400000)},
    {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
    {"1969-12-31T23:59:59Z", -1000},
    {"1969-12-31T23:59:59.999Z", -1},
    {"0000-03-01T00:00:00Z", INT64_C(-62162035200000)},
    {"1970-01-01T00:00:00+23:59", -INT64_C(86340000)},
};

static void parses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(readable); i++) {
        int64_t ms = 42;
        if (!rfc3339_parse(readable[i].text, strlen(readable[i].text), &ms) ||
            ms != readable[i].ms)
            fail_msg("%s: %lld", readable[i].text, (long long)ms);
    }
}

static const char *const unreadable[] = {
    "",
    "2000",
    "2000-02-29",
    "2000-02-29T00:00Z",
    "2000-02-29T00:00:00",
    "2000-02-29T00:00:00+02",
    "2000-02-29T00:00:00+0200",
    "2000-02-29T00:00:00+24:00",
    "2000-02-29T00:00:00+00:60",
    "2000-02-29T00:00:00 +00:00",
    "2000-02-29T00:00:00Zx",
    "2000-02-29T00:00:00ZZ",
    "2000-02-29T00:00:00.Z",
    "2000-02-29T00:00:00,5Z",
    "2000-02-29X00:00:00Z",
    "2000/02/29T00:00:00Z",
    "2000-2-29T00:00:00Z",
    "02000-02-29T00:00:00Z",
    "-2000-02-29T00:00:00Z",
    "+2000-02-29T00:00:00Z",
    " 2000-02-29T00:00:00Z",
    "2000-00-29T00:00:00Z",
    "2000-13-29T00:00:00Z",
    "2000-02-00T00:00:00Z",
    "2000-02-30T00:00:00Z",
    "2001-02-29T00:00:00Z",
    "2100-02-29T00:00:00Z",
    "2000-04-31T00:00:00Z",
    "2000-01-32T00:00:00Z",
    "2000-02-29T24:00:00Z",
    "2000-02-29T00:60:00Z",
    "2000-02-29T00:00:61Z",
    "1709164800",
};

static void refuses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
        int64_t ms = 42;
        if (rfc3339_parse(unreadable[i], strlen(unreadable[i]), &ms))
            fail_msg("%s: %lld", unreadable[i], (long long)ms);
        assert_true(ms == 42);
    }
    int64_t ms;
    assert_false(rfc3339_parse("2000-02-29\0"
                               "00:00:00Z",
                               20, &ms));
}

/* Reads no further than it is told. */
static void refuses_every_cut(void **state)
{
    (void)state;
    static const char text[] = "2000-02-29T00:00:00.25+01:00";
    int64_t ms;
    for (size_t len = 0; len < strlen(text); len++) {
        char *cut = malloc(len > 0 ? len : 1);
        assert_non_null(cut);
        memcpy(cut, text, len);
        assert_false(rfc3339_parse(cut, len, &ms));
        free(cut);
    }
    assert_true(rfc3339_parse(text, strlen(text), &ms));
    assert_true(ms == INT64_C(951778800250));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats),
        cmocka_unit_test(reads_back),
        cmocka_unit_test(parses),
        cmocka_unit_test(refuses),
        cmocka_unit_test(refuses_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
