/* The core as stories: domains that were registered again, and addresses that are older
 * than their domain's registration. */
#include "unit/core_story.h"

#include "core/resurrection.h"
#include "proto/fact.h"

static struct story s; /* too large for the stack */

#define RDAP "rdap? example.com\n"
#define DNS "dns? example.com\n"
#define RESURRECTED "resurrected domain_reregistered high block\n"
#define NOW_S (STORY_START_MS / 1000)

static struct core_options with_registry(void)
{
    struct core_options o = story_options();
    o.second_opinion = true;
    return o;
}

/* Registered and in DNS; the first daily look has come, and the registry is asked. */
static void open_looked_at(const struct core_options *o)
{
    story_open(&s, o);
    loaded(&s);
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS "moved example.com new > active, 1\n");
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS RDAP);
}

/* The comparison -------------------------------------------------------------------------
 */

static void a_day_is_the_margin(void **state)
{
    (void)state;
    const uint32_t registered = 1700000000;
    const int64_t same = (int64_t)registered * 1000;
    const int64_t margin = (int64_t)RESURRECTION_MARGIN_S * 1000;
    assert_false(resurrection_voids(registered, same));
    assert_false(resurrection_voids(registered, same + 1));
    assert_false(resurrection_voids(registered, same - 1));
    assert_false(resurrection_voids(registered, same - margin));
    assert_true(resurrection_voids(registered, same - margin - 1000));
    assert_true(resurrection_voids(registered, 0));
    assert_false(resurrection_voids(0, 0)); /* not told */
    assert_false(resurrection_voids(UINT32_MAX, (int64_t)UINT32_MAX * 1000));
    assert_true(resurrection_voids(UINT32_MAX, (int64_t)UINT32_MAX * 1000 - 2 * margin));
    assert_false(resurrection_voids(UINT32_MAX, INT64_MAX));
}

/* A new holder who signs up the same day has registered before he verified; a clock that is
 * off by some hours makes nothing else of it. */
static void the_same_day_is_nothing(void **state)
{
    const struct core_options o = with_registry();
    static const int64_t after[] = {-3600, 0, 5, 3600, 23 * 3600};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(after); i++) {
        open_looked_at(&o);
        rdap(&s, "example.com", "active", NOW_S + after[i]);
        expect(&s, "");
        assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_ACTIVE);
        assert_int_equal(watch_of(&s, "example.com")->registered, NOW_S + after[i]);
        story_close(&s);
    }
}

/* Found in idle time ---------------------------------------------------------------------
 */

/* It lapsed and came back before we were told of the address: DNS never showed it. */
static void only_older_verifications_are_void(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified_at(&s, "alice", "a@example.com", (NOW_S - DAYS(900)) * 1000);
    dns(&s, "example.com", DNS_DELEGATED);
    verified_at(&s, "bob", "b@example.com", (NOW_S - DAYS(300)) * 1000);
    verified_at(&s, "carol", "c@example.com", (NOW_S - DAYS(700)) * 1000);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS "moved example.com new > active, 1\n" DNS RDAP);
    rdap(&s, "example.com", "active", NOW_S - DAYS(500));
    expect(&s, "moved example.com active > resurrected, 3\n"
               "email.domain.phase example.com active > resurrected, 3\n"
               "email.unverify carol c@example.com " RESURRECTED
               "email.block_reset carol c@example.com " RESURRECTED
               "email.unverify alice a@example.com " RESURRECTED
               "email.block_reset alice a@example.com " RESURRECTED);
    /* It stays so, without another question to the registry. */
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS);
    assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_RESURRECTED);
    /* Who verifies again starts afresh: with the last of them, all is well. */
    verified(&s, "alice", "a@example.com");
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS);
    verified(&s, "carol", "c@example.com");
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS "moved example.com resurrected > active, 3\n"
                   "email.domain.phase example.com resurrected > active, 3\n"
                   "email.domain.recovered example.com resurrected > active, 3\n");
    story_close(&s);
}

static char *evidence;

