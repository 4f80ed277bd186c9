/* The core as stories: options, counts, and messages to the last byte. */
#include "unit/core_story.h"

static struct story s; /* too large for the stack */

/* Options --------------------------------------------------------------------------------
 */

static void a_dry_run_blocks_nothing(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.dry_run = true;
    open_judged(&s, &o, WORDS_RELEASED);
    expect(&s,
           ASKED MOVED("new",
                       "released") "email.unverify.dryrun alice a@example.com " RELEASED);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.com\n");
    story_close(&s);
}

static void the_subject_is_configured(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.subject = "fleet.mail.lapsed";
    open_judged(&s, &o, WORDS_DELETING);
    expect(&s,
           ASKED MOVED("new", "pending_delete") "fleet.mail.lapsed alice a@example.com "
                                                "pending_delete domain_deleting high\n");
    story_close(&s);
    o.dry_run = true;
    open_judged(&s, &o, WORDS_DELETING);
    expect(&s, ASKED MOVED("new",
                           "pending_delete") "fleet.mail.lapsed.dryrun alice a@example.com "
                                             "pending_delete domain_deleting high\n");
    story_close(&s);
}

static void exempt_domains_are_counted_and_never_asked_about(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.exempt = "gmail.com, example.com";
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@mail.Example.com");
    pass(&s, 10);
    verified(&s, "alice", "a@mail.Example.com");
    verified(&s, "bob", "b@example.com");
    pass(&s, DAYS(40));
    expect(&s, "");
    assert_int_equal(core_stats(s.core)->phases[PHASE_EXEMPT], 1);
    assert_int_equal(watch_of(&s, "example.com")->addresses, 2);
    deleted(&s, "alice");
    deleted(&s, "bob");
    assert_int_equal(core_stats(s.core)->phases[PHASE_EXEMPT], 0);
    story_close(&s);
}

static void private_suffixes_are_reported_only(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@user.github.io");
    expect(&s, "dns? user.github.io\n");
    dns(&s, "user.github.io", DNS_ABSENT);
    expect(&s, "private user.github.io\n");
    pass(&s, DAYS(1));
    dns(&s, "user.github.io", DNS_NOT_DELEGATED);
    expect(&s, "dns? user.github.io\n"); /* once is enough */
    pass(&s, 10);
    verified(&s, "alice", "a@user.github.io");
    dns(&s, "user.github.io", DNS_ABSENT);
    expect(&s, "dns? user.github.io\n");
    pass(&s, DAYS(1));
    dns(&s, "user.github.io", DNS_EXISTS);
    pass(&s, DAYS(1));
    dns(&s, "user.github.io", DNS_ABSENT);
    expect(&s, "dns? user.github.io\ndns? user.github.io\nprivate user.github.io\n");
    assert_int_equal(core_stats(s.core)->phases[PHASE_PRIVATE], 1);
    assert_int_equal(core_stats(s.core)->status_questions, 0);
    story_close(&s);
}

static void without_a_provider_candidates_are_reported(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.provider = NULL;
    story_open(&s, &o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    expect(&s, "dns? example.com\n" MOVED("new", "candidate"));
    for (int day = 0; day < 3; day++) {
        verified(&s, "alice", "a@example.com"); /* again and again: no difference */
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_NOT_DELEGATED);
        s.len = 0;
    }
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, "dns? example.com\n" MOVED("candidate", "active"));
    assert_int_equal(core_stats(s.core)->status_questions, 0);
    assert_int_equal(core_stats(s.core)->unverify_decided, 0);
    story_close(&s);
}

/* Counts ---------------------------------------------------------------------------------
 */

