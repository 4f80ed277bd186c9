/* The core as stories: suffixes whose registry answers for every name there is. */
#include "unit/core_story.h"

#include "core/proof.h"

static struct story s; /* too large for the stack */

static struct core_options options(void)
{
    struct core_options o = story_options();
    o.tests_suffixes = true;
    return o;
}

/* ws answers for every name, and that is known. */
static void open_wild(const struct core_options *o)
{
    story_open(&s, o);
    loaded(&s);
    verified(&s, "alice", "a@example.ws");
    expect(&s, "made-up? ws\ndns? example.ws\n");
    dns(&s, "ws", DNS_EXISTS);
    expect(&s, "made-up? ws\n");
    dns(&s, "ws", DNS_EXISTS);
    expect(&s, "suffix ws synthesizes\n");
    assert_int_equal(core_suffixes_synthesizing(s.core), 1);
    /* what was asked before says nothing now */
    dns(&s, "example.ws", DNS_DELEGATED);
    expect(&s, "");
    pass(&s, 1);
    expect(&s, "status? example.ws\n");
}

static void an_honest_suffix_is_tested_once_a_day(void **state)
{
    const struct core_options o = options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.co.uk");
    verified(&s, "bob", "b@other.co.uk");
    verified(&s, "carol", "c@example.uk"); /* another suffix */
    expect(&s, "made-up? co.uk\ndns? example.co.uk\ndns? other.co.uk\n"
               "made-up? uk\ndns? example.uk\n");
    dns(&s, "co.uk", DNS_ABSENT);
    dns(&s, "uk", DNS_SERVFAIL);
    dns(&s, "example.co.uk", DNS_DELEGATED);
    dns(&s, "other.co.uk", DNS_ABSENT);
    dns(&s, "example.uk", DNS_DELEGATED); /* its suffix is in doubt: as ever */
    expect(&s, "moved example.co.uk new > active, 1\nstatus? other.co.uk\n"
               "moved example.uk new > active, 1\n");
    assert_int_equal(core_stats(s.core)->suffix_tests, 2);
    assert_int_equal(core_stats(s.core)->dns_questions, 3);
    for (int hour = 0; hour < 24 * 10; hour++) {
        pass(&s, HOURS(1));
        while (s.dns.n > 0)
            dns(&s, s.dns.at[0].name,
                strstr(s.dns.at[0].name, "example") != NULL ? DNS_DELEGATED : DNS_ABSENT);
    }
    /* at the first look of each day; the one in doubt once more */
    assert_in_range(core_stats(s.core)->suffix_tests, 2 + 2 * 8, 2 + 2 * 10);
    story_close(&s);
}

/* It is gone, and DNS says it is there. */
static void the_registry_is_asked_instead(void **state)
{
    const struct core_options o = options();
    (void)state;
    open_wild(&o);
    status(&s, "example.ws", WORDS_DELETING);
    expect(&s, "moved example.ws new > pending_delete, 1\n"
               "email.domain.phase example.ws new > pending_delete, 1\n"
               "email.unverify alice a@example.ws pending_delete domain_deleting high\n");
    struct proof_view proof;
    const struct watch *w = watch_of(&s, "example.ws");
    assert_true(proof_view(core_registry(s.core), w, &proof));
    assert_int_equal(proof.dns.outcome, DNS_SYNTHESIZED);
    /* a bad phase is followed as ever: each day, and recovered by word of the registry */
    pass(&s, DAYS(1));
    s.len = 0;
    dns(&s, "ws", DNS_EXISTS);
    dns(&s, "ws", DNS_EXISTS);
    status(&s, "example.ws", "active");
    expect(&s, "made-up? ws\n"
               "moved example.ws pending_delete > active, 1\n"
               "email.domain.phase example.ws pending_delete > active, 1\n"
               "email.domain.recovered example.ws pending_delete > active, 1\n");
    story_close(&s);
}

static void in_order_it_is_asked_about_once_in_recheck_days(void **state)
{
    const struct core_options o = options();
    (void)state;
    open_wild(&o);
    size_t bytes = registry_footprint(core_registry(s.core));
    status(&s, "example.ws", "active");
    expect(&s, "moved example.ws new > active, 1\n");
    assert_int_equal(watch_of(&s, "example.ws")->evidence, 0); /* nothing more is kept */
    assert_int_equal(registry_footprint(core_registry(s.core)), bytes);
    uint32_t checked = watch_of(&s, "example.ws")->checked;
    for (int day = 1; day <= 26; day++) {
        pass(&s, DAYS(1));
        while (s.dns.n > 0)
            dns(&s, "ws", DNS_EXISTS);
        assert_int_equal(s.status.n, 0);
    }
    assert_int_equal(core_stats(s.core)->dns_questions, 1);
    assert_int_equal(watch_of(&s, "example.ws")->checked, checked);
    /* verified again, in order: what the registry said stands */
    verified(&s, "alice", "a@example.ws");
    assert_int_equal(s.status.n, 0);
    for (int day = 27; day <= 30 && s.status.n == 0; day++) {
        pass(&s, DAYS(1));
        while (s.dns.n > 0)
            dns(&s, "ws", DNS_EXISTS);
    }
    assert_int_equal(s.status.n, 1);
    assert_true(s.now.v / SECOND_MS - checked <= DAYS(30));
    assert_int_equal(core_stats(s.core)->unfiltered, 2);
    story_close(&s);
}

