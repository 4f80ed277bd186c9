/* Resolvers: canaries both ways, who is asked next, who is set aside and how he comes
 * back. */
#include "unit/unit.h"

#include "core/resolvers.h"
#include "proto/address.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)

static struct resolvers r;
static struct mono_ms now;

static void open_with(uint32_t n, bool has_canaries)
{
    now.v = 100000;
    resolvers_init(&r, n, has_canaries, now);
}

/* The question that is put next is this one. */
static void expect_canary(uint32_t resolver, enum canary_kind kind, uint32_t attempt)
{
    struct canary_question q;
    assert_true(resolvers_canary(&r, now, &q));
    assert_int_equal(q.resolver, resolver);
    assert_int_equal(q.kind, kind);
    assert_int_equal(q.attempt, attempt);
}

static void expect_no_canary(void)
{
    struct canary_question q;
    assert_false(resolvers_canary(&r, now, &q));
}

static void canary(uint32_t i, enum dns_outcome existing, enum dns_outcome absent)
{
    expect_canary(i, CANARY_EXISTING, 0);
    expect_canary(i, CANARY_ABSENT, 0);
    resolvers_canary_done(&r, i, CANARY_EXISTING, existing, now);
    resolvers_canary_done(&r, i, CANARY_ABSENT, absent, now);
}

static void open_good(uint32_t n)
{
    open_with(n, true);
    for (uint32_t i = 0; i < n; i++)
        canary(i, DNS_DELEGATED, DNS_ABSENT);
    assert_int_equal(resolvers_good(&r), (1U << n) - 1);
}

static enum resolver_state state_of(uint32_t i)
{
    return r.at[i].state;
}

static void nobody_is_asked_before_the_canaries_are_back(void **state)
{
    (void)state;
    open_with(2, true);
    assert_int_equal(resolvers_usable(&r, now), 0);
    assert_int_equal(resolvers_in_test(&r), 3);
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    assert_int_equal(resolvers_usable(&r, now), 1);
    expect_canary(1, CANARY_EXISTING, 0);
    expect_canary(1, CANARY_ABSENT, 0);
    expect_no_canary();
    resolvers_canary_done(&r, 1, CANARY_ABSENT, DNS_NOT_DELEGATED, now);
    assert_int_equal(resolvers_usable(&r, now), 1);
    resolvers_canary_done(&r, 1, CANARY_EXISTING, DNS_EXISTS, now);
    assert_int_equal(resolvers_usable(&r, now), 3);
    assert_int_equal(resolvers_in_test(&r), 0);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_NO_NEWS);
}

static void without_canaries_all_are_good(void **state)
{
    (void)state;
    open_with(3, false);
    assert_int_equal(resolvers_usable(&r, now), 7);
    assert_int_equal(resolvers_good(&r), 7);
    expect_no_canary();
    resolvers_wake(&r, (struct mono_ms){now.v + 10 * MINUTE});
    assert_int_equal(resolvers_usable(&r, now), 7);
}

static void each_has_its_turn(void **state)
{
    static const uint32_t want[] = {0, 1, 2, 0, 2, 0, 1};
    static const uint32_t among[] = {7, 7, 7, 7, 5, 7, 7};
    (void)state;
    open_good(3);
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        assert_int_equal(resolvers_take(&r, among[i], now), want[i]);
}

static void canaries_come_every_minute(void **state)
{
    (void)state;
    open_good(1);
    now.v += MINUTE - 1;
    expect_no_canary();
    now.v += 1;
    expect_canary(0, CANARY_EXISTING, 0);
    assert_int_equal(resolvers_usable(&r, now), 1); /* what it showed before stands */
    expect_canary(0, CANARY_ABSENT, 0);
    resolvers_canary_done(&r, 0, CANARY_ABSENT, DNS_ABSENT, now);
    resolvers_canary_done(&r, 0, CANARY_EXISTING, DNS_DELEGATED, now);
    now.v += MINUTE - 1;
    expect_no_canary();
}

static void a_round_begins_with_canaries(void **state)
{
    (void)state;
    open_good(1);
    now.v += MINUTE - 1;
    resolvers_wake(&r, now);
    assert_int_equal(resolvers_usable(&r, now), 1); /* fresh enough */
    now.v += 1;
    resolvers_wake(&r, now);
    assert_int_equal(resolvers_usable(&r, now), 0);
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    assert_int_equal(resolvers_usable(&r, now), 1);
}

