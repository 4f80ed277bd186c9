/* Answers to requests over the bus: JSON, and the service-error headers of ADR-32
 * (nats-io/nats-architecture-and-design). One that is lost is asked for again. */
#ifndef UVD_IO_REPLIES_H
#define UVD_IO_REPLIES_H

#include "io/bus.h"
#include "proto/request.h"

/* A subject that an answer goes to: longer ones are not answered. */
#define REPLY_SIZE 256U

/* Filled in by who embeds it; `body` is zero, and freed by him. */
struct replies {
    struct bus *bus;
    struct buf body;              /* of the answer that is being written */
    bool (*is_owner)(void *arg);  /* false: somebody else answers */
    bool (*is_loaded)(void *arg); /* the state is read, the events are caught up with */
    void *arg;
};

/* The reply's subject, when this process is the one to answer, borrowed from `m`; NULL: it
 * is not, or it can't yet and has said so. */
const char *replies_to(struct replies *r, const struct bus_message *m);

/* {"error":{"code":..,"message":..}}. `body` is used for it. */
void replies_error(struct replies *r, const char *reply, int code, const char *message);

/* What was written into `body` without an error. */
void replies_send(struct replies *r, const char *reply, enum status st);

#endif
