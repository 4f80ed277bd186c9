/* The program: arguments, configuration, and the one thing that was asked for. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "app.h"
#include "base/log.h"
#include "cli.h"
#include "cmd_check.h"
#include "cmd_decode.h"
#include "config/config.h"

/* Printed answers that did not get out are a failure: a check in a script must not pass
 * because the disk was full. */
static int finish_output(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static int fail(enum status st, const char *line)
{
    fprintf(stderr, "%s\n", st == ST_INVALID ? line : status_text(st));
    return st == ST_INVALID ? EXIT_CODE_USAGE : EXIT_CODE_FAILURE;
}

static int run_configured(const struct cli *cli, const struct config *c)
{
    log_setup(c->log.level, c->log.format);
    if (config_idle_keys(c)[0] != '\0')
        log_warn("config", "not_built_yet", LOG_S("keys", config_idle_keys(c)));
    if (cli->command == CLI_CHECK)
        return cli->reads_stdin ? cmd_check_stdin(c)
                                : cmd_check_run(c, cli->domains, cli->n_domains);
    if (cli->command == CLI_RUN)
        return app_run(c);
    if (cli->command == CLI_PRINT_CONFIG)
        config_print(c, stdout);
    else
        puts("configuration ok");
    return finish_output();
}

static int run(const struct cli *cli)
{
    char error[CONFIG_ERROR_SIZE];
    struct config *c = NULL;
    if (cli->command == CLI_HELP) {
        cli_help(stdout);
        return finish_output();
    }
    if (cli->command == CLI_VERSION) {
        puts("unverifyd " UVD_VERSION);
        return finish_output();
    }
    if (cli->command == CLI_DECODE)
        return cmd_decode_run(stdin, stdout, stderr);
    struct config_sources sources = cli_sources(cli, environ);
    enum status st = config_load(&sources, &c, error);
    if (st != ST_OK)
        return fail(st, error);
    int code = run_configured(cli, c);
    config_free(c);
    return code;
}

int main(int argc, char **argv)
{
    char error[CLI_ERROR_SIZE];
    struct cli cli;
    signal(SIGPIPE, SIG_IGN); /* a closed socket or pipe is an error code, not an end */
    enum status st = cli_parse(argc, argv, &cli, error);
    if (st != ST_OK)
        return fail(st, error);
    int code = run(&cli);
    cli_free(&cli);
    return code;
}
