/* Who is asked about when there are more questions than may be put: new verdicts before
 * re-checks, by risk and age; a budget that is used up, that outlives the process, and an
 * API that refuses or fails. Nobody is ever left out. */
#include "unit/core_story.h"

#include "core/state.h"

static struct story s; /* too large for the stack */

static struct core_options options(uint32_t daily_budget)
{
    struct core_options o = story_options();
    o.status_daily_budget = daily_budget;
    return o;
}

static const char *domain_text(int i)
{
    static char text[16];
    snprintf(text, sizeof text, "d%d.com", i);
    return text;
}

/* Domains first .. last, gone from DNS. */
static void absent(int first, int last)
{
    char email[32];
    for (int i = first; i <= last; i++) {
        snprintf(email, sizeof email, "x@%s", domain_text(i));
        verified(&s, "alice", email);
        dns(&s, domain_text(i), DNS_ABSENT);
    }
}

static void answer_all(const char *words)
{
    while (s.status.n > 0) {
        char name[64];
        snprintf(name, sizeof name, "%s", s.status.at[0].name);
        status(&s, name, words);
    }
}

static void all_absent(void)
{
    while (s.dns.n > 0) {
        char name[64];
        snprintf(name, sizeof name, "%s", s.dns.at[0].name);
        dns(&s, name, DNS_ABSENT);
    }
}

static uint64_t questions(void)
{
    return core_stats(s.core)->status_questions;
}

/* Five domains are followed daily; of five questions a day one is kept for what is new. */
static void rechecks_leave_something_for_the_new(void **state)
{
    const struct core_options o = options(5);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 5);
    answer_all(WORDS_DELETING);
    assert_int_equal(questions(), 5);
    pass(&s, DAYS(1));
    all_absent();
    answer_all(WORDS_DELETING);
    assert_int_equal(questions(), 9);
    assert_int_equal(core_candidates_waiting(s.core), 1);
    assert_int_equal(core_budget_left(s.core, s.now), 1);
    s.len = 0;
    pass(&s, 1);
    expect(&s, "");
    verified(&s, "bob", "b@new.com");
    dns(&s, "new.com", DNS_ABSENT);
    expect(&s, "dns? new.com\nstatus? new.com\nbudget exhausted, 1 wait\n");
    status(&s, "new.com", "active");
    assert_int_equal(core_candidates_waiting(s.core), 1);
    pass(&s, DAYS(1)); /* the one that waited, and it alone: the others are due later */
    assert_true(questions() > 10);
    story_close(&s);
}

/* One that the registry has, and DNS has not, was new once. */
static void absent_and_active_is_new_once(void **state)
{
    const struct core_options o = options(5);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 5);
    answer_all("active");
    pass(&s, DAYS(1));
    all_absent();
    answer_all("active");
    assert_int_equal(questions(), 9);
    assert_int_equal(core_candidates_waiting(s.core), 1);
    story_close(&s);
}

/* And one that is doubt time and again is new no more than three times. */
static void doubt_is_not_new_for_ever(void **state)
{
    const struct core_options o = options(5);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 1);
    for (int i = 0; i < 4; i++) {
        status_fails(&s, "d1.com", STATUS_CLIENT_ERROR, 0);
        pass(&s, MINUTES(5 << i));
        dns(&s, "d1.com", DNS_ABSENT);
        assert_int_equal(s.status.n, i < 3);
    }
    assert_int_equal(questions(), 4);
    assert_int_equal(core_candidates_waiting(s.core), 1);
    story_close(&s);
}

/* The three classes of a day, and what is told of it. */
static void the_budget_is_told_once(void **state)
{
    const struct core_options o = options(5);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 3);
    s.len = 0;
    absent(4, 4);
    expect(&s, "dns? d4.com\nstatus? d4.com\nbudget reserved, 0 wait\n");
    absent(5, 5);
    expect(&s, "dns? d5.com\nstatus? d5.com\nbudget exhausted, 0 wait\n");
    absent(6, 9);
    answer_all("dpml"); /* not soon again */
    s.len = 0;
    pass(&s, 6399);
    expect(&s, "");
    assert_int_equal(core_candidates_waiting(s.core), 4);
    pass(&s, 1); /* midnight */
    expect(&s, "budget open, 4 wait\n"
               "status? d6.com\nstatus? d7.com\nstatus? d8.com\nstatus? d9.com\n"
               "budget reserved, 0 wait\n");
    story_close(&s);
}

