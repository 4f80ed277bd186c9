/* Reading a stream in order, each message once, at the speed of the reader.
 *
 * A durable pull consumer of ours that is made anew with each session, from the message
 * after the last one handed over: so nothing comes twice and nothing out of order, whatever
 * was under way when the session broke. Its acknowledgements (acknowledge-all) serve to
 * show an operator how far the reader is (`nats consumer info`), and to tell after a
 * restart up to where dead letters have been confirmed already. */
#ifndef UVD_IO_CONSUMER_H
#define UVD_IO_CONSUMER_H

#include "io/js_api.h"

struct consumer;

/* Where a message stands in its stream. */
struct consumer_mark {
    uint64_t seq;        /* of the stream, from 1 */
    uint64_t stream;     /* which one: a hash of its name and of the time it was made */
    int64_t at_ms;       /* when the stream took it, wall clock */
    uint32_t generation; /* of the consumer; acknowledgements of an old one mean nothing */
};

struct consumer_options {
    const char *name;   /* of the durable; NULL: none, see consumer_read */
    const char *filter; /* of the durable: subject; NULL: the whole stream */
    char inbox;         /* a letter that no other inbox of this process has */
    /* A message; the callee owns it. */
    void (*message)(void *arg, struct bus_message *m, const struct consumer_mark *mark);
    /* How many more messages may be pulled now. */
    size_t (*room)(void *arg);
    /* The first time all that the stream held has been handed over. Known by sequence: the
     * server's counts of what is pending can be wrong. */
    void (*caught_up)(void *arg);
    void (*failed)(void *arg, const char *why); /* for the log; begin again later */
    void *arg;
};

enum status consumer_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                         const struct consumer_options *o, struct consumer **out);

/* The session is up and the stream known: make the durable and pull. */
void consumer_begin(struct consumer *c, const char *stream);

/* Where the log says the reading stood: the next consumer_begin goes on behind `position`,
 * if the stream is still the one with this identity (0: not known; as consumer_mark). */
void consumer_resume(struct consumer *c, uint64_t position, uint64_t identity);

/* Read a part of a stream without a durable: `filter`'s messages from the sequence `from`
 * on. `caught_up` is called when all that is stored has been handed over; then the reading
 * ends or, with `tail`, goes on with what is stored from then on. Texts are copied. Only
 * for a consumer without a name, when no other reading is under way. */
void consumer_read(struct consumer *c, const char *stream, const char *filter,
                   uint64_t from, bool tail);

/* The session is gone. */
void consumer_reset(struct consumer *c);

/* Ask for more if there is room; call it whenever messages were worked off. */
void consumer_pull(struct consumer *c);

/* Acknowledge the message with this reply subject, and all before it. */
void consumer_ack(struct consumer *c, const char *reply, const struct consumer_mark *mark);

/* The acknowledgement floor found at the first consumer_begin; 0: none. */
uint64_t consumer_handled(const struct consumer *c);

/* Last sequence handed over, and last one known to be in the stream. */
uint64_t consumer_position(const struct consumer *c);
uint64_t consumer_stream_last(const struct consumer *c);

/* Make no more pulls (draining). */
void consumer_stop(struct consumer *c);
void consumer_close(struct consumer *c, void (*closed)(void *arg), void *arg);

#endif
