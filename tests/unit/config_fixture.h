/* What the tests of the configuration share: loading from parts, temporary files. */
#ifndef UVD_TESTS_CONFIG_FIXTURE_H
#define UVD_TESTS_CONFIG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/must.h"
#include "config/config.h"

#define FIXTURE_MAX 16

/* Fill what is needed, the rest is empty. */
struct fixture {
    const char *file;              /* path; NULL: an empty file */
    const char *env[FIXTURE_MAX];  /* "NAME=value" */
    const char *sets[FIXTURE_MAX]; /* "section.key=value" */
};

static char fixture_error[CONFIG_ERROR_SIZE];

static inline enum status fixture_load(const struct fixture *f, struct config **out)
{
    struct config_sources sources = {.file = f->file != NULL ? f->file : "/dev/null",
                                     .sets = f->sets};
    char *env[FIXTURE_MAX + 1] = {NULL};
    for (size_t i = 0; i < FIXTURE_MAX && f->env[i] != NULL; i++)
        env[i] = strdup(f->env[i]);
    while (sources.n_sets < FIXTURE_MAX && f->sets[sources.n_sets] != NULL)
        sources.n_sets++;
    sources.env = env;
    *out = NULL;
    fixture_error[0] = '\0';
    enum status st = config_load(&sources, out, fixture_error);
    for (size_t i = 0; env[i] != NULL; i++)
        free(env[i]);
    return st;
}

/* Must load. */
static inline struct config *fixture_good(const struct fixture *f)
{
    struct config *c;
    if (fixture_load(f, &c) != ST_OK)
        fail_msg("refused: %s", fixture_error);
    return c;
}

/* Must be refused with just this line. */
static inline void fixture_bad(const struct fixture *f, const char *line)
{
    struct config *c;
    assert_int_equal(fixture_load(f, &c), ST_INVALID);
    assert_null(c);
    assert_string_equal(fixture_error, line);
}

/* A file in memory called "t.conf". */
static inline enum status fixture_text(const char *text, struct config **out)
{
    *out = NULL;
    fixture_error[0] = '\0';
    return config_load_text("t.conf", text, strlen(text), out, fixture_error);
}

static inline char *fixture_print(const struct config *c)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    MUST(out != NULL);
    config_print(c, out);
    fclose(out);
    char *copy = strdup(text); /* gcc 12 takes the stream's own for a dangling pointer */
    MUST(copy != NULL);
    free(text);
    return copy;
}

static char fixture_dir[64];

static inline int fixture_make_dir(void **state)
{
    (void)state;
    snprintf(fixture_dir, sizeof fixture_dir, "/tmp/uvd-config-XXXXXX");
    return mkdtemp(fixture_dir) != NULL ? 0 : -1;
}

/* The folders hold only what the tests themselves put there. */
static inline int fixture_remove_dir(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", fixture_dir);
    return system(command);
}

/* Path below the temporary folder; good until the fourth next call. */
static inline const char *fixture_path(const char *name)
{
    static char paths[4][512];
    static size_t next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", fixture_dir, name);
    return path;
}

static inline const char *fixture_write(const char *name, const char *text)
{
    const char *path = fixture_path(name);
    FILE *f = fopen(path, "w");
    MUST(f != NULL);
    fputs(text, f);
    fclose(f);
    return path;
}

#endif
