/* The ports of one resolver.
 *
 *   1. A question gets an id that no other one has, and a socket by chance; it goes into
 *      the batch.
 *   2. The batch leaves from all sockets (io/udp_batch.h).
 *   3. A socket is readable: its datagrams are read, each is held against the question with
 *      its id, and goes up only when socket and question are right to the last letter.
 *
 * A port is drawn for each question, or, where the kernel sends trains, for each length of
 * name in a batch: a train leaves from one socket. Either way nobody outside can tell which
 * port it was.
 *
 * What can go wrong:
 *   - no socket, or no route to the resolver: the question can't be sent, and says so. The
 *     next question tries again;
 *   - the ring is full and so is the socket's buffer: the datagram is dropped like one that
 *     is lost on the way, and sent again when its time has come;
 *   - an ICMP error: it names a socket and no question, and it may be forged. It is told,
 *     nothing else;
 *   - a resolver that does not keep the case of letters: after FOLDED_MAX such answers in a
 *     row the case is not looked at any more, for this resolver. */
#include "io/dns_sockets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/entropy.h"
#include "base/log.h"
#include "base/must.h"
#include "io/dns_ids.h"
#include "io/udp_socket.h"
#include "proto/dns_wire.h"

#define PORT_QUESTIONS 65536
#define PORT_AGE_NS (UINT64_C(600) * 1000000000U)
#define DRAINING_MAX 32
#define FOLDED_MAX 8
#define NO_PORT UINT8_MAX

struct dns_socket {
    uv_poll_t poll;
    struct dns_sockets *owner;
    struct dns_socket *next; /* draining */
    uint64_t opened_ns;
    uint32_t sent;
    uint32_t bound; /* copies that may still be answered here */
    int fd;
    bool is_draining;
};

struct dns_sockets {
    uv_loop_t *loop;
    struct dns_sockets_options o;
    struct udp_batch *batch;
    struct dns_socket *ports[DNS_PORTS]; /* NULL: not open */
    int fds[DNS_PORTS];
    struct dns_socket *draining;
    unsigned n_draining;
    unsigned open; /* handles, closing ones too */
    uint32_t capacity;
    uint8_t port_of_length[DNS_QUESTION_MAX + 1]; /* of the batch that is being filled */
    size_t next_look;                             /* port whose age is looked at next */
    uint32_t folded;                              /* in a row */
    bool mixes_case;
    bool is_watched; /* the ports; draining sockets always are */
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
    struct dns_ids ids;
};

/* Sockets ------------------------------------------------------------------------- */

static void maybe_closed(struct dns_sockets *s)
{
    if (!s->closing || s->open > 0)
        return;
    void (*closed)(void *) = s->closed;
    void *arg = s->closed_arg;
    udp_batch_free(s->batch);
    free(s);
    if (closed != NULL)
        closed(arg);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct dns_socket *p = container_of((uv_poll_t *)handle, struct dns_socket, poll);
    struct dns_sockets *s = p->owner;
    free(p);
    s->open--;
    maybe_closed(s);
}

/* The poll is stopped before the descriptor is gone, or libuv would watch a number that may
 * be somebody else's next. */
static void close_socket(struct dns_socket *p)
{
    uv_poll_stop(&p->poll);
    close(p->fd);
    uv_close((uv_handle_t *)&p->poll, on_poll_closed);
}

static void on_ready(uv_poll_t *handle, int status, int events);

static struct dns_socket *open_socket(struct dns_sockets *s)
{
    struct dns_socket *p = calloc(1, sizeof *p);
    int fd = udp_socket_open(s->o.server);
    if (p == NULL || fd < 0 || uv_poll_init_socket(s->loop, &p->poll, fd) != 0) {
        if (fd >= 0)
            close(fd);
        free(p);
        return NULL;
    }
    s->open++;
    s->o.stats->ports++;
    p->owner = s;
    p->fd = fd;
    p->opened_ns = uv_hrtime();
    if (s->is_watched)
        uv_poll_start(&p->poll, UV_READABLE, on_ready);
    return p;
}

static void maybe_drained(struct dns_socket *p)
{
    struct dns_sockets *s = p->owner;
    if (!p->is_draining || p->bound > 0)
        return;
    struct dns_socket **at = &s->draining;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    s->n_draining--;
    close_socket(p);
}