static void keep_evidence(struct story *story, const struct publication *p)
{
    json_t *o = json_of_publication(p);
    free(evidence);
    evidence = json_dumps(json_object_get(o, "evidence"), JSON_COMPACT);
    json_decref(o);
    story_publication(story, p);
}

static void it_is_told_with_the_day(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_looked_at(&o);
    s.now.v += DAYS(2) * SECOND_MS;
    s.on_publish = keep_evidence;
    struct rdap_reply reply = registered_with("active", NOW_S + DAYS(2));
    reply.expires_s = NOW_S + DAYS(367);
    rdap_is(&s, "example.com", &reply);
    expect(&s, MOVED("active", "resurrected") UNVERIFY RESURRECTED BLOCK RESURRECTED);
    assert_string_equal(evidence,
                        "{\"dns\":{\"outcome\":\"delegated\",\"soa\":null,\"resolver\":"
                        "\"192.0.2.53:53\",\"at\":\"2023-11-15T22:13:20Z\"},"
                        "\"status\":null,\"rdap\":{\"server\":\"rdap.example\",\"status\":["
                        "\"active\"],\"registered\":\"2023-11-16T22:13:20Z\",\"expires\":"
                        "\"2024-11-15T22:13:20Z\",\"http\":200,\"elapsed_ms\":88,\"at\":"
                        "\"2023-11-17T22:13:20Z\"},\"policy\":\"strict\","
                        "\"confirmed_since\":\"2023-11-17T22:13:20Z\"}");
    free(evidence);
    evidence = NULL;
    story_close(&s);
}

/* No day, one in the future, or no answer: nothing follows, and it is asked again days
 * later, or a month. */
static void nothing_follows_from_nothing(void **state)
{
    static const struct {
        enum status_outcome outcome;
        bool is_free;
        int64_t registered_s;
        int again_days;
    } rows[] = {
        {STATUS_ANSWERED, false, 0, 30},
        {STATUS_ANSWERED, false, NOW_S + DAYS(400), 30},
        {STATUS_ANSWERED, true, NOW_S + DAYS(2), 3},
        {STATUS_TIMEOUT, false, NOW_S + DAYS(2), 3},
        {STATUS_THROTTLED, false, NOW_S + DAYS(2), 3},
    };
    const struct core_options o = with_registry();
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int days = 0;
        open_looked_at(&o);
        const struct rdap_reply reply = {.outcome = rows[i].outcome,
                                         .is_free = rows[i].is_free,
                                         .registered_s = rows[i].registered_s};
        rdap_is(&s, "example.com", &reply);
        expect(&s, "");
        while (s.rdap.n == 0) {
            pass(&s, DAYS(1));
            days++;
            dns(&s, "example.com", DNS_DELEGATED);
            expect(&s, s.rdap.n == 0 ? DNS : DNS RDAP);
        }
        assert_in_range(days, rows[i].again_days, rows[i].again_days + 5);
        story_close(&s);
    }
}

/* An address that comes in late, verified before the day that is known. */
static void an_old_verification_comes_in(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_looked_at(&o);
    rdap(&s, "example.com", "active", NOW_S - DAYS(500));
    verified_at(&s, "bob", "b@example.com", (NOW_S - DAYS(400)) * 1000);
    expect(&s, "");
    verified_at(&s, "carol", "c@example.com", (NOW_S - DAYS(600)) * 1000);
    expect(&s, DNS);
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, RDAP); /* nothing is said without evidence */
    rdap(&s, "example.com", "active", NOW_S - DAYS(500));
    expect(&s, "moved example.com active > resurrected, 3\n"
               "email.domain.phase example.com active > resurrected, 3\n"
               "email.unverify carol c@example.com " RESURRECTED
               "email.block_reset carol c@example.com " RESURRECTED);
    /* The same event again is no news, nor does it cost a question. */
    verified_at(&s, "carol", "c@example.com", (NOW_S - DAYS(600)) * 1000);
    expect(&s, "");
    assert_int_not_equal(watch_of(&s, "example.com")->looked, 0);
    /* And one more, while the evidence is there. */
    verified_at(&s, "dave", "d@example.com", (NOW_S - DAYS(600)) * 1000);
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS RDAP);
    rdap_fails(&s, "example.com", STATUS_TIMEOUT);
    expect(&s, "email.unverify dave d@example.com " RESURRECTED
               "email.block_reset dave d@example.com " RESURRECTED);
    story_close(&s);
}