static void phases_are_counted(void **state)
{
    const struct core_options o = story_options();
    const struct core_stats *stats;
    (void)state;
    story_open(&s, &o);
    stats = core_stats(s.core);
    loaded(&s);
    verified_n(&s, 4);
    verified(&s, "bob", "b@user.github.io");
    assert_int_equal(stats->phases[PHASE_NEW], 4);
    assert_int_equal(stats->phases[PHASE_PRIVATE], 1);
    dns(&s, "d1.com", DNS_DELEGATED);
    dns(&s, "d2.com", DNS_ABSENT);
    dns(&s, "d3.com", DNS_ABSENT);
    status(&s, "d2.com", WORDS_RELEASED);
    status(&s, "d3.com", WORDS_REDEMPTION);
    assert_int_equal(stats->phases[PHASE_NEW], 1);
    assert_int_equal(stats->phases[PHASE_ACTIVE], 1);
    assert_int_equal(stats->phases[PHASE_RELEASED], 1);
    assert_int_equal(stats->phases[PHASE_REDEMPTION], 1);
    deleted(&s, "alice");
    deleted(&s, "bob");
    for (int p = 0; p < PHASE_COUNT; p++)
        assert_int_equal(stats->phases[p], 0);
    assert_int_equal(stats->candidates, 2);
    assert_int_equal(stats->dns_questions, 5);
    assert_int_equal(stats->dns_outcomes[DNS_ABSENT], 2);
    assert_int_equal(stats->status_questions, 2);
    assert_int_equal(stats->status_outcomes[STATUS_ANSWERED], 2);
    assert_int_equal(stats->unverify_decided, 1);
    assert_int_equal(stats->unverify_published, 1);
    assert_int_equal(stats->block_published, 1);
    assert_int_equal(stats->domain_published, 2);
    story_close(&s);
}

/* Messages -------------------------------------------------------------------------------
 */

static char bodies[8][2048], ids[64][MESSAGE_ID_SIZE];
static size_t n_bodies, n_ids;

static void keep_body(struct story *story, const struct publication *p)
{
    struct buf b = {0};
    (void)story;
    if (strcmp(p->content_type, "application/json") == 0)
        assert_int_equal(buf_append(&b, p->body.data, p->body.len), ST_OK);
    else
        assert_int_equal(message_to_json(p->body.data, p->body.len, &b), ST_OK);
    assert_true(n_bodies < ARRAY_LEN(bodies) && b.len < sizeof bodies[0]);
    snprintf(bodies[n_bodies++], sizeof bodies[0], "%s %s %.*s", p->subject, p->type,
             (int)b.len, (const char *)b.data);
    buf_free(&b);
}

static void keep_id(struct story *story, const struct publication *p)
{
    (void)story;
    assert_true(n_ids < ARRAY_LEN(ids));
    memcpy(ids[n_ids++], p->id, MESSAGE_ID_SIZE);
}

#define EVIDENCE(words, since)                                                             \
    "\"evidence\":{\"dns\":{\"outcome\":\"absent\",\"soa\":\"com\",\"resolver\":"          \
    "\"192.0.2.53:53\",\"at\":\"2023-11-14T22:13:20Z\"},\"status\":{\"provider\":"         \
    "\"domainr\",\"tokens\":" words ",\"http\":200,\"elapsed_ms\":412,"                    \
    "\"at\":\"2023-11-14T22:13:20Z\"},\"rdap\":null,\"policy\":\"strict\","                \
    "\"confirmed_since\":" since "}"
#define INACTIVE EVIDENCE("[\"undelegated\",\"inactive\"]", "\"2023-11-14T22:13:20Z\"")
#define SAYS(subject, type, id)                                                            \
    subject                                                                                \
        " unverifyd." type ".v1 {\"v\":1,\"id\":\"" id "\",\"account\":\"alice\","         \
        "\"email\":\"a@example.com\",\"domain\":\"example.com\",\"phase\":\"released\","   \
        "\"reason\":\"domain_available\",\"block_password_reset\":true,\"risk\":"          \
        "\"high\"," INACTIVE ",\"decided_at\":\"2023-11-14T22:13:20Z\"}"

static void messages_show_what_they_rest_on(void **state)
{
    (void)state;
    for (int f = WIRE_MSGPACK; f <= WIRE_JSON; f++) {
        struct core_options o = story_options();
        o.format = (enum wire_format)f;
        story_open(&s, &o);
        s.on_publish = keep_body;
        n_bodies = 0;
        loaded(&s);
        verified(&s, "alice", "a@example.com");
        dns(&s, "example.com", DNS_ABSENT);
        status(&s, "example.com", WORDS_RELEASED);
        assert_int_equal(n_bodies, 3);
        assert_string_equal(bodies[0],
                            "email.domain.phase unverifyd.email.domain.phase.v1 "
                            "{\"v\":1,\"domain\":\"example.com\",\"from\":\"new\","
                            "\"to\":\"released\",\"accounts\":1," INACTIVE
                            ",\"at\":\"2023-11-14T22:13:20Z\"}");
        assert_string_equal(bodies[1], SAYS("email.unverify", "email.unverify",
                                            "c004c8c69515f91e68b43d916a706e27"));
        assert_string_equal(bodies[2], SAYS("email.block_reset", "email.block_reset",
                                            "354dc6dbb2b2608031575ce4c73c142f"));
        n_bodies = 0;
        pass(&s, DAYS(1));
        s.now.v = STORY_START_MS + DAY_MS; /* whatever the jitter */
        dns(&s, "example.com", DNS_DELEGATED);
        assert_int_equal(n_bodies, 2);
        assert_string_equal(
            bodies[1],
            "email.domain.recovered unverifyd.email.domain.recovered.v1 "
            "{\"v\":1,\"domain\":\"example.com\",\"from\":\"released\",\"to\":\"active\","
            "\"accounts\":1,\"evidence\":{\"dns\":{\"outcome\":\"delegated\",\"soa\":null,"
            "\"resolver\":\"192.0.2.53:53\",\"at\":\"2023-11-15T22:13:20Z\"},"
            "\"status\":null,\"rdap\":null,\"policy\":\"strict\","
            "\"confirmed_since\":null},\"at\":\"2023-11-15T22:13:20Z\"}");
        story_close(&s);
    }
}

