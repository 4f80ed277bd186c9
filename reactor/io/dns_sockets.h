/* The ports from which one resolver is asked, and what an answer must match to be taken.
 *
 * Whoever forges an answer from outside must guess the id, the port and the case of the
 * letters of a question (RFC 5452 sections 4 and 9). Ids are drawn from the kernel's
 * generator and unique among those out. There are several connected sockets, each with a
 * port that the kernel has drawn; a question leaves from one of them by chance, and only
 * there its answer is taken. After some time or so many questions a socket is replaced: it
 * takes no more questions, and is closed when its last one has ended. */
#ifndef UVD_IO_DNS_SOCKETS_H
#define UVD_IO_DNS_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "io/dns_flight.h"
#include "io/dns_servers.h"
#include "io/dns_stats.h"
#include "io/udp_batch.h"

#define DNS_PORTS 8

struct dns_sockets;

struct dns_sockets_options {
    const struct dns_server *server; /* must outlive the module */
    enum udp_batch_way way;
    uint32_t port_questions; /* after so many a socket is replaced; 0: the usual */
    struct dns_stats *stats; /* counted into */
    /* An answer to `copy` of the flight it is in, borrowed until `settled`. */
    void (*answer)(void *arg, struct dns_flight *q, const struct dns_copy *copy,
                   const uint8_t *packet, size_t len, uint64_t now_us);
    void (*settled)(void *arg); /* after some answers, or refusals */
    void (*refused)(void *arg); /* the resolver's host says that nobody listens */
    void *arg;
};

enum status dns_sockets_new(uv_loop_t *loop, const struct dns_sockets_options *o,
                            struct dns_sockets **out);

/* Answers that the kernel keeps for us on all sockets together. */
uint32_t dns_sockets_capacity(const struct dns_sockets *s);

/* Is there an id for one more copy? */
bool dns_sockets_have_id(const struct dns_sockets *s);

/* Give the question its next copy, with an id and a port of its own, and queue it. False
 * when no socket can be had: then there is no copy. */
bool dns_sockets_send(struct dns_sockets *s, struct dns_flight *q);

/* Wait for no answer to any of its copies. */
void dns_sockets_release(struct dns_sockets *s, struct dns_flight *q);

/* How many datagrams are queued? Send them. */
size_t dns_sockets_queued(const struct dns_sockets *s);
void dns_sockets_flush(struct dns_sockets *s);

/* Take what has come on any socket, without waiting for the loop to say so. */
void dns_sockets_read(struct dns_sockets *s);

/* Be not woken by the loop, for the caller reads in a beat; and be woken again. */
void dns_sockets_watch(struct dns_sockets *s, bool is_watched);

/* Does the resolver keep the case of letters, as far as is known? */
bool dns_sockets_mix_case(const struct dns_sockets *s);

/* `closed` is called when the last handle is gone; from inside when there was none. No
 * flight may be out. NULL is ignored, and then nothing is called. */
void dns_sockets_free(struct dns_sockets *s, void (*closed)(void *arg), void *arg);

#endif
