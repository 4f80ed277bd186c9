/* Who may own a shard: free, lapsed, or somebody's. */
#include "unit.h"

#include "core/lease.h"

static const struct mono_ms T0 = {100000};

static struct mono_ms later(int64_t ms)
{
    return (struct mono_ms){T0.v + (uint64_t)ms};
}

static struct lease_seen held(void)
{
    return (struct lease_seen){.sequence = 7, .since = T0, .held_before = true};
}

static void a_note_that_is_renewed_is_somebodys(void **state)
{
    (void)state;
    struct lease_seen s = held();
    assert_int_equal(lease_judge(&s, T0), LEASE_WAIT);
    assert_int_equal(lease_judge(&s, later(LEASE_MS - 1)), LEASE_WAIT);
    s.held_before = false; /* seen for the first time: the same */
    assert_int_equal(lease_judge(&s, later(LEASE_MS - 1)), LEASE_WAIT);
}

static void one_that_has_not_changed_for_long_is_nobodys(void **state)
{
    (void)state;
    struct lease_seen s = held();
    assert_int_equal(lease_judge(&s, later(LEASE_MS)), LEASE_CLAIM);
}

static void given_up_or_its_process_ended(void **state)
{
    (void)state;
    struct lease_seen s = held();
    s.is_released = true;
    assert_int_equal(lease_judge(&s, T0), LEASE_CLAIM);
    s = held();
    s.holder_is_gone = true;
    assert_int_equal(lease_judge(&s, T0), LEASE_CLAIM);
}

static void the_first_of_all_does_not_wait(void **state)
{
    (void)state;
    const struct lease_seen s = {.since = T0};
    assert_int_equal(lease_judge(&s, T0), LEASE_CLAIM);
}

/* The bus was away for longer than a lease lasts, and has forgotten the note: its holder
 * comes back in the same second as we do. */
static void a_forgotten_note_is_waited_for(void **state)
{
    (void)state;
    struct lease_seen s = held();
    s.sequence = 0;
    assert_int_equal(lease_judge(&s, later(LEASE_MS - 1)), LEASE_WAIT);
    assert_int_equal(lease_judge(&s, later(LEASE_MS)), LEASE_CLAIM);
    /* What the forgotten note had said is of no account. */
    s.is_released = true;
    assert_int_equal(lease_judge(&s, T0), LEASE_WAIT);
}

/* A holder that renews in time, with one renewal lost, never looks lapsed. */
static void a_lease_outlives_a_lost_renewal(void **state)
{
    (void)state;
    assert_true(LEASE_MS > 3 * LEASE_RENEW_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_that_is_renewed_is_somebodys),
        cmocka_unit_test(one_that_has_not_changed_for_long_is_nobodys),
        cmocka_unit_test(given_up_or_its_process_ended),
        cmocka_unit_test(the_first_of_all_does_not_wait),
        cmocka_unit_test(a_forgotten_note_is_waited_for),
        cmocka_unit_test(a_lease_outlives_a_lost_renewal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
