/* c-ares, kept from the network.
 *
 *   1. A question is handed over. c-ares files it under an id and "sends" it; that one is
 *      the only datagram it ever sends, and it goes nowhere.
 *   2. Questions that have ended are waiting: c-ares is told that its socket is readable.
 *   3. It "reads" until there is no more. Each time it is given the question of an ended
 *      one as if it were an answer, finds what it has filed, and ends it.
 *
 * The records of an answer never go through it: 1.34 parses them and closes a channel with
 * all its questions over one that it can't read.
 *
 * What can go wrong:
 *   - it refuses a question, or has no memory: the question ends from inside;
 *   - it is destroyed with questions filed: each ends with DNS_CANCELED. */
#include "io/dns_ares.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "base/must.h"
#include "proto/dns_wire.h"

/* Its own limit is never to be met. */
#define TIMEOUT_FACTOR 3
/* It passes such an answer on (NOCHECKRESP) and learns nothing from it. From good ones 1.34
 * learns a time-out of its own. */
#define STUB_RCODE 2

struct dns_ares {
    ares_channel ares;
    ares_socket_t face; /* what c-ares takes for its socket: a number it hands back */
    struct dns_ares_options o;
#if ARES_VERSION >= 0x012200
    ares_dns_record_t *record; /* the question, but for its name */
#endif
};

enum dns_outcome dns_ares_outcome(int status)
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

/* Its socket ----------------------------------------------------------------------- */

static ares_socket_t on_open(int family, int type, int protocol, void *arg)
{
    struct dns_ares *a = arg;
    (void)family;
    (void)type;
    (void)protocol;
    return ++a->face;
}

static int on_close(ares_socket_t fd, void *arg)
{
    (void)fd;
    (void)arg;
    return 0;
}

/* The next that has ended, as far as c-ares needs it: its question. */
static ares_ssize_t on_read(ares_socket_t fd, void *out, size_t size, int flags,
                            struct sockaddr *from, ares_socklen_t *from_len, void *arg)
{
    struct dns_ares *a = arg;
    (void)fd;
    (void)flags;
    struct dns_flight *q = a->o.next(a->o.arg);
    if (q == NULL) {
        errno = EAGAIN;
        return -1;
    }
    uint8_t *stub = out;
    MUST(size >= q->len);
    memcpy(stub, q->question, q->len);
    stub[0] = (uint8_t)(q->ares_id >> 8);
    stub[1] = (uint8_t)q->ares_id;
    stub[2] |= DNS_FLAG_QR >> 8;
    stub[3] = STUB_RCODE;
    *from_len = dns_server_address(a->o.server, from);
    return q->len;
}

/* The end of a question. */
static void report(struct dns_flight *q, int status)
{
    struct dns_ares *a = q->ares;
    a->o.end(a->o.arg, q,
             status == ARES_SUCCESS ? DNS_OUTCOME_COUNT : dns_ares_outcome(status));
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
    (void)packet;
    (void)flags;
    (void)to;
    (void)to_len;
    (void)arg;
    return (ares_ssize_t)len;
}

static enum status set_functions(struct dns_ares *a)
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
    return ares_set_socket_functions_ex(a->ares, &functions, a) == ARES_SUCCESS ? ST_OK
                                                                                : ST_IO;
}

static void on_end(void *arg, ares_status_t status, size_t timeouts,
                   const ares_dns_record_t *stub)
{
    (void)timeouts;
    (void)stub;
    report(arg, (int)status);
}

/* It draws an id of its own. */
static void hand_over(struct dns_ares *a, struct dns_flight *q, const char *name)
{
    ares_dns_rec_type_t type =
        q->type != 0 ? (ares_dns_rec_type_t)q->type : ARES_REC_TYPE_NS;
    ares_status_t rc = ares_dns_record_query_set_name(a->record, 0, name);
    if (rc == ARES_SUCCESS)
        rc = ares_dns_record_query_set_type(a->record, 0, type);
    if (rc == ARES_SUCCESS)
        ares_send_dnsrec(a->ares, a->record, on_end, q, &q->ares_id);
    else
        on_end(q, rc, 0, NULL);
}

