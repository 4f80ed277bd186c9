/* The bootstrap file: who answers for what, and what is left out of it. */
#include "unit.h"

#include "base/must.h"
#include "proto/rdap_bootstrap.h"

static struct rdap_bootstrap *table;

static enum status parse(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    rdap_bootstrap_free(table);
    table = NULL;
    enum status st = rdap_bootstrap_parse(copy, len, &table);
    free(copy);
    assert_true((st == ST_OK) == (table != NULL));
    return st;
}

/* The base URLs, ',' between them; "" when there are none. */
static const char *bases(const char *domain)
{
    static char out[2048];
    struct rdap_bases found;
    out[0] = '\0';
    if (!rdap_bootstrap_find(table, domain, &found))
        return out;
    assert_in_range(found.n, 1, RDAP_BASES_MAX);
    for (size_t i = 0; i < found.n; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s", i > 0 ? "," : "",
                 found.at[i]);
    return out;
}

#define FILE_OF(services)                                                                  \
    "{\"version\":\"1.0\",\"publication\":\"2026-01-01T00:00:00Z\",\"services\":"          \
    "[" services "]}"

static void the_longest_suffix(void **state)
{
    (void)state;
    assert_int_equal(parse(FILE_OF("[[\"com\",\"NET\"],[\"https://one.example/v1/\"]],"
                                   "[[\"uk\"],[\"https://uk.example/\"]],"
                                   "[[\"ac.uk\",\"xn--p1ai\"],[\"https://two.example\","
                                   "\"https://three.example:8443/a/b\"]]")),
                     ST_OK);
    assert_int_equal(rdap_bootstrap_suffixes(table), 5);
    assert_string_equal(bases("example.com"), "https://one.example/v1/");
    assert_string_equal(bases("a.b.example.net"), "https://one.example/v1/");
    assert_string_equal(bases("com"), "https://one.example/v1/");
    assert_string_equal(bases("example.uk"), "https://uk.example/");
    assert_string_equal(bases("example.co.uk"), "https://uk.example/");
    assert_string_equal(bases("example.ac.uk"),
                        "https://two.example/,https://three.example:8443/a/b/");
    assert_string_equal(bases("ac.uk"),
                        "https://two.example/,https://three.example:8443/a/b/");
    assert_string_equal(bases("example.fac.uk"), "https://uk.example/");
    assert_string_equal(bases("example.xn--p1ai"),
                        "https://two.example/,https://three.example:8443/a/b/");
    assert_string_equal(bases("example.org"), "");
    assert_string_equal(bases("telecom"), "");
    assert_string_equal(bases("example.com.org"), "");
    assert_string_equal(bases(""), "");
    assert_string_equal(bases("..."), "");
}

static void addresses_that_are_left_out(void **state)
{
    static const char *const bad[] = {
        "http://rdap.example/",
        "http://127.0.0.1.example/",
        "http://127.evil/",
        "http://localhost.example/",
        "http://[::2]/",
        "http://[::1",
        "http://",
        "HTTP://rdap.example/",
        "ftp://rdap.example/",
        "file:///etc/passwd",
        "//rdap.example/",
        "rdap.example",
        "https://",
        "https:///path",
        "https://:443/",
        "https://user@rdap.example/",
        "https://user:word@rdap.example/",
        "https://rdap.example/?q=",
        "https://rdap.example/#part",
        "https://rdap.example/a b",
        "https://rdap.example/\\r\\nX: y",
        "https://rdap\\u007f.example/",
        "https://rd\xC3\xA4p.example/",
        "",
    };
    static const char *const good[] = {
        "http://127.0.0.1:8080/rdap/", "http://127.9.9.9/", "http://localhost:1/",
        "http://[::1]:8080/",          "http://LOCALHOST/", "HTTPS://Rdap.Example/",
        "https://[2001:db8::1]/",
    };
    char text[600];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad) + ARRAY_LEN(good); i++) {
        const char *url = i < ARRAY_LEN(bad) ? bad[i] : good[i - ARRAY_LEN(bad)];
        snprintf(text, sizeof text,
                 FILE_OF("[[\"com\"],[\"%s\"]],[[\"net\"],[\"https://n.example/\"]]"), url);
        assert_int_equal(parse(text), ST_OK);
        if (strcmp(bases("example.com"), i < ARRAY_LEN(bad) ? "" : url) != 0)
            fail_msg("`%s`: `%s`", url, bases("example.com"));
        assert_string_equal(bases("example.net"), "https://n.example/");
        /* beside one that will do it is not missed */
        snprintf(text, sizeof text, FILE_OF("[[\"com\"],[\"%s\",\"https://c.example/\"]]"),
                 url);
        assert_int_equal(parse(text), ST_OK);
        if (i < ARRAY_LEN(bad))
            assert_string_equal(bases("example.com"), "https://c.example/");
    }
}

static void length_of_an_address(void **state)
{
    char text[600];
    (void)state;
    for (int len = RDAP_BASE_MAX - 2; len <= RDAP_BASE_MAX + 1; len++) {
        char url[RDAP_BASE_MAX + 2];
        memset(url, 'p', sizeof url);
        memcpy(url, "https://h.example/", 18);
        url[len] = '\0';
        snprintf(text, sizeof text,
                 FILE_OF("[[\"com\"],[\"%s\"]],[[\"net\"],[\"https://n.example/\"]]"), url);
        assert_int_equal(parse(text), ST_OK);
        assert_int_equal(strlen(bases("example.com")), len < RDAP_BASE_MAX ? len + 1 : 0);
    }
}

