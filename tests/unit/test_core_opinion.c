/* The core as stories: what the registries say, as a second opinion and as the only one. */
#include "unit/core_story.h"

static struct story s; /* too large for the stack */

#define WORDS_HELD "undelegated active"
#define RDAP "rdap? example.com\n"
#define REDEMPTION "redemption period, pending delete"
#define EXPIRING "redemption domain_expiring high\n"
#define DELETING "pending_delete domain_deleting high\n"

static struct core_options with_opinion(void)
{
    struct core_options o = story_options();
    o.second_opinion = true;
    return o;
}

/* The body of the last message about an address, as JSON. */
static char *last_body;

static void keep_body(struct story *story, const struct publication *p)
{
    if (strncmp(p->subject, "email.domain.", strlen("email.domain.")) != 0) {
        json_t *o = json_of_publication(p);
        free(last_body);
        last_body = json_dumps(json_object_get(o, "evidence"), JSON_COMPACT);
        json_decref(o);
    }
    story_publication(story, p);
}

static void expect_evidence(const char *want)
{
    assert_non_null(last_body);
    assert_string_equal(last_body, want);
    free(last_body);
    last_body = NULL;
}

/* Second opinion -------------------------------------------------------------------------
 */

/* A redemption that the words don't show: confirmed after a day, by both, and told with
 * what both said. */
static void held_is_a_redemption(void **state)
{
    const struct core_options o = with_opinion();
    (void)state;
    open_judged(&s, &o, WORDS_HELD);
    s.on_publish = keep_body;
    expect(&s, ASKED RDAP);
    rdap(&s, "example.com", REDEMPTION, 1400000000);
    expect(&s, MOVED("new", "redemption"));
    pass(&s, HOURS(24));
    expect(&s, "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "status? example.com\n");
    status(&s, "example.com", WORDS_HELD);
    expect(&s, RDAP);
    rdap(&s, "example.com", REDEMPTION, 1400000000);
    expect(&s, UNVERIFY EXPIRING);
    expect_evidence(
        "{\"dns\":{\"outcome\":\"absent\",\"soa\":\"com\",\"resolver\":"
        "\"192.0.2.53:53\",\"at\":\"2023-11-15T22:13:20Z\"},"
        "\"status\":{\"provider\":\"domainr\",\"tokens\":[\"undelegated\",\"active\"],"
        "\"http\":200,\"elapsed_ms\":412,\"at\":\"2023-11-15T22:13:20Z\"},"
        "\"rdap\":{\"server\":\"rdap.example\",\"status\":[\"redemption period\","
        "\"pending delete\"],\"registered\":\"2014-05-13T16:53:20Z\",\"expires\":null,"
        "\"http\":200,\"elapsed_ms\":88,\"at\":\"2023-11-15T22:13:20Z\"},"
        "\"policy\":\"strict\",\"confirmed_since\":\"2023-11-14T22:13:20Z\"}");
    assert_int_equal(core_stats(s.core)->second_opinions, 2);
    /* Followed daily, and to its end. */
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_HELD);
    rdap(&s, "example.com", "pending delete", 1400000000);
    expect(&s, ASKED RDAP MOVED("redemption", "pending_delete"));
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    expect(&s, ASKED MOVED("pending_delete", "released") BLOCK RELEASED);
    story_close(&s);
}

static void each_answer_has_its_consequence(void **state)
{
    static const struct {
        const char *words, *states; /* NULL: free; "": no answer */
        const char *told;
    } rows[] = {
        {WORDS_HELD, "pending delete", MOVED("new", "pending_delete") UNVERIFY DELETING},
        {WORDS_HELD, "client hold", MOVED("new", "held")},
        {WORDS_HELD, "active", MOVED("new", "held")},
        {WORDS_HELD, "", MOVED("new", "held")},
        {WORDS_HELD, NULL, ""},
        {"undelegated", "pending delete", MOVED("new", "pending_delete") UNVERIFY DELETING},
        {"undelegated", "server hold", MOVED("new", "held")},
        {"undelegated", NULL, MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED},
        {"undelegated", "", ""},
        {"active unknown", NULL, ""},
        {"inactive unknown", "active", ""},
    };
    const struct core_options o = with_opinion();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_answered = rows[i].states == NULL || rows[i].states[0] != '\0';
        open_judged(&s, &o, rows[i].words);
        expect(&s, ASKED RDAP);
        if (rows[i].states == NULL)
            rdap_free(&s, "example.com");
        else if (is_answered)
            rdap(&s, "example.com", rows[i].states, 1400000000);
        else
            rdap_fails(&s, "example.com", STATUS_TIMEOUT);
        expect(&s, rows[i].told);
        bool is_doubt = rows[i].told[0] == '\0';
        assert_int_equal(core_stats(s.core)->contradictions, is_doubt && is_answered);
        pass(&s, MINUTES(5));
        expect(&s, is_doubt ? "dns? example.com\n" : ""); /* it is asked again */
        story_close(&s);
    }
}

