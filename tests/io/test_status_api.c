/* The status API's client on a real loop: against nginx with TLS and HTTP/2, and against a
 * server in this process that is slow, cuts and resets on request. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/rogue.h"
#include "io/servers.h"
#include "io/status_api.h"
#include "proto/address.h"

#define WAIT_MS 30000
#define KEY "k3y&with=odd/chars%?#"
#define KEY_ESCAPED "k3y%26with%3Dodd%2Fchars%25%3F%23"

/* Results ------------------------------------------------------------------------- */

#define TOKENS_MAX 64

struct results {
    struct status_api *api;
    uint32_t n, wanted;
    bool asking; /* `done` must not come now */
    bool close_inside;
    uint32_t ask_again;
    bool closed;
    uint8_t seen[TOKENS_MAX];
    struct status_reply reply[TOKENS_MAX];
};

static struct results r;
static const char *asked_provider = "domainr";

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static bool is_complete(void *arg)
{
    (void)arg;
    return r.n >= r.wanted;
}

static bool is_set(void *flag)
{
    return *(bool *)flag;
}

static void ask(uint64_t token, const char *domain)
{
    r.asking = true;
    assert_int_equal(status_api_ask(r.api, token, domain), ST_OK);
    r.asking = false;
}

static void on_done(void *arg, uint64_t token, const struct status_reply *reply)
{
    assert_ptr_equal(arg, &r);
    assert_true(token < TOKENS_MAX);
    assert_false(r.asking);
    assert_null(strstr(reply->detail, KEY));
    assert_null(strstr(reply->detail, KEY_ESCAPED));
    assert_true((reply->outcome == STATUS_ANSWERED) == (reply->words[0] != '\0'));
    assert_true((reply->outcome == STATUS_ANSWERED) == (reply->detail[0] == '\0'));
    r.n++;
    r.seen[token]++;
    r.reply[token] = *reply;
    if (r.ask_again > 0) {
        r.ask_again--;
        ask(token + 1, "again.com");
    }
    if (r.close_inside) {
        r.close_inside = false;
        status_api_close(r.api, on_closed, &r.closed);
    }
}

static void open_api(uv_loop_t *loop, const char *url, const char *rapidapi_host,
                     uint32_t concurrency, uint32_t timeout_ms)
{
    char error[200] = "";
    memset(&r, 0, sizeof r);
    struct status_api_options o = {
        .provider = asked_provider,
        .url = url,
        .key = KEY,
        .rapidapi_host = rapidapi_host,
        .timeout_ms = timeout_ms,
        .concurrency = concurrency,
        .done = on_done,
        .arg = &r,
    };
    if (status_api_new(loop, &o, &r.api, error, sizeof error) != ST_OK)
        fail_msg("%s: %s", url != NULL ? url : "no url", error);
}

static void wait_for(uv_loop_t *loop, uint32_t n)
{
    r.wanted = n;
    run_until(loop, is_complete, NULL, WAIT_MS);
}

static void close_api(uv_loop_t *loop)
{
    status_api_close(r.api, on_closed, &r.closed);
    run_until(loop, is_set, &r.closed, WAIT_MS);
}

/* One question to a server of its own; the reply is r.reply[0]. */
static enum status_outcome ask_once(uv_loop_t *loop, const char *url, uint32_t timeout_ms)
{
    open_api(loop, url, NULL, 1, timeout_ms);
    ask(0, "example.com");
    assert_int_equal(status_api_inflight(r.api), 1);
    wait_for(loop, 1);
    assert_int_equal(status_api_inflight(r.api), 0);
    enum status_outcome outcome = r.reply[0].outcome;
    close_api(loop);
    assert_int_equal(r.n, 1);
    return outcome;
}

/* nginx --------------------------------------------------------------------------- */

static char folder[64], ca[96], other_ca[96];
static struct server nginx;

#define BODY(words) "'{\"status\":[{\"domain\":\"$arg_domain\",\"status\":\"" words "\"}]}'"

static void make_certificate(const char *name, const char *alternatives)
{
    char key[128], cert[128], subject[64], san[128];
    snprintf(key, sizeof key, "%s/%s.key", folder, name);
    snprintf(cert, sizeof cert, "%s/%s.pem", folder, name);
    snprintf(subject, sizeof subject, "/CN=%s", name);
    snprintf(san, sizeof san, "subjectAltName=%s", alternatives);
    run_program((const char *const[]){"openssl", "req", "-x509", "-newkey", "ec",
                                      "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                                      "-days", "2", "-keyout", key, "-out", cert, "-subj",
                                      subject, "-addext", san, NULL});
}

