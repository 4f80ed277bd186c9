/* One name over several resolvers: doubt goes on, a denial wants a second one. */
#include "unit/unit.h"

#include "core/inquiry.h"

#define TRIES 3

static struct resolvers r;
static struct inquiry q;
static const struct mono_ms now = {100000};

/* All are good, without having to be tested. */
static void open_with(uint32_t n, bool has_canaries)
{
    resolvers_init(&r, n, has_canaries, now);
    for (uint32_t i = 0; i < n; i++)
        r.at[i].state = RESOLVER_GOOD;
    q = (struct inquiry){.tries = 0};
}

#define ALL UINT32_MAX

static void expect_ask(uint32_t with_room, uint32_t resolver)
{
    struct inquiry_step s = inquiry_ask(&q, &r, with_room, now);
    assert_int_equal(s.what, INQUIRY_ASK);
    assert_int_equal(s.resolver, resolver);
    assert_int_equal(q.resolver, resolver);
}

static void expect_wait(uint32_t with_room)
{
    assert_int_equal(inquiry_ask(&q, &r, with_room, now).what, INQUIRY_WAIT);
}

static void expect_later(enum dns_outcome answer, uint32_t after_ms)
{
    struct inquiry_step s = inquiry_answer(&q, &r, answer, TRIES, now);
    assert_int_equal(s.what, INQUIRY_LATER);
    assert_int_equal(s.after_ms, after_ms);
}

static void expect_done(enum dns_outcome answer, enum dns_outcome outcome)
{
    struct inquiry_step s = inquiry_answer(&q, &r, answer, TRIES, now);
    assert_int_equal(s.what, INQUIRY_DONE);
    assert_int_equal(s.outcome, outcome);
}

static void one_resolver_is_believed(void **state)
{
    (void)state;
    for (int o = DNS_DELEGATED; o <= DNS_NOT_DELEGATED; o++) {
        open_with(1, true);
        expect_ask(ALL, 0);
        expect_done((enum dns_outcome)o, (enum dns_outcome)o);
    }
}

static void doubt_goes_on_and_the_last_one_counts(void **state)
{
    (void)state;
    open_with(1, true);
    expect_ask(ALL, 0);
    expect_later(DNS_TIMEOUT, 200);
    expect_ask(ALL, 0);
    expect_later(DNS_SERVFAIL, 200);
    expect_ask(ALL, 0);
    expect_done(DNS_REFUSED, DNS_REFUSED);

    open_with(2, true); /* a pause only after each had its turn */
    expect_ask(ALL, 0);
    expect_later(DNS_TIMEOUT, 0);
    expect_ask(ALL, 1);
    expect_later(DNS_TIMEOUT, 200);
    expect_ask(ALL, 0);
    expect_done(DNS_TIMEOUT, DNS_TIMEOUT);
    /* it was the name's fault, not theirs */
    assert_int_equal(r.at[0].failures, 0);
    assert_int_equal(r.at[1].failures, 0);
}

static void who_has_no_room_is_not_waited_for(void **state)
{
    (void)state;
    open_with(3, true);
    expect_wait(0);
    expect_ask(2, 1);
    expect_later(DNS_TIMEOUT, 0);
    expect_wait(0);
    expect_ask(2, 1); /* the same again, when only it has room */
    expect_later(DNS_TIMEOUT, 0);
    expect_ask(3, 0);
}

static void who_had_no_answer_where_another_has_fails(void **state)
{
    (void)state;
    open_with(2, true);
    expect_ask(ALL, 0);
    expect_later(DNS_SERVFAIL, 0);
    expect_ask(ALL, 1);
    expect_done(DNS_DELEGATED, DNS_DELEGATED);
    assert_int_equal(r.at[0].failures, RESOLVER_SHARE_ALL / 8);
    assert_int_equal(r.at[1].failures, 0);
    /* not one that had it in the end */
    open_with(1, true);
    expect_ask(ALL, 0);
    expect_later(DNS_TIMEOUT, 200);
    expect_ask(ALL, 0);
    expect_done(DNS_DELEGATED, DNS_DELEGATED);
    assert_int_equal(r.at[0].failures, 0);
}

static void a_denial_wants_a_second_one(void **state)
{
    static const enum dns_outcome denials[] = {DNS_ABSENT, DNS_NOT_DELEGATED};
    (void)state;
    for (int i = 0; i < 4; i++) {
        open_with(2, i < 2);
        r.at[0].lies = 8000;
        expect_ask(ALL, 0);
        expect_later(DNS_ABSENT, 0);
        expect_wait(1); /* no room at the other one; the first is not asked again */
        expect_ask(ALL, 1);
        expect_done(denials[i % 2], denials[i % 2]);
        assert_int_equal(r.at[0].lies, 7000);
    }
}

