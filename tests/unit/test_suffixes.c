/* The table of suffixes: who is tested when, what an answer makes of it, and that it never
 * grows. */
#include "unit/unit.h"

#include "core/suffixes.h"

#define NOW 1700000000U
#define HOUR_S 3600U
#define DAY_S (24 * HOUR_S)

static struct suffixes s;

static void open_table(void)
{
    assert_true(suffixes_init(&s));
}

static struct suffix *see(const char *name, uint32_t now)
{
    struct suffix *x = suffixes_see(&s, name, 7, now);
    assert_non_null(x);
    assert_int_equal(x->seen_at, now);
    assert_int_equal(x->watch, 7);
    return x;
}

/* Test it, with this answer. return  whether its state has turned */
static bool test(struct suffix *x, enum dns_outcome outcome, uint32_t now)
{
    bool changed;
    assert_true(suffixes_test_is_due(&s, x, now));
    uint32_t place = suffixes_ask(&s, x);
    assert_false(suffixes_test_is_due(&s, x, now));
    assert_ptr_equal(suffixes_answered(&s, place, outcome, now, &changed), x);
    assert_int_equal(s.out, 0);
    return changed;
}

static void a_suffix_is_all_but_the_first_label(void **state)
{
    (void)state;
    assert_string_equal(suffix_of_name("example.com"), "com");
    assert_string_equal(suffix_of_name("example.co.uk"), "co.uk");
    assert_null(suffix_of_name("com"));
    open_table();
    assert_ptr_equal(see("a.co.uk", NOW), see("b.co.uk", NOW));
    assert_ptr_not_equal(see("a.co.uk", NOW), see("a.uk", NOW));
    assert_null(suffixes_see(&s, "com", 7, NOW));
    suffixes_close(&s);
}

static void one_denial_makes_it_honest(void **state)
{
    static const enum dns_outcome denials[] = {DNS_ABSENT, DNS_NOT_DELEGATED};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(denials); i++) {
        open_table();
        struct suffix *x = see("a.com", NOW);
        assert_int_equal(x->state, SUFFIX_UNKNOWN);
        assert_false(test(x, denials[i], NOW));
        assert_int_equal(x->state, SUFFIX_HONEST);
        assert_false(suffixes_test_is_due(&s, x, NOW + 21 * HOUR_S - 1));
        assert_true(suffixes_test_is_due(&s, x, NOW + 21 * HOUR_S));
        suffixes_close(&s);
    }
}

static void two_names_that_exist_convict(void **state)
{
    (void)state;
    open_table();
    struct suffix *x = see("a.ws", NOW);
    assert_false(suffix_is_on_trial(x));
    assert_false(test(x, DNS_EXISTS, NOW));
    assert_int_equal(x->state, SUFFIX_UNKNOWN);
    assert_true(suffix_is_on_trial(x));
    assert_true(test(x, DNS_DELEGATED, NOW)); /* another one at once */
    assert_int_equal(x->state, SUFFIX_SYNTHESIZES);
    assert_false(suffix_is_on_trial(x));
    assert_int_equal(s.n_synthesize, 1);
    /* so it is said once, until one is denied */
    assert_false(test(x, DNS_EXISTS, NOW + DAY_S));
    assert_int_equal(x->state, SUFFIX_SYNTHESIZES);
    assert_false(test(x, DNS_EXISTS, NOW + DAY_S));
    assert_true(test(x, DNS_ABSENT, NOW + 2 * DAY_S));
    assert_int_equal(x->state, SUFFIX_HONEST);
    assert_int_equal(s.n_synthesize, 0);
    suffixes_close(&s);
}

static void doubt_changes_nothing(void **state)
{
    (void)state;
    for (int o = DNS_SERVFAIL; o <= DNS_SYNTHESIZED; o++) {
        open_table();
        struct suffix *x = see("a.ws", NOW);
        (void)test(x, DNS_EXISTS, NOW);
        assert_false(test(x, (enum dns_outcome)o, NOW));
        assert_int_equal(x->state, SUFFIX_UNKNOWN);
        assert_false(suffix_is_on_trial(x)); /* nobody waits for it */
        assert_false(suffixes_test_is_due(&s, x, NOW + 899));
        assert_false(test(x, DNS_EXISTS, NOW + 900)); /* and it starts over */
        assert_true(test(x, DNS_EXISTS, NOW + 900));
        (void)test(x, (enum dns_outcome)o, NOW + 2 * DAY_S);
        assert_int_equal(x->state, SUFFIX_SYNTHESIZES);
        suffixes_close(&s);
    }
}

static void not_all_are_tested_at_once(void **state)
{
    char name[32];
    unsigned asked = 0;
    (void)state;
    open_table();
    for (unsigned i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "a.tld%u", i);
        struct suffix *x = see(name, NOW);
        if (suffixes_test_is_due(&s, x, NOW)) {
            suffixes_ask(&s, x);
            asked++;
        }
    }
    assert_int_equal(asked, 64);
    assert_int_equal(s.out, 64);
    suffixes_close(&s);
}

