/* Every shape an answer of the status API can have, documented or not. */
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

static void ask(int http, const char *body, size_t len, uint32_t elapsed_ms,
                const char *domain, struct status_reply *out)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, body, len);
    struct http_answer a = {
        .http = http,
        .content_type = "application/json",
        .body = copy,
        .len = len,
        .elapsed_ms = elapsed_ms,
        .retry_after_s = 17,
    };
    memset(out, 0xAA, sizeof *out);
    status_reply_domainr(&a, domain, out);
    free(copy);
    assert_int_equal(out->http, http);
    assert_int_equal(out->elapsed_ms, elapsed_ms);
    assert_non_null(memchr(out->detail, '\0', sizeof out->detail));
    assert_non_null(memchr(out->words, '\0', sizeof out->words));
    assert_true((out->outcome == STATUS_ANSWERED) == (out->words[0] != '\0'));
    assert_true((out->outcome == STATUS_ANSWERED) == (out->detail[0] == '\0'));
}

struct row {
    int http;
    const char *body;
    enum status_outcome outcome;
    const char *words;  /* when answered */
    const char *detail; /* NULL: any */
};

#define ENTRY(domain, words)                                                               \
    "{\"domain\":\"" domain "\",\"zone\":\"com\",\"status\":" words "}"
#define LIST(entries) "{\"status\":[" entries "]}"
#define OURS(words) LIST(ENTRY("example.com", words))

