#include "io/replies.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"

const char *replies_to(struct replies *r, const struct bus_message *m)
{
    const char *reply = bus_message_reply(m);
    if (reply == NULL || strlen(reply) >= REPLY_SIZE || !r->is_owner(r->arg))
        return NULL;
    if (r->is_loaded(r->arg))
        return reply;
    replies_error(r, reply, 503, "the state is being read; ask again");
    return NULL;
}

void replies_error(struct replies *r, const char *reply, int code, const char *message)
{
    char text[12];
    snprintf(text, sizeof text, "%d", code);
    const struct bus_header headers[] = {{"Nats-Service-Error", message},
                                         {"Nats-Service-Error-Code", text},
                                         {"Content-Type", "application/json"}};
    r->body.len = 0;
    if (request_error_write(code, message, &r->body) == ST_OK)
        (void)bus_publish(r->bus, reply, NULL, headers, ARRAY_LEN(headers), r->body.data,
                          r->body.len);
}

void replies_send(struct replies *r, const char *reply, enum status st)
{
    const struct bus_header header = {"Content-Type", "application/json"};
    if (st == ST_OK)
        (void)bus_publish(r->bus, reply, NULL, &header, 1, r->body.data, r->body.len);
}
