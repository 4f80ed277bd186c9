/* Where this process lives, and whether another one that lived here still does (proc(5)).
 */
#ifndef UVD_IO_PROCESS_H
#define UVD_IO_PROCESS_H

#include <stdbool.h>

#include "proto/lease_note.h"

/* Fill in holder, place, pid and started. `unique` tells lives of one process apart. */
void process_describe(const char *unique, struct lease_note *out);

/* Of a note that is not this life's own. true: its process lived where this one does, and
 * has ended. false: it lives, or nothing is known of it. */
bool process_is_gone(const struct lease_note *n);

#endif
