/* MUST: for what only a bug in this program can break; active in every build.
 * Bytes from outside (bus, DNS, HTTP, files) are checked with a status, never with MUST. */
#ifndef UVD_BASE_MUST_H
#define UVD_BASE_MUST_H

#include <stdio.h>
#include <stdlib.h>

static inline _Noreturn void must_fail(const char *what, const char *file, int line)
{
    fprintf(stderr, "level=fatal event=invariant where=%s:%d what=\"%s\"\n", file, line,
            what);
    abort();
}

#define MUST(cond) ((cond) ? (void)0 : must_fail(#cond, __FILE__, __LINE__))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#define container_of(ptr, type, member)                                                    \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#endif