static void verified_with(const char *email, enum tristate mfa, enum tristate other)
{
    struct account_event ev = event_of(EVENT_VERIFIED, "alice", email);
    ev.mfa = mfa;
    ev.other_verified = other;
    happened(&s, &ev);
    dns(&s, strchr(email, '@') + 1, DNS_ABSENT);
}

static void order_is(const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(s.status.n, 1);
        assert_string_equal(s.status.at[0].name, names[i]);
        status(&s, names[i], "active");
    }
    assert_int_equal(s.status.n, 0);
}

/* More at stake goes first, but not for ever. */
static void by_risk_and_age(void **state)
{
    struct core_options o = options(100);
    static const char *const at_once[] = {"busy.com", "critical.com", "high1.com",
                                          "high2.com", "moderate.com"};
    static const char *const aged[] = {"busy.com", "moderate.com", "critical.com",
                                       "high.com"};
    (void)state;
    o.status_concurrency = 1;
    story_open(&s, &o);
    loaded(&s);
    verified_with("a@busy.com", TRI_YES, TRI_YES);
    verified_with("a@moderate.com", TRI_YES, TRI_YES);
    verified_with("a@high1.com", TRI_NO, TRI_YES);
    verified_with("a@high2.com", TRI_UNKNOWN, TRI_UNKNOWN);
    verified_with("a@critical.com", TRI_NO, TRI_NO);
    order_is(at_once, ARRAY_LEN(at_once));
    story_close(&s);

    story_open(&s, &o);
    loaded(&s);
    verified_with("a@busy.com", TRI_YES, TRI_YES);
    verified_with("a@moderate.com", TRI_YES, TRI_YES);
    pass(&s, DAYS(1) + 1);
    verified_with("a@critical.com", TRI_NO, TRI_NO);
    verified_with("a@high.com", TRI_NO, TRI_YES);
    order_is(aged, ARRAY_LEN(aged));
    story_close(&s);
}

/* The worst-off of a domain's accounts counts. */
static void the_worst_risk_counts(void **state)
{
    struct core_options o = options(100);
    static const char *const order[] = {"busy.com", "two.com", "one.com"};
    struct account_event ev = event_of(EVENT_VERIFIED, "bob", "b@two.com");
    (void)state;
    o.status_concurrency = 1;
    story_open(&s, &o);
    loaded(&s);
    verified_with("a@busy.com", TRI_YES, TRI_YES);
    verified_with("a@one.com", TRI_YES, TRI_YES);
    ev.mfa = ev.other_verified = TRI_NO;
    happened(&s, &ev);
    verified_with("a@two.com", TRI_YES, TRI_YES);
    order_is(order, ARRAY_LEN(order));
    story_close(&s);
}

/* A re-check that waits becomes urgent when an address is verified again. */
static void verified_again_while_it_waits(void **state)
{
    const struct core_options o = options(5);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 5);
    answer_all(WORDS_DELETING);
    pass(&s, DAYS(1));
    all_absent();
    answer_all(WORDS_DELETING);
    int waits = 1;
    while (watch_of(&s, domain_text(waits))->place != PLACE_CANDIDATE)
        waits++;
    char email[32], want[64];
    snprintf(email, sizeof email, "x@%s", domain_text(waits));
    s.len = 0;
    s.now.v++; /* another verification */
    verified(&s, "alice", email);
    snprintf(want, sizeof want, "status? %s\nbudget exhausted, 0 wait\n",
             domain_text(waits));
    expect(&s, want);
    story_close(&s);
}

static void forgotten_while_it_waits(void **state)
{
    struct core_options o = options(5);
    (void)state;
    o.status_concurrency = 1;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 3);
    removed(&s, "alice", "x@d2.com");
    assert_int_equal(core_candidates_waiting(s.core), 1);
    s.len = 0;
    status(&s, "d1.com", "active");
    expect(&s, "moved d1.com new > active, 1\nstatus? d3.com\n");
    story_close(&s);
}

