/* The core as stories: what happens to accounts while their domains are asked about. */
#include "unit/core_story.h"

static struct story s; /* too large for the stack */

/* Verified again, and new addresses ------------------------------------------------------
 */

static void verified_again_is_asked_again_at_once(void **state)
{
    char before[MESSAGE_ID_SIZE];
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    memcpy(before, s.last_id, sizeof before);
    s.len = 0;
    pass(&s, 10);
    verified(&s, "alice", "a@example.com");
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "status? example.com\n"); /* ten seconds old and no good */
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, UNVERIFY RELEASED BLOCK RELEASED);
    assert_string_not_equal(s.last_id, before);
    /* and then it is kept again */
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.com\n");
    story_close(&s);
}

static void verified_again_after_its_domain_came_back(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    s.len = 0;
    verified_at(&s, "alice", "a@example.com", STORY_START_MS + 1);
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, "dns? example.com\n" MOVED(
                   "released",
                   "active") "email.domain.recovered example.com released > active, 1\n");
    story_close(&s);
}

static void verified_again_while_dns_is_asked(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    pass(&s, DAYS(1));
    s.len = 0;
    verified(&s, "alice", "a@example.com");
    expect(&s, ""); /* one question is out already */
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "status? example.com\n"); /* which must not end in the kept answer */
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, UNVERIFY RELEASED BLOCK RELEASED);
    story_close(&s);
}

/* The answer that comes may have been given before the verification: it moves the domain,
 * but says nothing about this address. The next one does. */
static void verified_again_while_the_api_is_asked(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.confirm_s = 0;
    open_judged(&s, &o, WORDS_REDEMPTION);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    verified(&s, "alice", "a@example.com");
    expect(&s, "");
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, MOVED("redemption", "released") "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "status? example.com\n");
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, UNVERIFY RELEASED BLOCK RELEASED);
    story_close(&s);
}

/* A verdict that is still being told must not reach an address verified after it. */
static void verified_again_while_its_domain_is_announced(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.outbox = 1;
    story_open(&s, &o);
    s.keep_unconfirmed = true;
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@example.com");
    loaded(&s);
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_DELETING);
    s.len = 0;
    pass(&s, 5);
    verified(&s, "alice", "a@example.com");
    expect(&s, "dns? example.com\n");
    confirm(&s, 0);
    tick(&s);
    expect(&s, "");
    dns(&s, "example.com", DNS_ABSENT);
    s.keep_unconfirmed = false;
    status(&s, "example.com", WORDS_DELETING);
    expect(&s,
           "status? example.com\n"
           "email.unverify bob b@example.com pending_delete domain_deleting high\n" UNVERIFY
           "pending_delete domain_deleting high\n");
    story_close(&s);
}

static void a_new_address_shares_a_young_answer(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_DELETING);
    s.len = 0;
    pass(&s, 60);
    verified(&s, "bob", "b@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.com\n"
               "email.unverify bob b@example.com pending_delete domain_deleting high\n");
    assert_int_equal(core_stats(s.core)->status_reused, 1);
    assert_int_equal(core_stats(s.core)->status_questions, 1);
    story_close(&s);
}

static void a_new_address_needs_an_answer_of_its_time(void **state)
{
    static const char *const words[] = {WORDS_DELETING, WORDS_RELEASED};
    const struct core_options o = story_options();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        open_judged(&s, &o, words[i]);
        s.len = 0;
        pass(&s, 61);
        verified(&s, "bob", "b@example.com");
        expect(&s, "dns? example.com\n");
        dns(&s, "example.com", DNS_ABSENT);
        expect(&s, "status? example.com\n");
        status(&s, "example.com", "undelegated active"); /* it was bought meanwhile */
        assert_int_equal(core_stats(s.core)->unverify_decided, 1);
        story_close(&s);
    }
}

/* A question that is out when the address comes is young enough for it. */
static void a_new_address_shares_the_question_that_is_out(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.confirm_s = 0;
    open_judged(&s, &o, WORDS_REDEMPTION);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    verified(&s, "bob", "b@example.com");
    expect(&s, "");
    status(&s, "example.com", WORDS_REDEMPTION);
    expect(&s, "email.unverify bob b@example.com redemption domain_expiring high\n");
    assert_int_equal(core_stats(s.core)->status_questions, 2);
    story_close(&s);
}

