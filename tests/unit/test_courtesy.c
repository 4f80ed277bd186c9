/* How gently a server is asked: at exact times. */
#include "unit/unit.h"

#include "core/courtesy.h"

static struct mono_ms at(uint64_t ms)
{
    return (struct mono_ms){1000000 + ms};
}

static uint64_t wait_at(const struct courtesy *c, uint64_t ms)
{
    return courtesy_wait(c, at(ms));
}

/* One question and how it ends, both at `ms`; the pause that follows. */
static uint64_t ended(struct courtesy *c, uint64_t ms, enum status_outcome outcome,
                      uint32_t retry_after_s)
{
    courtesy_begin(c, at(ms));
    courtesy_end(c, outcome, retry_after_s, at(ms));
    return courtesy_pause(c, at(ms));
}

static void a_few_at_once_with_a_gap(void **state)
{
    struct courtesy c = {.out = 0};
    (void)state;
    assert_int_equal(wait_at(&c, 0), 0);
    courtesy_begin(&c, at(0));
    assert_int_equal(wait_at(&c, 0), COURTESY_GAP_MS);
    assert_int_equal(wait_at(&c, COURTESY_GAP_MS - 1), 1);
    assert_int_equal(wait_at(&c, COURTESY_GAP_MS), 0);
    courtesy_begin(&c, at(COURTESY_GAP_MS));
    assert_int_equal(wait_at(&c, 1000000), COURTESY_BUSY);
    courtesy_end(&c, STATUS_ANSWERED, 0, at(COURTESY_GAP_MS + 1));
    assert_int_equal(wait_at(&c, COURTESY_GAP_MS + 1), COURTESY_GAP_MS - 1);
    assert_int_equal(wait_at(&c, 2 * COURTESY_GAP_MS), 0);
    courtesy_end(&c, STATUS_ANSWERED, 0, at(5000));
    assert_int_equal(wait_at(&c, 5000), 0);
}

static void what_needs_no_pause(void **state)
{
    static const enum status_outcome outcomes[] = {
        STATUS_ANSWERED,    STATUS_CLIENT_ERROR, STATUS_SERVER_ERROR,
        STATUS_BODY_ERRORS, STATUS_EMPTY,        STATUS_MALFORMED,
        STATUS_TIMEOUT,     STATUS_UNREACHABLE,  STATUS_CANCELED,
    };
    struct courtesy c = {.out = 0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++)
        assert_int_equal(ended(&c, i * COURTESY_GAP_MS, outcomes[i], 0), 0);
}

static void the_pause_that_is_asked_for(void **state)
{
    struct courtesy c = {.out = 0};
    (void)state;
    assert_int_equal(ended(&c, 0, STATUS_THROTTLED, 7), 7000);
    assert_int_equal(wait_at(&c, 6999), 1);
    assert_int_equal(wait_at(&c, 7000), 0);
    assert_int_equal(ended(&c, 10000, STATUS_SERVER_ERROR, 20000), 20000000);
}

static void a_shorter_pause_does_not_end_a_longer_one(void **state)
{
    struct courtesy c = {.out = 0};
    (void)state;
    courtesy_begin(&c, at(0));
    courtesy_begin(&c, at(COURTESY_GAP_MS));
    courtesy_end(&c, STATUS_THROTTLED, 60, at(300));
    courtesy_end(&c, STATUS_THROTTLED, 1, at(400));
    assert_int_equal(courtesy_pause(&c, at(400)), 59900);
    /* nor does an answer that was on its way */
    c.out = 1;
    courtesy_end(&c, STATUS_ANSWERED, 0, at(500));
    assert_int_equal(courtesy_pause(&c, at(500)), 59800);
}

static void pauses_grow_without_a_word(void **state)
{
    static const uint64_t throttled_s[] = {30, 60, 120, 240, 480, 960, 1920, 3600, 3600};
    static const uint64_t refused_s[] = {600, 1200, 2400, 3600, 3600};
    struct courtesy c = {.out = 0};
    uint64_t ms = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(throttled_s); i++, ms += 3600000)
        assert_int_equal(ended(&c, ms, STATUS_THROTTLED, 0), throttled_s[i] * 1000);
    for (int i = 0; i < 100; i++, ms += 3600000)
        assert_int_equal(ended(&c, ms, STATUS_THROTTLED, 0), 3600000);
    assert_int_equal(ended(&c, ms, STATUS_ANSWERED, 0), 0); /* forgiven */
    ms += 1000;
    for (size_t i = 0; i < ARRAY_LEN(refused_s); i++, ms += 3600000)
        assert_int_equal(ended(&c, ms, STATUS_UNAUTHORIZED, 0), refused_s[i] * 1000);
}

static void two_refusals_at_once_are_one(void **state)
{
    struct courtesy c = {.out = 0};
    (void)state;
    courtesy_begin(&c, at(0));
    courtesy_begin(&c, at(COURTESY_GAP_MS));
    courtesy_end(&c, STATUS_THROTTLED, 0, at(300));
    courtesy_end(&c, STATUS_THROTTLED, 0, at(300));
    assert_int_equal(courtesy_pause(&c, at(300)), 30000);
    assert_int_equal(ended(&c, 40000, STATUS_THROTTLED, 0), 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_at_once_with_a_gap),
        cmocka_unit_test(what_needs_no_pause),
        cmocka_unit_test(the_pause_that_is_asked_for),
        cmocka_unit_test(a_shorter_pause_does_not_end_a_longer_one),
        cmocka_unit_test(pauses_grow_without_a_word),
        cmocka_unit_test(two_refusals_at_once_are_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
