/* The core as stories: what the safety rails hold, what a person says of it, and that none
 * of it is forgotten. */
#include "unit/core_story.h"

#include "proto/fact.h"
#include "unit/dice.h"

static struct story s;        /* too large for the stack */
static struct buf log_of_all; /* facts since story_open */

static struct core_options rails_options(uint32_t per_hour, double share, uint32_t accounts)
{
    struct core_options o = story_options();
    o.has_rails = true;
    o.keeps_journal = true;
    o.rails =
        (struct rails_options){.per_hour = per_hour, .share = share, .accounts = accounts};
    return o;
}

static void open_rails(const struct core_options *o)
{
    story_open(&s, o);
    assert_int_equal(fact_batch_begin(&log_of_all), ST_OK);
    loaded(&s);
}

/* Facts that have come up, as a log keeps them. */
static void write_log(void)
{
    static struct buf facts;
    assert_int_equal(core_take_facts(s.core, &facts), ST_OK);
    assert_int_equal(
        buf_append(&log_of_all, facts.data + FACT_BATCH_HEAD, facts.len - FACT_BATCH_HEAD),
        ST_OK);
}

static void replay(struct core *to, const struct buf *facts)
{
    struct buf batch = {.data = NULL};
    struct fact_reader r;
    struct fact f;
    enum status st;
    assert_int_equal(buf_append(&batch, facts->data, facts->len), ST_OK);
    assert_int_equal(fact_batch_end(&batch), ST_OK);
    assert_int_equal(fact_reader_init(&r, batch.data, batch.len), ST_OK);
    while ((st = fact_next(&r, &f)) == ST_OK)
        assert_int_equal(core_restore(to, &f), ST_OK);
    assert_int_equal(st, ST_NOT_FOUND);
    buf_free(&batch);
}

/* A new life, from the log or from a snapshot. The digest is as it was. */
static void restart(bool from_snapshot)
{
    enum status st = ST_OK;
    struct core *next = core_new(&s.options);
    assert_non_null(next);
    write_log();
    if (from_snapshot) {
        assert_int_equal(fact_batch_begin(&log_of_all), ST_OK);
        core_snapshot_begin(s.core);
        while (!core_snapshot(s.core, log_of_all.len + 64, &log_of_all, &st))
            assert_int_equal(st, ST_OK);
    }
    assert_int_equal(st, ST_OK);
    replay(next, &log_of_all);
    assert_true(core_digest(next) == core_digest(s.core));
    while (!core_restored(next, s.now, 1, &st))
        assert_int_equal(st, ST_OK);
    core_free(s.core);
    s.core = next;
    s.dns.n = s.status.n = 0;
    memset(s.pending, 0, sizeof s.pending);
    core_check(s.core);
    loaded(&s);
}

static void close_rails(void)
{
    buf_free(&log_of_all);
    story_close(&s);
}

/* A domain with this many addresses lapses, with these words. */
static void lapses(const char *domain, int addresses, const char *words)
{
    char account[16], email[64];
    for (int i = 1; i <= addresses; i++) {
        snprintf(account, sizeof account, "u%d", i);
        snprintf(email, sizeof email, "x@%s", domain);
        verified(&s, account, email);
    }
    dns(&s, domain, DNS_ABSENT);
    status(&s, domain, words);
}

#define LAPSED(domain, phase, n)                                                           \
    "dns? " domain "\nstatus? " domain "\nmoved " domain " new > " phase ", " n "\n"

static enum status approve(const char *domain)
{
    enum status st = core_rule(s.core, domain, true, s.now);
    core_check(s.core);
    tick(&s);
    return st;
}

static enum status reject(const char *domain)
{
    enum status st = core_rule(s.core, domain, false, s.now);
    core_check(s.core);
    tick(&s);
    return st;
}

static uint64_t held(enum rail rail)
{
    return core_holds(s.core)->held[rail];
}

/* Stories --------------------------------------------------------------------------------
 */

#define HELD_D1                                                                            \
    LAPSED("d1.com", "pending_delete", "2")                                                \
    "held d1.com pending_delete, 2 of 2: max_unverify_per_hour 3 > 2\n"                    \
    "email.domain.phase d1.com new > pending_delete, 2\n"                                  \
    "email.domain.held d1.com new > pending_delete, 2: max_unverify_per_hour\n"
