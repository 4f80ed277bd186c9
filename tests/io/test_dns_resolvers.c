/* The DNS module with several resolvers, all of them real knotds: canaries, confirmed and
 * contradicted denials, one that lies, one that stops under load and comes back. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/dns.h"
#include "io/servers.h"

#define WAIT_MS 60000
#define TIMEOUT_MS 300
#define TRIES 3

/* Resolvers ------------------------------------------------------------------------------
 */

struct upstream {
    struct server server;
    char folder[64], text[32];
};

/* A zone com: "alive" is delegated, and so is nameN for N < names; nothing else is but
 * what `more` says. */
static void start_resolver(struct upstream *r, unsigned names, const char *more)
{
    static char zone[64 * 1024];
    size_t n = 0;
    folder_make(r->folder);
    uint16_t port = free_port();
    for (unsigned i = 0; i < names; i++) {
        n += (size_t)snprintf(zone + n, sizeof zone - n, "name%u NS ns.alive\n", i);
        assert_true(n < sizeof zone);
    }
    zone[n] = '\0';
    file_write(r->folder, "knot.conf",
               "server:\n  rundir: %s\n  listen: 127.0.0.1@%u\n  udp-workers: 1\n"
               "  tcp-workers: 1\n  background-workers: 1\n"
               "database:\n  storage: %s\n"
               "log:\n  - target: stderr\n    any: warning\n"
               "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n"
               "    journal-content: none\n"
               "zone:\n  - domain: com.\n",
               r->folder, (unsigned)port, r->folder, r->folder);
    file_write(r->folder, "com.zone",
               "$ORIGIN com.\n$TTL 3600\n"
               "@ SOA a.gtld.net. nstld.gtld.net. 1 1800 900 604800 86400\n"
               "@ NS a.gtld.net.\n%s%s",
               zone, more);
    snprintf(r->text, sizeof r->text, "127.0.0.1:%u", (unsigned)port);
    server_start_knotd(&r->server, r->folder, port);
}

static void stop_resolver(struct upstream *r)
{
    server_stop(&r->server);
    folder_remove(r->folder);
}

#define ALIVE "alive NS ns.alive\nns.alive A 127.0.0.1\n"

/* Asking --------------------------------------------------------------------------------
 */

#define TOKENS_MAX 4096

static struct {
    uv_loop_t loop;
    struct dns *dns;
    uint32_t n, wanted;
    uint8_t seen[TOKENS_MAX];
    enum dns_outcome outcome[TOKENS_MAX];
    char resolver[TOKENS_MAX][64];
    uint8_t tries[TOKENS_MAX];
} s;

static void on_done(void *arg, const struct dns_result *result)
{
    (void)arg;
    assert_true(result->token < TOKENS_MAX);
    s.n++;
    s.seen[result->token]++;
    s.outcome[result->token] = result->answer.outcome;
    s.tries[result->token] = result->tries;
    snprintf(s.resolver[0] + result->token * sizeof s.resolver[0], sizeof s.resolver[0],
             "%s", result->resolver);
}

static struct {
    uint32_t n;
    bool is_good;
} tests_told;

static void on_tested(void *arg, bool is_good)
{
    (void)arg;
    tests_told.n++;
    tests_told.is_good = is_good;
}

static bool is_told(void *arg)
{
    const uint32_t *n = arg;
    return tests_told.n == *n;
}

static bool is_complete(void *arg)
{
    (void)arg;
    return s.n >= s.wanted;
}

static void open_dns(const char *servers, const char *canaries)
{
    char error[200] = "";
    memset(&s, 0, sizeof s);
    uv_loop_init(&s.loop);
    struct dns_options o = {
        .servers = servers,
        .timeout_ms = TIMEOUT_MS,
        .tries = TRIES,
        .inflight = TOKENS_MAX,
        .canaries = canaries,
        .done = on_done,
        .tested = on_tested,
    };
    if (dns_new(&s.loop, &o, &s.dns, error, sizeof error) != ST_OK)
        fail_msg("%s", error);
}

static void shut_dns(void)
{
    dns_close(s.dns, NULL, NULL);
    run_out(&s.loop, WAIT_MS);
}

static void wait_for(uint32_t n)
{
    s.wanted = n;
    run_until(&s.loop, is_complete, NULL, WAIT_MS);
}

static enum dns_outcome ask(const char *domain)
{
    uint32_t token = s.n;
    assert_int_equal(dns_ask(s.dns, token, domain), ST_OK);
    wait_for(token + 1);
    return s.outcome[token];
}

static const char *resolver(void)
{
    return s.resolver[s.n - 1];
}

struct state_wanted {
    size_t resolver;
    enum resolver_state state;
};

