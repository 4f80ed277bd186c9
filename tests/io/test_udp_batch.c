/* Batches of datagrams between sockets on loopback, in each of the ways, and the falling
 * back from one to the next. */
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/udp_batch.h"

#define SOCKETS 3

static struct {
    struct udp_batch *batch;
    int in, out[UDP_BATCH_SOCKETS];
    size_t errors, error_socket;
    int error;
} t;

static void on_error(void *arg, size_t socket, int error)
{
    assert_ptr_equal(arg, &t);
    t.errors++;
    t.error_socket = socket;
    t.error = error;
}

static void begin(enum udp_batch_way way)
{
    static const int large = 1 << 20;
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;
    memset(&t, 0, sizeof t);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    t.in = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(t.in, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    assert_int_equal(bind(t.in, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(t.in, (struct sockaddr *)&a, &len), 0);
    for (size_t i = 0; i < SOCKETS; i++) {
        t.out[i] = socket(AF_INET, SOCK_DGRAM, 0);
        assert_int_equal(connect(t.out[i], (struct sockaddr *)&a, sizeof a), 0);
    }
    t.batch = udp_batch_new(way, on_error, &t);
    assert_non_null(t.batch);
}

static void end(void)
{
    udp_batch_free(t.batch);
    close(t.in);
    for (size_t i = 0; i < SOCKETS; i++)
        close(t.out[i]);
}

/* The ith datagram: its number, and as many more bytes as its length asks for. */
static size_t make(uint32_t i, uint8_t out[UDP_BATCH_SEND_MAX])
{
    size_t len = 4 + i % 7 * 11;
    memset(out, (int)(i % 251), len);
    memcpy(out, &i, 4);
    return len;
}

static void put(uint32_t from, uint32_t n)
{
    uint8_t bytes[UDP_BATCH_SEND_MAX];
    for (uint32_t i = from; i < from + n; i++) {
        size_t len = make(i, bytes);
        udp_batch_put(t.batch, i % SOCKETS, bytes, len);
    }
}

/* Reads until there is no more; each of 0..n-1 must have come once and whole. */
static void assert_received(uint32_t n)
{
    static uint8_t seen[4 * UDP_BATCH_SEND];
    size_t got;
    int error;
    memset(seen, 0, sizeof seen);
    do {
        got = udp_batch_receive(t.batch, t.in, &error);
        assert_int_equal(error, 0);
        for (size_t i = 0; i < got; i++) {
            uint8_t want[UDP_BATCH_SEND_MAX];
            size_t len;
            uint32_t number;
            bool is_cut;
            const uint8_t *p = udp_batch_packet(t.batch, i, &len, &is_cut);
            memcpy(&number, p, 4);
            assert_true(number < n);
            assert_int_equal(len, make(number, want));
            assert_memory_equal(p, want, len);
            assert_false(is_cut);
            seen[number]++;
        }
    } while (got > 0);
    for (uint32_t i = 0; i < n; i++)
        assert_int_equal(seen[i], 1);
}

static void all_arrive_once_in_each_way(void **state)
{
    static const enum udp_batch_way ways[] = {UDP_TRAINS, UDP_MESSAGES, UDP_SINGLY};
    static const uint32_t numbers[] = {1, 2, 65, 127, 128, UDP_BATCH_SEND};
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
        begin(ways[k]);
        for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
            put(0, numbers[i]);
            assert_int_equal(udp_batch_queued(t.batch), numbers[i]);
            udp_batch_flush(t.batch, t.out);
            assert_int_equal(udp_batch_queued(t.batch), 0);
            assert_received(numbers[i]);
        }
        udp_batch_flush(t.batch, t.out); /* nothing */
        assert_int_equal(udp_batch_receive(t.batch, t.in, &(int){0}), 0);
        assert_int_equal(udp_batch_way(t.batch), ways[k]);
        assert_int_equal(t.errors, 0);
        end();
    }
}

/* The kernel refuses to cut up what leaves without a checksum: EINVAL. */
static void no_trains(void **state)
{
    static const int on = 1;
    (void)state;
    begin(UDP_TRAINS);
    for (size_t i = 0; i < SOCKETS; i++)
        assert_int_equal(setsockopt(t.out[i], SOL_SOCKET, SO_NO_CHECK, &on, sizeof on), 0);
    put(0, 100);
    udp_batch_flush(t.batch, t.out);
    assert_int_equal(udp_batch_way(t.batch), UDP_MESSAGES);
    assert_int_equal(t.errors, 0);
    assert_received(100);
    end();
}