/* Only while nothing is queued: the ring holds numbers of ports. */
static void replace_old_port(struct dns_sockets *s)
{
    size_t i = s->next_look++ % DNS_PORTS;
    struct dns_socket *p = s->ports[i];
    if (p == NULL || s->n_draining == DRAINING_MAX ||
        (p->sent < s->o.port_questions && uv_hrtime() - p->opened_ns < PORT_AGE_NS))
        return;
    struct dns_socket *fresh = open_socket(s);
    if (fresh == NULL)
        return;
    s->ports[i] = fresh;
    s->fds[i] = fresh->fd;
    uv_poll_start(&p->poll, UV_READABLE, on_ready);
    p->is_draining = true;
    p->next = s->draining;
    s->draining = p;
    s->n_draining++;
    maybe_drained(p);
}

static bool open_port(struct dns_sockets *s, size_t i)
{
    if (s->ports[i] == NULL)
        s->ports[i] = open_socket(s);
    if (s->ports[i] == NULL)
        return false;
    s->fds[i] = s->ports[i]->fd;
    return true;
}

/* Sending ------------------------------------------------------------------------- */

static size_t draw_port(struct dns_sockets *s, size_t len)
{
    if (udp_batch_way(s->batch) != UDP_TRAINS)
        return entropy_below(DNS_PORTS);
    if (s->port_of_length[len] == NO_PORT)
        s->port_of_length[len] = (uint8_t)entropy_below(DNS_PORTS);
    return s->port_of_length[len];
}

bool dns_sockets_have_id(const struct dns_sockets *s)
{
    return s->ids.n < DNS_IDS_MAX;
}

bool dns_sockets_send(struct dns_sockets *s, struct dns_flight *q)
{
    struct dns_copy *copy = &q->copies[q->n_copies];
    size_t port = draw_port(s, q->len);
    MUST(q->n_copies < DNS_COPIES_MAX);
    if (!open_port(s, port))
        return false;
    copy->number = q->n_copies++;
    copy->socket = s->ports[port];
    copy->socket->bound++;
    copy->socket->sent++;
    dns_ids_bind(&s->ids, copy);
    q->question[0] = (uint8_t)(copy->id >> 8);
    q->question[1] = (uint8_t)copy->id;
    s->o.stats->sent++;
    if (udp_batch_queued(s->batch) == UDP_BATCH_SEND)
        dns_sockets_flush(s);
    if (udp_batch_queued(s->batch) < UDP_BATCH_SEND)
        udp_batch_put(s->batch, port, q->question, q->len);
    return true;
}

void dns_sockets_release(struct dns_sockets *s, struct dns_flight *q)
{
    for (uint8_t i = 0; i < q->n_copies; i++) {
        struct dns_copy *copy = &q->copies[i];
        struct dns_socket *p = copy->socket;
        dns_ids_unbind(&s->ids, copy);
        copy->socket = NULL;
        p->bound--;
        maybe_drained(p);
    }
    q->n_copies = 0;
}

size_t dns_sockets_queued(const struct dns_sockets *s)
{
    return udp_batch_queued(s->batch);
}

void dns_sockets_flush(struct dns_sockets *s)
{
    udp_batch_flush(s->batch, s->fds);
    memset(s->port_of_length, NO_PORT, sizeof s->port_of_length);
    if (udp_batch_queued(s->batch) == 0)
        replace_old_port(s);
}

/* Receiving ----------------------------------------------------------------------- */

/* An answer whose letters came back in another case: a forgery, or such a resolver. */
static bool allow_folded(struct dns_sockets *s)
{
    if (!s->mixes_case)
        return true;
    s->o.stats->dropped_case++;
    if (++s->folded < FOLDED_MAX)
        return false;
    s->mixes_case = false;
    log_warn("dns", "case_not_kept", LOG_S("resolver", s->o.server->text));
    return false;
}

static struct dns_flight *flight_of(struct dns_copy *copy)
{
    return container_of(copy - copy->number, struct dns_flight, copies);
}

static void take(struct dns_sockets *s, const struct dns_socket *from,
                 const uint8_t *packet, size_t len, uint64_t now_us)
{
    struct dns_copy *copy = NULL;
    if (len >= DNS_HEADER_SIZE)
        copy = dns_ids_find(&s->ids, (uint16_t)(packet[0] << 8 | packet[1]));
    if (copy == NULL) {
        s->o.stats->dropped_id++;
        return;
    }
    if (copy->socket != from) {
        s->o.stats->dropped_socket++;
        return;
    }
    struct dns_flight *q = flight_of(copy);
    switch (dns_question_compare(q->question, q->len, packet, len)) {
    case DNS_ECHO_NONE:
        s->o.stats->dropped_question++;
        return;
    case DNS_ECHO_FOLDED:
        if (!allow_folded(s))
            return;
        break;
    case DNS_ECHO_EXACT:
        if (q->is_mixed)
            s->folded = 0;
        break;
    }
    s->o.answer(s->o.arg, q, copy, packet, len, now_us);
}

