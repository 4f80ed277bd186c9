/* Writing lines.
 *
 *   1. Lines are appended to one buffer.
 *   2. When it holds enough, or a moment has passed, it changes places with the other
 *      one and is written on libuv's worker: a pipe that nobody reads blocks that
 *      worker and not the loop.
 *   3. The rest of a write that was cut short follows at once.
 *
 * What can go wrong:
 *   - the reader is slow: bytes wait, and the writer says that it is full;
 *   - the reader is gone, the disk is full: remembered, told, and nothing is written any
 *     more;
 *   - somebody has made the descriptor non-blocking (its flags are shared with others
 *     and are left alone): the write is tried again after a moment;
 *   - we are closed with a write under way, which can't be taken back: its return frees
 *     the writer. */
#include "io/line_writer.h"

#include <stdlib.h>

#include "base/must.h"

#define WRITE_BYTES ((size_t)256 << 10)
#define FULL_BYTES (4 * WRITE_BYTES)
#define MOMENT_MS 100

struct line_writer {
    uv_loop_t *loop;
    uv_timer_t moment;
    uv_fs_t write;
    int fd;
    int error; /* of libuv; 0: none */
    struct buf filling, writing;
    size_t written;  /* of `writing` */
    bool is_out;     /* a write is under way */
    bool is_put_off; /* until the moment has passed */
    bool closing, timer_closed;
};

static void maybe_free(struct line_writer *w)
{
    if (!w->closing || !w->timer_closed || w->is_out)
        return;
    buf_free(&w->filling);
    buf_free(&w->writing);
    free(w);
}

static void on_moment(uv_timer_t *timer);
static void on_written(uv_fs_t *req);

static void wait_a_moment(struct line_writer *w)
{
    if (!uv_is_active((uv_handle_t *)&w->moment))
        uv_timer_start(&w->moment, on_moment, MOMENT_MS, 0);
}

static void fail(struct line_writer *w, int error)
{
    w->error = error;
    w->filling.len = w->writing.len = w->written = 0;
}

static void write_some(struct line_writer *w)
{
    uv_buf_t piece = uv_buf_init((char *)w->writing.data + w->written,
                                 (unsigned)(w->writing.len - w->written));
    w->is_out = true;
    int rc = uv_fs_write(w->loop, &w->write, w->fd, &piece, 1, -1, on_written);
    if (rc == 0)
        return;
    w->is_out = false;
    fail(w, rc);
}

static void start(struct line_writer *w)
{
    if (w->is_out || w->is_put_off || w->closing || w->error != 0)
        return;
    if (w->written == w->writing.len) {
        struct buf empty = w->writing;
        w->writing = w->filling;
        w->filling = empty;
        w->filling.len = 0;
        w->written = 0;
    }
    if (w->written < w->writing.len)
        write_some(w);
}

static void on_moment(uv_timer_t *timer)
{
    struct line_writer *w = container_of(timer, struct line_writer, moment);
    w->is_put_off = false;
    start(w);
}

static void on_written(uv_fs_t *req)
{
    struct line_writer *w = container_of(req, struct line_writer, write);
    ssize_t n = req->result;
    uv_fs_req_cleanup(req);
    w->is_out = false;
    if (w->closing) {
        maybe_free(w);
        return;
    }
    if (n >= 0)
        w->written += (size_t)n;
    else if (n != UV_EAGAIN)
        fail(w, (int)n);
    w->is_put_off = n == UV_EAGAIN;
    if (w->is_put_off)
        wait_a_moment(w);
    else if (w->written < w->writing.len || w->filling.len >= WRITE_BYTES)
        start(w);
    else if (w->filling.len > 0)
        wait_a_moment(w);
}

enum status line_writer_new(uv_loop_t *loop, int fd, struct line_writer **out)
{
    struct line_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return ST_NOMEM;
    w->loop = loop;
    w->fd = fd;
    uv_timer_init(loop, &w->moment);
    *out = w;
    return ST_OK;
}

struct buf *line_writer_buffer(struct line_writer *w)
{
    if (w->error != 0)
        w->filling.len = 0;
    return &w->filling;
}

void line_writer_kick(struct line_writer *w)
{
    if (w->filling.len >= WRITE_BYTES)
        start(w);
    else if (!w->is_out)
        wait_a_moment(w);
}

bool line_writer_is_full(const struct line_writer *w)
{
    return w->error == 0 && w->filling.len + w->writing.len - w->written >= FULL_BYTES;
}

bool line_writer_flush(struct line_writer *w)
{
    start(w);
    return !w->is_out &&
           (w->error != 0 || (w->filling.len == 0 && w->written == w->writing.len));
}

const char *line_writer_error(const struct line_writer *w)
{
    return w->error != 0 ? uv_strerror(w->error) : NULL;
}

static void on_closed(uv_handle_t *handle)
{
    struct line_writer *w = container_of((uv_timer_t *)handle, struct line_writer, moment);
    w->timer_closed = true;
    maybe_free(w);
}

void line_writer_close(struct line_writer *w)
{
    if (w == NULL || w->closing)
        return;
    w->closing = true;
    uv_close((uv_handle_t *)&w->moment, on_closed);
}
