#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/gather.h"

/* A period with so many wake-ups or beats that found so many answers each. */
static bool period(struct gather *g, uint32_t wakes, uint32_t answers, uint32_t out)
{
    for (uint32_t i = 0; i < wakes; i++)
        gather_note(g, answers);
    return gather_judge(g, out);
}

static void many_single_answers_turn_it_on(void **state)
{
    struct gather g = {0};
    (void)state;
    assert_false(period(&g, 0, 0, 0));
    assert_false(period(&g, 39, 1, 1000)); /* few wake-ups */
    assert_true(period(&g, 40, 1, 1000));
    assert_true(period(&g, 20, 50, 1000)); /* and in the beat it stays on */
}

static void large_batches_do_not(void **state)
{
    struct gather g = {0};
    (void)state;
    assert_false(period(&g, 100, 8, 100000));
    assert_true(period(&g, 100, 7, 100000));
}

/* Not when a beat would answer most of what is out: then waiting for it costs speed. */
static void a_window_that_turns_over_within_a_beat_does_not(void **state)
{
    struct gather g = {0};
    (void)state;
    assert_false(period(&g, 500, 4, 400)); /* 100 a beat of 400 */
    assert_true(period(&g, 500, 4, 404));
    assert_true(period(&g, 20, 100, 404));
    assert_false(period(&g, 20, 101, 404));
    assert_false(period(&g, 500, 4, 0));
}

static void an_idle_period_turns_it_off(void **state)
{
    struct gather g = {0};
    (void)state;
    assert_true(period(&g, 100, 1, 1000));
    assert_true(period(&g, 20, 2, 1000));
    assert_false(period(&g, 13, 3, 1000));
    assert_true(period(&g, 100, 1, 1000));
    assert_false(period(&g, 0, 0, 1000));
}

static void reading_nothing_is_no_wake(void **state)
{
    struct gather g = {0};
    (void)state;
    for (int i = 0; i < 100; i++)
        gather_note(&g, 0);
    assert_false(period(&g, 39, 1, 1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_single_answers_turn_it_on),
        cmocka_unit_test(large_batches_do_not),
        cmocka_unit_test(a_window_that_turns_over_within_a_beat_does_not),
        cmocka_unit_test(an_idle_period_turns_it_off),
        cmocka_unit_test(reading_nothing_is_no_wake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
