/* The least that a DNS client can do, as the limit for others: no library, no name checked,
 * no window that adapts; sendmmsg with UDP segmentation, recvmmsg, and all that is out
 * again when nothing has come for a while.
 *
 *   dns_bare PORT [WINDOW]     names on standard input; prints what it counted */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/dns_names.h"
#include "lib/udp_gather.h"

#define WINDOW_DEFAULT 1000
#define WINDOW_MAX 65536
#define SILENCE_MS 200
#define BUFFER_BYTES (4 << 20)
#define ANSWER_MAX 512

struct slot {
    bool is_out;
    size_t len;
    uint8_t packet[DNS_QUERY_MAX];
};

static struct client {
    int fd;
    struct udp_gather *batch;
    size_t queued; /* in the batch */
    struct slot *slots;
    uint16_t *free;
    size_t window, n_free;
    struct dns_names names;
    size_t next, done;
    unsigned long by_rcode[16], resent;
} c;

static int open_socket(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), bytes = BUFFER_BYTES;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        perror("dns_bare: connect");
        exit(1);
    }
    return fd;
}

static void put(struct slot *s)
{
    udp_gather_add(c.batch, NULL, s->packet, s->len);
    if (++c.queued == UDP_GATHER_MAX) {
        udp_gather_send(c.batch);
        c.queued = 0;
    }
}

static void flush(void)
{
    if (c.queued > 0)
        udp_gather_send(c.batch);
    c.queued = 0;
}

/* The id is the slot. */
static void ask(void)
{
    while (c.n_free > 0 && c.next < c.names.n) {
        uint16_t id = c.free[c.n_free - 1];
        struct slot *s = &c.slots[id];
        s->len = dns_query(c.names.at[c.next++], id, s->packet);
        if (s->len == 0) {
            c.done++;
            continue;
        }
        c.n_free--;
        s->is_out = true;
        put(s);
    }
    flush();
}

static void ask_again(void)
{
    for (size_t i = 0; i < c.window; i++) {
        if (c.slots[i].is_out) {
            put(&c.slots[i]);
            c.resent++;
        }
    }
    flush();
}

static void take(const uint8_t *answer, size_t len)
{
    uint16_t id = (uint16_t)(len >= 12 ? answer[0] << 8 | answer[1] : WINDOW_MAX - 1);
    if (len < 12 || id >= c.window || !c.slots[id].is_out)
        return;
    c.slots[id].is_out = false;
    c.free[c.n_free++] = id;
    c.by_rcode[answer[3] & 0xF]++;
    c.done++;
}

/* Waits for an answer, and takes those that are there. */
static void receive(void)
{
    static uint8_t bytes[UDP_GATHER_MAX][ANSWER_MAX];
    static struct iovec pieces[UDP_GATHER_MAX];
    static struct mmsghdr in[UDP_GATHER_MAX];
    for (size_t i = 0; i < UDP_GATHER_MAX && in[i].msg_hdr.msg_iov == NULL; i++) {
        pieces[i] = (struct iovec){.iov_base = bytes[i], .iov_len = sizeof bytes[i]};
        in[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    int n = recvmmsg(c.fd, in, UDP_GATHER_MAX, MSG_DONTWAIT, NULL);
    if (n < 0 && errno == EAGAIN &&
        poll(&(struct pollfd){.fd = c.fd, .events = POLLIN}, 1, SILENCE_MS) == 0)
        ask_again();
    for (int i = 0; i < n; i++)
        take(bytes[i], in[i].msg_len);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: dns_bare PORT [WINDOW]\n");
        return 2;
    }
    c.window = argc > 2 ? strtoul(argv[2], NULL, 10) : WINDOW_DEFAULT;
    if (c.window == 0 || c.window > WINDOW_MAX)
        c.window = WINDOW_DEFAULT;
    c.slots = calloc(c.window, sizeof *c.slots);
    c.free = calloc(c.window, sizeof *c.free);
    if (c.slots == NULL || c.free == NULL) {
        perror("dns_bare");
        return 1;
    }
    for (size_t i = 0; i < c.window; i++)
        c.free[c.n_free++] = (uint16_t)i;
    c.names = dns_names_read();
    c.fd = open_socket((uint16_t)strtoul(argv[1], NULL, 10));
    c.batch = udp_gather_new(c.fd, true);
    while (c.done < c.names.n) {
        ask();
        receive();
    }
    printf("names=%zu noerror=%lu nxdomain=%lu resent=%lu\n", c.names.n, c.by_rcode[0],
           c.by_rcode[3], c.resent);
    return 0;
}