#define UNVERIFIED_D1                                                                      \
    "email.unverify u2 x@d1.com pending_delete domain_deleting high\n"                     \
    "email.unverify u1 x@d1.com pending_delete domain_deleting high\n"

/* One address has been unverified within the hour, and two more are too many. */
static void open_held(bool dry_run)
{
    struct core_options o = rails_options(2, 1, 1000);
    o.dry_run = dry_run;
    open_rails(&o);
    lapses("d0.com", 1, WORDS_DELETING);
    s.len = 0;
    lapses("d1.com", 2, WORDS_DELETING);
}

static void held_as_a_whole_and_approved(void **state)
{
    (void)state;
    open_held(false);
    expect(&s, HELD_D1);
    assert_int_equal(held(RAIL_HOUR), 1);
    pass(&s, HOURS(2)); /* nothing is let go by itself */
    expect(&s, "");
    assert_int_equal(approve("d1.com"), ST_OK);
    expect(&s, UNVERIFIED_D1);
    assert_int_equal(held(RAIL_HOUR), 0);
    assert_int_equal(approve("d1.com"), ST_NOT_FOUND);
    assert_int_equal(reject("d1.com"), ST_NOT_FOUND);
    assert_int_equal(approve("d0.com"), ST_NOT_FOUND);
    assert_int_equal(approve("nobody.com"), ST_NOT_FOUND);
    expect(&s, "");
    close_rails();
}

static void rejected_is_not_taken_again(void **state)
{
    (void)state;
    open_held(false);
    s.len = 0;
    assert_int_equal(reject("d1.com"), ST_OK);
    assert_int_equal(held(RAIL_HOUR), 0);
    pass(&s, DAYS(1) + HOURS(4));
    dns(&s, "d1.com", DNS_ABSENT);
    status(&s, "d1.com", WORDS_DELETING);
    dns(&s, "d0.com", DNS_ABSENT);
    status(&s, "d0.com", WORDS_DELETING);
    expect(&s, "dns? d1.com\ndns? d0.com\nstatus? d1.com\nstatus? d0.com\n");
    /* another phase is another decision, and now the hour allows it */
    pass(&s, DAYS(1) + HOURS(4));
    dns(&s, "d1.com", DNS_ABSENT);
    status(&s, "d1.com", WORDS_RELEASED);
    expect(&s, "dns? d1.com\ndns? d0.com\nstatus? d1.com\n"
               "moved d1.com pending_delete > released, 2\n"
               "email.domain.phase d1.com pending_delete > released, 2\n"
               "email.unverify u2 x@d1.com released domain_available high block\n"
               "email.block_reset u2 x@d1.com released domain_available high block\n"
               "email.unverify u1 x@d1.com released domain_available high block\n"
               "email.block_reset u1 x@d1.com released domain_available high block\n");
    close_rails();
}

static void rejected_and_approved_after_all(void **state)
{
    (void)state;
    open_held(false);
    assert_int_equal(reject("d1.com"), ST_OK);
    s.len = 0;
    assert_int_equal(approve("d1.com"), ST_OK);
    expect(&s, UNVERIFIED_D1);
    close_rails();
}

static void a_recovery_drops_it(void **state)
{
    (void)state;
    open_held(false);
    s.len = 0;
    pass(&s, DAYS(1) + HOURS(4));
    dns(&s, "d1.com", DNS_DELEGATED);
    expect(&s, "dns? d1.com\ndns? d0.com\n"
               "moved d1.com pending_delete > active, 2\n"
               "email.domain.phase d1.com pending_delete > active, 2\n"
               "email.domain.recovered d1.com pending_delete > active, 2\n");
    assert_int_equal(core_holds(s.core)->n, 0);
    assert_int_equal(approve("d1.com"), ST_NOT_FOUND);
    close_rails();
}

/* From one bad phase to the next it waits on, and is told again. */
static void the_next_phase_is_held_as_well(void **state)
{
    (void)state;
    open_held(false);
    s.len = 0;
    pass(&s, DAYS(1) + HOURS(4));
    dns(&s, "d1.com", DNS_ABSENT);
    status(&s, "d1.com", WORDS_RELEASED);
    expect(&s, "dns? d1.com\ndns? d0.com\nstatus? d1.com\n"
               "moved d1.com pending_delete > released, 2\n"
               "email.domain.phase d1.com pending_delete > released, 2\n"
               "email.domain.held d1.com pending_delete > released, 2: "
               "max_unverify_per_hour\n");
    assert_int_equal(held(RAIL_HOUR), 1);
    close_rails();
}

