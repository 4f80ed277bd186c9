/* Which names are to be looked at more often than once a day. */
#include "unit/unit.h"

#include "core/lifecycle.h"

static void names_of_hasty_registries(void **state)
{
    static const char *const hasty[] = {"example.ws", "com.ws", "john.smith.name",
                                        "smith.name"};
    static const char *const others[] = {"example.com", "ws.com",       "name.de",
                                         "bbc.co.uk",   "example.news", "example.ws.com"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hasty); i++)
        assert_int_equal(lifecycle_look_s(hasty[i]), 6 * 3600);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        assert_int_equal(lifecycle_look_s(others[i]), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_hasty_registries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