static const struct row rows[] = {
    /* the documented shapes */
    {200,
     "{\"status\":[{\"domain\":\"example.com\",\"zone\":\"com\",\"status\":\"undelegated "
     "inactive\",\"summary\":\"inactive\"}]}",
     STATUS_ANSWERED, "undelegated inactive", NULL},
    {200, OURS("\"active\""), STATUS_ANSWERED, "active", NULL},
    {200, LIST(ENTRY("EXAMPLE.Com", "\"active\"")), STATUS_ANSWERED, "active", NULL},
    {200, OURS("\"active wholly-new\""), STATUS_ANSWERED, "active wholly-new", NULL},
    {200, OURS("\" active  parked \""), STATUS_ANSWERED, " active  parked ", NULL},
    {200, "{\"status\":[" ENTRY("example.com", "\"active\"") "],\"errors\":[]}",
     STATUS_ANSWERED, "active", NULL},
    {200, "{\"status\":[" ENTRY("example.com", "\"active\"") "],\"errors\":null}",
     STATUS_ANSWERED, "active", NULL},
    {200, OURS("\"unknown\""), STATUS_ANSWERED, "unknown", NULL}, /* quickly: meant so */
    {401, "{\"message\":\"unauthorized: invalid client ID: s3cret\"}", STATUS_UNAUTHORIZED,
     NULL, "HTTP 401"},
    {403, "", STATUS_UNAUTHORIZED, NULL, "HTTP 403"},
    {429, "slow down", STATUS_THROTTLED, NULL, "HTTP 429"},
    {400,
     "{\"status\":[],\"errors\":[{\"code\":400,\"detail\":\"unknown zone: "
     "ocm\",\"message\":\"Bad request\"}]}",
     STATUS_CLIENT_ERROR, NULL, "HTTP 400, 400 Bad request: unknown zone: ocm"},
    {404, "{\"message\":\"not here\"}", STATUS_CLIENT_ERROR, NULL, "HTTP 404, not here"},
    {418, "<html>", STATUS_CLIENT_ERROR, NULL, "HTTP 418"},
    {500, "", STATUS_SERVER_ERROR, NULL, "HTTP 500"},
    {503, "{\"message\":\"registry down\"}", STATUS_SERVER_ERROR, NULL,
     "HTTP 503, registry down"},
    {599, "", STATUS_SERVER_ERROR, NULL, NULL},
    {301, OURS("\"inactive\""), STATUS_SERVER_ERROR, NULL, NULL},
    {304, "", STATUS_SERVER_ERROR, NULL, NULL},
    {100, "", STATUS_SERVER_ERROR, NULL, NULL},
    {0, "", STATUS_SERVER_ERROR, NULL, NULL},
    {600, "", STATUS_SERVER_ERROR, NULL, NULL},
    /* words count with 200 alone */
    {201, OURS("\"inactive\""), STATUS_MALFORMED, NULL, NULL},
    {204, "", STATUS_MALFORMED, NULL, NULL},
    {404, OURS("\"inactive\""), STATUS_CLIENT_ERROR, NULL, NULL},
    {500, OURS("\"inactive\""), STATUS_SERVER_ERROR, NULL, NULL},

    /* errors in a body that says 200 */
    {200,
     "{\"status\":[],\"errors\":[{\"code\":400,\"detail\":\"unknown zone: "
     "ocm\",\"message\":\"Bad request\"}]}",
     STATUS_BODY_ERRORS, NULL, "400 Bad request: unknown zone: ocm"},
    {200,
     "{\"status\":[" ENTRY("example.com", "\"inactive\"") "],\"errors\":[{\"code\":5}]}",
     STATUS_BODY_ERRORS, NULL, "5 "},
    {200, "{\"errors\":[{}]}", STATUS_BODY_ERRORS, NULL, "errors without a message"},
    {200, "{\"errors\":[7]}", STATUS_BODY_ERRORS, NULL, NULL},
    {200, "{\"errors\":{\"message\":\"odd\"}}", STATUS_BODY_ERRORS, NULL, "odd"},
    {200, "{\"errors\":\"odd\"}", STATUS_BODY_ERRORS, NULL, NULL},
    {200, "{\"errors\":false}", STATUS_BODY_ERRORS, NULL, NULL},
    {200, "{\"message\":\"no such plan\"}", STATUS_BODY_ERRORS, NULL, "no such plan"},

    /* nothing said */
    {200, LIST(""), STATUS_EMPTY, NULL, NULL},
    {200, OURS("\"\""), STATUS_EMPTY, NULL, NULL},
    {200, OURS("\"   \""), STATUS_EMPTY, NULL, NULL},

    /* another domain's answer */
    {200, LIST(ENTRY("example.net", "\"inactive\"")), STATUS_MALFORMED, NULL, NULL},
    {200, LIST(ENTRY("example.com.net", "\"inactive\"")), STATUS_MALFORMED, NULL, NULL},
    {200, LIST(ENTRY("", "\"inactive\"")), STATUS_MALFORMED, NULL, NULL},
    {200, LIST(ENTRY("example.net", "\"inactive\"") "," ENTRY("example.com", "\"active\"")),
     STATUS_ANSWERED, "active", NULL},
    {200, LIST(ENTRY("example.com", "\"inactive\"") "," ENTRY("example.com", "\"active\"")),
     STATUS_MALFORMED, NULL, NULL},
    {200, LIST(ENTRY("example.com", "\"inactive\"") ",{}"), STATUS_MALFORMED, NULL, NULL},

    /* not the shape */
    {200, "", STATUS_MALFORMED, NULL, NULL},
    {200, "<!doctype html><title>Welcome</title>", STATUS_MALFORMED, NULL, NULL},
    {200, "null", STATUS_MALFORMED, NULL, NULL},
    {200, "[]", STATUS_MALFORMED, NULL, NULL},
    {200, "\"inactive\"", STATUS_MALFORMED, NULL, NULL},
    {200, "{}", STATUS_MALFORMED, NULL, NULL},
    {200, "{\"status\":null}", STATUS_MALFORMED, NULL, NULL},
    {200, "{\"status\":\"inactive\"}", STATUS_MALFORMED, NULL, NULL},
    {200, "{\"status\":{\"domain\":\"example.com\",\"status\":\"inactive\"}}",
     STATUS_MALFORMED, NULL, NULL},
    {200, LIST("\"inactive\""), STATUS_MALFORMED, NULL, NULL},
    {200, LIST("null"), STATUS_MALFORMED, NULL, NULL},
    {200, LIST("{\"status\":\"inactive\"}"), STATUS_MALFORMED, NULL, NULL},
    {200, LIST("{\"domain\":\"example.com\"}"), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("null"), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("7"), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("[\"inactive\"]"), STATUS_MALFORMED, NULL, NULL},
    {200, LIST("{\"domain\":7,\"status\":\"inactive\"}"), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("\"active\\u0000inactive\""), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("\"active\\ninactive\""), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("\"active\\u007f\""), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("\"\xFF\""), STATUS_MALFORMED, NULL, NULL},
    {200, OURS("\"active\"") "x", STATUS_MALFORMED, NULL, NULL},
    {200, OURS("\"active\"") OURS("\"active\""), STATUS_MALFORMED, NULL, NULL},
    {200,
     "{\"status\":[{\"domain\":\"example.com\",\"status\":\"active\",\"status\":"
     "\"inactive\"}]}",
     STATUS_MALFORMED, NULL, NULL},
    /* Fastly's answer and error are another provider's */
    {200,
     "{\"domain\":\"example.com\",\"zone\":\"com\",\"status\":\"undelegated inactive\"}",
     STATUS_MALFORMED, NULL, NULL},
    {200, "{\"title\":\"Domain not found\",\"status\":400}", STATUS_BODY_ERRORS, NULL,
     "400 Domain not found"},
};

static void each_row(void **state)
{
    struct status_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        ask(row->http, row->body, strlen(row->body), 120, "example.com", &r);
        if (r.outcome != row->outcome)
            fail_msg("HTTP %d %s: %s (%s)", row->http, row->body,
                     status_outcome_text(r.outcome), r.detail);
        if (row->words != NULL)
            assert_string_equal(r.words, row->words);
        if (row->detail != NULL)
            assert_string_equal(r.detail, row->detail);
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
        ask(200, body, len, 120, "example.com", &r);
        assert_int_equal(r.outcome, STATUS_MALFORMED);
    }
    ask(200, body, sizeof body - 1, 120, "example.com", &r);
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
        {OURS("\"undelegated brand-new\""), 30000, STATUS_ANSWERED},
        {OURS("\"active\""), 30000, STATUS_ANSWERED},
    };
    struct status_reply r;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        ask(200, table[i].body, strlen(table[i].body), table[i].ms, "example.com", &r);
        assert_int_equal(r.outcome, table[i].outcome);
    }
}

