/* A registry's answers: the shapes of RFC 9083, what registries make of them, and what is
 * none of their words. */
#include "unit.h"

#include "base/must.h"
#include "proto/rdap_reply.h"

#define RDAP "application/rdap+json"
#define JSON "application/json"
#define HTML "text/html; charset=utf-8"

static void ask_as(bool is_responsible, int http, const char *type, const char *body,
                   size_t len, const char *domain, struct rdap_reply *out)
{
    char *copy = malloc(len > 0 ? len : 1); /* exactly as long: the sanitizer looks on */
    assert_non_null(copy);
    memcpy(copy, body, len);
    struct http_answer a = {
        .http = http,
        .content_type = type,
        .body = copy,
        .len = len,
        .elapsed_ms = 120,
        .retry_after_s = 17,
    };
    memset(out, 0xAA, sizeof *out);
    rdap_reply_read(&a, domain, is_responsible, out);
    free(copy);
    assert_int_equal(out->http, http);
    assert_int_equal(out->elapsed_ms, 120);
    assert_true((out->outcome == STATUS_ANSWERED) == (out->detail[0] == '\0'));
    if (out->outcome != STATUS_ANSWERED || out->is_free) {
        assert_int_equal(out->states, 0);
        assert_int_equal(out->registered_s, 0);
        assert_int_equal(out->expires_s, 0);
        assert_string_equal(out->words, "");
    }
    assert_true(!out->is_free || (out->outcome == STATUS_ANSWERED && http == 404));
    bool may_wait = http == 429 || (http >= 500 && http <= 599);
    assert_int_equal(out->retry_after_s, may_wait ? 17 : 0);
}

static void ask(int http, const char *type, const char *body, struct rdap_reply *out)
{
    ask_as(true, http, type, body, strlen(body), "example.com", out);
}

#define DOMAIN(more) "{\"objectClassName\":\"domain\",\"ldhName\":\"EXAMPLE.COM\"" more "}"
#define STATES(list) DOMAIN(",\"status\":" list)
#define EVENTS(list) DOMAIN(",\"events\":" list)

static void states(void **state)
{
    static const struct {
        const char *body;
        uint32_t states;
        const char *words;
    } rows[] = {
        {DOMAIN(""), 0, ""},
        {STATES("null"), 0, ""},
        {STATES("[]"), 0, ""},
        {STATES("[\"active\"]"), 0, "active"},
        {STATES("[\"client transfer prohibited\",\"locked\"]"), 0,
         "client transfer prohibited, locked"},
        {STATES("[\"pending delete\",\"redemption period\"]"),
         1U << RDAP_PENDING_DELETE | 1U << RDAP_REDEMPTION,
         "pending delete, redemption period"},
        {STATES("[\"Pending Delete\"]"), 1U << RDAP_PENDING_DELETE, "Pending Delete"},
        {STATES("[\"pendingDelete\",\"redemptionPeriod\"]"),
         1U << RDAP_PENDING_DELETE | 1U << RDAP_REDEMPTION,
         "pendingDelete, redemptionPeriod"},
        {STATES("[\"client_hold\"]"), 1U << RDAP_CLIENT_HOLD, "client_hold"},
        {STATES("[\"server-hold\"]"), 1U << RDAP_SERVER_HOLD, "server-hold"},
        {STATES("[\"pending restore\"]"), 1U << RDAP_PENDING_RESTORE, "pending restore"},
        {STATES("[\"auto renew period\",\"inactive\",\"add period\"]"),
         1U << RDAP_AUTO_RENEW | 1U << RDAP_INACTIVE | 1U << RDAP_ADD_PERIOD,
         "auto renew period, inactive, add period"},
        /* nearly a state is none */
        {STATES("[\"pending delete prohibited\",\"redemption\",\"client delete "
                "prohibited\",\"\"]"),
         0, "pending delete prohibited, redemption, client delete prohibited"},
    };
    struct rdap_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(200, RDAP, rows[i].body, &r);
        if (r.outcome != STATUS_ANSWERED)
            fail_msg("%s: %s", rows[i].body, r.detail);
        assert_int_equal(r.states, rows[i].states);
        assert_string_equal(r.words, rows[i].words);
        assert_false(r.is_free);
    }
}

