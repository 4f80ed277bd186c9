/* unverifyd decode: one message of ours to one line of JSON, for `nats sub --translate`;
 * also one of the log or a chunk of a snapshot, told by its magic (proto/fact.h). */
#ifndef UVD_CMD_DECODE_H
#define UVD_CMD_DECODE_H

#include <stdio.h>

/* Reads `in` to its end (at most 64 MiB) and writes one line to `out`. Msgpack becomes
 * JSON; JSON (told by its first byte: a brace, a bracket or white space) loses its line
 * breaks and blanks, its numbers staying as they were written.
 *   return  the exit code: 0, or 1 with one line on `err` and nothing on `out` when the
 *           input is empty, too long or no message, or can't be read or written */
int cmd_decode_run(FILE *in, FILE *out, FILE *err);

#endif
