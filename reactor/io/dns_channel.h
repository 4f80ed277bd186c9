/* One resolver: a c-ares channel on the loop. Here ends what c-ares and its sockets are.
 *
 * The answer of a question may come from inside dns_channel_ask, and nothing of this module
 * may be called from inside an answer: c-ares is in the middle of its work then. `settled`
 * is called after each piece of that work, and there everything is allowed but
 * dns_channel_free. */
#ifndef UVD_IO_DNS_CHANNEL_H
#define UVD_IO_DNS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "io/dns_servers.h"
#include "proto/vocab.h"

struct dns_channel;

/* A question that is out. Embedded in the caller's request and left alone by it until the
 * reply. */
struct dns_question {
    struct dns_channel *channel;
};

/* The one end of a question: a packet, borrowed for the call, or NULL and why not. */
typedef void (*dns_reply_cb)(struct dns_question *q, const uint8_t *packet, size_t len,
                             enum dns_outcome why_not);

struct dns_channel_options {
    const struct dns_server *server; /* copied */
    uint32_t timeout_ms;
    dns_reply_cb reply;
    void (*settled)(void *arg);
    void *arg;
};

/* ST_NOMEM, or ST_IO when c-ares refuses. */
enum status dns_channel_new(uv_loop_t *loop, const struct dns_channel_options *o,
                            struct dns_channel **out);

/* Send one question of type NS. `name` is absolute, with its trailing dot; copied. */
void dns_channel_ask(struct dns_channel *c, const char *name, struct dns_question *q);

/* Let c-ares look at its clock. To be called every 100 ms while a question is out. */
void dns_channel_tick(struct dns_channel *c);

/* "ip:port"; lives as long as the channel. */
const char *dns_channel_server(const struct dns_channel *c);

/* Ends all questions with DNS_CANCELED, from inside. `closed` (maybe NULL) is called when
 * the last socket's handle is gone and the channel freed: from inside when there was no
 * socket. Not to be called from inside an answer. NULL is ignored, and then nothing is
 * called. */
void dns_channel_free(struct dns_channel *c, void (*closed)(void *arg));

#endif