static void another_address_is_covered(void **state)
{
    (void)state;
    open_held(false);
    pass(&s, HOURS(2));
    s.len = 0;
    verified(&s, "late", "y@d1.com");
    dns(&s, "d1.com", DNS_ABSENT);
    status(&s, "d1.com", WORDS_DELETING);
    expect(&s, "dns? d1.com\nstatus? d1.com\n");
    assert_int_equal(approve("d1.com"), ST_OK);
    expect(
        &s,
        "email.unverify late y@d1.com pending_delete domain_deleting high\n" UNVERIFIED_D1);
    /* and so is one after the approval */
    verified(&s, "later", "z@d1.com");
    dns(&s, "d1.com", DNS_ABSENT);
    expect(&s, "dns? d1.com\n"
               "email.unverify later z@d1.com pending_delete domain_deleting high\n");
    close_rails();
}

static void a_forgotten_domain_is_held_no_more(void **state)
{
    (void)state;
    open_held(false);
    deleted(&s, "u1");
    assert_int_equal(core_holds(s.core)->n, 1);
    deleted(&s, "u2");
    assert_int_equal(core_holds(s.core)->n, 0);
    assert_int_equal(held(RAIL_HOUR), 0);
    close_rails();
}

static void many_accounts_are_never_acted_on_alone(void **state)
{
    const struct core_options o = rails_options(1000, 1, 2);
    (void)state;
    open_rails(&o);
    lapses("d1.com", 3, WORDS_DELETING);
    expect(&s,
           LAPSED("d1.com", "pending_delete",
                  "3") "held d1.com pending_delete, 3 of 3: max_accounts_per_domain 3 > 2\n"
                       "email.domain.phase d1.com new > pending_delete, 3\n"
                       "email.domain.held d1.com new > pending_delete, 3: "
                       "max_accounts_per_domain\n");
    assert_int_equal(held(RAIL_ACCOUNTS), 1);
    close_rails();
}

static void a_redemption_is_held_when_it_is_confirmed(void **state)
{
    const struct core_options o = rails_options(0, 1, 1000);
    (void)state;
    open_rails(&o);
    lapses("d1.com", 1, WORDS_REDEMPTION);
    expect(&s, LAPSED("d1.com", "redemption",
                      "1") "email.domain.phase d1.com new > redemption, 1\n");
    pass(&s, DAYS(1));
    dns(&s, "d1.com", DNS_ABSENT);
    status(&s, "d1.com", WORDS_REDEMPTION);
    expect(&s, "dns? d1.com\nstatus? d1.com\n"
               "held d1.com redemption, 1 of 1: max_unverify_per_hour 1 > 0\n"
               "email.domain.held d1.com redemption > redemption, 1: "
               "max_unverify_per_hour\n");
    close_rails();
}

/* What has been said is not counted, and not held. */
static void all_said_is_nothing_to_hold(void **state)
{
    const struct core_options o = rails_options(1, 1, 1000);
    (void)state;
    open_rails(&o);
    lapses("d1.com", 1, WORDS_DELETING);
    for (int day = 0; day < 5; day++) {
        pass(&s, DAYS(1) + HOURS(4));
        dns(&s, "d1.com", DNS_ABSENT);
        status(&s, "d1.com", WORDS_DELETING);
    }
    assert_int_equal(core_holds(s.core)->n, 0);
    assert_int_equal(core_stats(s.core)->unverify_decided, 1);
    close_rails();
}

static void a_dry_run_holds_and_approves(void **state)
{
    (void)state;
    open_held(true);
    expect(&s, HELD_D1);
    assert_int_equal(approve("d1.com"), ST_OK);
    expect(&s, "email.unverify.dryrun u2 x@d1.com pending_delete domain_deleting high\n"
               "email.unverify.dryrun u1 x@d1.com pending_delete domain_deleting high\n");
    close_rails();
}

/* All of them ------------------------------------------------------------------------ */

