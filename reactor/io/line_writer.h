/* Many short lines to a file, a pipe or a terminal, in large pieces, without holding up the
 * loop: a reader that is slow makes the writer full, and whoever produces the lines stops.
 */
#ifndef UVD_IO_LINE_WRITER_H
#define UVD_IO_LINE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/status.h"
#include "proto/message.h"

struct line_writer;

/* Writes to `fd`, which stays the caller's and keeps its flags. */
enum status line_writer_new(uv_loop_t *loop, int fd, struct line_writer **out);

/* Where to append. Bytes leave when there are many of them, or after a moment; call
 * line_writer_kick after appending. Until the next turn of the loop. */
struct buf *line_writer_buffer(struct line_writer *w);
void line_writer_kick(struct line_writer *w);

/* So much is waiting that nothing should be produced for now. */
bool line_writer_is_full(const struct line_writer *w);

/* Write what is there, however little. true: all of it has been written, or can't be. */
bool line_writer_flush(struct line_writer *w);

/* NULL while all is well; else what went wrong, for people; static. What is appended then
 * is dropped. */
const char *line_writer_error(const struct line_writer *w);

/* What is not written yet is lost. `w` is freed once the loop has let go of it, which is
 * when a write that is under way has come back. NULL is ignored. */
void line_writer_close(struct line_writer *w);

#endif
