/* File, environment, flags: which is read how, and which wins. */
#include "config_fixture.h"

static void test_precedence(void **state)
{
    (void)state;
    const char *file = fixture_write("u.conf", "[dns]\ntries = 4\n");
    struct config *c = fixture_good(&(struct fixture){.file = file});
    assert_int_equal(c->dns.tries, 4);
    config_free(c);
    c = fixture_good(&(struct fixture){.file = file, .env = {"UNVERIFYD_DNS_TRIES=5"}});
    assert_int_equal(c->dns.tries, 5);
    config_free(c);
    c = fixture_good(&(struct fixture){
        .file = file, .env = {"UNVERIFYD_DNS_TRIES=5"}, .sets = {"dns.tries=6"}});
    assert_int_equal(c->dns.tries, 6);
    config_free(c);
    c = fixture_good(&(struct fixture){.sets = {"dns.tries=6", "dns.tries=7"}});
    assert_int_equal(c->dns.tries, 7);
    config_free(c);
}

/* A mistake is one also where a stronger source hides it. */
static void test_hidden_mistakes(void **state)
{
    (void)state;
    char line[400];
    const char *file = fixture_write("u.conf", "[dns]\ntries = x\n");
    snprintf(line, sizeof line,
             "%s:2: dns.tries: \"x\" is not a whole number, allowed: 1 to 10", file);
    fixture_bad(&(struct fixture){.file = file, .sets = {"dns.tries=6"}}, line);
    fixture_bad(
        &(struct fixture){.env = {"UNVERIFYD_DNS_TRIES=x"}, .sets = {"dns.tries=6"}},
        "UNVERIFYD_DNS_TRIES: dns.tries: \"x\" is not a whole number, allowed: 1 to 10");
    /* but a file that is no longer meant need not exist */
    config_free(fixture_good(
        &(struct fixture){.env = {"NATS_CREDS=/nonexistent"}, .sets = {"nats.creds="}}));
}

static void test_environment(void **state)
{
    (void)state;
    struct config *c = fixture_good(&(struct fixture){
        .env = {"PATH=/bin", "UNVERIFYD_EVENTS_FIELD_ACCOUNT=a.b",
                "UNVERIFYD_POLICY_MAX_UNVERIFY_PER_HOUR=7", "UNVERIFYD", "UNVERIFYDX=1"}});
    assert_string_equal(c->events.field.account, "a.b");
    assert_int_equal(c->policy.max_unverify_per_hour, 7);
    config_free(c);
    static const struct {
        const char *entry, *line;
    } rows[] = {
        {"UNVERIFYD_LOG_LEVLE=info",
         "UNVERIFYD_LOG_LEVLE: no option has this name, did you mean UNVERIFYD_LOG_LEVEL?"},
        {"UNVERIFYD_=x", "UNVERIFYD_: no option has this name; --print-config lists all"},
        {"UNVERIFYD_TURBO=on",
         "UNVERIFYD_TURBO: no option has this name; --print-config lists all"},
        {"UNVERIFYD_LOG_level=info",
         "UNVERIFYD_LOG_level: no option has this name; --print-config lists all"},
        {"UNVERIFYD_LOG_LEVEL=",
         "UNVERIFYD_LOG_LEVEL: log.level: the value is empty, allowed: debug, info, warn, "
         "error"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        fixture_bad(&(struct fixture){.env = {rows[i].entry}}, rows[i].line);
}

/* What Kubernetes and Docker add for a Service called unverifyd is not a typo of ours. */
static void test_service_links(void **state)
{
    (void)state;
    config_free(fixture_good(&(struct fixture){
        .env = {"UNVERIFYD_SERVICE_HOST=10.0.0.1", "UNVERIFYD_SERVICE_PORT=9464",
                "UNVERIFYD_SERVICE_PORT_METRICS=9464", "UNVERIFYD_PORT=tcp://10.0.0.1:9464",
                "UNVERIFYD_PORT_9464_TCP=tcp://10.0.0.1:9464",
                "UNVERIFYD_PORT_9464_TCP_ADDR=10.0.0.1"}}));
    fixture_bad(&(struct fixture){.env = {"UNVERIFYD_PORTS=1"}},
                "UNVERIFYD_PORTS: no option has this name; --print-config lists all");
}

static void test_flags(void **state)
{
    (void)state;
    static const struct {
        const char *set, *line;
    } rows[] = {
        {"log.levle=info",
         "--set: no option is called \"log.levle\", did you mean log.level?"},
        {"level=info", "--set: no option is called \"level\"; --print-config lists all"},
        {"", "--set: the value is missing, allowed: --set section.key=value"},
        {"log.level",
         "--set: log.level: the value is missing, allowed: --set section.key=value"},
        {"s3cret", "--set: the value is missing, allowed: --set section.key=value"},
        {"=x", "--set: no option is called \"\"; --print-config lists all"},
        {"log.level=x=y",
         "--set: log.level: \"x=y\" is not one of the words, allowed: debug, info, warn, "
         "error"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        fixture_bad(&(struct fixture){.sets = {rows[i].set}}, rows[i].line);
    struct config *c = fixture_good(&(struct fixture){.sets = {"nats.token = a=b "}});
    assert_string_equal(c->nats.token, " a=b "); /* a secret keeps its blanks */
    config_free(c);
}

/* An empty value takes back what a weaker source said. */
static void test_taking_back(void **state)
{
    (void)state;
    const char *file =
        fixture_write("u.conf", "[dns]\nservers = 192.0.2.1\n[status]\nkey = k\n");
    struct config *c = fixture_good(&(struct fixture){
        .file = file, .env = {"UNVERIFYD_STATUS_KEY="}, .sets = {"dns.servers="}});
    assert_null(c->dns.servers);
    assert_null(c->status.key);
    config_free(c);
}

static void test_no_environment(void **state)
{
    (void)state;
    struct config *c = NULL;
    struct config_sources none = {.file = "/dev/null"};
    assert_int_equal(config_load(&none, &c, fixture_error), ST_OK);
    config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_precedence),     cmocka_unit_test(test_hidden_mistakes),
        cmocka_unit_test(test_environment),    cmocka_unit_test(test_service_links),
        cmocka_unit_test(test_flags),          cmocka_unit_test(test_taking_back),
        cmocka_unit_test(test_no_environment),
    };
    return cmocka_run_group_tests(tests, fixture_make_dir, fixture_remove_dir);
}