static void on_refusal(void *arg, size_t port, int error)
{
    struct dns_sockets *s = arg;
    (void)port;
    (void)error; /* no route, or nobody there: the same to the one who asks */
    s->o.stats->refused++;
    s->o.refused(s->o.arg);
}

/* `p` may be closed by `settled`, when it has been draining. */
static void read_all(struct dns_sockets *s, struct dns_socket *p)
{
    int error = 0, fd = p->fd;
    size_t n = UDP_BATCH_RECEIVE;
    unsigned errors = 0;
    while (n == UDP_BATCH_RECEIVE && !s->closing) {
        n = udp_batch_receive(s->batch, fd, &error);
        uint64_t now_us = uv_hrtime() / 1000;
        for (size_t i = 0; i < n; i++) {
            size_t len;
            bool is_cut;
            uint8_t *packet = udp_batch_packet(s->batch, i, &len, &is_cut);
            if (is_cut) /* RFC 1035 section 4.2.1: it should have said so itself */
                packet[2] |= DNS_FLAG_TC >> 8;
            take(s, p, packet, len, now_us);
        }
        if (error != 0)
            on_refusal(s, 0, error);
        s->o.settled(s->o.arg);
        if (p->is_draining)
            return;
        if (error != 0 && ++errors < DNS_PORTS)
            n = UDP_BATCH_RECEIVE; /* an error is in front of the answers */
    }
}

void dns_sockets_watch(struct dns_sockets *s, bool is_watched)
{
    if (s->is_watched == is_watched)
        return;
    s->is_watched = is_watched;
    for (size_t i = 0; i < DNS_PORTS; i++) {
        if (s->ports[i] == NULL)
            continue;
        if (is_watched)
            uv_poll_start(&s->ports[i]->poll, UV_READABLE, on_ready);
        else
            uv_poll_stop(&s->ports[i]->poll);
    }
}

/* libuv stops a poll that met an error. */
static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct dns_socket *p = container_of(handle, struct dns_socket, poll);
    (void)events;
    if (status < 0)
        uv_poll_start(&p->poll, UV_READABLE, on_ready);
    read_all(p->owner, p);
}

void dns_sockets_read(struct dns_sockets *s)
{
    for (size_t i = 0; i < DNS_PORTS && !s->closing; i++) {
        if (s->ports[i] != NULL && s->ports[i]->bound > 0)
            read_all(s, s->ports[i]);
    }
    /* Those that drain are few and soon gone: they wait for the loop. */
}

/* ------------------------------------------------------------------------------- */

bool dns_sockets_mix_case(const struct dns_sockets *s)
{
    return s->mixes_case;
}

uint32_t dns_sockets_capacity(const struct dns_sockets *s)
{
    return s->capacity;
}

enum status dns_sockets_new(uv_loop_t *loop, const struct dns_sockets_options *o,
                            struct dns_sockets **out)
{
    struct dns_sockets *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NOMEM;
    s->loop = loop;
    s->o = *o;
    if (s->o.port_questions == 0)
        s->o.port_questions = PORT_QUESTIONS;
    s->mixes_case = s->is_watched = true;
    s->capacity = DNS_PORTS * udp_socket_capacity(o->server->family);
    memset(s->port_of_length, NO_PORT, sizeof s->port_of_length);
    s->batch = udp_batch_new(o->way, on_refusal, s);
    if (s->batch == NULL) {
        free(s);
        return ST_NOMEM;
    }
    *out = s;
    return ST_OK;
}

void dns_sockets_free(struct dns_sockets *s, void (*closed)(void *arg), void *arg)
{
    if (s == NULL)
        return;
    s->closing = true;
    s->closed = closed;
    s->closed_arg = arg;
    for (size_t i = 0; i < DNS_PORTS; i++) {
        if (s->ports[i] != NULL)
            close_socket(s->ports[i]);
    }
    while (s->draining != NULL) {
        struct dns_socket *p = s->draining;
        s->draining = p->next;
        close_socket(p);
    }
    maybe_closed(s);
}
