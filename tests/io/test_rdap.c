/* RDAP on a real loop: against nginx with TLS, with a bootstrap file of its own, and
 * against servers in this process that redirect, throttle and misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/rdap.h"
#include "io/rdap_directory.h"
#include "io/rdap_servers.h"
#include "io/rogue.h"
#include "io/servers.h"
#include "proto/address.h"

#define WAIT_MS 30000
#define LONG_MS 20000U /* a question that must not run out of time */
#define SHORT_MS 500U  /* one that must */

/* Results ------------------------------------------------------------------------- */

#define TOKENS_MAX 32

static struct {
    struct rdap *rdap;
    uint32_t n, wanted;
    bool asking, closed, close_inside;
    uint32_t ask_again;
    uint8_t seen[TOKENS_MAX];
    uint64_t order[TOKENS_MAX];
    struct rdap_reply reply[TOKENS_MAX];
} r;

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static bool is_set(void *flag)
{
    return *(bool *)flag;
}

static bool is_complete(void *arg)
{
    (void)arg;
    return r.n >= r.wanted;
}

static void ask(uint64_t token, const char *domain)
{
    r.asking = true;
    assert_int_equal(rdap_ask(r.rdap, token, domain), ST_OK);
    r.asking = false;
}

static void on_done(void *arg, uint64_t token, const struct rdap_reply *reply)
{
    assert_ptr_equal(arg, &r);
    assert_true(token < TOKENS_MAX);
    assert_false(r.asking);
    assert_true((reply->outcome == STATUS_ANSWERED) == (reply->detail[0] == '\0'));
    assert_true(reply->outcome == STATUS_ANSWERED || !reply->is_free);
    assert_true(reply->outcome == STATUS_ANSWERED || reply->states == 0);
    assert_true((reply->http != 0) == (reply->server[0] != '\0'));
    r.order[r.n++] = token;
    r.seen[token]++;
    r.reply[token] = *reply;
    if (r.ask_again > 0) {
        r.ask_again--;
        ask(token + 1, "again.com");
    }
    if (r.close_inside) {
        r.close_inside = false;
        rdap_close(r.rdap, on_closed, &r.closed);
    }
}

static void open_rdap(uv_loop_t *loop, const char *bootstrap_url, uint32_t concurrency,
                      uint32_t timeout_ms)
{
    char error[200] = "";
    memset(&r, 0, sizeof r);
    struct rdap_options o = {
        .bootstrap_url = bootstrap_url,
        .timeout_ms = timeout_ms,
        .concurrency = concurrency,
        .done = on_done,
        .arg = &r,
    };
    if (rdap_new(loop, &o, &r.rdap, error, sizeof error) != ST_OK)
        fail_msg("%s: %s", bootstrap_url, error);
}

static void wait_for(uv_loop_t *loop, uint32_t n)
{
    r.wanted = n;
    run_until(loop, is_complete, NULL, WAIT_MS);
}

static void close_rdap(uv_loop_t *loop)
{
    rdap_close(r.rdap, on_closed, &r.closed);
    run_until(loop, is_set, &r.closed, WAIT_MS);
}

/* One question, from the bootstrap file on; the reply is r.reply[0]. */
static enum status_outcome ask_once(uv_loop_t *loop, const char *bootstrap_url,
                                    const char *domain, uint32_t timeout_ms)
{
    open_rdap(loop, bootstrap_url, 1, timeout_ms);
    ask(0, domain);
    assert_int_equal(rdap_inflight(r.rdap), 1);
    wait_for(loop, 1);
    assert_int_equal(rdap_inflight(r.rdap), 0);
    close_rdap(loop);
    assert_int_equal(r.n, 1);
    return r.reply[0].outcome;
}

/* nginx --------------------------------------------------------------------------- */

static char folder[64], ca[96], other_ca[96];
static struct server nginx;

