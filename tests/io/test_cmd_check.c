/* `unverifyd check`, the program itself, against knotd and nginx. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/must.h"
#include "io/servers.h"

static char folder[64], dns_servers[64], status_url[64];
static struct server knot, nginx;

/* nginx answers each name with the words given here. */
static const char words_map[] = "    deleting.com 'active deleting';\n"
                                "    expiring.com 'active expiring';\n"
                                "    free.com 'undelegated inactive';\n"
                                "    onhold.com 'undelegated active';\n"
                                "    odd.com 'undelegated';\n"
                                "    default 'active';\n";

static int start_servers(void **state)
{
    (void)state;
    folder_make(folder);
    uint16_t port = free_port();
    file_write(folder, "knot.conf",
               "server:\n  rundir: %s\n  listen: 127.0.0.1@%u\n"
               "database:\n  storage: %s\n"
               "log:\n  - target: stderr\n    any: warning\n"
               "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n"
               "    journal-content: none\n"
               "zone:\n  - domain: com.\n  - domain: io.\n",
               folder, (unsigned)port, folder, folder);
    file_write(
        folder, "com.zone",
        "$ORIGIN com.\n$TTL 3600\n"
        "@ SOA a.gtld.net. nstld.gtld.net. 1 1800 900 604800 86400\n@ NS a.gtld.net.\n"
        "alive NS ns1.alive\nns1.alive A 127.0.0.1\n"
        "onhold TXT \"out of the zone but for this\"\n");
    file_write(folder, "io.zone",
               "$ORIGIN io.\n$TTL 3600\n"
               "@ SOA a.nic.io. root.nic.io. 1 1800 900 604800 86400\n@ NS a.nic.io.\n");
    server_start_knotd(&knot, folder, port);
    snprintf(dns_servers, sizeof dns_servers, "dns.servers=127.0.0.1:%u", (unsigned)port);

    port = free_port();
    file_write(folder, "nginx.conf",
               "user root;\nworker_processes 1;\npid %s/pid;\nerror_log stderr;\n"
               "events { worker_connections 64; }\nhttp {\n  access_log off;\n"
               "  client_body_temp_path %s/t1; proxy_temp_path %s/t2;\n"
               "  fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
               "  default_type application/json;\n"
               "  map $arg_domain $words {\n%s  }\n"
               "  server {\n    listen 127.0.0.1:%u;\n"
               "    location = /v2/status {\n"
               "      if ($arg_client_id != secret) { return 401; }\n"
               "      return 200 '{\"status\":[{\"domain\":\"$arg_domain\",\"status\":"
               "\"$words\"}]}';\n    }\n"
               "    location = /domain-management/v1/tools/status {\n"
               "      if ($http_fastly_key != secret) { return 401; }\n"
               "      return 200 '{\"domain\":\"$arg_domain\",\"zone\":\"com\",\"status\":"
               "\"$words\"}';\n    }\n  }\n}\n",
               folder, folder, folder, folder, folder, folder, words_map, (unsigned)port);
    server_start_nginx(&nginx, folder, port);
    snprintf(status_url, sizeof status_url, "status.url=http://127.0.0.1:%u",
             (unsigned)port);
    return 0;
}

static int stop_servers(void **state)
{
    (void)state;
    server_stop(&nginx);
    server_stop(&knot);
    folder_remove(folder);
    return 0;
}

/* What was printed, one object a line. */
static struct {
    json_t *line[16];
    size_t n;
    int code;
} printed;

static void forget(void)
{
    for (size_t i = 0; i < printed.n; i++)
        json_decref(printed.line[i]);
    printed.n = 0;
}

