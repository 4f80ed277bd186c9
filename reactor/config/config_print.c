/* The configuration as a file. Loading it again gives the same configuration, but for
 * secrets, which are left out. */
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/settings.h"
#include "config/webmail.h"

#define COLUMNS 90

/* A NATS URL may carry USER:PASSWORD@ or TOKEN@; the user is shown, the rest is not. */
static void print_nats_urls(const char *list, FILE *out)
{
    for (const char *at = list;; at++) {
        size_t len = strcspn(at, ",");
        const char *scheme = strstr(at, "://");
        size_t host = 0;
        if (scheme != NULL && scheme < at + len) {
            size_t prefix = (size_t)(scheme + 3 - at);
            fprintf(out, "%.*s", (int)prefix, at);
            at += prefix;
            len -= prefix;
        }
        for (size_t i = 0; i < len; i++)
            host = at[i] == '@' ? i + 1 : host;
        if (host > 0) {
            size_t user = strcspn(at, ":@");
            if (at[user] == ':')
                fprintf(out, "%.*s:***@", (int)user, at);
            else
                fputs("***@", out);
        }
        fprintf(out, "%.*s", (int)(len - host), at + host);
        at += len;
        if (*at == '\0')
            return;
        fputc(',', out);
    }
}

static bool needs_quotes(const char *text)
{
    size_t len = strlen(text);
    return strpbrk(text, "\"#;\\") != NULL || text[0] == ' ' || text[len - 1] == ' ' ||
           text[0] == '\t' || text[len - 1] == '\t';
}

static void print_text(const char *text, FILE *out)
{
    if (!needs_quotes(text)) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_meaning(const struct option *o, FILE *out)
{
    char allowed[OPTION_ALLOWED_SIZE];
    const char *fallback = o->fallback != NULL ? o->fallback : o->unset;
    option_allowed(o, allowed);
    fprintf(out, "# %s.%s\n# Allowed: %s. Default: %s.\n", o->meaning,
            o->is_idle ? " (Not acted on in this version yet.)" : "", allowed,
            fallback != NULL ? fallback : "unset");
}

/* The list an unset or added-to policy.exempt stands for, so that it can be looked up. */
static void print_builtin_list(FILE *out)
{
    size_t column = COLUMNS;
    for (const char *at = webmail_domains(); *at != '\0';) {
        size_t len = strcspn(at, ",");
        if (column + len + 2 > COLUMNS) {
            fputs(column == COLUMNS ? "# Built in:" : "\n#", out);
            column = column == COLUMNS ? strlen("# Built in:") : 1;
        }
        fprintf(out, " %.*s", (int)len, at);
        column += len + 1;
        at += len + (at[len] == ',' ? 1 : 0);
    }
    fputc('\n', out);
}

static void print_option(const struct option *o, const struct setting *g, FILE *out)
{
    const char *text = g->value.text;
    print_meaning(o, out);
    if (o->type == OPTION_EXEMPT && (text == NULL || text[0] == '+'))
        print_builtin_list(out);
    if (o->is_secret && text != NULL) {
        fprintf(out, "# %s: (set)\n", o->name);
        return;
    }
    fprintf(out, "%s =%s", o->key, text != NULL ? " " : "");
    if (text != NULL && o->type == OPTION_NATS_URLS)
        print_nats_urls(text, out);
    else if (text != NULL)
        print_text(text, out);
    fputc('\n', out);
}

void config_print(const struct config *c, FILE *out)
{
    const struct settings *s = (const struct settings *)(const void *)c;
    for (size_t i = 0; i < option_count; i++) {
        if (i > 0)
            fputc('\n', out);
        if (i == 0 || strcmp(options[i].section, options[i - 1].section) != 0)
            fprintf(out, "[%s]\n", options[i].section);
        print_option(&options[i], &s->at[i], out);
    }
}