static void write_big_files(void)
{
    char path[128];
    for (int i = 0; i < 2; i++) { /* on either side of the limit of 256 kB */
        size_t blanks = (i == 0 ? 250U : 257U) << 10;
        snprintf(path, sizeof path, "%s/%s", folder, i == 0 ? "large" : "huge");
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fprintf(f, "{\"status\":[{\"domain\":\"example.com\",\"status\":\"active\"}]}");
        while (blanks-- > 0)
            fputc(' ', f);
        assert_int_equal(fclose(f), 0);
    }
}

/* What only Fastly answers. */
static void write_fastly_locations(void)
{
    file_write(
        folder, "fastly",
        "location /f-ok/ { access_log %s/fastly-sent line; return 200 "
        "'{\"domain\":\"$arg_domain\",\"zone\":\"com\",\"status\":\"undelegated "
        "inactive\",\"tags\":\"generic\"}'; }\n"
        "location /f-estimate/ { return 200 '{\"scope\":\"estimate\",\"domain\":"
        "\"$arg_domain\",\"zone\":\"com\",\"status\":\"undelegated\"}'; }\n"
        "location /f-problem/ { default_type application/problem+json; return 400 "
        "'{\"title\":\"Domain not found\",\"status\":400,\"detail\":\"$arg_domain\"}'; }\n"
        "location /f-problem-200/ { default_type application/problem+json; return 200 "
        "'{\"title\":\"Domain not found\",\"status\":400}'; }\n"
        "location /f-unauthorized/ { return 401 '{\"msg\":\"no: $http_fastly_key\"}'; }\n"
        "location /f-quoting/ { return 500 '{\"msg\":\"no: $http_fastly_key\"}'; }\n"
        "location /f-type/ { default_type text/html; return 200 "
        "'{\"domain\":\"$arg_domain\",\"status\":\"inactive\"}'; }\n"
        "location = /huge/domain-management/v1/tools/status { alias %s/huge; }\n",
        folder, folder);
}

static int start_nginx(void **state)
{
    (void)state;
    folder_make(folder);
    make_certificate("server", "DNS:localhost");
    make_certificate("other", "DNS:localhost");
    snprintf(ca, sizeof ca, "%s/server.pem", folder);
    snprintf(other_ca, sizeof other_ca, "%s/other.pem", folder);
    setenv("SSL_CERT_FILE", ca, 1);
    write_big_files();
    write_fastly_locations();
    uint16_t port = free_port();
    file_write(
        folder, "nginx.conf",
        "user root;\nworker_processes 1;\npid %s/pid;\nerror_log stderr;\n"
        "events { worker_connections 64; }\n"
        "http {\n"
        "  log_format line '$connection $server_protocol $status $request_uri "
        "ua=$http_user_agent "
        "accept=$http_accept host=$http_x_rapidapi_host key=$http_x_rapidapi_key "
        "fastly=$http_fastly_key';\n"
        "  access_log off;\n"
        "  client_body_temp_path %s/t1; proxy_temp_path %s/t2; fastcgi_temp_path %s/t3;\n"
        "  uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
        "  server {\n"
        "    listen 127.0.0.1:%u ssl http2;\n"
        "    ssl_certificate %s/server.pem;\n    ssl_certificate_key %s/server.key;\n"
        "    default_type application/json;\n"
        "    location /sent/ { access_log %s/sent line; return 200 " BODY(
            "active") "; }\n"
                      "    location /shared/ { access_log %s/shared line; return 200 " BODY(
                          "active") "; }\n"
                                    "    location /ok/ { return 200 " BODY(
                                        "undelegated inactive") "; }\n"
                                                                "    location "
                                                                "/unauthorized/ { return "
                                                                "401 "
                                                                "'{\"message\":"
                                                                "\"unauthorized: invalid "
                                                                "client "
                                                                "ID: $arg_client_id\"}'; "
                                                                "}\n"
                                                                "    location /forbidden/ "
                                                                "{ return 403; }\n"
                                                                "    location /missing/ { "
                                                                "return 404; }\n"
                                                                "    location /bad/ { "
                                                                "return 400 "
                                                                "'{\"status\":[],"
                                                                "\"errors\":[{\"code\":400,"
                                                                "\"message\":"
                                                                "\"Bad "
                                                                "request\",\"detail\":"
                                                                "\"unknown zone\"}]}'; }\n"
                                                                "    location /quoting/ { "
                                                                "return 400 "
                                                                "'{\"message\":\"no: "
                                                                "$request_uri\"}'; }\n"
                                                                "    location /throttled/ "
                                                                "{ add_header Retry-After "
                                                                "7 "
                                                                "always; return 429; }\n"
                                                                "    location /later/ { "
                                                                "add_header Retry-After "
                                                                "'Fri, "
                                                                "31 Dec 2100 23:59:59 GMT' "
                                                                "always; "
                                                                "return 503; }\n"
                                                                "    location /failing/ { "
                                                                "return 500; }\n"
                                                                "    location /moved/ { "
                                                                "return 302 "
                                                                "/ok/v2/"
                                                                "status?domain=example.com;"
                                                                " }\n"
                                                                "    location /nothing/ { "
                                                                "return 204; }\n"
                                                                "    location /errors/ { "
                                                                "return 200 "
                                                                "'{\"status\":[],"
                                                                "\"errors\":[{\"code\":400,"
                                                                "\"message\":"
                                                                "\"Bad request\"}]}'; }\n"
                                                                "    location /empty/ { "
                                                                "return 200 "
                                                                "'{\"status\":[]}'; "
                                                                "}\n"
                                                                "    location /html/ { "
                                                                "default_type text/html; "
                                                                "return "
                                                                "200 "
                                                                "'<html>Welcome</html>'; "
                                                                "}\n"
                                                                "    location /elsewhere/ "
                                                                "{ return 200 "
                                                                "'{\"status\":[{\"domain\":"
                                                                "\"other.com\",\"status\":"
                                                                "\"inactive\"}]}'; }\n"
                                                                "    location = "
                                                                "/large/v2/status { alias "
                                                                "%s/large; }\n"
                                                                "    location = "
                                                                "/huge/v2/status { alias "
                                                                "%s/huge; }\n"
                                                                "    include %s/fastly;\n"
                                                                "  }\n}\n",
        folder, folder, folder, folder, folder, folder, (unsigned)port, folder, folder,
        folder, folder, folder, folder, folder);
    server_start_nginx(&nginx, folder, port);
    return 0;
}