/* A resolver's state changes only while something is asked. */
static bool is_in_state(void *arg)
{
    const struct state_wanted *w = arg;
    if (dns_resolver_state(s.dns, w->resolver) == w->state)
        return true;
    if (dns_inflight(s.dns) == 0)
        assert_int_equal(dns_ask(s.dns, TOKENS_MAX - 1, "alive.com"), ST_OK);
    return false;
}

static void wait_for_state(size_t i, enum resolver_state state)
{
    struct state_wanted w = {i, state};
    run_until(&s.loop, is_in_state, &w, WAIT_MS);
    while (dns_inflight(s.dns) > 0)
        uv_run(&s.loop, UV_RUN_ONCE);
}

/* Canaries ------------------------------------------------------------------------------
 */

static void a_resolver_that_passes(void **state)
{
    struct upstream a;
    (void)state;
    start_resolver(&a, 1, ALIVE);
    open_dns(a.text, "alive.com");
    assert_int_equal(dns_resolver_state(s.dns, 0), RESOLVER_UNTESTED);
    assert_int_equal(ask("name0.com"), DNS_DELEGATED);
    assert_int_equal(ask("lapsed.com"), DNS_ABSENT);
    assert_string_equal(resolver(), a.text);
    assert_int_equal(dns_resolver_state(s.dns, 0), RESOLVER_GOOD);
    /* two names and two canaries */
    assert_int_equal(dns_stats(s.dns)->sent, 4);
    shut_dns();
    stop_resolver(&a);
}

static void another_canary_is_taken_when_one_is_in_trouble(void **state)
{
    struct upstream a;
    (void)state;
    start_resolver(&a, 1, ALIVE);
    open_dns(a.text, "alive.org,alive.com"); /* org is refused */
    assert_int_equal(ask("lapsed.com"), DNS_ABSENT);
    shut_dns();
    stop_resolver(&a);
}

static void a_resolver_that_denies_what_exists(void **state)
{
    struct upstream a;
    (void)state;
    start_resolver(&a, 1, ALIVE);
    open_dns(a.text, "other.com");
    assert_int_equal(ask("lapsed.com"), DNS_DISTRUSTED);
    assert_int_equal(dns_resolver_state(s.dns, 0), RESOLVER_DENIES);
    assert_int_equal(ask("name0.com"), DNS_DELEGATED); /* it has nobody else to ask */
    assert_int_equal(dns_stats(s.dns)->set_aside, 1);
    shut_dns();
    stop_resolver(&a);
}

static void a_resolver_that_invents_names(void **state)
{
    struct upstream a;
    (void)state;
    start_resolver(&a, 1, ALIVE "* CNAME search.example.\n");
    open_dns(a.text, "alive.com");
    assert_int_equal(ask("lapsed.com"), DNS_DISTRUSTED);
    assert_int_equal(ask("name0.com"), DNS_DISTRUSTED);
    assert_int_equal(dns_resolver_state(s.dns, 0), RESOLVER_INVENTS);
    shut_dns();
    open_dns(a.text, NULL); /* what canaries are for */
    assert_int_equal(ask("lapsed.com"), DNS_EXISTS);
    shut_dns();
    stop_resolver(&a);
}

static bool test_now(void)
{
    uint32_t told = tests_told.n + 1;
    dns_test_now(s.dns);
    run_until(&s.loop, is_told, &told, WAIT_MS);
    return tests_told.is_good;
}

/* Not when its minute is over, but now; and what is out is not put twice. */
static void tested_when_asked_for(void **state)
{
    struct upstream a;
    (void)state;
    tests_told.n = 0;
    start_resolver(&a, 1, ALIVE);
    open_dns(a.text, "alive.com");
    assert_int_equal(ask("name0.com"), DNS_DELEGATED);
    assert_int_equal(dns_stats(s.dns)->sent, 3);
    dns_test_now(s.dns);
    assert_true(test_now());
    assert_int_equal(dns_stats(s.dns)->sent, 5);
    assert_int_equal(tests_told.n, 1);
    assert_true(test_now());
    assert_int_equal(dns_stats(s.dns)->sent, 7);
    stop_resolver(&a);
    assert_false(test_now());
    assert_int_equal(dns_resolver_state(s.dns, 0), RESOLVER_SILENT);
    shut_dns();

    tests_told.n = 0;
    open_dns("127.0.0.1:9", NULL); /* no canaries, nobody to distrust */
    assert_true(test_now());
    assert_int_equal(dns_stats(s.dns)->sent, 0);
    dns_test_now(s.dns);
    shut_dns();
    open_dns("127.0.0.1:9", "alive.com");
    dns_test_now(s.dns); /* and closed before the answer */
    shut_dns();
}

