/* The configuration file.
 *
 *   # comment            ; comment
 *   [section]
 *   key = value          # a comment may follow behind a blank
 *   key = "value"        quotes keep blanks and # ; inside \" is a quote, \\ a backslash
 *
 * Lines may end in CR LF. Giving a key twice in one file is an error: which of the two was
 * meant is for the writer to say. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/settings.h"

#define FILE_MAX_BYTES ((size_t)1024 * 1024)

struct reader {
    struct settings *s;
    const char *name;
    unsigned line;
    const char *section; /* the table's text; NULL before the first */
    unsigned *seen;      /* line in which an option stood, 0: not yet; one an option */
    char *origin;        /* "name:line" */
    size_t origin_size;
};

/* A piece of the line being read; not NUL-terminated. */
struct span {
    const char *p;
    size_t len;
};

static struct span trim(const char *p, const char *end)
{
    while (p < end && isblank((unsigned char)*p))
        p++;
    while (end > p && isblank((unsigned char)end[-1]))
        end--;
    return (struct span){.p = p, .len = (size_t)(end - p)};
}

static bool starts_comment(struct span s)
{
    return s.len > 0 && (s.p[0] == '#' || s.p[0] == ';');
}

static enum status read_section(struct reader *r, struct span s)
{
    char known[128];
    const char *close = memchr(s.p, ']', s.len);
    if (close == NULL)
        return settings_fail(r->s, r->origin, NULL, "the section's ] is missing");
    struct span rest = trim(close + 1, s.p + s.len);
    if (rest.len > 0 && !starts_comment(rest))
        return settings_fail(r->s, r->origin, NULL, "there is text behind the section");
    struct span name = trim(s.p + 1, close);
    r->section = option_section(name.p, name.len);
    if (r->section != NULL)
        return ST_OK;
    char quoted[OPTION_QUOTED_SIZE];
    const char *near = option_nearest_section(name.p, name.len);
    option_quote(name.p, name.len, quoted);
    option_sections(known, sizeof known);
    if (near != NULL)
        return settings_fail(r->s, r->origin, NULL,
                             "there is no section %s, did you mean [%s]?", quoted, near);
    return settings_fail(r->s, r->origin, NULL, "there is no section %s, allowed: %s",
                         quoted, known);
}

#define UNKNOWN_KEY_SHOWN 48

static enum status unknown_key(struct reader *r, struct span key)
{
    char name[128];
    int shown = key.len < UNKNOWN_KEY_SHOWN ? (int)key.len : UNKNOWN_KEY_SHOWN;
    snprintf(name, sizeof name, "%s.%.*s%s", r->section, shown, key.p,
             key.len > UNKNOWN_KEY_SHOWN ? "..." : "");
    const struct option *near = option_nearest(name, strlen(name));
    if (near != NULL)
        return settings_fail(r->s, r->origin, name, "no such option, did you mean %s?",
                             near->name);
    return settings_fail(r->s, r->origin, name, "no such option; --print-config lists all");
}

/* Where an unquoted value ends: at a comment behind a blank, else with the line. */
static const char *plain_end(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        bool after_blank = i == 0 || isblank((unsigned char)s.p[i - 1]);
        if ((s.p[i] == '#' || s.p[i] == ';') && after_blank)
            return s.p + i;
    }
    return s.p + s.len;
}

/* `out` has room for s.len + 1 bytes. NULL on success, else what is wrong. */
static const char *read_quoted(struct span s, char *out)
{
    size_t i = 1;
    for (; i < s.len && s.p[i] != '"'; i++) {
        if (s.p[i] == '\\') {
            i++;
            if (i == s.len || (s.p[i] != '"' && s.p[i] != '\\'))
                return "a backslash in quotes may only stand before \" and \\";
        }
        *out++ = s.p[i];
    }
    *out = '\0';
    if (i >= s.len)
        return "the closing quote is missing";
    struct span rest = trim(s.p + i + 1, s.p + s.len);
    return rest.len == 0 || starts_comment(rest) ? NULL
                                                 : "there is text behind the closing quote";
}

