/* One resolver's c-ares channel.
 *
 *   1. A question is handed to c-ares, which writes it to its socket at once.
 *   2. c-ares reports the socket; a uv_poll watches it and hands readiness back.
 *   3. c-ares reads the answer and calls us with the packet, which goes up unread.
 *
 * What can go wrong:
 *   - no answer: c-ares looks at its clock in each tick and reports a time-out;
 *   - the resolver's port is closed: an error on the socket ends every question that
 *     is out on it, at once. That is DNS_UNREACHABLE and no answer of any kind;
 *   - the question can't be sent, or c-ares answers by itself (".onion", RFC 7686),
 *     all from inside the asking call: the same path, with no packet;
 *   - a truncated answer: c-ares asks again over TCP by itself, one more socket;
 *   - c-ares closes a socket: it says so before, and the poll is stopped before the
 *     descriptor is gone, or libuv would watch a number that may be somebody else's
 *     next;
 *   - the channel is destroyed with questions out: each ends with DNS_CANCELED. Only
 *     ares_destroy: ares_cancel in 1.18 leaves queued TCP writes that point to freed
 *     memory. */
#include "io/dns_channel.h"

#include <ares.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "proto/dns_wire.h"

/* A default receive buffer holds some 170 small answers, less than one window of questions;
 * the kernel cuts this to what the system allows. */
#define RECEIVE_BUFFER_BYTES (4 << 20)

struct socket_poll {
    uv_poll_t poll;
    struct dns_channel *channel;
    ares_socket_t fd;
    int events; /* what c-ares waits for */
    struct socket_poll *next;
};

struct dns_channel {
    uv_loop_t *loop;
    ares_channel ares;
    struct dns_server server;
    struct socket_poll *polls; /* those c-ares wants watched */
    unsigned open;             /* handles, closing ones too */
    dns_reply_cb reply;
    void (*settled)(void *arg);
    void (*closed)(void *arg);
    void *arg;
    bool closing;
};

static enum dns_outcome outcome_of(int status)
{
    switch (status) {
    case ARES_ETIMEOUT:
        return DNS_TIMEOUT;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
        return DNS_CANCELED;
    case ARES_ESERVFAIL:
        return DNS_SERVFAIL;
    case ARES_ENOTIMP:
    case ARES_EREFUSED:
        return DNS_REFUSED;
    case ARES_EBADRESP:
    case ARES_EFORMERR:
        return DNS_GARBAGE;
    default:
        /* ARES_ECONNREFUSED and every failure to send. ARES_ENOTFOUND too: without a packet
         * it is c-ares' own opinion, not a resolver's. */
        return DNS_UNREACHABLE;
    }
}

static void on_answer(void *arg, int status, int timeouts, unsigned char *packet, int len)
{
    struct dns_question *q = arg;
    (void)timeouts;
    /* The status is of no use beside a packet: it is ARES_SUCCESS for rcodes c-ares has no
     * name for, and ARES_ENODATA for an answer that was cut. */
    if (packet != NULL && len > 0)
        q->channel->reply(q, packet, (size_t)len, DNS_GARBAGE);
    else
        q->channel->reply(q, NULL, 0, outcome_of(status));
}

static void maybe_closed(struct dns_channel *c)
{
    if (!c->closing || c->open > 0)
        return;
    void (*closed)(void *) = c->closed;
    void *arg = c->arg;
    free(c);
    if (closed != NULL)
        closed(arg);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct socket_poll *p = container_of((uv_poll_t *)handle, struct socket_poll, poll);
    struct dns_channel *c = p->channel;
    free(p);
    c->open--;
    maybe_closed(c);
}

static struct socket_poll **find_poll(struct dns_channel *c, ares_socket_t fd)
{
    struct socket_poll **at = &c->polls;
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
    struct dns_channel *c = p->channel;
    ares_socket_t fd = p->fd;
    /* An error on the socket comes as a status; c-ares finds it by reading. */
    bool can_read = status < 0 || (events & UV_READABLE) != 0;
    bool can_write = status < 0 || (events & UV_WRITABLE) != 0;
    ares_process_fd(c->ares, can_read ? fd : ARES_SOCKET_BAD,
                    can_write ? fd : ARES_SOCKET_BAD);
    /* libuv has stopped a poll that met an error. Usually c-ares closes such a socket; when
     * it keeps it, it must be watched on. `p` may be gone by now. */
    if (status < 0) {
        p = *find_poll(c, fd);
        if (p != NULL && !uv_is_active((uv_handle_t *)&p->poll))
            uv_poll_start(&p->poll, p->events, on_ready);
    }
    c->settled(c->arg);
}

