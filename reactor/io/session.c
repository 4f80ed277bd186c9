/* One session, from connect to close.
 *
 *   1. session_new queues natsConnection_Connect on a worker thread. The library calls
 * attach there; only the descriptor is noted.
 *   2. Back on the loop the dup is polled. Readable: the library reads and parses one
 * buffer, then `readable` lets the owner drain its subscriptions. Writable: the library
 * flushes.
 *   3. The server goes away: the library takes its read event back, which is the loss.
 *   4. session_close destroys the connection, closes the poll handle and frees the session.
 *
 * What can go wrong:
 *   - a poll error (reset with unread data) stops the poll handle: it is started again, so
 * the library sees the error in its own read and closes;
 *   - close while connecting: the worker finishes (two seconds a server at most), then the
 *     connection is destroyed;
 *   - destroying a live connection would wait for a flush: the socket is cut first. */
#include "io/session.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/must.h"
#include "io/bus_auth.h"

#define CONNECT_TIMEOUT_MS 2000

struct session {
    uv_loop_t *loop;
    struct session_handlers h;
    const struct bus_options *options; /* until connected */
    uv_work_t work;
    uv_poll_t poll;
    natsConnection *nc;
    natsOptions *opts;
    natsSock socket; /* the library's */
    int fd;          /* our dup */
    int events;      /* what the library wants to hear of */
    int polled;      /* what the poll handle is started with */
    uint64_t last_read;
    char error[256];
    bool attached, connecting, polling, lost, closing;
    /* The library may ask for writability from its own threads (it does not with SendAsap
     * and without its pings; the flag keeps it harmless if it ever does). */
    atomic_bool on_loop;
};

/* The library's event-loop callbacks
 * ------------------------------------------------------- */

static void on_poll(uv_poll_t *handle, int status, int events);

static void apply_events(struct session *s)
{
    if (!s->polling || s->lost)
        return;
    if (s->events == s->polled)
        return;
    s->polled = s->events;
    if (s->events == 0)
        uv_poll_stop(&s->poll);
    else
        uv_poll_start(&s->poll, s->events, on_poll);
}

static natsStatus on_attach(void **user, void *arg, natsConnection *nc, natsSock socket)
{
    struct session *s = arg;
    (void)nc;
    *user = s;
    s->socket = socket;
    s->fd = dup(socket);
    if (s->fd < 0)
        return NATS_SYS_ERROR;
    s->attached = true;
    s->events = UV_READABLE;
    return NATS_OK;
}

static natsStatus on_read(void *user, bool add)
{
    struct session *s = user;
    if (add)
        s->events |= UV_READABLE;
    else
        s->events &= ~UV_READABLE;
    if (!atomic_load(&s->on_loop))
        return NATS_OK;
    apply_events(s);
    return NATS_OK;
}

static natsStatus on_write(void *user, bool add)
{
    struct session *s = user;
    if (add)
        s->events |= UV_WRITABLE;
    else
        s->events &= ~UV_WRITABLE;
    if (!atomic_load(&s->on_loop))
        return NATS_OK;
    /* Stopped before the next poll: a write event on an empty buffer makes the library send
     * nothing, and take that for the end of the connection. */
    apply_events(s);
    return NATS_OK;
}

static natsStatus on_detach(void *user)
{
    (void)user;
    return NATS_OK;
}

/* Connecting, on a worker
 * ------------------------------------------------------------------ */

static natsStatus set_options(struct session *s)
{
    const struct bus_options *o = s->options;
    natsOptions *opts = s->opts;
    natsStatus st = bus_auth_set_servers(opts, o->url);
    if (st == NATS_OK)
        st = natsOptions_SetAllowReconnect(opts, false);
    if (st == NATS_OK)
        st = natsOptions_SetPingInterval(opts, 0);
    if (st == NATS_OK)
        st = natsOptions_SetSendAsap(opts, true);
    if (st == NATS_OK)
        st = natsOptions_SetTimeout(opts, CONNECT_TIMEOUT_MS);
    if (st == NATS_OK)
        st = natsOptions_SetName(opts, o->name);
    if (st == NATS_OK)
        st = bus_auth_set(opts, o);
    if (st == NATS_OK)
        st = natsOptions_SetEventLoop(opts, s, on_attach, on_read, on_write, on_detach);
    return st;
}

