/* Datagrams of one length to one port are gathered in a group, which is one message of
 * sendmmsg: its pieces lie where they were made. */
#include "lib/udp_gather.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SEGMENTS_MAX 64
#define TABLE_SIZE 512 /* of open groups, by port and length; a power of two */

struct group {
    struct iovec pieces[SEGMENTS_MAX];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))];
    uint32_t key;
};

struct udp_gather {
    int fd;
    bool segments;
    unsigned n;
    uint16_t table[TABLE_SIZE]; /* group + 1; 0: none */
    struct mmsghdr messages[UDP_GATHER_MAX];
    struct group groups[UDP_GATHER_MAX];
};

struct udp_gather *udp_gather_new(int fd, bool segments)
{
    struct udp_gather *b = calloc(1, sizeof *b);
    if (b == NULL) {
        perror("udp_gather");
        exit(1);
    }
    b->fd = fd;
    b->segments = segments;
    return b;
}

void udp_gather_free(struct udp_gather *b)
{
    free(b);
}

/* The place in the table where the group of this key is, or is to be. */
static uint16_t *find(struct udp_gather *b, uint32_t key)
{
    uint32_t at = key * 2654435769U >> 16 & (TABLE_SIZE - 1);
    while (b->table[at] != 0 && b->groups[b->table[at] - 1].key != key)
        at = (at + 1) & (TABLE_SIZE - 1);
    return &b->table[at];
}

void udp_gather_add(struct udp_gather *b, const struct sockaddr_in *to, void *packet,
                    size_t len)
{
    uint32_t key = (to != NULL ? (uint32_t)to->sin_port << 16 : 0) | (uint32_t)len;
    uint16_t *place = find(b, key);
    struct msghdr *m = *place != 0 ? &b->messages[*place - 1].msg_hdr : NULL;
    if (m == NULL || !b->segments || m->msg_iovlen == SEGMENTS_MAX) {
        struct group *g = &b->groups[b->n];
        union {
            const struct sockaddr_in *in;
            void *out;
        } name = {.in = to}; /* sendmmsg takes it without const and changes nothing */
        g->key = key;
        m = &b->messages[b->n].msg_hdr;
        *m = (struct msghdr){.msg_iov = g->pieces,
                             .msg_name = name.out,
                             .msg_namelen = to != NULL ? sizeof *to : 0};
        *place = (uint16_t)(++b->n);
    }
    m->msg_iov[m->msg_iovlen++] = (struct iovec){.iov_base = packet, .iov_len = len};
}

static void set_segment(struct msghdr *m, char *control, size_t size)
{
    if (m->msg_iovlen < 2)
        return;
    uint16_t len = (uint16_t)m->msg_iov[0].iov_len;
    m->msg_control = control;
    m->msg_controllen = size;
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = SOL_UDP;
    c->cmsg_type = UDP_SEGMENT;
    c->cmsg_len = CMSG_LEN(sizeof len);
    memcpy(CMSG_DATA(c), &len, sizeof len);
}

/* One datagram a piece. return  those that could not be sent */
static size_t send_plain(struct udp_gather *b, const struct msghdr *m)
{
    size_t lost = 0;
    for (size_t i = 0; i < m->msg_iovlen; i++) {
        struct msghdr one = {.msg_iov = m->msg_iov + i,
                             .msg_iovlen = 1,
                             .msg_name = m->msg_name,
                             .msg_namelen = m->msg_namelen};
        lost += sendmsg(b->fd, &one, 0) < 0;
    }
    return lost;
}

size_t udp_gather_send(struct udp_gather *b)
{
    size_t lost = 0;
    for (unsigned i = 0; b->segments && i < b->n; i++)
        set_segment(&b->messages[i].msg_hdr, b->groups[i].control,
                    sizeof b->groups[i].control);
    for (unsigned at = 0; at < b->n;) {
        int sent = sendmmsg(b->fd, b->messages + at, b->n - at, 0);
        if (sent > 0) {
            at += (unsigned)sent;
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EIO || errno == EINVAL || errno == ENOPROTOOPT)
            b->segments = false;
        lost += send_plain(b, &b->messages[at++].msg_hdr);
    }
    b->n = 0;
    memset(b->table, 0, sizeof b->table);
    return lost;
}
