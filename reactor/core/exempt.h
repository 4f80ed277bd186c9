/* Domains that are counted and never checked: webmail hosts, by default. */
#ifndef UVD_CORE_EXEMPT_H
#define UVD_CORE_EXEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct exempt {
    char *text;   /* the list, lower case, commas turned into NULs */
    char **names; /* sorted */
    size_t n;
    uint64_t kinds[4]; /* a bit for each name's kind: most names have none of them */
};

/* `list`: comma-separated names, blanks around them allowed; NULL: none. Copied. */
enum status exempt_init(struct exempt *e, const char *list);
void exempt_close(struct exempt *e);
bool exempt_has(const struct exempt *e, const char *name);

#endif