static int stop_nginx(void **state)
{
    (void)state;
    server_stop(&nginx);
    folder_remove(folder);
    return 0;
}

static void url_of(char url[128], const char *path)
{
    snprintf(url, 128, "https://localhost:%u%s", (unsigned)nginx.port, path);
}

static void each_kind_of_answer(void **state)
{
    static const struct {
        const char *path;
        enum status_outcome outcome;
        int http;
        uint32_t retry_after_s;
        const char *text; /* words or detail */
    } rows[] = {
        {"/ok", STATUS_ANSWERED, 200, 0, "undelegated inactive"},
        {"/ok/", STATUS_ANSWERED, 200, 0, "undelegated inactive"},
        {"/unauthorized", STATUS_UNAUTHORIZED, 401, 0, NULL},
        {"/forbidden", STATUS_UNAUTHORIZED, 403, 0, "HTTP 403"},
        {"/missing", STATUS_CLIENT_ERROR, 404, 0, "HTTP 404"},
        {"/bad", STATUS_CLIENT_ERROR, 400, 0, "HTTP 400, 400 Bad request: unknown zone"},
        {"/quoting", STATUS_CLIENT_ERROR, 400, 0,
         "HTTP 400, text withheld: it quotes the key"},
        {"/throttled", STATUS_THROTTLED, 429, 7, "HTTP 429"},
        {"/later", STATUS_SERVER_ERROR, 503, 21600, "HTTP 503"},
        {"/failing", STATUS_SERVER_ERROR, 500, 0, "HTTP 500"},
        {"/moved", STATUS_SERVER_ERROR, 302, 0, "HTTP 302"},
        {"/nothing", STATUS_MALFORMED, 204, 0, "HTTP 204"},
        {"/errors", STATUS_BODY_ERRORS, 200, 0, "400 Bad request"},
        {"/empty", STATUS_EMPTY, 200, 0, NULL},
        {"/html", STATUS_MALFORMED, 200, 0, NULL},
        {"/elsewhere", STATUS_MALFORMED, 200, 0, NULL},
        {"/large", STATUS_ANSWERED, 200, 0, "active"},
        {"/huge", STATUS_MALFORMED, 0, 0, "a body of more than 262144 bytes"},
    };
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char url[128];
        url_of(url, rows[i].path);
        enum status_outcome outcome = ask_once(&loop, url, 10000);
        const struct status_reply *reply = &r.reply[0];
        if (outcome != rows[i].outcome)
            fail_msg("%s: %s (%s)", url, status_outcome_text(outcome), reply->detail);
        assert_int_equal(reply->http, rows[i].http);
        assert_int_equal(reply->retry_after_s, rows[i].retry_after_s);
        if (rows[i].text != NULL)
            assert_string_equal(outcome == STATUS_ANSWERED ? reply->words : reply->detail,
                                rows[i].text);
    }
    run_out(&loop, WAIT_MS);
}

