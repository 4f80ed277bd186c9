/* How texts become values: ranges and grammars, and the words of each refusal. */
#include "config_fixture.h"

#include "config/option.h"
#include "config/option_value.h"

/* One value through --set. NULL error: it is taken, and printed as `kept`. */
struct one {
    const char *set, *kept, *error;
};

static void check_values(const struct one *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct fixture f = {.sets = {rows[i].set}};
        struct config *c;
        enum status st = fixture_load(&f, &c);
        if (rows[i].error != NULL) {
            char line[CONFIG_ERROR_SIZE];
            snprintf(line, sizeof line, "--set: %s", rows[i].error);
            assert_string_equal(fixture_error, line);
            assert_int_equal(st, ST_INVALID);
            continue;
        }
        if (st != ST_OK)
            fail_msg("%s: %s", rows[i].set, fixture_error);
        char *printed = fixture_print(c);
        const char *key = strchr(rows[i].set, '.') + 1;
        char want[512];
        snprintf(want, sizeof want, "\n%.*s = %s\n", (int)strcspn(key, "="), key,
                 rows[i].kept);
        if (strstr(printed, want) == NULL)
            fail_msg("%s is not printed as \"%s\"", rows[i].set, rows[i].kept);
        free(printed);
        config_free(c);
    }
}

/* Each number at both ends of its range: one outside is refused, the end is taken. */
static void test_number_ranges(void **state)
{
    (void)state;
    size_t checked = 0;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &options[i];
        struct option_value value;
        char wrong[OPTION_WRONG_SIZE];
        char text[32];
        if (o->type != OPTION_NUMBER)
            continue;
        const int64_t probes[] = {(int64_t)o->min - 1, o->min, (int64_t)o->min + 1,
                                  (int64_t)o->max - 1, o->max, (int64_t)o->max + 1};
        for (size_t j = 0; j < ARRAY_LEN(probes); j++) {
            bool inside = probes[j] >= o->min && probes[j] <= o->max;
            snprintf(text, sizeof text, "%lld", (long long)probes[j]);
            enum status st = option_parse(o, text, &value, wrong);
            assert_int_equal(st, inside ? ST_OK : ST_INVALID);
            if (inside) {
                assert_int_equal(value.number, probes[j]);
                free(value.text);
            }
            checked++;
        }
    }
    assert_int_equal(checked, 6 * 14);
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct one rows[] = {
        {"dns.tries=1", "1", NULL},
        {"dns.tries=10", "10", NULL},
        {"dns.tries=007", "7", NULL},
        {"dns.tries= 4 ", "4", NULL},
        {"dns.tries=0", NULL, "dns.tries: \"0\" is out of range, allowed: 1 to 10"},
        {"dns.tries=11", NULL, "dns.tries: \"11\" is out of range, allowed: 1 to 10"},
        {"dns.tries=99999999999999999999999", NULL,
         "dns.tries: \"99999999999999999999999\" is out of range, allowed: 1 to 10"},
        {"dns.tries=4294967297", NULL,
         "dns.tries: \"4294967297\" is out of range, allowed: 1 to 10"},
        {"dns.tries=-1", NULL, "dns.tries: \"-1\" is not a whole number, allowed: 1 to 10"},
        {"dns.tries=+1", NULL, "dns.tries: \"+1\" is not a whole number, allowed: 1 to 10"},
        {"dns.tries=1.5", NULL,
         "dns.tries: \"1.5\" is not a whole number, allowed: 1 to 10"},
        {"dns.tries=0x4", NULL,
         "dns.tries: \"0x4\" is not a whole number, allowed: 1 to 10"},
        {"dns.tries=3 s", NULL,
         "dns.tries: \"3 s\" is not a whole number, allowed: 1 to 10"},
        {"dns.tries=", NULL, "dns.tries: the value is empty, allowed: 1 to 10"},
        {"policy.confirm_hours=0", "0", NULL},
        {"status.daily_budget=1000000000", "1000000000", NULL},
    };
    check_values(rows, ARRAY_LEN(rows));
}

