/* What can be checked only once all values are known: what belongs together, what excludes
 * each other, and the files they name. Then struct config is filled. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "config/settings.h"
#include "config/webmail.h"

#define KEY_FILE_MAX 4096

static const char *origin_of(const struct setting *g)
{
    return g->origin != NULL ? g->origin : "default";
}

/* Does any of the URLs carry a user? */
static bool has_user_in_url(const struct setting *url)
{
    return url->value.text != NULL && strchr(url->value.text, '@') != NULL;
}

/* Ways to say who we are. A server takes one, so two are a contradiction, and which of them
 * would win depends on the client. */
static enum status settle_auth(struct settings *s)
{
    struct setting *user = settings_named(s, "nats.user");
    struct setting *password = settings_named(s, "nats.password");
    struct setting *token = settings_named(s, "nats.token");
    struct setting *url = settings_named(s, "nats.url");
    if (password->value.text != NULL && user->value.text == NULL)
        return settings_fail(s, origin_of(password), "nats.password",
                             "is set without a user, allowed: together with nats.user");
    const struct {
        const char *name;
        const struct setting *setting;
        bool is_given;
    } ways[] = {
        {"nats.user", user, user->value.text != NULL},
        {"nats.token", token, token->value.text != NULL},
        {"nats.creds", settings_named(s, "nats.creds"),
         settings_named(s, "nats.creds")->value.text != NULL},
        {"nats.nkey", settings_named(s, "nats.nkey"),
         settings_named(s, "nats.nkey")->value.text != NULL},
        {"nats.url with a user", url, has_user_in_url(url)},
    };
    size_t first = ARRAY_LEN(ways);
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        if (!ways[i].is_given)
            continue;
        if (first < ARRAY_LEN(ways))
            return settings_fail(s, origin_of(ways[i].setting), ways[i].name,
                                 "is set besides %s (%s), allowed: one way to "
                                 "authenticate; an empty value takes one back",
                                 ways[first].name, origin_of(ways[first].setting));
        first = i;
    }
    /* the nats command's rule: a user without a password is a token */
    if (user->value.text != NULL && password->value.text == NULL) {
        *token = *user;
        *user = (struct setting){.origin = NULL};
    }
    return ST_OK;
}

static enum status settle_client_certificate(struct settings *s)
{
    const struct setting *cert = settings_named(s, "nats.cert");
    const struct setting *key = settings_named(s, "nats.key");
    if (cert->value.text != NULL && key->value.text == NULL)
        return settings_fail(s, origin_of(cert), "nats.cert",
                             "is set without its key, allowed: together with nats.key");
    if (key->value.text != NULL && cert->value.text == NULL)
        return settings_fail(s, origin_of(key), "nats.key",
                             "is set without its certificate, allowed: together with "
                             "nats.cert");
    return ST_OK;
}

/* The key ends up in a URL or a header, so a file that holds anything else was mistaken. */
static enum status read_key_file(struct settings *s)
{
    struct setting *key = settings_named(s, "status.key");
    const struct setting *file = settings_named(s, "status.key_file");
    const char *why = NULL;
    char *text = NULL;
    size_t len = 0;
    enum status st = settings_slurp(file->value.text, KEY_FILE_MAX, &text, &len, &why);
    if (st == ST_IO)
        return settings_fail(s, file->origin, "status.key_file", "%s cannot be read: %s",
                             file->value.text, why);
    if (st == ST_FULL)
        return settings_fail(s, file->origin, "status.key_file",
                             "%s is too long, allowed: up to %d bytes", file->value.text,
                             KEY_FILE_MAX);
    if (st != ST_OK)
        return st;
    if (len > 0 && text[len - 1] == '\n')
        len--;
    if (len > 0 && text[len - 1] == '\r')
        len--;
    text[len] = '\0';
    for (size_t i = 0; i < len; i++) {
        if (text[i] > 0x20 && text[i] <= 0x7e)
            continue;
        free(text);
        return settings_fail(s, file->origin, "status.key_file",
                             "%s holds a blank, a line break or a character outside ASCII, "
                             "allowed: the key alone",
                             file->value.text);
    }
    if (len == 0) {
        free(text);
        return settings_fail(s, file->origin, "status.key_file",
                             "%s is empty, allowed: the key alone", file->value.text);
    }
    key->effective = text;
    return ST_OK;
}

/* Registries answer everybody. A provider behind another URL may need no key: a proxy adds
 * it, a test takes none. */
static enum status settle_status(struct settings *s, bool open_files)
{
    const struct setting *provider = settings_named(s, "status.provider");
    const struct setting *key = settings_named(s, "status.key");
    const struct setting *file = settings_named(s, "status.key_file");
    if (key->value.text != NULL && file->value.text != NULL)
        return settings_fail(s, file->origin, "status.key_file",
                             "is set besides status.key (%s), allowed: one of the two",
                             origin_of(key));
    if (strcmp(provider->value.text, "none") != 0 &&
        strcmp(provider->value.text, "rdap") != 0 && key->value.text == NULL &&
        file->value.text == NULL && settings_named(s, "status.url")->value.text == NULL)
        return settings_fail(s, origin_of(provider), "status.provider",
                             "status.key or status.key_file is needed for provider %s",
                             provider->value.text);
    return file->value.text != NULL && open_files ? read_key_file(s) : ST_OK;
}