static void many_states_are_cut_at_a_word(void **state)
{
    static const char body[] = STATES(
        "[\"client delete prohibited\",\"client renew prohibited\",\"client transfer "
        "prohibited\",\"client update prohibited\",\"server delete prohibited\",\"server "
        "renew prohibited\",\"server transfer prohibited\",\"redemption period\"]");
    struct rdap_reply r;
    (void)state;
    ask(200, RDAP, body, &r);
    assert_int_equal(r.outcome, STATUS_ANSWERED);
    assert_true(strlen(r.words) > 120 && strlen(r.words) < sizeof r.words);
    assert_null(strstr(r.words, "redemption")); /* didn't fit, but counts */
    assert_int_equal(r.states, 1U << RDAP_REDEMPTION);
}

#define EVENT(action, date) "{\"eventAction\":\"" action "\",\"eventDate\":\"" date "\"}"

static void dates(void **state)
{
    static const struct {
        const char *body;
        int64_t registered_s, expires_s;
    } rows[] = {
        {EVENTS("null"), 0, 0},
        {EVENTS("[]"), 0, 0},
        {EVENTS("[" EVENT("registration", "2020-07-24T03:47:53Z") "," EVENT(
             "expiration", "2025-07-24T03:47:53Z") "]"),
         1595562473, 1753328873},
        {EVENTS("[" EVENT("Registration", "2020-07-24T05:47:53.25+02:00") "]"), 1595562473,
         0},
        /* registered once more: what is later counts */
        {EVENTS("[" EVENT("registration", "2001-09-09T01:46:40Z") "," EVENT(
             "reregistration", "2020-07-24T03:47:53Z") "]"),
         1595562473, 0},
        {EVENTS("[" EVENT("registration", "2020-07-24T03:47:53Z") "," EVENT(
             "reregistration", "2001-09-09T01:46:40Z") "]"),
         1595562473, 0},
        {EVENTS("[" EVENT("reregistration", "2001-09-09T01:46:40Z") "," EVENT(
             "reregistration", "2020-07-24T03:47:53Z") "]"),
         1595562473, 0},
        /* two beginnings: the earlier one accuses nobody */
        {EVENTS("[" EVENT("registration", "2020-07-24T03:47:53Z") "," EVENT(
             "registration", "2001-09-09T01:46:40Z") "]"),
         1000000000, 0},
        /* others, and what can't be read */
        {EVENTS("[" EVENT("last changed", "2020-07-24T03:47:53Z") "," EVENT(
             "transfer", "2020-07-24T03:47:53Z") "," EVENT("registrar expiration",
                                                           "2020-07-24T03:47:53Z") "]"),
         0, 0},
        {EVENTS("[" EVENT("registration", "2020-07-24") "]"), 0, 0},
        {EVENTS("[" EVENT("registration", "2020-07-24T03:47:53") "]"), 0, 0},
        {EVENTS("[" EVENT("registration", "yesterday") "]"), 0, 0},
        {EVENTS("[" EVENT("registration", "") "]"), 0, 0},
        {EVENTS("[" EVENT("registration", "1969-12-31T23:59:59Z") "]"), 0, 0},
        {EVENTS("[" EVENT("registration", "1970-01-01T00:00:00Z") "]"), 0, 0},
        {EVENTS("[7,null,{},[],{\"eventAction\":\"registration\"},{\"eventAction\":7,"
                "\"eventDate\":\"2020-07-24T03:47:53Z\"}]"),
         0, 0},
    };
    struct rdap_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(200, RDAP, rows[i].body, &r);
        assert_int_equal(r.outcome, STATUS_ANSWERED);
        if (r.registered_s != rows[i].registered_s || r.expires_s != rows[i].expires_s)
            fail_msg("%s: %lld %lld", rows[i].body, (long long)r.registered_s,
                     (long long)r.expires_s);
    }
}

