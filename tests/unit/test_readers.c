/* What is nobody's answer, put before every reader there is, under every code and type: it
 * is doubt, and the kind of doubt that the code says. */
#include "unit/unit.h"

#include "proto/rdap_reply.h"
#include "proto/status_reply.h"

struct verdict {
    enum status_outcome outcome;
    bool is_free;
    const char *words, *detail;
};

static struct status_reply status;
static struct rdap_reply rdap;

static struct verdict by_domainr(const struct http_answer *a)
{
    status_reply_domainr(a, "example.com", &status);
    return (struct verdict){status.outcome, false, status.words, status.detail};
}

static struct verdict by_fastly(const struct http_answer *a)
{
    status_reply_fastly(a, "example.com", &status);
    return (struct verdict){status.outcome, false, status.words, status.detail};
}

static struct verdict by_rdap(const struct http_answer *a)
{
    rdap_reply_read(a, "example.com", true, &rdap);
    return (struct verdict){rdap.outcome, rdap.is_free, rdap.words, rdap.detail};
}

static struct verdict (*const readers[])(const struct http_answer *a) = {
    by_domainr, by_fastly, by_rdap};

#define BODY(text)                                                                         \
    {                                                                                      \
        text, sizeof(text) - 1                                                             \
    }

static const struct body {
    const char *text;
    size_t len;
} bodies[] = {
    BODY(" "),
    BODY("\n"),
    BODY("OK"),
    BODY("inactive"),
    BODY("undelegated inactive"),
    BODY("404"),
    BODY("null"),
    BODY("true"),
    BODY("\"inactive\""),
    BODY("[]"),
    BODY("{"),
    BODY("{\"status\":"),
    BODY("<html><head><title>502 Bad Gateway</title></head></html>"),
    BODY("<?xml version=\"1.0\"?><status>inactive</status>"),
    BODY("callback({\"domain\":\"example.com\",\"status\":\"inactive\"})"), /* JSONP */
    BODY("\xEF\xBB\xBF{\"domain\":\"example.com\",\"status\":\"inactive\"}"),
    BODY("\xFF\xFE{\0\"\0"), /* UTF-16 */
    BODY("\0"),
    BODY("\0\0\0\0{\"domain\":\"example.com\",\"status\":\"inactive\"}"),
    BODY("{\"domain\":\"example.com\",\"status\":\"inactive\"}\0"),
    BODY("{\"domain\":\"example.com\",\"status\":\"inact\0ive\"}"),
    BODY("{\"domain\":\"example.com\0.net\",\"status\":\"inactive\"}"),
    BODY("{\"domain\":\"example.com\\u0000\",\"status\":\"inactive\"}"),
    BODY("{\"domain\":\"example.com\",\"status\":\"inactive\xC3\"}"),
    BODY("{\"domain\":\"example.com\",\"status\":\"inactive\xED\xA0\x80\"}"),
    BODY("{\"domain\":\"example.com\",\"status\":\"inactive\\ud800\"}"),
    BODY("{\"domain\":\"example.com\",\"status\":\"active\",\"status\":\"inactive\"}"),
    BODY("{\"domain\":\"example.com\",\"domain\":\"example.com\",\"status\":\"inactive\"}"),
    BODY("{\"domain\":\"example.com\",\"status\":\"inactive\",}"),
    BODY("{'domain':'example.com','status':'inactive'}"),
    BODY("{\"domain\":\"example.com\",\"status\":\"inactive\"}{}"),
    BODY("{\"status\":1e999}"),
    BODY("{\"status\":999999999999999999999999999999}"),
    BODY("{\"objectClassName\":\"domain\",\"ldhName\":\"example.com\",\"status\":["
         "\"redemption period\"],\"status\":[]}"),
    BODY("{\"objectClassName\":\"domain\",\"ldhName\":\"example.com\","),
};

