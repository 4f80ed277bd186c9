/* `unverifyd check DOMAIN...`: the pipeline once, without a bus and without consequences.
 */
#ifndef UVD_CMD_CHECK_H
#define UVD_CMD_CHECK_H

#include <stddef.h>

#include "config/config.h"

/* Ask DNS, and the status API about those that are gone from DNS, and print one line of
 * JSON for each argument on standard output, in the order given. Rates and windows are
 * those of the configuration. Returns the exit code: 0, or 1 when an argument is no domain
 * or a part can't be made. */
int cmd_check_run(const struct config *c, const char *const *domains, size_t n);

#endif
