/* The day's budget: shares, midnight UTC, what a restart leaves, and clocks that step. */
#include "unit/unit.h"

#include "core/budget.h"

/* 2023-11-14 22:13:20 UTC: 6,400 s before midnight. */
#define START_MS INT64_C(1700000000000)
#define START_DAY 19675U
#define TO_MIDNIGHT_MS (6400 * SECOND_MS)

struct clocks {
    struct wall_ms wall;
    struct mono_ms mono;
};

static struct clocks at(int64_t ms)
{
    return (struct clocks){{START_MS + ms}, {(uint64_t)(1000 + ms)}};
}

/* Ask for as long as it may; what is allowed needs no wait, and what needs one is not. */
static unsigned spend_all(struct budget *b, enum budget_use use, struct clocks c)
{
    unsigned n = 0;
    budget_roll(b, c.wall, c.mono);
    for (; budget_allows(b, use); n++) {
        assert_int_equal(budget_wait(b, use, c.wall, c.mono), 0);
        budget_spend(b);
    }
    assert_true(budget_wait(b, use, c.wall, c.mono) > 0);
    return n;
}

static void the_budget_is_a_days(void **state)
{
    struct budget b;
    (void)state;
    budget_init(&b, 10);
    assert_int_equal(budget_left(&b, at(0).wall), 10);
    assert_int_equal(spend_all(&b, BUDGET_NEW, at(0)), 10);
    assert_int_equal(budget_left(&b, at(0).wall), 0);
    assert_int_equal(budget_wait(&b, BUDGET_NEW, at(0).wall, at(0).mono), TO_MIDNIGHT_MS);
    assert_int_equal(spend_all(&b, BUDGET_NEW, at(TO_MIDNIGHT_MS - 1)), 0);
    assert_int_equal(budget_wait(&b, BUDGET_NEW, at(TO_MIDNIGHT_MS - 1).wall,
                                 at(TO_MIDNIGHT_MS - 1).mono),
                     1);
    assert_int_equal(budget_left(&b, at(TO_MIDNIGHT_MS).wall), 10); /* and not yet rolled */
    assert_int_equal(
        budget_wait(&b, BUDGET_NEW, at(TO_MIDNIGHT_MS).wall, at(TO_MIDNIGHT_MS).mono), 0);
    assert_int_equal(spend_all(&b, BUDGET_NEW, at(TO_MIDNIGHT_MS)), 10);
    assert_int_equal(
        budget_wait(&b, BUDGET_NEW, at(TO_MIDNIGHT_MS).wall, at(TO_MIDNIGHT_MS).mono),
        DAY_MS);
    assert_int_equal(spend_all(&b, BUDGET_NEW, at(TO_MIDNIGHT_MS + 9 * DAY_MS)), 10);
}

/* Each use leaves its part to those before it. */
static void shares(void **state)
{
    static const struct {
        uint32_t limit;
        unsigned unfiltered, recheck, new; /* in this order, of one day */
    } table[] = {
        {100, 50, 30, 20},
        {10, 5, 3, 2},
        {4, 2, 2, 0},
        {5, 3, 1, 1},
        {1, 1, 0, 0},
        {2, 1, 1, 0},
        {1000000, 500000, 300000, 200000},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct budget b;
        budget_init(&b, table[i].limit);
        assert_int_equal(budget_state(&b), BUDGET_OPEN);
        assert_int_equal(spend_all(&b, BUDGET_UNFILTERED, at(0)), table[i].unfiltered);
        assert_int_equal(spend_all(&b, BUDGET_RECHECK, at(0)), table[i].recheck);
        assert_int_equal(budget_state(&b),
                         table[i].new > 0 ? BUDGET_RESERVED : BUDGET_EXHAUSTED);
        assert_int_equal(spend_all(&b, BUDGET_UNFILTERED, at(0)), 0);
        assert_int_equal(spend_all(&b, BUDGET_NEW, at(0)), table[i].new);
        assert_int_equal(budget_state(&b), BUDGET_EXHAUSTED);
    }
}

static void the_largest_budget(void **state)
{
    struct budget b;
    (void)state;
    budget_init(&b, UINT32_MAX);
    budget_roll(&b, at(0).wall, at(0).mono);
    b.spent = UINT32_MAX / 2;
    assert_true(budget_allows(&b, BUDGET_UNFILTERED));
    budget_spend(&b);
    assert_false(budget_allows(&b, BUDGET_UNFILTERED));
    assert_true(budget_allows(&b, BUDGET_RECHECK));
}