static const char *const types[] = {
    "",
    "application/json",
    "application/rdap+json",
    "application/problem+json",
    "text/html; charset=utf-8",
    "text/plain",
    "image/png",
    ";",
    "application/json\t",
};

/* What the code alone says, where it says something. */
static enum status_outcome by_code(int http)
{
    switch (http) {
    case 401:
    case 403:
        return STATUS_UNAUTHORIZED;
    case 429:
        return STATUS_THROTTLED;
    case 400:
    case 404:
    case 410:
        return STATUS_CLIENT_ERROR;
    case 204:
    case 206:
        return STATUS_MALFORMED;
    case 200: /* the body must say so */
        return STATUS_OUTCOME_COUNT;
    default:
        return STATUS_SERVER_ERROR;
    }
}

static const int codes[] = {200, 204, 206, 301, 302, 304, 307, 400, 401,
                            403, 404, 410, 429, 500, 502, 503, 504};

static void judge(size_t reader, int http, const char *type, const char *body, size_t len)
{
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, body, len);
    struct http_answer a = {
        .http = http, .content_type = type, .body = copy, .len = len, .elapsed_ms = 99};
    memset(&status, 0xAA, sizeof status);
    memset(&rdap, 0xAA, sizeof rdap);
    struct verdict v = readers[reader](&a);
    free(copy);
    enum status_outcome wanted = by_code(http);
    if (v.outcome == STATUS_ANSWERED || v.is_free || v.words[0] != '\0' ||
        (wanted != STATUS_OUTCOME_COUNT && v.outcome != wanted))
        fail_msg("reader %zu, HTTP %d, %s, %.*s: %s (%s)", reader, http, type, (int)len,
                 body, status_outcome_text(v.outcome), v.detail);
    if (wanted == STATUS_OUTCOME_COUNT)
        assert_true(v.outcome == STATUS_MALFORMED || v.outcome == STATUS_BODY_ERRORS);
    assert_true(v.detail[0] != '\0');
}

static void every_body_code_and_type(void **state)
{
    (void)state;
    for (size_t reader = 0; reader < ARRAY_LEN(readers); reader++) {
        for (size_t b = 0; b < ARRAY_LEN(bodies); b++) {
            for (size_t c = 0; c < ARRAY_LEN(codes); c++) {
                for (size_t t = 0; t < ARRAY_LEN(types); t++)
                    judge(reader, codes[c], types[t], bodies[b].text, bodies[b].len);
            }
        }
    }
}

static void an_empty_body(void **state)
{
    (void)state;
    for (size_t reader = 0; reader < ARRAY_LEN(readers); reader++) {
        for (size_t c = 0; c < ARRAY_LEN(codes); c++) {
            for (size_t t = 0; t < ARRAY_LEN(types); t++) {
                bool is_rdaps = readers[reader] == by_rdap && codes[c] == 404 &&
                                strcmp(types[t], "application/rdap+json") == 0;
                if (!is_rdaps) /* RFC 7480 5.3: the one that says something */
                    judge(reader, codes[c], types[t], "", 0);
            }
        }
    }
}

static void deep_and_wide(void **state)
{
    static const char *const pieces[] = {"[", "{\"status\":", "[[],", "{\"a\":[", "1,"};
    size_t size = (size_t)256 * 1024;
    char *body = malloc(size);
    (void)state;
    assert_non_null(body);
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        size_t len = strlen(pieces[i]), n = 0;
        body[n++] = '[';
        for (; n + len <= size; n += len)
            memcpy(body + n, pieces[i], len);
        for (size_t reader = 0; reader < ARRAY_LEN(readers); reader++) {
            judge(reader, 200, "application/json", body, n);
            judge(reader, 404, "application/rdap+json", body, n);
            judge(reader, 503, "", body, n);
        }
    }
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_body_code_and_type),
        cmocka_unit_test(an_empty_body),
        cmocka_unit_test(deep_and_wide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