static void what_is_sent(void **state)
{
    uv_loop_t loop;
    char url[128], log[4096];
    (void)state;
    uv_loop_init(&loop);
    url_of(url, "/sent");
    assert_int_equal(ask_once(&loop, url, 10000), STATUS_ANSWERED);
    open_api(&loop, url, "domainr.p.rapidapi.com", 1, 10000);
    ask(0, "xn--bcher-kva.de");
    wait_for(&loop, 1);
    assert_int_equal(r.reply[0].outcome, STATUS_ANSWERED);
    close_api(&loop);
    server_read_log(folder, "sent", 2, log, sizeof log);
    assert_non_null(strstr(log, " HTTP/2.0 200 /sent/v2/status?client_id=" KEY_ESCAPED
                                "&domain=example.com ua=unverifyd/" UVD_VERSION
                                " accept=application/json host=- key=- fastly=-\n"));
    assert_non_null(strstr(log, " HTTP/2.0 200 /sent/v2/status?domain=xn--bcher-kva.de "
                                "ua=unverifyd/" UVD_VERSION " accept=application/json "
                                "host=domainr.p.rapidapi.com key=" KEY " fastly=-\n"));
    run_out(&loop, WAIT_MS);
}

static void fastlys_answers(void **state)
{
    static const struct {
        const char *path;
        enum status_outcome outcome;
        int http;
        uint32_t retry_after_s;
        const char *text; /* words or detail; NULL: any */
    } rows[] = {
        {"/f-ok", STATUS_ANSWERED, 200, 0, "undelegated inactive"},
        {"/f-estimate", STATUS_BEST_EFFORT, 200, 0, NULL},
        {"/f-problem", STATUS_CLIENT_ERROR, 400, 0,
         "HTTP 400, 400 Domain not found: example.com"},
        {"/f-problem-200", STATUS_BODY_ERRORS, 200, 0, "400 Domain not found"},
        {"/f-unauthorized", STATUS_UNAUTHORIZED, 401, 0,
         "HTTP 401, text withheld: it quotes the key"},
        {"/f-quoting", STATUS_SERVER_ERROR, 500, 0,
         "HTTP 500, text withheld: it quotes the key"},
        {"/f-type", STATUS_MALFORMED, 200, 0, "not JSON, type text/html"},
        {"/forbidden", STATUS_UNAUTHORIZED, 403, 0, "HTTP 403"},
        {"/missing", STATUS_CLIENT_ERROR, 404, 0, "HTTP 404"},
        {"/throttled", STATUS_THROTTLED, 429, 7, "HTTP 429"},
        {"/later", STATUS_SERVER_ERROR, 503, 21600, "HTTP 503"},
        {"/failing", STATUS_SERVER_ERROR, 500, 0, "HTTP 500"},
        {"/moved", STATUS_SERVER_ERROR, 302, 0, "HTTP 302"},
        {"/nothing", STATUS_MALFORMED, 204, 0, "HTTP 204"},
        {"/errors", STATUS_BODY_ERRORS, 200, 0, "400 Bad request"},
        {"/html", STATUS_MALFORMED, 200, 0, NULL},
        {"/ok", STATUS_MALFORMED, 200, 0, NULL}, /* Domainr's shape */
        {"/huge", STATUS_MALFORMED, 0, 0, "a body of more than 262144 bytes"},
    };
    uv_loop_t loop;
    char log[2048];
    (void)state;
    uv_loop_init(&loop);
    asked_provider = "fastly";
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char url[128];
        url_of(url, rows[i].path);
        enum status_outcome outcome = ask_once(&loop, url, 10000);
        const struct status_reply *reply = &r.reply[0];
        if (outcome != rows[i].outcome)
            fail_msg("%s: %s (%s)", url, status_outcome_text(outcome), reply->detail);
        assert_int_equal(reply->http, rows[i].http);
        assert_int_equal(reply->retry_after_s, rows[i].retry_after_s);
        if (rows[i].text != NULL)
            assert_string_equal(outcome == STATUS_ANSWERED ? reply->words : reply->detail,
                                rows[i].text);
    }
    asked_provider = "domainr";
    server_read_log(folder, "fastly-sent", 1, log, sizeof log);
    assert_non_null(strstr(log, " HTTP/2.0 200 /f-ok/domain-management/v1/tools/status?"
                                "domain=example.com ua=unverifyd/" UVD_VERSION
                                " accept=application/json host=- key=- fastly=" KEY "\n"));
    run_out(&loop, WAIT_MS);
}

