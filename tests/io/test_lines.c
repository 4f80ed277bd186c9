/* Lines in and out on a real loop: files and pipes, slow ends and ends that go away. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/line_reader.h"
#include "io/line_writer.h"
#include "io/servers.h"

#define WAIT_MS 20000

/* Reading ------------------------------------------------------------------------- */

static struct {
    struct line_reader *reader;
    enum line_state state;
    char text[8][LINE_READER_MAX + 1];
    size_t len[8];
    bool is_cut[8];
    size_t n, wanted;
} got;

/* Takes what there is; true when there was enough, or it is over. */
static bool has_lines(void *arg)
{
    struct line line;
    (void)arg;
    while (got.n < got.wanted &&
           (got.state = line_reader_next(got.reader, &line)) == LINE_READ) {
        assert_true(line.len <= LINE_READER_MAX);
        memcpy(got.text[got.n], line.text, line.len);
        got.text[got.n][line.len] = '\0';
        got.len[got.n] = line.len;
        got.is_cut[got.n++] = line.is_cut;
    }
    return got.n == got.wanted || got.state == LINE_END || got.state == LINE_FAILED;
}

static void read_lines(uv_loop_t *loop, size_t wanted)
{
    got.wanted = got.n + wanted;
    assert_true(got.wanted <= ARRAY_LEN(got.len));
    got.state = LINE_WAIT;
    run_until(loop, has_lines, NULL, WAIT_MS);
}

static void open_reader(uv_loop_t *loop, int fd)
{
    memset(&got, 0, sizeof got);
    uv_loop_init(loop);
    assert_int_equal(line_reader_new(loop, fd, &got.reader), ST_OK);
}

static void close_reader(uv_loop_t *loop)
{
    line_reader_close(got.reader);
    run_out(loop, WAIT_MS);
}

static void put(int fd, const void *text, size_t len)
{
    assert_int_equal(write(fd, text, len), len);
}

static int file_of(const char *text, size_t len)
{
    char name[] = "/tmp/uvd-lines-XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    put(fd, text, len);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void a_file(void **state)
{
    uv_loop_t loop;
    int fd = file_of("one\n\n\0two\r\nlast", 15);
    (void)state;
    open_reader(&loop, fd);
    read_lines(&loop, 5);
    assert_int_equal(got.state, LINE_END);
    assert_int_equal(got.n, 4);
    assert_string_equal(got.text[0], "one");
    assert_int_equal(got.len[1], 0);
    assert_int_equal(got.len[2], 5);
    assert_memory_equal(got.text[2], "\0two\r", 5);
    assert_string_equal(got.text[3], "last"); /* without a newline */
    close_reader(&loop);
    close(fd);
}

/* As long as may be, one more, much more than the buffer holds, and without an end. */
static void long_lines(void **state)
{
    enum { HUGE_LINE = 700000 };
    uv_loop_t loop;
    size_t len = 0;
    char *text = malloc(3 * HUGE_LINE);
    (void)state;
    assert_non_null(text);
    const size_t lens[] = {LINE_READER_MAX, LINE_READER_MAX + 1, HUGE_LINE};
    for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
        memset(text + len, 'a' + (int)i, lens[i]);
        len += lens[i];
        text[len++] = '\n';
    }
    memcpy(text + len, "after\n", 6);
    len += 6;
    memset(text + len, 'z', HUGE_LINE);
    len += HUGE_LINE;
    int fd = file_of(text, len);
    free(text);
    open_reader(&loop, fd);
    read_lines(&loop, 6);
    assert_int_equal(got.n, 5);
    for (size_t i = 0; i < got.n; i++)
        assert_int_equal(got.is_cut[i], i == 1 || i == 2 || i == 4);
    assert_int_equal(got.len[0], LINE_READER_MAX);
    assert_int_equal(got.len[2], LINE_READER_MAX);
    assert_int_equal(got.text[2][LINE_READER_MAX - 1], 'c');
    assert_string_equal(got.text[3], "after");
    close_reader(&loop);
    close(fd);
}

static void a_pipe(void **state)
{
    uv_loop_t loop;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    open_reader(&loop, ends[0]);
    assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0); /* others have it, too */
    assert_false(has_lines(NULL) && got.wanted > 0);
    put(ends[1], "first\nsec", 9);
    read_lines(&loop, 1);
    assert_string_equal(got.text[0], "first");
    got.wanted = 2;
    assert_false(has_lines(NULL)); /* half a line is none */
    assert_int_equal(got.state, LINE_WAIT);
    put(ends[1], "ond\nrest", 8);
    read_lines(&loop, 1);
    assert_string_equal(got.text[1], "second");
    close(ends[1]);
    read_lines(&loop, 2);
    assert_string_equal(got.text[2], "rest");
    assert_int_equal(got.state, LINE_END);
    close_reader(&loop);
    close(ends[0]);
}

