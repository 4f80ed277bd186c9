/* For the io tests: an HTTP server in this process that does what no real one would, as a
 * table says. It lives on the test's loop and fails the test where it can't go on. */
#ifndef UVD_TESTS_IO_ROGUE_H
#define UVD_TESTS_IO_ROGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* What follows when `answer` is written. */
enum rogue_then {
    ROGUE_KEEP,    /* nothing: the connection stays */
    ROGUE_CLOSE,   /* its end */
    ROGUE_RESET,   /* not even the answer: a reset */
    ROGUE_DRIP,    /* a blank, and again, for as long as the client stays */
    ROGUE_ENDLESS, /* the answer's last line, and again, likewise */
};

struct rogue_row {
    const char *path; /* what the request's path begins with; NULL: anything, and the end */
    const char *answer;
    enum rogue_then then;
    unsigned times; /* it is served that often, then looked past; 0: always */
};

struct rogue {
    uv_tcp_t tcp;
    uint16_t port;
    const struct rogue_row *rows; /* NULL: listens, accepts and says nothing */
    unsigned served[32];          /* times, by row */
    unsigned requests;
    char head[4096]; /* of the last request */
    void *peers;
};

/* Listen on a free port of 127.0.0.1. `rows` (maybe NULL) are borrowed and may change. */
void rogue_start(uv_loop_t *loop, struct rogue *me, const struct rogue_row *rows);

/* Closes it and every connection to it; gone when the loop has run. */
void rogue_stop(struct rogue *me);

#endif
