/* unverifyd check DOMAIN...: the DNS and status pipeline, once, without a bus. */
#ifndef UVD_CMD_CHECK_H
#define UVD_CMD_CHECK_H

#include <stddef.h>

#include "config/config.h"

/* Prints one line of JSON a domain on standard output. Returns the exit code. */
int cmd_check_run(const struct config *c, const char *const *domains, size_t n);

#endif