/* Nobody takes lines: the pipe fills, and stays full. */
static void a_pipe_that_is_not_read(void **state)
{
    uv_loop_t loop;
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    open_reader(&loop, ends[0]);
    size_t filled = 0;
    while (write(ends[1], "name.example\n", 13) == 13)
        filled++;
    assert_int_equal(errno, EAGAIN);
    assert_true(filled > 100);
    for (int i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(poll(&(struct pollfd){.fd = ends[1], .events = POLLOUT}, 1, 0), 0);
    read_lines(&loop, 8);
    assert_string_equal(got.text[7], "name.example");
    close_reader(&loop);
    close(ends[0]);
    close(ends[1]);
}

static void what_cannot_be_read(void **state)
{
    uv_loop_t loop;
    int fd = open("/tmp", O_RDONLY | O_DIRECTORY);
    (void)state;
    open_reader(&loop, fd);
    read_lines(&loop, 1);
    assert_int_equal(got.state, LINE_FAILED);
    assert_string_equal(line_reader_error(got.reader), strerror(EISDIR));
    close_reader(&loop);
    close(fd);
    line_reader_close(NULL);
}

/* Writing ------------------------------------------------------------------------- */

static bool is_written(void *arg)
{
    return line_writer_flush(arg);
}

static bool has_failed(void *arg)
{
    return line_writer_error(arg) != NULL;
}

static struct line_writer *open_writer(uv_loop_t *loop, int fd)
{
    struct line_writer *w = NULL;
    uv_loop_init(loop);
    assert_int_equal(line_writer_new(loop, fd, &w), ST_OK);
    return w;
}

static void append(struct line_writer *w, const char *text)
{
    assert_int_equal(buf_append(line_writer_buffer(w), text, strlen(text)), ST_OK);
    line_writer_kick(w);
}

static void to_a_file(void **state)
{
    enum { LINES = 50000 };
    uv_loop_t loop;
    int fd = file_of("", 0);
    char line[16];
    (void)state;
    struct line_writer *w = open_writer(&loop, fd);
    for (int i = 0; i < LINES; i++) {
        snprintf(line, sizeof line, "%09d\n", i);
        append(w, line);
        if (line_writer_is_full(w))
            run_until(&loop, is_written, w, WAIT_MS);
    }
    run_until(&loop, is_written, w, WAIT_MS);
    assert_null(line_writer_error(w));
    line_writer_close(w);
    run_out(&loop, WAIT_MS);
    assert_int_equal(lseek(fd, 0, SEEK_END), LINES * 10);
    for (int i = 0; i < LINES; i += 997) {
        snprintf(line, sizeof line, "%09d\n", i);
        char read_back[16] = "";
        assert_int_equal(pread(fd, read_back, 10, (off_t)i * 10), 10);
        assert_string_equal(read_back, line);
    }
    close(fd);
}

static bool can_be_read(void *arg)
{
    return poll(&(struct pollfd){.fd = *(int *)arg, .events = POLLIN}, 1, 0) == 1;
}

/* A single line does not wait for others; a reader that is slow makes the writer full and
 * not the loop stop. */
static void to_a_slow_pipe(void **state)
{
    static char line[1001];
    uv_loop_t loop;
    int ends[2];
    size_t sent = 0, seen = 0;
    (void)state;
    memset(line, 'x', sizeof line - 1);
    line[sizeof line - 2] = '\n';
    assert_int_equal(pipe(ends), 0);
    struct line_writer *w = open_writer(&loop, ends[1]);
    append(w, line);
    sent++;
    run_until(&loop, can_be_read, &ends[0], WAIT_MS);
    while (!line_writer_is_full(w)) {
        append(w, line);
        sent++;
    }
    for (int i = 0; i < 10; i++)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_true(line_writer_is_full(w));
    assert_false(line_writer_flush(w));
    while (seen < sent * (sizeof line - 1)) {
        static char bytes[65536];
        ssize_t n = read(ends[0], bytes, sizeof bytes);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++, seen++)
            assert_int_equal(bytes[i], line[seen % (sizeof line - 1)]);
        uv_run(&loop, UV_RUN_NOWAIT);
        line_writer_flush(w);
    }
    run_until(&loop, is_written, w, WAIT_MS);
    assert_false(line_writer_is_full(w));
    line_writer_close(w);
    run_out(&loop, WAIT_MS);
    close(ends[0]);
    close(ends[1]);
}

/* Somebody who shares it has made it non-blocking. */
static void to_a_pipe_that_would_block(void **state)
{
    uv_loop_t loop;
    int ends[2];
    char byte;
    (void)state;
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    while (write(ends[1], "-", 1) == 1)
        continue;
    struct line_writer *w = open_writer(&loop, ends[1]);
    append(w, "!\n");
    for (int i = 0; i < 5; i++) {
        line_writer_flush(w);
        uv_run(&loop, UV_RUN_ONCE);
    }
    assert_null(line_writer_error(w));
    while (read(ends[0], &byte, 1) == 1)
        assert_int_equal(byte, '-');
    run_until(&loop, is_written, w, WAIT_MS);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, '!');
    line_writer_close(w);
    run_out(&loop, WAIT_MS);
    close(ends[0]);
    close(ends[1]);
}

static void nobody_is_there(void **state)
{
    uv_loop_t loop;
    int ends[2];
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct line_writer *w = open_writer(&loop, ends[1]);
    append(w, "to nobody\n");
    run_until(&loop, has_failed, w, WAIT_MS);
    assert_string_equal(line_writer_error(w), uv_strerror(UV_EPIPE));
    assert_false(line_writer_is_full(w));
    append(w, "again\n");
    assert_true(line_writer_flush(w));
    line_writer_close(w);
    run_out(&loop, WAIT_MS);
    close(ends[1]);
}

/* Closed while a write is under way that nobody reads: freed when it has come back. */
static void closed_while_writing(void **state)
{
    uv_loop_t loop;
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    struct line_writer *w = open_writer(&loop, ends[1]);
    while (!line_writer_is_full(w))
        append(w, "a line that is in nobody's way\n");
    run_until(&loop, can_be_read, &ends[0], WAIT_MS);
    line_writer_close(w);
    uv_run(&loop, UV_RUN_NOWAIT);
    close(ends[0]);
    run_out(&loop, WAIT_MS);
    close(ends[1]);
    line_writer_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(a_pipe),
        cmocka_unit_test(a_pipe_that_is_not_read),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(to_a_file),
        cmocka_unit_test(to_a_slow_pipe),
        cmocka_unit_test(to_a_pipe_that_would_block),
        cmocka_unit_test(nobody_is_there),
        cmocka_unit_test(closed_while_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
