/* Many datagrams a system call.
 *
 *   1. udp_batch_put copies a datagram into the ring.
 *   2. udp_batch_flush sorts the ring by socket and length and makes one message of each
 *      run of equal ones.
 *   3. The messages of a socket leave with one sendmmsg.
 *
 * What can go wrong:
 *   - the kernel does not segment, or not on this route: EIO, EINVAL, ENOPROTOOPT or
 *     EMSGSIZE for a message of several. From then on each datagram is a message of its
 * own;
 *   - no sendmmsg (ENOSYS, an old sandbox): one send a datagram;
 *   - the socket's buffer is full: what is left stays in the ring for the next flush;
 *   - an ICMP error for an earlier datagram is reported by a send: it is told, and the send
 *     is done again, for nothing has left. */
#include "io/udp_batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/must.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103 /* linux/udp.h; glibc has it since 2.29 */
#endif

#define KEYS_MAX (UDP_BATCH_SEND_MAX + 1)
/* An error may be pending on each socket once, not for ever. */
#define RETRIES 2

struct slot {
    uint16_t len;
    uint8_t socket;
    uint8_t bytes[UDP_BATCH_SEND_MAX];
};

struct control {
    _Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(uint16_t))];
};

struct udp_batch {
    enum udp_batch_way way;
    udp_batch_error_cb error;
    void *arg;
    size_t n;                       /* slots in use, at the front */
    uint16_t order[UDP_BATCH_SEND]; /* slots by socket, then length */
    struct slot slots[UDP_BATCH_SEND];
    struct iovec parts[UDP_BATCH_SEND]; /* of order[i] */
    struct mmsghdr out[UDP_BATCH_SEND];
    struct control control[UDP_BATCH_SEND];
    struct mmsghdr in[UDP_BATCH_RECEIVE];
    struct iovec in_parts[UDP_BATCH_RECEIVE];
    uint8_t in_bytes[UDP_BATCH_RECEIVE][UDP_BATCH_RECEIVE_MAX];
};

struct udp_batch *udp_batch_new(enum udp_batch_way way, udp_batch_error_cb error, void *arg)
{
    struct udp_batch *b = calloc(1, sizeof *b);
    if (b == NULL)
        return NULL;
    b->way = way;
    b->error = error;
    b->arg = arg;
    for (size_t i = 0; i < UDP_BATCH_RECEIVE; i++) {
        b->in_parts[i] =
            (struct iovec){.iov_base = b->in_bytes[i], .iov_len = sizeof b->in_bytes[i]};
        b->in[i].msg_hdr.msg_iov = &b->in_parts[i];
        b->in[i].msg_hdr.msg_iovlen = 1;
    }
    return b;
}

void udp_batch_free(struct udp_batch *b)
{
    free(b);
}

enum udp_batch_way udp_batch_way(const struct udp_batch *b)
{
    return b->way;
}

size_t udp_batch_queued(const struct udp_batch *b)
{
    return b->n;
}

void udp_batch_put(struct udp_batch *b, size_t socket, const uint8_t *bytes, size_t len)
{
    MUST(b->n < UDP_BATCH_SEND && len <= UDP_BATCH_SEND_MAX && socket < UDP_BATCH_SOCKETS);
    struct slot *s = &b->slots[b->n++];
    s->len = (uint16_t)len;
    s->socket = (uint8_t)socket;
    memcpy(s->bytes, bytes, len);
}

/* Sending ------------------------------------------------------------------------- */

static size_t length_of(const struct slot *s)
{
    return s->len;
}

static size_t socket_of(const struct slot *s)
{
    return s->socket;
}

/* One stable pass of a counting sort over slot numbers; keys are below KEYS_MAX. */
static void sort_by(const struct udp_batch *b, size_t (*key)(const struct slot *s),
                    const uint16_t *from, uint16_t *to)
{
    uint16_t start[KEYS_MAX + 1] = {0};
    for (size_t i = 0; i < b->n; i++)
        start[key(&b->slots[i]) + 1]++;
    for (size_t k = 1; k < KEYS_MAX; k++)
        start[k] = (uint16_t)(start[k] + start[k - 1]);
    for (size_t i = 0; i < b->n; i++)
        to[start[key(&b->slots[from[i]])]++] = from[i];
}

static void sort(struct udp_batch *b)
{
    uint16_t order[UDP_BATCH_SEND];
    for (size_t i = 0; i < b->n; i++)
        b->order[i] = (uint16_t)i;
    sort_by(b, length_of, b->order, order);
    sort_by(b, socket_of, order, b->order);
    for (size_t i = 0; i < b->n; i++) {
        struct slot *s = &b->slots[b->order[i]];
        b->parts[i] = (struct iovec){.iov_base = s->bytes, .iov_len = s->len};
    }
}

static size_t run_length(const struct udp_batch *b, size_t from, size_t end)
{
    size_t n = 1, most = b->way == UDP_TRAINS ? UDP_BATCH_TRAIN : 1;
    while (n < most && from + n < end &&
           b->parts[from + n].iov_len == b->parts[from].iov_len)
        n++;
    return n;
}

