/* The schedule at scale, in virtual time: an even flow after an import, a backlog that is
 * worked off without a burst and in order of age, new domains that never wait for it. */
#include "unit/account_of.h"

#include "core/core.h"
#include "core/flow.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define DAY_S 86400
#define START_MS INT64_C(1700000000000)

enum { CROWD = 50000, ASKS_MAX = 4096, MINUTES_MAX = 8 * 24 * 60 };

struct ask {
    uint64_t token;
    uint32_t slot;
};

struct sim {
    struct core_options options;
    struct core *core;
    struct effects fx;
    struct wall_ms now;
    struct mono_ms mono;
    enum dns_outcome outcome; /* of every question */
    bool is_silent;           /* questions stay out */
    struct ask asks[ASKS_MAX];
    size_t n_asks;
    uint32_t minute[MINUTES_MAX]; /* questions, by minute since the start */
    bool checks_order;            /* the longest overdue first */
    uint32_t last_due;
    uint32_t last_slot; /* asked last */
};

static struct sim s;

static struct core_options options(void)
{
    return (struct core_options){
        .dns_interval_s = DAY_S,
        .recheck_s = 30 * DAY_S,
        .confirm_s = DAY_S,
        .dns_inflight = 1000,
        .status_concurrency = 1,
        .status_rate_per_s = 1,
        .status_burst = 1,
        .status_daily_budget = 1,
        .preset = "strict",
        .subject = "email.unverify",
        .format = WIRE_MSGPACK,
        .outbox = 16,
    };
}

static void open_sim(const struct core_options *o)
{
    memset(&s, 0, sizeof s);
    s.options = *o;
    s.core = core_new(&s.options);
    assert_non_null(s.core);
    s.now.v = START_MS;
    s.mono.v = 1000;
    s.outcome = DNS_DELEGATED;
}

static size_t minute_now(void)
{
    return (size_t)((s.now.v - START_MS) / MINUTE_MS);
}

/* ev: NULL for a tick. */
static void step(struct core_event *ev)
{
    struct core_event tick = {.type = CORE_TICK};
    ev = ev != NULL ? ev : &tick;
    ev->now = s.now;
    ev->mono = s.mono;
    assert_int_equal(core_step(s.core, ev, &s.fx), ST_OK);
    for (size_t i = 0; i < s.fx.n; i++) {
        const struct effect *e = &s.fx.at[i];
        if (e->type != FX_ASK_DNS)
            continue;
        uint32_t slot = watch_ref_of_token(e->u.ask.token).slot;
        uint32_t due = registry_watch(core_registry(s.core), slot)->due;
        assert_true(s.n_asks < ASKS_MAX);
        s.asks[s.n_asks++] = (struct ask){.token = e->u.ask.token, .slot = slot};
        assert_true(minute_now() < MINUTES_MAX);
        s.minute[minute_now()]++;
        s.last_slot = slot;
        if (s.checks_order && due != 0) {
            assert_true(due >= s.last_due);
            s.last_due = due;
        }
    }
}

static void answer_all(void)
{
    static struct dns_answer answer;
    while (s.n_asks > 0 && !s.is_silent) {
        answer.outcome = s.outcome;
        struct core_event ev = {.type = CORE_DNS_DONE,
                                .u.dns = {.token = s.asks[--s.n_asks].token,
                                          .answer = &answer,
                                          .resolver = "192.0.2.53:53"}};
        step(&ev);
    }
}

/* One turn of the loop, and those that it asks for at once. */
static void turn(void)
{
    bool more = true;
    while (more) {
        step(NULL);
        more = s.fx.more;
        answer_all();
    }
}

static void pass(int64_t seconds)
{
    const int64_t until = s.now.v + seconds * SECOND_MS;
    while (s.now.v < until) {
        int64_t wait = (int64_t)core_wait_ms(s.core, s.now, s.mono);
        wait = wait == 0 ? 1 : wait;
        wait = wait < until - s.now.v ? wait : until - s.now.v;
        s.now.v += wait;
        s.mono.v += (uint64_t)wait;
        turn();
    }
}

static void verified(unsigned i, const char *tld)
{
    char account[16], email[64];
    snprintf(account, sizeof account, "#%u", i);
    snprintf(email, sizeof email, "x@domain%u.%s", i, tld);
    struct account_event event = event_of(EVENT_VERIFIED, account, email);
    struct core_event ev = {.type = CORE_ACCOUNT, .u.account = {&event, s.now}};
    step(&ev);
}