static struct socket_poll *add_poll(struct dns_channel *c, ares_socket_t fd)
{
    struct socket_poll *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    int rc = uv_poll_init_socket(c->loop, &p->poll, fd);
    if (rc != 0) {
        log_warn("dns", "poll_failed", LOG_S("resolver", c->server.text),
                 LOG_S("error", uv_strerror(rc)));
        free(p);
        return NULL;
    }
    p->channel = c;
    p->fd = fd;
    p->next = c->polls;
    c->polls = p;
    c->open++;
    return p;
}

/* A socket that can't be watched is a resolver that does not answer: its questions time
 * out, and the next socket is tried as the first was. */
static void on_socket(void *arg, ares_socket_t fd, int readable, int writable)
{
    struct dns_channel *c = arg;
    struct socket_poll **at = find_poll(c, fd);
    if (!readable && !writable) {
        if (*at != NULL)
            drop_poll(at);
        return;
    }
    if (c->closing)
        return;
    struct socket_poll *p = *at != NULL ? *at : add_poll(c, fd);
    if (p == NULL)
        return;
    p->events = (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);
    uv_poll_start(&p->poll, p->events, on_ready);
}

static enum status start_ares(struct dns_channel *c, uint32_t timeout_ms)
{
    /* The system's file holds options as well as resolvers, and its options are not meant
     * for this service. */
    static char no_file[] = "/dev/null";
    struct ares_options o = {
        /* STAYOPEN: or the sockets close each time the channel is idle. NOCHECKRESP: else
         * SERVFAIL and REFUSED lose their packet and burn every try. No EDNS: the answers
         * are small, and one FORMERR would switch it off for all. */
        .flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                 ARES_FLAG_NOCHECKRESP,
        .timeout = (int)timeout_ms,
        .tries = 1,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = c,
        .socket_receive_buffer_size = RECEIVE_BUFFER_BYTES,
        .resolvconf_path = no_file,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
               ARES_OPT_SOCK_STATE_CB | ARES_OPT_SOCK_RCVBUF | ARES_OPT_NOROTATE |
               ARES_OPT_RESOLVCONF;
#if ARES_VERSION >= 0x011F00
    /* From 1.31 on answers are cached for an hour unless told otherwise. */
    o.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    int rc = ares_init_options(&c->ares, &o, mask);
    if (rc != ARES_SUCCESS) {
        c->ares = NULL;
        return rc == ARES_ENOMEM ? ST_NOMEM : ST_IO;
    }
    struct ares_addr_port_node node = {
        .next = NULL,
        .family = c->server.family,
        .udp_port = c->server.port,
        .tcp_port = c->server.port,
    };
    memcpy(&node.addr, c->server.address,
           node.family == AF_INET6 ? sizeof node.addr.addr6 : sizeof node.addr.addr4);
    return ares_set_servers_ports(c->ares, &node) == ARES_SUCCESS ? ST_OK : ST_IO;
}

enum status dns_channel_new(uv_loop_t *loop, const struct dns_channel_options *o,
                            struct dns_channel **out)
{
    enum status st = ST_NOMEM;
    struct dns_channel *c = calloc(1, sizeof *c);
    if (c == NULL)
        goto done;
    c->loop = loop;
    c->server = *o->server;
    c->reply = o->reply;
    c->settled = o->settled;
    c->arg = o->arg;
    st = start_ares(c, o->timeout_ms);
    if (st != ST_OK)
        goto done;
    *out = c;
    c = NULL;
done:
    dns_channel_free(c, NULL);
    return st;
}

void dns_channel_ask(struct dns_channel *c, const char *name, struct dns_question *q)
{
    q->channel = c;
    ares_query(c->ares, name, DNS_CLASS_IN, DNS_TYPE_NS, on_answer, q);
}

void dns_channel_tick(struct dns_channel *c)
{
    ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    c->settled(c->arg);
}

const char *dns_channel_server(const struct dns_channel *c)
{
    return c->server.text;
}

void dns_channel_free(struct dns_channel *c, void (*closed)(void *arg))
{
    if (c == NULL)
        return;
    MUST(!c->closing);
    c->closing = true;
    c->closed = closed;
    while (c->polls != NULL)
        drop_poll(&c->polls);
    if (c->ares != NULL)
        ares_destroy(c->ares);
    maybe_closed(c);
}
