/* What a check says, word for word. (Each verdict, through the program:
 * io/test_cmd_check.c.)
 */
#include "unit.h"

#include "check_line.h"

static struct buf out;

static int forget(void **state)
{
    (void)state;
    buf_free(&out);
    return 0;
}

static void expect(const struct check_facts *f, const char *line)
{
    out.len = 0;
    assert_int_equal(buf_append(&out, "before\n", 7), ST_OK); /* which stays */
    assert_int_equal(check_line_write(f, &out), ST_OK);
    assert_int_equal(buf_append(&out, "", 1), ST_OK);
    assert_memory_equal(out.data, "before\n", 7);
    assert_string_equal((const char *)out.data + 7, line);
}

static const struct check_facts asked = {
    .host = "mail.example.com",
    .domain = "example.com",
    .resolver = "192.0.2.53:53",
    .dns_elapsed_ms = 12,
    .dns_at_s = 1764000000,
    .holds_first = true,
};

static void delegated(void **state)
{
    static const struct dns_answer answer = {
        .outcome = DNS_DELEGATED,
        .ns_count = 2,
        .ns = {"ns1.example.net", "odd\\000.example.net"},
    };
    struct check_facts f = asked;
    (void)state;
    f.dns = &answer;
    expect(&f,
           "{\"domain\":\"example.com\",\"host\":\"mail.example.com\",\"phase\":"
           "\"active\",\"action\":\"none\",\"reason\":null,\"block_password_reset\":"
           "false,\"dns\":{\"outcome\":\"delegated\",\"soa\":null,\"resolver\":"
           "\"192.0.2.53:53\",\"at\":\"2025-11-24T16:00:00Z\",\"elapsed_ms\":12,"
           "\"ns\":[\"ns1.example.net\",\"odd\\\\000.example.net\"]},\"status\":null}\n");
}

static void released_in_a_line(void **state)
{
    static const struct dns_answer answer = {.outcome = DNS_ABSENT, .soa = "com"};
    static const struct status_reply reply = {.outcome = STATUS_ANSWERED,
                                              .http = 200,
                                              .elapsed_ms = 90,
                                              .words = "undelegated inactive",
                                              .detail = ""};
    struct check_facts f = asked;
    (void)state;
    f.line = 7;
    f.dns = &answer;
    f.provider = "domainr";
    f.status = &reply;
    f.status_at_s = 1764000001;
    assert_true(check_wants_status(&f));
    expect(&f, "{\"line\":7,\"domain\":\"example.com\",\"host\":\"mail.example.com\","
               "\"phase\":\"released\",\"action\":\"unverify_and_block\",\"reason\":"
               "\"domain_available\",\"block_password_reset\":true,\"dns\":{\"outcome\":"
               "\"absent\",\"soa\":\"com\",\"resolver\":\"192.0.2.53:53\",\"at\":"
               "\"2025-11-24T16:00:00Z\",\"elapsed_ms\":12,\"ns\":[]},\"status\":{"
               "\"provider\":\"domainr\",\"outcome\":\"answered\",\"tokens\":["
               "\"undelegated\",\"inactive\"],\"http\":200,\"elapsed_ms\":90,\"at\":"
               "\"2025-11-24T16:00:01Z\",\"detail\":null}}\n");
}

