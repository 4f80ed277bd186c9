/* A steady beat on the loop, finer than its own timers of whole milliseconds: a timerfd.
 * Embedded; its memory stays until the close callback. */
#ifndef UVD_IO_BEAT_H
#define UVD_IO_BEAT_H

#include <stdbool.h>
#include <uv.h>

struct beat {
    uv_poll_t poll; /* `data` is the owner's */
    int fd;
    bool is_on;
    void (*on_beat)(struct beat *b);
};

/* False when the system has none; then there is nothing to close. */
bool beat_init(uv_loop_t *loop, struct beat *b, void (*on_beat)(struct beat *b));

/* Every `us` microseconds from now on, or not at all. */
void beat_start(struct beat *b, unsigned us);
void beat_stop(struct beat *b);

void beat_close(struct beat *b, uv_close_cb closed);

#endif