static void test_switches(void **state)
{
    (void)state;
    static const struct one rows[] = {
        {"policy.dry_run=on", "on", NULL},
        {"policy.dry_run=true", "on", NULL},
        {"policy.dry_run=Yes", "on", NULL},
        {"policy.dry_run=1", "on", NULL},
        {"policy.dry_run=off", "off", NULL},
        {"policy.dry_run=FALSE", "off", NULL},
        {"policy.dry_run=no", "off", NULL},
        {"policy.dry_run=0", "off", NULL},
        {"policy.dry_run=2", NULL,
         "policy.dry_run: \"2\" is neither on nor off, allowed: on, off"},
        {"policy.dry_run=onn", NULL,
         "policy.dry_run: \"onn\" is neither on nor off, allowed: on, off"},
    };
    check_values(rows, ARRAY_LEN(rows));
}

static void test_words(void **state)
{
    (void)state;
    static const struct one rows[] = {
        {"store.mode=memory", "memory", NULL},
        {"publish.format=json", "json", NULL},
        {"log.level=error", "error", NULL},
        {"log.format=json", "json", NULL},
        {"log.level=loud", NULL,
         "log.level: \"loud\" is not one of the words, allowed: debug, info, warn, error"},
        {"log.level=inf", NULL,
         "log.level: \"inf\" is not one of the words, allowed: debug, info, warn, error"},
        {"log.level=debug info", NULL,
         "log.level: \"debug info\" is not one of the words, allowed: debug, info, warn, "
         "error"},
        {"store.mode=disk", NULL,
         "store.mode: \"disk\" is not one of the words, allowed: jetstream, memory"},
    };
    check_values(rows, ARRAY_LEN(rows));
    struct config *c =
        fixture_good(&(struct fixture){.sets = {"log.level=error", "store.mode=memory",
                                                "log.format=json", "publish.format=json"}});
    assert_int_equal(c->log.level, LOG_ERROR);
    assert_int_equal(c->log.format, LOG_JSON);
    assert_int_equal(c->store.mode, STORE_MEMORY);
    assert_int_equal(c->publish.format, WIRE_JSON);
    config_free(c);
}

static void test_rates_and_shares(void **state)
{
    (void)state;
    static const char allowed[] = ", allowed: N/s, N/m or N/h; 1/h to 1000/s";
    static const struct {
        const char *text;
        double per_s;
        const char *wrong;
    } rates[] = {
        {"5/s", 5, NULL},
        {"0.5/s", 0.5, NULL},
        {"100/m", 100.0 / 60, NULL},
        {"1000/h", 1000.0 / 3600, NULL},
        {"1/h", 1.0 / 3600, NULL},
        {"1000/s", 1000, NULL},
        {"0.9/h", 0, "is out of range"},
        {"1000.1/s", 0, "is out of range"},
        {"0/s", 0, "is out of range"},
        {"5", 0, "is not a rate"},
        {"5/", 0, "is not a rate"},
        {"/s", 0, "is not a rate"},
        {"5/d", 0, "is not a rate"},
        {"5/sec", 0, "is not a rate"},
        {"-5/s", 0, "is not a rate"},
        {"1e3/s", 0, "is not a rate"},
        {"5./s", 0, "is not a rate"},
        {".5/s", 0, "is not a rate"},
        {"5/s/s", 0, "is not a rate"},
        {"inf/s", 0, "is not a rate"},
        {"nan/s", 0, "is not a rate"},
        {"111111111111111111111/s", 0, "is not a rate"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rates); i++) {
        char set[64];
        char line[160];
        struct config *c;
        snprintf(set, sizeof set, "status.rate=%s", rates[i].text);
        enum status st = fixture_load(&(struct fixture){.sets = {set}}, &c);
        if (rates[i].wrong != NULL) {
            snprintf(line, sizeof line, "--set: status.rate: \"%s\" %s%s", rates[i].text,
                     rates[i].wrong, allowed);
            assert_string_equal(fixture_error, line);
            continue;
        }
        assert_int_equal(st, ST_OK);
        assert_true(c->status.rate_per_s > rates[i].per_s * 0.999999);
        assert_true(c->status.rate_per_s < rates[i].per_s * 1.000001);
        config_free(c);
    }
    static const struct one shares[] = {
        {"policy.max_unverify_share=0", "0", NULL},
        {"policy.max_unverify_share=1", "1", NULL},
        {"policy.max_unverify_share=0.0100", "0.01", NULL},
        {"policy.max_unverify_share=00.5", "0.5", NULL},
        {"policy.max_unverify_share=1.000", "1", NULL},
        {"policy.max_unverify_share=1.01", NULL,
         "policy.max_unverify_share: \"1.01\" is out of range, allowed: 0 to 1"},
        {"policy.max_unverify_share=1%", NULL,
         "policy.max_unverify_share: \"1%\" is not a share, allowed: 0 to 1"},
        {"policy.max_unverify_share=-0.1", NULL,
         "policy.max_unverify_share: \"-0.1\" is not a share, allowed: 0 to 1"},
    };
    check_values(shares, ARRAY_LEN(shares));
}

