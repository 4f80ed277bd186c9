/* unverifyd check DOMAIN...: the DNS and status pipeline, once, without a bus. */
#ifndef UVD_CMD_CHECK_H
#define UVD_CMD_CHECK_H

#include <stddef.h>

#include "config/config.h"

/* Prints one line of JSON a domain on standard output, in the order given, each as soon as
 * it and those before it are known (check_line.h says what is in it). Blocks until all are.
 *   return  the exit code: 0; 1 when an argument is no domain or the output can't be
 *           written; 2 when the configuration can't be used, with a line on stderr */
int cmd_check_run(const struct config *c, const char *const *domains, size_t n);

#endif