/* Whoever comes and goes while nobody is asked about leaves nothing behind. */
static void a_line_of_those_who_left(void **state)
{
    const struct core_options o = options(1);
    size_t longest = 0;
    (void)state;
    story_open(&s, &o);
    s.trust = true;
    loaded(&s);
    absent(1, 4); /* three wait */
    for (int i = 0; i < 2000; i++) {
        absent(5, 5);
        removed(&s, "alice", "x@d5.com");
        s.len = 0;
        for (size_t risk = 0; risk < RISK_COUNT; risk++) {
            size_t n = s.core->candidates.lines[BUDGET_NEW][risk].n;
            longest = n > longest ? n : longest;
        }
    }
    assert_in_range(longest, 4, 65);
    core_check(s.core);
    assert_int_equal(core_candidates_waiting(s.core), 3);
    pass(&s, 6400); /* and those who stayed are still in their order */
    expect(&s, "budget open, 3 wait\nstatus? d2.com\nbudget exhausted, 2 wait\n");
    story_close(&s);
}

/* Over a restart ------------------------------------------------------------------------
 */

/* The facts of a batch, into another core. return  how many of them are budgets */
static unsigned replay(struct buf *batch, struct core *into)
{
    struct fact_reader r;
    struct fact f;
    unsigned budgets = 0;
    assert_int_equal(fact_batch_end(batch), ST_OK);
    assert_int_equal(fact_reader_init(&r, batch->data, batch->len), ST_OK);
    while (fact_next(&r, &f) == ST_OK) {
        assert_int_equal(core_restore(into, &f), ST_OK);
        budgets += f.kind == FACT_BUDGET;
    }
    return budgets;
}

static unsigned take_facts_into(struct core *into)
{
    struct buf batch = {0};
    assert_int_equal(core_take_facts(s.core, &batch), ST_OK);
    unsigned budgets = replay(&batch, into);
    buf_free(&batch);
    return budgets;
}

static void a_restart_is_no_new_budget(void **state)
{
    struct core_options o = options(5);
    enum status st = ST_OK;
    (void)state;
    o.keeps_journal = true;
    struct core *other = core_new(&o);
    assert_non_null(other);
    story_open(&s, &o);
    loaded(&s);
    absent(1, 3);
    /* three questions, one fact; and one more batch for one more question */
    assert_int_equal(take_facts_into(other), 1);
    assert_int_equal(core_budget_left(other, s.now), 2);
    assert_int_equal(core_facts_size(s.core), 0);
    absent(4, 4);
    assert_true(core_facts_size(s.core) > 0);
    assert_int_equal(take_facts_into(other), 1);
    assert_int_equal(take_facts_into(other), 0);
    assert_int_equal(core_budget_left(other, s.now), 1);
    uint64_t digest = core_digest(s.core);
    story_close(&s);

    story_open(&s, &o);
    core_free(s.core);
    s.core = other;
    assert_true(core_restored(s.core, s.now, UINT32_MAX, &st));
    assert_true(core_digest(s.core) == digest); /* the budget is no part of it */
    loaded(&s);
    all_absent();
    assert_int_equal(s.status.n, 1);
    assert_int_equal(core_candidates_waiting(s.core), 3);
    assert_non_null(strstr(s.text, "budget exhausted, "));
    story_close(&s);
}

static void a_snapshot_has_the_budget(void **state)
{
    const struct core_options o = options(5);
    struct buf batch = {0};
    enum status st = ST_OK;
    (void)state;
    struct core *other = core_new(&o);
    assert_non_null(other);
    story_open(&s, &o);
    loaded(&s);
    absent(1, 3);
    assert_int_equal(fact_batch_begin(&batch), ST_OK);
    core_snapshot_begin(s.core);
    assert_true(core_snapshot(s.core, SIZE_MAX, &batch, &st));
    assert_int_equal(replay(&batch, other), 1);
    assert_int_equal(core_budget_left(other, s.now), 2);
    buf_free(&batch);
    core_free(other);
    story_close(&s);
}

/* Nobody takes the facts: they must not be waited for. */
static void without_a_journal(void **state)
{
    const struct core_options o = options(5);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 3);
    assert_int_equal(core_facts_size(s.core), 0);
    story_close(&s);
}

