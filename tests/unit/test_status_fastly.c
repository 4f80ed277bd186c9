/* Fastly's answers: what is recorded of them, and every other shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "proto/status_reply.h"

#define JSON "application/json; charset=utf-8"
#define PROBLEM "application/problem+json"

static void ask(int http, const char *type, const char *body, size_t len,
                uint32_t elapsed_ms, const char *domain, struct status_reply *out)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, body, len);
    struct http_answer a = {
        .http = http,
        .content_type = type,
        .body = copy,
        .len = len,
        .elapsed_ms = elapsed_ms,
        .retry_after_s = 17,
    };
    memset(out, 0xAA, sizeof *out);
    status_reply_fastly(&a, domain, out);
    free(copy);
    assert_int_equal(out->http, http);
    assert_int_equal(out->elapsed_ms, elapsed_ms);
    assert_true((out->outcome == STATUS_ANSWERED) == (out->words[0] != '\0'));
    assert_true((out->outcome == STATUS_ANSWERED) == (out->detail[0] == '\0'));
}

#define OURS(words) "{\"domain\":\"example.com\",\"zone\":\"com\",\"status\":" words "}"
#define SCOPED(scope)                                                                      \
    "{\"scope\":" scope ",\"domain\":\"example.com\",\"status\":\"active\"}"

static const struct row {
    int http;
    const char *type, *body;
    enum status_outcome outcome;
    const char *text; /* words or detail; NULL: any */
} rows[] = {
    /* what is recorded */
    {200, JSON,
     "{\"domain\":\"example.com\",\"zone\":\"com\",\"status\":\"undelegated inactive\","
     "\"tags\":\"generic\"}",
     STATUS_ANSWERED, "undelegated inactive"},
    {400, PROBLEM,
     "{\"title\":\"Domain not found\",\"status\":400,\"detail\":\"fastly-testing\"}",
     STATUS_CLIENT_ERROR, "HTTP 400, 400 Domain not found: fastly-testing"},
    /* an estimate confirms nothing */
    {200, JSON,
     "{\"scope\":\"estimate\",\"domain\":\"example.com\",\"zone\":\"com\",\"status\":"
     "\"undelegated\",\"tags\":\"generic\"}",
     STATUS_BEST_EFFORT, "an estimate, not the registry's word"},
    {200, JSON,
     "{\"scope\":\"estimate\",\"domain\":\"example.com\",\"status\":\"marketed priced "
     "transferable active\",\"offers\":[{\"vendor\":\"v\",\"price\":\"25000.00\"}]}",
     STATUS_BEST_EFFORT, NULL},
    {200, JSON, SCOPED("null"), STATUS_ANSWERED, "active"},
    {200, JSON, SCOPED("\"Precise\""), STATUS_ANSWERED, "active"},
    {200, JSON, SCOPED("\"\""), STATUS_BEST_EFFORT, NULL},
    {200, JSON, SCOPED("7"), STATUS_BEST_EFFORT, NULL},
    {200, JSON, SCOPED("[\"precise\"]"), STATUS_BEST_EFFORT, NULL},

    {200, JSON, OURS("\"active\""), STATUS_ANSWERED, "active"},
    {200, "APPLICATION/JSON", OURS("\"active\""), STATUS_ANSWERED, "active"},
    {200, "application/json;charset=utf-8", OURS("\"active\""), STATUS_ANSWERED, NULL},
    {200, "", OURS("\"active\""), STATUS_ANSWERED, "active"},
    {200, "text/plain", OURS("\"active\""), STATUS_ANSWERED, "active"},
    {200, JSON, "{\"domain\":\"EXAMPLE.com\",\"status\":\"active wholly-new\"}",
     STATUS_ANSWERED, "active wholly-new"},
    {200, JSON, "{\"domain\":\"example.com\",\"status\":\"active\",\"errors\":[]}",
     STATUS_ANSWERED, NULL},
    {200, JSON, "{\"domain\":\"example.com\",\"status\":\"active\",\"message\":\"hi\"}",
     STATUS_ANSWERED, NULL},

    /* codes */
    {401, PROBLEM, "{\"title\":\"key s3cret\",\"status\":401}", STATUS_UNAUTHORIZED,
     "HTTP 401"},
    {401, JSON, "{\"msg\":\"Provided credentials are missing\"}", STATUS_UNAUTHORIZED,
     "HTTP 401"},
    {403, "text/html", "<html>", STATUS_UNAUTHORIZED, "HTTP 403"},
    {403, "", "", STATUS_UNAUTHORIZED, "HTTP 403"},
    {404, JSON, "{\"msg\":\"no route\",\"detail\":\"odd\"}", STATUS_CLIENT_ERROR,
     "HTTP 404, no route: odd"},
    {404, "text/html", "<html>not here</html>", STATUS_CLIENT_ERROR, "HTTP 404"},
    {404, JSON, OURS("\"inactive\""), STATUS_CLIENT_ERROR, "HTTP 404"},
    {429, "", "", STATUS_THROTTLED, "HTTP 429"},
    {429, PROBLEM, "{\"title\":\"Too many\",\"status\":429}", STATUS_THROTTLED,
     "HTTP 429, 429 Too many"},
    {500, "", "", STATUS_SERVER_ERROR, "HTTP 500"},
    {502, "text/html", "<html>Bad gateway</html>", STATUS_SERVER_ERROR, "HTTP 502"},
    {503, PROBLEM, "{\"title\":\"down\"}", STATUS_SERVER_ERROR, "HTTP 503, down"},
    {503, JSON, OURS("\"inactive\""), STATUS_SERVER_ERROR, NULL},
    {301, "", "", STATUS_SERVER_ERROR, "HTTP 301"},
    {304, "", "", STATUS_SERVER_ERROR, "HTTP 304"},
    {201, JSON, OURS("\"inactive\""), STATUS_MALFORMED, "HTTP 201"},
    {204, "", "", STATUS_MALFORMED, "HTTP 204"},
    {206, JSON, OURS("\"inactive\""), STATUS_MALFORMED, "HTTP 206"},

    /* errors that say 200 */
    {200, PROBLEM, "{\"title\":\"Domain not found\",\"status\":400,\"detail\":\"x\"}",
     STATUS_BODY_ERRORS, "400 Domain not found: x"},
    {200, JSON, "{\"title\":\"Domain not found\"}", STATUS_BODY_ERRORS, "Domain not found"},
    {200, JSON, "{\"status\":400}", STATUS_BODY_ERRORS, "400 "},
    {200, JSON, "{\"domain\":\"example.com\",\"status\":400}", STATUS_BODY_ERRORS, "400 "},
    {200, JSON,
     "{\"errors\":[{\"code\":404,\"message\":\"Domain not found\",\"detail\":\"x\"}]}",
     STATUS_BODY_ERRORS, "404 Domain not found: x"},
    {200, JSON,
     "{\"domain\":\"example.com\",\"status\":\"inactive\",\"errors\":[{\"code\":5}]}",
     STATUS_BODY_ERRORS, "5 "},
    {200, JSON, "{\"errors\":[{}]}", STATUS_BODY_ERRORS, "errors without a message"},
    {200, JSON, "{\"errors\":true}", STATUS_BODY_ERRORS, NULL},
    {200, JSON, "{\"msg\":\"no\"}", STATUS_BODY_ERRORS, "no"},
    {200, JSON, "{\"message\":\"no\"}", STATUS_BODY_ERRORS, "no"},

    /* nothing said */
    {200, JSON, OURS("\"\""), STATUS_EMPTY, NULL},
    {200, JSON, OURS("\"  \""), STATUS_EMPTY, NULL},

    /* not the shape */
    {200, JSON, "{\"domain\":\"example.net\",\"status\":\"inactive\"}", STATUS_MALFORMED,
     "an answer for another domain"},
    {200, JSON, "{\"status\":\"inactive\"}", STATUS_MALFORMED,
     "an answer without a domain"},
    {200, JSON, "{\"domain\":null,\"status\":\"inactive\"}", STATUS_MALFORMED, NULL},
    {200, JSON, "{\"domain\":[\"example.com\"],\"status\":\"inactive\"}", STATUS_MALFORMED,
     NULL},
    {200, JSON, "{\"domain\":\"example.com\"}", STATUS_MALFORMED,
     "an answer without words"},
    {200, JSON, OURS("null"), STATUS_MALFORMED, NULL},
    {200, JSON, OURS("[\"inactive\"]"), STATUS_MALFORMED, NULL},
    {200, JSON, OURS("{}"), STATUS_MALFORMED, NULL},
    {200, JSON, OURS("true"), STATUS_MALFORMED, NULL},
    {200, JSON, "{}", STATUS_MALFORMED, NULL},
    {200, JSON, "[" OURS("\"inactive\"") "]", STATUS_MALFORMED, "not a JSON object"},
    /* Domainr's answer is another provider's */
    {200, JSON, "{\"status\":[{\"domain\":\"example.com\",\"status\":\"inactive\"}]}",
     STATUS_MALFORMED, NULL},
};