static void make_certificate(const char *name)
{
    char key[128], cert[128];
    snprintf(key, sizeof key, "%s/%s.key", folder, name);
    snprintf(cert, sizeof cert, "%s/%s.pem", folder, name);
    run_program((const char *const[]){
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-keyout", key, "-out",
        cert, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", NULL});
}

#define OBJECT(name, more)                                                                 \
    "{\"objectClassName\":\"domain\",\"ldhName\":\"" name "\"" more "}"
#define RDAP_TYPE "default_type application/rdap+json; "

static void write_locations(void)
{
    file_write(
        folder, "locations",
        "location = /com/domain/alive.com { access_log %s/asked line; " RDAP_TYPE
        "return 200 '" OBJECT(
            "ALIVE.COM",
            ",\"status\":[\"active\"],\"events\":[{"
            "\"eventAction\":\"registration\",\"eventDate\":"
            "\"2020-07-24T03:47:53Z\"}]") "'; }\n"
                                          "location = /com/domain/going.com { " RDAP_TYPE
                                          "return 200 '" OBJECT(
                                              "going.com",
                                              ",\"status\":[\"pending "
                                              "delete\",\"redemption "
                                              "period\"]") "'; }\n"
                                                           "location = "
                                                           "/com/domain/"
                                                           "other.com "
                                                           "{ " RDAP_TYPE "return 200 "
                                                           "'" OBJECT("another.com",
                                                                      "") "'; }\n"
                                                                          "location "
                                                                          "= "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "html.com "
                                                                          "{ "
                                                                          "default_"
                                                                          "type "
                                                                          "text/"
                                                                          "html; "
                                                                          "return "
                                                                          "404 "
                                                                          "'<html>"
                                                                          "404</"
                                                                          "html>'; "
                                                                          "}\n"
                                                                          "location "
                                                                          "= "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "plain.com "
                                                                          "{ return "
                                                                          "404; }\n"
                                                                          "location "
                                                                          "= "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "blocked."
                                                                          "com { "
                                                                          "return "
                                                                          "403; }\n"
                                                                          "location "
                                                                          "= "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "nothing."
                                                                          "com { "
                                                                          "return "
                                                                          "204; }\n"
                                                                          "location "
                                                                          "= "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "failing."
                                                                          "com { "
                                                                          "return "
                                                                          "500; }\n"
                                                                          "location "
                                                                          "= "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "moved.com "
                                                                          "{ return "
                                                                          "307 "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "alive.com;"
                                                                          " }\n"
                                                                          "location "
                                                                          "= "
                                                                          "/com/"
                                                                          "domain/"
                                                                          "huge.com "
                                                                          "{"
                                                                          " " RDAP_TYPE
                                                                          "alias "
                                                                          "%s/huge; "
                                                                          "}\n"
                                                                          "location "
                                                                          "/com/"
                                                                          "domain/ "
                                                                          "{"
                                                                          " " RDAP_TYPE
                                                                          "return "
                                                                          "404 "
                                                                          "'{"
                                                                          "\"errorCod"
                                                                          "e\":404,"
                                                                          "\"title\":"
                                                                          "\"Not "
                                                                          "Found\"}';"
                                                                          " }\n",
        folder, folder);
}

static void write_huge_file(void)
{
    char path[128];
    snprintf(path, sizeof path, "%s/huge", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, OBJECT("huge.com", ""));
    for (size_t blanks = (size_t)257 << 10; blanks > 0; blanks--)
        fputc(' ', f);
    assert_int_equal(fclose(f), 0);
}

static int start_nginx(void **state)
{
    (void)state;
    folder_make(folder);
    make_certificate("server");
    make_certificate("other");
    snprintf(ca, sizeof ca, "%s/server.pem", folder);
    snprintf(other_ca, sizeof other_ca, "%s/other.pem", folder);
    setenv("SSL_CERT_FILE", ca, 1);
    uint16_t port = free_port();
    write_locations();
    write_huge_file();
    file_write(folder, "dns.json",
               "{\"version\":\"1.0\",\"services\":[[[\"com\",\"net\"],[\"https://"
               "localhost:%u/com/\"]]]}",
               (unsigned)port);
    file_write(folder, "nginx.conf",
               "user root;\nworker_processes 1;\npid %s/pid;\nerror_log stderr;\n"
               "events { worker_connections 64; }\nhttp {\n  access_log off;\n"
               "  log_format line '$server_protocol $status $request_uri accept="
               "$http_accept ua=$http_user_agent';\n"
               "  client_body_temp_path %s/t1; proxy_temp_path %s/t2;\n"
               "  fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
               "  server {\n    listen 127.0.0.1:%u ssl http2;\n"
               "    ssl_certificate %s/server.pem; ssl_certificate_key %s/server.key;\n"
               "    location = /dns.json { access_log %s/fetched line; root %s; }\n"
               "    include %s/locations;\n  }\n}\n",
               folder, folder, folder, folder, folder, folder, (unsigned)port, folder,
               folder, folder, folder, folder);
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

static void nginx_url(char url[128])
{
    snprintf(url, 128, "https://localhost:%u/dns.json", (unsigned)nginx.port);
}

static void a_registrys_answers(void **state)
{
    static const struct {
        const char *domain;
        enum status_outcome outcome;
        int http;
        bool is_free;
        uint32_t states;
        int64_t registered_s;
        const char *text; /* words or detail; NULL: any */
    } rows[] = {
        {"alive.com", STATUS_ANSWERED, 200, false, 0, 1595562473, "active"},
        {"going.com", STATUS_ANSWERED, 200, false,
         1U << RDAP_PENDING_DELETE | 1U << RDAP_REDEMPTION, 0,
         "pending delete, redemption period"},
        {"free.com", STATUS_ANSWERED, 404, true, 0, 0, ""},
        {"free.net", STATUS_ANSWERED, 404, true, 0, 0, ""},
        {"moved.com", STATUS_MALFORMED, 200, false, 0, 0, "an answer for another domain"},
        {"other.com", STATUS_MALFORMED, 200, false, 0, 0, "an answer for another domain"},
        {"html.com", STATUS_CLIENT_ERROR, 404, false, 0, 0,
         "HTTP 404 that is not RDAP's, text/html"},
        {"plain.com", STATUS_CLIENT_ERROR, 404, false, 0, 0, NULL},
        {"nothing.com", STATUS_MALFORMED, 204, false, 0, 0, "HTTP 204"},
        {"failing.com", STATUS_SERVER_ERROR, 500, false, 0, 0, "HTTP 500"},
        {"huge.com", STATUS_MALFORMED, 0, false, 0, 0, "a body of more than 262144 bytes"},
        {"elsewhere.org", STATUS_EMPTY, 0, false, 0, 0, "no RDAP server is known for .org"},
        {"blocked.com", STATUS_UNAUTHORIZED, 403, false, 0, 0, "HTTP 403"}, /* the last */
    };
    uv_loop_t loop;
    char url[128], server[64], log[2048];
    (void)state;
    uv_loop_init(&loop);
    nginx_url(url);
    snprintf(server, sizeof server, "localhost:%u", (unsigned)nginx.port);
    open_rdap(&loop, url, 1, LONG_MS);
    for (uint32_t i = 0; i < ARRAY_LEN(rows); i++) {
        ask(i, rows[i].domain);
        wait_for(&loop, i + 1);
        const struct rdap_reply *reply = &r.reply[i];
        if (reply->outcome != rows[i].outcome)
            fail_msg("%s: %s (%s)", rows[i].domain, status_outcome_text(reply->outcome),
                     reply->detail);
        assert_int_equal(reply->http, rows[i].http);
        assert_int_equal(reply->is_free, rows[i].is_free);
        assert_int_equal(reply->states, rows[i].states);
        assert_int_equal(reply->registered_s, rows[i].registered_s);
        assert_string_equal(reply->server, rows[i].http != 0 ? server : "");
        if (rows[i].text != NULL)
            assert_string_equal(reply->outcome == STATUS_ANSWERED ? reply->words
                                                                  : reply->detail,
                                rows[i].text);
    }
    close_rdap(&loop);
    run_out(&loop, WAIT_MS);
    server_read_log(folder, "asked", 2, log, sizeof log);
    assert_non_null(
        strstr(log, "HTTP/2.0 200 /com/domain/alive.com accept=application/"
                    "rdap+json, application/json;q=0.9 ua=unverifyd/" UVD_VERSION "\n"));
    server_read_log(folder, "fetched", 1, log, sizeof log); /* once for all of them */
    assert_non_null(strstr(log, "HTTP/2.0 200 /dns.json accept=application/json"));
}

static void certificates_are_verified(void **state)
{
    uv_loop_t loop;
    char url[128];
    (void)state;
    uv_loop_init(&loop);
    nginx_url(url);
    setenv("SSL_CERT_FILE", other_ca, 1); /* somebody else's authority */
    assert_int_equal(ask_once(&loop, url, "free.com", LONG_MS), STATUS_UNREACHABLE);
    assert_non_null(strstr(r.reply[0].detail, "bootstrap file: "));
    assert_true(r.reply[0].retry_after_s > 0);
    unsetenv("SSL_CERT_FILE");
    assert_int_equal(ask_once(&loop, url, "free.com", LONG_MS), STATUS_UNREACHABLE);
    setenv("SSL_CERT_FILE", ca, 1); /* the right one, another host's name */
    snprintf(url, sizeof url, "https://127.0.0.1:%u/dns.json", (unsigned)nginx.port);
    assert_int_equal(ask_once(&loop, url, "free.com", LONG_MS), STATUS_UNREACHABLE);
    run_out(&loop, WAIT_MS);
}

/* Servers of our own -------------------------------------------------------------- */

#define HEAD(code, type)                                                                   \
    "HTTP/1.1 " code "\r\nContent-Type: " type "\r\nConnection: close\r\n"
#define RDAP_200 HEAD("200 OK", "application/rdap+json") "\r\n"
#define RDAP_404 HEAD("404 Not Found", "application/rdap+json") "\r\n"
#define TEXT_SIZE 700

/* `me` serves the file, and is where `com` is asked; `there` is some other server. */
static struct {
    uv_loop_t loop;
    struct rogue me, there;
    char url[64], file[TEXT_SIZE], location[TEXT_SIZE];
    struct rogue_row rows[24];
    size_t n;
} w;

static void serve(const char *path, const char *answer, enum rogue_then then)
{
    assert_true(w.n + 1 < ARRAY_LEN(w.rows));
    w.rows[w.n++] = (struct rogue_row){.path = path, .answer = answer, .then = then};
    w.rows[w.n] = (struct rogue_row){.path = NULL, .answer = RDAP_404, .then = ROGUE_CLOSE};
}

static const struct rogue_row everything_is_free[] = {
    {.path = "/x/domain/known.com",
     .answer = RDAP_200 OBJECT("known.com", ",\"status\":[\"redemption period\"]"),
     .then = ROGUE_CLOSE},
    {.path = NULL, .answer = RDAP_404, .then = ROGUE_CLOSE},
};

/* `services`: what the file lists, with %1$u for our port and %2$u for the other's. */
static void set_out(const char *services)
{
    char body[TEXT_SIZE / 2];
    memset(&w, 0, sizeof w);
    uv_loop_init(&w.loop);
    rogue_start(&w.loop, &w.there, everything_is_free);
    rogue_start(&w.loop, &w.me, w.rows);
    snprintf(w.url, sizeof w.url, "http://127.0.0.1:%u/dns.json", (unsigned)w.me.port);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(body, sizeof body, services, (unsigned)w.me.port, (unsigned)w.there.port);
#pragma GCC diagnostic pop
    snprintf(
        w.file, sizeof w.file,
        HEAD("200 OK", "application/json") "\r\n{\"version\":\"1.0\",\"services\":[%s]}",
        body);
    serve("/dns.json", w.file, ROGUE_CLOSE);
}

static void pack_up(void)
{
    rogue_stop(&w.me);
    rogue_stop(&w.there);
    run_out(&w.loop, WAIT_MS);
}

#define COM_HERE "[[\"com\"],[\"http://127.0.0.1:%1$u/com/\"]]"
#define NET_THERE "[[\"net\"],[\"http://127.0.0.1:%2$u/x/\"]]"

static void every_kind_of_misbehaviour(void **state)
{
    static const struct {
        const char *domain, *path, *answer;
        enum rogue_then then;
        enum status_outcome outcome;
    } rows[] = {
        {"fine.com", "/com/domain/fine.com", RDAP_200 OBJECT("fine.com", ""), ROGUE_CLOSE,
         STATUS_ANSWERED},
        {"silent.com", "/com/domain/silent.com", "", ROGUE_KEEP, STATUS_TIMEOUT},
        {"trickle.com", "/com/domain/trickle.com",
         "HTTP/1.1 404 Not Found\r\nContent-Type: application/rdap+json\r\n"
         "Content-Length: 30\r\n\r\n{\"errorCode\":404}",
         ROGUE_KEEP, STATUS_TIMEOUT},
        {"drip.com", "/com/domain/drip.com", RDAP_200 "{", ROGUE_DRIP, STATUS_TIMEOUT},
        {"cut.com", "/com/domain/cut.com",
         "HTTP/1.1 404 Not Found\r\nContent-Type: application/rdap+json\r\n"
         "Content-Length: 30\r\n\r\n",
         ROGUE_CLOSE, STATUS_UNREACHABLE},
        {"cutopen.com", "/com/domain/cutopen.com",
         RDAP_200 "{\"objectClassName\":\"domain\",", ROGUE_CLOSE, STATUS_MALFORMED},
        {"cut404.com", "/com/domain/cut404.com", RDAP_404 "{\"errorCode\":4", ROGUE_CLOSE,
         STATUS_CLIENT_ERROR},
        {"endless.com", "/com/domain/endless.com", RDAP_200 "[[[[[[[[[[[[[", ROGUE_ENDLESS,
         STATUS_MALFORMED},
        {"endless404.com", "/com/domain/endless404.com", RDAP_404 "             ",
         ROGUE_ENDLESS, STATUS_MALFORMED},
        {"headers.com", "/com/domain/headers.com",
         "HTTP/1.1 404 Not Found\r\nContent-Type: application/rdap+json\r\n", ROGUE_ENDLESS,
         STATUS_MALFORMED},
        {"noise.com", "/com/domain/noise.com", "\x01\x02 what is this\r\n\r\n", ROGUE_CLOSE,
         STATUS_UNREACHABLE},
        {"hangup.com", "/com/domain/hangup.com", "", ROGUE_CLOSE, STATUS_UNREACHABLE},
        {"reset.com", "/com/domain/reset.com", "", ROGUE_RESET, STATUS_UNREACHABLE},
    };
    (void)state;
    set_out(COM_HERE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        serve(rows[i].path, rows[i].answer, rows[i].then);
    setenv("http_proxy", "http://127.0.0.1:9", 1); /* never for what stays here */
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_slow = rows[i].outcome == STATUS_TIMEOUT;
        unsigned before = w.me.requests;
        enum status_outcome outcome =
            ask_once(&w.loop, w.url, rows[i].domain, is_slow ? SHORT_MS : LONG_MS);
        if (outcome != rows[i].outcome)
            fail_msg("%s: %s (%s)", rows[i].domain, status_outcome_text(outcome),
                     r.reply[0].detail);
        assert_int_equal(w.me.requests, before + 2); /* the file, and once the server */
        assert_false(r.reply[0].is_free);
    }
    unsetenv("http_proxy");
    pack_up();
}

/* A name can't leave its place in the URL. */
static void odd_names(void **state)
{
    char domain[DOMAIN_SIZE + 1];
    (void)state;
    set_out(COM_HERE);
    assert_int_equal(ask_once(&w.loop, w.url, "../x?y#z%41 \r\nA.com", LONG_MS),
                     STATUS_ANSWERED);
    assert_non_null(strstr(
        w.me.head, "GET /com/domain/..%2Fx%3Fy%23z%2541%20%0D%0AA.com HTTP/1.1\r\n"));
    open_rdap(&w.loop, w.url, 1, LONG_MS);
    memset(domain, '*', sizeof domain - 1);
    domain[sizeof domain - 1] = '\0';
    assert_int_equal(rdap_ask(r.rdap, 0, domain), ST_INVALID);
    assert_int_equal(rdap_ask(r.rdap, 0, ""), ST_INVALID);
    domain[DOMAIN_MAX] = '\0';
    memcpy(domain + DOMAIN_MAX - 4, ".com", 4);
    ask(0, domain);
    assert_int_equal(rdap_ask(r.rdap, 1, "full.com"), ST_FULL);
    wait_for(&w.loop, 1);
    assert_int_equal(r.reply[0].outcome, STATUS_ANSWERED);
    assert_non_null(strstr(w.me.head, "/com/domain/%2A%2A"));
    close_rdap(&w.loop);
    pack_up();
}

/* The bootstrap file -------------------------------------------------------------- */

static void a_file_that_cannot_be_had(void **state)
{
    static const struct {
        const char *answer;
        enum rogue_then then;
        enum status_outcome outcome;
        const char *detail;
    } rows[] = {
        {HEAD("404 Not Found", "text/html") "\r\n", ROGUE_CLOSE, STATUS_CLIENT_ERROR,
         "bootstrap file: HTTP 404"},
        {HEAD("503 Later", "text/html") "Retry-After: 77\r\n\r\n", ROGUE_CLOSE,
         STATUS_SERVER_ERROR, "bootstrap file: HTTP 503"},
        {HEAD("304 Not Modified", "text/html") "\r\n", ROGUE_CLOSE, STATUS_SERVER_ERROR,
         "bootstrap file: HTTP 304"},
        {HEAD("204 No Content", "text/html") "\r\n", ROGUE_CLOSE, STATUS_MALFORMED, NULL},
        {HEAD("200 OK", "text/html") "\r\n<html>Welcome</html>", ROGUE_CLOSE,
         STATUS_MALFORMED, "bootstrap file: malformed input"},
        {HEAD("200 OK", "application/json") "\r\n{\"version\":\"1.0\",\"serv", ROGUE_CLOSE,
         STATUS_MALFORMED, NULL},
        {HEAD("200 OK", "application/json") "\r\n        ", ROGUE_ENDLESS, STATUS_MALFORMED,
         "bootstrap file: a body of more than 393216 bytes"},
        {HEAD("302 Found", "text/html") "Location: http://example.com/dns.json\r\n\r\n",
         ROGUE_CLOSE, STATUS_SERVER_ERROR, "bootstrap file: HTTP 302"},
        {HEAD("302 Found", "text/html") "Location: file:///etc/passwd\r\n\r\n", ROGUE_CLOSE,
         STATUS_SERVER_ERROR, NULL},
        {HEAD("302 Found", "text/html") "\r\n", ROGUE_CLOSE, STATUS_SERVER_ERROR, NULL},
        {"", ROGUE_CLOSE, STATUS_UNREACHABLE, NULL},
    };
    (void)state;
    set_out(COM_HERE);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned before = w.me.requests;
        w.rows[0].answer = rows[i].answer;
        w.rows[0].then = rows[i].then;
        open_rdap(&w.loop, w.url, 4, LONG_MS);
        ask(0, "a.com");
        ask(1, "b.org");
        wait_for(&w.loop, 2);
        ask(2, "c.com"); /* it isn't tried again so soon */
        wait_for(&w.loop, 3);
        for (size_t k = 0; k < 3; k++) {
            if (r.reply[k].outcome != rows[i].outcome)
                fail_msg("%s: %s (%s)", rows[i].answer,
                         status_outcome_text(r.reply[k].outcome), r.reply[k].detail);
            if (rows[i].detail != NULL)
                assert_string_equal(r.reply[k].detail, rows[i].detail);
            assert_int_equal(r.reply[k].http, 0);
            assert_in_range(r.reply[k].retry_after_s, 1, 77);
        }
        assert_int_equal(w.me.requests, before + 1);
        close_rdap(&w.loop);
    }
    pack_up();
}

static void a_file_that_does_not_come(void **state)
{
    (void)state;
    set_out(COM_HERE);
    w.rows[0].answer = "";
    w.rows[0].then = ROGUE_KEEP;
    open_rdap(&w.loop, w.url, 4, SHORT_MS);
    for (uint32_t i = 0; i < 4; i++)
        ask(i, "a.com");
    wait_for(&w.loop, 4);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(r.reply[i].outcome, STATUS_TIMEOUT);
        assert_string_equal(r.reply[i].detail, "waited for the bootstrap file");
    }
    assert_int_equal(w.me.requests, 1);
    close_rdap(&w.loop);
    pack_up();
}

static void a_file_that_has_moved(void **state)
{
    (void)state;
    set_out(COM_HERE);
    w.rows[0].path = "/moved.json";
    serve("/dns.json", HEAD("301 Moved", "text/html") "Location: /moved.json\r\n\r\n",
          ROGUE_CLOSE);
    serve("/round/dns.json",
          HEAD("302 Found", "text/html") "Location: /round/dns.json\r\n\r\n", ROGUE_CLOSE);
    assert_int_equal(ask_once(&w.loop, w.url, "a.com", LONG_MS), STATUS_ANSWERED);
    assert_int_equal(w.me.requests, 3);
    snprintf(w.url, sizeof w.url, "http://127.0.0.1:%u/round/dns.json",
             (unsigned)w.me.port);
    assert_int_equal(ask_once(&w.loop, w.url, "a.com", LONG_MS), STATUS_SERVER_ERROR);
    assert_int_equal(w.me.requests, 3 + 4);
    pack_up();
}

static void one_fetch_for_all(void **state)
{
    (void)state;
    set_out(COM_HERE "," NET_THERE);
    open_rdap(&w.loop, w.url, 8, LONG_MS);
    for (uint32_t i = 0; i < 8; i++)
        ask(i, i % 2 == 0 ? "a.com" : "a.net");
    wait_for(&w.loop, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(r.seen[i], 1);
        assert_true(r.reply[i].is_free);
    }
    assert_int_equal(w.me.served[0], 1);
    assert_int_equal(w.me.requests, 1 + 4);
    assert_int_equal(w.there.requests, 4);
    close_rdap(&w.loop);
    pack_up();
}

static struct {
    struct rdap_directory *directory;
    unsigned changes, wanted;
    bool closed;
} d;

static void on_change(void *arg)
{
    (void)arg;
    d.changes++;
}

static bool has_changed(void *arg)
{
    (void)arg;
    return d.changes >= d.wanted;
}

static void wait_for_change(uv_loop_t *loop, unsigned n)
{
    d.wanted = n;
    run_until(loop, has_changed, NULL, WAIT_MS);
}

/* Days pass in what the directory is told, not on the clock. */
static struct mono_ms days_from_now(const uv_loop_t *loop, uint64_t days)
{
    return (struct mono_ms){uv_now(loop) + days * (uint64_t)DAY_MS};
}

static void the_file_is_renewed(void **state)
{
    uv_loop_t loop;
    char url[128], log[2048];
    struct rdap_bases bases;
    uint32_t wait_s;
    size_t lines = 1;
    (void)state;
    uv_loop_init(&loop);
    nginx_url(url);
    memset(&d, 0, sizeof d);
    server_read_log(folder, "fetched", lines, log,
                    sizeof log); /* by the tests before this one */
    assert_int_equal(rdap_directory_new(&loop, url, on_change, NULL, &d.directory), ST_OK);
    assert_null(rdap_directory_table(d.directory, days_from_now(&loop, 0)));
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 0)),
                     DIRECTORY_PENDING);
    wait_for_change(&loop, 1);
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 0)),
                     DIRECTORY_READY);

    /* two days later: the old one counts while the new one is fetched, which is the same */
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 2)),
                     DIRECTORY_READY);
    wait_for_change(&loop, 2);
    server_read_log(folder, "fetched", lines + 2, log, sizeof log);
    assert_non_null(strstr(log, "HTTP/2.0 304 /dns.json"));
    assert_true(rdap_bootstrap_find(
        rdap_directory_table(d.directory, days_from_now(&loop, 0)), "a.com", &bases));

    /* it has changed */
    file_write(folder, "dns.json",
               "{\"version\":\"1.0\",\"services\":[[[\"com\",\"net\",\"museum\"],[\"https:"
               "//localhost:%u/com/\"]]]}",
               (unsigned)nginx.port);
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 2)),
                     DIRECTORY_READY);
    wait_for_change(&loop, 3);
    assert_int_equal(
        rdap_bootstrap_suffixes(rdap_directory_table(d.directory, days_from_now(&loop, 0))),
        3);

    /* it can't be had: what is kept counts, for a week */
    uint16_t port = nginx.port;
    server_stop(&nginx);
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 2)),
                     DIRECTORY_READY);
    wait_for_change(&loop, 4);
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 0)),
                     DIRECTORY_READY);
    assert_non_null(rdap_directory_table(d.directory, days_from_now(&loop, 6)));
    assert_null(rdap_directory_table(d.directory, days_from_now(&loop, 7)));
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 8)),
                     DIRECTORY_PENDING);
    wait_for_change(&loop, 5);
    assert_string_equal(
        status_outcome_text(
            rdap_directory_fault(d.directory, days_from_now(&loop, 0), &wait_s)->outcome),
        "unreachable");
    assert_in_range(wait_s, 11, 20); /* the second failure in a row */
    server_start_nginx(&nginx, folder, port);
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 8)),
                     DIRECTORY_PENDING);
    wait_for_change(&loop, 6);
    assert_int_equal(rdap_directory_look(d.directory, days_from_now(&loop, 1)),
                     DIRECTORY_READY);
    rdap_directory_close(d.directory, on_closed, &d.closed);
    run_out(&loop, WAIT_MS);
    assert_true(d.closed);
}

