/* c-ares as it comes, on a libuv loop: what a service gets that asks with ares_query and
 * hands readiness over with uv_poll. Settings are the best sensible ones.
 *
 *   dns_plain PORT [WINDOW]    names on standard input, "name outcome" lines out */
#include <ares.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "lib/dns_names.h"

#define WINDOW_DEFAULT 1000
#define BUFFER_BYTES (4 << 20)
#define TIMEOUT_MS 1000
#define TRIES 4
#define TICK_MS 100 /* asking c-ares for its next time-out is a walk over all questions */
#define CLASS_IN 1
#define TYPE_NS 2

static struct client {
    uv_loop_t loop;
    uv_poll_t poll;
    uv_timer_t tick;
    ares_channel ares;
    ares_socket_t fd;
    int is_watching;
    struct dns_names names;
    size_t next, out, window, done;
} c;

static void on_answer(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
    const char *name = arg;
    (void)timeouts;
    (void)packet;
    (void)len;
    printf("%s %s\n", name,
           status == ARES_SUCCESS     ? "delegated"
           : status == ARES_ENOTFOUND ? "absent"
           : status == ARES_ENODATA   ? "nodata"
                                      : "doubt");
    c.out--;
    c.done++;
}

/* After a batch of answers, never from inside one. */
static void ask(void)
{
    while (c.out < c.window && c.next < c.names.n) {
        char *name = c.names.at[c.next++];
        c.out++;
        ares_query(c.ares, name, CLASS_IN, TYPE_NS, on_answer, name);
    }
    if (c.done == c.names.n) {
        uv_timer_stop(&c.tick);
        if (c.is_watching)
            uv_poll_stop(&c.poll);
    }
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    (void)poll;
    (void)status;
    (void)events;
    ares_process_fd(c.ares, c.fd, ARES_SOCKET_BAD);
    ask();
}

static void on_tick(uv_timer_t *tick)
{
    (void)tick;
    ares_process_fd(c.ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    ask();
}

/* One server and UDP alone: one socket, which stays open. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    (void)arg;
    (void)writable;
    if (!readable || c.is_watching)
        return;
    c.fd = fd;
    c.is_watching = uv_poll_init_socket(&c.loop, &c.poll, fd) == 0;
    if (c.is_watching)
        uv_poll_start(&c.poll, UV_READABLE, on_ready);
}

static int open_ares(const char *port)
{
    char server[32];
    struct ares_options o = {
        .flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                 ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC,
        .timeout = TIMEOUT_MS,
        .tries = TRIES,
        .sock_state_cb = on_socket,
        .socket_receive_buffer_size = BUFFER_BYTES,
        .socket_send_buffer_size = BUFFER_BYTES,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_SOCK_STATE_CB | ARES_OPT_SOCK_RCVBUF | ARES_OPT_SOCK_SNDBUF;
    snprintf(server, sizeof server, "127.0.0.1:%s", port);
    return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS &&
           ares_init_options(&c.ares, &o, mask) == ARES_SUCCESS &&
           ares_set_servers_ports_csv(c.ares, server) == ARES_SUCCESS;
}

int main(int argc, char **argv)
{
    static char out[256 << 10];
    if (argc < 2) {
        fprintf(stderr, "usage: dns_plain PORT [WINDOW]\n");
        return 2;
    }
    c.window = argc > 2 ? strtoul(argv[2], NULL, 10) : WINDOW_DEFAULT;
    setvbuf(stdout, out, _IOFBF, sizeof out);
    c.names = dns_names_read();
    if (uv_loop_init(&c.loop) != 0 || !open_ares(argv[1])) {
        fprintf(stderr, "dns_plain: can't be set up\n");
        return 1;
    }
    uv_timer_init(&c.loop, &c.tick);
    uv_timer_start(&c.tick, on_tick, TICK_MS, TICK_MS);
    ask();
    uv_run(&c.loop, UV_RUN_DEFAULT);
    return fflush(stdout) == 0 ? 0 : 1;
}