static void a_new_address_of_a_good_domain_asks_nothing(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_DELEGATED);
    s.len = 0;
    verified(&s, "bob", "b@example.com");
    pass(&s, HOURS(1));
    expect(&s, "");
    /* verified again it is asked about again, whatever the phase */
    verified(&s, "bob", "b@example.com");
    expect(&s, "dns? example.com\n");
    story_close(&s);
}

/* Removal --------------------------------------------------------------------------------
 */

static void removed_while_scheduled(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    s.len = 0;
    removed(&s, "alice", "a@example.com");
    assert_null(watch_of(&s, "example.com"));
    pass(&s, DAYS(3));
    expect(&s, "");
    story_close(&s);
}

static void removed_while_dns_is_asked(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    removed(&s, "alice", "a@EXAMPLE.com");
    expect(&s, "dns? example.com\n");
    /* Its slot is taken by another domain, which must not get its answer. */
    verified(&s, "bob", "b@example.net");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.net\n");
    assert_int_equal(core_stats(s.core)->late_answers, 1);
    dns(&s, "example.net", DNS_DELEGATED);
    expect(&s, "moved example.net new > active, 1\n");
    story_close(&s);
}

static void removed_while_a_candidate(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.status_concurrency = 1;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@example.net");
    verified(&s, "carol", "c@example.org");
    dns(&s, "example.com", DNS_ABSENT);
    dns(&s, "example.net", DNS_ABSENT);
    dns(&s, "example.org", DNS_ABSENT);
    expect(&s, "dns? example.com\ndns? example.net\ndns? example.org\n"
               "status? example.com\n");
    assert_int_equal(core_candidates_waiting(s.core), 2);
    deleted(&s, "bob");
    status(&s, "example.com", "active");
    expect(&s, "moved example.com new > active, 1\nstatus? example.org\n");
    assert_int_equal(core_candidates_waiting(s.core), 0);
    story_close(&s);
}

/* Added again, it goes through its own round; its old place in line is void. */
static void removed_and_added_while_a_candidate(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.status_concurrency = 1;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@example.net");
    dns(&s, "example.com", DNS_ABSENT);
    dns(&s, "example.net", DNS_ABSENT);
    s.len = 0;
    removed(&s, "bob", "b@example.net");
    verified(&s, "bob", "b@example.net");
    status(&s, "example.com", "active");
    expect(&s, "dns? example.net\nmoved example.com new > active, 1\n");
    dns(&s, "example.net", DNS_ABSENT);
    expect(&s, "status? example.net\n");
    story_close(&s);
}

static void removed_while_the_api_is_asked(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    removed(&s, "alice", "a@example.com");
    verified(&s, "alice", "a@example.com"); /* the same domain, a watch of its own */
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, ASKED "dns? example.com\n");
    assert_int_equal(core_stats(s.core)->late_answers, 1);
    assert_int_equal(core_stats(s.core)->unverify_decided, 0);
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "status? example.com\n"); /* what the late answer said is not kept */
    story_close(&s);
}

static void removed_while_being_announced(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.outbox = 1;
    story_open(&s, &o);
    s.keep_unconfirmed = true;
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, ASKED MOVED("new", "released"));
    removed(&s, "alice", "a@example.com");
    confirm(&s, 0);
    tick(&s);
    expect(&s, "");
    assert_int_equal(core_publish_pending(s.core), 0);
    story_close(&s);
}

/* What is not said yet when the domain comes back is not said any more. */
static void recovered_while_being_announced(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.outbox = 1;
    story_open(&s, &o);
    s.keep_unconfirmed = true;
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    pass(&s, DAYS(1));
    s.len = 0;
    dns(&s, "example.com", DNS_DELEGATED);
    s.keep_unconfirmed = false;
    confirm(&s, 0);
    tick(&s);
    expect(&s, MOVED("released",
                     "active") "email.domain.recovered example.com released > active, 1\n");
    story_close(&s);
}

