/* Asking one resolver over TCP, for the few answers that don't fit a datagram. A c-ares
 * channel of its own, on sockets of its own: an error on a connection ends all questions of
 * a channel, and the many that go by datagram must not be among them.
 *
 * The answer may come from inside dns_stream_ask, and nothing of this module may be called
 * from inside an answer but dns_stream_ask of another one. */
#ifndef UVD_IO_DNS_STREAM_H
#define UVD_IO_DNS_STREAM_H

#include <ares.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "io/dns_servers.h"

struct dns_stream;

/* ST_NOMEM, or ST_IO when c-ares refuses. `settled` is called after each piece of c-ares'
 * work. */
enum status dns_stream_new(uv_loop_t *loop, const struct dns_server *server,
                           uint32_t timeout_ms, void (*settled)(void *arg), void *arg,
                           struct dns_stream **out);

/* `question` is copied. */
void dns_stream_ask(struct dns_stream *s, const uint8_t *question, size_t len,
                    ares_callback done, void *arg);

/* Let c-ares look at its clock. */
void dns_stream_tick(struct dns_stream *s);

/* Ends all questions with ARES_EDESTRUCTION, from inside. `closed` (maybe NULL) is called
 * when the last handle is gone; from inside when there was none. NULL is ignored, and then
 * nothing is called. */
void dns_stream_free(struct dns_stream *s, void (*closed)(void *arg), void *arg);

/* Point a channel that was made without one at the resolver. */
enum status dns_stream_point(ares_channel ares, const struct dns_server *server);

#endif
