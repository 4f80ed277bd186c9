/* The core as stories: bounds, pace, a slow bus, the end of the day and of the service. */
#include "unit/core_story.h"

#include "unit/dice.h"

static struct story s; /* too large for the stack */

/* Many addresses, little room -------------------------------------------------------------
 */

enum { CROWD = 5000 };
static struct {
    uint8_t unverified[CROWD], blocked[CROWD];
    size_t n;
    long last;
} crowd;

static void count_crowd(struct story *story, const struct publication *p)
{
    (void)story;
    json_t *o = json_of_publication(p);
    if (json_object_get(o, "email") != NULL) {
        long i = (long)json_integer_value(json_object_get(o, "account"));
        assert_in_range(i, 0, CROWD - 1);
        bool is_block = strcmp(p->subject, "email.block_reset") == 0;
        (is_block ? crowd.blocked : crowd.unverified)[i]++;
        /* address by address, the newest first; unverified, then blocked */
        assert_int_equal(i, is_block ? crowd.last : crowd.last - 1);
        assert_int_equal(crowd.blocked[i] == 1, is_block);
        crowd.last = i;
        crowd.n++;
    }
    json_decref(o);
}

static void a_crowd_through_a_small_outbox(void **state)
{
    struct core_options o = story_options();
    struct dice d = {17};
    char account[16];
    (void)state;
    o.outbox = 16;
    story_open(&s, &o);
    s.trust = s.keep_unconfirmed = true;
    s.on_publish = count_crowd;
    memset(&crowd, 0, sizeof crowd);
    crowd.last = CROWD;
    for (int i = 0; i < CROWD; i++) {
        snprintf(account, sizeof account, "#%d", i);
        verified(&s, account, "x@example.com");
    }
    loaded(&s);
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    assert_int_equal(core_publish_pending(s.core), 16 + 1); /* and the job */
    core_check(s.core);
    /* confirmations come in any order, a few at a time */
    while (core_publish_pending(s.core) > 0) {
        for (uint32_t i = 0; i < o.outbox; i++) {
            if (s.pending[i] != NULL && dice_one_in(&d, 3))
                confirm(&s, i);
        }
        tick(&s);
    }
    core_check(s.core);
    assert_int_equal(crowd.n, 2 * CROWD);
    assert_int_equal(core_stats(s.core)->unverify_published, CROWD);
    assert_int_equal(core_stats(s.core)->block_published, CROWD);
    assert_int_equal(core_stats(s.core)->domain_published, 1);

    /* The next verdict looks at all of them and has one new thing to say. */
    s.len = 0;
    s.on_publish = NULL;
    s.keep_unconfirmed = false;
    verified(&s, "#0", "y@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.com\n"
               "email.unverify #0 y@example.com " RELEASED
               "email.block_reset #0 y@example.com " RELEASED);
    story_close(&s);
}

static void a_long_walk_is_cut_into_steps(void **state)
{
    struct core_options o = story_options();
    struct core_event ev = {.type = CORE_STATUS_DONE};
    struct status_reply reply = {.outcome = STATUS_ANSWERED, .words = WORDS_DELETING};
    char account[16];
    (void)state;
    o.outbox = 64;
    story_open(&s, &o);
    s.trust = true;
    for (int i = 0; i < CROWD; i++) {
        snprintf(account, sizeof account, "#%d", i);
        verified(&s, account, "x@example.com");
    }
    loaded(&s);
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_DELETING);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    ev.u.status.token = story_answered(&s.status, "example.com");
    ev.u.status.reply = &reply;
    story_step(&s, &ev);
    for (int i = 0; i < 2; i++) {
        tick_once(&s); /* 2,000 addresses a step */
        assert_true(s.fx.more);
    }
    tick_once(&s);
    assert_false(s.fx.more);
    expect(&s, "");
    assert_int_equal(core_publish_pending(s.core), 0);

    /* A full outbox doesn't stop a walk that has nothing to say. */
    s.keep_unconfirmed = true;
    verified_n(&s, 65);
    for (int i = 1; i <= 64; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d.com", i);
        dns(&s, name, DNS_ABSENT);
        status(&s, name, "undelegated active");
    }
    assert_int_equal(core_publish_pending(s.core), 64);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    ev.u.status.token = story_answered(&s.status, "example.com");
    story_step(&s, &ev);
    tick_once(&s);
    assert_true(s.fx.more);
    story_close(&s);
}

