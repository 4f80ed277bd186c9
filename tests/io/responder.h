/* A DNS responder in a process of its own, quick enough to be asked a million questions. A
 * name that begins with "gone" does not exist, every other one is delegated; nothing is
 * said twice. It keeps count of what it sees. Names are answered in the case they came. */
#ifndef UVD_TESTS_IO_RESPONDER_H
#define UVD_TESTS_IO_RESPONDER_H

#include <stdint.h>
#include <sys/types.h>

/* Shared with the process; written by it but for the first. */
struct responder_view {
    volatile uint32_t loss_1000; /* of thousand questions, ignored; the caller's to set */
    volatile uint64_t questions;
    volatile uint64_t ignored;
    volatile uint64_t doubles;    /* ids that came twice before the first was answered */
    volatile uint64_t same_ports; /* questions from the port of the one before */
    volatile uint32_t ids[65536];
    volatile uint32_t ports[65536];
};

struct child_responder {
    pid_t pid;
    uint16_t port;
    char text[32];
    struct responder_view *view;
};

/* Starts on `port`, or on a free one when 0. `buffer` is the size of the socket's receive
 * buffer in bytes as the kernel counts them; 0: large. */
void child_responder_start(struct child_responder *c, uint16_t port, int buffer);

/* Ends the process; the view stays. A second start after a stop keeps the view. */
void child_responder_kill(struct child_responder *c);

/* Deaf until the next call with false. */
void child_responder_pause(struct child_responder *c, int is_paused);

/* Ends it and gives the view back. */
void child_responder_free(struct child_responder *c);

#endif