/* Found out later: the many that DNS called in order take their turns. */
static void who_was_in_order_by_dns_takes_a_turn(void **state)
{
    enum { N = 60 };
    const struct core_options o = options();
    char email[32];
    int by_half = 0, by_end = 0;
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    for (int i = 0; i < N; i++) {
        snprintf(email, sizeof email, "x@d%d.ws", i);
        verified(&s, "alice", email);
    }
    dns(&s, "ws", DNS_ABSENT);
    while (s.dns.n > 0)
        dns(&s, s.dns.at[0].name, DNS_DELEGATED);
    for (int day = 1; day <= 31; day++) {
        pass(&s, DAYS(1));
        /* honest for a day more: whoever comes first is still asked about in DNS */
        while (s.dns.n > 0)
            dns(&s, s.dns.at[0].name, DNS_DELEGATED);
        by_end += (int)s.status.n;
        by_half += day <= 15 ? (int)s.status.n : 0;
        assert_true(s.status.n < N / 4); /* on no day all of them */
        while (s.status.n > 0)
            status(&s, s.status.at[0].name, "active");
    }
    assert_in_range(by_end, N, N + N / 10); /* the first ones a second time */
    for (uint32_t slot = 1; slot <= N; slot++)
        assert_int_equal(registry_watch(core_registry(s.core), slot)->outcome,
                         DNS_SYNTHESIZED);
    assert_in_range(by_half, N / 4, 3 * N / 4);
    story_close(&s);
}

static void honest_again_it_is_filtered_again(void **state)
{
    const struct core_options o = options();
    (void)state;
    open_wild(&o);
    status(&s, "example.ws", "active");
    s.len = 0;
    pass(&s, DAYS(2));
    expect(&s, "made-up? ws\n");
    dns(&s, "ws", DNS_ABSENT);
    expect(&s, "suffix ws is honest\n");
    assert_int_equal(core_suffixes_synthesizing(s.core), 0);
    pass(&s, DAYS(1));
    expect(&s, "dns? example.ws\n");
    dns(&s, "example.ws", DNS_DELEGATED);
    assert_int_equal(watch_of(&s, "example.ws")->outcome, DNS_DELEGATED);
    story_close(&s);
}

/* Candidates go first, and the unfiltered take half of the day's budget at most. */
/* Its first domain was answered for sooner than the test: that counts for a day. */
static void an_answer_before_the_test_is_over(void **state)
{
    const struct core_options o = options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.ws");
    dns(&s, "example.ws", DNS_DELEGATED);
    expect(&s, "made-up? ws\ndns? example.ws\nmoved example.ws new > active, 1\n");
    assert_int_equal(watch_of(&s, "example.ws")->checked, 0);
    dns(&s, "ws", DNS_EXISTS);
    dns(&s, "ws", DNS_EXISTS);
    s.len = 0;
    pass(&s, DAYS(1));
    expect(&s, "status? example.ws\n");
    story_close(&s);
}

/* And it is no recovery. */
static void no_recovery_before_the_test_is_over(void **state)
{
    const struct core_options o = options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.ws");
    dns(&s, "example.ws", DNS_ABSENT);
    status(&s, "example.ws", WORDS_DELETING);
    s.len = 0;
    verified(&s, "bob", "b@example.ws"); /* the test hangs since */
    pass(&s, MINUTES(2));
    dns(&s, "example.ws", DNS_DELEGATED);
    expect(&s, "dns? example.ws\n");
    dns(&s, "ws", DNS_ABSENT);
    pass(&s, 1);
    dns(&s, "example.ws", DNS_DELEGATED);
    expect(&s, "dns? example.ws\nmoved example.ws pending_delete > active, 2\n"
               "email.domain.phase example.ws pending_delete > active, 2\n"
               "email.domain.recovered example.ws pending_delete > active, 2\n");
    story_close(&s);
}

