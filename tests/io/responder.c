#include "io/responder.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/servers.h"

#define BATCH 256
#define LARGE_BUFFER (8 << 20)

struct batch {
    struct mmsghdr messages[BATCH];
    struct iovec parts[BATCH];
    struct sockaddr_in from[BATCH];
    uint8_t bytes[BATCH][512];
};

static const uint8_t soa[] = {
    3, 'c', 'o', 'm', 0, 0, 6, 0, 1, 0, 0, 0, 9, 0, 30, 3, 'n', 's', '1', 0,
    /* 5 + 5 + 20 octets of data */
    3, 'a', 'd', 'm', 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
static const uint8_t ns[] = {0xC0, 12, 0, 2, 0, 1, 0, 0, 0, 9, 0, 5, 2, 'n', 's', 0xC0, 12};

static size_t answer(uint8_t *p, size_t len)
{
    bool is_gone = p[12] >= 4 && strncasecmp((const char *)p + 13, "gone", 4) == 0;
    const uint8_t *record = is_gone ? soa : ns;
    size_t n = is_gone ? sizeof soa : sizeof ns;
    p[2] = 0x81;
    p[3] = is_gone ? 0x83 : 0x80;
    p[is_gone ? 9 : 7] = 1;
    memcpy(p + len, record, n);
    return len + n;
}

static void count(struct responder_view *v, const struct batch *b, int n)
{
    static bool seen[65536];
    static uint16_t last_port;
    for (int i = 0; i < n; i++) {
        uint16_t id = (uint16_t)(b->bytes[i][0] << 8 | b->bytes[i][1]);
        uint16_t port = ntohs(b->from[i].sin_port);
        v->questions++;
        v->ids[id]++;
        v->ports[port]++;
        v->same_ports += port == last_port;
        v->doubles += seen[id];
        seen[id] = true;
        last_port = port;
    }
    for (int i = 0; i < n; i++)
        seen[b->bytes[i][0] << 8 | b->bytes[i][1]] = false;
}

static bool is_ignored(struct responder_view *v)
{
    static uint32_t seed = 1;
    if (v->loss_1000 == 0)
        return false;
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 8) % 1000 < v->loss_1000;
}

static _Noreturn void serve(int fd, struct responder_view *v)
{
    static struct batch b;
    for (;;) {
        for (int i = 0; i < BATCH; i++) {
            b.parts[i] = (struct iovec){.iov_base = b.bytes[i], .iov_len = 300};
            b.messages[i].msg_hdr = (struct msghdr){.msg_name = &b.from[i],
                                                    .msg_namelen = sizeof b.from[i],
                                                    .msg_iov = &b.parts[i],
                                                    .msg_iovlen = 1};
        }
        int n = recvmmsg(fd, b.messages, BATCH, MSG_WAITFORONE, NULL);
        if (n <= 0)
            continue;
        count(v, &b, n);
        for (int i = 0; i < n; i++) {
            if (is_ignored(v)) {
                v->ignored++;
                continue;
            }
            size_t len = answer(b.bytes[i], b.messages[i].msg_len);
            sendto(fd, b.bytes[i], len, 0, (struct sockaddr *)&b.from[i], sizeof b.from[i]);
        }
    }
}

void child_responder_start(struct child_responder *c, uint16_t port, int buffer)
{
    int bytes = (buffer == 0 ? LARGE_BUFFER : buffer) / 2; /* the kernel doubles it */
    struct sockaddr_in a = {.sin_family = AF_INET};
    if (c->view == NULL)
        c->view = mmap(NULL, sizeof *c->view, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(c->view != MAP_FAILED);
    c->port = port == 0 ? free_port() : port;
    snprintf(c->text, sizeof c->text, "127.0.0.1:%u", (unsigned)c->port);
    a.sin_port = htons(c->port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(fd, c->view);
    }
    close(fd);
}

void child_responder_kill(struct child_responder *c)
{
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
}

void child_responder_pause(struct child_responder *c, int is_paused)
{
    kill(c->pid, is_paused ? SIGSTOP : SIGCONT);
}

void child_responder_free(struct child_responder *c)
{
    child_responder_kill(c);
    munmap(c->view, sizeof *c->view);
    c->view = NULL;
}