/* An API that says nothing has given no opinion. */
static void no_opinion_on_trouble(void **state)
{
    static const enum status_outcome outcomes[] = {STATUS_SERVER_ERROR, STATUS_BEST_EFFORT,
                                                   STATUS_TIMEOUT, STATUS_MALFORMED,
                                                   STATUS_EMPTY};
    const struct core_options o = with_opinion();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        story_open(&s, &o);
        loaded(&s);
        verified(&s, "alice", "a@example.com");
        dns(&s, "example.com", DNS_ABSENT);
        status_fails(&s, "example.com", outcomes[i], 0);
        expect(&s, ASKED);
        story_close(&s);
    }
    open_judged(&s, &o, WORDS_RELEASED); /* clear words */
    expect(&s, ASKED MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED);
    story_close(&s);
}

/* "On hold" was never what the redemption rested on: it doesn't end it. */
static void trouble_ends_no_redemption(void **state)
{
    const struct core_options o = with_opinion();
    (void)state;
    open_judged(&s, &o, WORDS_HELD);
    rdap(&s, "example.com", REDEMPTION, 0);
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_HELD);
    rdap_fails(&s, "example.com", STATUS_UNREACHABLE);
    expect(&s, ASKED RDAP MOVED("new", "redemption") ASKED RDAP);
    pass(&s, MINUTES(5));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_HELD);
    rdap(&s, "example.com", REDEMPTION, 0);
    expect(&s, ASKED RDAP UNVERIFY EXPIRING);
    /* Its holder has asked for it back. */
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_HELD);
    rdap(&s, "example.com", "pending delete, pending restore", 0);
    expect(&s, ASKED RDAP MOVED(
                   "redemption",
                   "held") "email.domain.recovered example.com redemption > held, 1\n");
    story_close(&s);
}

/* Where nobody answers RDAP, it is as if there were no second opinion at all. */
static void nobody_to_ask(void **state)
{
    const struct core_options o = with_opinion();
    (void)state;
    open_judged(&s, &o, WORDS_REDEMPTION);
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_HELD);
    rdap_fails(&s, "example.com", STATUS_EMPTY);
    expect(&s, ASKED MOVED("new", "redemption") ASKED RDAP MOVED(
                   "redemption",
                   "held") "email.domain.recovered example.com redemption > held, 1\n");
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_DELEGATED);
    rdap_fails(&s, "example.com", STATUS_EMPTY); /* nor is it waited for */
    expect(&s, "dns? example.com\n" RDAP MOVED("held", "active"));
    for (int day = 0; day < 20; day++) {
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_DELEGATED);
    }
    assert_int_equal(s.rdap.n, 0);
    story_close(&s);
}

/* An answer that is kept is judged with both of its parts. */
static void both_parts_are_kept(void **state)
{
    const struct core_options o = with_opinion();
    (void)state;
    open_judged(&s, &o, WORDS_HELD);
    rdap(&s, "example.com", "client hold", 0);
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED RDAP MOVED("new", "held") "dns? example.com\n");
    assert_int_equal(core_stats(s.core)->status_reused, 1);
    story_close(&s);

    open_judged(&s, &o, "undelegated");
    rdap_free(&s, "example.com");
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED RDAP MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED
           "dns? example.com\n");
    assert_int_equal(core_stats(s.core)->status_reused, 1);
    story_close(&s);
}

