#include "core/exempt.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Of a name, out of 256: by its length, first, second and last letter. */
static unsigned kind_of(const char *name, size_t len)
{
    const unsigned char *n = (const unsigned char *)name;
    return ((unsigned)len * 7U + n[0] * 31U + n[len > 1] * 5U + n[len - 1]) % 256U;
}

enum status exempt_init(struct exempt *e, const char *list)
{
    memset(e, 0, sizeof *e);
    if (list == NULL || *list == '\0')
        return ST_OK;
    size_t len = strlen(list), names = 1;
    for (size_t i = 0; i < len; i++)
        names += list[i] == ',';
    e->text = malloc(len + 1);
    e->names = malloc(names * sizeof *e->names);
    if (e->text == NULL || e->names == NULL) {
        exempt_close(e);
        return ST_NOMEM;
    }
    char *out = e->text;
    const char *p = list;
    for (bool more = true; more; p++) {
        char *name = out;
        for (; *p != '\0' && *p != ','; p++) {
            if (!isspace((unsigned char)*p))
                *out++ = (char)tolower((unsigned char)*p);
        }
        more = *p == ',';
        if (out > name) {
            unsigned kind = kind_of(name, (size_t)(out - name));
            e->kinds[kind / 64] |= UINT64_C(1) << kind % 64;
            *out++ = '\0';
            e->names[e->n++] = name;
        }
    }
    qsort(e->names, e->n, sizeof *e->names, by_name);
    return ST_OK;
}

void exempt_close(struct exempt *e)
{
    free(e->text);
    free(e->names);
    memset(e, 0, sizeof *e);
}

bool exempt_has(const struct exempt *e, const char *name)
{
    size_t len = strlen(name);
    unsigned kind = len > 0 ? kind_of(name, len) : 0;
    if (len == 0 || (e->kinds[kind / 64] >> kind % 64 & 1) == 0)
        return false;
    return bsearch(&name, e->names, e->n, sizeof *e->names, by_name) != NULL;
}
