/* One resolver.
 *
 *   1. A question is written here, gets its first id and port (io/dns_sockets.h) and is
 *      handed to c-ares, which "sends" it through the socket functions below: they only
 *      note the id by which c-ares knows it.
 *   2. An answer that matches is put into a list of arrivals; after each batch c-ares is
 *      told that its socket is readable.
 *   3. c-ares "reads": it is given header and question of each arrival under its own id,
 *      and ends the question. The records go up as they came.
 *
 * So c-ares keeps the questions, and never parses a record: 1.34 closes a channel with all
 * its questions over one that it can't read. And since one id of c-ares' can stand for
 * several on the wire, a question can be sent again, from another port, while the first
 * answer is still welcome.
 *
 * What can go wrong:
 *   - no answer for a round trip or some: the question counts as lost and is sent again
 *     (io/dns_flights.h);
 *   - none at all: its time ends here and not in c-ares, whose clock from 1.31 on runs by
 *     rules of its own. The question arrives like an answer, with a verdict instead;
 *   - the resolver's port is closed: an ICMP error says so, for one socket or none of ours.
 *     When no answer at all comes after it, what was asked before it ends;
 *   - the question can't be sent, or must not be: ends from inside the asking call;
 *   - a truncated answer: it is asked again over TCP (io/dns_stream.h);
 *   - the channel is destroyed with questions out: each ends with DNS_CANCELED. */
#include "io/dns_channel.h"

#include <ares.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/entropy.h"
#include "base/log.h"
#include "base/must.h"
#include "io/dns_flights.h"
#include "io/dns_sockets.h"
#include "io/dns_stream.h"
#include "proto/dns_wire.h"

/* After an ICMP error: so long for an answer to show that it meant nothing. */
#define REFUSAL_WAIT_US 20000
#define ARES_TICK_US 100000
/* Nothing is sent again while so many datagrams wait to leave together. What was lost
 * together would be lost together again; answers to these let the next ones go. */
#define RESEND_BURST 64
/* c-ares' own limit is never to be met. */
#define ARES_TIMEOUT_FACTOR 3
/* What c-ares is told: an answer it passes on and learns nothing from. From good ones 1.34
 * learns a time-out of its own. */
#define STUB_RCODE 2

struct dns_channel {
    ares_channel ares;
    ares_socket_t face; /* what c-ares takes for its socket: a number it hands back */
    uv_loop_t *loop;
    struct dns_server server;
    struct dns_flights flights;
    struct dns_sockets *sockets;
    struct dns_stream *stream; /* NULL until an answer was truncated */
    struct list arrived;       /* ends that c-ares has not been given yet */
    struct dns_flight *asking; /* c-ares is being given its first datagram */
    struct dns_stats *stats;
    uint64_t now_us;
    uint64_t refused_us; /* 0: no ICMP error since the last answer */
    uint64_t ticked_us;
    uint32_t timeout_ms;
    uint32_t batch; /* number of the one whose packets are still there */
    unsigned open;  /* parts, while closing */
    bool closing;
    dns_reply_cb reply;
    void (*settled)(void *arg);
    void (*closed)(void *arg);
    void *arg;
};

static enum dns_outcome outcome_of(int status)
{
    switch (status) {
    case ARES_ETIMEOUT:
        return DNS_TIMEOUT;
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION:
        return DNS_CANCELED;
    case ARES_EBADRESP:
    case ARES_EFORMERR:
        return DNS_GARBAGE;
    default:
        return DNS_UNREACHABLE; /* ARES_ECONNREFUSED and every failure to send */
    }
}

/* The end of a question -------------------------------------------------------------- */

/* The status is of no use beside a packet: c-ares has not seen what is in it. */
static void on_stream_answer(void *arg, int status, int timeouts, unsigned char *packet,
                             int len)
{
    struct dns_flight *q = arg;
    struct dns_channel *c = q->channel;
    (void)timeouts;
    if (packet != NULL && len > 0)
        c->reply(q, packet, (size_t)len, DNS_GARBAGE);
    else
        c->reply(q, NULL, 0, outcome_of(status));
}

static void ask_stream(struct dns_channel *c, struct dns_flight *q)
{
    if (c->stream == NULL && dns_stream_new(c->loop, &c->server, c->timeout_ms, c->settled,
                                            c->arg, &c->stream) != ST_OK) {
        c->reply(q, NULL, 0, DNS_UNREACHABLE);
        return;
    }
    c->stats->streams++;
    dns_stream_ask(c->stream, q->question, q->len, on_stream_answer, q);
}