/* In idle time not all are asked about at once, nor any with many addresses; whoever is new
 * is not kept waiting. */
static void they_take_turns(void **state)
{
    struct core_options o = with_registry();
    size_t most = 0;
    (void)state;
    o.dns_inflight = 1000;
    o.rdap_concurrency = 100;
    story_open(&s, &o);
    s.trust = true;
    loaded(&s);
    verified_n(&s, 200);
    for (int64_t end = s.now.v + 60 * DAY_MS; s.now.v < end;) {
        while (s.dns.n > 0)
            dns(&s, s.dns.at[0].name, DNS_DELEGATED);
        size_t at_once = s.rdap.n;
        assert_in_range(at_once, 0, 16);
        most = at_once > most ? at_once : most;
        while (s.rdap.n > 0)
            rdap(&s, s.rdap.at[0].name, "active", NOW_S - DAYS(100));
        pass(&s, MINUTES(10));
        s.len = 0;
    }
    assert_int_not_equal(most, 0);
    /* Twice in two months, each of them. */
    uint64_t looks = core_stats(s.core)->registration_looks;
    assert_in_range(looks, 300, 420);
    for (int i = 1; i <= 200; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d.com", i);
        assert_int_not_equal(watch_of(&s, name)->looked, 0);
    }
    core_check(s.core);
    story_close(&s);
}

static void many_addresses_are_not_looked_at(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    for (int i = 0; i < 101; i++) {
        char account[16];
        snprintf(account, sizeof account, "u%d", i);
        verified(&s, account, "a@example.com");
    }
    dns(&s, "example.com", DNS_DELEGATED);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS "moved example.com new > active, 101\n" DNS);
    removed(&s, "u7", "a@example.com");
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS RDAP);
    story_close(&s);
}

/* Came back ------------------------------------------------------------------------------
 */

/* Dropped, and caught by somebody: the last address in danger is the one that was not yet
 * unverified, and resets stay blocked. */
static void caught_after_the_drop(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_judged(&s, &o, WORDS_DELETING);
    expect(&s, ASKED MOVED("new", "pending_delete") UNVERIFY
           "pending_delete domain_deleting high\n");
    pass(&s, DAYS(2));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS RDAP); /* nothing is told before its registry has spoken */
    rdap(&s, "example.com", "add period", NOW_S + DAYS(2) - 30);
    expect(&s, MOVED("pending_delete", "resurrected") BLOCK RESURRECTED);
    story_close(&s);
}

/* Renewed by its holder: the day is the old one. */
static void renewed_in_time(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_judged(&s, &o, WORDS_REDEMPTION);
    pass(&s, HOURS(12));
    expect(&s, ASKED MOVED("new", "redemption"));
    pass(&s, HOURS(12));
    dns(&s, "example.com", DNS_DELEGATED);
    s.on_publish = keep_evidence;
    rdap(&s, "example.com", "active", NOW_S - DAYS(800));
    expect(&s, DNS RDAP MOVED(
                   "redemption",
                   "active") "email.domain.recovered example.com redemption > active, 1\n");
    assert_non_null(strstr(evidence, "\"registered\":\"2021-09-05T22:13:20Z\""));
    free(evidence);
    evidence = NULL;
    /* Looked at just now: not again tomorrow. */
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS);
    story_close(&s);
}