/* More to say than a step has effects for. */
static void a_large_outbox_is_filled_step_by_step(void **state)
{
    struct core_options o = story_options();
    struct core_event ev = {.type = CORE_STATUS_DONE};
    struct status_reply reply = {.outcome = STATUS_ANSWERED, .words = WORDS_DELETING};
    char account[16];
    (void)state;
    o.outbox = 200;
    story_open(&s, &o);
    s.keep_unconfirmed = true;
    for (int i = 0; i < 150; i++) {
        snprintf(account, sizeof account, "#%d", i);
        verified(&s, account, "x@example.com");
    }
    loaded(&s);
    dns(&s, "example.com", DNS_ABSENT);
    ev.u.status.token = story_answered(&s.status, "example.com");
    ev.u.status.reply = &reply;
    story_step(&s, &ev);
    for (uint32_t n = EFFECTS_MAX; n < 151; n += EFFECTS_MAX) {
        tick_once(&s);
        assert_true(s.fx.more);
        assert_int_equal(core_publish_pending(s.core), n + 1); /* and the job */
    }
    tick_once(&s);
    assert_false(s.fx.more);
    assert_int_equal(core_publish_pending(s.core), 151);
    story_close(&s);
}

/* What waits for the bus waits; there is nothing to begin and no reason to spin. */
static void a_stalled_bus_stops_the_asking(void **state)
{
    enum { DOMAINS = 5000 };
    struct core_options o = story_options();
    char name[64];
    (void)state;
    o.outbox = 1;
    o.dns_inflight = 10;
    o.provider = NULL;
    story_open(&s, &o);
    s.trust = s.keep_unconfirmed = true;
    verified_n(&s, DOMAINS);
    loaded(&s);
    while (s.dns.n > 0) {
        snprintf(name, sizeof name, "%s", s.dns.at[0].name);
        dns(&s, name, DNS_ABSENT);
    }
    /* not all were asked about: some thousand jobs are enough */
    assert_in_range(core_publish_pending(s.core), 4096, 4096 + 1 + 10);
    assert_true(core_stats(s.core)->dns_questions < DOMAINS);
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), HOUR_MS);
    core_check(s.core);
    s.keep_unconfirmed = false;
    confirm(&s, 0);
    tick(&s);
    while (s.dns.n > 0) {
        snprintf(name, sizeof name, "%s", s.dns.at[0].name);
        dns(&s, name, DNS_ABSENT);
    }
    assert_int_equal(core_stats(s.core)->dns_questions, DOMAINS);
    assert_int_equal(core_stats(s.core)->domain_published, DOMAINS);
    story_close(&s);
}

static void a_stalled_bus_stops_the_paid_questions(void **state)
{
    enum { DOMAINS = 5000 };
    struct core_options o = story_options();
    char name[64];
    (void)state;
    o.outbox = 1;
    o.dns_inflight = DOMAINS;
    o.status_rate_per_s = 1e6;
    o.status_burst = DOMAINS;
    story_open(&s, &o);
    s.trust = s.keep_unconfirmed = true;
    verified_n(&s, DOMAINS);
    loaded(&s);
    while (s.dns.n > 0) {
        snprintf(name, sizeof name, "%s", s.dns.at[0].name);
        dns(&s, name, DNS_ABSENT);
    }
    while (s.status.n > 0) {
        snprintf(name, sizeof name, "%s", s.status.at[0].name);
        status(&s, name, "undelegated active");
    }
    assert_in_range(core_publish_pending(s.core), 4096, 4096 + 1 + 16);
    assert_true(core_stats(s.core)->status_questions < DOMAINS);
    assert_true(core_candidates_waiting(s.core) > 0);
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), HOUR_MS);
    core_check(s.core);
    story_close(&s);
}

/* Limits ---------------------------------------------------------------------------------
 */

static void questions_in_dns_are_bounded(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.dns_inflight = 2;
    story_open(&s, &o);
    loaded(&s);
    verified_n(&s, 3);
    expect(&s, "dns? d1.com\ndns? d2.com\n");
    dns(&s, "d2.com", DNS_SERVFAIL);
    expect(&s, "dns? d3.com\n");
    removed(&s, "alice", "x@d1.com"); /* its question is still out */
    verified(&s, "alice", "x@d4.com");
    expect(&s, "");
    dns(&s, "d1.com", DNS_DELEGATED);
    expect(&s, "dns? d4.com\n");
    story_close(&s);
}