static void import(unsigned n, const char *tld)
{
    struct core_event ev = {.type = CORE_LOADED};
    for (unsigned i = 0; i < n; i++)
        verified(i, tld);
    step(&ev);
    turn();
}

static uint64_t asked(void)
{
    return core_stats(s.core)->dns_questions;
}

/* The most questions in one minute, from minute `from` to now. */
static uint32_t peak(size_t from)
{
    uint32_t most = 0;
    for (size_t i = from; i <= minute_now(); i++)
        most = s.minute[i] > most ? s.minute[i] : most;
    return most;
}

/* Seconds since the oldest completed check. */
static int64_t oldest_check(void)
{
    const struct registry *r = core_registry(s.core);
    int64_t oldest = s.now.v / SECOND_MS;
    for (uint32_t slot = 1; slot < r->next_slot; slot++) {
        int64_t checked = registry_watch(r, slot)->checked;
        oldest = checked < oldest ? checked : oldest;
    }
    return s.now.v / SECOND_MS - oldest;
}

static int64_t most_overdue(void)
{
    const struct registry *r = core_registry(s.core);
    int64_t now_s = s.now.v / SECOND_MS, most = 0;
    for (uint32_t slot = 1; slot < r->next_slot; slot++) {
        int64_t late = now_s - (int64_t)registry_watch(r, slot)->due;
        most = late > most ? late : most;
    }
    return most;
}

#define EVEN_A_MINUTE (CROWD / (24 * 60))

static void an_import_is_even_from_then_on(void **state)
{
    enum { SPAN = 30 }; /* minutes that are counted together: some 1,000 questions */
    const struct core_options o = options();
    (void)state;
    open_sim(&o);
    import(CROWD, "com");
    assert_int_equal(asked(), CROWD); /* new domains: at once, all of them */
    for (int day = 0; day < 3; day++) {
        pass(DAY_S);
        assert_true(oldest_check() <= DAY_S);
        assert_true(most_overdue() <= 1);
    }
    /* each comes up to a tenth of a day early: 1.0 to 1.1 times a day */
    uint64_t looks = asked() - CROWD;
    assert_in_range(looks, 3 * CROWD, 33 * CROWD / 10);
    uint64_t mean = looks * SPAN / (3 * 24 * 60);
    for (size_t i = 1; i + SPAN < (size_t)3 * 24 * 60; i += SPAN) {
        uint64_t n = 0;
        for (size_t k = i; k < i + SPAN; k++)
            n += s.minute[k];
        assert_in_range(n, mean * 85 / 100, mean * 115 / 100);
    }
    assert_true(peak(1) < 2 * EVEN_A_MINUTE); /* chance included */
    core_check(s.core);
    core_free(s.core);
}

/* Half a day without the process: what has come due meanwhile is worked off at a few times
 * the even rate, the oldest first; nobody goes without a check for as long as was
 * promised. */
static void a_backlog_is_spread(void **state)
{
    const struct core_options o = options();
    (void)state;
    open_sim(&o);
    import(CROWD, "com");
    pass(DAY_S);
    s.now.v += 12 * HOUR_MS;
    s.mono.v += 12 * (uint64_t)HOUR_MS;
    size_t back = minute_now();
    s.checks_order = true;
    int64_t oldest = 0;
    unsigned minutes = 0;
    for (; most_overdue() > 1 && minutes < 12 * 60; minutes++) {
        pass(MINUTE_S);
        oldest = oldest_check() > oldest ? oldest_check() : oldest;
    }
    s.checks_order = false;
    /* half of all, and what comes due meanwhile: some of it twice, since who was late is
     * spread anew */
    assert_in_range(minutes, 5 * 60, 11 * 60);
    uint32_t most = peak(back);
    assert_in_range(most, 2 * EVEN_A_MINUTE,
                    (FLOW_HEADROOM + 1) * EVEN_A_MINUTE + 16); /* one burst */
    assert_true(oldest <= 2 * DAY_S);
    /* and the days after know little of it: who was late comes at any time now */
    size_t after = minute_now() + 60;
    pass(2 * DAY_S);
    assert_true(peak(after) < 5 * EVEN_A_MINUTE / 2);
    core_check(s.core);
    core_free(s.core);
}

