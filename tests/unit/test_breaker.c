/* When the status API is left alone, and when it is asked again. */
#include "unit/unit.h"

#include "core/breaker.h"

static struct breaker b;

static struct mono_ms at(int64_t ms)
{
    return (struct mono_ms){(uint64_t)(1000 + ms)};
}

static enum breaker_news hear(enum status_outcome outcome, int64_t ms)
{
    const struct status_reply r = {.outcome = outcome};
    return breaker_observe(&b, &r, at(ms));
}

/* `n` times the same; the last one's news, after nothing. */
static enum breaker_news hear_n(enum status_outcome outcome, unsigned n)
{
    for (unsigned i = 1; i < n; i++)
        assert_int_equal(hear(outcome, 0), BREAKER_STAYS);
    return hear(outcome, 0);
}

/* The probe may go out then, and not a millisecond sooner. */
static void probe(int64_t ms)
{
    assert_int_equal(b.state, BREAKER_OPEN);
    assert_int_equal(breaker_wait(&b, 0, at(ms - 1)), 1);
    assert_int_equal(breaker_wait(&b, 0, at(ms)), 0);
    assert_true(breaker_wait(&b, 1, at(ms)) == UINT64_MAX); /* not beside others */
    breaker_asked(&b);
    assert_int_equal(b.state, BREAKER_PROBING);
    assert_true(breaker_wait(&b, 1, at(ms)) == UINT64_MAX); /* one, and no more */
}

/* How often in a row each outcome opens it; 0: never. */
static void what_opens_it(void **state)
{
    static const struct {
        unsigned opens;
        enum breaker_cause cause;
    } table[STATUS_OUTCOME_COUNT] = {
        [STATUS_ANSWERED] = {0, BREAKER_NO_CAUSE},
        [STATUS_UNAUTHORIZED] = {1, BREAKER_KEY},
        [STATUS_THROTTLED] = {0, BREAKER_NO_CAUSE},
        [STATUS_CLIENT_ERROR] = {20, BREAKER_ERRORS},
        [STATUS_SERVER_ERROR] = {10, BREAKER_ERRORS},
        [STATUS_BODY_ERRORS] = {20, BREAKER_ERRORS},
        [STATUS_EMPTY] = {20, BREAKER_ERRORS},
        [STATUS_MALFORMED] = {10, BREAKER_ERRORS},
        [STATUS_BEST_EFFORT] = {20, BREAKER_ERRORS},
        [STATUS_TIMEOUT] = {10, BREAKER_ERRORS},
        [STATUS_UNREACHABLE] = {10, BREAKER_ERRORS},
        [STATUS_CANCELED] = {0, BREAKER_NO_CAUSE},
    };
    (void)state;
    for (int o = 0; o < STATUS_OUTCOME_COUNT; o++) {
        breaker_init(&b);
        unsigned n = 0;
        while (n < 100 && b.state == BREAKER_CLOSED) {
            enum breaker_news news = hear((enum status_outcome)o, 0);
            n++;
            assert_int_equal(news == BREAKER_OPENS, b.state == BREAKER_OPEN);
        }
        assert_int_equal(n, table[o].opens != 0 ? table[o].opens : 100);
        assert_int_equal(b.cause, table[o].cause);
    }
}

/* Half of the last twenty; less is a registry's trouble, and so is one that has no words
 * for its own names. */
static void a_share_of_errors(void **state)
{
    (void)state;
    breaker_init(&b);
    for (int i = 0; i < 1000; i++) { /* nine of twenty */
        bool is_error = i % 20 < 18 && i % 2 == 0;
        assert_int_equal(hear(is_error ? STATUS_TIMEOUT : STATUS_ANSWERED, 0),
                         BREAKER_STAYS);
    }
    breaker_init(&b);
    for (int i = 0; i < 18; i++) /* ten, with words between them */
        assert_int_equal(hear(i % 2 ? STATUS_ANSWERED : STATUS_SERVER_ERROR, 0),
                         BREAKER_STAYS);
    assert_int_equal(hear(STATUS_SERVER_ERROR, 0), BREAKER_OPENS);
    breaker_init(&b);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(hear(i % 20 ? STATUS_CLIENT_ERROR : STATUS_ANSWERED, 0),
                         BREAKER_STAYS);
    breaker_init(&b); /* neither busy nor canceled counts, for or against */
    for (int i = 0; i < 9; i++) {
        assert_int_equal(hear(STATUS_UNREACHABLE, 0), BREAKER_STAYS);
        assert_int_equal(hear(STATUS_THROTTLED, 0), BREAKER_STAYS);
        assert_int_equal(hear(STATUS_CANCELED, 0), BREAKER_STAYS);
    }
    assert_int_equal(hear(STATUS_UNREACHABLE, 0), BREAKER_OPENS);
}

