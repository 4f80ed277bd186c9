#include "config/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"

enum status settings_fail(struct settings *s, const char *origin, const char *subject,
                          const char *format, ...)
{
    va_list args;
    int n = snprintf(s->error, CONFIG_ERROR_SIZE, "%s%s%s%s", origin != NULL ? origin : "",
                     origin != NULL ? ": " : "", subject != NULL ? subject : "",
                     subject != NULL ? ": " : "");
    if (n > 0 && n < CONFIG_ERROR_SIZE) {
        va_start(args, format);
        /* clang-tidy 14 finds args uninitialised, only when given several files at once. */
        /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized) */
        vsnprintf(s->error + n, CONFIG_ERROR_SIZE - (size_t)n, format, args);
        va_end(args);
    }
    /* paths and texts come from outside: it stays one line whatever they hold */
    for (char *p = s->error; *p != '\0'; p++) {
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
    return ST_INVALID;
}

static void setting_clear(struct setting *g)
{
    free(g->value.text);
    free(g->origin);
    free(g->effective);
    *g = (struct setting){.origin = NULL};
}

void settings_free(struct settings *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; s->at != NULL && i < option_count; i++)
        setting_clear(&s->at[i]);
    free(s->at);
    free(s->idle_keys);
    free(s);
}

struct setting *settings_named(struct settings *s, const char *name)
{
    const struct option *o = option_find(name, strlen(name));
    MUST(o != NULL);
    return &s->at[option_index(o)];
}

enum status settings_reset(struct settings *s, const struct option *o)
{
    struct setting *g = &s->at[option_index(o)];
    char wrong[OPTION_WRONG_SIZE];
    setting_clear(g);
    if (o->fallback == NULL)
        return ST_OK;
    enum status st = option_parse(o, o->fallback, &g->value, wrong);
    MUST(st != ST_INVALID); /* the table's own defaults */
    return st;
}

enum status settings_new(char error[CONFIG_ERROR_SIZE], struct settings **out)
{
    enum status st = ST_NOMEM;
    struct settings *s = calloc(1, sizeof *s);
    if (s == NULL)
        goto done;
    s->at = calloc(option_count, sizeof *s->at);
    if (s->at == NULL)
        goto done;
    s->error = error;
    for (size_t i = 0; i < option_count; i++) {
        st = settings_reset(s, &options[i]);
        if (st != ST_OK)
            goto done;
    }
    *out = s;
    s = NULL;
done:
    settings_free(s);
    return st;
}

enum status settings_put(struct settings *s, const struct option *o, const char *origin,
                         const char *text)
{
    struct setting *g = &s->at[option_index(o)];
    struct option_value value = {.text = NULL};
    char wrong[OPTION_WRONG_SIZE];
    char allowed[OPTION_ALLOWED_SIZE];
    enum status st = ST_OK;
    option_allowed(o, allowed);
    if (text[strspn(text, " \t")] != '\0')
        st = option_parse(o, text, &value, wrong);
    else if (o->fallback != NULL)
        return settings_fail(s, origin, o->name, "the value is empty, allowed: %s",
                             allowed);
    if (st == ST_INVALID)
        return settings_fail(s, origin, o->name, "%s, allowed: %s", wrong, allowed);
    if (st != ST_OK)
        return st;
    char *copy = strdup(origin);
    if (copy == NULL) {
        free(value.text);
        return ST_NOMEM;
    }
    setting_clear(g);
    g->value = value;
    g->origin = copy;
    return ST_OK;
}

/* One byte more than `max` is asked for, so that a file that grew, or a device without an
 * end, is seen as too long. */
enum status settings_slurp(const char *path, size_t max, char **out, size_t *len,
                           const char **why)
{
    enum status st = ST_IO;
    size_t n = 0;
    char *data = malloc(max + 2);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (data == NULL) {
        st = ST_NOMEM;
        goto done;
    }
    while (fd >= 0 && n <= max) {
        ssize_t got = read(fd, data + n, max + 1 - n);
        if (got == 0) {
            st = n <= max ? ST_OK : ST_FULL;
            break;
        }
        if (got > 0)
            n += (size_t)got;
        else if (errno != EINTR)
            break;
    }
    if (n > max)
        st = ST_FULL;
    if (st == ST_IO)
        *why = strerror(errno);
    if (st == ST_OK) {
        data[n] = '\0';
        *out = data;
        *len = n;
        data = NULL;
    }
done:
    if (fd >= 0)
        close(fd);
    free(data);
    return st;
}

const char *settings_env(char *const *env, const char *name)
{
    size_t len = strlen(name);
    for (; env != NULL && *env != NULL; env++) {
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return (*env)[len + 1] != '\0' ? *env + len + 1 : NULL;
    }
    return NULL;
}
