#include "config/option.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/must.h"

/* Longer names are not worth a suggestion; it also bounds the distance's rows. */
#define NAME_MAX_BYTES 64

static bool text_is(const char *text, const char *name, size_t len)
{
    return strlen(text) == len && memcmp(text, name, len) == 0;
}

const struct option *option_find(const char *name, size_t len)
{
    for (size_t i = 0; i < option_count; i++) {
        if (text_is(options[i].name, name, len))
            return &options[i];
    }
    return NULL;
}

const char *option_section(const char *section, size_t len)
{
    for (size_t i = 0; i < option_count; i++) {
        if (text_is(options[i].section, section, len))
            return options[i].section;
    }
    return NULL;
}

/* Is row i the first of its section? */
static bool opens_section(size_t i)
{
    return i == 0 || strcmp(options[i].section, options[i - 1].section) != 0;
}

void option_sections(char *out, size_t size)
{
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < option_count && n < size; i++) {
        if (opens_section(i))
            n += (size_t)snprintf(out + n, size - n, "%s%s", n == 0 ? "" : ", ",
                                  options[i].section);
    }
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Edits from one text to the other, a swap of neighbours counting as one (optimal string
 * alignment). Three rows of the usual table are enough. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    unsigned rows[3][NAME_MAX_BYTES + 1];
    if (a_len > NAME_MAX_BYTES || b_len > NAME_MAX_BYTES)
        return NAME_MAX_BYTES;
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= a_len; i++) {
        unsigned *now = rows[i % 3];
        const unsigned *last = rows[(i - 1) % 3];
        const unsigned *before = rows[(i + 1) % 3];
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned cost = a[i - 1] == b[j - 1] ? 0 : 1;
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

/* A third of the name may be wrong, three letters at most: past that a suggestion is a
 * guess. */
static unsigned tolerance(size_t len)
{
    return least(3, (unsigned)(len / 3));
}

const struct option *option_nearest(const char *name, size_t len)
{
    const struct option *best = NULL;
    unsigned best_distance = tolerance(len) + 1;
    for (size_t i = 0; i < option_count; i++) {
        unsigned d = distance(name, len, options[i].name, strlen(options[i].name));
        if (d < best_distance) {
            best_distance = d;
            best = &options[i];
        }
    }
    const char *dot = memchr(name, '.', len);
    if (best != NULL || dot == NULL)
        return best;
    size_t key_len = len - (size_t)(dot + 1 - name);
    for (size_t i = 0; i < option_count; i++) {
        if (text_is(options[i].key, dot + 1, key_len)) {
            if (best != NULL)
                return NULL; /* several sections have it: naming one would mislead */
            best = &options[i];
        }
    }
    return best;
}

const char *option_nearest_section(const char *section, size_t len)
{
    const char *best = NULL;
    unsigned best_distance = tolerance(len) + 1;
    for (size_t i = 0; i < option_count; i++) {
        unsigned d = distance(section, len, options[i].section, strlen(options[i].section));
        if (d < best_distance) {
            best_distance = d;
            best = options[i].section;
        }
    }
    return best;
}

void option_env_name(const struct option *o, char out[OPTION_ENV_SIZE])
{
    int n = snprintf(out, OPTION_ENV_SIZE, OPTION_ENV_PREFIX "%s", o->name);
    MUST(n > 0 && n < OPTION_ENV_SIZE);
    for (char *p = out; *p != '\0'; p++)
        *p = *p == '.' ? '_' : (char)toupper((unsigned char)*p);
}

const struct option *option_find_env(const char *name, size_t len)
{
    char variable[OPTION_ENV_SIZE];
    for (size_t i = 0; i < option_count; i++) {
        option_env_name(&options[i], variable);
        if (text_is(variable, name, len))
            return &options[i];
    }
    return NULL;
}

const struct option *option_nearest_env(const char *name, size_t len)
{
    const size_t prefix = strlen(OPTION_ENV_PREFIX);
    const struct option *best = NULL;
    char variable[OPTION_ENV_SIZE];
    MUST(len >= prefix);
    unsigned best_distance = tolerance(len - prefix) + 1;
    for (size_t i = 0; i < option_count; i++) {
        option_env_name(&options[i], variable);
        unsigned d = distance(name + prefix, len - prefix, variable + prefix,
                              strlen(variable) - prefix);
        if (d < best_distance) {
            best_distance = d;
            best = &options[i];
        }
    }
    return best;
}