/* Three addresses, one message at a time. The one the announcement stands on goes. */
static void the_address_at_the_cursor_is_removed(void **state)
{
    static const char *const order[] = {"carol", "bob", "alice"}; /* the newest first */
    (void)state;
    for (size_t gone = 0; gone < ARRAY_LEN(order); gone++) {
        struct core_options o = story_options();
        o.outbox = 1;
        story_open(&s, &o);
        s.keep_unconfirmed = true;
        verified(&s, "alice", "x@example.com");
        verified(&s, "bob", "x@example.com");
        verified(&s, "carol", "x@example.com");
        loaded(&s);
        dns(&s, "example.com", DNS_ABSENT);
        status(&s, "example.com", WORDS_RELEASED);
        s.len = 0;
        char want[512];
        size_t n = 0;
        for (size_t i = 0; i <= gone; i++) {
            /* its unverify is out, its block_reset waits: the cursor stands on it */
            confirm(&s, 0);
            tick(&s);
            n += (size_t)snprintf(want + n, sizeof want - n,
                                  "email.unverify %s x@example.com " RELEASED, order[i]);
            if (i == gone)
                break;
            confirm(&s, 0);
            tick(&s);
            n += (size_t)snprintf(want + n, sizeof want - n,
                                  "email.block_reset %s x@example.com " RELEASED, order[i]);
        }
        removed(&s, order[gone], "x@example.com");
        s.keep_unconfirmed = false;
        confirm(&s, 0);
        tick(&s);
        for (size_t i = gone + 1; i < ARRAY_LEN(order); i++)
            n += (size_t)snprintf(want + n, sizeof want - n,
                                  "email.unverify %s x@example.com " RELEASED
                                  "email.block_reset %s x@example.com " RELEASED,
                                  order[i], order[i]);
        expect(&s, want);
        story_close(&s);
    }
}

static void a_deleted_account_is_gone_everywhere(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    verified(&s, "alice", "a@example.net");
    verified(&s, "bob", "b@example.com");
    deleted(&s, "alice");
    assert_null(watch_of(&s, "example.net"));
    assert_int_equal(watch_of(&s, "example.com")->addresses, 1);
    dns(&s, "example.net", DNS_ABSENT);
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, "dns? example.com\ndns? example.net\nstatus? example.com\n" MOVED(
                   "new", "pending_delete") "email.unverify bob b@example.com "
                                            "pending_delete domain_deleting high\n");
    story_close(&s);
}

/* Risk -----------------------------------------------------------------------------------
 */

static void verified_knowing(const char *account, const char *email, enum tristate mfa,
                             enum tristate other)
{
    struct account_event ev = event_of(EVENT_VERIFIED, account, email);
    ev.mfa = mfa;
    ev.other_verified = other;
    happened(&s, &ev);
}

static void the_risk_is_the_accounts(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    verified_knowing("alice", "a@example.com", TRI_NO, TRI_NO);
    verified_knowing("bob", "b@example.com", TRI_YES, TRI_YES);
    verified_knowing("#7", "c@example.com", TRI_UNKNOWN, TRI_YES);
    verified_knowing("7", "d@example.com", TRI_NO, TRI_YES);
    mfa_changed(&s, "#7", TRI_YES); /* and not the account "7" */
    mfa_changed(&s, "nobody", TRI_YES);
    mfa_changed(&s, "bob", TRI_NO);
    loaded(&s);
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, "moved example.com new > pending_delete, 4\n"
               "email.domain.phase example.com new > pending_delete, 4\n"
               "email.unverify 7 d@example.com pending_delete domain_deleting high\n"
               "email.unverify #7 c@example.com pending_delete domain_deleting moderate\n"
               "email.unverify bob b@example.com pending_delete domain_deleting high\n"
               "email.unverify alice a@example.com pending_delete domain_deleting "
               "critical\n");
    story_close(&s);
}

