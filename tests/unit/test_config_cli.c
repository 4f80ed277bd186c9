/* The command line. */
#include "config_fixture.h"

#include "cli.h"

#define ARGS_MAX 12

struct row {
    char *args[ARGS_MAX]; /* without the program's name; argv is not const in C */
    enum cli_command command;
    const char *file;
    const char *sets[4], *domains[4];
    bool reads_stdin;
};

static enum status parse(char *const *args, struct cli *out, char error[CLI_ERROR_SIZE])
{
    char *argv[ARGS_MAX + 2] = {"unverifyd"};
    int n = 1;
    for (; args[n - 1] != NULL; n++)
        argv[n] = args[n - 1];
    error[0] = '\0';
    return cli_parse(n, argv, out, error);
}

static void check_texts(const char *const *want, const char *const *got, size_t n)
{
    size_t wanted = 0;
    while (want[wanted] != NULL)
        wanted++;
    assert_int_equal(n, wanted);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(got[i], want[i]);
}

static void test_good(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {.args = {NULL}, .command = CLI_RUN},
        {.args = {"--config", "a"}, .command = CLI_RUN, .file = "a"},
        {.args = {"--config=a=b"}, .command = CLI_RUN, .file = "a=b"},
        {.args = {"--set", "x.y=1", "--set=x.z=2"},
         .command = CLI_RUN,
         .sets = {"x.y=1", "x.z=2"}},
        {.args = {"--set", "--help"}, .command = CLI_RUN, .sets = {"--help"}},
        {.args = {"--set="}, .command = CLI_RUN, .sets = {""}},
        {.args = {"--check-config"}, .command = CLI_CHECK_CONFIG},
        {.args = {"--check-config", "--print-config"}, .command = CLI_PRINT_CONFIG},
        {.args = {"--version"}, .command = CLI_VERSION},
        {.args = {"--version", "-h"}, .command = CLI_HELP},
        {.args = {"check", "--help"}, .command = CLI_HELP},
        {.args = {"decode"}, .command = CLI_DECODE},
        {.args = {"--config", "f", "decode"}, .command = CLI_DECODE, .file = "f"},
        {.args = {"check", "a.example"}, .command = CLI_CHECK, .domains = {"a.example"}},
        {.args = {"--set", "a.b=c", "check", "a.example", "--config", "f", "b.example"},
         .command = CLI_CHECK,
         .file = "f",
         .sets = {"a.b=c"},
         .domains = {"a.example", "b.example"}},
        {.args = {"check", "--", "--help", "-x"},
         .command = CLI_CHECK,
         .domains = {"--help", "-x"}},
        {.args = {"check", "--stdin"}, .command = CLI_CHECK, .reads_stdin = true},
        {.args = {"--stdin", "check"}, .command = CLI_CHECK, .reads_stdin = true},
        {.args = {"check", "--", "--stdin"}, .command = CLI_CHECK, .domains = {"--stdin"}},
        {.args = {"--", "check", "a"}, .command = CLI_CHECK, .domains = {"a"}},
        {.args = {"check", "check"}, .command = CLI_CHECK, .domains = {"check"}},
        {.args = {"--"}, .command = CLI_RUN},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cli cli;
        char error[CLI_ERROR_SIZE];
        assert_int_equal(parse(rows[i].args, &cli, error), ST_OK);
        assert_int_equal(cli.command, rows[i].command);
        if (rows[i].file != NULL)
            assert_string_equal(cli.file, rows[i].file);
        else
            assert_null(cli.file);
        check_texts(rows[i].sets, cli.sets, cli.n_sets);
        check_texts(rows[i].domains, cli.domains, cli.n_domains);
        assert_int_equal(cli.reads_stdin, rows[i].reads_stdin);
        cli_free(&cli);
        assert_null(cli.sets);
    }
    cli_free(NULL);
}

static void test_bad(void **state)
{
    (void)state;
    static const struct {
        char *args[ARGS_MAX];
        const char *error;
    } rows[] = {
        {{"--config"}, "--config needs a file"},
        {{"--config="}, "--config needs a file"},
        {{"--config", "a", "--config=b"}, "--config is given twice"},
        {{"--set"}, "--set needs SECTION.KEY=VALUE"},
        {{"--sets", "a"}, "unknown option \"--sets\""},
        {{"--status.key=s3cret"}, "unknown option \"--status.key\""},
        {{"--version=1"}, "unknown option \"--version\""},
        {{"-x"}, "unknown option \"-x\""},
        {{"--help", "--bogus"}, "unknown option \"--bogus\""},
        {{"start"}, "unknown command \"start\""},
        {{"-"}, "unknown command \"-\""},
        {{""}, "unknown command \"\""},
        {{"decode", "x"}, "decode takes no argument, but there is \"x\""},
        {{"check"}, "check needs at least one domain, or --stdin"},
        {{"check", "a", "--stdin"}, "check --stdin takes no domain, but there is \"a\""},
        {{"--stdin"}, "--stdin goes with check"},
        {{"decode", "--stdin"}, "--stdin goes with check"},
        {{"a\nb\x1b"}, "unknown command \"a?b?\""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cli cli;
        char error[CLI_ERROR_SIZE];
        char line[CLI_ERROR_SIZE];
        assert_int_equal(parse(rows[i].args, &cli, error), ST_INVALID);
        snprintf(line, sizeof line, "unverifyd: %s; --help says what is allowed",
                 rows[i].error);
        assert_string_equal(error, line);
    }
}

static void test_no_arguments_at_all(void **state)
{
    (void)state;
    struct cli cli;
    char error[CLI_ERROR_SIZE];
    char *argv[] = {NULL};
    assert_int_equal(cli_parse(0, argv, &cli, error), ST_OK);
    assert_int_equal(cli.command, CLI_RUN);
    cli_free(&cli);
}

/* What was read is what the configuration is loaded from. */
static void test_sources(void **state)
{
    (void)state;
    static char *const args[] = {"--config",    "/dev/null",         "--set",
                                 "dns.tries=2", "--set=dns.tries=9", NULL};
    struct cli cli;
    char error[CONFIG_ERROR_SIZE];
    char *env[] = {"UNVERIFYD_LOG_LEVEL=warn", NULL};
    struct config *c = NULL;
    assert_int_equal(parse(args, &cli, error), ST_OK);
    struct config_sources sources = cli_sources(&cli, env);
    assert_int_equal(config_load(&sources, &c, error), ST_OK);
    assert_int_equal(c->dns.tries, 9);
    assert_int_equal(c->log.level, LOG_WARN);
    config_free(c);
    cli_free(&cli);
}

static void test_help(void **state)
{
    (void)state;
    static const char *const wanted[] = {"Usage:",
                                         "Commands:",
                                         "Options:",
                                         "Environment",
                                         "Signals:",
                                         "Exit codes:",
                                         "Example:",
                                         "--config FILE",
                                         "--set ",
                                         "--check-config",
                                         "--print-config",
                                         "--version",
                                         "--help",
                                         "check DOMAIN",
                                         "decode",
                                         "NATS_CONTEXT",
                                         "NATS_NKEY",
                                         "UNVERIFYD_",
                                         "/etc/unverifyd.conf"};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    MUST(out != NULL);
    cli_help(out);
    fclose(out);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_non_null(strstr(text, wanted[i]));
    for (const char *l = text; *l != '\0'; l += strcspn(l, "\n") + 1)
        assert_true(strcspn(l, "\n") <= 90);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_no_arguments_at_all),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
