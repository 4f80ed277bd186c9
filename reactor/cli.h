/* The command line: arguments in, what to do out. Reads no file and prints nothing. */
#ifndef UVD_CLI_H
#define UVD_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "config/config.h"

#define EXIT_CODE_OK 0
#define EXIT_CODE_FAILURE 1
#define EXIT_CODE_USAGE 2

enum cli_command {
    CLI_RUN,
    CLI_DECODE,
    CLI_CHECK, /* domains, or standard input */
    CLI_CHECK_CONFIG,
    CLI_PRINT_CONFIG,
    CLI_VERSION,
    CLI_HELP
};

struct cli {
    enum cli_command command;
    const char *file;     /* --config; NULL: not given */
    const char **sets;    /* texts of argv; the arrays are owned by the struct */
    const char **domains; /* CLI_CHECK: at least one, unless reads_stdin */
    size_t n_sets, n_domains;
    bool reads_stdin; /* CLI_CHECK --stdin */
};

#define CLI_ERROR_SIZE 256

/* Read the arguments. Options may stand before and behind the command and its domains;
 * behind `--` nothing is an option. Where several of them are given, --help goes before
 * --version, before --print-config, before --check-config, before a command.
 *   argv    borrowed; must outlive `out`
 *   return  ST_OK: *out is filled, to be freed with cli_free
 *           ST_INVALID: `error` holds the one line to print; exit code 2
 *           ST_NOMEM */
enum status cli_parse(int argc, char *const *argv, struct cli *out,
                      char error[CLI_ERROR_SIZE]);
void cli_free(struct cli *cli);

/* What the command line says of the configuration; borrows from `cli` and `env`. */
struct config_sources cli_sources(const struct cli *cli, char **env);

/* The page of --help. */
void cli_help(FILE *out);

#endif
