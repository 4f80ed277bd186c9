/* Dead letters: messages that can't be used, sent on as they are with the reason on top.
 *
 * Bounded: when all places are taken, none is free again before all letters are confirmed,
 * so that now and then nothing is unconfirmed and the event stream can be acknowledged. */
#ifndef UVD_IO_DEAD_LETTERS_H
#define UVD_IO_DEAD_LETTERS_H

#include "io/consumer.h"
#include "io/publisher.h"
#include "proto/account_event.h"

struct dead_letters;

/* `subject`: where they go; borrowed for life. ST_NOMEM. */
enum status dead_letters_new(const char *subject, struct dead_letters **out);

/* Messages of letters that are unconfirmed are freed too. NULL is allowed. */
void dead_letters_free(struct dead_letters *dl);

/* Before the first is sent; both are borrowed. */
void dead_letters_connect(struct dead_letters *dl, struct bus *bus, struct publisher *p);

/* Send `message`, with what `list` says is wrong with it (copied). The publisher is given
 * `flag` and the letter's place as token. return  true: it is owned here until it is
 * confirmed; false: no room now, nothing happened */
bool dead_letters_send(struct dead_letters *dl, struct bus_message *message,
                       const struct consumer_mark *mark, const struct event_list *list,
                       uint64_t flag);

/* The letter in this place (the token without its flag) is confirmed. */
void dead_letters_confirmed(struct dead_letters *dl, uint64_t place);

/* None is unconfirmed. */
bool dead_letters_are_confirmed(const struct dead_letters *dl);

#endif
