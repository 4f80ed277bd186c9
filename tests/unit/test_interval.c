/* When to look again: jitter that is never late, confirmations on time, how long an answer
 * serves in each phase, and the back-off of doubt. */
#include "unit/unit.h"

#include "core/interval.h"

#define MINUTE_S 60U
#define HOUR_S 3600U
#define DAY_S 86400U
#define NOW 1700000000U

static const struct interval_options daily = {
    .dns_s = DAY_S, .recheck_s = 30 * DAY_S, .confirm_s = DAY_S};

static uint32_t next(const struct interval_options *o, const struct watch *w, uint32_t now,
                     uint64_t hash)
{
    const struct interval_name name = {
        .hash = hash, .look_s = UINT32_MAX, .before = now - 1};
    return interval_next(o, w, now, &name);
}

/* A hash of 0 takes nothing off: what comes back is the latest a check may be. */
static uint32_t latest(const struct interval_options *o, enum phase p, uint8_t flags)
{
    const struct watch w = {.phase = (uint8_t)p, .flags = flags, .since = NOW};
    return next(o, &w, NOW, 0);
}

static void jitter_is_early_never_late(void **state)
{
    (void)state;
    for (int p = PHASE_ACTIVE; p < PHASE_COUNT; p++) {
        const struct watch w = {
            .phase = (uint8_t)p, .flags = WATCH_UNVERIFY, .since = NOW - DAY_S};
        uint32_t most = next(&daily, &w, NOW, 0);
        uint64_t hash = 1;
        size_t differ = 0;
        for (size_t i = 0; i < 1000; i++) {
            hash = hash * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            uint32_t s = next(&daily, &w, NOW, hash);
            assert_in_range(s, most - most / 10, most);
            assert_int_equal(s, next(&daily, &w, NOW, hash));
            differ += s != most;
        }
        assert_true(differ > 900); /* it does spread */
    }
    /* the whole tenth is used, and no more */
    const struct watch w = {.phase = PHASE_ACTIVE};
    assert_int_equal(next(&daily, &w, NOW, DAY_S / 10), DAY_S - DAY_S / 10);
    assert_int_equal(next(&daily, &w, NOW, DAY_S / 10 + 1), DAY_S);
}

/* After its first check, or a late one, a registered domain comes at any time of the
 * interval. */
static void the_second_look_is_spread_over_all_of_it(void **state)
{
    const struct watch active = {.phase = PHASE_ACTIVE};
    uint64_t hash = 1;
    size_t quarters[4] = {0};
    (void)state;
    for (size_t i = 0; i < 4000; i++) {
        hash = hash * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const struct interval_name name = {.hash = hash,
                                           .look_s = UINT32_MAX,
                                           .before =
                                               i % 2 ? 0 : NOW - DAY_S - DAY_S / 480 - 1};
        uint32_t s = interval_next(&daily, &active, NOW, &name);
        assert_in_range(s, 1, DAY_S);
        quarters[(s - 1) / (DAY_S / 4)]++;
    }
    for (size_t i = 0; i < 4; i++)
        assert_in_range(quarters[i], 750, 1150);
    /* late as well: by the time at which it was due; not: by a turn of the loop */
    struct interval_name punctual = {.look_s = UINT32_MAX, .before = NOW - HOUR_S};
    struct watch due = {.phase = PHASE_ACTIVE, .due = NOW - 180};
    assert_int_equal(interval_next(&daily, &due, NOW, &punctual), DAY_S);
    due.due--;
    assert_true(interval_next(&daily, &due, NOW, &punctual) < DAY_S);
    /* the others keep their rhythm: what they wait for has a time of its own */
    const struct interval_name name = {
        .hash = UINT64_MAX, .look_s = UINT32_MAX, .before = 0};
    for (int p = PHASE_CANDIDATE; p < PHASE_COUNT; p++) {
        const struct watch w = {
            .phase = (uint8_t)p, .flags = WATCH_UNVERIFY, .since = NOW - DAY_S};
        assert_true(interval_next(&daily, &w, NOW, &name) >= DAY_S - DAY_S / 10);
    }
}

static void some_registries_are_looked_at_more_often(void **state)
{
    const struct watch active = {.phase = PHASE_ACTIVE};
    const struct interval_options hourly = {
        .dns_s = HOUR_S, .recheck_s = 30 * DAY_S, .confirm_s = DAY_S};
    const struct interval_name hasty = {.look_s = 6 * HOUR_S, .before = NOW - HOUR_S};
    (void)state;
    assert_int_equal(interval_next(&daily, &active, NOW, &hasty), 6 * HOUR_S);
    assert_int_equal(interval_next(&hourly, &active, NOW, &hasty), HOUR_S);
    assert_int_equal(interval_base(&daily, 6 * HOUR_S), 6 * HOUR_S);
    assert_int_equal(interval_base(&daily, UINT32_MAX), DAY_S);
}