/* Called by c-ares once for each question. */
static void on_end(void *arg, int status, int timeouts, unsigned char *stub, int stub_len)
{
    struct dns_flight *q = arg;
    struct dns_channel *c = q->channel;
    bool has_answer = q->answer != NULL && q->batch == c->batch;
    (void)timeouts;
    (void)stub;
    (void)stub_len;
    dns_flights_remove(&c->flights, q);
    dns_sockets_release(c->sockets, q);
    if (status != ARES_SUCCESS)
        c->reply(q, NULL, 0, outcome_of(status));
    else if (!has_answer)
        c->reply(q, NULL, 0, q->verdict);
    else if ((q->answer[2] & (DNS_FLAG_TC >> 8)) != 0)
        ask_stream(c, q);
    else
        c->reply(q, q->answer, q->answer_len, DNS_GARBAGE);
}

/* Ended, with an answer or a verdict; c-ares is still to be told. */
static void arrive(struct dns_channel *c, struct dns_flight *q)
{
    dns_flights_remove(&c->flights, q);
    dns_sockets_release(c->sockets, q);
    list_append(&c->arrived, &q->by_due);
}

static void tell_ares(struct dns_channel *c)
{
    if (!list_is_empty(&c->arrived))
        ares_process_fd(c->ares, c->face, ARES_SOCKET_BAD);
    c->batch++;
}

/* c-ares' socket --------------------------------------------------------------------- */

static ares_socket_t on_open(int family, int type, int protocol, void *arg)
{
    struct dns_channel *c = arg;
    (void)family;
    (void)type;
    (void)protocol;
    return ++c->face;
}

static int on_close(ares_socket_t fd, void *arg)
{
    (void)fd;
    (void)arg;
    return 0;
}

static void note_id(struct dns_channel *c, const uint8_t *packet)
{
    if (c->asking != NULL)
        c->asking->ares_id = (uint16_t)(packet[0] << 8 | packet[1]);
}

/* The next arrival, as far as c-ares needs it: its question. */
static ares_ssize_t on_read(ares_socket_t fd, void *out, size_t size, int flags,
                            struct sockaddr *from, ares_socklen_t *from_len, void *arg)
{
    struct dns_channel *c = arg;
    (void)fd;
    (void)flags;
    if (list_is_empty(&c->arrived)) {
        errno = EAGAIN;
        return -1;
    }
    struct dns_flight *q = container_of(c->arrived.next, struct dns_flight, by_due);
    uint8_t *stub = out;
    MUST(size >= q->len);
    list_remove(&q->by_due);
    memcpy(stub, q->question, q->len);
    stub[0] = (uint8_t)(q->ares_id >> 8);
    stub[1] = (uint8_t)q->ares_id;
    stub[2] |= DNS_FLAG_QR >> 8;
    stub[3] = STUB_RCODE;
    *from_len = dns_server_address(&c->server, from);
    return q->len;
}

#if ARES_VERSION >= 0x012200
static int on_option(ares_socket_t fd, ares_socket_opt_t option, const void *value,
                     ares_socklen_t size, void *arg)
{
    (void)fd;
    (void)option;
    (void)value;
    (void)size;
    (void)arg;
    errno = ENOSYS;
    return -1;
}

static int on_connect(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len,
                      unsigned flags, void *arg)
{
    (void)fd;
    (void)to;
    (void)len;
    (void)flags;
    (void)arg;
    return 0;
}

static ares_ssize_t on_send(ares_socket_t fd, const void *packet, size_t len, int flags,
                            const struct sockaddr *to, ares_socklen_t to_len, void *arg)
{
    (void)fd;
    (void)flags;
    (void)to;
    (void)to_len;
    note_id(arg, packet);
    return (ares_ssize_t)len;
}

static enum status set_functions(struct dns_channel *c)
{
    static const struct ares_socket_functions_ex functions = {
        .version = 1,
        .flags = ARES_SOCKFUNC_FLAG_NONBLOCKING, /* else it reads one datagram a call */
        .asocket = on_open,
        .aclose = on_close,
        .asetsockopt = on_option,
        .aconnect = on_connect,
        .arecvfrom = on_read,
        .asendto = on_send,
    };
    return ares_set_socket_functions_ex(c->ares, &functions, c) == ARES_SUCCESS ? ST_OK
                                                                                : ST_IO;
}
#else
static int on_connect(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len,
                      void *arg)
{
    (void)fd;
    (void)to;
    (void)len;
    (void)arg;
    return 0;
}