static void confirmed_since_is_when_it_was_first_seen(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    open_judged(&s, &o, WORDS_REDEMPTION);
    s.on_publish = keep_body;
    n_bodies = 0;
    pass(&s, HOURS(24));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_REDEMPTION);
    assert_int_equal(n_bodies, 1);
    assert_non_null(strstr(bodies[0], "\"confirmed_since\":\"2023-11-14T22:13:20Z\"},"
                                      "\"decided_at\":\"2023-11-15T22:13:20Z\""));
    story_close(&s);
}

/* The same move twice is two pieces of news. */
static void a_second_lapse_has_its_own_ids(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    s.on_publish = keep_id;
    n_ids = 0;
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_DELEGATED);
    for (int i = 0; i < 2; i++) {
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_ABSENT);
        status(&s, "example.com", WORDS_DELETING);
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_DELEGATED);
    }
    assert_int_equal(n_ids, 2 * 3 + 1);
    for (size_t i = 0; i < n_ids; i++) {
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    }
    story_close(&s);
}

/* A domain that is forgotten and comes back begins anew: its first move is another one. */
static void a_new_watch_has_its_own_ids(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    s.on_publish = keep_id;
    n_ids = 0;
    loaded(&s);
    for (int i = 0; i < 2; i++) {
        verified_at(&s, "alice", "a@example.com", STORY_START_MS);
        dns(&s, "example.com", DNS_ABSENT);
        status(&s, "example.com", WORDS_DELETING);
        removed(&s, "alice", "a@example.com");
        pass(&s, 1);
    }
    assert_int_equal(n_ids, 4);
    assert_string_not_equal(ids[0], ids[2]);
    /* the address and its verification are the same, and so is what is said of them */
    assert_string_equal(ids[1], ids[3]);
    story_close(&s);
}

static void play(void)
{
    const struct core_options o = story_options();
    story_open(&s, &o);
    s.on_publish = keep_id;
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    verified(&s, "bob", "b@example.com");
    verified(&s, "bob", "b@example.net");
    dns(&s, "example.com", DNS_ABSENT);
    dns(&s, "example.net", DNS_ABSENT);
    status(&s, "example.com", WORDS_RELEASED);
    status(&s, "example.net", WORDS_DELETING);
    pass(&s, 100);
    verified(&s, "bob", "b@example.com");
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_DELETING);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    dns(&s, "example.net", DNS_DELEGATED);
    story_close(&s);
}

static void the_same_events_make_the_same_ids(void **state)
{
    char first[64][MESSAGE_ID_SIZE];
    (void)state;
    n_ids = 0;
    play();
    size_t n = n_ids;
    memcpy(first, ids, sizeof first);
    n_ids = 0;
    play();
    assert_int_equal(n_ids, n);
    assert_int_equal(n, 2 + 4 + 1 + 1 + 1 + 2 * 2);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(ids[i], first[i]);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(ids[i], ids[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dry_run_blocks_nothing),
        cmocka_unit_test(the_subject_is_configured),
        cmocka_unit_test(exempt_domains_are_counted_and_never_asked_about),
        cmocka_unit_test(private_suffixes_are_reported_only),
        cmocka_unit_test(without_a_provider_candidates_are_reported),
        cmocka_unit_test(phases_are_counted),
        cmocka_unit_test(messages_show_what_they_rest_on),
        cmocka_unit_test(confirmed_since_is_when_it_was_first_seen),
        cmocka_unit_test(a_second_lapse_has_its_own_ids),
        cmocka_unit_test(a_new_watch_has_its_own_ids),
        cmocka_unit_test(the_same_events_make_the_same_ids),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
