/* The core as stories: domains that are in DNS with the name servers of expired ones. */
#include "unit/core_story.h"

#include "core/proof.h"

static struct story s; /* too large for the stack */

/* One address of one parked domain, its registry asked. */
static void open_parked(const char *words)
{
    const struct core_options o = story_options();
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_PARKED);
    expect(&s, ASKED);
    status(&s, "example.com", words);
}

static void is_parked_in_evidence(void)
{
    struct proof_view proof;
    const struct watch *w = watch_of(&s, "example.com");
    assert_true(proof_view(core_registry(s.core), w, &proof));
    assert_int_equal(proof.dns.outcome, DNS_PARKED);
}

static void one_that_expires_is_unverified_when_that_has_held(void **state)
{
    (void)state;
    open_parked("active expiring");
    expect(&s, MOVED("new", "redemption"));
    pass(&s, HOURS(24) - 1);
    dns(&s, "example.com", DNS_PARKED);
    status(&s, "example.com", "active expiring");
    expect(&s, ASKED);
    pass(&s, HOURS(1));
    dns(&s, "example.com", DNS_PARKED);
    status(&s, "example.com", "active expiring");
    expect(&s, ASKED UNVERIFY "redemption domain_expiring high\n");
    is_parked_in_evidence();
    story_close(&s);
}

static void one_that_is_deleted_is_unverified(void **state)
{
    (void)state;
    open_parked("active deleting");
    expect(&s,
           MOVED("new", "pending_delete") UNVERIFY "pending_delete domain_deleting high\n");
    story_close(&s);
}

/* Looked at daily, asked about weekly, and nothing said. */
static void one_that_is_in_order_is_left_alone(void **state)
{
    (void)state;
    open_parked("active parked");
    expect(&s, "moved example.com new > active, 1\n");
    is_parked_in_evidence();
    for (int day = 1; day <= 21; day++) {
        pass(&s, DAYS(1));
        while (s.dns.n > 0)
            dns(&s, "example.com", DNS_PARKED);
        if (s.status.n > 0)
            status(&s, "example.com", "active parked");
    }
    assert_in_range(core_stats(s.core)->status_questions, 3, 4);
    assert_true(core_stats(s.core)->status_reused >= 15);
    assert_true(core_stats(s.core)->dns_outcomes[DNS_PARKED] >= 21);
    assert_int_equal(core_stats(s.core)->unverify_decided, 0);
    assert_int_equal(core_stats(s.core)->domain_published, 0);
    story_close(&s);
}

/* What is delegated is not free: one of the two is wrong. */
static void one_that_is_said_to_be_free_is_doubt(void **state)
{
    (void)state;
    open_parked("inactive");
    expect(&s, "");
    assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_NEW);
    pass(&s, MINUTES(5));
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT); /* it was on its way */
    status(&s, "example.com", "inactive");
    expect(&s, "status? example.com\n" MOVED("new", "released")
                   UNVERIFY RELEASED BLOCK RELEASED);
    story_close(&s);
}

static void doubt_at_the_registry_changes_nothing(void **state)
{
    (void)state;
    open_parked("unknown");
    expect(&s, "");
    status_fails(&s,
                 (pass(&s, MINUTES(5)), dns(&s, "example.com", DNS_PARKED), "example.com"),
                 STATUS_TIMEOUT, 0);
    assert_int_equal(core_stats(s.core)->unverify_decided, 0);
    story_close(&s);
}

/* That it is in DNS again, but there, is no recovery; that its registry has it, is. */
static void parking_is_no_recovery(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_DELETING);
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_PARKED);
    expect(&s, ASKED);
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, "");
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_PARKED);
    status(&s, "example.com", "active parked");
    expect(&s,
           ASKED MOVED(
               "pending_delete",
               "active") "email.domain.recovered example.com pending_delete > active, 1\n");
    story_close(&s);
}

/* What was said while it was free says nothing of the name that is there now. */
static void an_answer_from_before_is_not_reused(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, "undelegated reserved"); /* stands for a month while it is gone */
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_PARKED);
    expect(&s, ASKED);
    status(&s, "example.com", "unknown"); /* nor at the next look, after doubt */
    pass(&s, MINUTES(5));
    dns(&s, "example.com", DNS_PARKED);
    expect(&s, ASKED);
    story_close(&s);
}

/* From parked to redemption: out of DNS, and the registry is asked at once. */
static void leaving_dns_is_asked_about(void **state)
{
    (void)state;
    open_parked("active");
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    s.len = 0;
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, MOVED("active", "pending_delete") UNVERIFY
           "pending_delete domain_deleting high\n");
    story_close(&s);
}

static void back_with_its_own_servers_it_is_in_order(void **state)
{
    (void)state;
    open_parked("active");
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, "dns? example.com\n");
    assert_int_equal(watch_of(&s, "example.com")->evidence, 0);
    story_close(&s);
}

static void without_a_provider_it_is_reported(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.provider = NULL;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_PARKED);
    expect(&s, "dns? example.com\n" MOVED("new", "candidate"));
    story_close(&s);
}

/* Below a private suffix nothing but absence is told. */
static void a_private_name_is_left_alone(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@user.github.io");
    dns(&s, "user.github.io", DNS_PARKED);
    expect(&s, "dns? user.github.io\n");
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_expires_is_unverified_when_that_has_held),
        cmocka_unit_test(one_that_is_deleted_is_unverified),
        cmocka_unit_test(one_that_is_in_order_is_left_alone),
        cmocka_unit_test(one_that_is_said_to_be_free_is_doubt),
        cmocka_unit_test(doubt_at_the_registry_changes_nothing),
        cmocka_unit_test(parking_is_no_recovery),
        cmocka_unit_test(an_answer_from_before_is_not_reused),
        cmocka_unit_test(leaving_dns_is_asked_about),
        cmocka_unit_test(back_with_its_own_servers_it_is_in_order),
        cmocka_unit_test(without_a_provider_it_is_reported),
        cmocka_unit_test(a_private_name_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