enum { MANY = 200 };

static void open_many(void)
{
    struct core_options o = rails_options(0, 1, 1000);
    char name[32];
    o.outbox = 256;
    open_rails(&o);
    for (int i = 1; i <= MANY; i++) {
        snprintf(name, sizeof name, "d%d.com", i);
        lapses(name, 1, WORDS_DELETING);
    }
    assert_int_equal(held(RAIL_HOUR), MANY);
    s.len = 0;
}

static uint32_t rule_all(bool approve_them)
{
    struct ruling r = {.asked = s.now, .left = UINT32_MAX};
    uint32_t n = 0;
    do {
        n += core_rule_all(s.core, approve_them, &r, 7);
        core_check(s.core);
        tick(&s);
        if (r.left > 50) /* between two parts work goes on */
            deleted(&s, "nobody");
    } while (r.left > 0);
    return n;
}

static void all_are_approved_or_rejected(void **state)
{
    (void)state;
    open_many();
    assert_int_equal(reject("d7.com"), ST_OK);
    assert_int_equal(rule_all(true), MANY - 1);
    assert_int_equal(core_stats(s.core)->unverify_published, MANY - 1);
    assert_int_equal(rule_all(true), 0);
    close_rails();
    open_many();
    assert_int_equal(rule_all(false), MANY);
    assert_int_equal(core_stats(s.core)->unverify_decided, 0);
    assert_int_equal(held(RAIL_HOUR), 0);
    close_rails();
}

/* More than there is room for: the rest is approved when the first are told. */
static void approvals_wait_for_room(void **state)
{
    struct core_options o = rails_options(0, 1, 1000);
    char account[16], email[48], name[32];
    const unsigned n = 6000;
    (void)state;
    o.status_daily_budget = n;
    open_rails(&o);
    s.trust = true;
    for (unsigned i = 1; i <= n; i++) {
        snprintf(account, sizeof account, "#%u", i);
        snprintf(name, sizeof name, "d%u.com", i);
        snprintf(email, sizeof email, "x@%s", name);
        verified(&s, account, email);
        dns(&s, name, DNS_ABSENT);
        status(&s, name, WORDS_DELETING);
        s.now.v += 10; /* the pace is not the matter here */
        s.mono.v += 10;
        s.len = 0;
    }
    assert_int_equal(held(RAIL_HOUR), n);
    s.keep_unconfirmed = true;
    struct ruling r = {.asked = s.now, .left = UINT32_MAX};
    uint32_t ruled = core_rule_all(s.core, true, &r, UINT32_MAX);
    assert_in_range(ruled, 4000, n - 1);
    assert_true(r.left > 0);
    assert_int_equal(core_rule_all(s.core, true, &r, UINT32_MAX), 0);
    snprintf(name, sizeof name, "d%u.com", 1);
    assert_int_equal(core_rule(s.core, name, true, s.now), ST_FULL);
    core_check(s.core);
    s.keep_unconfirmed = false;
    while (r.left > 0) {
        tick(&s);
        s.len = 0;
        ruled += core_rule_all(s.core, true, &r, UINT32_MAX);
    }
    tick(&s);
    core_check(s.core);
    assert_int_equal(ruled, n);
    assert_int_equal(core_stats(s.core)->unverify_published, n);
    close_rails();
}

/* While it goes on, one is held that nobody has seen yet, and others go. */
static void what_comes_after_the_request_is_not_meant(void **state)
{
    (void)state;
    open_many();
    struct ruling r = {.asked = s.now, .left = UINT32_MAX};
    uint32_t n = core_rule_all(s.core, false, &r, 50);
    pass(&s, 5);
    lapses("after.com", 2, WORDS_DELETING);
    removed(&s, "u1", "x@d3.com"); /* after.com takes its place in the table */
    while (r.left > 0)
        n += core_rule_all(s.core, false, &r, 50);
    core_check(s.core);
    assert_int_equal(n, MANY - 1);
    assert_int_equal(held(RAIL_HOUR), 1);
    close_rails();
}

/* Restarts ----------------------------------------------------------------------------- */