/* The API in trouble --------------------------------------------------------------------
 */

static void a_failing_api_is_an_alarm_and_nobody_is_lost(void **state)
{
    const struct core_options o = options(10000);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 16);
    for (int i = 1; i <= 9; i++)
        status_fails(&s, domain_text(i), STATUS_UNREACHABLE, 0);
    s.len = 0;
    status_fails(&s, domain_text(10), STATUS_TIMEOUT, 0);
    expect(&s, "api stopped errors, 0 wait\n");
    absent(20, 29); /* they wait */
    for (int i = 11; i <= 16; i++)
        status_fails(&s, domain_text(i), STATUS_SERVER_ERROR, 0);
    s.len = 0;
    assert_int_equal(core_candidates_waiting(s.core), 10);
    assert_int_equal(core_stats(s.core)->status_alarms, 1);
    pass(&s, 29);
    expect(&s, "");
    pass(&s, 1);
    expect(&s, "status? d20.com\n");
    status_fails(&s, "d20.com", STATUS_UNREACHABLE, 0);
    pass(&s, 59);
    expect(&s, "");
    pass(&s, 1);
    expect(&s, "status? d21.com\n");
    status(&s, "d21.com", WORDS_DELETING);
    assert_non_null(strstr(s.text, "api answers after errors, 8 wait\n"));
    assert_int_equal(s.status.n, 8);
    answer_all(WORDS_DELETING);
    /* and those that met the errors come again by themselves */
    for (int i = 0; i < 40; i++) {
        pass(&s, MINUTES(10));
        all_absent();
        answer_all(WORDS_DELETING);
    }
    for (int i = 1; i <= 29; i += i == 16 ? 4 : 1)
        assert_int_equal(watch_of(&s, domain_text(i))->phase, PHASE_PENDING_DELETE);
    assert_int_equal(core_stats(s.core)->status_alarms, 1);
    story_close(&s);
}

/* A refused key: one alarm, however many answers say so; then ever rarer probes. */
static void a_refused_key_is_one_alarm(void **state)
{
    static const int minutes[] = {10, 20, 40, 60, 60};
    const struct core_options o = options(10000);
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    absent(1, 16);
    s.len = 0;
    status_fails(&s, "d1.com", STATUS_UNAUTHORIZED, 0);
    expect(&s, "api stopped key_refused, 0 wait\n"); /* it gets in line just now */
    for (int i = 2; i <= 16; i++)
        status_fails(&s, domain_text(i), STATUS_UNAUTHORIZED, 0);
    expect(&s, "");
    assert_int_equal(core_candidates_waiting(s.core), 16);
    for (size_t i = 0; i < ARRAY_LEN(minutes); i++) {
        pass(&s, MINUTES(minutes[i]) - 1);
        expect(&s, "");
        pass(&s, 1);
        assert_int_equal(s.status.n, 1);
        s.len = 0;
        if (i + 1 < ARRAY_LEN(minutes))
            status_fails(&s, s.status.at[0].name, STATUS_UNAUTHORIZED, 0);
        expect(&s, "");
    }
    answer_all(WORDS_DELETING);
    for (int i = 1; i <= 16; i++)
        assert_int_equal(watch_of(&s, domain_text(i))->phase, PHASE_PENDING_DELETE);
    assert_int_equal(core_stats(s.core)->status_alarms, 1);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rechecks_leave_something_for_the_new),
        cmocka_unit_test(absent_and_active_is_new_once),
        cmocka_unit_test(doubt_is_not_new_for_ever),
        cmocka_unit_test(the_budget_is_told_once),
        cmocka_unit_test(by_risk_and_age),
        cmocka_unit_test(the_worst_risk_counts),
        cmocka_unit_test(verified_again_while_it_waits),
        cmocka_unit_test(forgotten_while_it_waits),
        cmocka_unit_test(a_line_of_those_who_left),
        cmocka_unit_test(a_restart_is_no_new_budget),
        cmocka_unit_test(a_snapshot_has_the_budget),
        cmocka_unit_test(without_a_journal),
        cmocka_unit_test(a_failing_api_is_an_alarm_and_nobody_is_lost),
        cmocka_unit_test(a_refused_key_is_one_alarm),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
