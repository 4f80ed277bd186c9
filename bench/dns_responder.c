/* A DNS server that is faster than any client, to measure clients against, and that can be
 * told to be bad, to test them.
 *
 *   dns_responder PORT [--drop PERMILLE] [--rcvbuf BYTES] [--plain]
 *
 * The name says what it answers, so whoever makes up the names knows the truth: one that
 * begins with "gone" does not exist (NXDOMAIN, the SOA of what stands behind the first
 * label), one that begins with "mute" is never answered, all others have two name servers.
 *
 *   --drop     so many of a thousand questions, whatever they are about, are lost
 *   --rcvbuf   the socket's receive buffer, above the system's limit when run by root;
 *              without it the default one, which holds some 250 questions
 *   --plain    one datagram an answer, without UDP segmentation
 *
 * Serves 127.0.0.1 over UDP until SIGTERM, and then says what it did. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/udp_gather.h"

#define BATCH UDP_GATHER_MAX
#define QUESTION_MAX 512
#define HEADER 12

static struct {
    unsigned long long questions, answers, dropped, mute, lost;
} totals;

static volatile sig_atomic_t is_over;

static void on_term(int signum)
{
    (void)signum;
    is_over = 1;
}

static const uint8_t two_servers[] = {
    /* owner: the question's name; NS IN, a day; "ns1" and "ns2" below it */
    0xC0, 12, 0, 2, 0, 1, 0, 1, 0x51, 0x80, 0, 6, 3, 'n', 's', '1', 0xC0, 12,
    0xC0, 12, 0, 2, 0, 1, 0, 1, 0x51, 0x80, 0, 6, 3, 'n', 's', '2', 0xC0, 12};

static const uint8_t soa_data[] = {
    /* SOA IN, a quarter of an hour, 26 octets: "a." "b." and five numbers */
    0, 6, 0, 1, 0, 0, 3, 0x84, 0, 26,   1, 'a', 0,    1,    'b', 0, 0, 0,
    0, 1, 0, 0, 7, 8, 0, 0,    3, 0x84, 0, 9,   0x3A, 0x80, 0,   0, 3, 0x84};

/* Where the question ends; 0: there is none to be read. */
static size_t question_end(const uint8_t *q, size_t len)
{
    size_t at = HEADER;
    while (at < len && q[at] != 0)
        at += 1U + q[at];
    at += 1 + 4;
    return at <= len ? at : 0;
}

static bool begins(const uint8_t *q, const char *with)
{
    size_t len = strlen(with);
    return q[HEADER] >= len && strncasecmp((const char *)q + HEADER + 1, with, len) == 0;
}

/* Turns a question into its answer in place; 0: silence. */
static size_t answer(uint8_t *q, size_t len)
{
    size_t end = question_end(q, len);
    if (end == 0 || begins(q, "mute")) {
        totals.mute += end > 0;
        return 0;
    }
    bool is_gone = begins(q, "gone");
    q[2] = (uint8_t)(0x80 | (q[2] & 0x01));     /* an answer; RD as it was */
    q[3] = (uint8_t)(0x80 | (is_gone ? 3 : 0)); /* RA */
    memset(q + 6, 0, 6);
    if (!is_gone) {
        q[7] = 2;
        memcpy(q + end, two_servers, sizeof two_servers);
        return end + sizeof two_servers;
    }
    q[9] = 1;
    q[end] = 0xC0;
    q[end + 1] = (uint8_t)(HEADER + 1 + q[HEADER]);
    memcpy(q + end + 2, soa_data, sizeof soa_data);
    return end + 2 + sizeof soa_data;
}

static bool is_dropped(unsigned permille)
{
    static uint64_t state = 88172645463325252U; /* xorshift64 (Marsaglia) */
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % 1000 < permille;
}

static void serve(int fd, unsigned drop, bool is_plain)
{
    static uint8_t packets[BATCH][QUESTION_MAX + sizeof two_servers + sizeof soa_data];
    static struct sockaddr_in from[BATCH];
    static struct iovec pieces[BATCH];
    static struct mmsghdr in[BATCH];
    struct udp_gather *out = udp_gather_new(fd, !is_plain);
    for (size_t i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){.iov_base = packets[i], .iov_len = QUESTION_MAX};
        in[i].msg_hdr =
            (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1, .msg_name = &from[i]};
    }
    while (!is_over) {
        for (size_t i = 0; i < BATCH; i++)
            in[i].msg_hdr.msg_namelen = sizeof from[i];
        int n = recvmmsg(fd, in, BATCH, MSG_WAITFORONE, NULL);
        for (int i = 0; i < n; i++) {
            totals.questions++;
            size_t len = answer(packets[i], in[i].msg_len);
            bool drops = drop > 0 && len > 0 && is_dropped(drop);
            totals.dropped += drops;
            if (len == 0 || drops)
                continue;
            udp_gather_add(out, &from[i], packets[i], len);
            totals.answers++;
        }
        totals.lost += udp_gather_send(out);
    }
    udp_gather_free(out);
}

static int open_socket(uint16_t port, int rcvbuf)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (rcvbuf > 0 &&
        setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &rcvbuf, sizeof rcvbuf) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
    int sndbuf = 8 << 20; /* a full one would stop the server */
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &sndbuf, sizeof sndbuf) != 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, sizeof sndbuf);
    if (bind(fd, (struct sockaddr *)&a, sizeof a) != 0) {
        perror("dns_responder: bind");
        exit(1);
    }
    return fd;
}

static _Noreturn void usage(void)
{
    fprintf(stderr, "usage: dns_responder PORT [--drop PERMILLE] [--rcvbuf BYTES] "
                    "[--plain]\n");
    exit(2);
}

int main(int argc, char **argv)
{
    unsigned drop = 0;
    int rcvbuf = 0;
    bool is_plain = false;
    if (argc < 2)
        usage();
    for (int i = 2; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--plain") == 0)
            is_plain = true;
        else if (strcmp(argv[i], "--drop") == 0 && has_value)
            drop = (unsigned)strtoul(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--rcvbuf") == 0 && has_value)
            rcvbuf = (int)strtol(argv[++i], NULL, 10);
        else
            usage();
    }
    /* no SA_RESTART: the signal ends the wait for questions */
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_term}, NULL);
    int fd = open_socket((uint16_t)strtoul(argv[1], NULL, 10), rcvbuf);
    printf("ready\n");
    fflush(stdout);
    serve(fd, drop, is_plain);
    printf("questions=%llu answers=%llu dropped=%llu mute=%llu unsent=%llu\n",
           totals.questions, totals.answers, totals.dropped, totals.mute, totals.lost);
    return 0;
}
