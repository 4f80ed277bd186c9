/* Context files of the nats command: $XDG_CONFIG_HOME/nats/context/NAME.json, else under
 * ~/.config. A context describes one connection as a whole, so reading one first puts all
 * of [nats] back to its defaults (settings.h says where that ranks).
 *
 * Fields that would change where or as whom we connect, but that this service cannot
 * follow, are an error: going on without them would reach another server or account than
 * `nats --context NAME` does. Fields that only matter to the command itself, and fields
 * that come up later, are skipped. */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/settings.h"

#define CONTEXT_MAX_BYTES 65536
#define PATH_MAX_BYTES 4096

static const struct {
    const char *field, *option;
    bool is_path; /* ~ and $VARIABLE are expanded */
} fields[] = {
    {"url", "nats.url", false},
    {"user", "nats.user", false},
    {"password", "nats.password", false},
    {"token", "nats.token", false},
    {"creds", "nats.creds", true},
    {"nkey", "nats.nkey", true},
    {"cert", "nats.cert", true},
    {"key", "nats.key", true},
    {"ca", "nats.ca", true},
};

static const char *const unsupported[] = {
    "nsc",         "user_jwt",         "user_seed",
    "socks_proxy", "jetstream_domain", "jetstream_api_prefix",
    "tls_first",   "inbox_prefix",
};

/* A growing path; `is_full` sticks. */
struct path {
    char text[PATH_MAX_BYTES];
    size_t len;
    bool is_full;
};

static void path_add(struct path *p, const char *text, size_t len)
{
    if (len >= sizeof p->text - p->len) {
        p->is_full = true;
        return;
    }
    memcpy(p->text + p->len, text, len);
    p->len += len;
    p->text[p->len] = '\0';
}

/* $NAME or ${NAME} at `s`: adds its value and returns what follows; NULL when it isn't set,
 * which would silently name another file. */
static const char *expand_variable(const char *s, char *const *env, struct path *out)
{
    char name[128];
    bool is_braced = s[1] == '{';
    const char *from = s + (is_braced ? 2 : 1);
    size_t len = 0;
    while (isalnum((unsigned char)from[len]) || from[len] == '_')
        len++;
    if (len == 0 || len >= sizeof name || (is_braced && from[len] != '}'))
        return NULL;
    memcpy(name, from, len);
    name[len] = '\0';
    const char *value = settings_env(env, name);
    if (value == NULL)
        return NULL;
    path_add(out, value, strlen(value));
    return from + len + (is_braced ? 1 : 0);
}

/* NULL on success, else what is wrong. */
static const char *expand(const char *s, char *const *env, struct path *out)
{
    if (s[0] == '~' && (s[1] == '/' || s[1] == '\0')) {
        const char *home = settings_env(env, "HOME");
        if (home == NULL)
            return "begins with ~, but HOME is not set";
        path_add(out, home, strlen(home));
        s++;
    }
    while (*s != '\0') {
        size_t plain = strcspn(s, "$");
        path_add(out, s, plain);
        s += plain;
        if (*s == '$')
            s = expand_variable(s, env, out);
        if (s == NULL)
            return "names a variable that is not set";
    }
    return out->is_full ? "is too long" : NULL;
}

/* Newer contexts may keep credentials elsewhere: op://, nsc://, env://, data: and more. */
static bool is_reference(const char *text)
{
    return strstr(text, "://") != NULL || strncmp(text, "data:", 5) == 0;
}