/* Both answers are shown, and judged together. */
static void with_a_second_opinion(void **state)
{
    static const struct dns_answer answer = {.outcome = DNS_ABSENT, .soa = "com"};
    static const struct status_reply reply = {.outcome = STATUS_ANSWERED,
                                              .http = 200,
                                              .elapsed_ms = 90,
                                              .words = "undelegated active"};
    static const struct rdap_reply second = {.outcome = STATUS_ANSWERED,
                                             .states = 1U << RDAP_REDEMPTION |
                                                       1U << RDAP_PENDING_DELETE,
                                             .registered_s = 1400000000,
                                             .words = "redemption period, pending delete",
                                             .server = "rdap.example",
                                             .http = 200,
                                             .elapsed_ms = 88};
    struct check_facts f = asked;
    (void)state;
    f.dns = &answer;
    f.provider = "domainr";
    f.asks_registry = true;
    assert_false(check_wants_opinion(&f));
    f.status = &reply;
    f.status_at_s = 1764000001;
    assert_true(check_wants_opinion(&f));
#define FOUND(phase, action, reason)                                                       \
    "{\"domain\":\"example.com\",\"host\":\"mail.example.com\",\"phase\":\"" phase         \
    "\",\"action\":\"" action "\",\"reason\":" reason ",\"block_password_reset\":false,"   \
    "\"dns\":{\"outcome\":\"absent\",\"soa\":\"com\",\"resolver\":\"192.0.2.53:53\","      \
    "\"at\":\"2025-11-24T16:00:00Z\",\"elapsed_ms\":12,\"ns\":[]},\"status\":"
#define WORDS                                                                              \
    "{\"provider\":\"domainr\",\"outcome\":\"answered\",\"tokens\":[\"undelegated\","      \
    "\"active\"],\"http\":200,\"elapsed_ms\":90,\"at\":\"2025-11-24T16:00:01Z\","          \
    "\"detail\":null}"
#define SECOND                                                                             \
    "{\"server\":\"rdap.example\",\"outcome\":\"answered\",\"status\":"                    \
    "[\"redemption period\",\"pending delete\"],\"registered\":"                           \
    "\"2014-05-13T16:53:20Z\",\"expires\":null,\"http\":200,\"elapsed_ms\":88,"            \
    "\"at\":\"2025-11-24T16:00:02Z\",\"detail\":null}"
    expect(&f, FOUND("held", "watch", "null") WORDS ",\"rdap\":null}\n");
    f.rdap = &second;
    f.rdap_at_s = 1764000002;
    expect(&f, FOUND("redemption", "unverify_when_held", "\"domain_expiring\"") WORDS
           ",\"rdap\":" SECOND "}\n");
    f.status = NULL; /* the registry is the provider */
    f.provider = "rdap";
    expect(&f, FOUND("redemption", "unverify_when_held",
                     "\"domain_expiring\"") "null,\"rdap\":" SECOND "}\n");
    const struct rdap_reply trouble = {
        .outcome = STATUS_TIMEOUT, .states = second.states, .detail = "slow"};
    f.rdap = &trouble;
    expect(&f, FOUND("candidate", "ask_again",
                     "null") "null,\"rdap\":{\"server\":null,\"outcome\":\"timeout\","
                             "\"status\":[],\"registered\":null,\"expires\":null,"
                             "\"http\":0,\"elapsed_ms\":0,\"at\":\"2025-11-24T16:00:02Z\","
                             "\"detail\":\"slow\"}}\n");
}

/* Each kind of doubt has no phase, and is asked again. */
static void doubt(void **state)
{
    (void)state;
    unsigned n = 0;
    for (int o = 0; o < DNS_OUTCOME_COUNT; o++) {
        struct dns_answer answer = {.outcome = (enum dns_outcome)o};
        struct check_facts f = asked;
        f.dns = &answer;
        f.provider = "domainr";
        if (!dns_outcome_is_doubt(answer.outcome))
            continue;
        n++;
        assert_false(check_wants_status(&f));
        out.len = 0;
        assert_int_equal(check_line_write(&f, &out), ST_OK);
        assert_int_equal(buf_append(&out, "", 1), ST_OK);
        assert_non_null(strstr((const char *)out.data,
                               "\"phase\":null,\"action\":\"ask_again\",\"reason\":null"));
    }
    assert_true(n >= 5);
}

static void no_domain(void **state)
{
    (void)state;
    expect(&(struct check_facts){.fault = ADDRESS_LITERAL,
                                 .argument = "192.0.2.1 and more",
                                 .argument_len = 9},
           "{\"domain\":\"192.0.2.1\",\"error\":\"an IP address, not a domain\"}\n");
    expect(&(struct check_facts){.line = 12,
                                 .fault = ADDRESS_NOT_TEXT,
                                 .argument = "\"\xFF\0",
                                 .argument_len = 3},
           "{\"line\":12,\"domain\":\"\\\"\xEF\xBF\xBD\\u0000\",\"error\":"
           "\"not a name: empty, or not UTF-8\"}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delegated),
        cmocka_unit_test(released_in_a_line),
        cmocka_unit_test(with_a_second_opinion),
        cmocka_unit_test(doubt),
        cmocka_unit_test(no_domain),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
