/* IANA's bootstrap file for domains (RFC 9224): which suffix is answered for by which RDAP
 * servers.
 *
 *   {"version":"1.0","services":[[["com","net"],["https://rdap.example/v1/"]],..]}
 *
 * A compact table: all text in one block, the suffixes sorted. */
#ifndef UVD_PROTO_RDAP_BOOTSTRAP_H
#define UVD_PROTO_RDAP_BOOTSTRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define RDAP_BASE_MAX 255        /* of one base URL, the slash at its end included */
#define RDAP_BASES_MAX 4         /* of a suffix that are kept */
#define RDAP_SUFFIXES_MAX 20000U /* the file has some 1,200 */

struct rdap_bootstrap;

/* What a suffix has: base URLs with a slash at their end, in the file's order. */
struct rdap_bases {
    const char *at[RDAP_BASES_MAX]; /* into the table */
    size_t n;
};

/* Read the file. Base URLs that may not be asked (http:// but to a loopback address, a
 * user, query or fragment, too long) and suffixes that are none (the root, no A-labels) are
 * left out, and so is a suffix that is listed twice: it can't be known whose word counts.
 *   ST_MALFORMED: not the shape, or nothing of use in it; ST_FULL: too many suffixes;
 *   ST_NOMEM. `out` only changes on ST_OK. */
enum status rdap_bootstrap_parse(const char *body, size_t len, struct rdap_bootstrap **out);

void rdap_bootstrap_free(struct rdap_bootstrap *b);

/* The servers of the longest suffix of `domain` (lower-case A-labels) that is listed.
 * False: there is none. */
bool rdap_bootstrap_find(const struct rdap_bootstrap *b, const char *domain,
                         struct rdap_bases *out);

size_t rdap_bootstrap_suffixes(const struct rdap_bootstrap *b);

#endif
