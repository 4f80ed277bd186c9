/* The options themselves: defaults, ranges, grammars, what goes together. */
#include "config_fixture.h"

#include "config/option.h"
#include "config/option_value.h"
#include "config/settings.h"
#include "config/webmail.h"

/* The product's contract, written down a second time on purpose. */
static const struct {
    const char *name, *text;
} defaults[] = {
    {"nats.url", "nats://127.0.0.1:4222"},
    {"nats.creds", NULL},
    {"nats.nkey", NULL},
    {"nats.user", NULL},
    {"nats.password", NULL},
    {"nats.token", NULL},
    {"nats.ca", NULL},
    {"nats.cert", NULL},
    {"nats.key", NULL},
    {"store.mode", "jetstream"},
    {"store.replicas", "1"},
    {"store.prefix", "unverifyd"},
    {"shard.count", "1"},
    {"shard.own", "all"},
    {"shard.standby",
     "on"}, /* not in the contract: how a process that is not the owner ends */
    {"events.stream", "ACCOUNTS"},
    {"events.subjects", "account.>"},
    {"events.field.account", "account"},
    {"events.field.email", "email"},
    {"events.field.time", "time"},
    {"events.field.mfa", "mfa"},
    {"events.field.other_verified", "other_verified"},
    {"dns.servers", NULL},
    {"dns.timeout_ms", "2000"},
    {"dns.tries", "3"},
    {"dns.inflight", "2000"},
    {"dns.interval_hours", "24"},
    {"dns.canaries", "on"},
    {"dns.parked_nameservers", NULL},
    {"status.provider", "none"},
    {"status.url", NULL},
    {"status.key", NULL},
    {"status.key_file", NULL},
    {"status.rapidapi_host", NULL},
    {"status.rate", "5/s"},
    {"status.burst", "10"},
    {"status.daily_budget", "10000"},
    {"status.timeout_ms", "10000"},
    {"status.concurrency", "16"},
    {"status.second_opinion", "none"},
    {"rdap.bootstrap_url", "https://data.iana.org/rdap/dns.json"},
    {"policy.preset", "strict"},
    {"policy.recheck_days", "30"},
    {"policy.confirm_hours", "24"},
    {"policy.max_unverify_per_hour", "100"},
    {"policy.max_unverify_share", "0.01"},
    {"policy.max_accounts_per_domain", "1000"},
    {"policy.exempt", NULL},
    {"policy.dry_run", "off"},
    {"publish.subject", "email.unverify"},
    {"publish.format", "msgpack"},
    {"http.listen", "127.0.0.1:9464"},
    {"log.level", "info"},
    {"log.format", "logfmt"},
};

static void test_table_holds_the_contract(void **state)
{
    (void)state;
    assert_int_equal(option_count, ARRAY_LEN(defaults));
    for (size_t i = 0; i < option_count; i++) {
        assert_string_equal(options[i].name, defaults[i].name);
        assert_true((options[i].fallback == NULL) == (defaults[i].text == NULL));
        if (defaults[i].text != NULL)
            assert_string_equal(options[i].fallback, defaults[i].text);
        assert_true(strlen(options[i].meaning) > 10);
        assert_non_null(strstr(options[i].name, options[i].key));
        assert_ptr_equal(option_find(options[i].name, strlen(options[i].name)),
                         &options[i]);
    }
}

/* A default is compared as text to what was set, so it must be in the form values are kept
 * in; and a printed default must be readable. */
static void test_defaults_are_canonical(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        struct option_value value;
        char wrong[OPTION_WRONG_SIZE] = "";
        if (options[i].fallback == NULL)
            continue;
        assert_int_equal(option_parse(&options[i], options[i].fallback, &value, wrong),
                         ST_OK);
        assert_string_equal(value.text, options[i].fallback);
        free(value.text);
    }
}

static void test_environment_names_are_unique(void **state)
{
    (void)state;
    char a[OPTION_ENV_SIZE];
    char b[OPTION_ENV_SIZE];
    for (size_t i = 0; i < option_count; i++) {
        option_env_name(&options[i], a);
        assert_ptr_equal(option_find_env(a, strlen(a)), &options[i]);
        for (size_t j = i + 1; j < option_count; j++) {
            option_env_name(&options[j], b);
            assert_string_not_equal(a, b);
        }
    }
    assert_string_equal((option_env_name(&options[17], a), a),
                        "UNVERIFYD_EVENTS_FIELD_ACCOUNT");
}