/* Whoever makes up suffixes pushes out what was not seen for long, and never one that is
 * known to answer for everything, nor one whose answer is awaited. */
static void the_table_is_bounded(void **state)
{
    char name[32];
    unsigned known = 0;
    (void)state;
    open_table();
    struct suffix *wild = see("a.ws", NOW);
    (void)test(wild, DNS_EXISTS, NOW);
    (void)test(wild, DNS_EXISTS, NOW);
    (void)test(see("a.org", NOW), DNS_ABSENT, NOW);
    struct suffix *out = see("a.com", NOW);
    suffixes_ask(&s, out);
    for (unsigned i = 0; i < 4 * SUFFIXES_MAX; i++) {
        snprintf(name, sizeof name, "a.tld%u", i);
        struct suffix *x = see(name, NOW + 1 + i);
        assert_ptr_not_equal(x, wild);
        assert_ptr_not_equal(x, out);
        if (i % 1000 == 0) /* one that is in use stays, too */
            known += see("a.org", NOW + 1 + i)->state == SUFFIX_HONEST;
    }
    assert_int_equal(known, 4 * SUFFIXES_MAX / 1000 + 1);
    assert_ptr_equal(see("a.ws", NOW), wild);
    assert_int_equal(wild->state, SUFFIX_SYNTHESIZES);
    assert_int_equal(s.n_synthesize, 1);
    suffixes_close(&s);
}

static void without_a_table_nothing_is_known(void **state)
{
    const struct suffixes none = {.at = NULL};
    (void)state;
    s = none;
    assert_null(suffixes_see(&s, "a.com", 7, NOW));
    suffixes_close(&s);
}

/* `good` answers that the name is there, then nothing but denials.
 *   return  how many it takes until the suffix is dark */
static unsigned denials_until_dark(unsigned good)
{
    open_table();
    struct suffix *x = see("a.com", NOW);
    unsigned n = 1;
    for (unsigned i = 0; i < good; i++)
        assert_false(suffix_note(x, false, NOW));
    while (!suffix_note(x, true, NOW))
        assert_true(n++ < 100);
    assert_true(suffix_is_dark(x, NOW));
    suffixes_close(&s);
    return n;
}

static void many_gone_at_once_make_it_dark(void **state)
{
    (void)state;
    for (unsigned good = 0; good < 500; good++)
        assert_in_range(denials_until_dark(good), 10, 16);
}

static void some_gone_don_t(void **state)
{
    (void)state;
    open_table();
    struct suffix *x = see("a.com", NOW);
    for (unsigned i = 0; i < 9; i++)
        assert_false(suffix_note(x, true, NOW)); /* nine names, and no more there are */
    suffixes_close(&s);
    open_table();
    x = see("a.com", NOW);
    for (unsigned i = 0; i < 100000; i++)
        assert_false(suffix_note(x, i % 6 == 5, NOW)); /* a sixth */
    assert_false(suffix_is_dark(x, NOW));
    suffixes_close(&s);
}

static void dark_for_a_day_after_the_last(void **state)
{
    (void)state;
    open_table();
    struct suffix *x = see("a.com", NOW);
    while (!suffix_note(x, true, NOW))
        continue;
    assert_ptr_equal(suffixes_find(&s, "other.com"), x);
    assert_null(suffixes_find(&s, "a.org"));
    assert_null(suffixes_find(&s, "com"));
    assert_false(suffix_note(x, true, NOW + 3600)); /* it is already */
    assert_true(suffix_is_dark(x, NOW + 3600 + DAY_S - 1));
    assert_false(suffix_is_dark(x, NOW + 3600 + DAY_S));
    assert_true(suffix_note(x, true, NOW + 3600 + DAY_S)); /* again */
    suffixes_close(&s);
}

/* No crowd of other suffixes takes its place. */
static void a_dark_one_stays_in_the_table(void **state)
{
    char name[64];
    (void)state;
    open_table();
    struct suffix *x = see("a.com", NOW);
    while (!suffix_note(x, true, NOW))
        continue;
    for (uint32_t i = 0; i < 10 * SUFFIXES_MAX; i++) {
        snprintf(name, sizeof name, "a.tld%u", i);
        (void)suffixes_see(&s, name, 7, NOW + 1);
    }
    assert_non_null(suffixes_find(&s, "b.com"));
    assert_true(suffix_is_dark(suffixes_find(&s, "b.com"), NOW + 1));
    suffixes_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_suffix_is_all_but_the_first_label),
        cmocka_unit_test(one_denial_makes_it_honest),
        cmocka_unit_test(two_names_that_exist_convict),
        cmocka_unit_test(doubt_changes_nothing),
        cmocka_unit_test(not_all_are_tested_at_once),
        cmocka_unit_test(the_table_is_bounded),
        cmocka_unit_test(without_a_table_nothing_is_known),
        cmocka_unit_test(many_gone_at_once_make_it_dark),
        cmocka_unit_test(some_gone_don_t),
        cmocka_unit_test(dark_for_a_day_after_the_last),
        cmocka_unit_test(a_dark_one_stays_in_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