static void a_restart_is_no_new_budget(void **state)
{
    struct budget b;
    (void)state;
    budget_init(&b, 10);
    budget_restore(&b, START_DAY, 7);
    assert_int_equal(budget_left(&b, at(0).wall), 3);
    assert_int_equal(spend_all(&b, BUDGET_NEW, at(0)), 3);
    budget_init(&b, 5); /* less than was spent */
    budget_restore(&b, START_DAY, 7);
    assert_int_equal(budget_left(&b, at(0).wall), 0);
    assert_int_equal(spend_all(&b, BUDGET_NEW, at(0)), 0);
    budget_init(&b, 10);
    budget_restore(&b, START_DAY - 1, 7);
    assert_int_equal(budget_left(&b, at(0).wall), 10);
    assert_int_equal(spend_all(&b, BUDGET_NEW, at(0)), 10);
}

/* What is to be written down: each change, once. */
static void what_is_unwritten(void **state)
{
    struct budget b;
    (void)state;
    budget_init(&b, 10);
    assert_false(b.is_unwritten);
    budget_roll(&b, at(0).wall, at(0).mono);
    assert_int_equal(b.day, START_DAY);
    b.is_unwritten = false;
    budget_roll(&b, at(1).wall, at(1).mono);
    assert_false(b.is_unwritten);
    budget_spend(&b);
    assert_true(b.is_unwritten);
}

/* Back within the day: nothing. Into another day: nothing either, as often as it steps to
 * and fro. */
static void a_clock_set_back_gives_nothing(void **state)
{
    struct budget b;
    struct clocks c = at(0);
    (void)state;
    budget_init(&b, 4);
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 4);
    c.wall.v -= HOUR_MS;
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 0);
    for (int i = 0; i < 50; i++) {
        c.mono.v += (uint64_t)(20 * MINUTE_MS);
        c.wall.v += i % 2 ? DAY_MS : -DAY_MS;
        assert_int_equal(spend_all(&b, BUDGET_NEW, c), 0);
        assert_int_equal(budget_left(&b, c.wall), 0);
    }
}

/* It was a year ahead, and is right again: after a day it has a budget, and not before. */
static void a_clock_that_was_wrong_locks_nothing(void **state)
{
    struct budget b;
    struct clocks c = at(365 * DAY_MS);
    (void)state;
    budget_init(&b, 4);
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 4);
    c.wall.v -= 365 * DAY_MS;
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 0);
    uint64_t wait = budget_wait(&b, BUDGET_NEW, c.wall, c.mono);
    assert_int_equal(wait, DAY_MS);
    c.wall.v += DAY_MS - 1;
    c.mono.v += (uint64_t)DAY_MS - 1;
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 0);
    assert_int_equal(budget_wait(&b, BUDGET_NEW, c.wall, c.mono), 1);
    c.wall.v += 1;
    c.mono.v += 1;
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 4);
    assert_true(budget_wait(&b, BUDGET_NEW, c.wall, c.mono) <= (uint64_t)DAY_MS);
    c.wall.v += DAY_MS; /* and from then on as ever */
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 4);
}

/* The same with a restart between: what is written down is of a day to come. */
static void a_restart_with_the_clock_behind(void **state)
{
    struct budget b;
    struct clocks c = at(0);
    (void)state;
    budget_init(&b, 4);
    budget_restore(&b, START_DAY + 365, 4);
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 0);
    c.wall.v += DAY_MS;
    c.mono.v += (uint64_t)DAY_MS;
    assert_int_equal(spend_all(&b, BUDGET_NEW, c), 4);
    assert_int_equal(b.day, START_DAY + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_budget_is_a_days),
        cmocka_unit_test(shares),
        cmocka_unit_test(the_largest_budget),
        cmocka_unit_test(a_restart_is_no_new_budget),
        cmocka_unit_test(what_is_unwritten),
        cmocka_unit_test(a_clock_set_back_gives_nothing),
        cmocka_unit_test(a_clock_that_was_wrong_locks_nothing),
        cmocka_unit_test(a_restart_with_the_clock_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