static void test_default_fields(void **state)
{
    (void)state;
    struct config *c = fixture_good(&(struct fixture){.file = NULL});
    assert_string_equal(c->nats.url, "nats://127.0.0.1:4222");
    assert_null(c->nats.creds);
    assert_null(c->nats.token);
    assert_int_equal(c->store.mode, STORE_JETSTREAM);
    assert_int_equal(c->store.replicas, 1);
    assert_string_equal(c->store.prefix, "unverifyd");
    assert_int_equal(c->shard.count, 1);
    assert_string_equal(c->shard.own, "all");
    assert_string_equal(c->events.field.other_verified, "other_verified");
    assert_null(c->dns.servers);
    assert_int_equal(c->dns.timeout_ms, 2000);
    assert_int_equal(c->dns.tries, 3);
    assert_int_equal(c->dns.inflight, 2000);
    assert_string_equal(c->dns.canaries, "iana.org,example.com,example.net");
    assert_null(c->dns.parked_nameservers);
    assert_string_equal(c->status.provider, "none");
    assert_true(c->status.rate_per_s > 4.999 && c->status.rate_per_s < 5.001);
    assert_int_equal(c->status.daily_budget, 10000);
    assert_true(c->policy.max_unverify_share > 0.0099);
    assert_true(c->policy.max_unverify_share < 0.0101);
    assert_false(c->policy.dry_run);
    assert_string_equal(c->policy.exempt, webmail_domains());
    assert_int_equal(c->publish.format, WIRE_MSGPACK);
    assert_int_equal(c->log.level, LOG_INFO);
    assert_int_equal(c->log.format, LOG_LOGFMT);
    assert_string_equal(config_idle_keys(c), "");
    config_free(c);
    config_free(NULL);
}

static void test_idle_keys(void **state)
{
    (void)state;
    struct config *c = fixture_good(&(struct fixture){
        .sets = {"dns.parked_nameservers=parked.example", "policy.max_unverify_per_hour=99",
                 "policy.max_unverify_share=0.02", "policy.max_accounts_per_domain=1",
                 "rdap.bootstrap_url=https://a.example/", "http.listen=127.0.0.1:1",
                 "store.replicas=3", "store.prefix=x"}});
    assert_string_equal(config_idle_keys(c),
                        "dns.parked_nameservers,"
                        "policy.max_unverify_per_hour,policy.max_unverify_share,"
                        "policy.max_accounts_per_domain,http.listen");
    config_free(c);
    /* set, but to what it is anyway */
    c = fixture_good(&(struct fixture){
        .sets = {"policy.max_unverify_per_hour=0100", "policy.max_unverify_share=0.010"}});
    assert_string_equal(config_idle_keys(c), "");
    config_free(c);
}

