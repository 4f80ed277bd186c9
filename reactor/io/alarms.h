/* What the log says when the status API can't be asked as it should be, and when it can
 * again: one line a change, for whoever is on duty. */
#ifndef UVD_IO_ALARMS_H
#define UVD_IO_ALARMS_H

#include "core/core.h"

/* An FX_BUDGET and an FX_BREAKER. */
void alarms_log_budget(const struct effect *e);
void alarms_log_breaker(const struct effect *e);

#endif