/* Where DNS says nothing: once in recheck_s, early and never late. */
static void the_status_question_without_dns(void **state)
{
    struct watch w = {.phase = PHASE_ACTIVE, .outcome = DNS_SYNTHESIZED, .checked = NOW};
    uint64_t hash = 1;
    size_t first_half = 0;
    (void)state;
    for (size_t i = 0; i < 1000; i++) {
        hash = hash * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        assert_in_range(interval_status_due(&daily, &w, hash), NOW + 27 * DAY_S,
                        NOW + 30 * DAY_S);
        /* in order by DNS so far: any time of these days */
        struct watch before = w;
        before.outcome = DNS_DELEGATED;
        uint64_t due = interval_status_due(&daily, &before, hash);
        assert_in_range(due, NOW, NOW + 30 * DAY_S - 1);
        first_half += due < NOW + 15 * DAY_S;
    }
    assert_in_range(first_half, 400, 600);
    /* at once: never checked, or in a phase that may end any day */
    w.checked = 0;
    assert_int_equal(interval_status_due(&daily, &w, 0), 0);
    w.checked = NOW;
    for (int p = 0; p < PHASE_COUNT; p++) {
        w.phase = (uint8_t)p;
        bool is_settled =
            p == PHASE_ACTIVE || p == PHASE_UNREGISTRABLE || p == PHASE_NOT_A_NAME;
        assert_int_equal(interval_status_due(&daily, &w, 0) > 0, is_settled);
    }
}

static void each_phase_has_its_rhythm(void **state)
{
    const struct interval_options weekly = {
        .dns_s = 7 * DAY_S, .recheck_s = 30 * DAY_S, .confirm_s = DAY_S};
    const struct interval_options strictest = {
        .dns_s = 7 * DAY_S, .recheck_s = 2 * DAY_S, .confirm_s = DAY_S};
    (void)state;
    for (int p = PHASE_ACTIVE; p < PHASE_COUNT; p++) {
        bool ends_soon = p == PHASE_REDEMPTION || p == PHASE_PENDING_DELETE;
        bool is_no_name = p == PHASE_NOT_A_NAME;
        assert_int_equal(latest(&daily, (enum phase)p, WATCH_UNVERIFY),
                         is_no_name ? 30 * DAY_S : DAY_S);
        assert_int_equal(latest(&weekly, (enum phase)p, WATCH_UNVERIFY),
                         is_no_name  ? 30 * DAY_S
                         : ends_soon ? DAY_S
                                     : 7 * DAY_S);
        /* recheck_days is a promise, whatever the DNS interval says */
        assert_int_equal(latest(&strictest, (enum phase)p, WATCH_UNVERIFY),
                         ends_soon ? DAY_S : 2 * DAY_S);
    }
}

static void redemption_is_due_when_confirmed(void **state)
{
    struct interval_options o = daily;
    struct watch w = {.phase = PHASE_REDEMPTION, .since = NOW};
    (void)state;
    o.confirm_s = 6 * HOUR_S;
    assert_int_equal(next(&o, &w, NOW, 12345), 6 * HOUR_S);
    assert_int_equal(next(&o, &w, NOW + HOUR_S, 12345), 5 * HOUR_S);
    assert_int_equal(next(&o, &w, NOW + 6 * HOUR_S - 1, 12345), 1);
    /* late for it: at once, and never "in 0 seconds", which would spin */
    assert_int_equal(next(&o, &w, NOW + 6 * HOUR_S, 12345), 1);
    assert_int_equal(next(&o, &w, NOW + 9 * HOUR_S, 12345), 1);
    /* acted on: the daily rhythm */
    w.flags = WATCH_UNVERIFY;
    assert_int_equal(next(&o, &w, NOW + HOUR_S, 0), DAY_S);
    /* a confirmation that is days away doesn't stop the daily look */
    w.flags = 0;
    o.confirm_s = 10 * DAY_S;
    assert_int_equal(next(&o, &w, NOW, 0), DAY_S);
    assert_int_equal(next(&o, &w, NOW + 9 * DAY_S + 1, 0), DAY_S - 1);
}

static void never_now(void **state)
{
    const struct interval_options tiny = {.dns_s = 1, .recheck_s = 1, .confirm_s = 0};
    (void)state;
    for (int p = 0; p < PHASE_COUNT; p++) {
        const struct watch w = {.phase = (uint8_t)p, .since = NOW};
        for (uint64_t hash = 0; hash < 50; hash++)
            assert_int_equal(next(&tiny, &w, NOW, hash), 1);
    }
}

static bool is_good(enum phase p, uint32_t since, uint32_t answered, uint32_t now)
{
    return interval_answer_is_good(&daily, p, since, answered, now);
}