static void say_segment(struct msghdr *m, struct control *c, size_t len)
{
    uint16_t size = (uint16_t)len;
    memset(c, 0, sizeof *c);
    m->msg_control = c->bytes;
    m->msg_controllen = sizeof c->bytes;
    struct cmsghdr *h = CMSG_FIRSTHDR(m);
    h->cmsg_level = IPPROTO_UDP;
    h->cmsg_type = UDP_SEGMENT;
    h->cmsg_len = CMSG_LEN(sizeof size);
    memcpy(CMSG_DATA(h), &size, sizeof size);
}

/* The messages of parts [from, end); returns how many. */
static size_t build(struct udp_batch *b, size_t from, size_t end)
{
    size_t n = 0;
    while (from < end) {
        struct msghdr *m = &b->out[n].msg_hdr;
        size_t run = run_length(b, from, end);
        memset(m, 0, sizeof *m);
        m->msg_iov = &b->parts[from];
        m->msg_iovlen = run;
        if (run > 1)
            say_segment(m, &b->control[n], b->parts[from].iov_len);
        from += run;
        n++;
    }
    return n;
}

/* Returns how many messages have left, 1 or more, or -1 and errno. */
static int send_some(struct udp_batch *b, int fd, struct mmsghdr *out, size_t n)
{
    if (b->way != UDP_SINGLY)
        return sendmmsg(fd, out, (unsigned)n, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sendmsg(fd, &out->msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 1;
}

static bool is_no_train(int error)
{
    return error == EIO || error == EINVAL || error == ENOPROTOOPT || error == EMSGSIZE;
}

enum verdict { AGAIN, REBUILD, SKIP, STOP };

/* What to do about a message that did not leave. */
static enum verdict on_failure(struct udp_batch *b, size_t socket,
                               const struct mmsghdr *failed, int error, unsigned *retries)
{
    if (error == EINTR)
        return AGAIN;
    if (error == EAGAIN || error == ENOBUFS)
        return STOP;
    if (b->way == UDP_TRAINS && failed->msg_hdr.msg_iovlen > 1 && is_no_train(error)) {
        b->way = UDP_MESSAGES;
        return REBUILD;
    }
    if (b->way == UDP_MESSAGES && error == ENOSYS) {
        b->way = UDP_SINGLY;
        return AGAIN;
    }
    b->error(b->arg, socket, error);
    if (error == ECONNREFUSED && (*retries)++ < RETRIES)
        return AGAIN;
    return SKIP;
}

/* Sends parts [from, end) of one socket; returns where it stopped. */
static size_t send_range(struct udp_batch *b, size_t socket, int fd, size_t from,
                         size_t end)
{
    size_t n = build(b, from, end), at = 0;
    unsigned retries = 0;
    while (at < n) {
        int sent = send_some(b, fd, &b->out[at], n - at);
        int skipped = 0;
        if (sent < 0) {
            switch (on_failure(b, socket, &b->out[at], errno, &retries)) {
            case AGAIN:
                continue;
            case REBUILD:
                n = build(b, from, end);
                at = 0;
                continue;
            case STOP:
                return from;
            case SKIP:
                skipped = 1;
                break;
            }
        }
        for (int left = sent > 0 ? sent : skipped; left > 0; left--)
            from += b->out[at++].msg_hdr.msg_iovlen;
    }
    return end;
}

/* What has not left moves to the front of the ring. */
static void keep(struct udp_batch *b, const uint16_t *slots, size_t n)
{
    bool stays[UDP_BATCH_SEND] = {false};
    size_t to = 0;
    for (size_t i = 0; i < n; i++)
        stays[slots[i]] = true;
    for (size_t i = 0; i < b->n; i++) {
        if (stays[i] && to != i)
            b->slots[to] = b->slots[i];
        to += stays[i];
    }
    b->n = to;
}

void udp_batch_flush(struct udp_batch *b, const int *fds)
{
    uint16_t left[UDP_BATCH_SEND];
    size_t n_left = 0;
    if (b->n == 0)
        return;
    sort(b);
    for (size_t from = 0; from < b->n;) {
        size_t socket = b->slots[b->order[from]].socket, end = from;
        while (end < b->n && b->slots[b->order[end]].socket == socket)
            end++;
        for (size_t i = send_range(b, socket, fds[socket], from, end); i < end; i++)
            left[n_left++] = b->order[i];
        from = end;
    }
    keep(b, left, n_left);
}

/* Receiving ----------------------------------------------------------------------- */

static int receive_some(struct udp_batch *b, int fd)
{
    int n;
    if (b->way != UDP_SINGLY) {
        n = recvmmsg(fd, b->in, UDP_BATCH_RECEIVE, MSG_DONTWAIT, NULL);
        if (n >= 0 || errno != ENOSYS)
            return n;
    }
    for (n = 0; n < UDP_BATCH_RECEIVE; n++) {
        ssize_t got = recvmsg(fd, &b->in[n].msg_hdr, MSG_DONTWAIT);
        if (got < 0)
            break;
        b->in[n].msg_len = (unsigned)got;
    }
    return n > 0 ? n : -1;
}

size_t udp_batch_receive(struct udp_batch *b, int fd, int *error)
{
    int n = receive_some(b, fd);
    *error = n < 0 && errno != EAGAIN && errno != EINTR ? errno : 0;
    return n < 0 ? 0 : (size_t)n;
}

uint8_t *udp_batch_packet(struct udp_batch *b, size_t i, size_t *len, bool *is_cut)
{
    *is_cut = (b->in[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
    *len = b->in[i].msg_len;
    return b->in_bytes[i];
}