static enum status read_value(struct reader *r, const struct option *o, struct span s)
{
    char *text = malloc(s.len + 1);
    if (text == NULL)
        return ST_NOMEM;
    const char *fault = NULL;
    if (s.len > 0 && s.p[0] == '"') {
        fault = read_quoted(s, text);
    } else {
        struct span plain = trim(s.p, plain_end(s));
        memcpy(text, plain.p, plain.len);
        text[plain.len] = '\0';
    }
    enum status st = fault == NULL ? settings_put(r->s, o, r->origin, text)
                                   : settings_fail(r->s, r->origin, o->name, "%s", fault);
    free(text);
    return st;
}

static enum status read_key(struct reader *r, struct span s)
{
    /* What stands there is not quoted: it may be a secret on a line of its own. */
    const char *equals = memchr(s.p, '=', s.len);
    if (equals == NULL)
        return settings_fail(r->s, r->origin, NULL,
                             "the line is neither [section], key = value nor a comment");
    struct span key = trim(s.p, equals);
    if (key.len == 0)
        return settings_fail(r->s, r->origin, NULL, "there is no key before the =");
    if (r->section == NULL)
        return settings_fail(r->s, r->origin, NULL,
                             "there is a key before the first [section]");
    char name[OPTION_ENV_SIZE];
    int n = snprintf(name, sizeof name, "%s.%.*s", r->section,
                     (int)(key.len < sizeof name ? key.len : sizeof name), key.p);
    const struct option *o =
        n > 0 && (size_t)n < sizeof name ? option_find(name, (size_t)n) : NULL;
    if (o == NULL)
        return unknown_key(r, key);
    unsigned *seen = &r->seen[option_index(o)];
    if (*seen != 0)
        return settings_fail(r->s, r->origin, o->name,
                             "is already set in line %u, allowed: once in a file", *seen);
    *seen = r->line;
    return read_value(r, o, trim(equals + 1, s.p + s.len));
}

static enum status read_line(struct reader *r, const char *p, const char *end)
{
    snprintf(r->origin, r->origin_size, "%s:%u", r->name, r->line);
    if (end > p && end[-1] == '\r')
        end--;
    struct span s = trim(p, end);
    if (memchr(p, '\0', (size_t)(end - p)) != NULL)
        return settings_fail(r->s, r->origin, NULL, "the line holds a NUL byte");
    if (s.len == 0 || starts_comment(s))
        return ST_OK;
    return s.p[0] == '[' ? read_section(r, s) : read_key(r, s);
}

enum status settings_read_text(struct settings *s, const char *name, const char *text,
                               size_t len)
{
    static const char bom[] = "\xef\xbb\xbf"; /* some editors put it first */
    const char *p = text;
    const char *end = text + len;
    enum status st = ST_NOMEM;
    struct reader r = {.s = s, .name = name, .origin_size = strlen(name) + 16};
    r.seen = calloc(option_count, sizeof *r.seen);
    r.origin = malloc(r.origin_size);
    if (r.seen == NULL || r.origin == NULL)
        goto done;
    st = ST_OK;
    if (len >= 3 && memcmp(text, bom, 3) == 0)
        p += 3;
    while (st == ST_OK && p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        if (stop == NULL)
            stop = end;
        r.line++;
        st = read_line(&r, p, stop);
        p = stop < end ? stop + 1 : end;
    }
done:
    free(r.origin);
    free(r.seen);
    return st;
}

enum status settings_read_file(struct settings *s, const char *path)
{
    const char *why = NULL;
    char *text = NULL;
    size_t len = 0;
    enum status st = settings_slurp(path, FILE_MAX_BYTES, &text, &len, &why);
    if (st == ST_IO)
        return settings_fail(s, path, NULL, "cannot be read: %s", why);
    if (st == ST_FULL)
        return settings_fail(s, path, NULL, "is too long, allowed: up to 1 MiB");
    if (st != ST_OK)
        return st;
    st = settings_read_text(s, path, text, len);
    free(text);
    return st;
}
