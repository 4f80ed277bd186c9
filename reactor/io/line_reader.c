/* Reading lines.
 *
 *   1. Lines come out of the buffer. What is left of one at its end moves to the front.
 *   2. An empty buffer is filled by one read: at once from a file, from anything else
 *      when the loop has said that something is there.
 *   3. Nothing is watched while nobody asks, so a writer that is too fast is stopped by
 *      its full pipe.
 *
 * What can go wrong:
 *   - a line without an end: its first LINE_READER_MAX bytes are the line, what follows
 *     up to the newline is dropped;
 *   - the descriptor can't be watched: then it is a file, or reading it says why not;
 *   - somebody else reads the same pipe: read would block. The descriptor's flags are
 *     shared with whoever else has it (a shell, our own standard error), so they are
 *     left alone, and the loop would stand still until something comes. */
#include "io/line_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"

#define READ_BYTES (256U << 10)

struct line_reader {
    uv_poll_t poll;
    int fd;
    bool is_watched; /* may be polled: no file */
    bool is_ready;   /* a read will not block */
    bool is_ended;
    bool skips; /* in the rest of a line that was cut */
    int error;  /* of errno */
    size_t from, to;
    char bytes[READ_BYTES];
};

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct line_reader *r = container_of(poll, struct line_reader, poll);
    (void)status; /* reading says what it is */
    (void)events;
    r->is_ready = true;
    uv_poll_stop(poll);
}

/* false: nothing now, nothing any more, or it failed. */
static bool fill(struct line_reader *r)
{
    if (r->is_ended || r->error != 0)
        return false;
    if (r->is_watched && !r->is_ready) {
        uv_poll_start(&r->poll, UV_READABLE, on_ready);
        return false;
    }
    memmove(r->bytes, r->bytes + r->from, r->to - r->from);
    r->to -= r->from;
    r->from = 0;
    ssize_t n = read(r->fd, r->bytes + r->to, sizeof r->bytes - r->to);
    r->is_ready = false;
    if (n > 0)
        r->to += (size_t)n;
    else if (n == 0)
        r->is_ended = true;
    else if (errno != EINTR && errno != EAGAIN)
        r->error = errno;
    return n > 0;
}

static enum line_state give(struct line_reader *r, struct line *line, size_t len)
{
    line->text = r->bytes + r->from;
    line->is_cut = len > LINE_READER_MAX;
    line->len = line->is_cut ? LINE_READER_MAX : len;
    r->from += len;
    return LINE_READ;
}

/* A whole line, or enough of one that is too long. false: neither is in the buffer. */
static bool take(struct line_reader *r, struct line *line)
{
    while (r->from < r->to) {
        const char *at = r->bytes + r->from;
        size_t left = r->to - r->from;
        const char *end = memchr(at, '\n', left);
        size_t len = end != NULL ? (size_t)(end - at) : left;
        bool is_new = !r->skips;
        if (end == NULL && is_new && len <= LINE_READER_MAX)
            return false;
        r->skips = end == NULL;
        if (is_new)
            give(r, line, len);
        else
            r->from += len;
        r->from += end != NULL;
        if (is_new)
            return true;
    }
    return false;
}

enum line_state line_reader_next(struct line_reader *r, struct line *line)
{
    while (!take(r, line)) {
        if (fill(r))
            continue;
        if (r->error != 0)
            return LINE_FAILED;
        if (!r->is_ended)
            return LINE_WAIT;
        return r->from < r->to && !r->skips ? give(r, line, r->to - r->from) : LINE_END;
    }
    return LINE_READ;
}

const char *line_reader_error(const struct line_reader *r)
{
    return strerror(r->error);
}

static void on_closed(uv_handle_t *handle)
{
    free(container_of((uv_poll_t *)handle, struct line_reader, poll));
}

enum status line_reader_new(uv_loop_t *loop, int fd, struct line_reader **out)
{
    struct line_reader *r = malloc(sizeof *r);
    if (r == NULL)
        return ST_NOMEM;
    memset(r, 0, offsetof(struct line_reader, bytes));
    r->fd = fd;
    int flags = fcntl(fd, F_GETFL);
    int rc = uv_poll_init(loop, &r->poll, fd);
    r->is_watched = rc == 0;
    if (r->is_watched && flags >= 0)
        fcntl(fd, F_SETFL, flags); /* libuv has set O_NONBLOCK */
    *out = r;
    return ST_OK;
}

void line_reader_close(struct line_reader *r)
{
    if (r == NULL)
        return;
    if (r->is_watched)
        uv_close((uv_handle_t *)&r->poll, on_closed);
    else
        free(r);
}
