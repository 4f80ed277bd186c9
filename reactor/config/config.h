/* The configuration: a table of options, filled from file < environment < flags.
 *
 * After start it is const. Every error is one line `file:line: section.key: what is wrong,
 * what is allowed` (for flags and environment, `--set` or the variable stands for the
 * file). */
#ifndef UVD_CONFIG_CONFIG_H
#define UVD_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "base/status.h"
#include "proto/account_event.h"
#include "proto/message.h"

enum store_mode { STORE_JETSTREAM, STORE_MEMORY };

/* Texts are NUL-terminated, owned by the config, NULL when unset. Lists stay as written. */
struct config {
    struct {
        const char *url, *creds, *nkey, *user, *password, *token, *ca, *cert, *key;
    } nats;
    struct {
        enum store_mode mode;
        uint32_t replicas;
        const char *prefix;
    } store;
    struct {
        uint32_t count;
        const char *own;
        bool standby;
    } shard;
    struct {
        const char *stream, *subjects;
        struct event_schema field;
    } events;
    struct {
        const char *servers;
        uint32_t timeout_ms, tries, inflight, interval_hours;
        const char *canaries;           /* comma-separated names that exist; "": none */
        const char *parked_nameservers; /* suffixes, comma-separated; "": none */
    } dns;
    struct {
        const char *provider, *url, *key, *key_file, *rapidapi_host;
        double rate_per_s; /* from `5/s`, `100/m`, `1000/h` */
        uint32_t burst, daily_budget, timeout_ms, concurrency;
        const char *second_opinion;
    } status;
    struct {
        const char *bootstrap_url;
    } rdap;
    struct {
        const char *preset, *unverify_on, *release_on;
        uint32_t recheck_days, confirm_hours, max_unverify_per_hour;
        double max_unverify_share;
        uint32_t max_accounts_per_domain;
        const char
            *exempt; /* comma-separated domains; default: the built-in webmail list */
        bool dry_run;
    } policy;
    struct {
        const char *subject;
        enum wire_format format;
    } publish;
    struct {
        const char *listen;
    } http;
    struct {
        enum log_level level;
        enum log_format format;
    } log;
};

/* What the command line says of the configuration. */
struct config_sources {
    const char *file;        /* --config; NULL: /etc/unverifyd.conf if it exists */
    const char *const *sets; /* each "SECTION.KEY=VALUE"; borrowed */
    size_t n_sets;
    char **env; /* environ */
};

#define CONFIG_ERROR_SIZE 512
#define CONFIG_DEFAULT_FILE "/etc/unverifyd.conf"

/* Load and check everything, read secret files, settle NATS variables and contexts.
 *   return  ST_OK: *out is owned by the caller (config_free);
 *           ST_INVALID: `error` holds the one line to print; exit code 2
 *           ST_NOMEM */
enum status config_load(const struct config_sources *src, struct config **out,
                        char error[CONFIG_ERROR_SIZE]);
void config_free(struct config *c);

/* The same from the text of one file: no environment, no flags, and the files that options
 * name are not opened, so status.key stays unset when only status.key_file is given. `name`
 * stands for the file in errors. For tests and tools. */
enum status config_load_text(const char *name, const char *text, size_t len,
                             struct config **out, char error[CONFIG_ERROR_SIZE]);

/* Every option as it stands, as a file that config_load reads; secrets show as `(set)` in a
 * comment. */
void config_print(const struct config *c, FILE *out);

/* Keys that were set but that this version accepts without acting on them yet (they belong
 * to features not built); comma-separated, "" when there are none. Owned by the config. */
const char *config_idle_keys(const struct config *c);

#endif
