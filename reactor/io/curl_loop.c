/* libcurl on libuv.
 *
 *   1. curl names the sockets and the time it waits for, from inside whatever is
 *      called.
 *   2. Polls and the timer call curl_multi_socket_action, from the loop.
 *   3. After each such call the owner looks at what has finished.
 *
 * What can go wrong:
 *   - an error on a socket: libuv stops the poll and says so once; curl is told,
 *     finds it by reading, and as a rule drops the socket. If it keeps it, it is
 *     watched on;
 *   - curl takes a socket away while its poll is open: the poll is stopped at once,
 *     since the number may be another socket's a moment later;
 *   - a socket can't be watched: curl fails the transfers that are out;
 *   - closing: curl's own farewells (TLS) may open and close sockets when it is
 *     cleaned up, so before that nothing is watched for it any more. */
#include "io/curl_loop.h"

#include <stdlib.h>

#include "base/must.h"

struct curl_socket {
    uv_poll_t poll;
    struct curl_loop *owner;
    curl_socket_t fd;
    int events;
    struct curl_socket *next;
};

static void on_handle_closed(struct curl_loop *l)
{
    l->open--;
    if (l->open == 0)
        l->closed(l->arg); /* the owner may free `l` from here on */
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct curl_socket *p = container_of((uv_poll_t *)handle, struct curl_socket, poll);
    struct curl_loop *l = p->owner;
    free(p);
    on_handle_closed(l);
}

static void drop_socket(struct curl_socket *p)
{
    struct curl_socket **at = &p->owner->sockets;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    curl_multi_assign(p->owner->multi, p->fd, NULL);
    uv_poll_stop(&p->poll); /* now: curl closes the descriptor next */
    uv_close((uv_handle_t *)&p->poll, on_poll_closed);
}

static struct curl_socket *find_socket(struct curl_loop *l, curl_socket_t fd)
{
    struct curl_socket *p = l->sockets;
    while (p != NULL && p->fd != fd)
        p = p->next;
    return p;
}

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct curl_socket *p = container_of(handle, struct curl_socket, poll);
    struct curl_loop *l = p->owner;
    curl_socket_t fd = p->fd;
    int flags = 0, running = 0;
    if (status < 0)
        flags = CURL_CSELECT_ERR;
    if ((events & UV_READABLE) != 0)
        flags |= CURL_CSELECT_IN;
    if ((events & UV_WRITABLE) != 0)
        flags |= CURL_CSELECT_OUT;
    curl_multi_socket_action(l->multi, fd, flags, &running);
    p = status < 0 ? find_socket(l, fd) : NULL; /* the first `p` may be gone */
    if (p != NULL && !uv_is_active((uv_handle_t *)&p->poll))
        uv_poll_start(&p->poll, p->events, on_ready);
    l->progressed(l->arg);
}

static struct curl_socket *add_socket(struct curl_loop *l, curl_socket_t fd)
{
    struct curl_socket *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    if (uv_poll_init_socket(l->loop, &p->poll, fd) != 0) {
        free(p);
        return NULL;
    }
    p->owner = l;
    p->fd = fd;
    p->next = l->sockets;
    l->sockets = p;
    l->open++;
    curl_multi_assign(l->multi, fd, p);
    return p;
}

/* -1 makes curl fail the transfers that are out, each with a result of its own. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct curl_loop *l = arg;
    struct curl_socket *p = socket_arg;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (p != NULL)
            drop_socket(p);
        return 0;
    }
    if (p == NULL)
        p = add_socket(l, fd);
    if (p == NULL)
        return -1;
    p->events = ((what & CURL_POLL_IN) != 0 ? UV_READABLE : 0) |
                ((what & CURL_POLL_OUT) != 0 ? UV_WRITABLE : 0);
    return uv_poll_start(&p->poll, p->events, on_ready) == 0 ? 0 : -1;
}

static void on_timer(uv_timer_t *timer)
{
    struct curl_loop *l = container_of(timer, struct curl_loop, timer);
    int running = 0;
    curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    l->progressed(l->arg);
}

static int on_timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
    struct curl_loop *l = arg;
    (void)multi;
    if (timeout_ms < 0) /* -1: no timer, not "at once" */
        uv_timer_stop(&l->timer);
    else
        uv_timer_start(&l->timer, on_timer, (uint64_t)timeout_ms, 0);
    return 0;
}

void curl_loop_start(struct curl_loop *l, uv_loop_t *loop, CURLM *multi,
                     void (*progressed)(void *arg), void *arg)
{
    *l = (struct curl_loop){
        .loop = loop, .multi = multi, .open = 1, .progressed = progressed, .arg = arg};
    uv_timer_init(loop, &l->timer);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, l);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, on_timer_wanted);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, l);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct curl_loop *l = container_of((uv_timer_t *)handle, struct curl_loop, timer);
    while (l->sockets != NULL)
        drop_socket(l->sockets);
    curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, NULL);
    curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, NULL);
    l->detached(l->arg);
    on_handle_closed(l);
}

void curl_loop_close(struct curl_loop *l, void (*detached)(void *arg),
                     void (*closed)(void *arg))
{
    l->detached = detached;
    l->closed = closed;
    uv_close((uv_handle_t *)&l->timer, on_timer_closed);
}
