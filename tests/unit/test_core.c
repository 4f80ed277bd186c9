/* The core as stories: from an event to a verdict, and what doubt does. */
#include "unit/core_story.h"

static struct story s; /* too large for the stack */

/* From an event to a verdict ------------------------------------------------------------
 */

static void a_new_domain_is_asked_about_at_once(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    expect(&s, "");
    verified(&s, "alice", "a@example.com");
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, "moved example.com new > active, 1\n"); /* in order: no news */
    story_close(&s);
}

static void nothing_is_asked_before_the_stream_is_read(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@example.net");
    removed(&s, "bob", "b@example.net");
    pass(&s, DAYS(2));
    expect(&s, "");
    loaded(&s);
    expect(&s, "dns? example.com\n"); /* and never about the one that came and went */
    story_close(&s);
}

static void equal_domains_are_one_question(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@mail.EXAMPLE.com");
    verified(&s, "carol", "c@example.com.");
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    verified(&s, "dave", "d@example.com");
    expect(&s, "status? example.com\n");
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, "moved example.com new > pending_delete, 4\n"
               "email.domain.phase example.com new > pending_delete, 4\n"
               "email.unverify dave d@example.com pending_delete domain_deleting high\n"
               "email.unverify carol c@example.com. pending_delete domain_deleting high\n"
               "email.unverify bob b@mail.EXAMPLE.com pending_delete domain_deleting high\n"
               "email.unverify alice a@example.com pending_delete domain_deleting high\n");
    story_close(&s);
}

static void the_daily_look_is_early_never_late(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, "dns? example.com\nmoved example.com new > active, 1\n");
    /* the second look is at any time of the first day */
    int second = (int)(watch_of(&s, "example.com")->due - STORY_START_MS / SECOND_MS);
    assert_in_range(second, 1, DAYS(1));
    pass(&s, second);
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_DELEGATED);
    pass(&s, HOURS(24) - 8640 - 1);
    expect(&s, "");
    pass(&s, 8641);
    expect(&s, "dns? example.com\n");
    assert_int_equal(watch_of(&s, "example.com")->checked,
                     STORY_START_MS / SECOND_MS + second);
    dns(&s, "example.com", DNS_EXISTS);
    expect(&s, "");
    assert_int_equal(watch_of(&s, "example.com")->checked, s.now.v / SECOND_MS);
    assert_int_equal(watch_of(&s, "example.com")->outcome, DNS_EXISTS);
    story_close(&s);
}

static void redemption_at_once_when_so_configured(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.confirm_s = 0;
    open_judged(&s, &o, WORDS_REDEMPTION);
    expect(&s,
           ASKED MOVED("new", "redemption") UNVERIFY "redemption domain_expiring high\n");
    story_close(&s);
}

static void redemption_when_it_has_held(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_REDEMPTION);
    expect(&s, ASKED MOVED("new", "redemption"));
    /* The daily look is early: it asks again and is told the same, but it is not time. */
    pass(&s, HOURS(24) - 1);
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "status? example.com\n");
    status(&s, "example.com", WORDS_REDEMPTION);
    expect(&s, "");
    /* Now it is; the confirmation rests on an answer of its own. */
    pass(&s, 1);
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "status? example.com\n");
    status(&s, "example.com", WORDS_REDEMPTION);
    expect(&s, UNVERIFY "redemption domain_expiring high\n");
    /* Said once: the days after add nothing. */
    for (int day = 0; day < 3; day++) {
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_ABSENT);
        status(&s, "example.com", WORDS_REDEMPTION);
        expect(&s, ASKED);
    }
    story_close(&s);
}

static void doubt_does_not_confirm_a_redemption(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_REDEMPTION);
    s.len = 0;
    pass(&s, HOURS(25));
    dns(&s, "example.com", DNS_ABSENT);
    status_fails(&s, "example.com", STATUS_TIMEOUT, 0);
    expect(&s, ASKED);
    pass(&s, 300);
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED); /* the answer of yesterday is not taken instead */
    status(&s, "example.com", "undelegated");
    expect(&s, "");
    pass(&s, 600);
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_REDEMPTION);
    expect(&s, ASKED UNVERIFY "redemption domain_expiring high\n");
    story_close(&s);
}

