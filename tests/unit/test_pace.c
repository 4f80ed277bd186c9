/* How fast the status API is asked: tokens at exact times, pauses, and a clock that stands.
 */
#include "unit/unit.h"

#include "core/pace.h"

static struct mono_ms at(int64_t ms)
{
    return (struct mono_ms){(uint64_t)(1000 + ms)};
}

static bool take(struct pace *p, struct mono_ms now)
{
    bool may = pace_wait(p, now) == 0;
    assert_int_equal(pace_take(p, now), may);
    return may;
}

static unsigned take_all(struct pace *p, struct mono_ms now)
{
    unsigned n = 0;
    while (take(p, now))
        n++;
    return n;
}

static uint64_t wait_at(const struct pace *p, struct mono_ms now)
{
    return pace_wait(p, now);
}

static void observe(struct pace *p, enum status_outcome outcome, uint32_t retry_after_s,
                    struct mono_ms now)
{
    const struct status_reply r = {.outcome = outcome, .retry_after_s = retry_after_s};
    pace_observe(p, &r, now);
}

static void tokens_come_on_time(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 5, 3);
    assert_int_equal(take_all(&p, at(0)), 3); /* the burst */
    assert_false(take(&p, at(199)));
    assert_true(take(&p, at(200)));
    assert_false(take(&p, at(399)));
    assert_true(take(&p, at(400)));
    /* tokens pile up to the burst, and no further */
    assert_int_equal(take_all(&p, at(800)), 2);
    assert_int_equal(take_all(&p, at(60000)), 3);
}

/* Whoever sleeps as long as it is told finds a token, and not much later than it could. */
static void the_wait_is_enough_and_not_more(void **state)
{
    static const double rates[] = {1.0 / 3600, 1.0 / 60, 0.3, 1, 3, 5, 7, 999, 1000};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        struct pace p;
        pace_init(&p, rates[i], 1);
        double exact = 0; /* when the next token is there */
        int64_t now = 0;
        for (size_t n = 0; n < 200; n++) {
            assert_true(take(&p, at(now)));
            exact = (double)now + 1000 / rates[i];
            uint64_t wait = wait_at(&p, at(now));
            assert_true(wait > 0);
            assert_true((double)now + (double)wait >= exact - 1e-6 * exact);
            assert_true((double)now + (double)wait <= exact + 1 + 1e-6 * exact);
            now += (int64_t)wait;
        }
    }
}

static void at_least_one_question_fits(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 1, 0);
    assert_int_equal(take_all(&p, at(0)), 1);
}

static void pauses(void **state)
{
    static const struct {
        enum status_outcome outcome;
        uint32_t retry_after_s;
        uint64_t pause_ms;
    } table[] = {
        {STATUS_ANSWERED, 0, 0},
        {STATUS_UNAUTHORIZED, 0, 0}, /* the breaker's */
        {STATUS_THROTTLED, 0, 30000},
        {STATUS_THROTTLED, 1, 1000},
        {STATUS_THROTTLED, 120, 120000},
        {STATUS_THROTTLED, 3599, 3599000},
        {STATUS_THROTTLED, 3600, 3600000},
        {STATUS_THROTTLED, 3601, 3600000},
        {STATUS_THROTTLED, UINT32_MAX, 3600000},
        {STATUS_SERVER_ERROR, 0, 0}, /* may be one registry's trouble: that name waits */
        {STATUS_SERVER_ERROR, 90, 90000},
        {STATUS_CLIENT_ERROR, 0, 0},
        {STATUS_BODY_ERRORS, 0, 0},
        {STATUS_EMPTY, 0, 0},
        {STATUS_MALFORMED, 0, 0},
        {STATUS_BEST_EFFORT, 0, 0},
        {STATUS_TIMEOUT, 0, 0},
        {STATUS_UNREACHABLE, 0, 0},
        {STATUS_CANCELED, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct pace p;
        pace_init(&p, 1000, 100);
        observe(&p, table[i].outcome, table[i].retry_after_s, at(0));
        assert_int_equal(wait_at(&p, at(0)), table[i].pause_ms);
        if (table[i].pause_ms == 0)
            continue;
        assert_false(take(&p, at((int64_t)table[i].pause_ms - 1)));
        assert_true(take(&p, at((int64_t)table[i].pause_ms)));
    }
}

static void a_longer_pause_stands(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 1000, 100);
    observe(&p, STATUS_THROTTLED, 600, at(0));
    observe(&p, STATUS_THROTTLED, 5, at(1000));
    observe(&p, STATUS_ANSWERED, 0, at(2000)); /* one that was still on its way */
    assert_int_equal(wait_at(&p, at(2000)), 598000);
    observe(&p, STATUS_SERVER_ERROR, 600, at(2000));
    assert_int_equal(wait_at(&p, at(2000)), 600000);
}

/* libuv's clock doesn't step back; if it did, tokens must not be made of it. */
static void the_loops_clock_stands_still(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 5, 1);
    assert_true(take(&p, at(500)));
    assert_false(take(&p, at(100)));
    assert_false(take(&p, at(500)));
    assert_true(take(&p, at(700)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_come_on_time),
        cmocka_unit_test(the_wait_is_enough_and_not_more),
        cmocka_unit_test(at_least_one_question_fits),
        cmocka_unit_test(pauses),
        cmocka_unit_test(a_longer_pause_stands),
        cmocka_unit_test(the_loops_clock_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
