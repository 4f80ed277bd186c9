/* Checking what comes on standard input.
 *
 *   1. Before each wait of the loop, lines are read as long as the checker has room and
 *      the output is not behind.
 *   2. What the checker finds is appended to the output at once, whatever its place in
 *      the input was.
 *   3. When the input has ended and the last answer is written, the totals are logged
 *      and all is closed.
 *
 * What can go wrong:
 *   - a line is no domain, or endless: it gets a line that says so;
 *   - nobody reads the output: no more lines are read, what is under way is finished;
 *   - the output is closed or full, the input can't be read: said on standard error, and
 *     the end;
 *   - SIGINT or SIGTERM: no more lines are read and no status question leaves; what DNS
 *     has been asked is waited for and written. A second signal ends the process. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/log.h"
#include "base/must.h"
#include "checker.h"
#include "cli.h"
#include "cmd_check.h"
#include "io/line_reader.h"
#include "io/line_writer.h"

/* A long run of empty lines must not keep the loop from turning. */
#define LINES_A_TURN 8192

struct stream {
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_idle_t more; /* active: there is input left that needs no waiting for */
    uv_signal_t interrupt, terminate;
    struct checker *checker;
    struct line_reader *in;
    struct line_writer *out;
    uint64_t line; /* read so far */
    uint64_t names, faults, outcomes[DNS_OUTCOME_COUNT];
    uint64_t status_questions;
    uint64_t started_ns;
    bool is_ended; /* no more lines are read */
    bool is_interrupted, has_failed, closing;
};

static void fail(struct stream *s, const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    s->has_failed = true;
}

/* Answers ------------------------------------------------------------------------- */

static void on_done(void *arg, uint64_t token, const struct check_facts *facts)
{
    struct stream *s = arg;
    struct check_facts f = *facts;
    f.line = token;
    if (f.fault != ADDRESS_OK)
        s->faults++;
    else
        s->outcomes[f.dns->outcome]++;
    s->names++;
    if (check_line_write(&f, line_writer_buffer(s->out)) != ST_OK)
        fail(s, "standard output", status_text(ST_NOMEM));
    line_writer_kick(s->out);
}

/* Lines --------------------------------------------------------------------------- */

static bool is_blank(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\r';
}

static void ask(struct stream *s, struct line line)
{
    s->line++;
    if (line.is_cut) {
        on_done(s, s->line,
                &(struct check_facts){.fault = ADDRESS_TOO_LONG,
                                      .argument = line.text,
                                      .argument_len = line.len});
        return;
    }
    while (line.len > 0 && is_blank(line.text[0])) {
        line.text++;
        line.len--;
    }
    while (line.len > 0 && is_blank(line.text[line.len - 1]))
        line.len--;
    if (line.len > 0)
        checker_ask(s->checker, s->line, line.text, line.len);
}

static void on_more(uv_idle_t *more)
{
    (void)more; /* while it is active the loop does not wait */
}

static void read_lines(struct stream *s)
{
    struct line line;
    enum line_state state = LINE_WAIT;
    unsigned n = 0;
    uv_idle_stop(&s->more);
    while (n++ < LINES_A_TURN && checker_has_room(s->checker) &&
           !line_writer_is_full(s->out)) {
        state = line_reader_next(s->in, &line);
        if (state != LINE_READ)
            break;
        ask(s, line);
    }
    if (n > LINES_A_TURN)
        uv_idle_start(&s->more, on_more);
    if (state == LINE_END || state == LINE_FAILED)
        s->is_ended = true;
    if (state == LINE_FAILED)
        fail(s, "standard input", line_reader_error(s->in));
}

/* The end ------------------------------------------------------------------------- */

static void log_totals(const struct stream *s)
{
    struct log_field fields[8 + DNS_OUTCOME_COUNT];
    uint64_t ms = (uv_hrtime() - s->started_ns) / 1000000;
    size_t n = 0;
    fields[n++] = LOG_I("names", s->names);
    fields[n++] = LOG_I("not_a_domain", s->faults);
    for (size_t i = 0; i < DNS_OUTCOME_COUNT; i++)
        if (s->outcomes[i] > 0)
            fields[n++] = LOG_I(dns_outcome_text((enum dns_outcome)i), s->outcomes[i]);
    fields[n++] = LOG_I("status_questions", s->status_questions);
    fields[n++] = LOG_I("elapsed_ms", ms);
    fields[n++] = LOG_I("names_per_s", ms > 0 ? s->names * 1000 / ms : 0);
    log_write(LOG_INFO, "check", "totals", fields, n);
}