static void test_canaries(void **state)
{
    (void)state;
    static const struct {
        const char *set, *canaries;
    } rows[] = {
        {"dns.canaries=off", ""},
        {"dns.canaries=No", ""},
        {"dns.canaries=yes", "iana.org,example.com,example.net"},
        {"dns.canaries=Alive.Example , b.co.uk", "alive.example,b.co.uk"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config *c = fixture_good(&(struct fixture){.sets = {rows[i].set}});
        assert_string_equal(c->dns.canaries, rows[i].canaries);
        assert_string_equal(config_idle_keys(c), "");
        config_free(c);
    }
}

static void test_exempt(void **state)
{
    (void)state;
    struct config *c = fixture_good(
        &(struct fixture){.sets = {"policy.exempt=none", "dns.parked_nameservers=none"}});
    assert_string_equal(c->policy.exempt, "");
    assert_string_equal(c->dns.parked_nameservers, "");
    config_free(c);

    c = fixture_good(&(struct fixture){.sets = {"policy.exempt=+a.example, +b.example"}});
    size_t len = strlen(webmail_domains());
    assert_memory_equal(c->policy.exempt, webmail_domains(), len);
    assert_string_equal(c->policy.exempt + len, ",a.example,b.example");
    config_free(c);
}

/* The built-in list obeys its own grammar, holds no domain twice, and stays of the size
 * that people can judge. */
static void test_webmail_list(void **state)
{
    (void)state;
    struct option_value value;
    char wrong[OPTION_WRONG_SIZE] = "";
    const struct option *o = option_find("policy.exempt", strlen("policy.exempt"));
    assert_int_equal(option_parse(o, webmail_domains(), &value, wrong), ST_OK);
    assert_string_equal(value.text, webmail_domains());
    free(value.text);
    size_t n = 0;
    for (const char *at = webmail_domains(); *at != '\0'; n++) {
        size_t len = strcspn(at, ",");
        for (const char *other = at + len; *other != '\0';) {
            other++;
            size_t other_len = strcspn(other, ",");
            assert_false(len == other_len && memcmp(at, other, len) == 0);
            other += other_len;
        }
        at += len + (at[len] == ',' ? 1 : 0);
    }
    assert_in_range(n, 60, 150);
}

static void test_what_goes_together(void **state)
{
    (void)state;
    fixture_bad(&(struct fixture){.sets = {"status.provider=domainr"}},
                "--set: status.provider: status.key or status.key_file is needed for "
                "provider domainr");
    struct config *c = fixture_good(
        &(struct fixture){.sets = {"status.provider=domainr", "status.key=k"}});
    assert_string_equal(c->status.provider, "domainr");
    assert_string_equal(c->status.key, "k");
    config_free(c);
    fixture_bad(&(struct fixture){.sets = {"status.provider=fastly"}},
                "--set: status.provider: status.key or status.key_file is needed for "
                "provider fastly");
    c = fixture_good(&(struct fixture){.sets = {"status.provider=fastly", "status.key=k"}});
    assert_string_equal(c->status.provider, "fastly");
    config_free(c);
    /* Registries want no key. */
    c = fixture_good(&(struct fixture){.sets = {"status.provider=rdap"}});
    assert_string_equal(c->status.provider, "rdap");
    assert_null(c->status.key);
    config_free(c);
    c = fixture_good(&(struct fixture){
        .sets = {"status.provider=domainr", "status.url=http://127.0.0.1:1"}});
    assert_null(c->status.key);
    config_free(c);
    fixture_bad(
        &(struct fixture){.sets = {"status.key=k", "status.key_file=/dev/null"}},
        "--set: status.key_file: is set besides status.key (--set), allowed: one of "
        "the two");
    fixture_bad(
        &(struct fixture){.sets = {"dns.interval_hours=49", "policy.recheck_days=2"}},
        "--set: dns.interval_hours: 49 hours are longer than policy.recheck_days "
        "(2, --set), allowed: up to 48");
    config_free(fixture_good(
        &(struct fixture){.sets = {"dns.interval_hours=48", "policy.recheck_days=2"}}));
}

static void test_key_file(void **state)
{
    (void)state;
    char long_key[4100];
    memset(long_key, 'k', sizeof long_key);
    static const struct {
        const char *text, *key, *wrong;
    } rows[] = {
        {"secret-key", "secret-key", NULL},
        {"secret-key\n", "secret-key", NULL},
        {"secret-key\r\n", "secret-key", NULL},
        {"", NULL, "is empty, allowed: the key alone"},
        {"\n", NULL, "is empty, allowed: the key alone"},
        {"two\nlines\n", NULL,
         "holds a blank, a line break or a character outside ASCII, allowed: the key "
         "alone"},
        {"a b\n", NULL,
         "holds a blank, a line break or a character outside ASCII, allowed: the key "
         "alone"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char set[300];
        char line[600];
        const char *path = fixture_write("key", rows[i].text);
        snprintf(set, sizeof set, "status.key_file=%s", path);
        struct fixture f = {.sets = {set}};
        if (rows[i].key == NULL) {
            snprintf(line, sizeof line, "--set: status.key_file: %s %s", path,
                     rows[i].wrong);
            fixture_bad(&f, line);
            continue;
        }
        struct config *c = fixture_good(&f);
        assert_string_equal(c->status.key, rows[i].key);
        assert_string_equal(c->status.key_file, path);
        config_free(c);
    }
    static const size_t sizes[] = {4095, 4096, 4097};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char set[300];
        char line[600];
        long_key[sizes[i]] = '\0';
        const char *path = fixture_write("key", long_key);
        long_key[sizes[i]] = 'k';
        snprintf(set, sizeof set, "status.key_file=%s", path);
        struct fixture f = {.sets = {set}};
        if (sizes[i] <= 4096) {
            config_free(fixture_good(&f));
            continue;
        }
        snprintf(line, sizeof line,
                 "--set: status.key_file: %s is too long, allowed: up to 4096 bytes", path);
        fixture_bad(&f, line);
    }
    fixture_bad(&(struct fixture){.sets = {"status.key_file=/nonexistent/key"}},
                "--set: status.key_file: /nonexistent/key cannot be read: No such file or "
                "directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_holds_the_contract),
        cmocka_unit_test(test_defaults_are_canonical),
        cmocka_unit_test(test_environment_names_are_unique),
        cmocka_unit_test(test_default_fields),
        cmocka_unit_test(test_idle_keys),
        cmocka_unit_test(test_canaries),
        cmocka_unit_test(test_exempt),
        cmocka_unit_test(test_webmail_list),
        cmocka_unit_test(test_what_goes_together),
        cmocka_unit_test_setup_teardown(test_key_file, fixture_make_dir,
                                        fixture_remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