static void names(void **state)
{
    static const struct {
        const char *asked, *body;
        bool is_same;
    } rows[] = {
        {"example.com", "{\"objectClassName\":\"domain\",\"ldhName\":\"example.com\"}",
         true},
        {"example.com", "{\"objectClassName\":\"Domain\",\"ldhName\":\"example.com.\"}",
         true},
        {"example.com", "{\"objectClassName\":\"domain\",\"unicodeName\":\"example.com\"}",
         true},
        {"xn--bcher-kva.de",
         "{\"objectClassName\":\"domain\",\"unicodeName\":\"b\xC3\xBC"
         "cher.de\"}",
         true},
        {"xn--bcher-kva.de",
         "{\"objectClassName\":\"domain\",\"ldhName\":\"XN--BCHER-KVA.DE\","
         "\"unicodeName\":\"b\xC3\xBC"
         "cher.de\"}",
         true},
        {"example.com",
         "{\"objectClassName\":\"domain\",\"ldhName\":\"example.net\","
         "\"unicodeName\":\"example.com\"}",
         false},
        {"example.com", "{\"objectClassName\":\"domain\",\"ldhName\":\"\"}", false},
        {"example.com", "{\"objectClassName\":\"domain\",\"ldhName\":\".\"}", false},
        {"example.com", "{\"objectClassName\":\"domain\",\"ldhName\":\"example.com..\"}",
         false},
        {"example.com", "{\"objectClassName\":\"domain\",\"ldhName\":\"com\"}", false},
        {"example.com", "{\"objectClassName\":\"domain\",\"ldhName\":\"www.example.com\"}",
         false},
        {"example.com", "{\"objectClassName\":\"domain\",\"ldhName\":7}", false},
        {"example.com", "{\"objectClassName\":\"domain\"}", false},
    };
    struct rdap_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask_as(true, 200, RDAP, rows[i].body, strlen(rows[i].body), rows[i].asked, &r);
        if ((r.outcome == STATUS_ANSWERED) != rows[i].is_same)
            fail_msg("%s: %s", rows[i].body, r.detail);
        if (!rows[i].is_same)
            assert_string_equal(r.detail, "an answer for another domain");
    }
}

static void free_names(void **state)
{
    static const struct {
        const char *type, *body;
        bool is_free;
    } rows[] = {
        {RDAP, "", true}, /* as the registry of com answers */
        {"application/rdap+json; charset=utf-8", "", true},
        {RDAP, "{\"errorCode\":404,\"title\":\"Not Found\",\"description\":[\"none\"]}",
         true},
        {RDAP, "{\"rdapConformance\":[\"rdap_level_0\"],\"errorCode\":\"404\"}", true},
        {RDAP, "{\"rdapConformance\":[\"rdap_level_0\"],\"notices\":[]}", true},
        {JSON, "{\"errorCode\":404,\"title\":\"Not Found\"}", true},
        {"Application/JSON;charset=utf-8", "{\"errorCode\":404}", true},
        {"application/problem+json", "{\"errorCode\":404}", true},
        /* not RDAP's, so perhaps not the registry's: a gateway, a path that has moved */
        {HTML, "<html><h1>404 Not Found</h1></html>", false},
        {HTML, "", false},
        {"", "", false},
        {"text/plain", "", false},
        {JSON, "", false},
        {"application/rdap+jsonx", "", false},
        {"", "{\"errorCode\":404}", false},
        {HTML, "{\"errorCode\":404}", false},
        {"text/plain", "{\"errorCode\":404}", false},
        {JSON, "{}", false},
        {JSON, "{\"error\":\"Not Found\",\"status\":404,\"path\":\"/domain/x\"}", false},
        {JSON, "{\"message\":\"no Route matched with those values\"}", false},
        {RDAP, "<html>404</html>", false},
        {RDAP, "{\"errorCode\":404", false},
        {RDAP, "[]", false},
        {RDAP, "null", false},
        {RDAP, " ", false},
        {RDAP, "{\"errorCode\":400}", false},
        {RDAP, "{\"errorCode\":null}", false},
        {RDAP, "{\"errorCode\":[404]}", false},
        {RDAP, "{\"errorCode\":503,\"errorCode\":404}", false},
        {RDAP, DOMAIN(""), false},
        {RDAP, DOMAIN(",\"errorCode\":404"), false},
    };
    struct rdap_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(404, rows[i].type, rows[i].body, &r);
        if (r.is_free != rows[i].is_free)
            fail_msg("%s %s: %s", rows[i].type, rows[i].body, r.detail);
        assert_int_equal(r.outcome,
                         rows[i].is_free ? STATUS_ANSWERED : STATUS_CLIENT_ERROR);
        if (!rows[i].is_free)
            assert_non_null(strstr(r.detail, "HTTP 404 that is not RDAP's"));
        /* from any other server it says nothing */
        ask_as(false, 404, rows[i].type, rows[i].body, strlen(rows[i].body), "example.com",
               &r);
        assert_int_equal(r.outcome, STATUS_CLIENT_ERROR);
        assert_false(r.is_free);
    }
    ask_as(false, 404, RDAP, "", 0, "example.com", &r);
    assert_string_equal(r.detail, "HTTP 404 from a server that is not responsible");
    ask_as(false, 200, RDAP, DOMAIN(""), strlen(DOMAIN("")), "example.com", &r);
    assert_int_equal(r.outcome, STATUS_ANSWERED); /* there is one: anyone may show it */
}

