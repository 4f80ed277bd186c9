/* The core as stories: a resolver that denies everything from one answer to the next, with
 * many domains watched, with and without canaries that tell. */
#include "unit/core_story.h"

#include "unit/dice.h"

enum { MANY = 100000, STRIDE_S = 60 };

static struct story s; /* too large for the stack */

/* What happened of the kinds that matter; the rest of the transcript is dropped. */
static struct tally {
    unsigned surges, over, tests, unverified, moved;
} tally;

static void count_publication(struct story *story, const struct publication *p)
{
    (void)story;
    tally.unverified += strcmp(p->subject, "email.unverify") == 0;
    tally.moved += strcmp(p->subject, "email.domain.phase") == 0;
}

static void count_line(const char *line)
{
    tally.surges += strstr(line, "surge ") == line && strstr(line, "begins") != NULL;
    tally.over += strstr(line, "surge ") == line && strstr(line, "is over") != NULL;
    tally.tests += strcmp(line, "test resolvers") == 0;
}

static void count_text(void)
{
    char *rest = s.text;
    for (char *line; s.len > 0 && (line = strsep(&rest, "\n")) != NULL;)
        count_line(line);
    s.len = 0;
}

static void open_many(struct core_options o)
{
    o.has_rails = o.heeds_surges = true;
    o.rails = (struct rails_options){.per_hour = 100, .share = 0.01, .accounts = 1000};
    memset(&tally, 0, sizeof tally);
    story_open(&s, &o);
    s.trust = true;
    s.on_publish = count_publication;
    loaded(&s);
}

static void watch_one(int i)
{
    char account[16], email[64];
    snprintf(account, sizeof account, "#%d", i);
    snprintf(email, sizeof email, "x@d%d.%s", i, i % 2 ? "com" : "co.uk");
    verified(&s, account, email);
}

/* 0: the resolver says the same of all; else every so many-th domain is gone. */
static int gone_each;

/* Every question that is out is answered; the status API says what is true. */
static void answer(enum dns_outcome outcome)
{
    while (s.dns.n > 0 || s.status.n > 0) {
        char name[64];
        if (s.dns.n > 0) {
            memcpy(name, s.dns.at[s.dns.n - 1].name, sizeof name);
            const long number = strtol(name + 1, NULL, 10);
            const bool is_gone = gone_each > 0 && number % gone_each == 0;
            dns(&s, name, is_gone ? DNS_ABSENT : outcome);
        } else {
            memcpy(name, s.status.at[s.status.n - 1].name, sizeof name);
            status(&s, name, "active");
        }
        count_text();
    }
}

static void answer_for(int seconds, enum dns_outcome outcome)
{
    for (int i = 0; i < seconds; i += STRIDE_S) {
        pass(&s, STRIDE_S);
        count_text();
        answer(outcome);
    }
}

static void tested(bool is_good)
{
    struct core_event ev = {.type = CORE_RESOLVERS_TESTED, .u.resolvers.is_good = is_good};
    story_step(&s, &ev);
    tick(&s);
}

static uint64_t paid(void)
{
    return core_stats(s.core)->status_questions;
}

/* Nothing tells that the resolver lies but the denials themselves, for twelve hours. */
static void a_resolver_that_denies_everything(void **state)
{
    (void)state;
    open_many(story_options());
    for (int i = 1; i <= MANY; i++) {
        watch_one(i);
        answer(DNS_DELEGATED);
    }
    answer_for(DAYS(1), DNS_DELEGATED);
    assert_int_equal(core_stats(s.core)->phases[PHASE_ACTIVE], MANY);
    assert_int_equal(tally.surges, 0);
    assert_int_equal(paid(), 0);

    answer_for(HOURS(12), DNS_ABSENT);
    assert_true(core_stats(s.core)->denials_put_back > MANY / 4);
    assert_int_equal(tally.surges, 1);
    assert_int_equal(tally.tests, 1);
    assert_in_range(paid(), 1, 5);
    tested(true); /* or there are no canaries: known names are not believed to be gone */
    answer_for(HOURS(1), DNS_ABSENT);
    assert_in_range(paid(), 1, 5);
    assert_int_equal(tally.over, 0);

    answer_for(HOURS(12), DNS_DELEGATED);
    core_check(s.core);
    assert_int_equal(tally.surges, 1);
    assert_int_equal(tally.over, 1);
    assert_in_range(paid(), 1, 5);
    assert_int_equal(tally.unverified, 0);
    assert_int_equal(tally.moved, 0);
    assert_int_equal(core_stats(s.core)->phases[PHASE_ACTIVE], MANY);

    /* and one that is really gone is believed to be */
    while (s.dns.n == 0)
        pass(&s, STRIDE_S);
    char name[64];
    memcpy(name, s.dns.at[0].name, sizeof name);
    dns(&s, name, DNS_ABSENT);
    status(&s, name, WORDS_DELETING);
    assert_int_equal(tally.unverified, 1);
    story_close(&s);
}

