#include "io/rogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/servers.h"

#define DRIP_MS 20
#define BLOCK_SIZE ((size_t)64 * 1024)

struct peer {
    uv_tcp_t tcp;
    uv_timer_t drip;
    uv_write_t write;
    struct rogue *rogue;
    struct peer *next;
    unsigned open;
    enum rogue_then then;
    bool is_writing;
    char block[BLOCK_SIZE]; /* what is sent without an end */
    size_t block_len;
};

static void on_peer_closed(uv_handle_t *h)
{
    struct peer *p = h->data;
    if (--p->open == 0)
        free(p);
}

static void leave(struct peer *p)
{
    struct peer **at = (struct peer **)&p->rogue->peers;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    uv_close((uv_handle_t *)&p->drip, on_peer_closed);
}

static void close_peer(struct peer *p)
{
    if (uv_is_closing((uv_handle_t *)&p->tcp))
        return;
    leave(p);
    uv_close((uv_handle_t *)&p->tcp, on_peer_closed);
}

static void reset_peer(struct peer *p)
{
    leave(p);
    uv_tcp_close_reset(&p->tcp, on_peer_closed);
}

static void on_written(uv_write_t *w, int status);

static void send_text(struct peer *p, const char *text, size_t len)
{
    union {
        const char *in;
        char *out;
    } bytes = {.in = text};
    uv_buf_t b = uv_buf_init(bytes.out, (unsigned)len);
    p->is_writing = true;
    assert_int_equal(uv_write(&p->write, (uv_stream_t *)&p->tcp, &b, 1, on_written), 0);
}

static void on_written(uv_write_t *w, int status)
{
    struct peer *p = container_of(w, struct peer, write);
    p->is_writing = false;
    if (uv_is_closing((uv_handle_t *)&p->tcp))
        return;
    if (status < 0 || p->then == ROGUE_CLOSE)
        close_peer(p);
    else if (p->then == ROGUE_ENDLESS)
        send_text(p, p->block, p->block_len);
}

static void on_drip(uv_timer_t *t)
{
    struct peer *p = container_of(t, struct peer, drip);
    if (!p->is_writing)
        send_text(p, " ", 1);
}

/* The answer's last line, as often as it fits. */
static void fill_block(struct peer *p, const char *answer)
{
    size_t len = strlen(answer), at = len;
    while (at > 0 && (at == len || answer[at - 1] != '\n'))
        at--;
    for (p->block_len = 0; p->block_len + (len - at) <= BLOCK_SIZE;
         p->block_len += len - at)
        memcpy(p->block + p->block_len, answer + at, len - at);
}

static const struct rogue_row *row_of(struct rogue *me, const char *path)
{
    for (size_t i = 0; me->rows != NULL; i++) {
        const struct rogue_row *row = &me->rows[i];
        assert_true(i < ARRAY_LEN(me->served));
        bool is_it = row->path == NULL || strncmp(path, row->path, strlen(row->path)) == 0;
        if (is_it && (row->times == 0 || me->served[i] < row->times)) {
            me->served[i]++;
            return row;
        }
        if (row->path == NULL)
            break;
    }
    return NULL;
}

static void answer(struct peer *p, const struct rogue_row *row)
{
    size_t len = strlen(row->answer);
    p->then = row->then;
    if (row->then == ROGUE_RESET) {
        reset_peer(p);
        return;
    }
    if (row->then == ROGUE_ENDLESS)
        fill_block(p, row->answer);
    if (row->then == ROGUE_DRIP)
        uv_timer_start(&p->drip, on_drip, DRIP_MS, DRIP_MS);
    if (len > 0)
        send_text(p, row->answer, len);
    else if (row->then == ROGUE_CLOSE)
        close_peer(p);
}

static void on_buffer(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    static char bytes[4096];
    (void)h;
    (void)suggested;
    *buf = uv_buf_init(bytes, sizeof bytes - 1);
}

static void on_request(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct peer *p = s->data;
    struct rogue *me = p->rogue;
    if (n <= 0) {
        if (n < 0)
            close_peer(p);
        return;
    }
    buf->base[n] = '\0';
    me->requests++;
    snprintf(me->head, sizeof me->head, "%s", buf->base);
    const char *path = strchr(buf->base, ' ');
    const struct rogue_row *row = row_of(me, path != NULL ? path + 1 : "");
    if (row != NULL)
        answer(p, row);
}

static void on_peer(uv_stream_t *server, int status)
{
    assert_int_equal(status, 0);
    struct peer *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->rogue = container_of((uv_tcp_t *)server, struct rogue, tcp);
    p->next = p->rogue->peers;
    p->rogue->peers = p;
    p->open = 2;
    uv_tcp_init(server->loop, &p->tcp);
    uv_timer_init(server->loop, &p->drip);
    p->tcp.data = p->drip.data = p;
    assert_int_equal(uv_accept(server, (uv_stream_t *)&p->tcp), 0);
    uv_read_start((uv_stream_t *)&p->tcp, on_buffer, on_request);
}

void rogue_start(uv_loop_t *loop, struct rogue *me, const struct rogue_row *rows)
{
    struct sockaddr_in a;
    memset(me, 0, sizeof *me);
    me->rows = rows;
    me->port = free_port();
    uv_ip4_addr("127.0.0.1", me->port, &a);
    uv_tcp_init(loop, &me->tcp);
    assert_int_equal(uv_tcp_bind(&me->tcp, (struct sockaddr *)&a, 0), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&me->tcp, 64, on_peer), 0);
}

void rogue_stop(struct rogue *me)
{
    while (me->peers != NULL)
        close_peer(me->peers);
    uv_close((uv_handle_t *)&me->tcp, NULL);
}