static void each_row(void **state)
{
    struct status_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        ask(row->http, row->type, row->body, strlen(row->body), 120, "example.com", &r);
        if (r.outcome != row->outcome)
            fail_msg("HTTP %d %s: %s (%s)", row->http, row->body,
                     status_outcome_text(r.outcome), r.detail);
        if (row->text != NULL)
            assert_string_equal(r.outcome == STATUS_ANSWERED ? r.words : r.detail,
                                row->text);
        bool may_wait = row->http == 429 || (row->http >= 500 && row->http <= 599);
        assert_int_equal(r.retry_after_s, may_wait ? 17 : 0);
    }
}

static void cut_at_each_length(void **state)
{
    struct status_reply r;
    static const char body[] = OURS("\"undelegated inactive\"");
    (void)state;
    for (size_t len = 0; len < sizeof body - 1; len++) {
        ask(200, JSON, body, len, 120, "example.com", &r);
        assert_int_equal(r.outcome, STATUS_MALFORMED);
    }
    ask(200, JSON, body, sizeof body - 1, 120, "example.com", &r);
    assert_int_equal(r.outcome, STATUS_ANSWERED);
}

static void the_apis_own_time_out(void **state)
{
    static const struct {
        const char *body;
        uint32_t ms;
        enum status_outcome outcome;
    } table[] = {
        {OURS("\"unknown\""), 24999, STATUS_ANSWERED},
        {OURS("\"unknown\""), 25000, STATUS_BEST_EFFORT},
        {OURS("\"undelegated\""), 30000, STATUS_BEST_EFFORT},
        {OURS("\"undelegated unknown\""), 30000, STATUS_BEST_EFFORT},
        {OURS("\"undelegated inactive\""), 30000, STATUS_ANSWERED},
        {OURS("\"active\""), 30000, STATUS_ANSWERED},
    };
    struct status_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        ask(200, JSON, table[i].body, strlen(table[i].body), table[i].ms, "example.com",
            &r);
        assert_int_equal(r.outcome, table[i].outcome);
    }
}

static void unicode_domains(void **state)
{
    static const char ours[] = "{\"domain\":\"b\xC3\xBC"
                               "cher.de\",\"status\":\"active\"}";
    struct status_reply r;
    (void)state;
    ask(200, JSON, ours, sizeof ours - 1, 120, "xn--bcher-kva.de", &r);
    assert_int_equal(r.outcome, STATUS_ANSWERED);
    ask(200, JSON, ours, sizeof ours - 1, 120, "bucher.de", &r);
    assert_int_equal(r.outcome, STATUS_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(cut_at_each_length),
        cmocka_unit_test(the_apis_own_time_out),
        cmocka_unit_test(unicode_domains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
