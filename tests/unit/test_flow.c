/* The bound on looks at known domains: a few times the even rate, no burst after a pause.
 */
#include "unit/unit.h"

#include "core/flow.h"

#define DAY_S 86400U

static unsigned take_all(struct flow *f, double rate, uint64_t ms)
{
    unsigned n = 0;
    while (flow_take(f, rate, (struct mono_ms){ms}))
        n++;
    return n;
}

static void the_rate_is_a_multiple_of_the_even_one(void **state)
{
    (void)state;
    double rate = flow_rate(10000000, DAY_S);
    assert_in_range((long)(rate * 1000), 3 * 115, 3 * 116);
    assert_in_range((long)(flow_rate(10000000, DAY_S / 2) * 1000), 6 * 115, 6 * 116);
    /* a small set needs no spreading, and none is no division by zero */
    assert_true(flow_rate(10, DAY_S) == flow_rate(0, DAY_S));
    assert_in_range((long)(flow_rate(0, DAY_S) * 1000000), 999, 1000);
}

static void a_long_pause_saves_up_one_second(void **state)
{
    struct flow f = {.tokens = 0};
    double rate = flow_rate(10000000, DAY_S);
    (void)state;
    assert_in_range(take_all(&f, rate, 43200000), 347, 348);
    assert_int_equal(take_all(&f, rate, 43200000), 0);
    /* a minute in small turns is a minute's worth */
    unsigned n = 0;
    for (uint64_t ms = 1; ms <= 60000; ms++)
        n += take_all(&f, rate, 43200000 + ms);
    assert_in_range(n, 60 * 347 - 1, 60 * 348);
}

static void the_wait_ends_when_one_can_be_taken(void **state)
{
    struct flow f = {.tokens = 0};
    double rate = flow_rate(0, DAY_S);
    uint64_t now = 100000;
    (void)state;
    assert_int_equal(flow_wait(&f, rate, (struct mono_ms){now}), 0);
    assert_int_equal(take_all(&f, rate, now), 16);
    for (int i = 0; i < 20; i++) {
        uint64_t wait = flow_wait(&f, rate, (struct mono_ms){now});
        assert_in_range(wait, 1, 1001);
        assert_false(flow_take(&f, rate, (struct mono_ms){now + wait - 2}));
        now += wait;
        assert_int_equal(flow_wait(&f, rate, (struct mono_ms){now}), 0);
        assert_true(flow_take(&f, rate, (struct mono_ms){now}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_is_a_multiple_of_the_even_one),
        cmocka_unit_test(a_long_pause_saves_up_one_second),
        cmocka_unit_test(the_wait_ends_when_one_can_be_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