#define SUBJECTS_ALLOWED ", allowed: NATS subjects, comma-separated, up to 64"
#define STREAM_ALLOWED                                                                     \
    ", allowed: up to 64 characters without blank, '.', '*', '>', '/' and '\\'"

static void test_bus_names(void **state)
{
    (void)state;
    static const struct one rows[] = {
        {"events.subjects=a.*.b, c.>", "a.*.b,c.>", NULL},
        {"events.subjects=>", ">", NULL},
        {"events.subjects=a..b", NULL,
         "events.subjects: \"a..b\" has an empty token" SUBJECTS_ALLOWED},
        {"events.subjects=a.", NULL,
         "events.subjects: \"a.\" has an empty token" SUBJECTS_ALLOWED},
        {"events.subjects=a b", NULL,
         "events.subjects: \"a b\" holds a blank" SUBJECTS_ALLOWED},
        {"events.subjects=a.>.b", NULL,
         "events.subjects: \"a.>.b\" has a misplaced wildcard" SUBJECTS_ALLOWED},
        {"events.subjects=a*", NULL,
         "events.subjects: \"a*\" has a misplaced wildcard" SUBJECTS_ALLOWED},
        {"events.subjects=a,,b", NULL,
         "events.subjects: \"a,,b\" has an empty entry" SUBJECTS_ALLOWED},
        {"events.subjects=a,", NULL,
         "events.subjects: \"a,\" has an empty entry" SUBJECTS_ALLOWED},
        {"events.subjects=$SYS.>", NULL,
         "events.subjects: \"$SYS.>\" begins with $, which is the server's "
         "own" SUBJECTS_ALLOWED},
        {"publish.subject=mail.lost", "mail.lost", NULL},
        {"publish.subject=mail.*", NULL,
         "publish.subject: \"mail.*\" has a wildcard, allowed: a NATS subject without "
         "wildcards, up to 200 characters"},
        {"store.prefix=uv-2_x", "uv-2_x", NULL},
        {"store.prefix=12345678901234567890123456789012",
         "12345678901234567890123456789012", NULL},
        {"store.prefix=123456789012345678901234567890123", NULL,
         "store.prefix: \"123456789012345678901234567890123\" is too long, allowed: up to "
         "32 of A-Z a-z 0-9 _ -"},
        {"store.prefix=a.b", NULL,
         "store.prefix: \"a.b\" is not a prefix, allowed: up to 32 of A-Z a-z 0-9 _ -"},
        {"events.stream=FLEET-1", "FLEET-1", NULL},
        {"events.stream=a.b", NULL,
         "events.stream: \"a.b\" is not a stream's name" STREAM_ALLOWED},
        {"events.stream=a b", NULL,
         "events.stream: \"a b\" is not a stream's name" STREAM_ALLOWED},
        {"events.field.email=data.user.email", "data.user.email", NULL},
        {"events.field.email=1.2.3.4.5.6.7.8", "1.2.3.4.5.6.7.8", NULL},
        {"events.field.email=1.2.3.4.5.6.7.8.9", NULL,
         "events.field.email: \"1.2.3.4.5.6.7.8.9\" is too deep, allowed: up to 8 names "
         "separated by dots, up to 255 characters"},
        {"events.field.email=.a", NULL,
         "events.field.email: \".a\" has an empty name, allowed: up to 8 names separated "
         "by dots, up to 255 characters"},
        {"events.field.email=a..b", NULL,
         "events.field.email: \"a..b\" has an empty name, allowed: up to 8 names separated "
         "by dots, up to 255 characters"},
    };
    check_values(rows, ARRAY_LEN(rows));
}

