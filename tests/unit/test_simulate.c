/* The simulator's world (bench/sim) as a test: one outage after the other, each in a small
 * world of its own. Nobody is to be unverified who did not lose his domain; and in the same
 * world others' rules do unverify them, so the test can fail. */
#include "unit/unit.h"

#include "base/must.h"
#include "sim/rules.h"

#define DOMAINS 700U
#define DAYS 44U
#define LAPSES_A_YEAR 0.2 /* so that there is something to be wrong about */

enum { UNVERIFYD, WITH_RDAP, PYPI, RUBYGEMS };

static void run(unsigned which, const char *scenario, uint64_t seed, struct result *out)
{
    const struct world_options o = {.seed = seed,
                                    .domains = DOMAINS,
                                    .days = DAYS,
                                    .scenario = scenario,
                                    .lapses_a_year = LAPSES_A_YEAR};
    struct world w;
    assert_true(world_init(&w, &o));
    rules_run(&rules[which], &w, out);
    world_close(&w);
    out->cpu_s = 0;
}

static void same_seed_same_year(void **state)
{
    static struct result a, b;
    (void)state;
    for (unsigned i = 0; i < RULES; i++) {
        run(i, "outages", 1, &a);
        run(i, "outages", 1, &b);
        assert_memory_equal(&a, &b, sizeof a);
        run(i, "outages", 2, &b);
        assert_memory_not_equal(&a, &b, sizeof a);
        assert_true(a.unverified > 0);
    }
}

/* Outages in which whoever is asked states what is not so. Who believes the status API
 * alone of a domain that DNS denies can be misled by it: see the report of bench/simulate.
 */
static bool is_lie(enum outage o)
{
    return o == OUTAGE_API_LIES || o == OUTAGE_API_EXPIRES || o == OUTAGE_TLD_GONE ||
           o == OUTAGE_ALL_LIE;
}

static void doubt_unverifies_nobody(void **state)
{
    static struct result calm, r;
    unsigned looked = 0;
    (void)state;
    for (unsigned which = UNVERIFYD; which <= WITH_RDAP; which++) {
        run(which, "calm", 1, &calm);
        assert_int_equal(calm.false_ones, 0);
        for (unsigned i = 0; i < OUTAGE_COUNT; i++) {
            if (is_lie((enum outage)i))
                continue;
            run(which, outage_text((enum outage)i), 1, &r);
            assert_int_equal(r.false_ones, 0);
            assert_true(r.unverified > 10);
            /* It has happened: something was asked or answered otherwise. */
            assert_memory_not_equal(&r, &calm, sizeof r);
            looked++;
        }
    }
    assert_int_equal(looked, 2 * (OUTAGE_COUNT - 4));
}

/* A lie of the API reaches no domain that is in DNS. */
static void lies_stop_at_dns(void **state)
{
    static const enum outage lies[] = {OUTAGE_API_LIES, OUTAGE_API_EXPIRES};
    static struct result r, other;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lies); i++) {
        run(UNVERIFYD, outage_text(lies[i]), 1, &r);
        run(PYPI, outage_text(lies[i]), 1, &other);
        assert_int_equal(r.false_by_state[LIFE_OWN], 0);
        assert_true(other.false_by_state[LIFE_OWN] > 0);
    }
}

/* When a registry itself, DNS and the API say of a whole top-level domain that it is free,
 * the first few are believed; then the rails hold the rest. */
static void a_dark_suffix_is_held(void **state)
{
    static struct result r;
    struct world_options o = {
        .seed = 1, .domains = DOMAINS, .days = DAYS, .scenario = "calm"};
    struct world w;
    uint32_t dark = 0;
    (void)state;
    assert_true(world_init(&w, &o));
    for (uint32_t i = 0; i < w.n_addresses; i++)
        dark += w.domains[w.addresses[i].domain].tld == TLD_DARK;
    world_close(&w);
    for (unsigned which = UNVERIFYD; which <= WITH_RDAP; which++) {
        run(which, outage_text(OUTAGE_TLD_GONE), 1, &r);
        assert_true(r.reviewed > 0);
        assert_true(r.false_ones < dark / 5);
    }
}

/* The same outages show in others' rules; and in a calm world these do what they are for.
 */
static void others_err_in_the_same_world(void **state)
{
    static const enum outage fatal[] = {OUTAGE_API_UNKNOWN, OUTAGE_API_LIES};
    static struct result r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(fatal); i++) {
        run(PYPI, outage_text(fatal[i]), 1, &r);
        assert_true(r.false_by_outage[fatal[i]] > 0);
    }
    run(RUBYGEMS, "calm", 1, &r);
    assert_true(r.unverified > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_year),
        cmocka_unit_test(doubt_unverifies_nobody),
        cmocka_unit_test(lies_stop_at_dns),
        cmocka_unit_test(a_dark_suffix_is_held),
        cmocka_unit_test(others_err_in_the_same_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