/* Verified again while the registry is asked: the answer is not the last word. */
static void verified_again_meanwhile(void **state)
{
    const struct core_options o = with_opinion();
    (void)state;
    open_judged(&s, &o, WORDS_HELD);
    pass(&s, 10);
    verified(&s, "alice", "a@example.com");
    rdap(&s, "example.com", "pending delete", 0);
    expect(&s, ASKED RDAP MOVED("new", "pending_delete") "dns? example.com\n");
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_HELD);
    rdap(&s, "example.com", "pending delete", 0);
    expect(&s, "status? example.com\n" RDAP UNVERIFY DELETING);
    story_close(&s);
}

/* One question at once; who is forgotten, in line or out, is nobody's business. */
static void they_stand_in_line(void **state)
{
    struct core_options o = with_opinion();
    (void)state;
    o.rdap_concurrency = 1;
    story_open(&s, &o);
    loaded(&s);
    verified_n(&s, 4);
    for (int i = 1; i <= 4; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d.com", i);
        dns(&s, name, DNS_ABSENT);
        status(&s, name, WORDS_HELD);
    }
    expect(&s, "dns? d1.com\ndns? d2.com\ndns? d3.com\ndns? d4.com\n"
               "status? d1.com\nrdap? d1.com\n"
               "status? d2.com\nstatus? d3.com\nstatus? d4.com\n");
    removed(&s, "alice", "x@d2.com");
    removed(&s, "alice", "x@d1.com");
    rdap(&s, "d1.com", "pending delete", 0);
    assert_int_equal(core_stats(s.core)->late_answers, 1);
    expect(&s, "rdap? d3.com\n");
    drain(&s);
    rdap(&s, "d3.com", "pending delete", 0);
    expect(&s, "moved d3.com new > pending_delete, 1\n"
               "email.domain.phase d3.com new > pending_delete, 1\n"
               "email.unverify alice x@d3.com pending_delete domain_deleting high\n");
    story_close(&s);
}

static void is_doing(const char *name, const char *doing)
{
    struct buf b = {.data = NULL};
    assert_int_equal(core_describe(s.core, name, &b), ST_OK);
    json_t *o = json_loadb((const char *)b.data, b.len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(o, "doing")), doing);
    json_decref(o);
    buf_free(&b);
}

/* To who asks about a domain meanwhile. */
static void it_is_told_who_is_asked(void **state)
{
    struct core_options o = with_opinion();
    (void)state;
    o.rdap_concurrency = 1;
    story_open(&s, &o);
    loaded(&s);
    verified_n(&s, 2);
    for (int i = 1; i <= 2; i++) {
        const char *name = i == 1 ? "d1.com" : "d2.com";
        dns(&s, name, DNS_ABSENT);
        status(&s, name, WORDS_HELD);
    }
    is_doing("d1.com", "asking_registry");
    is_doing("d2.com", "waiting_for_registry");
    story_close(&s);
}

/* As fast as status.rate, and not all at once. */
static void they_leave_at_a_pace(void **state)
{
    struct core_options o = with_opinion();
    (void)state;
    o.rdap_concurrency = 256;
    o.status_concurrency = 256;
    o.status_rate_per_s = 1;
    o.status_burst = 1000;
    story_open(&s, &o);
    loaded(&s);
    verified_n(&s, 40);
    for (int i = 1; i <= 40; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d.com", i);
        dns(&s, name, DNS_ABSENT);
        status(&s, name, WORDS_HELD);
    }
    size_t at_once = s.rdap.n;
    assert_in_range(at_once, 1, 20);
    pass(&s, 5);
    assert_in_range(s.rdap.n, at_once + 4, at_once + 6);
    pass(&s, 60);
    assert_int_equal(s.rdap.n, 40);
    story_close(&s);
}

/* Who stops asks nobody else: the words decide. */
static void not_while_draining(void **state)
{
    const struct core_options o = with_opinion();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    drain(&s);
    status(&s, "example.com", WORDS_HELD);
    expect(&s, ASKED MOVED("new", "held"));
    story_close(&s);
}

/* The registry is the provider -----------------------------------------------------------
 */

static struct core_options with_registry(void)
{
    struct core_options o = story_options();
    o.provider = "rdap";
    return o;
}