/* Whose it is matters more than to tell of it soon; but not for ever. */
static void its_registry_keeps_silent(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_judged(&s, &o, WORDS_RELEASED);
    pass(&s, DAYS(1));
    expect(&s, ASKED MOVED("new", "released") UNVERIFY RELEASED BLOCK RELEASED DNS);
    for (int tries = 0; tries < 2; tries++) {
        dns(&s, "example.com", DNS_DELEGATED);
        expect(&s, RDAP);
        if (tries == 0)
            rdap_fails(&s, "example.com", STATUS_UNREACHABLE);
        else
            rdap_free(&s, "example.com"); /* it doesn't know yet */
        expect(&s, "");
        pass(&s, MINUTES(5) << tries);
        expect(&s, DNS);
    }
    dns(&s, "example.com", DNS_DELEGATED);
    rdap_fails(&s, "example.com", STATUS_UNREACHABLE);
    expect(&s, RDAP MOVED(
                   "released",
                   "active") "email.domain.recovered example.com released > active, 1\n");
    /* It is asked again in a few days. */
    for (int day = 0; day < 4 && s.rdap.n == 0; day++) {
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_DELEGATED);
    }
    rdap(&s, "example.com", "active", NOW_S + DAYS(1));
    expect(&s, DNS DNS DNS RDAP);
    story_close(&s);
}

/* Held and back; absent for a while only. */
static void gone_for_a_while(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    open_judged(&s, &o, "undelegated active");
    rdap(&s, "example.com", "client hold", NOW_S - DAYS(800));
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    rdap(&s, "example.com", "active", NOW_S - DAYS(800));
    expect(&s, ASKED RDAP MOVED("new", "held") DNS RDAP MOVED("held", "active"));
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status_fails(&s, "example.com", STATUS_TIMEOUT, 0);
    pass(&s, MINUTES(5));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, ASKED DNS RDAP); /* it was looked at yesterday, and gone since */
    rdap(&s, "example.com", "active", NOW_S - DAYS(800));
    expect(&s, "");
    story_close(&s);
}

/* Gone again: it is followed like every other, and what is known stays known. */
static void a_resurrection_goes(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified_at(&s, "alice", "a@example.com", (NOW_S - DAYS(900)) * 1000);
    verified_at(&s, "bob", "b@example.com", (NOW_S - DAYS(90)) * 1000);
    dns(&s, "example.com", DNS_DELEGATED);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    rdap(&s, "example.com", "active", NOW_S - DAYS(500));
    s.len = 0;
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", "active");
    expect(&s, ASKED); /* no recovery: it rests on its day */
    assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_RESURRECTED);
    pass(&s, DAYS(1)); /* no answer is kept for it */
    dns(&s, "example.com", DNS_ABSENT);
    status(&s, "example.com", WORDS_DELETING);
    expect(&s, ASKED "moved example.com resurrected > pending_delete, 2\n"
                     "email.domain.phase example.com resurrected > pending_delete, 2\n"
                     "email.unverify bob b@example.com pending_delete domain_deleting "
                     "high\n");
    story_close(&s);
}

/* The registry as the provider tells the day of an absent domain, too. */
static void on_hold_and_registered_again(void **state)
{
    struct core_options o = story_options();
    (void)state;
    o.provider = "rdap";
    story_open(&s, &o);
    loaded(&s);
    verified_at(&s, "alice", "a@example.com", (NOW_S - DAYS(900)) * 1000);
    dns(&s, "example.com", DNS_NOT_DELEGATED);
    rdap(&s, "example.com", "server hold", NOW_S - DAYS(10));
    expect(&s, DNS RDAP MOVED("new", "resurrected") UNVERIFY RESURRECTED BLOCK RESURRECTED);
    story_close(&s);
}

/* Without a registry to ask, or without a provider, nothing of this happens. */
static void not_without_a_registry(void **state)
{
    struct core_options o = story_options();
    (void)state;
    for (int i = 0; i < 2; i++) {
        o.second_opinion = i == 1;
        o.provider = i == 1 ? NULL : "domainr";
        story_open(&s, &o);
        loaded(&s);
        verified(&s, "alice", "a@example.com");
        dns(&s, "example.com", DNS_DELEGATED);
        pass(&s, DAYS(1));
        dns(&s, "example.com", DNS_DELEGATED);
        expect(&s, DNS "moved example.com new > active, 1\n" DNS);
        story_close(&s);
    }
}