static void many_requests_share_one_connection(void **state)
{
    enum { N = 16 };
    uv_loop_t loop;
    char url[128], log[16384];
    (void)state;
    uv_loop_init(&loop);
    url_of(url, "/shared");
    open_api(&loop, url, NULL, N, 10000);
    for (uint32_t round = 0; round < 2; round++) { /* the second finds it open */
        for (uint32_t i = 0; i < N; i++)
            ask(round * N + i, "example.com");
        assert_int_equal(status_api_ask(r.api, 63, "example.com"), ST_FULL);
        assert_int_equal(status_api_inflight(r.api), N);
        wait_for(&loop, (round + 1) * N);
    }
    for (uint32_t i = 0; i < 2 * N; i++) {
        assert_int_equal(r.seen[i], 1);
        assert_int_equal(r.reply[i].outcome, STATUS_ANSWERED);
    }
    close_api(&loop);
    run_out(&loop, WAIT_MS);
    server_read_log(folder, "shared", 2 * N, log, sizeof log);
    size_t id_len = strcspn(log, " ") + 1; /* a line begins with its connection's number */
    for (const char *s = log; *s != '\0'; s += strcspn(s, "\n") + 1)
        assert_memory_equal(s, log, id_len);
}

static void asking_from_inside_done(void **state)
{
    uv_loop_t loop;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    url_of(url, "/ok");
    open_api(&loop, url, NULL, 1, 10000);
    r.ask_again = 20;
    ask(0, "example.com");
    wait_for(&loop, 21);
    for (uint32_t i = 0; i <= 20; i++)
        assert_int_equal(r.reply[i].outcome, STATUS_ANSWERED);
    close_api(&loop);
    run_out(&loop, WAIT_MS);
}

static void certificates_are_verified(void **state)
{
    uv_loop_t loop;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    url_of(url, "/ok");
    setenv("SSL_CERT_FILE", other_ca, 1); /* somebody else's authority */
    assert_int_equal(ask_once(&loop, url, 10000), STATUS_UNREACHABLE);
    unsetenv("SSL_CERT_FILE"); /* the system's, which don't know the server either */
    assert_int_equal(ask_once(&loop, url, 10000), STATUS_UNREACHABLE);
    setenv("SSL_CERT_FILE", "/nonexistent", 1);
    assert_int_equal(ask_once(&loop, url, 10000), STATUS_UNREACHABLE);
    setenv("SSL_CERT_FILE", ca, 1); /* the right authority, another host's name */
    snprintf(url, sizeof url, "https://127.0.0.1:%u/ok", (unsigned)nginx.port);
    assert_int_equal(ask_once(&loop, url, 10000), STATUS_UNREACHABLE);
    assert_true(strlen(r.reply[0].detail) > 10);
    run_out(&loop, WAIT_MS);
}

/* The server goes away with the connection open, and comes back. */
static void the_server_restarts(void **state)
{
    uv_loop_t loop;
    char url[128];
    uint16_t port = nginx.port;
    (void)state;
    uv_loop_init(&loop);
    url_of(url, "/ok");
    open_api(&loop, url, NULL, 4, 10000);
    ask(0, "example.com");
    wait_for(&loop, 1);
    server_stop(&nginx);
    for (uint32_t i = 1; i <= 4; i++)
        ask(i, "example.com");
    wait_for(&loop, 5);
    for (uint32_t i = 1; i <= 4; i++)
        assert_int_equal(r.reply[i].outcome, STATUS_UNREACHABLE);
    server_start_nginx(&nginx, folder, port);
    ask(5, "example.com");
    wait_for(&loop, 6);
    assert_int_equal(r.reply[5].outcome, STATUS_ANSWERED);
    close_api(&loop);
    run_out(&loop, WAIT_MS);
}

/* A server that misbehaves -------------------------------------------------------- */

#define SHORT "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{\"status\":"
#define OPEN_END "HTTP/1.1 200 OK\r\n\r\n"

/* No length: the cut looks like an end. */
#define CUT_OPEN OPEN_END "{\"status\":[{\"domain\":\"example.com\""

