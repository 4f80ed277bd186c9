/* Environment and flags. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/settings.h"

/* Variables every NATS client knows. Empty counts as not set, as it does for the nats
 * command. Its newer NATS_JWT, NATS_SEED and NATS_SOCKS_PROXY have no option here. */
static const struct {
    const char *variable, *option;
} nats_variables[] = {
    {"NATS_URL", "nats.url"},     {"NATS_CREDS", "nats.creds"},
    {"NATS_USER", "nats.user"},   {"NATS_PASSWORD", "nats.password"},
    {"NATS_TOKEN", "nats.token"}, {"NATS_NKEY", "nats.nkey"},
    {"NATS_CERT", "nats.cert"},   {"NATS_KEY", "nats.key"},
    {"NATS_CA", "nats.ca"},
};

/* Kubernetes gives every container of a namespace variables about each Service in it, and
 * Docker links do alike: a Service called "unverifyd" brings UNVERIFYD_SERVICE_HOST,
 * UNVERIFYD_PORT, UNVERIFYD_PORT_9464_TCP and so on. No option has these names. */
static bool is_service_link(const char *name, size_t len)
{
    static const char *const links[] = {"UNVERIFYD_SERVICE_", "UNVERIFYD_PORT_"};
    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        if (strncmp(name, links[i], strlen(links[i])) == 0)
            return true;
    }
    return len == strlen("UNVERIFYD_PORT") && memcmp(name, "UNVERIFYD_PORT", len) == 0;
}

/* The name is not echoed whole when it is odd: it goes through the usual quoting. */
static enum status unknown_variable(struct settings *s, const char *name, size_t len)
{
    char variable[OPTION_ENV_SIZE];
    char shown[OPTION_ENV_SIZE];
    const struct option *near = option_nearest_env(name, len);
    snprintf(shown, sizeof shown, "%.*s", (int)(len < sizeof shown ? len : sizeof shown),
             name);
    if (near == NULL)
        return settings_fail(s, shown, NULL,
                             "no option has this name; --print-config lists all");
    option_env_name(near, variable);
    return settings_fail(s, shown, NULL, "no option has this name, did you mean %s?",
                         variable);
}

static enum status read_own_variable(struct settings *s, const char *entry)
{
    char variable[OPTION_ENV_SIZE];
    const char *equals = strchr(entry, '=');
    if (equals == NULL || strncmp(entry, OPTION_ENV_PREFIX, strlen(OPTION_ENV_PREFIX)) != 0)
        return ST_OK;
    size_t len = (size_t)(equals - entry);
    if (is_service_link(entry, len))
        return ST_OK;
    const struct option *o = option_find_env(entry, len);
    if (o == NULL)
        return unknown_variable(s, entry, len);
    option_env_name(o, variable);
    return settings_put(s, o, variable, equals + 1);
}

enum status settings_read_env(struct settings *s, char *const *env)
{
    enum status st = ST_OK;
    const char *context = settings_env(env, "NATS_CONTEXT");
    if (context != NULL)
        st = settings_read_context(s, env, context);
    for (size_t i = 0; st == ST_OK && i < ARRAY_LEN(nats_variables); i++) {
        const char *text = settings_env(env, nats_variables[i].variable);
        const char *name = nats_variables[i].option;
        if (text != NULL)
            st = settings_put(s, option_find(name, strlen(name)),
                              nats_variables[i].variable, text);
    }
    for (; st == ST_OK && env != NULL && *env != NULL; env++)
        st = read_own_variable(s, *env);
    return st;
}

enum status settings_read_flag(struct settings *s, const char *flag)
{
    static const char origin[] = "--set";
    char quoted[OPTION_QUOTED_SIZE];
    size_t len = strcspn(flag, "=");
    const struct option *o;
    const char *value = flag[len] == '=' ? flag + len + 1 : NULL;
    while (len > 0 && flag[len - 1] == ' ')
        len--;
    o = option_find(flag, len);
    if (value == NULL) /* not quoted unless it is a name: it may be the secret */
        return settings_fail(s, origin, o != NULL ? o->name : NULL,
                             "the value is missing, allowed: --set section.key=value");
    if (o != NULL)
        return settings_put(s, o, origin, value);
    const struct option *near = option_nearest(flag, len);
    option_quote(flag, len, quoted);
    if (near != NULL)
        return settings_fail(s, origin, NULL, "no option is called %s, did you mean %s?",
                             quoted, near->name);
    return settings_fail(s, origin, NULL,
                         "no option is called %s; --print-config lists all", quoted);
}