/* Asking in DNS is the first step of a completed check. */
static enum status settle_intervals(struct settings *s)
{
    const struct setting *interval = settings_named(s, "dns.interval_hours");
    const struct setting *recheck = settings_named(s, "policy.recheck_days");
    if (interval->value.number <= recheck->value.number * 24)
        return ST_OK;
    return settings_fail(s, origin_of(interval), "dns.interval_hours",
                         "%u hours are longer than policy.recheck_days (%u, %s), allowed: "
                         "up to %u",
                         interval->value.number, recheck->value.number, origin_of(recheck),
                         recheck->value.number * 24);
}

/* Names that will exist as long as there are domain names: the root's own organisation, and
 * two that RFC 2606 section 3 keeps, in other top-level domains. */
#define CANARIES "iana.org,example.com,example.net"

static enum status settle_canaries(struct settings *s)
{
    struct setting *canaries = settings_named(s, "dns.canaries");
    bool is_on = strcmp(canaries->value.text, "on") == 0;
    if (!is_on && strcmp(canaries->value.text, "off") != 0)
        return ST_OK;
    canaries->effective = strdup(is_on ? CANARIES : "");
    return canaries->effective != NULL ? ST_OK : ST_NOMEM;
}

/* "none" is an empty list; "+a,+b" is the built-in list and a, b. */
static enum status settle_lists(struct settings *s)
{
    struct setting *exempt = settings_named(s, "policy.exempt");
    struct setting *parked = settings_named(s, "dns.parked_nameservers");
    const char *text = exempt->value.text;
    if (parked->value.text != NULL && strcmp(parked->value.text, "none") == 0) {
        parked->effective = strdup("");
        if (parked->effective == NULL)
            return ST_NOMEM;
    }
    if (text != NULL && text[0] != '+' && strcmp(text, "none") != 0)
        return ST_OK;
    const char *builtin = text == NULL || text[0] == '+' ? webmail_domains() : "";
    const char *added = text != NULL && text[0] == '+' ? text : "";
    char *list = malloc(strlen(builtin) + strlen(added) + 2);
    if (list == NULL)
        return ST_NOMEM;
    char *out = list;
    memcpy(out, builtin, strlen(builtin));
    out += strlen(builtin);
    if (*added != '\0')
        *out++ = ',';
    for (; *added != '\0'; added++) {
        if (*added != '+') /* stands only before an entry: no domain has one */
            *out++ = *added;
    }
    *out = '\0';
    exempt->effective = list;
    return ST_OK;
}

static enum status check_readable(struct settings *s, const struct option *o,
                                  const struct setting *g)
{
    struct stat file;
    const char *why = NULL;
    /* O_NONBLOCK: a pipe without a writer must not stop the start */
    int fd = open(g->value.text, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        why = strerror(errno);
    else if (fstat(fd, &file) == 0 && S_ISDIR(file.st_mode))
        why = "Is a directory";
    if (fd >= 0)
        close(fd);
    if (why == NULL)
        return ST_OK;
    return settings_fail(s, g->origin, o->name, "%s cannot be read: %s", g->value.text,
                         why);
}

static void fill_field(struct settings *s, const struct option *o, const struct setting *g)
{
    char *field = (char *)&s->config + o->offset;
    const char *text = g->effective != NULL ? g->effective : g->value.text;
    bool on = g->value.number != 0;
    switch (o->field) {
    case FIELD_TEXT:
        memcpy(field, &text, sizeof text);
        break;
    case FIELD_NUMBER:
        memcpy(field, &g->value.number, sizeof g->value.number);
        break;
    case FIELD_SWITCH:
        memcpy(field, &on, sizeof on);
        break;
    case FIELD_REAL:
        memcpy(field, &g->value.real, sizeof g->value.real);
        break;
    }
}

/* Same text, or both unset. */
static bool is_default(const struct option *o, const struct setting *g)
{
    if (o->fallback == NULL || g->value.text == NULL)
        return o->fallback == g->value.text;
    return strcmp(o->fallback, g->value.text) == 0;
}

static enum status list_idle_keys(struct settings *s)
{
    size_t size = 1;
    for (size_t i = 0; i < option_count; i++)
        size += options[i].is_idle ? strlen(options[i].name) + 1 : 0;
    s->idle_keys = malloc(size);
    if (s->idle_keys == NULL)
        return ST_NOMEM;
    size_t n = 0;
    s->idle_keys[0] = '\0';
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].is_idle && !is_default(&options[i], &s->at[i]))
            n += (size_t)snprintf(s->idle_keys + n, size - n, "%s%s", n > 0 ? "," : "",
                                  options[i].name);
    }
    return ST_OK;
}

enum status settings_settle(struct settings *s, bool open_files)
{
    enum status st = settle_auth(s);
    if (st == ST_OK)
        st = settle_client_certificate(s);
    if (st == ST_OK)
        st = settle_status(s, open_files);
    if (st == ST_OK)
        st = settle_intervals(s);
    if (st == ST_OK)
        st = settle_canaries(s);
    if (st == ST_OK)
        st = settle_lists(s);
    for (size_t i = 0; st == ST_OK && open_files && i < option_count; i++) {
        if (options[i].type == OPTION_FILE && s->at[i].value.text != NULL)
            st = check_readable(s, &options[i], &s->at[i]);
    }
    if (st == ST_OK)
        st = list_idle_keys(s);
    for (size_t i = 0; st == ST_OK && i < option_count; i++)
        fill_field(s, &options[i], &s->at[i]);
    s->error = NULL;
    return st;
}