/* Restart --------------------------------------------------------------------------------
 */

/* The whole state read back into a new core, which takes the old one's place. */
static void restart(void)
{
    struct buf facts = {.data = NULL};
    struct fact_reader r;
    struct fact f;
    enum status st = ST_OK;
    struct core *c = core_new(&s.options);
    assert_non_null(c);
    assert_int_equal(fact_batch_begin(&facts), ST_OK);
    core_snapshot_begin(s.core);
    while (!core_snapshot(s.core, SIZE_MAX, &facts, &st))
        assert_int_equal(st, ST_OK);
    assert_int_equal(fact_batch_end(&facts), ST_OK);
    assert_int_equal(fact_reader_init(&r, facts.data, facts.len), ST_OK);
    while ((st = fact_next(&r, &f)) == ST_OK)
        assert_int_equal(core_restore(c, &f), ST_OK);
    assert_int_equal(st, ST_NOT_FOUND);
    assert_true(core_restored(c, s.now, UINT32_MAX, &st));
    assert_int_equal(st, ST_OK);
    /* What was not confirmed is to be said again. */
    assert_int_equal(core_digest(c) == core_digest(s.core),
                     core_publish_pending(s.core) == 0);
    buf_free(&facts);
    core_free(s.core);
    s.core = c;
    memset(&s.pending, 0, sizeof s.pending);
    s.dns.n = s.status.n = s.rdap.n = 0;
    loaded(&s);
}

/* Decided and not confirmed: said again, to the same addresses, with the same evidence. */
static void it_outlives_a_restart(void **state)
{
    const struct core_options o = with_registry();
    (void)state;
    story_open(&s, &o);
    loaded(&s);
    verified_at(&s, "alice", "a@example.com", (NOW_S - DAYS(900)) * 1000);
    verified_at(&s, "bob", "b@example.com", (NOW_S - DAYS(90)) * 1000);
    dns(&s, "example.com", DNS_DELEGATED);
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    s.len = 0;
    s.keep_unconfirmed = true;
    s.on_publish = keep_evidence;
    rdap(&s, "example.com", "active", NOW_S - DAYS(500));
    expect(&s,
           "moved example.com active > resurrected, 2\n"
           "email.domain.phase example.com active > resurrected, 2\n" UNVERIFY RESURRECTED
               BLOCK RESURRECTED);
    char *before = evidence;
    evidence = NULL;
    s.keep_unconfirmed = false;
    restart();
    expect(&s,
           "email.domain.phase example.com active > resurrected, 2\n" UNVERIFY RESURRECTED
               BLOCK RESURRECTED);
    assert_string_equal(evidence, before);
    free(before);
    free(evidence);
    evidence = NULL;
    restart(); /* all is confirmed */
    expect(&s, "");
    pass(&s, DAYS(1));
    dns(&s, "example.com", DNS_DELEGATED);
    expect(&s, DNS);
    assert_int_equal(watch_of(&s, "example.com")->phase, PHASE_RESURRECTED);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_is_the_margin),
        cmocka_unit_test(the_same_day_is_nothing),
        cmocka_unit_test(only_older_verifications_are_void),
        cmocka_unit_test(it_is_told_with_the_day),
        cmocka_unit_test(nothing_follows_from_nothing),
        cmocka_unit_test(an_old_verification_comes_in),
        cmocka_unit_test(they_take_turns),
        cmocka_unit_test(many_addresses_are_not_looked_at),
        cmocka_unit_test(caught_after_the_drop),
        cmocka_unit_test(renewed_in_time),
        cmocka_unit_test(its_registry_keeps_silent),
        cmocka_unit_test(gone_for_a_while),
        cmocka_unit_test(a_resurrection_goes),
        cmocka_unit_test(on_hold_and_registered_again),
        cmocka_unit_test(not_without_a_registry),
        cmocka_unit_test(it_outlives_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