static void a_restored_redemption_starts_over(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_REDEMPTION);
    s.len = 0;
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_DELEGATED); /* renewed */
    expect(&s, "dns? example.com\nmoved example.com redemption > active, 1\n"
               "email.domain.phase example.com redemption > active, 1\n"
               "email.domain.recovered example.com redemption > active, 1\n");
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_REDEMPTION);
    expect(&s, ASKED MOVED("active", "redemption")); /* and its time begins anew */
    story_close(&s);
}

static void pending_delete_and_released_at_once(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_DELETING);
    expect(&s, ASKED MOVED("new", "pending_delete") UNVERIFY
           "pending_delete domain_deleting high\n");
    story_close(&s);

    open_judged(&s, &o, WORDS_RELEASED);
    expect(&s, ASKED MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED);
    story_close(&s);
}

static void released_after_redemption_blocks_and_repeats_nothing(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.confirm_s = 0;
    open_judged(&s, &o, WORDS_REDEMPTION);
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, ASKED MOVED("redemption", "pending_delete"));
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, ASKED MOVED("pending_delete", "released") BLOCK RELEASED);
    /* free for good: DNS is watched, the paid question is not put for a month */
    for (int day = 1; day <= 29; day++) {
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_ABSENT);
        expect(&s, "dns? example.com\n");
    }
    assert_int_equal(core_stats(s.core)->status_questions, 3);
    assert_int_equal(core_stats(s.core)->unverify_decided, 1);
    assert_int_equal(core_stats(s.core)->block_decided, 1);
    story_close(&s);
}

static void held_is_told_and_followed(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, "undelegated active");
    expect(&s, ASKED MOVED("new", "held"));
    for (int day = 1; day <= 2; day++) {
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_NOT_DELEGATED);
        expect(&s, "dns? example.com\n"); /* the answer serves three days */
    }
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED);
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, MOVED("held", "pending_delete") UNVERIFY
           "pending_delete domain_deleting high\n");
    story_close(&s);
}

static void what_nobody_can_take_unverifies_nobody(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, "undelegated reserved");
    expect(&s, ASKED MOVED("new", "unregistrable"));
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.com\n");
    story_close(&s);

    open_judged(&s, &o, "zone");
    expect(&s, ASKED MOVED("new", "not_registrable"));
    pass(&s, DAYS(26)); /* once a recheck_days is enough for what is no name */
    expect(&s, "");
    pass(&s, DAYS(4));
    expect(&s, "dns? example.com\n");
    story_close(&s);
}

static void recovery_is_told_and_verifies_nobody(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, "dns? example.com\n" MOVED(
                   "released",
                   "active") "email.domain.recovered example.com released > active, 1\n");
    /* lapses again, the same verification: it was unverified once, and stays so */
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, ASKED MOVED("active", "released"));
    story_close(&s);
}

/* The registry says "registered": recovered as well, though DNS doesn't show it yet. */
static void recovery_by_word_of_the_registry(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.confirm_s = 0;
    open_judged(&s, &o, WORDS_REDEMPTION);
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", "undelegated active");
    expect(&s,
           ASKED MOVED("redemption",
                       "held") "email.domain.recovered example.com redemption > held, 1\n");
    story_close(&s);
}

/* Doubt ----------------------------------------------------------------------------------
 */

static void doubt_in_dns_backs_off(void **state)
{
    static const enum dns_outcome doubts[] = {DNS_SERVFAIL, DNS_REFUSED, DNS_TIMEOUT,
                                              DNS_LAME,     DNS_GARBAGE, DNS_UNREACHABLE,
                                              DNS_CANCELED};
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    expect(&s, "dns? example.com\n");
    for (size_t i = 0; i < ARRAY_LEN(doubts); i++) {
        dns(&s, "example.com", doubts[i]);
        pass(&s, (60 << i) - 1);
        expect(&s, "");
        pass(&s, 1);
        expect(&s, "dns? example.com\n");
    }
    assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_NEW);
    assert_int_equal(watch_of(&s, "example.com")->checked, 0);
    /* an answer ends the row */
    dns(&s, "example.com", DNS_DELEGATED);
    pass(&s, DAYS(1));
    s.len = 0;
    dns(&s, "example.com", DNS_SERVFAIL);
    pass(&s, 60);
    expect(&s, "dns? example.com\n");
    story_close(&s);
}

