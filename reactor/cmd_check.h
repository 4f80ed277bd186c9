/* unverifyd check: the DNS and status pipeline, once, without a bus. */
#ifndef UVD_CMD_CHECK_H
#define UVD_CMD_CHECK_H

#include <stddef.h>

#include "config/config.h"

/* check DOMAIN...: prints one line of JSON a domain on standard output, in the order given,
 * each as soon as it and those before it are known (check_line.h says what is in it).
 * Blocks until all are. return  the exit code: 0; 1 when an argument is no domain or the
 * output can't be written; 2 when the configuration can't be used, with a line on stderr */
int cmd_check_run(const struct config *c, const char *const *domains, size_t n);

/* check --stdin: the same for each line of standard input, however many there are, with
 * bounded memory. Lines come out in the order in which they are known; "line" says which
 * line of the input it is about. Blanks around a name are dropped, empty lines are skipped.
 * The totals go to the log at the end.
 *   return  as above; 1 also when the input can't be read or a signal ended it */
int cmd_check_stdin(const struct config *c);

#endif
