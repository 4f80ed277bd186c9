/* One resolver: a c-ares channel over batched sockets, the window of questions that may be
 * out to it, and a second channel over TCP for answers that don't fit.
 *
 * The answer of a question may come from inside dns_channel_ask, and nothing of this module
 * may be called from inside an answer: c-ares is in the middle of its work then. `settled`
 * is called after each piece of that work, and there everything is allowed but
 * dns_channel_free. */
#ifndef UVD_IO_DNS_CHANNEL_H
#define UVD_IO_DNS_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "io/dns_flight.h"
#include "io/dns_servers.h"
#include "io/dns_stats.h"
#include "io/udp_batch.h"

struct dns_channel;

/* The one end of a question: a packet, borrowed for the call, or NULL and why not. */
typedef void (*dns_reply_cb)(struct dns_flight *q, const uint8_t *packet, size_t len,
                             enum dns_outcome why_not);

struct dns_channel_options {
    const struct dns_server *server; /* copied */
    uint32_t timeout_ms;             /* of a question, all its copies */
    uint32_t inflight;               /* the window's cap */
    enum udp_batch_way way;
    uint32_t port_questions; /* after so many a source port is replaced */
    bool always_gather;      /* not only when it pays */
    struct dns_stats *stats; /* counted into; must outlive the channel */
    dns_reply_cb reply;
    void (*settled)(void *arg);
    void *arg;
};

struct dns_channel_view {
    const char *server; /* as dns_channel_server */
    uint32_t window, out;
    uint32_t rtt_us, wait_us; /* mean round trip; when a question counts as lost */
    bool mixes_case;
    bool gathers;
};

/* ST_NOMEM, or ST_IO when c-ares refuses. */
enum status dns_channel_new(uv_loop_t *loop, const struct dns_channel_options *o,
                            struct dns_channel **out);

/* May one more question be asked now? */
bool dns_channel_has_room(const struct dns_channel *c);

/* Send one question, of q->type, which is to be set before. `name` is text without a
 * trailing dot; copied. `now_us` is uv_hrtime in microseconds. */
void dns_channel_ask(struct dns_channel *c, const char *name, struct dns_flight *q,
                     uint64_t now_us);

/* Send again what seems lost, as far as the window allows. */
void dns_channel_resend(struct dns_channel *c, uint64_t now_us);

/* Questions wait in a batch until dns_channel_flush, or until it is full. */
bool dns_channel_is_queued(const struct dns_channel *c);
void dns_channel_flush(struct dns_channel *c);

/* Look at the clock. To be called every 10 ms while a question is out. `may_gather`: there
 * is a beat for dns_channel_read. */
void dns_channel_tick(struct dns_channel *c, bool may_gather);

/* Does it want dns_channel_read in a beat, instead of being woken? Decided in each tick. */
bool dns_channel_gathers(const struct dns_channel *c);
void dns_channel_read(struct dns_channel *c);

/* "ip:port"; lives as long as the channel. */
const char *dns_channel_server(const struct dns_channel *c);

/* As given with the options. */
void *dns_channel_arg(const struct dns_channel *c);

struct dns_channel_view dns_channel_view(const struct dns_channel *c);

/* Ends all questions with DNS_CANCELED, from inside. `closed` (maybe NULL) is called when
 * the last socket's handle is gone and the channel freed: from inside when there was no
 * socket. Not to be called from inside an answer. NULL is ignored, and then nothing is
 * called. */
void dns_channel_free(struct dns_channel *c, void (*closed)(void *arg));

#endif