/* Each kind of answer to each canary. */
static void what_canaries_say(void **state)
{
    (void)state;
    for (int o = 0; o < DNS_OUTCOME_COUNT; o++) {
        enum dns_outcome outcome = (enum dns_outcome)o;
        bool is_there =
            outcome == DNS_DELEGATED || outcome == DNS_EXISTS || outcome == DNS_PARKED;
        bool is_denied = outcome == DNS_ABSENT || outcome == DNS_NOT_DELEGATED;
        open_with(1, true);
        canary(0, outcome, DNS_ABSENT);
        assert_int_equal(state_of(0), is_there    ? RESOLVER_GOOD
                                      : is_denied ? RESOLVER_DENIES
                                                  : RESOLVER_UNTESTED);
        open_with(1, true);
        canary(0, DNS_DELEGATED, outcome);
        assert_int_equal(state_of(0), is_denied  ? RESOLVER_GOOD
                                      : is_there ? RESOLVER_INVENTS
                                                 : RESOLVER_UNTESTED);
    }
}

static void a_canary_is_asked_three_times_before_silence(void **state)
{
    (void)state;
    open_with(1, true);
    expect_canary(0, CANARY_EXISTING, 0);
    expect_canary(0, CANARY_ABSENT, 0);
    resolvers_canary_done(&r, 0, CANARY_ABSENT, DNS_ABSENT, now);
    for (uint32_t attempt = 1; attempt < 3; attempt++) {
        resolvers_canary_done(&r, 0, CANARY_EXISTING, DNS_SERVFAIL, now);
        expect_canary(0, CANARY_EXISTING, attempt);
        assert_int_equal(state_of(0), RESOLVER_UNTESTED);
    }
    expect_no_canary();
    resolvers_canary_done(&r, 0, CANARY_EXISTING, DNS_TIMEOUT, now);
    assert_int_equal(state_of(0), RESOLVER_SILENT);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_IS_ASIDE);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_NO_NEWS); /* told once */
    /* tested again after 1, 2, 4 ... 60 seconds */
    static const uint64_t pauses[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (size_t i = 0; i < ARRAY_LEN(pauses); i++) {
        now.v += pauses[i] * SECOND - 1;
        expect_no_canary();
        now.v += 1;
        expect_canary(0, CANARY_EXISTING, 0);
        expect_canary(0, CANARY_ABSENT, 0);
        resolvers_canary_done(&r, 0, CANARY_ABSENT, DNS_TIMEOUT, now);
        expect_canary(0, CANARY_ABSENT, 1);
        resolvers_canary_done(&r, 0, CANARY_ABSENT, DNS_TIMEOUT, now);
        expect_canary(0, CANARY_ABSENT, 2);
        resolvers_canary_done(&r, 0, CANARY_ABSENT, DNS_TIMEOUT, now);
        /* the other one is still out: no new test before it is back */
        now.v += 10 * MINUTE;
        expect_no_canary();
        resolvers_canary_done(&r, 0, CANARY_EXISTING, DNS_DELEGATED, now);
        assert_int_equal(state_of(0), RESOLVER_SILENT);
        now.v -= 10 * MINUTE;
        assert_int_equal(resolvers_news(&r, 0), RESOLVER_NO_NEWS);
    }
    now.v += MINUTE;
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_IS_BACK);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_NO_NEWS);
    /* after a second good test its past is forgotten */
    now.v += MINUTE;
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    now.v += MINUTE;
    canary(0, DNS_ABSENT, DNS_ABSENT);
    assert_int_equal(r.at[0].look_at.v, now.v + MINUTE);
}

static void a_liar_is_tested_again_after_a_minute(void **state)
{
    (void)state;
    open_good(2);
    now.v += MINUTE;
    canary(0, DNS_ABSENT, DNS_ABSENT);
    assert_int_equal(state_of(0), RESOLVER_DENIES);
    assert_int_equal(resolvers_usable(&r, now), 2);
    canary(1, DNS_DELEGATED, DNS_ABSENT);
    now.v += MINUTE;
    canary(0, DNS_DELEGATED, DNS_DELEGATED);
    assert_int_equal(state_of(0), RESOLVER_INVENTS);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_IS_ASIDE);
    canary(1, DNS_DELEGATED, DNS_ABSENT);
    now.v += 2 * MINUTE - 1;
    struct canary_question q;
    while (resolvers_canary(&r, now, &q))
        assert_int_equal(q.resolver, 1);
    now.v += 1;
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    assert_int_equal(state_of(0), RESOLVER_GOOD);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_IS_BACK);
}