static void doubt_in_status_backs_off(void **state)
{
    static const enum status_outcome doubts[] = {
        STATUS_CLIENT_ERROR, STATUS_SERVER_ERROR, STATUS_BODY_ERRORS,
        STATUS_EMPTY,        STATUS_MALFORMED,    STATUS_BEST_EFFORT,
        STATUS_TIMEOUT,      STATUS_UNREACHABLE,  STATUS_CANCELED};
    const struct core_options o = story_options();
    int wait = 300;
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED);
    for (size_t i = 0; i < ARRAY_LEN(doubts); i++) {
        status_fails(&s, "example.com", doubts[i], 0);
        pass(&s, wait - 1);
        expect(&s, "");
        pass(&s, 1);
        dns(&s, "example.com", DNS_ABSENT);
        expect(&s, ASKED);
        wait = wait < HOURS(3) ? wait * 2 : HOURS(6);
    }
    status(&s, "example.com", "undelegated unknown"); /* words can be doubt, too */
    pass(&s, wait - 1);
    expect(&s, "");
    pass(&s, 1);
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED);
    assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_NEW);
    assert_int_equal(core_stats(s.core)->unverify_decided, 0);
    story_close(&s);
}

static void a_refused_key_and_a_busy_api_stop_all_questions(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@example.net");
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    status_fails(&s, "example.com", STATUS_THROTTLED, 90);
    dns(&s, "example.net", DNS_ABSENT);
    pass(&s, 89);
    expect(&s, "");
    pass(&s, 1);
    /* Nothing was said about it: it kept its place in the line. */
    expect(&s, "status? example.com\nstatus? example.net\n");
    status_fails(&s, "example.net", STATUS_UNAUTHORIZED, 0);
    status_fails(&s, "example.com", STATUS_UNAUTHORIZED, 0);
    verified(&s, "carol", "c@example.org");
    dns(&s, "example.org", DNS_ABSENT);
    s.len = 0;
    pass(&s, 599);
    expect(&s, "");
    pass(&s, 1);
    expect(&s, "status? example.net\n"); /* a probe, alone */
    status(&s, "example.net", "active");
    expect(&s, "api answers after key_refused, 2 wait\n"
               "moved example.net new > active, 1\n"
               "status? example.com\nstatus? example.org\n");
    story_close(&s);
}

static void a_clock_set_back_confirms_nothing(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_REDEMPTION);
    s.len = 0;
    s.now.v -= 2 * HOUR_MS;
    verified(&s, "alice", "a@example.com"); /* asked at once, with the clock behind */
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_REDEMPTION);
    expect(&s, ASKED);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_domain_is_asked_about_at_once),
        cmocka_unit_test(nothing_is_asked_before_the_stream_is_read),
        cmocka_unit_test(equal_domains_are_one_question),
        cmocka_unit_test(the_daily_look_is_early_never_late),
        cmocka_unit_test(redemption_at_once_when_so_configured),
        cmocka_unit_test(redemption_when_it_has_held),
        cmocka_unit_test(doubt_does_not_confirm_a_redemption),
        cmocka_unit_test(a_restored_redemption_starts_over),
        cmocka_unit_test(pending_delete_and_released_at_once),
        cmocka_unit_test(released_after_redemption_blocks_and_repeats_nothing),
        cmocka_unit_test(held_is_told_and_followed),
        cmocka_unit_test(what_nobody_can_take_unverifies_nobody),
        cmocka_unit_test(recovery_is_told_and_verifies_nobody),
        cmocka_unit_test(recovery_by_word_of_the_registry),
        cmocka_unit_test(doubt_in_dns_backs_off),
        cmocka_unit_test(doubt_in_status_backs_off),
        cmocka_unit_test(a_refused_key_and_a_busy_api_stop_all_questions),
        cmocka_unit_test(a_clock_set_back_confirms_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
