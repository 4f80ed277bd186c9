/* How fast the status API is asked: tokens at exact times, the day's budget across midnight
 * UTC, pauses, and clocks that step. */
#include "unit/unit.h"

#include "core/pace.h"

/* 2023-11-14 22:13:20 UTC: 6,400 s before midnight. */
#define START_MS INT64_C(1700000000000)
#define TO_MIDNIGHT_MS (6400 * SECOND_MS)

struct clocks {
    struct wall_ms wall;
    struct mono_ms mono;
};

static struct clocks at(int64_t ms)
{
    return (struct clocks){{START_MS + ms}, {(uint64_t)(1000 + ms)}};
}

static bool take(struct pace *p, struct clocks c)
{
    bool may = pace_wait(p, c.wall, c.mono) == 0;
    assert_int_equal(pace_take(p, c.wall, c.mono), may);
    return may;
}

static unsigned take_all(struct pace *p, struct clocks c)
{
    unsigned n = 0;
    while (take(p, c))
        n++;
    return n;
}

static uint64_t wait_at(const struct pace *p, struct clocks c)
{
    return pace_wait(p, c.wall, c.mono);
}

static void observe(struct pace *p, enum status_outcome outcome, uint32_t retry_after_s,
                    struct clocks c)
{
    const struct status_reply r = {.outcome = outcome, .retry_after_s = retry_after_s};
    pace_observe(p, &r, c.mono);
}

static void tokens_come_on_time(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 5, 3, 1000);
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
        pace_init(&p, rates[i], 1, UINT32_MAX);
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
    pace_init(&p, 1, 0, 1000);
    assert_int_equal(take_all(&p, at(0)), 1);
}

static void the_budget_is_a_days(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 1000, 100, 10);
    assert_int_equal(pace_budget_left(&p, at(0).wall), 10);
    assert_int_equal(take_all(&p, at(0)), 10);
    assert_int_equal(pace_budget_left(&p, at(0).wall), 0);
    assert_int_equal(wait_at(&p, at(0)), TO_MIDNIGHT_MS);
    assert_int_equal(wait_at(&p, at(TO_MIDNIGHT_MS - 1)), 1);
    assert_false(take(&p, at(TO_MIDNIGHT_MS - 1)));
    assert_int_equal(pace_budget_left(&p, at(TO_MIDNIGHT_MS - 1).wall), 0);
    assert_int_equal(pace_budget_left(&p, at(TO_MIDNIGHT_MS).wall), 10);
    assert_int_equal(take_all(&p, at(TO_MIDNIGHT_MS)), 10);
    assert_int_equal(wait_at(&p, at(TO_MIDNIGHT_MS)), DAY_MS);
    assert_int_equal(take_all(&p, at(TO_MIDNIGHT_MS + DAY_MS)), 10);
}

static void a_question_before_midnight_is_of_that_day(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 1000, 100, 10);
    for (unsigned i = 1; i <= 4; i++) {
        assert_true(take(&p, at(TO_MIDNIGHT_MS - 5)));
        assert_int_equal(pace_budget_left(&p, at(TO_MIDNIGHT_MS - 5).wall), 10 - i);
    }
    assert_true(take(&p, at(TO_MIDNIGHT_MS)));
    assert_int_equal(pace_budget_left(&p, at(TO_MIDNIGHT_MS).wall), 9);
}

static void pauses(void **state)
{
    static const struct {
        enum status_outcome outcome;
        uint32_t retry_after_s;
        uint64_t pause_ms;
    } table[] = {
        {STATUS_ANSWERED, 0, 0},
        {STATUS_UNAUTHORIZED, 0, 600000},
        {STATUS_UNAUTHORIZED, 7, 600000}, /* a key is not mended by waiting seven seconds */
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
        pace_init(&p, 1000, 100, 1000);
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
    pace_init(&p, 1000, 100, 1000);
    observe(&p, STATUS_UNAUTHORIZED, 0, at(0));
    observe(&p, STATUS_THROTTLED, 5, at(1000));
    observe(&p, STATUS_ANSWERED, 0, at(2000)); /* one that was still on its way */
    assert_int_equal(wait_at(&p, at(2000)), 598000);
    observe(&p, STATUS_UNAUTHORIZED, 0, at(2000));
    assert_int_equal(wait_at(&p, at(2000)), 600000);
}

/* The wall clock stepping back refills no tokens and, within the day, no budget. Into
 * another day, it must not lock the budget until the clock has caught up. */
static void the_wall_clock_steps_back(void **state)
{
    struct pace p;
    struct clocks c = at(0);
    (void)state;
    pace_init(&p, 5, 3, 4);
    assert_int_equal(take_all(&p, c), 3);
    c.wall.v -= HOUR_MS;
    assert_int_equal(take_all(&p, c), 0);
    c.mono.v += 1000;
    assert_int_equal(take_all(&p, c), 1);
    assert_int_equal(pace_budget_left(&p, c.wall), 0);
    c.mono.v += 1000;
    assert_false(take(&p, c));
    c.wall.v -= DAY_MS;
    assert_true(take(&p, c));
    assert_int_equal(pace_budget_left(&p, c.wall), 3);
}

/* libuv's clock doesn't step back; if it did, tokens must not be made of it. */
static void the_loops_clock_stands_still(void **state)
{
    struct pace p;
    (void)state;
    pace_init(&p, 5, 1, 1000);
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
        cmocka_unit_test(the_budget_is_a_days),
        cmocka_unit_test(a_question_before_midnight_is_of_that_day),
        cmocka_unit_test(pauses),
        cmocka_unit_test(a_longer_pause_stands),
        cmocka_unit_test(the_wall_clock_steps_back),
        cmocka_unit_test(the_loops_clock_stands_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