/* Names never seen before: canaries decide. */
static void an_import_through_a_liar(void **state)
{
    (void)state;
    open_many(story_options());
    for (int i = 1; i <= 2000; i++) {
        watch_one(i);
        answer(DNS_ABSENT);
    }
    assert_int_equal(tally.surges, 1);
    assert_int_equal(tally.tests, 1);
    assert_int_equal(paid(), 8);
    tested(false);
    pass(&s, 30);
    answer(DNS_ABSENT);
    assert_int_equal(paid(), 8);
    answer_for(HOURS(1), DNS_DELEGATED);
    assert_int_equal(tally.over, 1);
    assert_int_equal(paid(), 8);
    assert_int_equal(core_stats(s.core)->phases[PHASE_ACTIVE], 2000);
    story_close(&s);
}

static void an_import_of_dead_names(void **state)
{
    (void)state;
    open_many(story_options());
    for (int i = 1; i <= 500; i++) {
        watch_one(i);
        answer(DNS_ABSENT);
        if (tally.tests == 1) {
            tested(true);
            tally.tests++;
        }
    }
    answer_for(MINUTES(2), DNS_ABSENT); /* the one that was put back comes again */
    assert_int_equal(paid(), 500);
    assert_int_equal(tally.surges, tally.over);
    story_close(&s);
}

/* One in twenty is gone, as a bad import may be. */
static void an_import_with_some_dead_names(void **state)
{
    struct dice d = {3};
    unsigned gone = 0;
    (void)state;
    open_many(story_options());
    for (int i = 1; i <= 20000; i++) {
        const bool is_gone = dice_one_in(&d, 20);
        watch_one(i);
        answer(is_gone ? DNS_ABSENT : DNS_DELEGATED);
        gone += is_gone;
    }
    assert_int_equal(tally.surges, 0);
    assert_int_equal(core_stats(s.core)->candidates, gone);
    story_close(&s);
}

/* After a long outage of our own 3 % are gone: no surge, or a short one; all are found. */
static void after_an_outage(void **state)
{
    (void)state;
    open_many(story_options());
    for (int i = 1; i <= 3000; i++) {
        watch_one(i);
        answer(DNS_DELEGATED);
    }
    gone_each = 33;
    answer_for(DAYS(2), DNS_DELEGATED);
    gone_each = 0;
    assert_true(core_stats(s.core)->candidates >= 3000 / 33);
    assert_int_equal(tally.surges, tally.over);
    story_close(&s);
}

static void a_gone_name_is_never_in_a_surge(void **state)
{
    (void)state;
    open_many(story_options());
    s.trust = false;
    for (int i = 1; i <= 5; i++) {
        watch_one(i);
        answer(DNS_DELEGATED);
    }
    verified(&s, "bob", "b@user.github.io");
    dns(&s, "user.github.io", DNS_ABSENT); /* private: only reported */
    answer_for(DAYS(1), DNS_ABSENT);       /* five known ones */
    assert_int_equal(tally.surges, 0);
    assert_int_equal(paid(), 5);
    answer_for(DAYS(20), DNS_ABSENT); /* gone and registered, day by day */
    assert_int_equal(tally.surges, 0);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resolver_that_denies_everything),
        cmocka_unit_test(an_import_through_a_liar),
        cmocka_unit_test(an_import_of_dead_names),
        cmocka_unit_test(an_import_with_some_dead_names),
        cmocka_unit_test(after_an_outage),
        cmocka_unit_test(a_gone_name_is_never_in_a_surge),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