static void length_of_the_words(void **state)
{
    struct status_reply r;
    char words[STATUS_TEXT_SIZE + 1], body[512];
    (void)state;
    memset(words, 'x', sizeof words);
    for (int len = STATUS_TEXT_SIZE - 2; len <= STATUS_TEXT_SIZE; len++) {
        snprintf(body, sizeof body,
                 "{\"status\":[{\"domain\":\"example.com\",\"status\":\"%.*s\"}]}", len,
                 words);
        ask(200, body, strlen(body), 120, "example.com", &r);
        assert_int_equal(r.outcome,
                         len < STATUS_TEXT_SIZE ? STATUS_ANSWERED : STATUS_MALFORMED);
        if (len < STATUS_TEXT_SIZE)
            assert_int_equal(strlen(r.words), len);
    }
}

static void long_error_texts_are_cut(void **state)
{
    struct status_reply r;
    char text[401], body[1024];
    (void)state;
    memset(text, 'm', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    snprintf(body, sizeof body,
             "{\"errors\":[{\"code\":-9223372036854775808,\"message\":\"%s\",\"detail\":\"%"
             "s\"}]}",
             text, text);
    ask(200, body, strlen(body), 120, "example.com", &r);
    assert_int_equal(r.outcome, STATUS_BODY_ERRORS);
    assert_true(strlen(r.detail) > 80);
    ask(400, body, strlen(body), 120, "example.com", &r);
    assert_int_equal(r.outcome, STATUS_CLIENT_ERROR);
}

/* A name that was asked as A-label may come back as it is written. */
static void unicode_domains(void **state)
{
    struct status_reply r;
    static const char *const same[] = {"xn--bcher-kva.de", "XN--BCHER-KVA.de", "bücher.de",
                                       "Bücher.DE"};
    char body[256];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        snprintf(body, sizeof body,
                 "{\"status\":[{\"domain\":\"%s\",\"status\":\"active\"}]}", same[i]);
        ask(200, body, strlen(body), 120, "xn--bcher-kva.de", &r);
        assert_int_equal(r.outcome, STATUS_ANSWERED);
    }
    static const char other[] = LIST(ENTRY("bucher.de", "\"active\""));
    ask(200, other, strlen(other), 120, "xn--bcher-kva.de", &r);
    assert_int_equal(r.outcome, STATUS_MALFORMED);
    static const char not_ours[] = LIST(ENTRY("bücher.de", "\"active\""));
    ask(200, not_ours, strlen(not_ours), 120, "example.com", &r);
    assert_int_equal(r.outcome, STATUS_MALFORMED);
}

static void deep_and_wide_json(void **state)
{
    struct status_reply r;
    size_t len = 200000;
    char *body = malloc(len);
    (void)state;
    assert_non_null(body);
    memset(body, '[', len);
    ask(200, body, len, 120, "example.com", &r);
    assert_int_equal(r.outcome, STATUS_MALFORMED);
    free(body);
}

static void words(void **state)
{
    (void)state;
    for (unsigned i = 0; i < WORD_COUNT; i++) {
        struct status_words w = status_words_parse(status_word_text((enum status_word)i));
        assert_int_equal(w.set, 1U << i);
        assert_int_equal(w.last, i);
        assert_false(w.has_unseen);
    }
    struct status_words w = status_words_parse("Undelegated  INACTIVE");
    assert_int_equal(w.set, 1U << WORD_UNDELEGATED | 1U << WORD_INACTIVE);
    assert_int_equal(w.last, WORD_INACTIVE);
    assert_false(w.has_unseen);
    w = status_words_parse("active brand-new");
    assert_int_equal(w.set, 1U << WORD_ACTIVE);
    assert_int_equal(w.last, WORD_NONE);
    assert_true(w.has_unseen);
    w = status_words_parse("brand-new active");
    assert_int_equal(w.last, WORD_ACTIVE);
    assert_true(w.has_unseen);
    w = status_words_parse(" \t\n");
    assert_int_equal(w.set, 0);
    assert_int_equal(w.last, WORD_NONE);
    assert_false(w.has_unseen);
    w = status_words_parse("activ actives active,parked");
    assert_int_equal(w.set, 0);
    assert_true(w.has_unseen);
    w = status_words_parse("tld tld");
    assert_int_equal(w.set, 1U << WORD_TLD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(cut_at_each_length),
        cmocka_unit_test(the_apis_own_time_out),
        cmocka_unit_test(length_of_the_words),
        cmocka_unit_test(long_error_texts_are_cut),
        cmocka_unit_test(unicode_domains),
        cmocka_unit_test(deep_and_wide_json),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