/* The other one is asked instead; alone it can deny nothing. */
static void one_of_two_fails_its_canaries(void **state)
{
    struct upstream a, b;
    char servers[80];
    (void)state;
    start_resolver(&a, 1, ALIVE "* CNAME search.example.\n");
    start_resolver(&b, 1, ALIVE);
    snprintf(servers, sizeof servers, "%s,%s", a.text, b.text);
    open_dns(servers, "alive.com");
    for (int i = 0; i < 4; i++) {
        assert_int_equal(ask("name0.com"), DNS_DELEGATED);
        assert_string_equal(resolver(), b.text);
        assert_int_equal(ask("lapsed.com"), DNS_UNCONFIRMED);
    }
    assert_int_equal(dns_stats(s.dns)->set_aside, 1);
    shut_dns();
    stop_resolver(&a);
    stop_resolver(&b);
}

static void closed_while_canaries_are_out(void **state)
{
    struct upstream a;
    (void)state;
    start_resolver(&a, 1, ALIVE);
    open_dns(a.text, "alive.com");
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(dns_ask(s.dns, i, "name0.com"), ST_OK);
    shut_dns();
    assert_int_equal(s.n, 10);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(s.outcome[i], DNS_CANCELED);
    stop_resolver(&a);
}

static void canaries_that_cannot_be_read(void **state)
{
    static const char *const bad[] = {"com", "a.b,com",
                                      "a.b,a.b,a.b,a.b,a.b,a.b,a.b,a.b,a.b"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uv_loop_t loop;
        char error[200] = "";
        struct dns *d = NULL;
        struct dns_options o = {.servers = "127.0.0.1", .canaries = bad[i], .inflight = 1};
        uv_loop_init(&loop);
        assert_int_equal(dns_new(&loop, &o, &d, error, sizeof error), ST_INVALID);
        assert_non_null(strstr(error, bad[i]));
        run_out(&loop, WAIT_MS);
    }
}

/* Two of them ---------------------------------------------------------------------------
 */

static void a_denial_is_confirmed_by_the_other(void **state)
{
    struct upstream a, b;
    char servers[80], names[2][80];
    (void)state;
    start_resolver(&a, 1, ALIVE "text TXT \"no delegation\"\n");
    start_resolver(&b, 1, ALIVE "text TXT \"no delegation\"\n");
    snprintf(servers, sizeof servers, "%s,%s", a.text, b.text);
    snprintf(names[0], sizeof names[0], "%s,%s", a.text, b.text);
    snprintf(names[1], sizeof names[1], "%s,%s", b.text, a.text);
    for (int with = 0; with < 2; with++) {
        open_dns(servers, with ? "alive.com" : NULL);
        for (int i = 0; i < 4; i++) {
            bool is_text = i % 2 == 1;
            assert_int_equal(ask(is_text ? "text.com" : "lapsed.com"),
                             is_text ? DNS_NOT_DELEGATED : DNS_ABSENT);
            assert_int_equal(s.tries[s.n - 1], 2);
            assert_true(strcmp(resolver(), names[0]) == 0 ||
                        strcmp(resolver(), names[1]) == 0);
            assert_int_equal(ask("name0.com"), DNS_DELEGATED);
            assert_int_equal(s.tries[s.n - 1], 1);
        }
        shut_dns();
    }
    stop_resolver(&a);
    stop_resolver(&b);
}

/* One of two has lost a hundred names. Never is one of them absent; soon the liar is set
 * aside, and the other one answers alone. */
static void a_resolver_that_lies(void **state)
{
    enum { N = 100 };
    struct upstream a, b;
    char servers[80], name[32];
    uint32_t contradicted = 0;
    (void)state;
    start_resolver(&a, 0, ALIVE);
    start_resolver(&b, N, ALIVE);
    snprintf(servers, sizeof servers, "%s,%s", a.text, b.text);
    open_dns(servers, "alive.com");
    for (uint32_t i = 0; i < N; i++) {
        snprintf(name, sizeof name, "name%u.com", i);
        enum dns_outcome outcome = ask(name);
        assert_true(outcome == DNS_DELEGATED || outcome == DNS_CONTRADICTED);
        contradicted += outcome == DNS_CONTRADICTED;
    }
    assert_in_range(contradicted, 3, 5);
    assert_int_equal(dns_stats(s.dns)->contradicted, contradicted);
    assert_int_equal(dns_stats(s.dns)->set_aside, 1);
    assert_int_equal(dns_resolver_state(s.dns, 0), RESOLVER_DENIES);
    assert_int_equal(ask("name0.com"), DNS_DELEGATED);
    assert_string_equal(resolver(), b.text);
    assert_int_equal(ask("lapsed.com"), DNS_UNCONFIRMED);
    shut_dns();
    stop_resolver(&a);
    stop_resolver(&b);
}