static void a_denial_that_is_contradicted_is_doubt(void **state)
{
    static const enum dns_outcome shows[] = {DNS_DELEGATED, DNS_EXISTS};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(shows); i++) {
        open_with(3, true);
        r.turn = 1;
        expect_ask(ALL, 1);
        expect_later(DNS_NOT_DELEGATED, 0);
        expect_ask(ALL, 2);
        expect_done(shows[i], DNS_CONTRADICTED);
        assert_int_equal(r.at[1].contradicted, 1);
        assert_int_equal(r.at[1].lies, RESOLVER_SHARE_ALL / 8);
        assert_int_equal(r.at[2].contradicted + r.at[0].contradicted, 0);
    }
}

static void a_denial_that_nobody_confirms_is_doubt(void **state)
{
    (void)state;
    open_with(2, true);
    expect_ask(ALL, 0);
    expect_later(DNS_ABSENT, 0);
    for (int i = 1; i < TRIES; i++) {
        expect_ask(ALL, 1);
        expect_later(DNS_TIMEOUT, 200);
    }
    expect_ask(ALL, 1);
    expect_done(DNS_SERVFAIL, DNS_UNCONFIRMED);

    open_with(3, true); /* the third one can do it, too */
    expect_ask(ALL, 0);
    expect_later(DNS_ABSENT, 0);
    expect_ask(ALL, 1);
    expect_later(DNS_TIMEOUT, 0);
    expect_ask(ALL, 2);
    expect_done(DNS_ABSENT, DNS_ABSENT);
    assert_int_equal(r.at[1].failures, RESOLVER_SHARE_ALL / 8);
}

static void a_second_one_must_be_good(void **state)
{
    (void)state;
    open_with(2, true);
    r.at[1].state = RESOLVER_SILENT;
    expect_ask(ALL, 0);
    expect_later(DNS_ABSENT, 0);
    struct inquiry_step s = inquiry_ask(&q, &r, ALL, now);
    assert_int_equal(s.what, INQUIRY_DONE);
    assert_int_equal(s.outcome, DNS_UNCONFIRMED);

    /* its canaries are out: worth waiting for */
    open_with(2, true);
    r.at[1].state = RESOLVER_UNTESTED;
    expect_ask(ALL, 0);
    expect_later(DNS_ABSENT, 0);
    expect_wait(ALL);
    r.at[1].state = RESOLVER_GOOD;
    expect_ask(ALL, 1);
    /* so when it was set aside and is tested again; the denier's own test changes nothing
     */
    q = (struct inquiry){.tries = 0};
    r.turn = 0;
    expect_ask(ALL, 0);
    expect_later(DNS_ABSENT, 0);
    r.at[1].state = RESOLVER_SILENT;
    r.at[1].test.is_on = true;
    expect_wait(ALL);
    r.at[1].test.is_on = false;
    r.at[0].test.is_on = true;
    assert_int_equal(inquiry_ask(&q, &r, ALL, now).outcome, DNS_UNCONFIRMED);

    open_with(2, true);
    expect_ask(ALL, 0);
    expect_later(DNS_ABSENT, 0);
    expect_ask(ALL, 1);
    /* and when it is set aside while the question is out, its denial is none */
    r.at[1].state = RESOLVER_DENIES;
    expect_later(DNS_ABSENT, 0);
    assert_int_equal(inquiry_ask(&q, &r, ALL, now).outcome, DNS_UNCONFIRMED);
}

static void who_fails_its_canaries_is_not_believed(void **state)
{
    (void)state;
    open_with(1, true);
    r.at[0].state = RESOLVER_DENIES;
    for (int i = 1; i < TRIES; i++) {
        expect_ask(ALL, 0);
        expect_later(DNS_ABSENT, 200);
    }
    expect_ask(ALL, 0);
    expect_done(DNS_ABSENT, DNS_DISTRUSTED);
    q = (struct inquiry){.tries = 0};
    expect_ask(ALL, 0);
    expect_done(DNS_DELEGATED, DNS_DELEGATED); /* what it shows is there */

    r.at[0].state = RESOLVER_INVENTS;
    q = (struct inquiry){.tries = 2};
    expect_ask(ALL, 0);
    expect_done(DNS_DELEGATED, DNS_DISTRUSTED);

    r.at[0].state = RESOLVER_UNTESTED;
    q = (struct inquiry){.tries = 0};
    expect_wait(ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_resolver_is_believed),
        cmocka_unit_test(doubt_goes_on_and_the_last_one_counts),
        cmocka_unit_test(who_has_no_room_is_not_waited_for),
        cmocka_unit_test(who_had_no_answer_where_another_has_fails),
        cmocka_unit_test(a_denial_wants_a_second_one),
        cmocka_unit_test(a_denial_that_is_contradicted_is_doubt),
        cmocka_unit_test(a_denial_that_nobody_confirms_is_doubt),
        cmocka_unit_test(a_second_one_must_be_good),
        cmocka_unit_test(who_fails_its_canaries_is_not_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