static void still_held_after_a_restart(void **state)
{
    (void)state;
    for (int from_snapshot = 0; from_snapshot <= 1; from_snapshot++) {
        open_held(false);
        s.len = 0;
        restart(from_snapshot);
        expect(&s, "");
        assert_int_equal(held(RAIL_HOUR), 1);
        lapses("d2.com", 2, WORDS_DELETING); /* the hour's count is what it was, too */
        s.len = 0;
        assert_int_equal(held(RAIL_HOUR), 2);
        assert_int_equal(approve("d1.com"), ST_OK);
        assert_int_equal(reject("d2.com"), ST_OK);
        assert_int_equal(core_stats(s.core)->unverify_published, 2);
        restart(from_snapshot);
        assert_int_equal(core_holds(s.core)->n, 2);
        assert_int_equal(held(RAIL_HOUR), 0);
        pass(&s, DAYS(2));
        for (int i = 0; i < 2; i++) {
            const char *name = i == 0 ? "d1.com" : "d2.com";
            dns(&s, name, DNS_ABSENT);
            status(&s, name, WORDS_DELETING);
        }
        assert_int_equal(core_stats(s.core)->unverify_decided, 0);
        close_rails();
    }
}

/* It was held, and the bus had not confirmed the message about it. */
static void told_again_with_the_same_id(void **state)
{
    char id[MESSAGE_ID_SIZE];
    (void)state;
    struct core_options o = rails_options(0, 1, 1000);
    open_rails(&o);
    s.keep_unconfirmed = true;
    lapses("d1.com", 1, WORDS_DELETING);
    memcpy(id, s.last_id, sizeof id);
    s.len = 0;
    restart(false);
    expect(&s, "email.domain.phase d1.com new > pending_delete, 1\n"
               "email.domain.held d1.com new > pending_delete, 1: max_unverify_per_hour\n");
    assert_string_equal(s.last_id, id);
    s.keep_unconfirmed = false;
    tick(&s);
    restart(true);
    expect(&s, "");
    close_rails();
}

/* A crash after each decision: a life does not begin with an empty hour. */
static void a_crash_loop_has_one_hour(void **state)
{
    (void)state;
    for (int from_snapshot = 0; from_snapshot <= 1; from_snapshot++) {
        const struct core_options o = rails_options(3, 1, 1000);
        char name[32];
        uint64_t unverified = 0;
        open_rails(&o);
        for (int life = 1; life <= 10; life++) {
            snprintf(name, sizeof name, "d%d.com", life);
            lapses(name, 1, WORDS_DELETING);
            deleted(&s, "u1"); /* as a fleet does: it is unverified, and so not watched */
            unverified += core_stats(s.core)->unverify_decided;
            restart(from_snapshot);
        }
        assert_int_equal(unverified, 3);
        close_rails();
    }
}

/* What has passed is not held halfway, even by a crash in the middle of its messages. */
static void what_has_passed_is_said_to_its_end(void **state)
{
    struct core_options o = rails_options(10, 1, 1000);
    (void)state;
    o.outbox = 4;
    open_rails(&o);
    s.keep_unconfirmed = true;
    lapses("d1.com", 10, WORDS_DELETING);
    assert_int_equal(core_publish_pending(s.core), 4 + 1);
    /* a second answer for the same domain, while the first is being told */
    pass(&s, DAYS(1) + HOURS(4));
    dns(&s, "d1.com", DNS_ABSENT);
    status(&s, "d1.com", WORDS_DELETING);
    assert_int_equal(core_holds(s.core)->n, 0);
    s.keep_unconfirmed = false;
    restart(false);
    assert_int_equal(core_stats(s.core)->unverify_published, 10);
    assert_int_equal(core_holds(s.core)->n, 0);
    close_rails();
}

/* Asked ---------------------------------------------------------------------------------
 */

static json_t *json_of(const struct buf *b)
{
    json_t *o = json_loadb((const char *)b->data, b->len, 0, NULL);
    assert_non_null(o);
    return o;
}

