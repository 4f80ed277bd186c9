/* Messages that are decided and not yet confirmed by the bus. Bounded: when it is full, the
 * core stops turning decisions into messages until confirmations make room. */
#ifndef UVD_CORE_OUTBOX_H
#define UVD_CORE_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/message.h"

#define MESSAGE_ID_SIZE 33 /* 32 hexadecimal digits and the NUL */

/* A message, ready to be sent any number of times. */
struct publication {
    const char *subject;      /* borrowed; lives as long as the core */
    const char *type;         /* static: ce-type, "unverifyd.email.unverify.v1" */
    const char *content_type; /* static */
    char id[MESSAGE_ID_SIZE]; /* Nats-Msg-Id and ce-id */
    char time[RFC3339_SIZE];  /* ce-time */
    struct buf body;
};

/* What a message was about, so that its confirmation can be noted. */
enum message_kind {
    MESSAGE_UNVERIFY,
    MESSAGE_BLOCK,
    MESSAGE_MOVE,
    MESSAGE_RECOVERED,
    MESSAGE_HELD
};

struct message_about {
    enum message_kind kind;
    uint32_t address; /* handle; 0: none, or gone or verified again since */
    uint64_t token;   /* of the watch */
    uint32_t at;      /* of a move */
    uint16_t moves;
    uint8_t from, to;
    bool pending; /* the entry is in use */
};

struct outbox {
    struct publication *at;
    struct message_about *about;
    uint32_t *free;
    uint32_t cap, n_free;
};

enum status outbox_init(struct outbox *o, uint32_t capacity);
void outbox_close(struct outbox *o);

static inline uint32_t outbox_room(const struct outbox *o)
{
    return o->n_free;
}

static inline uint32_t outbox_pending(const struct outbox *o)
{
    return o->cap - o->n_free;
}

/* Take an empty entry; there must be room. Its body buffer may have been used before. */
uint32_t outbox_take(struct outbox *o);

/* Give an entry back: confirmed, or never filled. */
void outbox_give(struct outbox *o, uint32_t entry);

#endif
