/* When a copy is fetched, fetched again, and no longer believed: at exact times. */
#include "unit/unit.h"

#include "core/renewal.h"

static struct mono_ms at(int64_t ms)
{
    return (struct mono_ms){5 + (uint64_t)ms};
}

static void the_first_fetch(void **state)
{
    struct renewal r = {.failures = 0};
    (void)state;
    assert_false(renewal_is_usable(&r, at(0)));
    assert_true(renewal_is_due(&r, at(0)));
    renewal_begin(&r);
    assert_false(renewal_is_due(&r, at(DAY_MS))); /* one at a time */
    assert_false(renewal_is_usable(&r, at(DAY_MS)));
    renewal_succeeded(&r, 0, at(DAY_MS));
    assert_true(renewal_is_usable(&r, at(DAY_MS)));
    assert_false(renewal_is_due(&r, at(DAY_MS)));
}

static void how_long_it_is_fresh(void **state)
{
    static const struct {
        uint32_t told_s;
        int64_t ms;
    } rows[] = {
        {0, DAY_MS},         {1, HOUR_MS},    {3599, HOUR_MS}, {3600, HOUR_MS},
        {7200, 2 * HOUR_MS}, {86400, DAY_MS}, {86401, DAY_MS}, {UINT32_MAX, DAY_MS},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct renewal r = {.failures = 3};
        renewal_begin(&r);
        renewal_succeeded(&r, rows[i].told_s, at(100));
        assert_int_equal(renewal_wait(&r, at(100)), rows[i].ms);
        assert_false(renewal_is_due(&r, at(100 + rows[i].ms - 1)));
        assert_true(renewal_is_due(&r, at(100 + rows[i].ms)));
    }
}

static void failures_wait_longer(void **state)
{
    static const int64_t waits_s[] = {10,  20,   40,   80,   160, 320,
                                      640, 1280, 2560, 3600, 3600};
    struct renewal r = {.failures = 0};
    int64_t ms = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(waits_s); i++) {
        assert_true(renewal_is_due(&r, at(ms)));
        renewal_begin(&r);
        renewal_failed(&r, 0, at(ms));
        assert_int_equal(renewal_wait(&r, at(ms)), waits_s[i] * SECOND_MS);
        ms += waits_s[i] * SECOND_MS;
    }
    for (int i = 0; i < 100; i++) {
        renewal_begin(&r);
        renewal_failed(&r, 0, at(ms));
        assert_int_equal(renewal_wait(&r, at(ms)), HOUR_MS);
    }
    renewal_begin(&r);
    renewal_failed(&r, 20000, at(ms)); /* the server wants more */
    assert_int_equal(renewal_wait(&r, at(ms)), 20000 * SECOND_MS);
    renewal_begin(&r);
    renewal_succeeded(&r, 0, at(ms)); /* and it is forgotten */
    renewal_begin(&r);
    renewal_failed(&r, 5, at(ms));
    assert_int_equal(renewal_wait(&r, at(ms)), 10 * SECOND_MS);
}

static void a_copy_is_kept_for_a_week(void **state)
{
    struct renewal r = {.failures = 0};
    (void)state;
    renewal_begin(&r);
    renewal_succeeded(&r, 0, at(0));
    for (int64_t ms = DAY_MS; ms < 7 * DAY_MS; ms += HOUR_MS) {
        renewal_begin(&r);
        renewal_failed(&r, 0, at(ms));
        assert_true(renewal_is_usable(&r, at(ms)));
    }
    assert_true(renewal_is_usable(&r, at(7 * DAY_MS - 1)));
    assert_false(renewal_is_usable(&r, at(7 * DAY_MS)));
    renewal_begin(&r);
    renewal_succeeded(&r, 0, at(8 * DAY_MS));
    assert_true(renewal_is_usable(&r, at(8 * DAY_MS)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_fetch),
        cmocka_unit_test(how_long_it_is_fresh),
        cmocka_unit_test(failures_wait_longer),
        cmocka_unit_test(a_copy_is_kept_for_a_week),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