static void what_is_held_is_listed(void **state)
{
    (void)state;
    open_many();
    assert_int_equal(reject("d1.com"), ST_OK);
    for (size_t max = 1; max < (size_t)1 << 20; max *= 4) {
        struct buf b = {.data = NULL};
        struct json_writer w = json_writer_to(&b);
        core_list_held(s.core, max, &w);
        assert_int_equal(w.st, ST_OK);
        assert_true(b.len < max + 1024);
        json_t *o = json_of(&b);
        const json_t *list = json_object_get(o, "held");
        assert_int_equal(json_integer_value(json_object_get(o, "total")), MANY - 1);
        assert_int_equal(json_array_size(list) +
                             (size_t)json_integer_value(json_object_get(o, "more")),
                         MANY - 1);
        assert_true(max < 65536 || json_array_size(list) == MANY - 1);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *one = json_array_get(list, i);
            assert_string_not_equal(text_of(one, "domain"), "d1.com");
            assert_string_equal(text_of(one, "rail"), "max_unverify_per_hour");
            assert_string_equal(text_of(one, "phase"), "pending_delete");
        }
        json_decref(o);
        buf_free(&b);
    }
    close_rails();
}

static void described(const char *domain, const char *phase, const char *doing,
                      const char *hold)
{
    struct buf b = {.data = NULL};
    assert_int_equal(core_describe(s.core, domain, &b), ST_OK);
    json_t *o = json_of(&b);
    assert_string_equal(text_of(o, "phase"), phase);
    assert_string_equal(text_of(o, "doing"), doing);
    const json_t *held_as = json_object_get(o, "held");
    assert_string_equal(json_is_null(held_as) ? "no" : text_of(held_as, "state"), hold);
    json_decref(o);
    buf_free(&b);
}

static void a_domain_is_described(void **state)
{
    struct buf b = {.data = NULL};
    (void)state;
    open_held(false);
    assert_int_equal(core_describe(s.core, "nobody.com", &b), ST_NOT_FOUND);
    described("d0.com", "pending_delete", "waiting", "no");
    described("d1.com", "pending_delete", "waiting", "held");
    assert_int_equal(reject("d1.com"), ST_OK);
    described("d1.com", "pending_delete", "waiting", "rejected");
    assert_int_equal(approve("d1.com"), ST_OK);
    described("d1.com", "pending_delete", "waiting", "approved");
    verified(&s, "u1", "x@d2.com");
    described("d2.com", "new", "asking_dns", "no");
    dns(&s, "d2.com", DNS_ABSENT);
    described("d2.com", "new", "asking_status", "no");
    buf_free(&b);
    close_rails();
}

/* Suffixes ------------------------------------------------------------------------------
 */

enum { BELOW = 30 };

static void a_dark_suffix_is_held_as_a_whole(void **state)
{
    struct core_options o = rails_options(1000, 1, 1000);
    char name[32], email[48];
    (void)state;
    open_rails(&o);
    for (int tld = 0; tld < 2; tld++) {
        for (int i = 1; i <= BELOW; i++) {
            snprintf(name, sizeof name, "d%d.%s", i, tld == 0 ? "org" : "net");
            snprintf(email, sizeof email, "x@%s", name);
            verified(&s, "alice", email);
            dns(&s, name, DNS_DELEGATED);
        }
    }
    pass(&s, DAYS(2)); /* all are asked about again */
    s.len = 0;
    int dark_at = 0;
    for (int i = 1; i <= BELOW; i++) {
        snprintf(name, sizeof name, "d%d.org", i);
        dns(&s, name, DNS_ABSENT);
        status(&s, name, WORDS_DELETING);
        if (dark_at == 0 && s.text != NULL && strstr(s.text, "dark org\n") != NULL)
            dark_at = i;
        assert_int_equal(held(RAIL_SUFFIX_DARK), dark_at == 0 ? 0 : i - dark_at + 1);
    }
    assert_in_range(dark_at, 10, 16);
    /* another suffix is not concerned */
    dns(&s, "d1.net", DNS_ABSENT);
    status(&s, "d1.net", WORDS_DELETING);
    assert_int_equal(held(RAIL_SUFFIX_DARK), BELOW - dark_at + 1);
    assert_int_equal(core_stats(s.core)->unverify_decided, (uint64_t)dark_at - 1 + 1);
    /* nor is it found in order by a restart, but when a day is over */
    restart(true);
    lapses("late.org", 1, WORDS_DELETING);
    assert_int_equal(held(RAIL_SUFFIX_DARK), BELOW - dark_at + 2);
    pass(&s, DAYS(1));
    lapses("later.org", 1, WORDS_DELETING);
    assert_int_equal(held(RAIL_SUFFIX_DARK), BELOW - dark_at + 2);
    close_rails();
}

