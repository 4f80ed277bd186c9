#include "base/status.h"

const char *status_text(enum status st)
{
    switch (st) { /* no default: a new code must be listed to compile */
#define X(name, value, text)                                                               \
    case name:                                                                             \
        return text;
        STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}