#define DNS_ALLOWED ", allowed: IP[:PORT] or [IPV6]:PORT, comma-separated, up to 16"
#define HTTP_ALLOWED                                                                       \
    ", allowed: https://HOST[:PORT][/PATH], or http:// to a loopback address"
#define NATS_ALLOWED                                                                       \
    ", allowed: nats://[USER:PASSWORD@]HOST[:PORT] or tls://..., comma-separated"

static void test_addresses(void **state)
{
    (void)state;
    static const struct one rows[] = {
        {"dns.servers=192.0.2.1, 192.0.2.2:5353", "192.0.2.1,192.0.2.2:5353", NULL},
        {"dns.servers=2001:db8::1,[2001:db8::2],[::1]:5353",
         "2001:db8::1,[2001:db8::2],[::1]:5353", NULL},
        {"dns.servers=dns.example", NULL,
         "dns.servers: \"dns.example\" is not an IP address" DNS_ALLOWED},
        {"dns.servers=192.0.2.1:0", NULL,
         "dns.servers: \"192.0.2.1:0\" has port 0" DNS_ALLOWED},
        {"dns.servers=192.0.2.1:65535", "192.0.2.1:65535", NULL},
        {"dns.servers=192.0.2.1:65536", NULL,
         "dns.servers: \"192.0.2.1:65536\" is not an IP address" DNS_ALLOWED},
        {"dns.servers=192.0.2.1:", NULL,
         "dns.servers: \"192.0.2.1:\" is not an IP address" DNS_ALLOWED},
        {"dns.servers=[::1", NULL,
         "dns.servers: \"[::1\" is not an IP address" DNS_ALLOWED},
        {"dns.servers=[::1]53", NULL,
         "dns.servers: \"[::1]53\" is not an IP address" DNS_ALLOWED},
        {"dns.servers=192.0.2.300", NULL,
         "dns.servers: \"192.0.2.300\" is not an IP address" DNS_ALLOWED},
        {"dns.servers=::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1",
         NULL,
         "dns.servers: \"::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,::1,...\" has too "
         "many entries" DNS_ALLOWED},
        {"http.listen=0.0.0.0:9464", "0.0.0.0:9464", NULL},
        {"http.listen=[::]:0", "[::]:0", NULL},
        {"http.listen=localhost:1", "localhost:1", NULL},
        {"http.listen=9464", NULL,
         "http.listen: \"9464\" is not an address and a port, allowed: IP:PORT, "
         "[IPV6]:PORT or localhost:PORT"},
        {"http.listen=example.com:80", NULL,
         "http.listen: \"example.com:80\" has no IP address, allowed: IP:PORT, "
         "[IPV6]:PORT or localhost:PORT"},
        {"status.url=https://api.example/base/", "https://api.example/base", NULL},
        {"status.url=https://api.example:8443", "https://api.example:8443", NULL},
        {"status.url=http://127.0.0.1:8080", "http://127.0.0.1:8080", NULL},
        {"status.url=http://127.8.9.10/x", "http://127.8.9.10/x", NULL},
        {"status.url=http://[::1]:8080/", "http://[::1]:8080", NULL},
        {"status.url=HTTP://LocalHost:1/", "HTTP://LocalHost:1", NULL},
        {"status.url=http://localhost.example", NULL,
         "status.url: the value is http:// to an address that is not "
         "loopback" HTTP_ALLOWED},
        {"status.url=http://127.0.0.1.example", NULL,
         "status.url: the value is http:// to an address that is not "
         "loopback" HTTP_ALLOWED},
        {"status.url=http://127.1", NULL,
         "status.url: the value is http:// to an address that is not "
         "loopback" HTTP_ALLOWED},
        {"status.url=http://[::ffff:127.0.0.1]", NULL,
         "status.url: the value is http:// to an address that is not "
         "loopback" HTTP_ALLOWED},
        {"status.url=http://192.0.2.1", NULL,
         "status.url: the value is http:// to an address that is not "
         "loopback" HTTP_ALLOWED},
        {"status.url=http://127.0.0.1@evil.example", NULL,
         "status.url: the value has a user or password in it" HTTP_ALLOWED},
        {"status.url=http://127.0.0.1\\@evil.example", NULL,
         "status.url: the value holds a character that is not allowed in a "
         "URL" HTTP_ALLOWED},
        {"status.url=https://api.example?x=1", NULL,
         "status.url: the value has a query or a fragment" HTTP_ALLOWED},
        {"status.url=https://", NULL,
         "status.url: the value has no valid host and port" HTTP_ALLOWED},
        {"status.url=https://a:0", NULL,
         "status.url: the value has no valid host and port" HTTP_ALLOWED},
        {"status.url=https://a:b", NULL,
         "status.url: the value has no valid host and port" HTTP_ALLOWED},
        {"status.url=ftp://a", NULL,
         "status.url: the value is not an http:// or https:// URL" HTTP_ALLOWED},
        {"status.rapidapi_host=Domainr.p.RapidAPI.com", "domainr.p.rapidapi.com", NULL},
        {"status.rapidapi_host=-a", NULL,
         "status.rapidapi_host: \"-a\" is not a host name, allowed: a host name"},
        {"nats.url=nats://a:4222/, tls://b,c:1", "nats://a:4222,tls://b,c:1", NULL},
        {"nats.url=nats://[::1]:4222", "nats://[::1]:4222", NULL},
        {"nats.url=http://a", NULL,
         "nats.url: the value has a scheme other than nats:// and tls://" NATS_ALLOWED},
        {"nats.url=nats://", NULL,
         "nats.url: the value has a server without a valid host and port" NATS_ALLOWED},
        {"nats.url=nats://@a", NULL, "nats.url: the value has an empty user" NATS_ALLOWED},
        {"nats.url=nats://user:secret@a:port", NULL,
         "nats.url: the value has a server without a valid host and port" NATS_ALLOWED},
    };
    check_values(rows, ARRAY_LEN(rows));
}

