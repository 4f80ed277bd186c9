/* For the io tests: a loop that must close clean, a folder that goes away, and real servers
 * on loopback. Whatever fails here fails the test that called it. */
#ifndef UVD_TESTS_IO_SERVERS_H
#define UVD_TESTS_IO_SERVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <uv.h>

/* Run the loop until `is_met` says so; fails the test after `limit_ms`. */
void run_until(uv_loop_t *loop, bool (*is_met)(void *arg), void *arg, uint64_t limit_ms);

/* Run the loop until nothing is left on it, then close it. Fails, naming what is still
 * open, when that takes longer than `limit_ms`. */
void run_out(uv_loop_t *loop, uint64_t limit_ms);

/* A new folder below /tmp; delete it with everything in it. */
void folder_make(char path[64]);
void folder_remove(const char *path);

/* Write a file from a format. */
void file_write(const char *folder, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Run a program to its end; fails the test unless it exits with 0. NULL ends the list. */
void run_program(const char *const *argv);

/* Run a program, keep what it writes to standard output (cut to `size`), and return its
 * exit code. Its other output goes to the test's. */
int run_output(const char *const *argv, char *out, size_t size);

/* A port that was free on 127.0.0.1 for TCP and UDP a moment ago. */
uint16_t free_port(void);

struct server {
    pid_t pid;
    uint16_t port;
};

/* Start a server in `folder` (its output goes to the file `log` there) and wait until it
 * answers. It dies with the test. A program that is not installed fails the test. */
void server_start_knotd(struct server *s, const char *folder, uint16_t port);
void server_start_unbound(struct server *s, const char *folder, uint16_t port);
void server_start_nginx(struct server *s, const char *folder, uint16_t port);
/* bench/dns_responder.c, which loses `drop_permille` of the questions. */
void server_start_dns_responder(struct server *s, const char *folder, uint16_t port,
                                const char *drop_permille);
void server_stop(struct server *s);

/* A log of a folder, as soon as it has `lines` lines: nginx writes a line when the answer
 * is already on its way. Fails the test when they don't come, or are others in number. */
void server_read_log(const char *folder, const char *name, size_t lines, char *out,
                     size_t size);

/* The last line that the servers of a folder have said; "" when there is none. */
void server_last_line(const char *folder, char *out, size_t size);

#endif