static void doubt(void **state)
{
    static const struct {
        int http;
        const char *type, *body;
        enum status_outcome outcome;
        const char *detail; /* NULL: any */
    } rows[] = {
        {400, RDAP,
         "{\"errorCode\":400,\"title\":\"Bad Request\",\"description\":[\"not "
         "supported\",\"more\"]}",
         STATUS_CLIENT_ERROR, "HTTP 400, Bad Request: not supported"},
        {400, RDAP, "{\"errorCode\":400,\"description\":[\"no\"]}", STATUS_CLIENT_ERROR,
         "HTTP 400, no"},
        {401, "", "", STATUS_UNAUTHORIZED, "HTTP 401"},
        {403, HTML, "<html>blocked</html>", STATUS_UNAUTHORIZED, "HTTP 403"},
        {403, RDAP, "{\"errorCode\":403,\"title\":\"Blocked\"}", STATUS_UNAUTHORIZED,
         "HTTP 403, Blocked"},
        {410, RDAP, "", STATUS_CLIENT_ERROR, "HTTP 410"},
        {429, RDAP, "{\"errorCode\":429,\"title\":\"Slow down\"}", STATUS_THROTTLED,
         "HTTP 429, Slow down"},
        {429, "", "", STATUS_THROTTLED, "HTTP 429"},
        {500, HTML, "<html>", STATUS_SERVER_ERROR, "HTTP 500"},
        {501, "", "", STATUS_SERVER_ERROR, NULL},
        {503, RDAP, "{\"errorCode\":404}", STATUS_SERVER_ERROR, NULL},
        {503, RDAP, DOMAIN(""), STATUS_SERVER_ERROR, NULL},
        {302, RDAP, "", STATUS_SERVER_ERROR, "HTTP 302"},
        {304, "", "", STATUS_SERVER_ERROR, NULL},
        {201, RDAP, DOMAIN(""), STATUS_MALFORMED, NULL},
        {204, "", "", STATUS_MALFORMED, "HTTP 204"},
        {206, RDAP, DOMAIN(""), STATUS_MALFORMED, NULL},
        /* an error that says 200 */
        {200, RDAP, "{\"errorCode\":404,\"title\":\"Not Found\"}", STATUS_BODY_ERRORS,
         "HTTP 200, Not Found"},
        {200, RDAP, DOMAIN(",\"errorCode\":0"), STATUS_BODY_ERRORS, NULL},
        {200, JSON, "{\"errorCode\":\"404\"}", STATUS_BODY_ERRORS, NULL},
        /* another object */
        {200, RDAP, "{\"objectClassName\":\"nameserver\",\"ldhName\":\"example.com\"}",
         STATUS_MALFORMED, "not a domain object"},
        {200, RDAP, "{\"ldhName\":\"example.com\"}", STATUS_MALFORMED, NULL},
        {200, RDAP, "{\"domainSearchResults\":[" DOMAIN("") "]}", STATUS_MALFORMED, NULL},
        {200, RDAP, "{\"notices\":[]}", STATUS_MALFORMED, NULL},
        /* not the shape */
        {200, RDAP, STATES("\"redemption period\""), STATUS_MALFORMED, NULL},
        {200, RDAP, STATES("[\"redemption period\",7]"), STATUS_MALFORMED, NULL},
        {200, RDAP, STATES("[[\"redemption period\"]]"), STATUS_MALFORMED, NULL},
        {200, RDAP, STATES("{\"redemption period\":true}"), STATUS_MALFORMED, NULL},
        {200, RDAP, STATES("[\"redemption\\nperiod\"]"), STATUS_MALFORMED, NULL},
        {200, RDAP, DOMAIN(",\"status\":[\"redemption period\"],\"events\":{}"),
         STATUS_MALFORMED, "events that are no list"},
        {200, RDAP, DOMAIN(",\"status\":[\"active\"],\"status\":[\"pending delete\"]"),
         STATUS_MALFORMED, NULL},
        {200, RDAP, STATES("[\"active\\u0000\"]"), STATUS_MALFORMED, NULL},
        {200, RDAP, STATES("[\"\xFF\"]"), STATUS_MALFORMED, NULL},
        {200, RDAP, DOMAIN("") "x", STATUS_MALFORMED, NULL},
        {200, RDAP, "", STATUS_MALFORMED, NULL},
        {200, RDAP, "null", STATUS_MALFORMED, NULL},
        {200, RDAP, "[" DOMAIN("") "]", STATUS_MALFORMED, NULL},
        {200, HTML, "<html>Welcome</html>", STATUS_MALFORMED, NULL},
        {200, HTML, DOMAIN(""), STATUS_MALFORMED,
         "not JSON, type text/html; charset=utf-8"},
    };
    struct rdap_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(rows[i].http, rows[i].type, rows[i].body, &r);
        if (r.outcome != rows[i].outcome)
            fail_msg("%d %s: %s (%s)", rows[i].http, rows[i].body,
                     status_outcome_text(r.outcome), r.detail);
        if (rows[i].detail != NULL)
            assert_string_equal(r.detail, rows[i].detail);
    }
}

