/* Surges of denials: what begins one, what ends it, and what does not. */
#include "unit/unit.h"

#include "base/must.h"
#include "core/surge.h"
#include "unit/dice.h"

static struct surge s;
static struct mono_ms now;

static void open_line(void)
{
    memset(&s, 0, sizeof s);
    now.v = 1000000;
}

static bool deny(enum surge_kind kind, bool is_again)
{
    bool believe;
    (void)surge_deny(&s, kind, is_again, now, &believe);
    return believe;
}

/* Everything is denied from one answer to the next, after `good` that were not.
 *   return  how many are believed before none is any more */
static unsigned believed_of_all(enum surge_kind kind, unsigned good)
{
    unsigned n = 0;
    open_line();
    for (unsigned i = 0; i < good; i++)
        assert_int_equal(surge_see(&s, kind), SURGE_NO_NEWS);
    while (deny(kind, false))
        n++;
    for (int i = 0; i < 1000; i++)
        assert_false(deny(kind, false));
    return n;
}

static void a_handful_is_believed(void **state)
{
    (void)state;
    for (unsigned good = 0; good < 200; good++) {
        assert_int_equal(believed_of_all(SURGE_KNOWN, good), 5);
        assert_int_equal(believed_of_all(SURGE_NEW, good), 8);
    }
}

/* How often a surge begins among this many answers of which so many in a thousand are
 * denials. */
static unsigned surges(enum surge_kind kind, unsigned per_thousand, unsigned answers)
{
    struct dice d = {11 + per_thousand};
    unsigned n = 0;
    bool believe;
    open_line();
    for (unsigned i = 0; i < answers; i++) {
        if (dice_below(&d, 1000) >= per_thousand)
            (void)surge_see(&s, kind);
        else if (surge_deny(&s, kind, false, now, &believe) == SURGE_BEGINS)
            n++;
    }
    return n;
}

static void what_lapses_by_itself_is_none(void **state)
{
    (void)state;
    assert_int_equal(surges(SURGE_KNOWN, 1, 1000000), 0);
    assert_int_equal(surges(SURGE_KNOWN, 10, 1000000), 0);
    assert_int_equal(surges(SURGE_NEW, 10, 1000000), 0);
    assert_int_equal(surges(SURGE_NEW, 50, 1000000), 0);
    /* and here there are some */
    assert_true(surges(SURGE_KNOWN, 300, 10000) > 10);
    assert_true(surges(SURGE_NEW, 600, 10000) > 10);
}

static void a_share_that_lasts_is_one(void **state)
{
    bool believe = true;
    (void)state;
    open_line();
    unsigned denials = 0;
    while (believe && denials < 100) { /* each third: never 6 of 16 */
        denials++;
        (void)surge_deny(&s, SURGE_KNOWN, false, now, &believe);
        (void)surge_see(&s, SURGE_KNOWN);
        (void)surge_see(&s, SURGE_KNOWN);
        (void)surge_see(&s, SURGE_KNOWN);
    }
    assert_int_equal(denials, 13);
}

static void over_when_the_names_are_there_again(void **state)
{
    bool believe;
    (void)state;
    open_line();
    while (deny(SURGE_KNOWN, false))
        continue;
    unsigned seen = 1;
    while (surge_see(&s, SURGE_KNOWN) != SURGE_IS_OVER)
        seen++;
    assert_in_range(seen, 20, 32);
    assert_true(deny(SURGE_KNOWN, true));
    assert_int_equal(surge_deny(&s, SURGE_KNOWN, false, now, &believe), SURGE_NO_NEWS);
    assert_true(believe);
}

/* Those that were put back are asked about again and again: they don't keep it up. */
static void what_is_denied_again_is_outvoted(void **state)
{
    (void)state;
    open_line();
    while (deny(SURGE_KNOWN, false))
        continue;
    bool is_over = false;
    for (int i = 0; i < 32 && !is_over; i++) {
        assert_false(deny(SURGE_KNOWN, true));
        assert_false(deny(SURGE_KNOWN, true));
        is_over = surge_see(&s, SURGE_KNOWN) == SURGE_IS_OVER;
    }
    assert_true(is_over);
    /* but they can begin the next one */
    for (int i = 0; i < 5; i++)
        assert_true(deny(SURGE_KNOWN, true));
    assert_false(deny(SURGE_KNOWN, true));
}

static void the_lines_are_two(void **state)
{
    (void)state;
    open_line();
    while (deny(SURGE_KNOWN, false))
        continue;
    assert_true(deny(SURGE_NEW, false));
    for (int i = 0; i < 100; i++)
        (void)surge_see(&s, SURGE_NEW);
    assert_false(deny(SURGE_KNOWN, false));
}

static void canaries_that_pass_vouch_for_new_ones(void **state)
{
    enum surge_news news;
    bool believe;
    (void)state;
    open_line();
    while (deny(SURGE_NEW, false))
        continue;
    while (deny(SURGE_KNOWN, false))
        continue;
    assert_true(surge_test(&s, now));
    assert_false(surge_test(&s, now));
    now.v += 20000;
    assert_false(surge_test(&s, now)); /* they are out still */
    surge_tested(&s, true, now);
    assert_false(deny(SURGE_KNOWN, false));
    news = surge_deny(&s, SURGE_NEW, true, now, &believe);
    assert_int_equal(news, SURGE_IS_OVER);
    assert_true(believe);
    for (int i = 0; i < 1000; i++) { /* an import of dead names */
        news = surge_deny(&s, SURGE_NEW, false, now, &believe);
        assert_int_equal(news, SURGE_NO_NEWS);
        assert_true(believe);
    }
    now.v += 10000; /* no longer */
    for (int i = 0; i < 8; i++)
        assert_true(deny(SURGE_NEW, false));
    assert_false(deny(SURGE_NEW, false));
    assert_true(surge_test(&s, now));
    surge_tested(&s, false, now);
    assert_false(deny(SURGE_NEW, false));
    assert_false(surge_test(&s, now));
    now.v += 10000;
    assert_true(surge_test(&s, now));
}

static void a_day_is_the_longest(void **state)
{
    (void)state;
    for (int kind = 0; kind < SURGE_KINDS; kind++) {
        open_line();
        while (deny((enum surge_kind)kind, false))
            continue;
        now.v += (uint64_t)DAY_MS - 1;
        assert_false(deny((enum surge_kind)kind, false));
        now.v += 1;
        assert_true(deny((enum surge_kind)kind, false));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handful_is_believed),
        cmocka_unit_test(what_lapses_by_itself_is_none),
        cmocka_unit_test(a_share_that_lasts_is_one),
        cmocka_unit_test(over_when_the_names_are_there_again),
        cmocka_unit_test(what_is_denied_again_is_outvoted),
        cmocka_unit_test(the_lines_are_two),
        cmocka_unit_test(canaries_that_pass_vouch_for_new_ones),
        cmocka_unit_test(a_day_is_the_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
