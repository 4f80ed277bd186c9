/* One resolver over TCP.
 *
 *   1. A question is handed to c-ares, which connects and reports the socket.
 *   2. A uv_poll watches it and hands readiness back.
 *   3. c-ares writes, reads the answer, and calls with the packet. When nothing more is
 *      out it closes the connection.
 *
 * What can go wrong:
 *   - the connection is refused or cut: c-ares ends every question on it, at once;
 *   - no answer: c-ares looks at its clock in each tick and reports a time-out;
 *   - c-ares closes a socket: it says so before, and the poll is stopped before the
 *     descriptor is gone, or libuv would watch a number that may be somebody else's next;
 *   - the channel is destroyed with questions out: only ares_destroy; ares_cancel in 1.18
 *     leaves queued writes that point to freed memory. */
#include "io/dns_stream.h"

#include <ares.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "io/dns_ares.h"

struct socket_poll {
    uv_poll_t poll;
    struct dns_stream *stream;
    ares_socket_t fd;
    int events; /* what c-ares waits for */
    struct socket_poll *next;
};

struct dns_stream {
    uv_loop_t *loop;
    ares_channel ares;
    struct dns_stream_options o;
    struct socket_poll *polls; /* those c-ares wants watched */
    unsigned open;             /* handles, closing ones too */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

static void maybe_closed(struct dns_stream *s)
{
    if (!s->closing || s->open > 0)
        return;
    void (*closed)(void *) = s->closed;
    void *arg = s->closed_arg;
    free(s);
    if (closed != NULL)
        closed(arg);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct socket_poll *p = container_of((uv_poll_t *)handle, struct socket_poll, poll);
    struct dns_stream *s = p->stream;
    free(p);
    s->open--;
    maybe_closed(s);
}

static struct socket_poll **find_poll(struct dns_stream *s, ares_socket_t fd)
{
    struct socket_poll **at = &s->polls;
    while (*at != NULL && (*at)->fd != fd)
        at = &(*at)->next;
    return at;
}

static void drop_poll(struct socket_poll **at)
{
    struct socket_poll *p = *at;
    *at = p->next;
    uv_poll_stop(&p->poll); /* now: c-ares closes the descriptor next */
    uv_close((uv_handle_t *)&p->poll, on_poll_closed);
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct socket_poll *p = container_of(handle, struct socket_poll, poll);
    struct dns_stream *s = p->stream;
    ares_socket_t fd = p->fd;
    /* An error on the socket comes as a status; c-ares finds it by reading. */
    bool can_read = status < 0 || (events & UV_READABLE) != 0;
    bool can_write = status < 0 || (events & UV_WRITABLE) != 0;
    ares_process_fd(s->ares, can_read ? fd : ARES_SOCKET_BAD,
                    can_write ? fd : ARES_SOCKET_BAD);
    /* libuv has stopped a poll that met an error. Usually c-ares closes such a socket; when
     * it keeps it, it must be watched on. `p` may be gone by now. */
    if (status < 0) {
        p = *find_poll(s, fd);
        if (p != NULL && !uv_is_active((uv_handle_t *)&p->poll))
            uv_poll_start(&p->poll, p->events, on_ready);
    }
    s->o.settled(s->o.arg);
}

static struct socket_poll *add_poll(struct dns_stream *s, ares_socket_t fd)
{
    struct socket_poll *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    int rc = uv_poll_init_socket(s->loop, &p->poll, fd);
    if (rc != 0) {
        log_warn("dns", "poll_failed", LOG_S("resolver", s->o.server->text),
                 LOG_S("error", uv_strerror(rc)));
        free(p);
        return NULL;
    }
    p->stream = s;
    p->fd = fd;
    p->next = s->polls;
    s->polls = p;
    s->open++;
    return p;
}

/* A socket that can't be watched is a resolver that does not answer: its questions time
 * out, and the next socket is tried as the first was. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns_stream *s = arg;
    struct socket_poll **at = find_poll(s, fd);
    if (!readable && !writable) {
        if (*at != NULL)
            drop_poll(at);
        return;
    }
    if (s->closing)
        return;
    struct socket_poll *p = *at != NULL ? *at : add_poll(s, fd);
    if (p == NULL)
        return;
    p->events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    uv_poll_start(&p->poll, p->events, on_ready);
}

/* The status is of no use beside a packet: 1.18 calls rcodes it has no name for a success.
 */
static void on_answer(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
    struct dns_flight *q = arg;
    struct dns_stream *s = q->stream;
    (void)timeouts;
    if (packet != NULL && len > 0)
        s->o.reply(q, packet, (size_t)len, DNS_GARBAGE);
    else
        s->o.reply(q, NULL, 0, dns_ares_outcome(status));
}

static enum status start_ares(struct dns_stream *s)
{
    /* The system's file holds options as well as resolvers, and its options are not meant
     * for this service. */
    static char no_file[] = "/dev/null";
    struct ares_options o = {
        /* NOCHECKRESP: else SERVFAIL and REFUSED lose their packet. */
        .flags = ARES_FLAG_USEVC | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                 ARES_FLAG_NOCHECKRESP,
        .timeout = (int)s->o.timeout_ms,
        .tries = 1,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = s,
        .resolvconf_path = no_file,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_SOCK_STATE_CB | ARES_OPT_NOROTATE | ARES_OPT_RESOLVCONF;
#if ARES_VERSION >= 0x011F00
    /* From 1.31 on answers are cached for an hour unless told otherwise. */
    o.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
    /* And a try ends after five times the usual time, 250 ms at least, whatever the
     * time-out says; each further one has twice that. */
    o.tries = 3;
#endif
    int rc = ares_init_options(&s->ares, &o, mask);
    if (rc == ARES_SUCCESS)
        return dns_ares_point(s->ares, s->o.server);
    s->ares = NULL;
    return rc == ARES_ENOMEM ? ST_NOMEM : ST_IO;
}

enum status dns_stream_new(uv_loop_t *loop, const struct dns_stream_options *o,
                           struct dns_stream **out)
{
    struct dns_stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NOMEM;
    s->loop = loop;
    s->o = *o;
    enum status st = start_ares(s);
    if (st != ST_OK) {
        dns_stream_free(s, NULL, NULL);
        return st;
    }
    *out = s;
    return ST_OK;
}

void dns_stream_ask(struct dns_stream *s, struct dns_flight *q)
{
    q->stream = s;
    ares_send(s->ares, q->question, q->len, on_answer, q);
}

void dns_stream_tick(struct dns_stream *s)
{
    ares_process_fd(s->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    s->o.settled(s->o.arg);
}

void dns_stream_free(struct dns_stream *s, void (*closed)(void *arg), void *arg)
{
    if (s == NULL)
        return;
    MUST(!s->closing);
    s->closing = true;
    s->closed = closed;
    s->closed_arg = arg;
    while (s->polls != NULL)
        drop_poll(&s->polls);
    if (s->ares != NULL)
        ares_destroy(s->ares);
    maybe_closed(s);
}