static void cut_at_each_length(void **state)
{
    static const char object[] =
        DOMAIN(",\"status\":[\"redemption period\"],\"events\":[" EVENT(
            "registration", "2020-07-24T03:47:53Z") "]");
    static const char error[] = "{\"errorCode\":404,\"title\":\"Not Found\"}";
    struct rdap_reply r;
    (void)state;
    for (size_t len = 0; len < sizeof object - 1; len++) {
        ask_as(true, 200, RDAP, object, len, "example.com", &r);
        assert_int_equal(r.outcome, STATUS_MALFORMED);
    }
    for (size_t len = 1; len < sizeof error - 1; len++) { /* 0: as RFC 7480 allows */
        ask_as(true, 404, RDAP, error, len, "example.com", &r);
        assert_int_equal(r.outcome, STATUS_CLIENT_ERROR);
    }
}

static void deep_and_long(void **state)
{
    struct rdap_reply r;
    size_t len = 200000;
    char *body = malloc(len + 1);
    (void)state;
    assert_non_null(body);
    memset(body, '[', len);
    body[len] = '\0';
    ask(200, RDAP, body, &r);
    assert_int_equal(r.outcome, STATUS_MALFORMED);
    ask(404, RDAP, body, &r);
    assert_int_equal(r.outcome, STATUS_CLIENT_ERROR);
    int n = snprintf(body, len, "{\"errorCode\":400,\"title\":\"");
    memset(body + n, 't', 100000);
    memcpy(body + n + 100000, "\"}", 3);
    ask(400, RDAP, body, &r);
    assert_int_equal(r.outcome, STATUS_CLIENT_ERROR);
    assert_int_equal(strlen(r.detail), strlen("HTTP 400, ") + 50);
    n = snprintf(body, len, "{\"objectClassName\":\"domain\",\"ldhName\":\"");
    memset(body + n, 'a', 100000);
    memcpy(body + n + 100000, "\"}", 3);
    ask(200, RDAP, body, &r);
    assert_int_equal(r.outcome, STATUS_MALFORMED);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states),
        cmocka_unit_test(many_states_are_cut_at_a_word),
        cmocka_unit_test(dates),
        cmocka_unit_test(names),
        cmocka_unit_test(free_names),
        cmocka_unit_test(doubt),
        cmocka_unit_test(cut_at_each_length),
        cmocka_unit_test(deep_and_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
