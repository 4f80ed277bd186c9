/* The reply subject of a JetStream delivery: where the message stands.
 *
 *   $JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<ns>.<pending>
 *
 * and from server 2.14 on maybe with <domain>.<account> before the stream and a token
 * behind (ADR-15 of nats-io/nats-architecture-and-design): tokens are counted. */
#ifndef UVD_PROTO_ACK_SUBJECT_H
#define UVD_PROTO_ACK_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACK_PREFIX_SIZE 512

/* Up to <delivered>, the subjects of one consumer are the same: what the last one began
 * with. All zero at first. */
struct ack_prefix {
    char text[ACK_PREFIX_SIZE];
    size_t len;
};

struct ack_subject {
    uint64_t stream_seq, consumer_seq; /* from 1 */
    int64_t at_ms;                     /* when the stream took it, wall clock */
};

/* false: it is none of these. */
bool ack_subject_parse(struct ack_prefix *p, const char *subject, struct ack_subject *out);

#endif
