/* The core under other policies than strict: what is said, with which phase and reason, and
 * that it is over when the domain is in order again. */
#include "unit/core_story.h"

static struct story s; /* too large for the stack */

static struct core_options options(const char *preset)
{
    struct core_options o = story_options();
    o.preset = preset;
    return o;
}

static void pypi_acts_on_doubt_by_its_own_rule(void **state)
{
    const struct core_options o = options("pypi");
    (void)state;
    open_judged(&s, &o, "undelegated");
    expect(&s, ASKED MOVED("new", "candidate") UNVERIFY "candidate preset_match high\n");
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", "undelegated unknown");
    expect(&s, ASKED); /* said once */
    pass(&s, MINUTES(2));
    verified(&s, "bob", "b@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED); /* no old answer will do for a new address */
    status(&s, "example.com", "undelegated active");
    expect(&s, "moved example.com candidate > held, 2\n"
               "email.domain.phase example.com candidate > held, 2\n"
               "email.unverify bob b@example.com held preset_match high\n");
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, "dns? example.com\nmoved example.com held > active, 2\n"
               "email.domain.phase example.com held > active, 2\n"
               "email.domain.recovered example.com held > active, 2\n");
    story_close(&s);
}

/* A time-out dressed as an answer, and errors, are no words: whatever the preset. */
static void no_preset_acts_without_an_answer(void **state)
{
    static const char *const presets[] = {"strict", "pypi", "rubygems"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(presets); i++) {
        const struct core_options o = options(presets[i]);
        story_open(&s, &o);
        loaded(&s);
        verified(&s, "alice", "a@example.com");
        for (int outcome = STATUS_ANSWERED + 1; outcome < STATUS_OUTCOME_COUNT; outcome++) {
            if (outcome == STATUS_UNAUTHORIZED || outcome == STATUS_THROTTLED)
                continue; /* the question is put again */
            if (s.dns.n > 0)
                dns(&s, "example.com", DNS_ABSENT);
            struct status_reply reply = {.outcome = (enum status_outcome)outcome,
                                         .http = 200,
                                         .words = "undelegated unknown inactive"};
            status_is(&s, "example.com", &reply);
            assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_NEW);
            pass(&s, HOURS(6));
        }
        assert_int_equal(core_stats(s.core)->unverify_decided, 0);
        story_close(&s);
    }
}

static void released_blocks_under_every_preset(void **state)
{
    const struct core_options o = options("pypi");
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    expect(&s, ASKED MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED);
    story_close(&s);
}

static void a_table_of_ones_own(void **state)
{
    struct core_options o = options("strict");
    (void)state;
    o.unverify_on = "inactive";
    o.release_on = "premium";
    open_judged(&s, &o, WORDS_REDEMPTION);
    expect(&s, ASKED MOVED("new", "redemption"));
    for (int day = 0; day < 3; day++) { /* followed, never acted on, and not in a rush */
        pass(&s, DAYS(1) + HOURS(1));
        while (s.dns.n > 0)
            dns(&s, "example.com", DNS_ABSENT);
        while (s.status.n > 0)
            status(&s, "example.com", WORDS_REDEMPTION);
    }
    assert_in_range(core_stats(s.core)->status_questions, 4, 6);
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, ASKED MOVED("redemption", "released") UNVERIFY
           "released domain_available high\n");
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", "undelegated premium");
    expect(&s, ASKED UNVERIFY "released preset_match high block\n" BLOCK
                              "released preset_match high block\n");
    story_close(&s);
}

/* Of a domain that is there, parked, the MX is not known; of one that is gone, none is. */
static void rubygems_acts_where_there_is_no_mx(void **state)
{
    const struct core_options o = options("rubygems");
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_PARKED);
    status(&s, "example.com", "active expiring");
    assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_REDEMPTION);
    pass(&s, DAYS(2));
    dns(&s, "example.com", DNS_PARKED);
    status(&s, "example.com", "active expiring");
    assert_int_equal(core_stats(s.core)->unverify_decided, 0);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", "undelegated active expiring");
    pass(&s, 1);
    assert_int_equal(core_stats(s.core)->unverify_decided, 1);
    story_close(&s);
}

static void no_core_with_a_policy_that_is_none(void **state)
{
    struct core_options o = options("npm");
    (void)state;
    assert_null(core_new(&o));
    o = options("strict");
    o.unverify_on = "active";
    assert_null(core_new(&o));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pypi_acts_on_doubt_by_its_own_rule),
        cmocka_unit_test(no_preset_acts_without_an_answer),
        cmocka_unit_test(released_blocks_under_every_preset),
        cmocka_unit_test(a_table_of_ones_own),
        cmocka_unit_test(rubygems_acts_where_there_is_no_mx),
        cmocka_unit_test(no_core_with_a_policy_that_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
