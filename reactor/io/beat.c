#include "io/beat.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/must.h"

bool beat_init(uv_loop_t *loop, struct beat *b, void (*on_beat)(struct beat *b))
{
    b->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (b->fd < 0)
        return false;
    if (uv_poll_init(loop, &b->poll, b->fd) != 0) {
        close(b->fd);
        return false;
    }
    b->is_on = false;
    b->on_beat = on_beat;
    return true;
}

/* However many beats have been missed, one is made up for. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct beat *b = container_of(poll, struct beat, poll);
    uint64_t missed;
    (void)status;
    (void)events;
    if (read(b->fd, &missed, sizeof missed) == (ssize_t)sizeof missed)
        b->on_beat(b);
}

static void set(struct beat *b, unsigned us)
{
    struct timespec period = {.tv_nsec = (long)us * 1000};
    struct itimerspec spec = {.it_interval = period, .it_value = period};
    timerfd_settime(b->fd, 0, &spec, NULL);
}

void beat_start(struct beat *b, unsigned us)
{
    if (b->is_on)
        return;
    b->is_on = true;
    set(b, us);
    uv_poll_start(&b->poll, UV_READABLE, on_ready);
}

void beat_stop(struct beat *b)
{
    if (!b->is_on)
        return;
    b->is_on = false;
    set(b, 0);
    uv_poll_stop(&b->poll);
}

void beat_close(struct beat *b, uv_close_cb closed)
{
    uv_poll_stop(&b->poll);
    close(b->fd);
    uv_close((uv_handle_t *)&b->poll, closed);
}