/* `options` and `domains` end with NULL. */
static void check(const char *const *options, const char *const *domains)
{
    static char out[32768];
    const char *argv[40] = {UVD_BINARY_DIR "/unverifyd", "--set", dns_servers, "--set",
                            "dns.canaries=alive.com"};
    size_t n = 5;
    for (; *options != NULL; options++) {
        argv[n++] = "--set";
        argv[n++] = *options;
    }
    argv[n++] = "check";
    for (; *domains != NULL; domains++)
        argv[n++] = *domains;
    assert_true(n < ARRAY_LEN(argv));
    forget();
    printed.code = run_output(argv, out, sizeof out);
    for (char *s = out; *s != '\0'; printed.n++) {
        char *end = strchr(s, '\n');
        assert_non_null(end);
        *end = '\0';
        assert_true(printed.n < ARRAY_LEN(printed.line));
        printed.line[printed.n] = json_loads(s, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(printed.line[printed.n]);
        s = end + 1;
    }
}

/* "dns.outcome" of line i as text; "null" for null; fails when there is no such key. */
static const char *at(size_t i, const char *path)
{
    char key[32];
    assert_true(i < printed.n);
    const json_t *v = printed.line[i];
    for (const char *s = path; *s != '\0'; s += s[strcspn(s, ".")] == '.') {
        snprintf(key, sizeof key, "%.*s", (int)strcspn(s, "."), s);
        v = json_object_get(v, key);
        if (v == NULL)
            fail_msg("line %zu has no %s", i, path);
        s += strcspn(s, ".");
    }
    if (json_is_null(v))
        return "null";
    if (json_is_object(v))
        return "a map";
    if (json_is_boolean(v))
        return json_is_true(v) ? "true" : "false";
    assert_true(json_is_string(v));
    return json_string_value(v);
}

#define DOMAINS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define WITH_STATUS DOMAINS("status.provider=domainr", status_url, "status.key=secret")

static void every_verdict(void **state)
{
    static const struct {
        const char *argument, *domain, *phase, *action, *reason, *block, *dns;
    } rows[] = {
        {"alive.com", "alive.com", "active", "none", "null", "false", "delegated"},
        {"Mail.Alive.COM.", "alive.com", "active", "none", "null", "false", "delegated"},
        {"deleting.com", "deleting.com", "pending_delete", "unverify", "domain_deleting",
         "false", "absent"},
        {"expiring.com", "expiring.com", "redemption", "unverify_when_held",
         "domain_expiring", "false", "absent"},
        {"mx.free.com", "free.com", "released", "unverify_and_block", "domain_available",
         "true", "absent"},
        {"onhold.com", "onhold.com", "held", "watch", "null", "false", "not_delegated"},
        {"odd.com", "odd.com", "candidate", "ask_again", "null", "false", "absent"},
        {"a.github.io", "a.github.io", "private_suffix", "watch", "null", "false",
         "absent"},
        {"gmail.com", "gmail.com", "exempt", "none", "null", "false", "absent"},
        {"elsewhere.org", "elsewhere.org", "null", "ask_again", "null", "false", "refused"},
    };
    const char *arguments[ARRAY_LEN(rows) + 1] = {NULL};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        arguments[i] = rows[i].argument;
    check(WITH_STATUS, arguments);
    assert_int_equal(printed.code, 0);
    assert_int_equal(printed.n, ARRAY_LEN(rows));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_string_equal(at(i, "domain"), rows[i].domain);
        assert_string_equal(at(i, "phase"), rows[i].phase);
        assert_string_equal(at(i, "action"), rows[i].action);
        assert_string_equal(at(i, "reason"), rows[i].reason);
        assert_string_equal(at(i, "block_password_reset"), rows[i].block);
        assert_string_equal(at(i, "dns.outcome"), rows[i].dns);
        assert_string_equal(at(i, "dns.resolver"), strchr(dns_servers, '=') + 1);
        assert_int_equal(strlen(at(i, "dns.at")), strlen("2026-11-24T00:00:00Z"));
    }
    assert_string_equal(at(1, "host"), "mail.alive.com");
    assert_string_equal(at(4, "host"), "mx.free.com");
    assert_string_equal(at(2, "dns.soa"), "com");
    assert_string_equal(at(0, "dns.soa"), "null");
    assert_string_equal(at(0, "status"), "null");
    assert_string_equal(at(4, "status.provider"), "domainr");
    assert_string_equal(at(4, "status.outcome"), "answered");
    const json_t *status = json_object_get(printed.line[4], "status");
    const json_t *tokens = json_object_get(status, "tokens");
    assert_int_equal(json_array_size(tokens), 2);
    assert_string_equal(json_string_value(json_array_get(tokens, 1)), "inactive");
    assert_int_equal(json_integer_value(json_object_get(status, "http")), 200);
    const json_t *ns = json_object_get(json_object_get(printed.line[0], "dns"), "ns");
    assert_string_equal(json_string_value(json_array_get(ns, 0)), "ns1.alive.com");
    /* nobody pays for a name that will not be acted on */
    assert_string_equal(at(7, "status"), "null");
    assert_string_equal(at(8, "status"), "null");
}