/* Chance --------------------------------------------------------------------------------
 */

enum { DOMAINS = 12, PER_HOUR = 5 };

struct acts {
    int64_t at[100000];
    size_t n;
} acts;

/* What was not approved keeps to the limit in every hour. */
static void count_act(struct story *story, const struct publication *p)
{
    if (strcmp(p->subject, "email.unverify") == 0) {
        assert_true(acts.n < ARRAY_LEN(acts.at));
        acts.at[acts.n++] = story->now.v;
    }
}

static void one_step(struct dice *d, bool may_approve)
{
    static const char *const words[] = {WORDS_DELETING, WORDS_RELEASED, WORDS_REDEMPTION,
                                        "active", "unknown"};
    char name[64], account[16], email[80];
    snprintf(name, sizeof name, "d%u.com", dice_below(d, DOMAINS));
    snprintf(account, sizeof account, "u%u", dice_below(d, 4));
    snprintf(email, sizeof email, "x@%s", name);
    switch (dice_below(d, 12)) {
    case 0:
    case 1:
    case 2:
        verified_at(&s, account, email, s.now.v);
        break;
    case 3:
        removed(&s, account, email);
        break;
    case 4:
        if (may_approve)
            (void)approve(name);
        break;
    case 5:
        (void)reject(name);
        break;
    case 6:
        /* An address that comes to a domain whose decision has passed is part of it. */
        if (s.dns.n == 0 && s.status.n == 0)
            restart(dice_one_in(d, 2));
        break;
    case 7:
        pass(&s, (int)dice_below(d, HOURS(3)));
        break;
    default:
        if (s.status.n > 0) {
            snprintf(name, sizeof name, "%s",
                     s.status.at[dice_below(d, (uint32_t)s.status.n)].name);
            status(&s, name, words[dice_below(d, ARRAY_LEN(words))]);
        } else if (s.dns.n > 0) {
            snprintf(name, sizeof name, "%s",
                     s.dns.at[dice_below(d, (uint32_t)s.dns.n)].name);
            dns(&s, name, dice_one_in(d, 4) ? DNS_DELEGATED : DNS_ABSENT);
        }
    }
    s.len = 0;
}

static void by_chance(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct dice d = {seed};
        const bool may_approve = seed % 2 == 0;
        const struct core_options o = rails_options(PER_HOUR, 1, 3);
        acts.n = 0;
        open_rails(&o);
        s.on_publish = may_approve ? NULL : count_act;
        for (int i = 0; i < 4000; i++)
            one_step(&d, may_approve);
        for (size_t i = PER_HOUR; i < acts.n; i++)
            assert_true(acts.at[i] - acts.at[i - PER_HOUR] >= (int64_t)HOUR_MS);
        assert_true(may_approve || acts.n > PER_HOUR);
        close_rails();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_as_a_whole_and_approved),
        cmocka_unit_test(rejected_is_not_taken_again),
        cmocka_unit_test(rejected_and_approved_after_all),
        cmocka_unit_test(a_recovery_drops_it),
        cmocka_unit_test(the_next_phase_is_held_as_well),
        cmocka_unit_test(another_address_is_covered),
        cmocka_unit_test(a_forgotten_domain_is_held_no_more),
        cmocka_unit_test(many_accounts_are_never_acted_on_alone),
        cmocka_unit_test(a_redemption_is_held_when_it_is_confirmed),
        cmocka_unit_test(all_said_is_nothing_to_hold),
        cmocka_unit_test(a_dry_run_holds_and_approves),
        cmocka_unit_test(all_are_approved_or_rejected),
        cmocka_unit_test(approvals_wait_for_room),
        cmocka_unit_test(what_comes_after_the_request_is_not_meant),
        cmocka_unit_test(still_held_after_a_restart),
        cmocka_unit_test(told_again_with_the_same_id),
        cmocka_unit_test(a_crash_loop_has_one_hour),
        cmocka_unit_test(what_has_passed_is_said_to_its_end),
        cmocka_unit_test(what_is_held_is_listed),
        cmocka_unit_test(a_domain_is_described),
        cmocka_unit_test(a_dark_suffix_is_held_as_a_whole),
        cmocka_unit_test(by_chance),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
