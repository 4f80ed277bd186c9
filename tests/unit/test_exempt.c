/* The list of domains that are never checked, as an operator may write it. */
#include "unit/unit.h"

#include "core/exempt.h"

static void no_list_exempts_nothing(void **state)
{
    static const char *const lists[] = {NULL, "", " ", ",", " , ,, "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct exempt e;
        assert_int_equal(exempt_init(&e, lists[i]), ST_OK);
        assert_int_equal(e.n, 0);
        assert_false(exempt_has(&e, "gmail.com"));
        assert_false(exempt_has(&e, ""));
        exempt_close(&e);
    }
}

static void names_as_they_may_be_written(void **state)
{
    static const char *const lists[] = {
        "yahoo.com,gmail.com,aol.com",
        " yahoo.com , gmail.com ,\taol.com ",
        "YAHOO.com,GMail.Com,aol.COM",
        ",yahoo.com,,gmail.com,aol.com,",
        "gmail.com,gmail.com,yahoo.com,aol.com,yahoo.com",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        struct exempt e;
        assert_int_equal(exempt_init(&e, lists[i]), ST_OK);
        assert_true(exempt_has(&e, "gmail.com"));
        assert_true(exempt_has(&e, "yahoo.com"));
        assert_true(exempt_has(&e, "aol.com"));
        assert_false(exempt_has(&e, "mail.com"));
        assert_false(exempt_has(&e, "gmail.co"));
        assert_false(exempt_has(&e, "gmail.com.example"));
        assert_false(exempt_has(&e, ""));
        exempt_close(&e);
        assert_false(exempt_has(&e, "gmail.com"));
    }
}

static void the_list_is_copied(void **state)
{
    char list[] = "gmail.com,aol.com";
    struct exempt e;
    (void)state;
    assert_int_equal(exempt_init(&e, list), ST_OK);
    memset(list, 'x', sizeof list - 1);
    assert_true(exempt_has(&e, "gmail.com"));
    exempt_close(&e);
}

static void a_long_list(void **state)
{
    enum { NAMES = 2000 };
    char *list = calloc(NAMES, 16), *p = list, name[16];
    struct exempt e;
    (void)state;
    assert_non_null(list);
    for (int i = NAMES; i > 0; i--)
        p += snprintf(p, 16, "n%d.example,", i * 7 % 10007);
    assert_int_equal(exempt_init(&e, list), ST_OK);
    assert_int_equal(e.n, NAMES);
    for (int i = 1; i <= NAMES; i++) {
        snprintf(name, sizeof name, "n%d.example", i * 7 % 10007);
        assert_true(exempt_has(&e, name));
    }
    assert_false(exempt_has(&e, "n0.example"));
    exempt_close(&e);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_list_exempts_nothing),
        cmocka_unit_test(names_as_they_may_be_written),
        cmocka_unit_test(the_list_is_copied),
        cmocka_unit_test(a_long_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