static enum status read_field(struct settings *s, char *const *env, const char *origin,
                              json_t *root, size_t i)
{
    const json_t *value = json_object_get(root, fields[i].field);
    const struct option *o = option_find(fields[i].option, strlen(fields[i].option));
    struct path path = {.len = 0};
    MUST(o != NULL);
    if (value == NULL || json_is_null(value))
        return ST_OK;
    if (!json_is_string(value) ||
        strlen(json_string_value(value)) != json_string_length(value))
        return settings_fail(s, origin, o->name, "\"%s\" is not a text", fields[i].field);
    const char *text = json_string_value(value);
    if (text[0] == '\0')
        return ST_OK;
    if (strcmp(fields[i].field, "url") != 0 && is_reference(text))
        return settings_fail(s, origin, o->name,
                             "\"%s\" refers to another store, allowed: %s", fields[i].field,
                             fields[i].is_path ? "a path" : "a text");
    if (!fields[i].is_path)
        return settings_put(s, o, origin, text);
    const char *fault = expand(text, env, &path);
    if (fault != NULL)
        return settings_fail(s, origin, o->name, "\"%s\" %s", fields[i].field, fault);
    return settings_put(s, o, origin, path.text);
}

/* Not "", false or null. */
static bool is_given(const json_t *value)
{
    if (value == NULL || json_is_null(value) || json_is_false(value))
        return false;
    return !json_is_string(value) || json_string_length(value) > 0;
}

static enum status read_object(struct settings *s, char *const *env, const char *origin,
                               json_t *root)
{
    enum status st = ST_OK;
    if (!json_is_object(root))
        return settings_fail(s, origin, NULL, "is not a context: no JSON object");
    for (size_t i = 0; i < ARRAY_LEN(unsupported); i++) {
        if (is_given(json_object_get(root, unsupported[i])))
            return settings_fail(s, origin, NULL,
                                 "\"%s\" is not supported, allowed: url, user, password, "
                                 "token, creds, nkey, cert, key, ca",
                                 unsupported[i]);
    }
    for (size_t i = 0; st == ST_OK && i < option_count; i++) {
        if (strcmp(options[i].section, "nats") == 0)
            st = settings_reset(s, &options[i]);
    }
    for (size_t i = 0; st == ST_OK && i < ARRAY_LEN(fields); i++)
        st = read_field(s, env, origin, root, i);
    return st;
}

/* The name becomes part of a path, so it may not lead out of the folder. */
static enum status find_context(struct settings *s, char *const *env, const char *name,
                                struct path *out)
{
    const char *base = settings_env(env, "XDG_CONFIG_HOME");
    const char *home = settings_env(env, "HOME");
    if (strchr(name, '/') != NULL || strstr(name, "..") != NULL)
        return settings_fail(s, "NATS_CONTEXT", NULL,
                             "is not a context's name, allowed: no / and no ..");
    if (base == NULL && home == NULL)
        return settings_fail(s, "NATS_CONTEXT", NULL,
                             "neither XDG_CONFIG_HOME nor HOME is set");
    path_add(out, base != NULL ? base : home, strlen(base != NULL ? base : home));
    if (base == NULL)
        path_add(out, "/.config", strlen("/.config"));
    path_add(out, "/nats/context/", strlen("/nats/context/"));
    path_add(out, name, strlen(name));
    path_add(out, ".json", strlen(".json"));
    return out->is_full ? settings_fail(s, "NATS_CONTEXT", NULL, "is too long") : ST_OK;
}

enum status settings_read_context(struct settings *s, char *const *env, const char *name)
{
    struct path path = {.len = 0};
    const char *why = NULL;
    char *text = NULL;
    size_t len = 0;
    json_error_t bad;
    enum status st = find_context(s, env, name, &path);
    if (st != ST_OK)
        return st;
    st = settings_slurp(path.text, CONTEXT_MAX_BYTES, &text, &len, &why);
    if (st == ST_IO)
        return settings_fail(s, "NATS_CONTEXT", NULL, "%s cannot be read: %s", path.text,
                             why);
    if (st == ST_FULL)
        return settings_fail(s, path.text, NULL, "is too long, allowed: up to 64 KiB");
    if (st != ST_OK)
        return st;
    /* the parser's own words may quote a password; its line number does not */
    json_t *root = json_loadb(text, len, 0, &bad);
    free(text);
    if (root == NULL) {
        snprintf(path.text + path.len, sizeof path.text - path.len, ":%d", bad.line);
        return settings_fail(s, path.text, NULL, "is not valid JSON");
    }
    st = read_object(s, env, path.text, root);
    json_decref(root);
    return st;
}