static void how_long_the_file_is_fresh(void **state)
{
    static const struct {
        const char *headers;
        uint32_t hours; /* until it is fetched again */
    } rows[] = {
        {"", 24},
        {"Cache-Control: max-age=7200\r\n", 2},
        {"cache-control: public,Max-Age=7200 , must-revalidate\r\n", 2},
        {"Cache-Control: max-age=60\r\n", 1},
        {"Cache-Control: max-age=999999999999999999999\r\n", 24},
        {"Cache-Control: max-age=-7200\r\n", 24},
        {"Cache-Control: max-age=soon\r\n", 24},
        {"Cache-Control: max-age=\r\n", 24},
        {"Cache-Control: no-cache, max-age=7200\r\n", 24},
        {"Cache-Control: max-age=7200, no-store\r\n", 24},
        {"Cache-Control: ,,  ,\r\n", 24},
        {"Date: Wed, 25 Nov 2026 06:00:00 GMT\r\n"
         "Expires: Wed, 25 Nov 2026 09:00:00 GMT\r\n",
         3},
        {"Date: Wed, 25 Nov 2026 06:00:00 GMT\r\n"
         "Expires: Wed, 25 Nov 2026 05:00:00 GMT\r\n",
         24},
        {"Date: Wed, 25 Nov 2026 06:00:00 GMT\r\nExpires: 0\r\n", 24},
        {"Expires: Wed, 25 Nov 2099 09:00:00 GMT\r\n", 24},
        {"Date: Wed, 25 Nov 2026 06:00:00 GMT\r\nCache-Control: max-age=7200\r\n"
         "Expires: Wed, 25 Nov 2026 09:00:00 GMT\r\n",
         2},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint32_t wait_s = 0;
        char answer[TEXT_SIZE];
        set_out(COM_HERE);
        snprintf(answer, sizeof answer, "HTTP/1.1 200 OK\r\nConnection: close\r\n%s\r\n%s",
                 rows[i].headers, strchr(w.file, '{'));
        w.rows[0].answer = answer;
        memset(&d, 0, sizeof d);
        assert_int_equal(rdap_directory_new(&w.loop, w.url, on_change, NULL, &d.directory),
                         ST_OK);
        assert_int_equal(rdap_directory_look(d.directory, days_from_now(&w.loop, 0)),
                         DIRECTORY_PENDING);
        wait_for_change(&w.loop, 1);
        assert_int_equal(rdap_directory_look(d.directory, days_from_now(&w.loop, 0)),
                         DIRECTORY_READY);
        rdap_directory_fault(d.directory, days_from_now(&w.loop, 0), &wait_s);
        if ((wait_s + 1800) / 3600 != rows[i].hours)
            fail_msg("%s: %u s", rows[i].headers, (unsigned)wait_s);
        rdap_directory_close(d.directory, on_closed, &d.closed);
        pack_up();
        assert_true(d.closed);
    }
}