#define ASKED_REGISTRY "dns? example.com\nrdap? example.com\n"

static void open_at_registry(const struct core_options *o)
{
    story_open(&s, o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, ASKED_REGISTRY);
}

static void a_registry_decides(void **state)
{
    static const struct {
        const char *states; /* NULL: free */
        const char *told;
    } rows[] = {
        {REDEMPTION, MOVED("new", "redemption")},
        {"pending delete", MOVED("new", "pending_delete") UNVERIFY DELETING},
        {"client hold", MOVED("new", "held")},
        {"active", "moved example.com new > active, 1\n"},
        {NULL, MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED},
    };
    const struct core_options o = with_registry();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        open_at_registry(&o);
        if (rows[i].states != NULL)
            rdap(&s, "example.com", rows[i].states, 1400000000);
        else
            rdap_free(&s, "example.com");
        expect(&s, rows[i].told);
        assert_int_equal(core_stats(s.core)->status_questions, 0);
        assert_int_equal(core_budget_left(s.core, s.now), 9999); /* it counts */
        story_close(&s);
    }
}

/* Its answer is the status, too: whoever reads only that finds who was asked. */
static void a_registrys_answer_is_told(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_at_registry(&o);
    s.on_publish = keep_body;
    rdap_free(&s, "example.com");
    expect(&s, MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED);
    expect_evidence("{\"dns\":{\"outcome\":\"absent\",\"soa\":\"com\",\"resolver\":"
                    "\"192.0.2.53:53\",\"at\":\"2023-11-14T22:13:20Z\"},"
                    "\"status\":{\"provider\":\"rdap\",\"tokens\":[],\"http\":404,"
                    "\"elapsed_ms\":88,\"at\":\"2023-11-14T22:13:20Z\"},"
                    "\"rdap\":{\"server\":\"rdap.example\",\"status\":[],"
                    "\"registered\":null,\"expires\":null,\"http\":404,\"elapsed_ms\":88,"
                    "\"at\":\"2023-11-14T22:13:20Z\"},\"policy\":\"strict\","
                    "\"confirmed_since\":\"2023-11-14T22:13:20Z\"}");
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.com\n"); /* the kept answer will do */
    assert_int_equal(core_stats(s.core)->status_reused, 1);
    story_close(&s);
}

/* One registry in trouble holds up its own names only. */
static void a_registry_in_trouble(void **state)
{
    static const enum status_outcome outcomes[] = {STATUS_THROTTLED, STATUS_UNAUTHORIZED,
                                                   STATUS_SERVER_ERROR, STATUS_TIMEOUT};
    const struct core_options o = with_registry();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
        open_at_registry(&o);
        rdap_fails(&s, "example.com", outcomes[i]);
        verified(&s, "bob", "b@example.net");
        dns(&s, "example.net", DNS_ABSENT);
        expect(&s, "dns? example.net\nrdap? example.net\n");
        pass(&s, MINUTES(5));
        dns(&s, "example.com", DNS_ABSENT);
        expect(&s, ASKED_REGISTRY);
        story_close(&s);
    }
}

static void a_registry_confirms(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_at_registry(&o);
    rdap(&s, "example.com", REDEMPTION, 1400000000);
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, MOVED("new", "redemption") ASKED_REGISTRY);
    rdap(&s, "example.com", REDEMPTION, 1400000000);
    expect(&s, UNVERIFY EXPIRING);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_is_a_redemption),
        cmocka_unit_test(each_answer_has_its_consequence),
        cmocka_unit_test(no_opinion_on_trouble),
        cmocka_unit_test(trouble_ends_no_redemption),
        cmocka_unit_test(nobody_to_ask),
        cmocka_unit_test(both_parts_are_kept),
        cmocka_unit_test(verified_again_meanwhile),
        cmocka_unit_test(they_stand_in_line),
        cmocka_unit_test(it_is_told_who_is_asked),
        cmocka_unit_test(they_leave_at_a_pace),
        cmocka_unit_test(not_while_draining),
        cmocka_unit_test(a_registry_decides),
        cmocka_unit_test(a_registrys_answer_is_told),
        cmocka_unit_test(a_registry_in_trouble),
        cmocka_unit_test(a_registry_confirms),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
