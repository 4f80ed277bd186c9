#include "proto/rdap_reply.h"

const char *rdap_state_text(enum rdap_state s)
{
    static const char *const texts[] = {
#define X(name, text) text,
        RDAP_STATE_MAP(X)
#undef X
    };
    return texts[s];
}
