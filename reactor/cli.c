#include "cli.h"

#include <stdlib.h>
#include <string.h>

#include "config/option_value.h"

/* Bits, since several may be given. */
enum {
    ASKED_HELP = 1,
    ASKED_VERSION = 2,
    ASKED_PRINT = 4,
    ASKED_CHECK = 8,
    ASKED_STDIN = 16
};

struct parser {
    struct cli cli;
    int argc, at;
    char *const *argv;
    unsigned asked;
    const char *command; /* NULL: none yet */
    char *error;
};

static enum status fail(struct parser *p, const char *text, const char *arg,
                        const char *what)
{
    char quoted[OPTION_QUOTED_SIZE] = "";
    if (arg != NULL)
        option_quote(arg, strlen(arg), quoted);
    snprintf(p->error, CLI_ERROR_SIZE, "unverifyd: %s%s%s; --help says what is allowed",
             text, quoted, what);
    return ST_INVALID;
}

/* Is the argument this option, and what is its value? Both `--name value` and
 * `--name=value` are read; *value stays NULL when it is missing. */
static bool takes_value(struct parser *p, const char *name, const char **value)
{
    const char *arg = p->argv[p->at];
    size_t len = strlen(name);
    if (strncmp(arg, name, len) != 0 || (arg[len] != '\0' && arg[len] != '='))
        return false;
    *value = NULL;
    if (arg[len] == '=')
        *value = arg + len + 1;
    else if (p->at + 1 < p->argc)
        *value = p->argv[++p->at];
    return true;
}

static enum status read_option(struct parser *p)
{
    static const struct {
        const char *name;
        unsigned bit;
    } questions[] = {{"--help", ASKED_HELP},          {"-h", ASKED_HELP},
                     {"--version", ASKED_VERSION},    {"--print-config", ASKED_PRINT},
                     {"--check-config", ASKED_CHECK}, {"--stdin", ASKED_STDIN}};
    const char *arg = p->argv[p->at];
    const char *value;
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (strcmp(arg, questions[i].name) == 0) {
            p->asked |= questions[i].bit;
            return ST_OK;
        }
    }
    if (takes_value(p, "--config", &value)) {
        if (value == NULL || *value == '\0')
            return fail(p, "--config needs a file", NULL, "");
        if (p->cli.file != NULL)
            return fail(p, "--config is given twice", NULL, "");
        p->cli.file = value;
        return ST_OK;
    }
    if (takes_value(p, "--set", &value)) {
        if (value == NULL)
            return fail(p, "--set needs SECTION.KEY=VALUE", NULL, "");
        p->cli.sets[p->cli.n_sets++] = value;
        return ST_OK;
    }
    /* up to the '=': what stands behind it may be a secret */
    char name[OPTION_QUOTED_SIZE];
    size_t len = strcspn(arg, "=");
    snprintf(name, sizeof name, "%.*s", (int)(len < sizeof name ? len : sizeof name), arg);
    return fail(p, "unknown option ", name, "");
}

static enum status read_operand(struct parser *p, const char *arg)
{
    if (p->command == NULL) {
        p->command = arg;
        if (strcmp(arg, "decode") == 0)
            p->cli.command = CLI_DECODE;
        else if (strcmp(arg, "check") == 0)
            p->cli.command = CLI_CHECK;
        else
            return fail(p, "unknown command ", arg, "");
        return ST_OK;
    }
    if (p->cli.command != CLI_CHECK)
        return fail(p, "decode takes no argument, but there is ", arg, "");
    p->cli.domains[p->cli.n_domains++] = arg;
    return ST_OK;
}

/* --stdin and domains are two ways to say what `check` is about, and belong to it alone. */
static enum status settle_names(struct parser *p)
{
    p->cli.reads_stdin = (p->asked & ASKED_STDIN) != 0;
    if (p->cli.reads_stdin && p->cli.command != CLI_CHECK)
        return fail(p, "--stdin goes with check", NULL, "");
    if (p->cli.reads_stdin && p->cli.n_domains > 0)
        return fail(p, "check --stdin takes no domain, but there is ", p->cli.domains[0],
                    "");
    if (p->cli.command == CLI_CHECK && !p->cli.reads_stdin && p->cli.n_domains == 0)
        return fail(p, "check needs at least one domain, or --stdin", NULL, "");
    return ST_OK;
}

static enum status read_arguments(struct parser *p)
{
    enum status st = ST_OK;
    bool only_operands = false;
    for (p->at = 1; st == ST_OK && p->at < p->argc; p->at++) {
        const char *arg = p->argv[p->at];
        if (!only_operands && strcmp(arg, "--") == 0)
            only_operands = true;
        else if (!only_operands && arg[0] == '-' && arg[1] != '\0')
            st = read_option(p);
        else
            st = read_operand(p, arg);
    }
    if (st != ST_OK)
        return st;
    if (p->asked & ASKED_HELP)
        p->cli.command = CLI_HELP;
    else if (p->asked & ASKED_VERSION)
        p->cli.command = CLI_VERSION;
    else if (p->asked & ASKED_PRINT)
        p->cli.command = CLI_PRINT_CONFIG;
    else if (p->asked & ASKED_CHECK)
        p->cli.command = CLI_CHECK_CONFIG;
    else
        st = settle_names(p);
    return st;
}

enum status cli_parse(int argc, char *const *argv, struct cli *out,
                      char error[CLI_ERROR_SIZE])
{
    struct parser p = {.argc = argc, .argv = argv, .error = error};
    size_t room = argc > 0 ? (size_t)argc : 1;
    enum status st = ST_NOMEM;
    p.cli.sets = calloc(room, sizeof *p.cli.sets);
    p.cli.domains = calloc(room, sizeof *p.cli.domains);
    if (p.cli.sets != NULL && p.cli.domains != NULL)
        st = read_arguments(&p);
    if (st == ST_OK)
        *out = p.cli;
    else
        cli_free(&p.cli);
    return st;
}

void cli_free(struct cli *cli)
{
    if (cli == NULL)
        return;
    free(cli->sets);
    free(cli->domains);
    *cli = (struct cli){.command = CLI_RUN};
}

struct config_sources cli_sources(const struct cli *cli, char **env)
{
    return (struct config_sources){
        .file = cli->file, .sets = cli->sets, .n_sets = cli->n_sets, .env = env};
}