static void on_work(uv_work_t *work)
{
    struct session *s = container_of(work, struct session, work);
    natsStatus st = natsOptions_Create(&s->opts);
    if (st == NATS_OK)
        st = set_options(s);
    if (st == NATS_OK)
        st = natsConnection_Connect(&s->nc, s->opts);
    if (st == NATS_OK)
        return;
    /* The library's last error may quote the URL, and with it a password: only the status.
     */
    snprintf(s->error, sizeof s->error, "%s", natsStatus_GetText(st));
    s->nc = NULL;
}

/* The loop
 * --------------------------------------------------------------------------------- */

static void note_loss(struct session *s)
{
    if (s->lost)
        return;
    s->lost = true;
    if (s->polling)
        uv_poll_stop(&s->poll);
    if (!s->closing)
        s->h.lost(s->h.arg);
}

static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct session *s = container_of(handle, struct session, poll);
    if (status != 0)
        s->polled = 0; /* libuv has stopped the handle */
    if (status != 0 || (events & UV_READABLE)) {
        s->last_read = uv_now(s->loop);
        natsConnection_ProcessReadEvent(s->nc);
        s->h.readable(s->h.arg);
    }
    if (s->closing)
        return;
    if ((events & UV_WRITABLE) && (s->events & UV_WRITABLE))
        natsConnection_ProcessWriteEvent(s->nc);
    /* No read event wanted: the library has closed the connection. */
    if (!(s->events & UV_READABLE) || natsConnection_IsClosed(s->nc))
        note_loss(s);
    else
        apply_events(s);
}

static void free_session(struct session *s)
{
    void (*closed)(void *) = s->h.closed;
    void *arg = s->h.arg;
    free(s);
    closed(arg);
}

static void on_poll_closed(uv_handle_t *handle)
{
    struct session *s = container_of((uv_poll_t *)(void *)handle, struct session, poll);
    close(s->fd);
    free_session(s);
}

static void destroy(struct session *s)
{
    if (s->nc != NULL) {
        if (!s->lost && s->fd >= 0) {
            /* Let the library find the connection dead, so that it has nothing to flush. */
            shutdown(s->fd, SHUT_RDWR);
            for (int i = 0; i < 64 && !natsConnection_IsClosed(s->nc); i++)
                natsConnection_ProcessReadEvent(s->nc);
        }
        natsConnection_Destroy(s->nc);
        s->nc = NULL;
    }
#if NATS_VERSION_NUMBER >= 0x030902
    /* From 3.9.2 on the library leaves its descriptor to the event loop. */
    if (s->attached)
        natsConnection_ProcessCloseEvent(&s->socket);
#endif
    natsOptions_Destroy(s->opts);
    s->opts = NULL;
}

static void finish_close(struct session *s)
{
    destroy(s);
    if (s->polling) {
        uv_close((uv_handle_t *)&s->poll, on_poll_closed);
        return;
    }
    if (s->fd >= 0)
        close(s->fd);
    free_session(s);
}

static void on_worked(uv_work_t *work, int status)
{
    struct session *s = container_of(work, struct session, work);
    s->connecting = false;
    atomic_store(&s->on_loop, true);
    if (s->closing) {
        finish_close(s);
        return;
    }
    if (status == 0 && s->nc != NULL &&
        uv_poll_init_socket(s->loop, &s->poll, s->fd) == 0) {
        s->polling = true;
        s->last_read = uv_now(s->loop);
        apply_events(s);
        s->h.connected(s->h.arg, NULL);
        return;
    }
    if (s->nc != NULL || s->error[0] == '\0')
        snprintf(s->error, sizeof s->error, "the loop refused the socket");
    s->lost = true;
    s->h.connected(s->h.arg, s->error);
}

enum status session_new(uv_loop_t *loop, const struct bus_options *o,
                        const struct session_handlers *h, struct session **out)
{
    struct session *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NOMEM;
    s->loop = loop;
    s->options = o;
    s->h = *h;
    s->fd = -1;
    s->connecting = true;
    if (uv_queue_work(loop, &s->work, on_work, on_worked) != 0) {
        free(s);
        return ST_IO;
    }
    *out = s;
    return ST_OK;
}

natsConnection *session_nc(struct session *s)
{
    return s->connecting || s->lost ? NULL : s->nc;
}

uint64_t session_last_read(const struct session *s)
{
    return s->last_read;
}

void session_cut(struct session *s)
{
    if (s->fd >= 0 && !s->connecting)
        shutdown(s->fd, SHUT_RDWR);
}

void session_close(struct session *s)
{
    if (s->closing)
        return;
    s->closing = true;
    if (!s->connecting)
        finish_close(s);
}