static void suffixes_that_are_left_out(void **state)
{
    static const char *const bad[] = {
        "\"\"",          "\".\"",   "\".com\"",  "\"com.\"",
        "\"co..uk\"",    "\"c m\"", "\"com/x\"", "7",
        "\"c\\u0000m\"", "null",    "[\"com\"]", "\"\xD1\x80\xD1\x84\"",
    };
    char text[600];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        snprintf(text, sizeof text,
                 FILE_OF("[[%s],[\"https://c.example/\"]],[[\"net\"],[\"https://n.example/"
                         "\"]]"),
                 bad[i]);
        enum status st = parse(text);
        if (strstr(bad[i], "u0000") != NULL) { /* no text of JSON as we read it */
            assert_int_equal(st, ST_MALFORMED);
            continue;
        }
        assert_int_equal(st, ST_OK);
        assert_int_equal(rdap_bootstrap_suffixes(table), 1);
        assert_string_equal(bases("example.com"), "");
        assert_string_equal(bases(""), "");
    }
}

/* A root entry would make its server responsible for every name there is. */
static void a_suffix_listed_twice_has_no_server(void **state)
{
    (void)state;
    assert_int_equal(parse(FILE_OF("[[\"com\"],[\"https://one.example/\"]],"
                                   "[[\"net\",\"Com\"],[\"https://two.example/\"]],"
                                   "[[\"com\"],[\"https://one.example/\"]]")),
                     ST_OK);
    assert_string_equal(bases("example.com"), "");
    assert_string_equal(bases("example.net"), "https://two.example/");
}

static void more_addresses_than_are_kept(void **state)
{
    struct rdap_bases found;
    (void)state;
    assert_int_equal(parse(FILE_OF("[[\"com\"],[\"https://1.example/\",\"https://"
                                   "2.example/\",\"https://3.example/\",\"https://"
                                   "4.example/\",\"https://5.example/\"]]")),
                     ST_OK);
    assert_true(rdap_bootstrap_find(table, "example.com", &found));
    assert_int_equal(found.n, RDAP_BASES_MAX);
    assert_string_equal(found.at[3], "https://4.example/");
}

static void not_the_shape(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "null",
        "<html>Welcome</html>",
        "{\"version\":\"1.0\"}",
        "{\"version\":\"1.0\",\"services\":[]}",
        "{\"version\":\"1.0\",\"services\":{}}",
        "{\"version\":\"2.0\",\"services\":[[[\"com\"],[\"https://a.example/\"]]]}",
        "{\"version\":1.0,\"services\":[[[\"com\"],[\"https://a.example/\"]]]}",
        "{\"services\":[[[\"com\"],[\"https://a.example/\"]]]}",
        "{\"version\":\"1.0\",\"services\":[],\"services\":[[[\"com\"],[\"https://"
        "a.example/\"]]]}",
        FILE_OF("[\"com\",\"https://a.example/\"]"),
        FILE_OF("[[\"com\"]]"),
        FILE_OF("[[\"com\"],\"https://a.example/\"]"),
        FILE_OF("[\"com\",[\"https://a.example/\"]]"),
        FILE_OF("7"),
        FILE_OF("null"),
        FILE_OF("[[\"com\"],[]]"),
        FILE_OF("[[],[\"https://a.example/\"]]"),
        FILE_OF("[[\"com\"],[\"http://a.example/\"]]"), /* nothing of use */
        FILE_OF("[[\"com\"],[\"https://a.example/\"]],[[\"net\"]]"),
        FILE_OF("[[\"com\"],[\"https://a.example/\"]]") "x",
        FILE_OF("[[\"com\"],[\"https://a.example/\xFF\"]]"),
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (parse(texts[i]) != ST_MALFORMED)
            fail_msg("%s was taken", texts[i]);
    }
}

static void cut_at_each_length(void **state)
{
    static const char text[] = FILE_OF("[[\"com\"],[\"https://a.example/\"]]");
    (void)state;
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char cut[sizeof text];
        memcpy(cut, text, len);
        cut[len] = '\0';
        assert_int_equal(parse(cut), ST_MALFORMED);
    }
}

/* `n` suffixes of one server. */
static char *file_of_many(size_t n)
{
    size_t size = 200 + n * 12, at;
    char *text = malloc(size);
    assert_non_null(text);
    at = (size_t)snprintf(text, size, "{\"version\":\"1.0\",\"services\":[[[");
    for (size_t i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, size - at, "%s\"s%zu\"", i > 0 ? "," : "",
                               (i * 7919) % n);
    snprintf(text + at, size - at, "],[\"https://a.example/\"]]]}");
    return text;
}

static void how_many_suffixes(void **state)
{
    (void)state;
    char *text = file_of_many(RDAP_SUFFIXES_MAX);
    assert_int_equal(parse(text), ST_OK);
    free(text);
    assert_int_equal(rdap_bootstrap_suffixes(table), RDAP_SUFFIXES_MAX);
    for (size_t i = 0; i < RDAP_SUFFIXES_MAX; i++) {
        char domain[32];
        snprintf(domain, sizeof domain, "example.s%zu", i);
        assert_string_equal(bases(domain), "https://a.example/");
    }
    text = file_of_many(RDAP_SUFFIXES_MAX + 1);
    assert_int_equal(parse(text), ST_FULL);
    free(text);
}

static int clean_up(void **state)
{
    (void)state;
    rdap_bootstrap_free(table);
    table = NULL;
    rdap_bootstrap_free(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_longest_suffix),
        cmocka_unit_test(addresses_that_are_left_out),
        cmocka_unit_test(length_of_an_address),
        cmocka_unit_test(suffixes_that_are_left_out),
        cmocka_unit_test(a_suffix_listed_twice_has_no_server),
        cmocka_unit_test(more_addresses_than_are_kept),
        cmocka_unit_test(not_the_shape),
        cmocka_unit_test(cut_at_each_length),
        cmocka_unit_test(how_many_suffixes),
    };
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
