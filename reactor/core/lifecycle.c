#include "core/lifecycle.h"

#include <stddef.h>
#include <string.h>

#include "base/must.h"

#define HOUR_S 3600U

/* A name that lapses is out of its zone for weeks before anybody else can have it, nearly
 * everywhere: 30 days of redemption and 5 of pending delete (ICANN Expired Registration
 * Recovery Policy 3.1 and 3.2; .au, .fr, .de and others likewise), 40 days of quarantine
 * (.eu, .nl), 60 days of suspension (.uk, Nominet's renewal rules). A look a day finds it
 * there. These top-level domains have no such time:
 *
 *   ws    not restored once deleted, free at once or after a hold of 5 days, depending on
 *         who tells (registrars' pages: LogicBoxes "no redemption grace period", 1API
 *         "deletion hold 5 days, restores not possible")
 *   name  no redemption, 5 days of pending delete (LogicBoxes, as above) */
static const struct {
    const char *tld;
    uint32_t look_s;
} hasty[] = {
    {"ws", 6 * HOUR_S},
    {"name", 6 * HOUR_S},
};

uint32_t lifecycle_look_s(const char *name)
{
    const char *dot = strrchr(name, '.');
    const char *tld = dot != NULL ? dot + 1 : name;
    for (size_t i = 0; i < ARRAY_LEN(hasty); i++) {
        if (strcmp(tld, hasty[i].tld) == 0)
            return hasty[i].look_s;
    }
    return UINT32_MAX;
}
