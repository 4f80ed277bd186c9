/* Asking one resolver over TCP, for the few answers that don't fit a datagram. A c-ares
 * channel of its own, on sockets of its own: an error on a connection ends all questions of
 * a channel, and the many that go by datagram must not be among them.
 *
 * The answer may come from inside dns_stream_ask, and nothing of this module may be called
 * from inside an answer but dns_stream_ask of another one. */
#ifndef UVD_IO_DNS_STREAM_H
#define UVD_IO_DNS_STREAM_H

#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "io/dns_flight.h"
#include "io/dns_servers.h"

struct dns_stream;

struct dns_stream_options {
    const struct dns_server *server; /* must outlive the module */
    uint32_t timeout_ms;
    /* The one end of a question, as in io/dns_channel.h. */
    void (*reply)(struct dns_flight *q, const uint8_t *packet, size_t len,
                  enum dns_outcome why_not);
    void (*settled)(void *arg); /* after each piece of c-ares' work */
    void *arg;
};

/* ST_NOMEM, or ST_IO when c-ares refuses. */
enum status dns_stream_new(uv_loop_t *loop, const struct dns_stream_options *o,
                           struct dns_stream **out);

/* Ask the question as it is written in the flight. */
void dns_stream_ask(struct dns_stream *s, struct dns_flight *q);

/* Let c-ares look at its clock. */
void dns_stream_tick(struct dns_stream *s);

/* Ends all questions with DNS_CANCELED, from inside. `closed` (maybe NULL) is called when
 * the last handle is gone; from inside when there was none. NULL is ignored, and then
 * nothing is called. */
void dns_stream_free(struct dns_stream *s, void (*closed)(void *arg), void *arg);

#endif
