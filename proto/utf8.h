/* UTF-8 as RFC 3629 section 4 defines it: no overlong form, no surrogate, nothing above
 * U+10FFFF. */
#ifndef UVD_PROTO_UTF8_H
#define UVD_PROTO_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed sequence at the start of `s` (1 to 4), 0 when there is none. */
size_t utf8_sequence(const char *s, size_t len);

/* Is all of it well-formed? The empty text is. */
bool utf8_is_valid(const char *s, size_t len);

#endif
