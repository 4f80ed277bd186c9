/* Names that can't be a public suffix, without a look-up: a bitmap of the names of all
 * rules of the public suffix list. Nearly every name that comes in is none, and the library
 * needs two binary searches over all rules to say so. */
#ifndef UVD_PROTO_SUFFIX_FILTER_H
#define UVD_PROTO_SUFFIX_FILTER_H

#include <stdbool.h>
#include <stdio.h>

struct suffix_filter;

/* Read the rules from their text (publicsuffix.org, "Format"), from its beginning. NULL:
 * out of memory, it can't be read, or a rule of it is not understood. */
struct suffix_filter *suffix_filter_new(FILE *rules);
void suffix_filter_free(struct suffix_filter *f);

/* May `name`, in A-labels, be a public suffix by a rule of its own or one for all names
 * right below `parent`, the same name less its first label? false: it is none, unless it is
 * a top label, which each is. */
bool suffix_filter_may_have(const struct suffix_filter *f, const char *name,
                            const char *parent);

#endif