static enum status make_record(struct dns_ares *a)
{
    ares_status_t rc = ares_dns_record_create(&a->record, 0, ARES_FLAG_RD,
                                              ARES_OPCODE_QUERY, ARES_RCODE_NOERROR);
    if (rc == ARES_SUCCESS)
        rc = ares_dns_record_query_add(a->record, "", ARES_REC_TYPE_NS, ARES_CLASS_IN);
    return rc == ARES_SUCCESS ? ST_OK : ST_NOMEM;
}

static void free_record(struct dns_ares *a)
{
    ares_dns_record_destroy(a->record);
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
    (void)arg;
    MUST(n == 1); /* a datagram; only streams are written in parts */
    return (ares_ssize_t)parts[0].iov_len;
}

static enum status set_functions(struct dns_ares *a)
{
    static const struct ares_socket_functions functions = {
        .asocket = on_open,
        .aclose = on_close,
        .aconnect = on_connect,
        .arecvfrom = on_read,
        .asendv = on_send,
    };
    ares_set_socket_functions(a->ares, &functions, a);
    return ST_OK;
}

static void on_end(void *arg, int status, int timeouts, unsigned char *stub, int len)
{
    (void)timeouts;
    (void)stub;
    (void)len;
    report(arg, status);
}

/* It takes the id that is in the packet: unique among those that are out, which its own in
 * 1.18 are not. */
static void hand_over(struct dns_ares *a, struct dns_flight *q, const char *name)
{
    (void)name;
    q->ares_id = (uint16_t)(q->question[0] << 8 | q->question[1]);
    ares_send(a->ares, q->question, q->len, on_end, q);
}

static enum status make_record(struct dns_ares *a)
{
    (void)a;
    return ST_OK;
}

static void free_record(struct dns_ares *a)
{
    (void)a;
}
#endif

static enum status start_ares(struct dns_ares *a)
{
    /* The system's file holds options as well as resolvers, and its options are not meant
     * for this service. */
    static char no_file[] = "/dev/null";
    struct ares_options o = {
        /* STAYOPEN: or the socket closes each time the channel is idle. NOCHECKRESP and
         * IGNTC: what an answer says is read here. No EDNS: the answers are small. */
        .flags = ARES_FLAG_STAYOPEN | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                 ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC,
        .timeout = (int)(a->o.timeout_ms * TIMEOUT_FACTOR),
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
    int rc = ares_init_options(&a->ares, &o, mask);
    if (rc != ARES_SUCCESS) {
        a->ares = NULL;
        return rc == ARES_ENOMEM ? ST_NOMEM : ST_IO;
    }
    enum status st = dns_ares_point(a->ares, a->o.server);
    return st == ST_OK ? set_functions(a) : st;
}

enum status dns_ares_point(ares_channel ares, const struct dns_server *server)
{
    struct ares_addr_port_node node = {
        .next = NULL,
        .family = server->family,
        .udp_port = server->port,
        .tcp_port = server->port,
    };
    memcpy(&node.addr, server->address,
           node.family == AF_INET6 ? sizeof node.addr.addr6 : sizeof node.addr.addr4);
    return ares_set_servers_ports(ares, &node) == ARES_SUCCESS ? ST_OK : ST_IO;
}

enum status dns_ares_new(const struct dns_ares_options *o, struct dns_ares **out)
{
    struct dns_ares *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ST_NOMEM;
    a->o = *o;
    enum status st = make_record(a);
    if (st == ST_OK)
        st = start_ares(a);
    if (st != ST_OK) {
        dns_ares_free(a);
        return st;
    }
    *out = a;
    return ST_OK;
}

void dns_ares_ask(struct dns_ares *a, struct dns_flight *q, const char *name)
{
    q->ares = a;
    hand_over(a, q, name);
}

void dns_ares_read(struct dns_ares *a)
{
    ares_process_fd(a->ares, a->face, ARES_SOCKET_BAD);
}

void dns_ares_tick(struct dns_ares *a)
{
    ares_process_fd(a->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void dns_ares_free(struct dns_ares *a)
{
    if (a == NULL)
        return;
    if (a->ares != NULL)
        ares_destroy(a->ares);
    free_record(a);
    free(a);
}
