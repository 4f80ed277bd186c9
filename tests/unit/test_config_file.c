/* The configuration file: its syntax, and where each mistake is said to be. */
#include "config_fixture.h"

struct row {
    const char *text, *error; /* NULL: it loads */
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct config *c;
        enum status st = fixture_text(rows[i].text, &c);
        if (rows[i].error != NULL) {
            assert_string_equal(fixture_error, rows[i].error);
            assert_int_equal(st, ST_INVALID);
        } else if (st != ST_OK) {
            fail_msg("%s: %s", rows[i].text, fixture_error);
        }
        config_free(c);
    }
}

static void test_syntax(void **state)
{
    (void)state;
    struct config *c;
    static const char text[] = "\xef\xbb\xbf# first\r\n"
                               "; second\r\n"
                               "\r\n"
                               "  [ nats ]  # comment\r\n"
                               "url=nats://a:1 , nats://b:2\r\n"
                               "password = \"  # \\\"x\\\\ \"  ; comment\r\n"
                               "\tuser\t=\tjane#1;2 # comment\r\n"
                               "creds =\r\n"
                               "ca = # nothing\r\n"
                               "cert = \"\"\r\n"
                               "[log]\r\n"
                               "level = debug\r\n"
                               "[nats]\r\n"
                               "key =";
    assert_int_equal(fixture_text(text, &c), ST_OK);
    assert_string_equal(c->nats.url, "nats://a:1,nats://b:2");
    assert_string_equal(c->nats.password, "  # \"x\\ ");
    assert_string_equal(c->nats.user, "jane#1;2");
    assert_null(c->nats.creds);
    assert_null(c->nats.ca);
    assert_null(c->nats.cert);
    assert_int_equal(c->log.level, LOG_DEBUG);
    config_free(c);
    assert_int_equal(fixture_text("", &c), ST_OK);
    config_free(c);
}

static void test_syntax_errors(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"url = nats://a\n", "t.conf:1: there is a key before the first [section]"},
        {"[nats\n", "t.conf:1: the section's ] is missing"},
        {"[nats] url = x\n", "t.conf:1: there is text behind the section"},
        {"[nats]\n\nsecret\n",
         "t.conf:3: the line is neither [section], key = value nor a comment"},
        {"[nats]\n = x\n", "t.conf:2: there is no key before the ="},
        {"[log]\nlevel = \"info\n", "t.conf:2: log.level: the closing quote is missing"},
        {"[log]\nlevel = \"info\\",
         "t.conf:2: log.level: a backslash in quotes may only stand before \" and \\"},
        {"[log]\nlevel = \"in\\fo\"\n",
         "t.conf:2: log.level: a backslash in quotes may only stand before \" and \\"},
        {"[log]\nlevel = \"info\" x\n",
         "t.conf:2: log.level: there is text behind the closing quote"},
        {"[log]\nlevel =\n",
         "t.conf:2: log.level: the value is empty, allowed: debug, info, warn, error"},
        {"[log]\nlevel = info\n\n[dns]\ntries = 2\n[log]\nlevel = warn\n",
         "t.conf:7: log.level: is already set in line 2, allowed: once in a file"},
        {"[log]\nlevel = info\rx\n",
         "t.conf:2: log.level: the value holds a control character, allowed: debug, info, "
         "warn, error"},
        {"[nats]\npassword = \"s3cret\" s3cret\n",
         "t.conf:2: nats.password: there is text behind the closing quote"},
        {"[status]\nkey = two words\n",
         "t.conf:2: status.key: the value holds a blank or a character outside ASCII, "
         "allowed: visible ASCII characters"},
    };
    check(rows, ARRAY_LEN(rows));
    struct config *c = NULL;
    static const char nul[] = "[log]\nlevel = in\0fo\n";
    assert_int_equal(config_load_text("t.conf", nul, sizeof nul - 1, &c, fixture_error),
                     ST_INVALID);
    assert_string_equal(fixture_error, "t.conf:2: the line holds a NUL byte");
}

static void test_unknown_names(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[log]\nlevle = info\n",
         "t.conf:2: log.levle: no such option, did you mean log.level?"},
        {"[dns]\ntimeout = 5\n",
         "t.conf:2: dns.timeout: no such option, did you mean dns.timeout_ms?"},
        {"[dns]\ndry_run = on\n",
         "t.conf:2: dns.dry_run: no such option, did you mean policy.dry_run?"},
        {"[events]\nfield.emial = x\n",
         "t.conf:2: events.field.emial: no such option, did you mean "
         "events.field.email?"},
        {"[log]\nnothing_like_it = 1\n",
         "t.conf:2: log.nothing_like_it: no such option; --print-config lists all"},
        {"[log]\nlog.level = 1\n",
         "t.conf:2: log.log.level: no such option; --print-config lists all"},
        {"[polcy]\n", "t.conf:1: there is no section \"polcy\", did you mean [policy]?"},
        {"[]\n",
         "t.conf:1: there is no section \"\", allowed: nats, store, shard, events, dns, "
         "status, rdap, policy, publish, http, log"},
        {"[something else]\n",
         "t.conf:1: there is no section \"something else\", allowed: nats, store, shard, "
         "events, dns, status, rdap, policy, publish, http, log"},
    };
    check(rows, ARRAY_LEN(rows));
    char text[600] = "[log]\n";
    memset(text + 6, 'k', 500);
    memcpy(text + 506, "=1\n", 4);
    struct config *c;
    assert_int_equal(fixture_text(text, &c), ST_INVALID);
    assert_string_equal(
        fixture_error, "t.conf:2: log.kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk...: "
                       "no such option; --print-config lists all");
}

static void test_unreadable_files(void **state)
{
    (void)state;
    char line[400];
    fixture_bad(&(struct fixture){.file = "/nonexistent/u.conf"},
                "/nonexistent/u.conf: cannot be read: No such file or directory");
    snprintf(line, sizeof line, "%s: cannot be read: Is a directory", fixture_dir);
    fixture_bad(&(struct fixture){.file = fixture_dir}, line);
    fixture_bad(&(struct fixture){.file = "/dev/zero"},
                "/dev/zero: is too long, allowed: up to 1 MiB");
}

/* A line break or escape in a name from outside must not break the one line. */
static void test_errors_stay_one_line(void **state)
{
    (void)state;
    struct config *c;
    assert_int_equal(config_load_text("a\nb", "x\n", 2, &c, fixture_error), ST_INVALID);
    assert_string_equal(fixture_error,
                        "a?b:1: the line is neither [section], key = value nor a comment");
    assert_int_equal(fixture_text("[log]\nlevel = \x1b[2J\n", &c), ST_INVALID);
    assert_null(strchr(fixture_error, '\x1b'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_syntax_errors),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test_setup_teardown(test_unreadable_files, fixture_make_dir,
                                        fixture_remove_dir),
        cmocka_unit_test(test_errors_stay_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