/* Half a day without DNS: each question ends in doubt. The retries are bounded as well, and
 * afterwards everybody is looked at again. */
static void an_outage_of_dns_is_no_storm(void **state)
{
    const struct core_options o = options();
    (void)state;
    open_sim(&o);
    import(CROWD / 5, "com");
    pass(DAY_S);
    size_t from = minute_now() + 1;
    s.outcome = DNS_TIMEOUT;
    pass(12 * (int64_t)HOUR_S);
    uint32_t bound = (uint32_t)(flow_rate(CROWD / 5, DAY_S) * MINUTE_MS) + 16;
    assert_true(peak(from) <= bound);
    s.outcome = DNS_DELEGATED;
    pass(DAY_S);
    assert_true(peak(from) <= bound);
    assert_true(oldest_check() <= DAY_S);
    assert_true(oldest_check() <= (int64_t)o.recheck_s);
    core_free(s.core);
}

static void new_domains_go_before_a_backlog(void **state)
{
    const struct core_options o = options();
    const struct registry *r;
    (void)state;
    open_sim(&o);
    import(CROWD / 5, "com");
    pass(DAY_S);
    s.now.v += 12 * HOUR_MS;
    s.mono.v += 12 * (uint64_t)HOUR_MS;
    turn();
    assert_true(most_overdue() > HOUR_S); /* there is a backlog */
    r = core_registry(s.core);
    for (unsigned i = 0; i < 300; i++) {
        uint64_t before = asked();
        verified(i, "net");
        step(NULL);
        assert_true(asked() > before);
        char name[32];
        snprintf(name, sizeof name, "domain%u.net", i);
        assert_int_equal(s.asks[0].slot, registry_find(r, name, strlen(name)));
        answer_all();
        /* one that meets doubt comes again on time, backlog or not */
        if (i == 0) {
            s.outcome = DNS_SERVFAIL;
            verified(1000, "net");
            step(NULL);
            answer_all();
            s.outcome = DNS_DELEGATED;
            s.now.v += MINUTE_MS;
            before = registry_find(r, "domain1000.net", strlen("domain1000.net"));
            step(NULL);
            assert_int_equal(s.asks[0].slot, before);
            assert_true(most_overdue() > HOUR_S);
            answer_all();
        }
    }
    core_check(s.core);
    core_free(s.core);
}

/* Resolvers that say nothing: the looks at known domains leave room for new ones. */
static void some_room_is_for_new_domains(void **state)
{
    struct core_options o = options();
    (void)state;
    o.dns_inflight = 8;
    open_sim(&o);
    import(100, "com");
    pass(HOUR_S);
    s.is_silent = true;
    pass(DAY_S);
    assert_int_equal(core_dns_inflight(s.core), 6);
    for (unsigned i = 0; i < 3; i++) {
        verified(i, "net");
        turn();
        assert_int_equal(core_dns_inflight(s.core), i < 2 ? 7 + i : 8);
    }
    s.is_silent = false;
    answer_all();
    turn();
    core_check(s.core);
    core_free(s.core);
    /* with room for one there is nothing to share */
    o.dns_inflight = 1;
    open_sim(&o);
    import(3, "com");
    pass(2 * DAY_S);
    assert_true(asked() >= 6);
    core_free(s.core);
}

/* Where a lapsed name may be gone within days, it is looked at four times a day; the bound
 * on the flow knows. */
static void hasty_registries_are_looked_at_more_often(void **state)
{
    enum { N = CROWD / 5 };
    const struct core_options o = options();
    (void)state;
    open_sim(&o);
    import(N, "ws");
    pass(DAY_S);
    uint64_t before = asked();
    pass(DAY_S);
    assert_in_range(asked() - before, 4 * N, 44 * N / 10);
    assert_true(oldest_check() <= 6 * HOUR_S);
    s.now.v += 12 * HOUR_MS;
    s.mono.v += 12 * (uint64_t)HOUR_MS;
    pass(6 * (int64_t)HOUR_S);
    assert_true(most_overdue() <= 1);
    core_free(s.core);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_import_is_even_from_then_on),
        cmocka_unit_test(a_backlog_is_spread),
        cmocka_unit_test(an_outage_of_dns_is_no_storm),
        cmocka_unit_test(new_domains_go_before_a_backlog),
        cmocka_unit_test(some_room_is_for_new_domains),
        cmocka_unit_test(hasty_registries_are_looked_at_more_often),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