static void answers_are_kept_by_phase(void **state)
{
    static const uint32_t good_s[PHASE_COUNT] = {
        [PHASE_NEW] = MINUTE_S,
        [PHASE_ACTIVE] = MINUTE_S,
        [PHASE_CANDIDATE] = MINUTE_S,
        [PHASE_HELD] = 3 * DAY_S,
        [PHASE_REDEMPTION] = 21 * HOUR_S,
        [PHASE_PENDING_DELETE] = 21 * HOUR_S,
        [PHASE_RELEASED] = 30 * DAY_S,
        [PHASE_RESURRECTED] = MINUTE_S,
        [PHASE_UNREGISTRABLE] = 30 * DAY_S,
        [PHASE_NOT_A_NAME] = 30 * DAY_S,
        [PHASE_PRIVATE] = 30 * DAY_S,
        [PHASE_EXEMPT] = 30 * DAY_S,
    };
    (void)state;
    for (int p = 0; p < PHASE_COUNT; p++) {
        enum phase phase = (enum phase)p;
        uint32_t since = NOW - 100 * DAY_S;
        for (int at = -1; at <= 1; at++)
            assert_int_equal(is_good(phase, since, NOW, NOW + good_s[p] + (uint32_t)at),
                             at <= 0);
        assert_true(is_good(phase, since, NOW, NOW));
        assert_false(is_good(phase, since, 0, NOW));       /* never answered */
        assert_false(is_good(phase, since, NOW + 1, NOW)); /* the clock was set back */
    }
}

/* The daily look of a phase that ends soon must buy a new answer, however early it is. */
static void a_daily_look_asks_again(void **state)
{
    static const enum phase phases[] = {PHASE_REDEMPTION, PHASE_PENDING_DELETE};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        const struct watch w = {
            .phase = (uint8_t)phases[i], .flags = WATCH_UNVERIFY, .since = NOW - 2 * DAY_S};
        uint32_t earliest = next(&daily, &w, NOW, DAY_S / 10);
        assert_false(is_good(phases[i], w.since, NOW, NOW + earliest));
    }
}

static void a_confirmation_needs_its_own_answer(void **state)
{
    const uint32_t confirmed = NOW + DAY_S;
    (void)state;
    assert_true(is_good(PHASE_REDEMPTION, NOW, confirmed - 1, confirmed - 1));
    assert_false(is_good(PHASE_REDEMPTION, NOW, confirmed - 1, confirmed));
    assert_true(is_good(PHASE_REDEMPTION, NOW, confirmed, confirmed));
    assert_true(is_good(PHASE_REDEMPTION, NOW, confirmed, confirmed + 1));
    /* only redemption waits */
    assert_true(is_good(PHASE_PENDING_DELETE, NOW, confirmed - 1, confirmed));
}

static void young_answers(void **state)
{
    (void)state;
    assert_true(interval_answer_is_young(NOW, NOW));
    for (int at = -1; at <= 1; at++)
        assert_int_equal(interval_answer_is_young(NOW, NOW + MINUTE_S + (uint32_t)at),
                         at <= 0);
    assert_false(interval_answer_is_young(0, 30));        /* never answered */
    assert_false(interval_answer_is_young(NOW + 1, NOW)); /* the clock was set back */
}

static void doubt_backs_off(void **state)
{
    static const uint32_t dns[] = {60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600};
    static const uint32_t status[] = {300, 600, 1200, 2400, 4800, 9600, 19200, 21600};
    const struct interval_options hourly = {
        .dns_s = HOUR_S, .recheck_s = 30 * DAY_S, .confirm_s = DAY_S};
    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(dns); i++)
        assert_int_equal(interval_backoff_dns(&daily, i + 1), dns[i]);
    for (unsigned i = 0; i < ARRAY_LEN(status); i++)
        assert_int_equal(interval_backoff_status(&daily, i + 1), status[i]);
    assert_int_equal(interval_backoff_dns(&daily, UINT8_MAX), 6 * HOUR_S);
    assert_int_equal(interval_backoff_status(&daily, UINT8_MAX), 6 * HOUR_S);
    assert_int_equal(interval_backoff_dns(&hourly, 6), 1920);
    assert_int_equal(interval_backoff_dns(&hourly, 7), HOUR_S);
    assert_int_equal(interval_backoff_status(&hourly, 5), HOUR_S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jitter_is_early_never_late),
        cmocka_unit_test(the_second_look_is_spread_over_all_of_it),
        cmocka_unit_test(some_registries_are_looked_at_more_often),
        cmocka_unit_test(the_status_question_without_dns),
        cmocka_unit_test(each_phase_has_its_rhythm),
        cmocka_unit_test(redemption_is_due_when_confirmed),
        cmocka_unit_test(never_now),
        cmocka_unit_test(answers_are_kept_by_phase),
        cmocka_unit_test(a_daily_look_asks_again),
        cmocka_unit_test(a_confirmation_needs_its_own_answer),
        cmocka_unit_test(young_answers),
        cmocka_unit_test(doubt_backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