static void what_counts(void **state)
{
    (void)state;
    static const enum resolver_state states[] = {RESOLVER_GOOD, RESOLVER_SILENT,
                                                 RESOLVER_DENIES, RESOLVER_INVENTS};
    open_good(1);
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        bool denials = states[i] == RESOLVER_GOOD;
        bool shows = states[i] != RESOLVER_INVENTS;
        r.at[0].state = states[i];
        assert_int_equal(resolvers_believe(&r, 0, DNS_ABSENT), denials);
        assert_int_equal(resolvers_believe(&r, 0, DNS_NOT_DELEGATED), denials);
        assert_int_equal(resolvers_believe(&r, 0, DNS_DELEGATED), shows);
        assert_int_equal(resolvers_believe(&r, 0, DNS_EXISTS), shows);
        for (int o = DNS_SERVFAIL; o <= DNS_SYNTHESIZED; o++)
            assert_false(resolvers_believe(&r, 0, (enum dns_outcome)o));
    }
    r.at[0].state = RESOLVER_UNTESTED;
    assert_false(resolvers_believe(&r, 0, DNS_ABSENT));
}

/* It fails where the other one answers: tested, and set aside when that fails as well. */
static void who_fails_is_tested(void **state)
{
    (void)state;
    open_good(2);
    for (int i = 0; i < 5; i++)
        resolvers_failed(&r, 1, now);
    assert_int_equal(state_of(1), RESOLVER_GOOD);
    resolvers_failed(&r, 1, now);
    assert_int_equal(state_of(1), RESOLVER_UNTESTED);
    assert_int_equal(resolvers_usable(&r, now), 1);
    assert_int_equal(resolvers_news(&r, 1), RESOLVER_NO_NEWS); /* not known yet */
    canary(1, DNS_DELEGATED, DNS_ABSENT);
    assert_int_equal(state_of(1), RESOLVER_GOOD);
    /* one that answers now and then stays */
    for (int i = 0; i < 100; i++) {
        resolvers_failed(&r, 1, now);
        resolvers_answered(&r, 1, now);
        resolvers_answered(&r, 1, now);
        assert_int_equal(state_of(1), RESOLVER_GOOD);
    }
}

static void who_fails_is_set_aside_and_tried(void **state)
{
    (void)state;
    open_with(2, false);
    for (int i = 0; i < 6; i++)
        resolvers_failed(&r, 1, now);
    assert_int_equal(state_of(1), RESOLVER_SILENT);
    assert_int_equal(resolvers_news(&r, 1), RESOLVER_IS_ASIDE);
    assert_int_equal(resolvers_usable(&r, now), 1);
    now.v += SECOND;
    assert_int_equal(resolvers_usable(&r, now), 3);
    assert_int_equal(resolvers_take(&r, 2, now), 1);
    assert_int_equal(resolvers_usable(&r, now), 1); /* one question at a time */
    resolvers_failed(&r, 1, now);
    now.v += SECOND;
    assert_int_equal(resolvers_take(&r, resolvers_usable(&r, now) & 2, now), 1);
    resolvers_answered(&r, 1, now);
    assert_int_equal(state_of(1), RESOLVER_GOOD);
    assert_int_equal(resolvers_news(&r, 1), RESOLVER_IS_BACK);
}

static void when_all_are_set_aside_all_are_asked(void **state)
{
    (void)state;
    open_good(3);
    now.v += MINUTE;
    canary(0, DNS_ABSENT, DNS_ABSENT);
    canary(1, DNS_DELEGATED, DNS_DELEGATED);
    assert_int_equal(resolvers_usable(&r, now), 4);
    canary(2, DNS_ABSENT, DNS_ABSENT);
    assert_int_equal(resolvers_usable(&r, now), 7);
    assert_int_equal(resolvers_good(&r), 0);
    resolvers_answered(&r, 0, now); /* an answer to a question is no answer to a canary */
    assert_int_equal(state_of(0), RESOLVER_DENIES);
}

static void who_lies_repeatedly_is_set_aside(void **state)
{
    (void)state;
    open_good(2);
    for (int i = 0; i < 100; i++) { /* a name registered a minute ago, now and then */
        resolvers_contradicted(&r, 0, now);
        for (int k = 0; k < 6; k++)
            resolvers_confirmed(&r, 0);
    }
    assert_int_equal(state_of(0), RESOLVER_GOOD);
    assert_int_equal(r.at[0].contradicted, 100);
    unsigned lies = 0;
    for (; state_of(0) == RESOLVER_GOOD; lies++)
        resolvers_contradicted(&r, 0, now);
    assert_in_range(lies, 3, 4);
    assert_int_equal(state_of(0), RESOLVER_DENIES);
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_IS_ASIDE);
    assert_int_equal(resolvers_usable(&r, now), 2);
    resolvers_contradicted(&r, 0, now); /* of a question that was out: no second alarm */
    assert_int_equal(resolvers_news(&r, 0), RESOLVER_NO_NEWS);
    assert_int_equal(r.at[0].look_at.v, now.v + MINUTE);
    now.v += MINUTE;
    canary(0, DNS_DELEGATED, DNS_ABSENT); /* its canaries are in order all the time */
    assert_int_equal(state_of(0), RESOLVER_GOOD);
    for (lies = 0; state_of(0) == RESOLVER_GOOD; lies++)
        resolvers_contradicted(&r, 0, now);
    assert_int_equal(lies, 2); /* it is watched more closely now */
    assert_int_equal(r.at[0].look_at.v, now.v + 2 * MINUTE);
}

