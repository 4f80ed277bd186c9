/* Texts of options to values: grammar and range of each type. Opens no file and looks
 * nothing up, so it is the same on every machine. */
#ifndef UVD_CONFIG_OPTION_VALUE_H
#define UVD_CONFIG_OPTION_VALUE_H

#include <stdint.h>

#include "base/status.h"
#include "config/option.h"

/* Longest text of one value; an environment string of Linux ends at 128 KiB. */
#define OPTION_TEXT_MAX 65536

struct option_value {
    char *text; /* as it is kept and printed: trimmed, lists joined by ',', names in
                   lower case; owned, NULL when unset */
    uint32_t
        number;  /* OPTION_NUMBER, OPTION_WORD (place in the row), OPTION_SWITCH (0, 1) */
    double real; /* OPTION_RATE, OPTION_SHARE */
};

#define OPTION_WRONG_SIZE 192

/* Read `text` (not empty) as the option's type.
 *   return  ST_OK: *out is filled, out->text owned by the caller
 *           ST_INVALID: `wrong` says what is wrong, without what is allowed; it never
 *           quotes a secret
 *           ST_NOMEM */
enum status option_parse(const struct option *o, const char *text, struct option_value *out,
                         char wrong[OPTION_WRONG_SIZE]);

#define OPTION_ALLOWED_SIZE 224

/* What the option allows, for people: "1 to 10", "debug, info, warn, error". */
void option_allowed(const struct option *o, char out[OPTION_ALLOWED_SIZE]);

/* The text with everything but printable ASCII made '?', cut at about 48 bytes, in quotes:
 * what an error may show of something from outside. */
#define OPTION_QUOTED_SIZE 64
void option_quote(const char *text, size_t len, char out[OPTION_QUOTED_SIZE]);

#endif
