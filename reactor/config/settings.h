/* The configuration while it is put together, and where its texts live afterwards.
 *
 * Sources are read from the weakest to the strongest, each value put over the last:
 *
 *   1. the defaults of the table
 *   2. the configuration file
 *   3. the context that NATS_CONTEXT names: a whole description of a connection, so it
 *      replaces all the file says under [nats], as it replaces everything for the nats
 *      command
 *   4. NATS_URL and the other variables every NATS client knows
 *   5. UNVERIFYD_* variables
 *   6. --set
 *
 * So everything from the environment ranks above the file, and a flag above both. A
 * context counts as environment, since a variable chose it; the one that `nats context
 * select` marked is not looked at: a service must not change its bus because somebody
 * changed theirs.
 *
 * An empty value takes back what a weaker source set. It is refused where being unset has
 * no meaning.
 *
 * Every value is checked where it is read, also when a stronger source replaces it: a
 * mistake that shows only when a variable goes away is the worst kind. What concerns
 * several values, or files they name, is checked once all are known (settle.c). */
#ifndef UVD_CONFIG_SETTINGS_H
#define UVD_CONFIG_SETTINGS_H

#include <stdbool.h>

#include "config/config.h"
#include "config/option.h"
#include "config/option_value.h"

struct setting {
    struct option_value value; /* value.text is NULL when unset */
    char *origin;    /* "/etc/unverifyd.conf:12", "--set", a variable; NULL: default */
    char *effective; /* what the program sees when that isn't value.text: a key read from
                        a file, a list with the built-in one put in; else NULL */
};

struct settings {
    struct config config; /* first: config_load gives out a pointer to it */
    struct setting *at;   /* one an option, in the table's order */
    char *idle_keys;      /* owned; NULL until settled */
    char *error;          /* CONFIG_ERROR_SIZE bytes of the caller's; NULL once loaded */
};

/* All options at their defaults. `error` is borrowed until settings_settle. */
enum status settings_new(char error[CONFIG_ERROR_SIZE], struct settings **out);
void settings_free(struct settings *s);

/* The setting of an option, by its name, which must exist. */
struct setting *settings_named(struct settings *s, const char *name);

/* Check `text` and put it over what was there; both texts are copied.
 *   return  ST_INVALID: the error line is written */
enum status settings_put(struct settings *s, const struct option *o, const char *origin,
                         const char *text);

/* Back to the default. */
enum status settings_reset(struct settings *s, const struct option *o);

/* Write the error line "origin: subject: ..." (without "subject: " when that is NULL, and
 * without "origin: " likewise); always ST_INVALID. */
enum status settings_fail(struct settings *s, const char *origin, const char *subject,
                          const char *format, ...) __attribute__((format(printf, 4, 5)));

/* config_file.c. `name` stands for the file in errors.
 *   ST_INVALID: not readable, or a line in it is wrong */
enum status settings_read_file(struct settings *s, const char *path);
enum status settings_read_text(struct settings *s, const char *name, const char *text,
                               size_t len);

/* config_env.c: NATS_* and the context, then UNVERIFYD_*. `env` as environ, borrowed. */
enum status settings_read_env(struct settings *s, char *const *env);
/* One "section.key=value" of the command line. */
enum status settings_read_flag(struct settings *s, const char *flag);

/* Value of a variable, NULL when it is unset or empty. */
const char *settings_env(char *const *env, const char *name);

/* config_nats.c */
enum status settings_read_context(struct settings *s, char *const *env, const char *name);

/* settle.c: check what goes together, read secret files and look whether the named files
 * can be read (unless `open_files` is false), and fill s->config. */
enum status settings_settle(struct settings *s, bool open_files);

/* Read a whole small file into NUL-terminated memory owned by the caller.
 *   return  ST_IO: *why is the reason, static or from strerror; ST_FULL: longer than `max`
 *   bytes; ST_NOMEM */
enum status settings_slurp(const char *path, size_t max, char **out, size_t *len,
                           const char **why);

#endif
