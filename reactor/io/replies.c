#include "io/replies.h"

#include <stdio.h>

#include "base/must.h"

void replies_error(struct bus *bus, struct buf *body, const char *reply, int code,
                   const char *message)
{
    char text[12];
    snprintf(text, sizeof text, "%d", code);
    const struct bus_header headers[] = {{"Nats-Service-Error", message},
                                         {"Nats-Service-Error-Code", text},
                                         {"Content-Type", "application/json"}};
    body->len = 0;
    if (request_error_write(code, message, body) == ST_OK)
        (void)bus_publish(bus, reply, NULL, headers, ARRAY_LEN(headers), body->data,
                          body->len);
}

void replies_send(struct bus *bus, const struct buf *body, const char *reply,
                  enum status st)
{
    const struct bus_header header = {"Content-Type", "application/json"};
    if (st == ST_OK)
        (void)bus_publish(bus, reply, NULL, &header, 1, body->data, body->len);
}