static void a_liar_without_canaries_is_tried_when_its_time_has_come(void **state)
{
    (void)state;
    open_with(2, false);
    for (int i = 0; i < 4; i++)
        resolvers_contradicted(&r, 0, now);
    assert_int_equal(state_of(0), RESOLVER_DENIES);
    assert_false(resolvers_believe(&r, 0, DNS_ABSENT));
    resolvers_answered(&r, 0, now); /* to a question that was out */
    assert_int_equal(state_of(0), RESOLVER_DENIES);
    now.v += MINUTE;
    assert_int_equal(resolvers_usable(&r, now), 3);
    assert_int_equal(resolvers_take(&r, 1, now), 0);
    resolvers_answered(&r, 0, now);
    assert_int_equal(state_of(0), RESOLVER_GOOD);
}

static void tested_now(void **state)
{
    (void)state;
    open_good(2);
    assert_false(resolvers_are_testing(&r, now));
    expect_no_canary();
    resolvers_test_now(&r, now);
    assert_true(resolvers_are_testing(&r, now));
    assert_int_equal(resolvers_good(&r), 3); /* asked meanwhile as before */
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    assert_true(resolvers_are_testing(&r, now));
    canary(1, DNS_ABSENT, DNS_ABSENT);
    assert_false(resolvers_are_testing(&r, now));
    assert_int_equal(resolvers_good(&r), 1);
    /* the next minute begins; and who is aside keeps his time */
    resolvers_test_now(&r, now);
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    expect_no_canary();
    now.v += MINUTE;
    canary(0, DNS_DELEGATED, DNS_ABSENT);
    open_with(2, false);
    resolvers_test_now(&r, now);
    assert_false(resolvers_are_testing(&r, now));
}

static void names_nobody_has(void **state)
{
    uint8_t chance[CANARY_LETTERS];
    char out[DOMAIN_SIZE], suffix[DOMAIN_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof chance; i++)
        chance[i] = (uint8_t)(i * 13);
    assert_true(canary_name("co.uk", chance, out));
    assert_string_equal(out, "anananananananananan.co.uk");
    memset(chance, 255, sizeof chance);
    assert_true(canary_name("com", chance, out));
    assert_string_equal(out, "vvvvvvvvvvvvvvvvvvvv.com");
    memset(suffix, 'a', sizeof suffix);
    suffix[DOMAIN_MAX - 21] = '\0';
    assert_true(canary_name(suffix, chance, out));
    assert_int_equal(strlen(out), DOMAIN_MAX);
    suffix[DOMAIN_MAX - 21] = 'a';
    suffix[DOMAIN_MAX - 20] = '\0';
    assert_false(canary_name(suffix, chance, out));
}

static void states_have_words(void **state)
{
    (void)state;
    assert_string_equal(resolver_state_text(RESOLVER_UNTESTED), "untested");
    assert_string_equal(resolver_state_text(RESOLVER_INVENTS), "invents_names");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_asked_before_the_canaries_are_back),
        cmocka_unit_test(without_canaries_all_are_good),
        cmocka_unit_test(each_has_its_turn),
        cmocka_unit_test(canaries_come_every_minute),
        cmocka_unit_test(a_round_begins_with_canaries),
        cmocka_unit_test(what_canaries_say),
        cmocka_unit_test(a_canary_is_asked_three_times_before_silence),
        cmocka_unit_test(a_liar_is_tested_again_after_a_minute),
        cmocka_unit_test(what_counts),
        cmocka_unit_test(who_fails_is_tested),
        cmocka_unit_test(who_fails_is_set_aside_and_tried),
        cmocka_unit_test(when_all_are_set_aside_all_are_asked),
        cmocka_unit_test(who_lies_repeatedly_is_set_aside),
        cmocka_unit_test(a_liar_without_canaries_is_tried_when_its_time_has_come),
        cmocka_unit_test(tested_now),
        cmocka_unit_test(names_nobody_has),
        cmocka_unit_test(states_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
