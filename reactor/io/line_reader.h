/* The lines of a file, a pipe or a terminal, one at a time and only as fast as they are
 * taken: what is not taken stays with whoever writes it. */
#ifndef UVD_IO_LINE_READER_H
#define UVD_IO_LINE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/status.h"

/* Longest line that is given whole, its end not counted. More than a name takes, also when
 * it is spelled in a script that needs three bytes a letter. */
#define LINE_READER_MAX 1024

struct line_reader;

struct line {
    const char *text; /* in the reader's buffer, until the next call; not NUL-terminated */
    size_t len;
    bool is_cut; /* the line is longer: these are its first LINE_READER_MAX bytes */
};

enum line_state {
    LINE_READ,   /* *line is the next one */
    LINE_WAIT,   /* nothing there yet; the loop turns when there is */
    LINE_END,    /* nothing will come; a last line need not end with a newline */
    LINE_FAILED, /* it can't be read: line_reader_error */
};

/* Reads from `fd`, which stays the caller's and keeps its flags.
 *   ST_NOMEM, ST_IO: the loop refused */
enum status line_reader_new(uv_loop_t *loop, int fd, struct line_reader **out);

enum line_state line_reader_next(struct line_reader *r, struct line *line);

/* For people; static. */
const char *line_reader_error(const struct line_reader *r);

/* `r` is freed once the loop has closed its handle. NULL is ignored. */
void line_reader_close(struct line_reader *r);

#endif