static void one_of_two_is_not_there(void **state)
{
    struct upstream b;
    char servers[80];
    (void)state;
    start_resolver(&b, 1, ALIVE);
    snprintf(servers, sizeof servers, "127.0.0.1:%u,%s", (unsigned)free_port(), b.text);
    for (int with = 0; with < 2; with++) {
        open_dns(servers, with ? "alive.com" : NULL);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(ask("name0.com"), DNS_DELEGATED);
            assert_string_equal(resolver(), b.text);
            assert_int_equal(ask("lapsed.com"), DNS_UNCONFIRMED);
        }
        shut_dns();
    }
    stop_resolver(&b);
}

/* Under load -----------------------------------------------------------------------------
 */

enum { LOAD = 1500 };

static void name_of(uint32_t token, char out[32])
{
    snprintf(out, 32, token % 10 == 0 ? "lapsed%u.com" : "name%u.com", token % LOAD);
}

/* Ask about [from, to); whatever ends in doubt is asked again until there is an answer. The
 * resolvers that stand for answers are counted. */
static void ask_all(uint32_t from, uint32_t to, const struct upstream *a, uint32_t *by_a,
                    uint32_t *by_others)
{
    char name[32];
    uint32_t left = to - from;
    memset(s.seen, 0, sizeof s.seen);
    s.n = 0;
    for (uint32_t i = from; i < to; i++) {
        name_of(i, name);
        assert_int_equal(dns_ask(s.dns, i, name), ST_OK);
    }
    while (left > 0) {
        uint32_t asked = left;
        wait_for(asked);
        s.n = left = 0;
        for (uint32_t i = from; i < to; i++) {
            if (s.seen[i] == 0)
                continue;
            assert_int_equal(s.seen[i], 1);
            s.seen[i] = 0;
            if (dns_outcome_is_doubt(s.outcome[i])) {
                name_of(i, name);
                assert_int_equal(dns_ask(s.dns, i, name), ST_OK);
                left++;
                continue;
            }
            assert_int_equal(s.outcome[i], i % 10 == 0 ? DNS_ABSENT : DNS_DELEGATED);
            bool is_by_a = strstr(s.resolver[i], a->text) != NULL;
            *by_a += is_by_a;
            *by_others += !is_by_a;
        }
    }
}

static bool is_stopped_and_known(void *arg)
{
    (void)arg;
    return dns_resolver_state(s.dns, 0) == RESOLVER_SILENT;
}

/* One of two stops in the middle and goes on later. The other one takes over; in the end
 * every name has its answer, each of them, and both have served. */
static void a_resolver_is_stopped_and_continued(void **state)
{
    struct upstream a, b;
    char servers[80], name[32];
    uint32_t by_a = 0, by_b = 0;
    (void)state;
    start_resolver(&a, LOAD, ALIVE);
    start_resolver(&b, LOAD, ALIVE);
    snprintf(servers, sizeof servers, "%s,%s", a.text, b.text);
    open_dns(servers, "alive.com");
    ask_all(0, LOAD, &a, &by_a, &by_b);
    assert_true(by_a > 0 && by_b > 0);

    kill(a.server.pid, SIGSTOP);
    s.n = 0;
    memset(s.seen, 0, sizeof s.seen);
    for (uint32_t i = 0; i < LOAD; i++) {
        name_of(i, name);
        assert_int_equal(dns_ask(s.dns, i, name), ST_OK);
    }
    wait_for(LOAD);
    for (uint32_t i = 0; i < LOAD; i++) {
        assert_int_equal(s.seen[i], 1);
        if (i % 10 != 0) {
            assert_int_equal(s.outcome[i], DNS_DELEGATED);
            assert_string_equal(s.resolver[i], b.text);
        } else {
            assert_true(dns_outcome_is_doubt(s.outcome[i])); /* nobody can confirm it */
        }
    }
    run_until(&s.loop, is_stopped_and_known, NULL, WAIT_MS);

    kill(a.server.pid, SIGCONT);
    wait_for_state(0, RESOLVER_GOOD);
    by_a = by_b = 0;
    ask_all(0, LOAD, &a, &by_a, &by_b);
    assert_true(by_a > 0 && by_b > 0);
    shut_dns();
    stop_resolver(&a);
    stop_resolver(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resolver_that_passes),
        cmocka_unit_test(another_canary_is_taken_when_one_is_in_trouble),
        cmocka_unit_test(a_resolver_that_denies_what_exists),
        cmocka_unit_test(a_resolver_that_invents_names),
        cmocka_unit_test(tested_when_asked_for),
        cmocka_unit_test(one_of_two_fails_its_canaries),
        cmocka_unit_test(closed_while_canaries_are_out),
        cmocka_unit_test(canaries_that_cannot_be_read),
        cmocka_unit_test(a_denial_is_confirmed_by_the_other),
        cmocka_unit_test(a_resolver_that_lies),
        cmocka_unit_test(one_of_two_is_not_there),
        cmocka_unit_test(a_resolver_is_stopped_and_continued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