static void candidates_go_first(void **state)
{
    struct core_options o = options();
    char email[32];
    (void)state;
    o.status_daily_budget = 20;
    o.status_concurrency = 1;
    open_wild(&o);
    for (int i = 0; i < 30; i++) {
        snprintf(email, sizeof email, "x@d%d.ws", i);
        verified(&s, "alice", email);
    }
    verified(&s, "bob", "b@example.com");
    dns(&s, "com", DNS_ABSENT);
    dns(&s, "example.com", DNS_ABSENT);
    assert_int_equal(core_candidates_waiting(s.core), 31);
    s.len = 0;
    status(&s, "example.ws", "active");
    expect(&s, "moved example.ws new > active, 1\nstatus? example.com\n");
    status(&s, "example.com", "undelegated active");
    while (s.status.n > 0)
        status(&s, s.status.at[0].name, "active");
    assert_int_equal(core_stats(s.core)->status_questions, 10);
    assert_int_equal(core_candidates_waiting(s.core), 22);
    core_check(s.core);
    s.len = 0;
    verified(&s, "bob", "b@example.net"); /* for a candidate there is still some left */
    dns(&s, "net", DNS_ABSENT);
    dns(&s, "example.net", DNS_ABSENT);
    expect(&s, "made-up? net\ndns? example.net\nstatus? example.net\n");
    story_close(&s);
}

/* Nothing is kept of the suffixes: after a restart a domain that skipped the filter goes on
 * doing so until its suffix has been tested. */
static void a_restart_forgets_no_suffix(void **state)
{
    const struct core_options o = options();
    struct core_options journal = o;
    struct buf batch = {0};
    struct fact_reader reader;
    struct fact f;
    enum status st;
    (void)state;
    journal.keeps_journal = true;
    open_wild(&journal);
    status(&s, "example.ws", WORDS_RELEASED);
    assert_int_equal(fact_batch_begin(&batch), ST_OK);
    assert_int_equal(core_take_facts(s.core, &batch), ST_OK);
    assert_int_equal(fact_batch_end(&batch), ST_OK);
    struct wall_ms then = s.now;
    story_close(&s);

    story_open(&s, &o);
    s.now.v = then.v + 2 * DAY_MS;
    assert_int_equal(fact_reader_init(&reader, batch.data, batch.len), ST_OK);
    while (fact_next(&reader, &f) == ST_OK)
        assert_int_equal(core_restore(s.core, &f), ST_OK);
    assert_true(core_restored(s.core, s.now, UINT32_MAX, &st) && st == ST_OK);
    s.keep_unconfirmed = true;
    loaded(&s);
    s.len = 0;
    for (int i = 0; i < 3; i++) {
        pass(&s, MINUTES(1));
        /* the test hangs; the domain is not asked about in DNS, nothing is recovered */
        assert_int_equal(core_stats(s.core)->dns_questions, 0);
    }
    assert_int_equal(watch_of(&s, "example.ws")->phase, PHASE_RELEASED);
    dns(&s, "ws", DNS_ABSENT);
    pass(&s, DAYS(2));
    assert_int_equal(core_stats(s.core)->dns_questions, 1);
    buf_free(&batch);
    story_close(&s);
}

static void names_that_are_not_concerned(void **state)
{
    struct core_options o = options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@someone.github.io");
    expect(&s, "dns? someone.github.io\n");
    story_close(&s);

    o.provider = NULL; /* nobody to ask instead */
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.ws");
    expect(&s, "dns? example.ws\n");
    story_close(&s);
}

static void the_tested_domain_may_go(void **state)
{
    const struct core_options o = options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.ws");
    removed(&s, "alice", "a@example.ws");
    s.len = 0;
    dns(&s, "ws", DNS_EXISTS);
    dns(&s, "example.ws", DNS_DELEGATED);
    expect(&s, "");
    verified(&s, "bob", "b@other.ws"); /* takes the test over */
    expect(&s, "made-up? ws\ndns? other.ws\n");
    dns(&s, "ws", DNS_EXISTS);
    expect(&s, "suffix ws synthesizes\n");
    story_close(&s);
}

static void one_question_at_a_time_is_enough(void **state)
{
    struct core_options o = options();
    (void)state;
    o.dns_inflight = 1;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    expect(&s, "made-up? com\n");
    dns(&s, "com", DNS_ABSENT);
    expect(&s, "dns? example.com\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_suffix_is_tested_once_a_day),
        cmocka_unit_test(the_registry_is_asked_instead),
        cmocka_unit_test(in_order_it_is_asked_about_once_in_recheck_days),
        cmocka_unit_test(who_was_in_order_by_dns_takes_a_turn),
        cmocka_unit_test(honest_again_it_is_filtered_again),
        cmocka_unit_test(an_answer_before_the_test_is_over),
        cmocka_unit_test(no_recovery_before_the_test_is_over),
        cmocka_unit_test(candidates_go_first),
        cmocka_unit_test(a_restart_forgets_no_suffix),
        cmocka_unit_test(names_that_are_not_concerned),
        cmocka_unit_test(the_tested_domain_may_go),
        cmocka_unit_test(one_question_at_a_time_is_enough),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
