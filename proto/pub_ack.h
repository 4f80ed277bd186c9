/* JetStream's answer to a publish: {"stream":"S","seq":3,"duplicate":true}, or
 * {"error":{"code":..,"description":".."},..} (ADR-22 of
 * nats-io/nats-architecture-and-design). */
#ifndef UVD_PROTO_PUB_ACK_H
#define UVD_PROTO_PUB_ACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pub_ack {
    bool is_confirmed; /* a stream has the message, now or from before */
    bool is_duplicate; /* ... from before: same Nats-Msg-Id */
    uint64_t seq;
    int error_code;  /* the server's err_code when it is not confirmed; 0: none was given */
    char error[120]; /* ... and its words */
};

/* Never fails: what can't be read is not confirmed. */
void pub_ack_parse(const uint8_t *data, size_t len, struct pub_ack *out);

#endif