/* Redirects ----------------------------------------------------------------------- */

static void redirects(void **state)
{
    static const struct {
        const char *domain, *location; /* %1$u: our port, %2$u: the other's */
        bool is_listed;                /* the other server is, for the suffix */
        enum status_outcome outcome;
        int http;
        unsigned here, there; /* requests */
    } rows[] = {
        /* 404 counts from a server that the file lists for the suffix, from no other */
        {"gone.com", "http://127.0.0.1:%2$u/x/domain/gone.com", true, STATUS_ANSWERED, 404,
         1, 1},
        {"gone.com", "http://127.0.0.1:%2$u/x/domain/gone.com", false, STATUS_CLIENT_ERROR,
         404, 1, 1},
        /* that there is one counts from whoever the registry points to */
        {"known.com", "http://127.0.0.1:%2$u/x/domain/known.com", false, STATUS_ANSWERED,
         200, 1, 1},
        {"gone.com", "/elsewhere/domain/gone.com", false, STATUS_ANSWERED, 404, 2, 0},
        {"gone.com", "//127.0.0.1:%1$u/elsewhere/gone.com?q=1", false, STATUS_ANSWERED, 404,
         2, 0},
        /* where it may not lead */
        {"gone.com", "/com/domain/gone.com", true, STATUS_SERVER_ERROR, 302, 4, 0},
        {"gone.com", "http://example.com/domain/gone.com", true, STATUS_SERVER_ERROR, 302,
         1, 0},
        {"gone.com", "http://user:word@127.0.0.1:%2$u/x/", true, STATUS_SERVER_ERROR, 302,
         1, 0},
        {"gone.com", "ftp://127.0.0.1:%2$u/x/", true, STATUS_SERVER_ERROR, 302, 1, 0},
        {"gone.com", "file:///etc/passwd", true, STATUS_SERVER_ERROR, 302, 1, 0},
        {"gone.com", "http://127.0.0.1:%2$u.example/", true, STATUS_SERVER_ERROR, 302, 1,
         0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char location[200];
        set_out(rows[i].is_listed
                    ? "[[\"com\"],[\"http://127.0.0.1:%1$u/com/\",\"http://127.0.0.1:%2$u/"
                      "y/\"]]"
                    : COM_HERE "," NET_THERE);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(location, sizeof location, rows[i].location, (unsigned)w.me.port,
                 (unsigned)w.there.port);
#pragma GCC diagnostic pop
        snprintf(w.location, sizeof w.location,
                 HEAD("302 Found", "text/html") "Location: %s\r\n\r\n", location);
        serve("/com/domain/", w.location, ROGUE_CLOSE);
        enum status_outcome outcome = ask_once(&w.loop, w.url, rows[i].domain, LONG_MS);
        if (outcome != rows[i].outcome || r.reply[0].http != rows[i].http)
            fail_msg("%s: %s %d (%s)", location, status_outcome_text(outcome),
                     r.reply[0].http, r.reply[0].detail);
        assert_int_equal(r.reply[0].is_free,
                         outcome == STATUS_ANSWERED && rows[i].http == 404);
        assert_int_equal(w.me.requests, 1 + rows[i].here);
        assert_int_equal(w.there.requests, rows[i].there);
        pack_up();
    }
}

/* From https it doesn't lead to http, not even on this machine. */
static void no_redirect_out_of_tls(void **state)
{
    uv_loop_t loop;
    char url[128];
    struct rogue rogue;
    (void)state;
    uv_loop_init(&loop);
    rogue_start(&loop, &rogue, everything_is_free);
    uint16_t port = nginx.port;
    server_stop(&nginx);
    file_write(folder, "locations",
               "location /com/ { return 302 http://127.0.0.1:%u/x/domain/a.com; }\n",
               (unsigned)rogue.port);
    server_start_nginx(&nginx, folder, port);
    nginx_url(url);
    assert_int_equal(ask_once(&loop, url, "a.com", LONG_MS), STATUS_SERVER_ERROR);
    assert_string_equal(r.reply[0].detail, "HTTP 302, a redirect out of TLS");
    assert_int_equal(rogue.requests, 0);
    server_stop(&nginx);
    write_locations();
    server_start_nginx(&nginx, folder, port);
    rogue_stop(&rogue);
    run_out(&loop, WAIT_MS);
}

static void the_next_server_when_the_first_is_gone(void **state)
{
    (void)state;
    set_out("[[\"com\"],[\"http://127.0.0.1:1/a/\",\"http://127.0.0.1:%2$u/x/\"]],"
            "[[\"net\"],[\"http://127.0.0.1:1/a/\",\"http://127.0.0.1:1/b/\"]]");
    assert_int_equal(ask_once(&w.loop, w.url, "gone.com", LONG_MS), STATUS_ANSWERED);
    assert_true(r.reply[0].is_free);
    assert_int_equal(w.there.requests, 1);
    assert_int_equal(ask_once(&w.loop, w.url, "gone.net", LONG_MS), STATUS_UNREACHABLE);
    pack_up();
}

/* Courtesy ------------------------------------------------------------------------ */

/* A server is forgotten for another one only when there is nothing to remember of it. */
static void more_servers_than_are_remembered(void **state)
{
    struct rdap_servers servers = {.n = 0};
    struct mono_ms now = {1000};
    char site[32];
    (void)state;
    for (unsigned i = 0; i < RDAP_SERVERS_MAX; i++) {
        snprintf(site, sizeof site, "h%u:443", i);
        struct rdap_server *server = rdap_servers_get(&servers, site, now);
        assert_non_null(server);
        courtesy_begin(&server->courtesy, now);
        assert_ptr_equal(rdap_servers_get(&servers, site, now), server);
    }
    now.v += 100 * COURTESY_GAP_MS;
    assert_null(rdap_servers_get(&servers, "new:443", now));
    struct rdap_server *paused = rdap_servers_get(&servers, "h3:443", now);
    courtesy_end(&paused->courtesy, STATUS_THROTTLED, 5, now);
    assert_null(rdap_servers_get(&servers, "new:443", now));
    now.v += 5000;
    struct rdap_server *server = rdap_servers_get(&servers, "new:443", now);
    assert_ptr_equal(server, paused);
    assert_string_equal(server->site, "new:443");
    assert_int_equal(courtesy_wait(&server->courtesy, now), 0);
    assert_int_equal(servers.n, RDAP_SERVERS_MAX);
    rdap_servers_free(&servers);
}

static void a_server_that_wants_a_pause(void **state)
{
    (void)state;
    set_out(COM_HERE "," NET_THERE);
    serve("/com/domain/", HEAD("429 Slow down", "text/html") "Retry-After: 60\r\n\r\n",
          ROGUE_CLOSE);
    open_rdap(&w.loop, w.url, 8, LONG_MS);
    ask(0, "a.com");
    wait_for(&w.loop, 1);
    assert_int_equal(r.reply[0].outcome, STATUS_THROTTLED);
    assert_int_equal(r.reply[0].http, 429);
    assert_int_equal(r.reply[0].retry_after_s, 60);
    ask(1, "b.com"); /* can't wait that long */
    ask(2, "b.net"); /* another server's */
    wait_for(&w.loop, 3);
    assert_int_equal(r.reply[1].outcome, STATUS_THROTTLED);
    assert_int_equal(r.reply[1].http, 0);
    assert_in_range(r.reply[1].retry_after_s, 30, 60);
    assert_true(r.reply[2].is_free);
    assert_int_equal(w.me.requests, 2);
    close_rdap(&w.loop);
    pack_up();
}

static void a_pause_that_can_be_waited_for(void **state)
{
    (void)state;
    set_out(COM_HERE "," NET_THERE);
    serve("/com/domain/", HEAD("503 Later", "text/html") "Retry-After: 1\r\n\r\n",
          ROGUE_CLOSE);
    w.rows[w.n - 1].times = 1;
    open_rdap(&w.loop, w.url, 8, LONG_MS);
    ask(0, "a.com");
    wait_for(&w.loop, 1);
    assert_int_equal(r.reply[0].outcome, STATUS_SERVER_ERROR);
    assert_int_equal(r.reply[0].retry_after_s, 1);
    ask(1, "b.com");
    ask(2, "b.net");
    wait_for(&w.loop, 3);
    assert_int_equal(r.order[1], 2); /* others don't wait for it */
    assert_true(r.reply[1].is_free && r.reply[2].is_free);
    close_rdap(&w.loop);
    pack_up();
}

static bool has_two(void *arg)
{
    (void)arg;
    return w.me.requests >= 1 + 2;
}

static bool never(void *ticks)
{
    return ++*(unsigned *)ticks > 50; /* each is a turn of the loop, of 20 ms at most */
}

static void two_at_once_and_no_more(void **state)
{
    unsigned ticks = 0;
    (void)state;
    set_out(COM_HERE "," NET_THERE);
    serve("/com/domain/", "", ROGUE_KEEP);
    open_rdap(&w.loop, w.url, 16, LONG_MS);
    for (uint32_t i = 0; i < 8; i++)
        ask(i, "a.com");
    ask(8, "a.net");
    run_until(&w.loop, has_two, NULL, WAIT_MS);
    run_until(&w.loop, never, &ticks, WAIT_MS);
    assert_int_equal(w.me.requests, 1 + 2);
    assert_int_equal(r.n, 1);
    assert_int_equal(r.order[0], 8);
    close_rdap(&w.loop);
    assert_int_equal(r.n, 9);
    pack_up();
}

static void waiting_for_a_turn_runs_out(void **state)
{
    uint32_t late = 0;
    (void)state;
    set_out(COM_HERE);
    serve("/com/domain/", "", ROGUE_KEEP);
    open_rdap(&w.loop, w.url, 8, SHORT_MS);
    for (uint32_t i = 0; i < 8; i++)
        ask(i, "a.com");
    wait_for(&w.loop, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(r.reply[i].outcome, STATUS_TIMEOUT);
        late += strstr(r.reply[i].detail, "waited for its turn at 127.0.0.1:") != NULL;
    }
    assert_in_range(late, 5, 7);
    close_rdap(&w.loop);
    pack_up();
}

static void asking_from_inside_done(void **state)
{
    (void)state;
    set_out(COM_HERE);
    open_rdap(&w.loop, w.url, 1, LONG_MS);
    r.ask_again = 5;
    ask(0, "a.com");
    wait_for(&w.loop, 6);
    for (uint32_t i = 0; i < 6; i++)
        assert_true(r.reply[i].is_free);
    close_rdap(&w.loop);
    pack_up();
}

/* Closing ------------------------------------------------------------------------- */

static bool has_asked(void *requests)
{
    return w.me.requests >= *(unsigned *)requests;
}

/* 1: the file is awaited; 3: some questions are out, others wait for their turn. */
static void close_while_questions_are_out(void **state)
{
    (void)state;
    for (unsigned requests = 0; requests <= 3; requests++) {
        set_out(COM_HERE);
        if (requests == 1)
            w.rows[0] = (struct rogue_row){.path = "/dns.json", .answer = ""};
        serve("/com/domain/", "", ROGUE_KEEP);
        open_rdap(&w.loop, w.url, 8, LONG_MS);
        for (uint32_t i = 0; i < 8; i++)
            ask(i, "a.com");
        run_until(&w.loop, has_asked, &requests, WAIT_MS);
        rdap_close(r.rdap, on_closed, &r.closed);
        rdap_close(r.rdap, NULL, NULL); /* a second call changes nothing */
        assert_int_equal(rdap_ask(r.rdap, 9, "a.com"), ST_FULL);
        assert_int_equal(r.n, 0); /* not from inside the call */
        run_until(&w.loop, is_set, &r.closed, WAIT_MS);
        assert_int_equal(r.n, 8);
        for (uint32_t i = 0; i < 8; i++) {
            assert_int_equal(r.seen[i], 1);
            assert_int_equal(r.reply[i].outcome, STATUS_CANCELED);
        }
        pack_up();
    }
}

static void close_from_inside_done(void **state)
{
    static const char *const domains[] = {"a.com", "a.org"};
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(domains); k++) {
        set_out(COM_HERE);
        open_rdap(&w.loop, w.url, 8, LONG_MS);
        r.close_inside = true;
        for (uint32_t i = 0; i < 8; i++)
            ask(i, domains[k]);
        run_until(&w.loop, is_set, &r.closed, WAIT_MS);
        assert_int_equal(r.n, 8);
        for (uint32_t i = 0; i < 8; i++)
            assert_int_equal(r.seen[i], 1);
        pack_up();
    }
}

