/* One-off checks.
 *
 *   1. Before each wait of the loop, as many arguments leave as the checker takes.
 *   2. What it finds becomes a line, which waits until those of the arguments before it
 *      are known.
 *   3. After the last line all is closed. */
#include "cmd_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/must.h"
#include "checker.h"
#include "cli.h"

struct verdict_line {
    struct buf text;
    bool is_known;
};

struct run {
    const char *const *domains;
    struct verdict_line *lines;
    size_t n, asked, printed;
    uv_loop_t loop;
    uv_prepare_t prepare;
    struct checker *checker;
    bool has_fault, closing;
    enum status output;
};

static void on_done(void *arg, uint64_t token, const struct check_facts *facts)
{
    struct run *r = arg;
    enum status st = check_line_write(facts, &r->lines[token].text);
    r->lines[token].is_known = true;
    r->has_fault |= facts->fault != ADDRESS_OK;
    if (st != ST_OK)
        r->output = st;
}

static void print(struct run *r)
{
    for (; r->printed < r->n && r->lines[r->printed].is_known; r->printed++) {
        struct buf *text = &r->lines[r->printed].text;
        if (fwrite(text->data, 1, text->len, stdout) != text->len || fflush(stdout) != 0)
            r->output = ST_IO;
        buf_free(text);
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct run *r = container_of(prepare, struct run, prepare);
    if (r->checker != NULL) {
        checker_turn(r->checker);
        for (; r->asked < r->n && checker_has_room(r->checker); r->asked++)
            checker_ask(r->checker, r->asked, r->domains[r->asked],
                        strlen(r->domains[r->asked]));
        print(r);
        if (r->printed < r->n && r->output == ST_OK)
            return;
    }
    if (r->closing)
        return;
    r->closing = true;
    checker_close(r->checker);
    uv_close((uv_handle_t *)&r->prepare, NULL);
}

static enum status open_run(struct run *r, const struct config *c)
{
    char error[256];
    r->lines = calloc(r->n, sizeof *r->lines);
    if (r->lines == NULL)
        return ST_NOMEM;
    struct checker_options o = {.config = c, .names = r->n, .done = on_done, .arg = r};
    enum status st = checker_new(&r->loop, &o, &r->checker, error, sizeof error);
    if (st != ST_OK)
        fprintf(stderr, "%s\n", error);
    return st;
}

int cmd_check_run(const struct config *c, const char *const *domains, size_t n)
{
    struct run r = {.domains = domains, .n = n, .output = ST_OK};
    if (uv_loop_init(&r.loop) != 0) {
        fprintf(stderr, "no event loop\n");
        return EXIT_CODE_FAILURE;
    }
    uv_prepare_init(&r.loop, &r.prepare);
    enum status st = open_run(&r, c);
    uv_prepare_start(&r.prepare, on_prepare);
    uv_run(&r.loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&r.loop) == 0);
    for (size_t i = 0; r.lines != NULL && i < n; i++)
        buf_free(&r.lines[i].text);
    free(r.lines);
    if (st == ST_INVALID)
        return EXIT_CODE_USAGE;
    return st != ST_OK || r.has_fault || r.output != ST_OK ? EXIT_CODE_FAILURE
                                                           : EXIT_CODE_OK;
}