/* What is planned is recognised and refused: acting as if it worked would be a lie. */
static void test_not_built_yet(void **state)
{
    (void)state;
    static const struct one rows[] = {
        {"status.provider=rdap", "rdap", NULL},
        {"status.provider=domain", NULL,
         "status.provider: \"domain\" is not one of the words, allowed: domainr, fastly, "
         "rdap, none"},
        {"status.second_opinion=rdap", "rdap", NULL},
        {"status.second_opinion=domainr", NULL,
         "status.second_opinion: \"domainr\" is not one of the words, allowed: none, rdap"},
        {"policy.preset=pypi", NULL,
         "policy.preset: \"pypi\" is not built in this version yet, allowed: strict"},
        {"policy.preset=rubygems", NULL,
         "policy.preset: \"rubygems\" is not built in this version yet, allowed: strict"},
        {"policy.preset=npm", NULL,
         "policy.preset: \"npm\" is not one of the words, allowed: strict"},
        {"shard.count=1", "1", NULL},
        {"shard.count=2", NULL,
         "shard.count: \"2\" needs sharding, which is not built in this version yet, "
         "allowed: 1"},
        {"shard.count=1025", NULL, "shard.count: \"1025\" is out of range, allowed: 1"},
        {"shard.count=0", NULL, "shard.count: \"0\" is out of range, allowed: 1"},
        {"shard.own=all", "all", NULL},
        {"shard.own=0", "0", NULL},
        {"shard.own=0,3,5", NULL,
         "shard.own: \"0,3,5\" needs sharding, which is not built in this version yet, "
         "allowed: all, 0"},
        {"shard.own=some", NULL,
         "shard.own: \"some\" is not the number of a shard, allowed: all, 0"},
    };
    check_values(rows, ARRAY_LEN(rows));
}

