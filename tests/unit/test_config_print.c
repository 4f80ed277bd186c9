/* --print-config: a file that loads to the same, without secrets. */
#include "config_fixture.h"

#include "config/option.h"

/* Loads what was printed and prints that: the two must be the same. */
static void check_round_trip(const struct config *c)
{
    char *first = fixture_print(c);
    struct config *again;
    if (fixture_text(first, &again) != ST_OK)
        fail_msg("what was printed is refused: %s", fixture_error);
    char *second = fixture_print(again);
    assert_string_equal(first, second);
    assert_string_equal(config_idle_keys(again), config_idle_keys(c));
    free(first);
    free(second);
    config_free(again);
}

static void test_round_trip(void **state)
{
    (void)state;
    static const struct fixture rows[] = {
        {.file = NULL},
        {.sets = {"nats.url=tls://a:1,nats://[::1]", "nats.creds=/dev/null",
                  "nats.ca=/dev/null", "status.provider=domainr",
                  "status.url=https://a.example/x/", "status.rate=100/m",
                  "policy.max_unverify_share=0.050", "policy.exempt=+a.example,+b.example",
                  "dns.servers=192.0.2.1 , [::1]:53", "policy.dry_run=1",
                  "events.subjects=a.>, b.*", "log.level=debug"}},
        {.sets = {"policy.exempt=none", "dns.parked_nameservers=none", "dns.canaries=no"}},
        {.sets = {"dns.canaries=A.example, b.example"}},
        {.sets = {"policy.exempt=A.example,b.example", "http.listen=[::]:0"}},
        {.sets = {"nats.url=nats://u:s3cret@a,nats://t0ken@b"}},
        {.sets = {"nats.cert=/dev/../dev/null", "nats.key=/dev/./null"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config *c = fixture_good(&rows[i]);
        check_round_trip(c);
        config_free(c);
    }
}

/* Characters that mean something in the file come back as they were. */
static void test_quoting(void **state)
{
    (void)state;
    static const char *const names[] = {"a # b", "\"", "\\", "a\\\"b", "; c", "x;y"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char set[64];
        char path[200];
        snprintf(path, sizeof path, "f%s", names[i]);
        const char *file = fixture_write(path, "x");
        snprintf(path, sizeof path, "nats.creds=%s", file);
        snprintf(set, sizeof set, "nats.ca=/dev/null");
        struct config *c = fixture_good(&(struct fixture){.sets = {path, set}});
        char *printed = fixture_print(c);
        struct config *again;
        assert_int_equal(fixture_text(printed, &again), ST_OK);
        assert_string_equal(again->nats.creds, file);
        free(printed);
        config_free(again);
        config_free(c);
    }
}

static void test_every_option_in_order(void **state)
{
    (void)state;
    struct config *c = fixture_good(&(struct fixture){.file = NULL});
    char *printed = fixture_print(c);
    const char *at = printed;
    for (size_t i = 0; i < option_count; i++) {
        char line[160];
        snprintf(line, sizeof line, "# %s.", options[i].meaning);
        at = strstr(at, line);
        assert_non_null(at);
        snprintf(line, sizeof line, "\n%s =%s%s\n", options[i].key,
                 options[i].fallback != NULL ? " " : "",
                 options[i].fallback != NULL ? options[i].fallback : "");
        at = strstr(at, line);
        assert_non_null(at);
    }
    assert_non_null(strstr(printed, "# Built in: gmail.com "));
    /* nothing but the meanings is wider than a terminal, and the built-in list isn't */
    for (const char *l = strstr(printed, "# Built in:"); *l == '#';
         l += strcspn(l, "\n") + 1)
        assert_true(strcspn(l, "\n") <= 90);
    free(printed);
    config_free(c);
}

static void test_secrets_are_not_printed(void **state)
{
    (void)state;
    const char *key_file = fixture_write("key", "s3cret-in-file\n");
    char set[300];
    snprintf(set, sizeof set, "status.key_file=%s", key_file);
    static const struct {
        struct fixture f;
        const char *shown;
    } rows[] = {
        {{.sets = {"status.key=s3cret"}}, "\n# status.key: (set)\n"},
        {{.sets = {"nats.token=s3cret"}}, "\n# nats.token: (set)\n"},
        {{.sets = {"nats.user=jane", "nats.password=s3cret"}},
         "\n# nats.password: (set)\n"},
        {{.env = {"NATS_USER=s3cret"}}, "\n# nats.token: (set)\n"},
        {{.sets = {"nats.url=nats://jane:s3cret@a:1"}}, "\nurl = nats://jane:***@a:1\n"},
        {{.sets = {"nats.url=nats://s3cret@a:1,tls://b,nats://x:s3cret@c/"}},
         "\nurl = nats://***@a:1,tls://b,nats://x:***@c\n"},
        {{.sets = {"nats.url=jane:s3@cret@a:1"}}, "\nurl = jane:***@a:1\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config *c = fixture_good(&rows[i].f);
        char *printed = fixture_print(c);
        assert_null(strstr(printed, "s3"));
        assert_null(strstr(printed, "cret"));
        assert_non_null(strstr(printed, rows[i].shown));
        free(printed);
        config_free(c);
    }
    struct config *c = fixture_good(&(struct fixture){.sets = {set}});
    char *printed = fixture_print(c);
    assert_string_equal(c->status.key, "s3cret-in-file");
    assert_null(strstr(printed, "s3cret"));
    assert_non_null(strstr(printed, key_file));
    free(printed);
    config_free(c);
}

/* Nor does an error show one, whatever is wrong with it. */
static void test_secrets_are_not_in_errors(void **state)
{
    (void)state;
    static const struct fixture rows[] = {
        {.sets = {"status.key=s3cret x"}},
        {.sets = {"status.key=s3cret\x01"}},
        {.sets = {"nats.token=s3cret\x01"}},
        {.sets = {"nats.url=nats://u:s3cret@"}},
        {.sets = {"nats.url=http://u:s3cret@a"}},
        {.sets = {"status.url=https://u:s3cret@a"}},
        {.sets = {"status.url=s3cret"}},
        {.sets = {"s3cret"}},
        {.env = {"NATS_PASSWORD=s3cret"}},
        {.env = {"UNVERIFYD_STATUS_KYE=s3cret"}},
        {.env = {"NATS_TOKEN=s3cret", "NATS_NKEY=/dev/null"}},
        {.sets = {"status.kye=s3cret"}},
        {.sets = {"status.key=s3cret", "status.key_file=/dev/null"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct config *c;
        assert_int_equal(fixture_load(&rows[i], &c), ST_INVALID);
        assert_true(strlen(fixture_error) > 10);
        assert_null(strstr(fixture_error, "s3cret"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_every_option_in_order),
        cmocka_unit_test(test_secrets_are_not_printed),
        cmocka_unit_test(test_secrets_are_not_in_errors),
    };
    return cmocka_run_group_tests(tests, fixture_make_dir, fixture_remove_dir);
}