static ares_ssize_t on_send(ares_socket_t fd, const struct iovec *parts, int n, void *arg)
{
    (void)fd;
    MUST(n == 1); /* a datagram; only streams are written in parts */
    note_id(arg, parts[0].iov_base);
    return (ares_ssize_t)parts[0].iov_len;
}

static enum status set_functions(struct dns_channel *c)
{
    static const struct ares_socket_functions functions = {
        .asocket = on_open,
        .aclose = on_close,
        .aconnect = on_connect,
        .arecvfrom = on_read,
        .asendv = on_send,
    };
    ares_set_socket_functions(c->ares, &functions, c);
    return ST_OK;
}
#endif

static enum status start_ares(struct dns_channel *c)
{
    /* The system's file holds options as well as resolvers, and its options are not meant
     * for this service. */
    static char no_file[] = "/dev/null";
    struct ares_options o = {
        /* STAYOPEN: or the socket closes each time the channel is idle. NOCHECKRESP and
         * IGNTC: what an answer says is read here. No EDNS: the answers are small. */
        .flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                 ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC,
        .timeout = (int)(c->timeout_ms * ARES_TIMEOUT_FACTOR),
        .tries = 1,
        .resolvconf_path = no_file,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NOROTATE |
               ARES_OPT_RESOLVCONF;
#if ARES_VERSION >= 0x011F00
    /* From 1.31 on answers are cached for an hour unless told otherwise. */
    o.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
    o.maxtimeout = o.timeout; /* else 5 s */
    mask |= ARES_OPT_MAXTIMEOUTMS;
#endif
    int rc = ares_init_options(&c->ares, &o, mask);
    if (rc != ARES_SUCCESS) {
        c->ares = NULL;
        return rc == ARES_ENOMEM ? ST_NOMEM : ST_IO;
    }
    enum status st = dns_stream_point(c->ares, &c->server);
    return st == ST_OK ? set_functions(c) : st;
}

/* From the sockets ------------------------------------------------------------------- */

static void on_packet(void *arg, struct dns_flight *q, const struct dns_copy *copy,
                      const uint8_t *packet, size_t len, uint64_t now_us)
{
    struct dns_channel *c = arg;
    q->answer = packet;
    q->answer_len = (uint16_t)len;
    q->batch = c->batch;
    c->refused_us = 0;
    c->stats->late += dns_flights_answered(&c->flights, q, copy, now_us);
    arrive(c, q);
}

static void on_batch(void *arg)
{
    struct dns_channel *c = arg;
    tell_ares(c);
    c->settled(c->arg);
}

/* From inside a send or a read: only noted. */
static void on_refused(void *arg)
{
    struct dns_channel *c = arg;
    if (c->refused_us == 0)
        c->refused_us = uv_hrtime() / 1000;
}

/* ------------------------------------------------------------------------------------ */

enum status dns_channel_new(uv_loop_t *loop, const struct dns_channel_options *o,
                            struct dns_channel **out)
{
    enum status st = ST_NOMEM;
    struct dns_channel *c = calloc(1, sizeof *c);
    if (c == NULL)
        return ST_NOMEM;
    c->loop = loop;
    c->server = *o->server;
    c->timeout_ms = o->timeout_ms;
    c->stats = o->stats;
    c->reply = o->reply;
    c->settled = o->settled;
    c->arg = o->arg;
    list_init(&c->arrived);
    dns_flights_init(&c->flights, o->timeout_ms, o->inflight);
    struct dns_sockets_options sockets = {
        .server = &c->server,
        .way = o->way,
        .port_questions = o->port_questions,
        .stats = o->stats,
        .answer = on_packet,
        .settled = on_batch,
        .refused = on_refused,
        .arg = c,
    };
    st = start_ares(c);
    if (st == ST_OK)
        st = dns_sockets_new(loop, &sockets, &c->sockets);
    if (st != ST_OK) {
        dns_channel_free(c, NULL);
        return st;
    }
    uint32_t capacity = dns_sockets_capacity(c->sockets);
    if (capacity > 0 && capacity < o->inflight)
        dns_flights_init(&c->flights, o->timeout_ms, capacity);
    *out = c;
    return ST_OK;
}

bool dns_channel_has_room(const struct dns_channel *c)
{
    return dns_flights_have_room(&c->flights);
}

static bool send_copy(struct dns_channel *c, struct dns_flight *q)
{
    if (!dns_sockets_send(c->sockets, q))
        return false;
    dns_flights_sent(&c->flights, q, c->now_us);
    return true;
}

void dns_channel_ask(struct dns_channel *c, const char *name, struct dns_flight *q,
                     uint64_t now_us)
{
    uint8_t bits[DNS_CASE_BITS_SIZE];
    size_t len = dns_question_write(name, q->question);
    q->channel = c;
    q->n_copies = 0;
    q->answer = NULL;
    q->verdict = DNS_UNREACHABLE;
    if (len == 0) {
        c->reply(q, NULL, 0, DNS_UNREACHABLE);
        return;
    }
    q->len = (uint16_t)len;
    q->is_mixed = false;
    if (dns_sockets_mix_case(c->sockets)) {
        entropy_bytes(bits, len / 8); /* a bit for each octet of the name, and more */
        q->is_mixed = dns_question_mix(q->question, len, bits);
    }
    c->now_us = now_us;
    dns_flights_add(&c->flights, q, now_us);
    if (!send_copy(c, q)) {
        dns_flights_remove(&c->flights, q);
        c->reply(q, NULL, 0, DNS_UNREACHABLE);
        return;
    }
    c->asking = q;
    ares_send(c->ares, q->question, q->len, on_end, q);
    c->asking = NULL;
}

void dns_channel_resend(struct dns_channel *c, uint64_t now_us)
{
    struct dns_flight *q;
    bool any_failed = false;
    c->now_us = now_us;
    while (dns_sockets_queued(c->sockets) < RESEND_BURST &&
           (q = dns_flights_lost(&c->flights)) != NULL) {
        c->stats->resent++;
        if (!send_copy(c, q)) {
            arrive(c, q); /* unreachable */
            any_failed = true;
        }
    }
    if (any_failed)
        tell_ares(c);
}

bool dns_channel_is_queued(const struct dns_channel *c)
{
    return dns_sockets_queued(c->sockets) > 0;
}

void dns_channel_flush(struct dns_channel *c)
{
    dns_sockets_flush(c->sockets);
}

static void end_old(struct dns_channel *c, uint64_t asked_us, enum dns_outcome verdict)
{
    struct dns_flight *q;
    while ((q = dns_flights_oldest(&c->flights, asked_us)) != NULL) {
        q->verdict = verdict;
        arrive(c, q);
    }
}

void dns_channel_tick(struct dns_channel *c)
{
    c->now_us = uv_hrtime() / 1000;
    if (c->refused_us != 0 && c->now_us - c->refused_us >= REFUSAL_WAIT_US) {
        end_old(c, c->refused_us, DNS_UNREACHABLE);
        c->refused_us = 0;
    }
    dns_flights_look(&c->flights, c->now_us);
    end_old(c, c->now_us - c->flights.timeout_us, DNS_TIMEOUT);
    tell_ares(c);
    if (c->now_us - c->ticked_us >= ARES_TICK_US) {
        c->ticked_us = c->now_us;
        ares_process_fd(c->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        if (c->stream != NULL)
            dns_stream_tick(c->stream);
    }
    c->settled(c->arg);
}

const char *dns_channel_server(const struct dns_channel *c)
{
    return c->server.text;
}

struct dns_channel_view dns_channel_view(const struct dns_channel *c)
{
    return (struct dns_channel_view){
        .server = c->server.text,
        .window = c->flights.window.size,
        .out = c->flights.out,
        .rtt_us = c->flights.rto.smoothed_us,
        .wait_us = (uint32_t)rto_wait(&c->flights.rto, 1),
        .mixes_case = dns_sockets_mix_case(c->sockets),
    };
}

static void on_part_closed(void *arg)
{
    struct dns_channel *c = arg;
    if (--c->open > 0)
        return;
    void (*closed)(void *) = c->closed;
    void *closed_arg = c->arg;
    free(c);
    if (closed != NULL)
        closed(closed_arg);
}

void dns_channel_free(struct dns_channel *c, void (*closed)(void *arg))
{
    if (c == NULL)
        return;
    MUST(!c->closing);
    c->closing = true;
    c->closed = closed;
    if (c->ares != NULL)
        ares_destroy(c->ares);
    c->open = 1U + (c->sockets != NULL) + (c->stream != NULL);
    dns_stream_free(c->stream, on_part_closed, c);
    dns_sockets_free(c->sockets, on_part_closed, c);
    on_part_closed(c);
}