static void paid_questions_are_bounded(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.status_concurrency = 2;
    story_open(&s, &o);
    loaded(&s);
    verified_n(&s, 4);
    for (int i = 1; i <= 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d.com", i);
        dns(&s, name, DNS_ABSENT);
    }
    expect(&s, "dns? d1.com\ndns? d2.com\ndns? d3.com\ndns? d4.com\n"
               "status? d1.com\nstatus? d2.com\n");
    removed(&s, "alice", "x@d1.com"); /* its question is still out */
    expect(&s, "");
    status(&s, "d1.com", "active");
    expect(&s, "status? d3.com\n");
    status_fails(&s, "d2.com", STATUS_TIMEOUT, 0);
    expect(&s, "status? d4.com\n");
    story_close(&s);
}

static void paid_questions_are_paced(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.status_rate_per_s = 0.5;
    o.status_burst = 2;
    o.status_daily_budget = 4;
    story_open(&s, &o);
    loaded(&s);
    verified_n(&s, 6);
    for (int i = 1; i <= 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d.com", i);
        dns(&s, name, DNS_ABSENT);
    }
    s.len = 0;
    assert_int_equal(s.status.n, 2);
    pass(&s, 1);
    expect(&s, "");
    pass(&s, 1);
    expect(&s, "status? d3.com\n");
    pass(&s, 2);
    expect(&s, "status? d4.com\nbudget exhausted, 2 wait\n");
    pass(&s,
         6400 - 5); /* the day's budget is spent; the day ends 6,400 s after the start */
    expect(&s, "");
    assert_int_equal(core_candidates_waiting(s.core), 2);
    pass(&s, 1);
    expect(&s, "budget open, 2 wait\nstatus? d5.com\nstatus? d6.com\n");
    story_close(&s);
}

static void effects_are_bounded_and_more_follow(void **state)
{
    struct core_options o = story_options();
    struct core_event ev = {.type = CORE_LOADED};
    (void)state;
    story_open(&s, &o);
    verified_n(&s, 100);
    story_step(&s, &ev);
    tick_once(&s);
    assert_int_equal(s.dns.n, EFFECTS_MAX - 1); /* a verdict may want two */
    assert_true(s.fx.more);
    tick_once(&s);
    assert_int_equal(s.dns.n, 100);
    assert_false(s.fx.more);
    story_close(&s);
}

static void draining_begins_nothing_and_says_what_is_decided(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.outbox = 1;
    o.status_concurrency = 1;
    story_open(&s, &o);
    s.keep_unconfirmed = true;
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@example.net");
    verified(&s, "carol", "c@example.org");
    dns(&s, "example.com", DNS_ABSENT);
    dns(&s, "example.net", DNS_ABSENT);
    s.len = 0;
    drain(&s);
    status(&s, "example.com", WORDS_RELEASED);
    dns(&s, "example.org", DNS_ABSENT);
    verified(&s, "dave", "d@example.edu");
    expect(&s, MOVED("new", "released"));
    assert_int_equal(core_publish_pending(s.core), 2);
    s.keep_unconfirmed = false;
    tick(&s);
    expect(&s, UNVERIFY RELEASED BLOCK RELEASED);
    assert_int_equal(core_publish_pending(s.core), 0);
    pass(&s, DAYS(2));
    expect(&s, "");
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), HOUR_MS);
    story_close(&s);
}

static void the_wait_is_for_what_is_next(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.status_rate_per_s = 0.1;
    o.status_burst = 1;
    story_open(&s, &o);
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), HOUR_MS);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), HOUR_MS);
    dns(&s, "example.com", DNS_SERVFAIL);
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), 60000);
    s.now.v += 59999;
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), 1);
    s.now.v += 5;
    assert_int_equal(core_wait_ms(s.core, s.now, s.mono), 0);
    tick(&s);
    dns(&s, "example.com", DNS_ABSENT);
    verified(&s, "bob", "b@example.net");
    dns(&s, "example.net", DNS_ABSENT);
    assert_in_range(core_wait_ms(s.core, s.now, s.mono), 10000, 10001);
    s.mono.v += 9999;
    assert_in_range(core_wait_ms(s.core, s.now, s.mono), 1, 2);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crowd_through_a_small_outbox),
        cmocka_unit_test(a_long_walk_is_cut_into_steps),
        cmocka_unit_test(a_large_outbox_is_filled_step_by_step),
        cmocka_unit_test(a_stalled_bus_stops_the_asking),
        cmocka_unit_test(a_stalled_bus_stops_the_paid_questions),
        cmocka_unit_test(questions_in_dns_are_bounded),
        cmocka_unit_test(paid_questions_are_bounded),
        cmocka_unit_test(paid_questions_are_paced),
        cmocka_unit_test(effects_are_bounded_and_more_follow),
        cmocka_unit_test(draining_begins_nothing_and_says_what_is_decided),
        cmocka_unit_test(the_wait_is_for_what_is_next),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
