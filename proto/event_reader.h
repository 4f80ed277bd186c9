/* Finds the events in a message that is walked: one map, or for a snapshot the maps of an
 * array, bare or in a CloudEvents envelope. Serves msgpack and JSON alike. Private to
 * account_event.c. */
#ifndef UVD_PROTO_EVENT_READER_H
#define UVD_PROTO_EVENT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/event_fields.h"
#include "proto/walk.h"

struct event_path {
    const char *text;
    size_t len;
};

/* Events, growing. Kept from message to message. */
struct event_vector {
    struct account_event *at;
    size_t n, cap;
};

struct event_reader {
    /* set once */
    const struct event_schema *schema; /* borrowed */
    struct suffix_list *suffixes;      /* borrowed */
    struct event_path paths[FIELD_COUNT];
    struct scratch arena;
    struct event_vector events;

    /* the message */
    enum account_event_type type;
    bool is_envelope; /* structured CloudEvents: the map is under "data" */
    const char *payload;
    size_t len;
    enum status st; /* ST_NOMEM when that is why the walk was stopped */

    /* what was seen of it */
    enum value_kind top, root, emails; /* VALUE_END: not there */
    bool has_base64;                   /* the envelope carries "data_base64" */
    bool in_root, in_emails;
    bool in_event;        /* between the start and the end of an event's map */
    unsigned root_depth;  /* of the root map itself */
    unsigned event_depth; /* of the event's map itself */
    size_t prefix_len;    /* of the paths in it, up to where the schema's begin */
    size_t index;         /* of the entry, in a snapshot */
    struct event_fields fields;
    size_t faulty;
    struct event_problem first; /* of the faulty ones */
    size_t first_index;
};

void event_reader_init(struct event_reader *r, const struct event_schema *schema,
                       struct suffix_list *suffixes);
void event_reader_close(struct event_reader *r);

/* Begin a message. Borrows the payload; forgets the last message's events. */
void event_reader_start(struct event_reader *r, enum account_event_type type,
                        bool is_envelope, const void *payload, size_t len);

/* A walk_fn; `ctx` is the reader. */
bool event_reader_take(void *ctx, const struct walk_at *at, const struct value *v);

#endif
