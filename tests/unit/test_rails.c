/* The safety rails: row by row, at their limits, over time, and after a restart. */
#include "unit/unit.h"

#include "core/rails.h"

#define NOW 1700000100U /* a stretch's beginning */
#define HOUR_S 3600U
#define DAY_S (24U * HOUR_S)

static struct rails r;

static void open_rails(uint32_t per_hour, double share, uint32_t accounts)
{
    const struct rails_options o = {
        .per_hour = per_hour, .share = share, .accounts = accounts};
    rails_init(&r, &o);
}

/* RAIL_COUNT: none. */
static enum rail ask(const struct rails_case *d)
{
    struct rails_ruling why;
    return rails_hold(&r, d, &why) ? why.rail : RAIL_COUNT;
}

static struct rails_case small(uint32_t now)
{
    return (struct rails_case){.now = now, .accounts = 1, .to_say = 1, .watched = 1000000};
}

static void each_rail_at_its_limit(void **state)
{
    (void)state;
    static const struct {
        uint32_t per_hour;
        double share;
        uint32_t accounts;
        struct rails_case d;
        enum rail want;
    } rows[] = {
        {100, 0.01, 1000, {NOW, 1000, 100, 100, false}, RAIL_COUNT},
        {100, 0.01, 1000, {NOW, 1001, 1, 100, false}, RAIL_ACCOUNTS},
        {100, 0.01, 1000, {NOW, 1000, 101, 100, false}, RAIL_HOUR},
        {100, 0.01, 1000, {NOW, 1, 1, 100, true}, RAIL_SUFFIX_DARK},
        /* one domain may always be, however few are watched; but for a share of 0 */
        {100, 0.01, 1000, {NOW, 1, 1, 1, false}, RAIL_COUNT},
        {100, 0.000001, 1000, {NOW, 1, 1, 50, false}, RAIL_COUNT},
        {100, 0, 1000, {NOW, 1, 1, 1000000, false}, RAIL_SHARE},
        {100, 1, 1000, {NOW, 1, 1, 1, false}, RAIL_COUNT},
        /* a limit of 0 holds everything */
        {0, 1, 1000, {NOW, 1, 1, 100, false}, RAIL_HOUR},
        {100, 1, 0, {NOW, 1, 1, 100, false}, RAIL_ACCOUNTS},
        /* of several the first one is told */
        {0, 0, 0, {NOW, 1, 1, 100, true}, RAIL_ACCOUNTS},
        {0, 0, 1, {NOW, 1, 1, 100, true}, RAIL_SUFFIX_DARK},
        {0, 0, 1, {NOW, 1, 1, 100, false}, RAIL_HOUR},
        {1, 0, 1, {NOW, 1, 1, 100, false}, RAIL_SHARE},
        /* all that a number can be */
        {UINT32_MAX,
         1,
         UINT32_MAX,
         {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT64_MAX, false},
         RAIL_COUNT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        open_rails(rows[i].per_hour, rows[i].share, rows[i].accounts);
        if (ask(&rows[i].d) != rows[i].want)
            fail_msg("row %zu", i);
    }
}

static void the_numbers_are_told(void **state)
{
    struct rails_ruling why;
    (void)state;
    open_rails(100, 0.01, 1000);
    rails_act(&r, NOW, 60);
    const struct rails_case d = {NOW, 41, 41, 1000, false};
    assert_true(rails_hold(&r, &d, &why));
    assert_int_equal(why.rail, RAIL_HOUR);
    assert_int_equal(why.have, 101);
    assert_int_equal(why.limit, 100);
    const struct rails_case few = {NOW, 1, 1, 199, false};
    assert_true(rails_hold(&r, &few, &why));
    assert_int_equal(why.rail, RAIL_SHARE);
    assert_int_equal(why.have, 2);
    assert_int_equal(why.limit, 1);
}

/* In any hour, wherever it begins, no more than the limit; and not much less. */
static void an_hour_slides(void **state)
{
    (void)state;
    for (uint32_t at = 0; at < 2 * RAILS_STRETCH_S; at += 7) {
        open_rails(10, 1, 10);
        rails_act(&r, NOW + at, 10);
        for (uint32_t later = 0; later < HOUR_S; later += 61) {
            const struct rails_case d = small(NOW + at + later);
            assert_int_equal(ask(&d), RAIL_HOUR);
        }
        const struct rails_case d = small(NOW + at + HOUR_S + RAILS_STRETCH_S);
        assert_int_equal(ask(&d), RAIL_COUNT);
    }
}

static void a_day_slides(void **state)
{
    (void)state;
    open_rails(1000, 0.01, 10);
    for (uint32_t i = 0; i < 3; i++)
        rails_act(&r, NOW + i * 8 * HOUR_S, 1);
    struct rails_case d = small(NOW + 23 * HOUR_S);
    d.watched = 300;
    assert_int_equal(rails_domains_in_day(&r, d.now), 3);
    assert_int_equal(ask(&d), RAIL_SHARE);
    d.watched = 400;
    assert_int_equal(ask(&d), RAIL_COUNT);
    d.watched = 300;
    d.now = NOW + DAY_S;
    assert_int_equal(ask(&d), RAIL_SHARE);
    d.now = NOW + DAY_S + RAILS_STRETCH_S;
    assert_int_equal(rails_domains_in_day(&r, d.now), 2);
    assert_int_equal(ask(&d), RAIL_COUNT);
    d.now = NOW + 30 * DAY_S;
    assert_int_equal(rails_domains_in_day(&r, d.now), 0);
    assert_int_equal(rails_addresses_in_hour(&r, d.now), 0);
}

/* What was acted on in what is now the future counts. */
static void a_clock_that_is_set_back(void **state)
{
    (void)state;
    open_rails(10, 1, 10);
    rails_act(&r, NOW, 10);
    const struct rails_case d = small(NOW - 5 * HOUR_S);
    assert_int_equal(ask(&d), RAIL_HOUR);
}

/* Stretches written down and read back, in any order and twice, are the same limits. */
static void a_restart_forgets_nothing(void **state)
{
    static struct rails_stretch written[40];
    (void)state;
    open_rails(100, 0.5, 10);
    for (uint32_t i = 0; i < ARRAY_LEN(written); i++)
        written[i] = *rails_act(&r, NOW + i * 1000, i + 1);
    const uint32_t now = NOW + 40 * 1000;
    const uint64_t hour = rails_addresses_in_hour(&r, now);
    const uint64_t day = rails_domains_in_day(&r, now);
    assert_int_equal(day, 40);
    open_rails(100, 0.5, 10);
    for (size_t i = 2 * ARRAY_LEN(written); i-- > 0;) {
        const struct rails_stretch *x = &written[i % ARRAY_LEN(written)];
        rails_restore(&r, x->number * RAILS_STRETCH_S, x->addresses, x->domains);
    }
    assert_int_equal(rails_addresses_in_hour(&r, now), hour);
    assert_int_equal(rails_domains_in_day(&r, now), day);
    /* one of the day before, that has the same place in the ring */
    const struct rails_stretch *x = &written[39];
    rails_restore(&r, (x->number - RAILS_STRETCHES) * RAILS_STRETCH_S, 1000, 1000);
    assert_int_equal(rails_domains_in_day(&r, now), day);
}

static void counts_don_t_wrap(void **state)
{
    (void)state;
    open_rails(UINT32_MAX, 1, 10);
    rails_act(&r, NOW, UINT32_MAX);
    assert_int_equal(rails_act(&r, NOW, UINT32_MAX)->addresses, UINT32_MAX);
    const struct rails_case d = small(NOW);
    assert_int_equal(ask(&d), RAIL_HOUR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rail_at_its_limit),
        cmocka_unit_test(the_numbers_are_told),
        cmocka_unit_test(an_hour_slides),
        cmocka_unit_test(a_day_slides),
        cmocka_unit_test(a_clock_that_is_set_back),
        cmocka_unit_test(a_restart_forgets_nothing),
        cmocka_unit_test(counts_don_t_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