#define CANARIES_ALLOWED                                                                   \
    ", allowed: on, off, or domains that exist, comma-separated, up to 8"
#define EXEMPT_ALLOWED                                                                     \
    ", allowed: domains, comma-separated, all or none with a leading +; or none"

static void test_domain_lists(void **state)
{
    (void)state;
    static const struct one rows[] = {
        {"policy.exempt=Example.COM, b.example", "example.com,b.example", NULL},
        {"policy.exempt=none", "none", NULL},
        {"policy.exempt=+a.example,+b.example", "+a.example,+b.example", NULL},
        {"policy.exempt=+a.example,b.example", NULL,
         "policy.exempt: \"b.example\" mixes adding to the list with replacing "
         "it" EXEMPT_ALLOWED},
        {"policy.exempt=com", NULL,
         "policy.exempt: \"com\" is not a domain" EXEMPT_ALLOWED},
        {"policy.exempt=a@b.example", NULL,
         "policy.exempt: \"a@b.example\" is not a domain" EXEMPT_ALLOWED},
        {"policy.exempt=a..example", NULL,
         "policy.exempt: \"a..example\" is not a domain" EXEMPT_ALLOWED},
        {"policy.exempt=b\xc3\xbc.example", NULL,
         "policy.exempt: \"b??.example\" is not a domain" EXEMPT_ALLOWED},
        {"dns.parked_nameservers=p.example", "p.example", NULL},
        {"dns.parked_nameservers=none", "none", NULL},
        {"dns.canaries=OFF", "off", NULL},
        {"dns.canaries=1", "on", NULL},
        {"dns.canaries=Alive.example, b.co.uk", "alive.example,b.co.uk", NULL},
        {"dns.canaries=on,alive.example", NULL,
         "dns.canaries: \"on\" is not a domain" CANARIES_ALLOWED},
        {"dns.canaries=com", NULL,
         "dns.canaries: \"com\" is not a domain" CANARIES_ALLOWED},
        {"dns.canaries=a.b,a.b,a.b,a.b,a.b,a.b,a.b,a.b,a.b", NULL,
         "dns.canaries: \"a.b,a.b,a.b,a.b,a.b,a.b,a.b,a.b,a.b\" has too many "
         "entries" CANARIES_ALLOWED},
    };
    check_values(rows, ARRAY_LEN(rows));
}

static void test_long_values(void **state)
{
    (void)state;
    const struct option *o = option_find("nats.token", strlen("nats.token"));
    char wrong[OPTION_WRONG_SIZE] = "";
    struct option_value value;
    char *text = malloc(OPTION_TEXT_MAX + 2);
    assert_non_null(text);
    memset(text, 'x', OPTION_TEXT_MAX + 1);
    text[OPTION_TEXT_MAX + 1] = '\0';
    assert_int_equal(option_parse(o, text, &value, wrong), ST_INVALID);
    assert_string_equal(wrong, "the value is longer than 65536 bytes");
    text[OPTION_TEXT_MAX] = '\0';
    assert_int_equal(option_parse(o, text, &value, wrong), ST_OK);
    free(value.text);
    free(text);
    fixture_bad(&(struct fixture){.sets = {"nats.token=a\x1b[2Jb"}},
                "--set: nats.token: the value holds a control character, allowed: text "
                "without control characters");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number_ranges),    cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_switches),         cmocka_unit_test(test_words),
        cmocka_unit_test(test_rates_and_shares), cmocka_unit_test(test_bus_names),
        cmocka_unit_test(test_addresses),        cmocka_unit_test(test_not_built_yet),
        cmocka_unit_test(test_domain_lists),     cmocka_unit_test(test_long_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