static const struct rogue_row misbehaviour[] = {
    {.path = "/fine/",
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 55\r\n\r\n"
               "{\"status\":[{\"domain\":\"example.com\",\"status\":\"active\"}]}"},
    {.path = "/fastly/",
     .answer = "HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n"
               "{\"domain\":\"example.com\",\"status\":\"active\"}"},
    {.path = "/silent/", .answer = ""},
    {.path = "/trickle/", .answer = SHORT},
    {.path = "/drip/", .answer = OPEN_END "{", .then = ROGUE_DRIP},
    {.path = "/cut/", .answer = SHORT, .then = ROGUE_CLOSE},
    {.path = "/cutopen/", .answer = CUT_OPEN, .then = ROGUE_CLOSE},
    {.path = "/endless/", .answer = OPEN_END "[[[[[[[[[[[[", .then = ROGUE_ENDLESS},
    {.path = "/headers/",
     .answer = "HTTP/1.1 200 OK\r\nX-More: and more\r\n",
     .then = ROGUE_ENDLESS},
    {.path = "/noise/", .answer = "\x01\x02 what is this\r\n\r\n", .then = ROGUE_CLOSE},
    {.path = "/hangup/", .answer = "", .then = ROGUE_CLOSE},
    {.path = "/reset/", .answer = "", .then = ROGUE_RESET},
    {.path = NULL, .answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"},
};

static void rogue_url(const struct rogue *me, char url[128], const char *path)
{
    snprintf(url, 128, "http://127.0.0.1:%u%s", (unsigned)me->port, path);
}

static void every_kind_of_misbehaviour(void **state)
{
    static const struct {
        const char *path;
        enum status_outcome outcome;
    } rows[] = {
        {"/fine", STATUS_ANSWERED},     {"/silent", STATUS_TIMEOUT},
        {"/trickle", STATUS_TIMEOUT},   {"/drip", STATUS_TIMEOUT},
        {"/cut", STATUS_UNREACHABLE},   {"/cutopen", STATUS_MALFORMED},
        {"/endless", STATUS_MALFORMED}, {"/headers", STATUS_MALFORMED},
        {"/noise", STATUS_UNREACHABLE}, {"/hangup", STATUS_UNREACHABLE},
        {"/reset", STATUS_UNREACHABLE},
    };
    uv_loop_t loop;
    struct rogue me;
    (void)state;
    uv_loop_init(&loop);
    rogue_start(&loop, &me, misbehaviour);
    setenv("http_proxy", "http://127.0.0.1:9",
           1); /* never for what stays on this machine */
    for (size_t i = 0; i < 2 * ARRAY_LEN(rows); i++) {
        char url[128];
        unsigned before = me.requests;
        bool is_fastly = i >= ARRAY_LEN(rows);
        const char *path = rows[i % ARRAY_LEN(rows)].path;
        asked_provider = is_fastly ? "fastly" : "domainr";
        rogue_url(&me, url, is_fastly && strcmp(path, "/fine") == 0 ? "/fastly" : path);
        enum status_outcome wanted = rows[i % ARRAY_LEN(rows)].outcome;
        enum status_outcome outcome =
            ask_once(&loop, url, wanted == STATUS_TIMEOUT ? 500 : 20000);
        if (outcome != wanted)
            fail_msg("%s: %s (%s)", url, status_outcome_text(outcome), r.reply[0].detail);
        assert_int_equal(me.requests, before + 1); /* it was paid for once */
        bool is_whole = strcmp(path, "/fine") == 0 || strcmp(path, "/cutopen") == 0;
        assert_int_equal(r.reply[0].http, is_whole ? 200 : 0);
    }
    asked_provider = "domainr";
    unsetenv("http_proxy");
    assert_non_null(strstr(me.head, "Accept: application/json\r\n"));
    rogue_stop(&me);
    run_out(&loop, WAIT_MS);
}

static void nobody_listens(void **state)
{
    uv_loop_t loop;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    snprintf(url, sizeof url, "http://127.0.0.1:%u", (unsigned)free_port());
    open_api(&loop, url, NULL, 8, 5000);
    for (uint32_t i = 0; i < 8; i++)
        ask(i, "example.com");
    wait_for(&loop, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(r.seen[i], 1);
        assert_int_equal(r.reply[i].outcome, STATUS_UNREACHABLE);
    }
    close_api(&loop);
    run_out(&loop, WAIT_MS);
}

/* All of a full set of requests run out of time, those that never got a connection too:
 * without TLS each waits on its own, with it all wait for one handshake. */
static void all_time_out(void **state)
{
    static const char *const schemes[] = {"http", "https"};
    uv_loop_t loop;
    struct rogue me;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    rogue_start(&loop, &me, misbehaviour);
    me.rows = NULL;
    for (size_t k = 0; k < ARRAY_LEN(schemes); k++) {
        snprintf(url, sizeof url, "%s://127.0.0.1:%u", schemes[k], (unsigned)me.port);
        open_api(&loop, url, NULL, 16, 500);
        for (uint32_t i = 0; i < 16; i++)
            ask(i, "example.com");
        wait_for(&loop, 16);
        for (uint32_t i = 0; i < 16; i++) {
            assert_int_equal(r.seen[i], 1);
            assert_int_equal(r.reply[i].outcome, STATUS_TIMEOUT);
            assert_true(r.reply[i].elapsed_ms >= 450 && r.reply[i].elapsed_ms < 5000);
        }
        assert_true(k == 1 || me.requests == 16);
        close_api(&loop);
    }
    rogue_stop(&me);
    run_out(&loop, WAIT_MS);
}

/* What speaks HTTP where TLS is due gets nothing out of us. */
static void tls_that_is_none(void **state)
{
    uv_loop_t loop;
    struct rogue me;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    rogue_start(&loop, &me, misbehaviour);
    snprintf(url, sizeof url, "https://127.0.0.1:%u", (unsigned)me.port);
    assert_int_equal(ask_once(&loop, url, 5000), STATUS_UNREACHABLE);
    assert_int_equal(me.requests, 1);
    assert_null(strstr(me.head, "example.com"));
    rogue_stop(&me);
    run_out(&loop, WAIT_MS);
}

/* Closing ------------------------------------------------------------------------- */

static bool has_requests(void *arg)
{
    return ((struct rogue *)arg)->requests >= 5;
}

static void close_while_requests_are_out(void **state)
{
    uv_loop_t loop;
    struct rogue me;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    rogue_start(&loop, &me, misbehaviour);
    for (int connected = 0; connected <= 1; connected++) {
        rogue_url(&me, url, "/trickle");
        open_api(&loop, url, NULL, 8, 10000);
        for (uint32_t i = 0; i < 8; i++)
            ask(i, "example.com");
        if (connected)
            run_until(&loop, has_requests, &me, WAIT_MS);
        status_api_close(r.api, on_closed, &r.closed);
        status_api_close(r.api, NULL, NULL); /* a second call changes nothing */
        assert_int_equal(status_api_ask(r.api, 9, "example.com"), ST_FULL);
        assert_int_equal(r.n, 0); /* not from inside the call */
        run_until(&loop, is_set, &r.closed, WAIT_MS);
        assert_int_equal(r.n, 8);
        for (uint32_t i = 0; i < 8; i++)
            assert_int_equal(r.reply[i].outcome, STATUS_CANCELED);
    }
    rogue_stop(&me);
    run_out(&loop, WAIT_MS);
}

static void close_from_inside_done(void **state)
{
    static const char *const paths[] = {"/ok", "/huge", "/failing"};
    uv_loop_t loop;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    for (size_t k = 0; k < ARRAY_LEN(paths); k++) {
        url_of(url, paths[k]);
        open_api(&loop, url, NULL, 8, 10000);
        r.close_inside = true;
        for (uint32_t i = 0; i < 8; i++)
            ask(i, "example.com");
        run_until(&loop, is_set, &r.closed, WAIT_MS);
        assert_int_equal(r.n, 8);
        for (uint32_t i = 0; i < 8; i++)
            assert_int_equal(r.seen[i], 1);
    }
    run_out(&loop, WAIT_MS);
}

static void close_unused_and_null(void **state)
{
    uv_loop_t loop;
    bool closed = false;
    (void)state;
    uv_loop_init(&loop);
    open_api(&loop, NULL, NULL, 4, 1000);
    status_api_close(r.api, on_closed, &r.closed);
    run_out(&loop, WAIT_MS);
    assert_true(r.closed);
    status_api_close(NULL, on_closed, &closed);
    assert_true(closed);
    status_api_close(NULL, NULL, NULL);
}

/* Options ------------------------------------------------------------------------- */

static enum status try_options(uv_loop_t *loop, const char *provider, const char *url,
                               const char *key, const char *host, char *error, size_t size)
{
    struct status_api *api = NULL;
    struct status_api_options o = {
        .provider = provider,
        .url = url,
        .key = key,
        .rapidapi_host = host,
        .timeout_ms = 1000,
        .concurrency = 1,
        .done = on_done,
    };
    enum status st = status_api_new(loop, &o, &api, error, size);
    assert_true((st == ST_OK) == (api != NULL));
    status_api_close(api, NULL, NULL);
    return st;
}

static void options_that_are_refused(void **state)
{
    static const char *const bad[] = {"http://example.com",
                                      "http://10.0.0.1",
                                      "http://127.0.0.1.example.com",
                                      "http://localhost.example",
                                      "http://[::2]",
                                      "HTTP://example.com",
                                      "ftp://127.0.0.1",
                                      "file:///etc/passwd",
                                      "example.com",
                                      "https://",
                                      "https://user@example.com",
                                      "https://u:p@example.com",
                                      "https://example.com/?a=b",
                                      "https://example.com/#part",
                                      "https://exa mple.com",
                                      "https://example.com/\r\nX: y",
                                      "",
                                      "/"};
    static const char *const good[] = {
        "http://127.0.0.1",    "http://127.9.9.9:8080/base/",
        "http://[::1]:8080",   "http://localhost:8080",
        "https://example.com", "https://example.com:8443/a/b/"};
    uv_loop_t loop;
    char error[200], long_key[300];
    (void)state;
    uv_loop_init(&loop);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (try_options(&loop, "domainr", bad[i], KEY, NULL, error, sizeof error) !=
            ST_INVALID)
            fail_msg("`%s` was accepted", bad[i]);
        assert_non_null(strstr(error, "status.url: "));
        assert_null(strstr(error, KEY));
    }
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (try_options(&loop, "domainr", good[i], KEY, NULL, error, sizeof error) != ST_OK)
            fail_msg("`%s`: %s", good[i], error);
    }
    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = '\0';
    const char *const bad_keys[] = {"", "two words", "line\r\nX-Evil: 1", "tab\t",
                                    long_key};
    for (size_t i = 0; i < ARRAY_LEN(bad_keys); i++) {
        assert_int_equal(
            try_options(&loop, "domainr", NULL, bad_keys[i], NULL, error, sizeof error),
            ST_INVALID);
        assert_true(*bad_keys[i] == '\0' || strstr(error, bad_keys[i]) == NULL);
    }
    assert_int_equal(try_options(&loop, "none", NULL, KEY, NULL, error, sizeof error),
                     ST_INVALID);
    assert_int_equal(
        try_options(&loop, "domainr", NULL, KEY, "evil\r\nX: y", error, sizeof error),
        ST_INVALID);
    assert_int_equal(
        try_options(&loop, "domainr", NULL, KEY, "host.example/path", error, sizeof error),
        ST_INVALID);
    assert_int_equal(try_options(&loop, "domainr", NULL, NULL, NULL, error, sizeof error),
                     ST_OK);
    assert_int_equal(
        try_options(&loop, "fastly", NULL, KEY, "host.example", error, sizeof error),
        ST_INVALID);
    assert_non_null(strstr(error, "status.rapidapi_host"));
    assert_int_equal(try_options(&loop, "fastly", NULL, KEY, NULL, error, sizeof error),
                     ST_OK);
    assert_true(status_api_has_provider("domainr"));
    assert_true(status_api_has_provider("fastly"));
    assert_false(status_api_has_provider("none"));
    run_out(&loop, WAIT_MS);
}

