#include "proto/vocab.h"

#define TEXTS(function, type, map)                                                         \
    const char *function(enum type v)                                                      \
    {                                                                                      \
        static const char *const texts[] = {map(TEXT_OF)};                                 \
        return texts[v];                                                                   \
    }
#define TEXT_OF(name, text) text,

TEXTS(phase_text, phase, PHASE_MAP)
TEXTS(reason_text, reason, REASON_MAP)
TEXTS(risk_text, risk, RISK_MAP)
TEXTS(dns_outcome_text, dns_outcome, DNS_OUTCOME_MAP)
TEXTS(status_outcome_text, status_outcome, STATUS_OUTCOME_MAP)
TEXTS(rail_text, rail, RAIL_MAP)