static void the_other_provider(void **state)
{
    (void)state;
    check(DOMAINS("status.provider=fastly", status_url, "status.key=secret"),
          DOMAINS("free.com", "deleting.com", "alive.com"));
    assert_int_equal(printed.code, 0);
    assert_string_equal(at(0, "phase"), "released");
    assert_string_equal(at(0, "action"), "unverify_and_block");
    assert_string_equal(at(0, "status.provider"), "fastly");
    assert_string_equal(at(0, "status.outcome"), "answered");
    assert_string_equal(at(1, "phase"), "pending_delete");
    assert_string_equal(at(2, "phase"), "active");
    check(DOMAINS("status.provider=fastly", status_url, "status.key=wrong"),
          DOMAINS("free.com"));
    assert_string_equal(at(0, "action"), "ask_again");
    assert_string_equal(at(0, "status.outcome"), "unauthorized");
}

static void acting_at_once(void **state)
{
    (void)state;
    check(DOMAINS("status.provider=domainr", status_url, "status.key=secret",
                  "policy.confirm_hours=0"),
          DOMAINS("expiring.com"));
    assert_string_equal(at(0, "action"), "unverify");
}

static void without_a_provider(void **state)
{
    (void)state;
    check(DOMAINS("status.provider=none"), DOMAINS("free.com", "alive.com"));
    assert_int_equal(printed.code, 0);
    assert_string_equal(at(0, "phase"), "candidate");
    assert_string_equal(at(0, "action"), "watch");
    assert_string_equal(at(0, "status"), "null");
    assert_string_equal(at(1, "phase"), "active");
}

static void arguments_that_are_no_domains(void **state)
{
    (void)state;
    check(WITH_STATUS,
          DOMAINS("192.0.2.1", "alive.com", "localhost", "co.uk", "a..com", "\xFF"));
    assert_int_equal(printed.code, 1);
    assert_int_equal(printed.n, 6);
    for (size_t i = 0; i < printed.n; i++) {
        if (i == 1)
            continue;
        assert_true(strlen(at(i, "error")) > 10);
        assert_int_equal(json_object_size(printed.line[i]), 2);
    }
    assert_string_equal(at(0, "domain"), "192.0.2.1");
    assert_string_equal(at(1, "phase"), "active");
    assert_string_equal(at(5, "domain"), "\xEF\xBF\xBD");
}

/* A refused key: the first candidate says so, the next one isn't asked about. */
/* DNS answers in any order: which candidate's turn it is first is up to chance. */
static void a_refused_key(void **state)
{
    (void)state;
    check(DOMAINS("status.provider=domainr", status_url, "status.key=wrong",
                  "status.concurrency=1"),
          DOMAINS("free.com", "expiring.com", "alive.com"));
    assert_int_equal(printed.code, 0);
    for (size_t i = 0; i < 2; i++) {
        assert_string_equal(at(i, "phase"), "candidate");
        assert_string_equal(at(i, "action"), "ask_again");
    }
    size_t asked = strcmp(at(0, "status"), "null") == 0 ? 1 : 0;
    assert_string_equal(at(asked, "status.outcome"), "unauthorized");
    assert_string_equal(at(1 - asked, "status"), "null"); /* nobody is asked any more */
    assert_string_equal(at(2, "phase"), "active");
}

static void rate_and_budget(void **state)
{
    size_t left_out = 0;
    (void)state;
    check(DOMAINS("status.provider=domainr", status_url, "status.key=secret",
                  "status.rate=20/s", "status.burst=1", "status.daily_budget=3"),
          DOMAINS("free.com", "deleting.com", "odd.com", "onhold.com"));
    assert_int_equal(printed.n, 4);
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(at(i, "status"), "null") == 0) {
            assert_string_equal(at(i, "action"), "ask_again");
            left_out++;
        } else {
            assert_string_equal(at(i, "status.outcome"), "answered");
        }
    }
    assert_int_equal(left_out, 1);
}

static void an_unusable_setting(void **state)
{
    (void)state;
    check(DOMAINS("status.provider=domainr", "status.url=https://user@example.com",
                  "status.key=secret"),
          DOMAINS("alive.com"));
    assert_int_equal(printed.code, 2);
    assert_int_equal(printed.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_verdict),
        cmocka_unit_test(the_other_provider),
        cmocka_unit_test(acting_at_once),
        cmocka_unit_test(without_a_provider),
        cmocka_unit_test(arguments_that_are_no_domains),
        cmocka_unit_test(a_refused_key),
        cmocka_unit_test(rate_and_budget),
        cmocka_unit_test(an_unusable_setting),
    };
    int failed = cmocka_run_group_tests(tests, start_servers, stop_servers);
    forget();
    return failed;
}