static void close_all(struct stream *s)
{
    if (s->closing)
        return;
    s->closing = true;
    if (s->checker != NULL)
        s->status_questions = checker_status_questions(s->checker);
    checker_close(s->checker);
    line_reader_close(s->in);
    line_writer_close(s->out);
    uv_close((uv_handle_t *)&s->prepare, NULL);
    uv_close((uv_handle_t *)&s->more, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    uv_close((uv_handle_t *)&s->terminate, NULL);
}

static bool is_finished(struct stream *s)
{
    return s->is_ended && checker_busy(s->checker) == 0 && line_writer_flush(s->out);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct stream *s = container_of(prepare, struct stream, prepare);
    if (s->closing)
        return;
    checker_turn(s->checker);
    if (!s->is_ended)
        read_lines(s);
    const char *error = line_writer_error(s->out);
    if (error != NULL)
        fail(s, "standard output", error);
    if (s->has_failed || is_finished(s))
        close_all(s);
}

static void on_signal(uv_signal_t *handle, int signum)
{
    struct stream *s = handle->data;
    (void)signum;
    if (s->is_interrupted)
        _exit(EXIT_CODE_FAILURE); /* a write that nobody reads can't be taken back */
    s->is_interrupted = s->is_ended = true;
    uv_idle_stop(&s->more);
    checker_hurry(s->checker);
}

/* Setting up ---------------------------------------------------------------------- */

static void watch_signal(struct stream *s, uv_signal_t *handle, int signum)
{
    handle->data = s;
    uv_signal_start(handle, on_signal, signum);
}

static enum status open_stream(struct stream *s, const struct config *c, char *error,
                               size_t error_size)
{
    struct checker_options o = {.config = c, .done = on_done, .arg = s};
    enum status st = checker_new(&s->loop, &o, &s->checker, error, error_size);
    if (st != ST_OK)
        return st;
    st = line_reader_new(&s->loop, STDIN_FILENO, &s->in);
    if (st == ST_OK)
        st = line_writer_new(&s->loop, STDOUT_FILENO, &s->out);
    if (st != ST_OK)
        snprintf(error, error_size, "%s", status_text(st));
    return st;
}

/* What libuv opens first would get the number of a closed stream. */
static bool has_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            fprintf(stderr, "standard %s: closed\n", fd == 0 ? "input" : "output");
            return false;
        }
    }
    return true;
}

int cmd_check_stdin(const struct config *c)
{
    struct stream s = {.closing = false};
    char error[256];
    if (!has_streams())
        return EXIT_CODE_FAILURE;
    if (uv_loop_init(&s.loop) != 0) {
        fprintf(stderr, "no event loop\n");
        return EXIT_CODE_FAILURE;
    }
    uv_prepare_init(&s.loop, &s.prepare);
    uv_idle_init(&s.loop, &s.more);
    uv_signal_init(&s.loop, &s.interrupt);
    uv_signal_init(&s.loop, &s.terminate);
    enum status st = open_stream(&s, c, error, sizeof error);
    if (st == ST_OK) {
        s.started_ns = uv_hrtime();
        watch_signal(&s, &s.interrupt, SIGINT);
        watch_signal(&s, &s.terminate, SIGTERM);
        uv_prepare_start(&s.prepare, on_prepare);
    } else {
        fprintf(stderr, "%s\n", error);
        close_all(&s);
    }
    uv_run(&s.loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&s.loop) == 0);
    if (st != ST_OK)
        return st == ST_INVALID ? EXIT_CODE_USAGE : EXIT_CODE_FAILURE;
    log_totals(&s);
    if (s.is_interrupted)
        fprintf(stderr, "interrupted: what stands behind line %llu is not checked\n",
                (unsigned long long)s.line);
    return s.faults > 0 || s.has_failed || s.is_interrupted ? EXIT_CODE_FAILURE
                                                            : EXIT_CODE_OK;
}
