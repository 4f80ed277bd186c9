/* Answers to requests over the bus: JSON, and the service-error headers of ADR-32
 * (nats-io/nats-architecture-and-design). One that is lost is asked for again. */
#ifndef UVD_IO_REPLIES_H
#define UVD_IO_REPLIES_H

#include "io/bus.h"
#include "proto/request.h"

/* A subject that an answer goes to: longer ones are not answered. */
#define REPLY_SIZE 256U

/* {"error":{"code":..,"message":..}}. `body` is used for it. */
void replies_error(struct bus *bus, struct buf *body, const char *reply, int code,
                   const char *message);

/* What was written into `body` without an error. */
void replies_send(struct bus *bus, const struct buf *body, const char *reply,
                  enum status st);

#endif