static void the_longest_everything(void **state)
{
    uv_loop_t loop;
    struct rogue me;
    char url[128], domain[DOMAIN_SIZE + 1];
    (void)state;
    uv_loop_init(&loop);
    rogue_start(&loop, &me, misbehaviour);
    rogue_url(&me, url, "/fine");
    open_api(&loop, url, NULL, 1, 5000);
    memset(domain, '*', sizeof domain - 1); /* three bytes each once escaped */
    domain[sizeof domain - 1] = '\0';
    assert_int_equal(status_api_ask(r.api, 0, domain), ST_INVALID);
    assert_int_equal(status_api_ask(r.api, 0, ""), ST_INVALID);
    domain[DOMAIN_MAX] = '\0';
    ask(0, domain);
    wait_for(&loop, 1);
    assert_int_equal(r.reply[0].outcome, STATUS_MALFORMED); /* another domain's answer */
    assert_non_null(strstr(me.head, "domain=%2A%2A"));
    close_api(&loop);
    rogue_stop(&me);
    run_out(&loop, WAIT_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_of_answer),
        cmocka_unit_test(what_is_sent),
        cmocka_unit_test(fastlys_answers),
        cmocka_unit_test(many_requests_share_one_connection),
        cmocka_unit_test(asking_from_inside_done),
        cmocka_unit_test(certificates_are_verified),
        cmocka_unit_test(the_server_restarts),
        cmocka_unit_test(every_kind_of_misbehaviour),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(all_time_out),
        cmocka_unit_test(tls_that_is_none),
        cmocka_unit_test(close_while_requests_are_out),
        cmocka_unit_test(close_from_inside_done),
        cmocka_unit_test(close_unused_and_null),
        cmocka_unit_test(options_that_are_refused),
        cmocka_unit_test(the_longest_everything),
    };
    return cmocka_run_group_tests(tests, start_nginx, stop_nginx);
}