static void nobody_listens(void **state)
{
    int error = 0;
    (void)state;
    begin(UDP_TRAINS);
    close(t.in);
    t.in = socket(AF_INET, SOCK_DGRAM, 0);
    udp_batch_put(t.batch, 1, (const uint8_t *)"hello", 5);
    udp_batch_flush(t.batch, t.out);
    assert_int_equal(t.errors, 0); /* it has left */
    assert_int_equal(udp_batch_receive(t.batch, t.out[1], &error), 0);
    assert_int_equal(error, ECONNREFUSED);
    assert_int_equal(udp_batch_receive(t.batch, t.out[1], &error), 0);
    assert_int_equal(error, 0); /* told once */
    udp_batch_put(t.batch, 1, (const uint8_t *)"hello", 5);
    udp_batch_flush(t.batch, t.out);
    udp_batch_put(t.batch, 1, (const uint8_t *)"again", 5);
    udp_batch_flush(t.batch, t.out);
    assert_true(t.errors > 0);
    assert_int_equal(t.error, ECONNREFUSED);
    assert_int_equal(t.error_socket, 1);
    assert_int_equal(udp_batch_queued(t.batch), 0);
    end();
}

/* What can't leave is told and dropped; what is behind it leaves. */
static void one_socket_fails(void **state)
{
    (void)state;
    begin(UDP_TRAINS);
    assert_int_equal(shutdown(t.out[0], SHUT_WR), 0);
    put(0, 30);
    udp_batch_flush(t.batch, t.out);
    assert_true(t.errors > 0);
    assert_int_equal(t.error, EPIPE);
    assert_int_equal(t.error_socket, 0);
    assert_int_equal(udp_batch_queued(t.batch), 0);
    int error;
    assert_int_equal(udp_batch_receive(t.batch, t.in, &error), 20);
    end();
}

static void long_ones_are_cut(void **state)
{
    uint8_t bytes[UDP_BATCH_RECEIVE_MAX + 1] = {0};
    size_t len;
    bool is_cut;
    int error;
    (void)state;
    begin(UDP_MESSAGES);
    assert_int_equal(send(t.out[0], bytes, sizeof bytes - 1, 0), sizeof bytes - 1);
    assert_int_equal(send(t.out[0], bytes, sizeof bytes, 0), sizeof bytes);
    assert_int_equal(udp_batch_receive(t.batch, t.in, &error), 2);
    udp_batch_packet(t.batch, 0, &len, &is_cut);
    assert_int_equal(len, UDP_BATCH_RECEIVE_MAX);
    assert_false(is_cut);
    udp_batch_packet(t.batch, 1, &len, &is_cut);
    assert_int_equal(len, UDP_BATCH_RECEIVE_MAX);
    assert_true(is_cut);
    end();
}

/* A full buffer: what has not left stays, and leaves later. */
static void a_full_socket_buffer(void **state)
{
    static const int small = 1;
    int pair[2], fds[UDP_BATCH_SOCKETS];
    size_t rounds = 0;
    (void)state;
    begin(UDP_MESSAGES);
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    for (size_t i = 0; i < UDP_BATCH_SOCKETS; i++)
        fds[i] = pair[0];
    close(t.in);
    t.in = dup(pair[1]);
    put(0, UDP_BATCH_SEND);
    udp_batch_flush(t.batch, fds);
    assert_in_range(udp_batch_queued(t.batch), 1, UDP_BATCH_SEND - 1);
    assert_int_equal(t.errors, 0);
    for (uint32_t got = 0; got < UDP_BATCH_SEND; rounds++) {
        int error;
        assert_true(rounds < UDP_BATCH_SEND);
        got += (uint32_t)udp_batch_receive(t.batch, t.in, &error);
        udp_batch_flush(t.batch, fds);
    }
    assert_int_equal(udp_batch_queued(t.batch), 0);
    close(pair[0]);
    close(pair[1]);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_arrive_once_in_each_way),
        cmocka_unit_test(no_trains),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(one_socket_fails),
        cmocka_unit_test(long_ones_are_cut),
        cmocka_unit_test(a_full_socket_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
