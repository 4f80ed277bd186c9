/* Reply subjects of deliveries: both forms, with a prefix kept from the last one or not. */
#include "unit.h"

#include "proto/ack_subject.h"

static const struct ack_prefix none;

static void the_form_of_nine_tokens(void **state)
{
    (void)state;
    struct ack_prefix p = none;
    struct ack_subject a;
    assert_true(ack_subject_parse(
        &p, "$JS.ACK.ACCOUNTS.unverifyd.1.41.7.1764021600123456789.99", &a));
    assert_int_equal(a.stream_seq, 41);
    assert_int_equal(a.consumer_seq, 7);
    assert_int_equal(a.at_ms, INT64_C(1764021600123));
    assert_int_equal(p.len, strlen("$JS.ACK.ACCOUNTS.unverifyd."));
}

static void the_form_with_a_domain(void **state)
{
    (void)state;
    struct ack_prefix p = none;
    struct ack_subject a;
    assert_true(ack_subject_parse(
        &p, "$JS.ACK.hub.aCcOuNt.ACCOUNTS.unverifyd.1.41.7.1764021600123456789.99", &a));
    assert_int_equal(a.stream_seq, 41);
    assert_int_equal(a.consumer_seq, 7);
    assert_true(ack_subject_parse(
        &p, "$JS.ACK.hub.aCcOuNt.ACCOUNTS.unverifyd.1.42.8.1764021600123456789.98.x", &a));
    assert_int_equal(a.stream_seq, 42);
}

/* Whatever prefix is kept, the answer is that of a fresh start. */
static void a_kept_prefix_changes_nothing(void **state)
{
    (void)state;
    static const char *const subjects[] = {
        "$JS.ACK.ACCOUNTS.unverifyd.1.41.7.1764021600123456789.99",
        "$JS.ACK.ACCOUNTS.unverifyd.12.18446744073709551615.8.1.0",
        "$JS.ACK.ACCOUNTS.unverifyd2.1.3.9.1764021600123456789.0",
        "$JS.ACK.ACCOUNTS.other.1.3.9.1764021600123456789.0",
        "$JS.ACK.hub.aCcOuNt.ACCOUNTS.unverifyd.1.44.10.1764021600123456789.98.x",
    };
    struct ack_prefix p = none;
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        for (size_t j = 0; j < ARRAY_LEN(subjects); j++) {
            struct ack_prefix fresh = none;
            struct ack_subject a, b;
            assert_true(ack_subject_parse(&fresh, subjects[j], &a));
            assert_true(ack_subject_parse(&p, subjects[i], &b));
            assert_true(ack_subject_parse(&p, subjects[j], &b));
            assert_int_equal(a.stream_seq, b.stream_seq);
            assert_int_equal(a.consumer_seq, b.consumer_seq);
            assert_int_equal(a.at_ms, b.at_ms);
        }
    }
}

static void anything_else_is_none(void **state)
{
    (void)state;
    static const char *const subjects[] = {
        "",
        "$JS.ACK",
        "$JS.ACK.",
        "$JS.ACK.S.C.1.2.3.4",
        "$JS.ACK.S.C.1.0.3.4.5",
        "$JS.ACK.S.C.1.2.0.4.5",
        "$JS.ACK.S.C.1.x.3.4.5",
        "$JS.ACK.a.S.C.1.2.3.4.5",
        "_INBOX.a.b.c.d.e.f.g.h",
    };
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        struct ack_prefix p = none;
        struct ack_subject a;
        if (ack_subject_parse(&p, subjects[i], &a))
            fail_msg("a delivery: %s", subjects[i]);
    }
}

/* Streams and consumers have names of up to 255 bytes; a longer prefix is not kept. */
static void a_long_one_is_read_each_time(void **state)
{
    (void)state;
    char subject[2 * ACK_PREFIX_SIZE] = "$JS.ACK.";
    struct ack_prefix p = none;
    struct ack_subject a;
    size_t n = strlen(subject);
    memset(subject + n, 's', ACK_PREFIX_SIZE);
    snprintf(subject + n + ACK_PREFIX_SIZE, 64, ".c.1.5.6.7000000.0");
    for (int i = 0; i < 2; i++) {
        assert_true(ack_subject_parse(&p, subject, &a));
        assert_int_equal(a.stream_seq, 5);
        assert_int_equal(a.at_ms, 7);
        assert_int_equal(p.len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_of_nine_tokens),
        cmocka_unit_test(the_form_with_a_domain),
        cmocka_unit_test(a_kept_prefix_changes_nothing),
        cmocka_unit_test(anything_else_is_none),
        cmocka_unit_test(a_long_one_is_read_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