static void close_unused_and_null(void **state)
{
    uv_loop_t loop;
    bool closed = false;
    (void)state;
    uv_loop_init(&loop);
    open_rdap(&loop, "https://localhost/dns.json", 4, LONG_MS);
    rdap_close(r.rdap, on_closed, &r.closed);
    run_out(&loop, WAIT_MS);
    assert_true(r.closed);
    rdap_close(NULL, on_closed, &closed);
    assert_true(closed);
    rdap_close(NULL, NULL, NULL);
}

static void options_that_are_refused(void **state)
{
    static const char *const bad[] = {"http://example.com/dns.json",
                                      "ftp://127.0.0.1/dns.json",
                                      "file:///etc/passwd",
                                      "dns.json",
                                      "https://",
                                      "",
                                      "https://user@example.com/",
                                      "http://127.0.0.1.example/"};
    uv_loop_t loop;
    struct rdap *rdap = NULL;
    char error[200];
    (void)state;
    uv_loop_init(&loop);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct rdap_options o = {
            .bootstrap_url = bad[i], .timeout_ms = 1000, .concurrency = 1, .done = on_done};
        assert_int_equal(rdap_new(&loop, &o, &rdap, error, sizeof error), ST_INVALID);
        assert_null(rdap);
        assert_non_null(strstr(error, "rdap.bootstrap_url: "));
    }
    run_out(&loop, WAIT_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registrys_answers),
        cmocka_unit_test(the_file_is_renewed),
        cmocka_unit_test(certificates_are_verified),
        cmocka_unit_test(no_redirect_out_of_tls),
        cmocka_unit_test(every_kind_of_misbehaviour),
        cmocka_unit_test(odd_names),
        cmocka_unit_test(a_file_that_cannot_be_had),
        cmocka_unit_test(a_file_that_does_not_come),
        cmocka_unit_test(a_file_that_has_moved),
        cmocka_unit_test(one_fetch_for_all),
        cmocka_unit_test(how_long_the_file_is_fresh),
        cmocka_unit_test(redirects),
        cmocka_unit_test(the_next_server_when_the_first_is_gone),
        cmocka_unit_test(more_servers_than_are_remembered),
        cmocka_unit_test(a_server_that_wants_a_pause),
        cmocka_unit_test(a_pause_that_can_be_waited_for),
        cmocka_unit_test(two_at_once_and_no_more),
        cmocka_unit_test(waiting_for_a_turn_runs_out),
        cmocka_unit_test(asking_from_inside_done),
        cmocka_unit_test(close_while_questions_are_out),
        cmocka_unit_test(close_from_inside_done),
        cmocka_unit_test(close_unused_and_null),
        cmocka_unit_test(options_that_are_refused),
    };
    return cmocka_run_group_tests(tests, start_nginx, stop_nginx);
}
