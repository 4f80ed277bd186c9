/* Questions for mail hosts, on a real loop, against knotd. */
#include <setjmp.h>
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

#define WAIT_MS 20000
#define TOKEN 4711U

static char folder[64];
static struct server knot;
static uv_loop_t loop;

static struct {
    struct dns *dns;
    unsigned n;
    bool is_mx, has_mx, closed;
    enum dns_outcome outcome;
    struct mx_answer mx;
} got;

static int start_knot(void **state)
{
    char path[96];
    (void)state;
    uint16_t port = free_port();
    folder_make(folder);
    file_write(folder, "knot.conf",
               "server:\n  rundir: %s\n  listen: 127.0.0.1@%u\n  udp-workers: 1\n"
               "  tcp-workers: 1\n  background-workers: 1\n"
               "database:\n  storage: %s\n"
               "log:\n  - target: stderr\n    any: warning\n"
               "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n"
               "    journal-content: none\n"
               "zone:\n  - domain: com.\n  - domain: broken.com.\n",
               folder, (unsigned)port, folder, folder);
    file_write(folder, "com.zone",
               "$ORIGIN com.\n$TTL 3600\n"
               "@ SOA a.nic.test. root.nic.test. 1 1800 900 604800 900\n@ NS a.nic.test.\n"
               "mail MX 20 Second.Example.NET.\nmail MX 10 first.mail\n"
               "null MX 0 .\n"
               "text TXT \"no mail\"\n"
               "alias CNAME mail\n"
               "circle CNAME circle2\ncircle2 CNAME circle\n"
               "away NS ns.away\nns.away A 127.66.6.6\n");
    snprintf(path, sizeof path, "%s/com.zone", folder);
    FILE *zone = fopen(path, "a");
    assert_non_null(zone);
    for (int i = 0; i < 40; i++) /* more than 512 octets take: over TCP */
        fprintf(zone, "large MX %d host-number-%d.some-mail-provider.net.\n", 100 - i, i);
    fclose(zone);
    server_start_knotd(&knot, folder, port);
    return 0;
}

static int stop_knot(void **state)
{
    (void)state;
    server_stop(&knot);
    folder_remove(folder);
    return 0;
}

static void on_done(void *arg, const struct dns_result *result)
{
    (void)arg;
    assert_int_equal(result->token, TOKEN);
    got.n++;
    got.is_mx = result->is_mx;
    got.has_mx = result->mx != NULL;
    got.outcome = result->answer.outcome;
    if (result->mx != NULL)
        got.mx = *result->mx;
}

static bool is_answered(void *arg)
{
    (void)arg;
    return got.n > 0;
}

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static void open_dns(void)
{
    char servers[32], error[200] = "";
    snprintf(servers, sizeof servers, "127.0.0.1:%u", (unsigned)knot.port);
    const struct dns_options o = {
        .servers = servers, .timeout_ms = 2000, .tries = 1, .inflight = 4, .done = on_done};
    memset(&got, 0, sizeof got);
    uv_loop_init(&loop);
    assert_int_equal(dns_new(&loop, &o, &got.dns, error, sizeof error), ST_OK);
}

static void close_dns(void)
{
    dns_close(got.dns, on_closed, &got.closed);
    run_out(&loop, WAIT_MS);
    assert_true(got.closed);
}

static void ask_mx(const char *name)
{
    got.n = 0;
    assert_int_equal(dns_ask_mx(got.dns, TOKEN, name), ST_OK);
    run_until(&loop, is_answered, NULL, WAIT_MS);
    assert_int_equal(got.n, 1);
    assert_true(got.is_mx);
    assert_int_equal(got.has_mx, got.outcome == DNS_EXISTS);
}

static void each_kind_of_answer(void **state)
{
    static const struct {
        const char *name;
        enum dns_outcome outcome;
        size_t n;
        bool is_null;
    } rows[] = {
        {"mail.com", DNS_EXISTS, 2, false},       {"null.com", DNS_EXISTS, 0, true},
        {"text.com", DNS_ABSENT, 0, false},       {"gone.com", DNS_ABSENT, 0, false},
        {"alias.com", DNS_EXISTS, 2, false},      {"x.mail.com", DNS_ABSENT, 0, false},
        {"large.com", DNS_EXISTS, 8, false},      {"broken.com", DNS_SERVFAIL, 0, false},
        {"elsewhere.org", DNS_REFUSED, 0, false}, {"away.com", DNS_LAME, 0, false},
    };
    (void)state;
    open_dns();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask_mx(rows[i].name);
        if (got.outcome != rows[i].outcome)
            fail_msg("%s: %s", rows[i].name, dns_outcome_text(got.outcome));
        if (got.has_mx) {
            assert_int_equal(got.mx.n, rows[i].n);
            assert_int_equal(got.mx.is_null, rows[i].is_null);
        }
    }
    ask_mx("circle.com");
    assert_true(dns_outcome_is_doubt(got.outcome));
    ask_mx("mail.com");
    assert_string_equal(got.mx.hosts[0].name, "first.mail.com");
    assert_string_equal(got.mx.hosts[1].name, "second.example.net");
    /* the same request serves a question of the other kind next */
    got.n = 0;
    assert_int_equal(dns_ask(got.dns, TOKEN, "away.com"), ST_OK);
    run_until(&loop, is_answered, NULL, WAIT_MS);
    assert_false(got.is_mx);
    assert_int_equal(got.outcome, DNS_DELEGATED);
    close_dns();
}

static void what_is_out_at_the_end_is_canceled(void **state)
{
    (void)state;
    open_dns();
    assert_int_equal(dns_ask_mx(got.dns, TOKEN, ""), ST_INVALID);
    assert_int_equal(dns_ask_mx(got.dns, TOKEN, "mail.com"), ST_OK);
    close_dns();
    assert_int_equal(got.n, 1);
    assert_true(got.is_mx);
    assert_false(got.has_mx);
    assert_int_equal(got.outcome, DNS_CANCELED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_answer),
        cmocka_unit_test(what_is_out_at_the_end_is_canceled),
    };
    return cmocka_run_group_tests(tests, start_knot, stop_knot);
}