static void a_refused_key(void **state)
{
    static const int minutes[] = {10, 20, 40, 60, 60};
    int64_t now = 0;
    (void)state;
    breaker_init(&b);
    assert_int_equal(breaker_wait(&b, 16, at(0)), 0);
    assert_int_equal(hear(STATUS_UNAUTHORIZED, 0), BREAKER_OPENS);
    for (int i = 0; i < 15; i++) /* those that were out: no alarm, and no longer pause */
        assert_int_equal(hear(STATUS_UNAUTHORIZED, 5000), BREAKER_STAYS);
    assert_int_equal(hear(STATUS_ANSWERED, 6000), BREAKER_STAYS); /* late: no proof */
    for (size_t i = 0; i < ARRAY_LEN(minutes); i++) {
        now += minutes[i] * MINUTE_MS;
        probe(now);
        if (i + 1 < ARRAY_LEN(minutes))
            assert_int_equal(hear(STATUS_UNAUTHORIZED, now), BREAKER_STAYS);
    }
    assert_int_equal(hear(STATUS_ANSWERED, now), BREAKER_CLOSES);
    assert_int_equal(breaker_wait(&b, 16, at(now)), 0);
    assert_int_equal(hear(STATUS_UNAUTHORIZED, now), BREAKER_OPENS); /* from the start */
    probe(now + 10 * MINUTE_MS);
}

static void errors_and_a_probe(void **state)
{
    static const int seconds[] = {30, 60, 120, 240, 480, 600, 600};
    int64_t now = 0;
    (void)state;
    breaker_init(&b);
    assert_int_equal(hear_n(STATUS_SERVER_ERROR, 10), BREAKER_OPENS);
    for (size_t i = 0; i < ARRAY_LEN(seconds); i++) {
        now += seconds[i] * SECOND_MS;
        probe(now);
        if (i + 1 < ARRAY_LEN(seconds))
            assert_int_equal(hear(STATUS_TIMEOUT, now), BREAKER_STAYS);
    }
    assert_int_equal(hear(STATUS_ANSWERED, now), BREAKER_CLOSES);
    assert_int_equal(hear_n(STATUS_TIMEOUT, 9), BREAKER_STAYS); /* all is forgotten */
}

/* Words for nobody, again and again: an alarm each time, and longer pauses. */
static void no_words_for_anybody(void **state)
{
    (void)state;
    breaker_init(&b);
    assert_int_equal(hear_n(STATUS_BODY_ERRORS, 20), BREAKER_OPENS);
    probe(30 * SECOND_MS);
    assert_int_equal(hear(STATUS_BODY_ERRORS, 0), BREAKER_CLOSES); /* the API answers */
    assert_int_equal(hear_n(STATUS_BODY_ERRORS, 20), BREAKER_OPENS);
    probe(60 * SECOND_MS);
    assert_int_equal(hear(STATUS_CLIENT_ERROR, 0), BREAKER_CLOSES);
    assert_int_equal(hear(STATUS_ANSWERED, 0), BREAKER_STAYS);
    assert_int_equal(hear_n(STATUS_EMPTY, 20), BREAKER_OPENS);
    probe(30 * SECOND_MS);
}

/* A probe that learns nothing is sent once more, after the same pause. */
static void a_probe_that_learns_nothing(void **state)
{
    static const enum status_outcome nothing[] = {STATUS_THROTTLED, STATUS_CANCELED};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
        breaker_init(&b);
        assert_int_equal(hear(STATUS_UNAUTHORIZED, 0), BREAKER_OPENS);
        probe(10 * MINUTE_MS);
        assert_int_equal(hear(nothing[i], 10 * MINUTE_MS), BREAKER_STAYS);
        probe(20 * MINUTE_MS);
    }
}

/* A refused key weighs more than errors, and is an alarm of its own. */
static void a_key_refused_among_errors(void **state)
{
    (void)state;
    breaker_init(&b);
    assert_int_equal(hear_n(STATUS_SERVER_ERROR, 10), BREAKER_OPENS);
    assert_int_equal(hear(STATUS_UNAUTHORIZED, 0), BREAKER_OPENS);
    assert_int_equal(b.cause, BREAKER_KEY);
    probe(10 * MINUTE_MS);
    assert_int_equal(hear(STATUS_SERVER_ERROR, 0), BREAKER_STAYS); /* not known better */
    assert_int_equal(b.cause, BREAKER_KEY);

    breaker_init(&b);
    assert_int_equal(hear_n(STATUS_SERVER_ERROR, 10), BREAKER_OPENS);
    probe(30 * SECOND_MS);
    assert_int_equal(hear(STATUS_UNAUTHORIZED, 0), BREAKER_OPENS);
    probe(10 * MINUTE_MS);
}

static void texts(void **state)
{
    (void)state;
    assert_string_equal(breaker_cause_text(BREAKER_NO_CAUSE), "none");
    assert_string_equal(breaker_cause_text(BREAKER_KEY), "key_refused");
    assert_string_equal(breaker_cause_text(BREAKER_ERRORS), "errors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_opens_it),
        cmocka_unit_test(a_share_of_errors),
        cmocka_unit_test(a_refused_key),
        cmocka_unit_test(errors_and_a_probe),
        cmocka_unit_test(no_words_for_anybody),
        cmocka_unit_test(a_probe_that_learns_nothing),
        cmocka_unit_test(a_key_refused_among_errors),
        cmocka_unit_test(texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