static void mfa_changes_every_address_of_the_account(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    verified_knowing("alice", "a@example.com", TRI_NO, TRI_YES);
    verified_knowing("alice", "b@example.com", TRI_NO, TRI_YES);
    verified_knowing("alice", "c@example.com", TRI_NO, TRI_YES);
    mfa_changed(&s, "alice", TRI_YES);
    loaded(&s);
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    status(&s, "example.com", WORDS_DELETING);
    expect(&s,
           "moved example.com new > pending_delete, 3\n"
           "email.domain.phase example.com new > pending_delete, 3\n"
           "email.unverify alice c@example.com pending_delete domain_deleting moderate\n"
           "email.unverify alice b@example.com pending_delete domain_deleting moderate\n"
           "email.unverify alice a@example.com pending_delete domain_deleting "
           "moderate\n");
    story_close(&s);
}

/* Repeated and idle events ---------------------------------------------------------------
 */

static void the_same_event_twice_changes_nothing(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    for (int i = 0; i < 3; i++)
        verified_at(&s, "alice", "a@example.com", STORY_START_MS - 5);
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    verified_at(&s, "alice", "a@example.com", STORY_START_MS - 5);
    expect(&s, "status? example.com\n");
    verified_at(&s, "alice", "a@example.com", STORY_START_MS - 5);
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED);
    pass(&s, HOURS(5));
    verified_at(&s, "alice", "a@EXAMPLE.com", STORY_START_MS - 5);
    expect(&s, "");
    assert_int_equal(core_stats(s.core)->events_without_effect, 5);
    for (int i = 0; i < 2; i++)
        removed(&s, "alice", "a@example.com");
    deleted(&s, "alice");
    mfa_changed(&s, "alice", TRI_YES);
    removed(&s, "bob", "b@example.net");
    expect(&s, "");
    assert_int_equal(core_stats(s.core)->events_without_effect, 9);
    assert_int_equal(core_stats(s.core)->events[EVENT_VERIFIED], 6);
    assert_int_equal(core_stats(s.core)->events[EVENT_REMOVED], 3);
    assert_int_equal(core_stats(s.core)->events[EVENT_DELETED], 1);
    assert_int_equal(core_stats(s.core)->events[EVENT_MFA_CHANGED], 1);
    story_close(&s);
}

/* Events without a time are told apart by when the bus took them, so that a delivery that
 * is repeated is the same verification. */
static void a_repeated_delivery_is_the_same_verification(void **state)
{
    const struct core_options o = story_options();
    const struct account_event ev = event_of(EVENT_VERIFIED, "alice", "a@example.com");
    struct core_event delivery = {.type = CORE_ACCOUNT,
                                  .u.account = {&ev, {STORY_START_MS}}};
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    s.len = 0;
    pass(&s, HOURS(1));
    story_step(&s, &delivery);
    tick(&s);
    expect(&s, "");
    delivery.u.account.at.v++;
    story_step(&s, &delivery);
    tick(&s);
    expect(&s, "dns? example.com\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verified_again_is_asked_again_at_once),
        cmocka_unit_test(verified_again_after_its_domain_came_back),
        cmocka_unit_test(verified_again_while_dns_is_asked),
        cmocka_unit_test(verified_again_while_the_api_is_asked),
        cmocka_unit_test(verified_again_while_its_domain_is_announced),
        cmocka_unit_test(a_new_address_shares_a_young_answer),
        cmocka_unit_test(a_new_address_needs_an_answer_of_its_time),
        cmocka_unit_test(a_new_address_shares_the_question_that_is_out),
        cmocka_unit_test(a_new_address_of_a_good_domain_asks_nothing),
        cmocka_unit_test(removed_while_scheduled),
        cmocka_unit_test(removed_while_dns_is_asked),
        cmocka_unit_test(removed_while_a_candidate),
        cmocka_unit_test(removed_and_added_while_a_candidate),
        cmocka_unit_test(removed_while_the_api_is_asked),
        cmocka_unit_test(removed_while_being_announced),
        cmocka_unit_test(recovered_while_being_announced),
        cmocka_unit_test(the_address_at_the_cursor_is_removed),
        cmocka_unit_test(a_deleted_account_is_gone_everywhere),
        cmocka_unit_test(the_risk_is_the_accounts),
        cmocka_unit_test(mfa_changes_every_address_of_the_account),
        cmocka_unit_test(the_same_event_twice_changes_nothing),
        cmocka_unit_test(a_repeated_delivery_is_the_same_verification),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
