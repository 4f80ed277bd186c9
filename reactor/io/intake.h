/* Taking account events in: messages of the bus in order, decoded, one account event after
 * the other to the core; what can't be used goes to the dead letters.
 *
 * Bounded: at most INTAKE_MESSAGES wait here; consumer.c pulls no more than there is room.
 */
#ifndef UVD_IO_INTAKE_H
#define UVD_IO_INTAKE_H

#include "base/clock.h"
#include "io/consumer.h"
#include "io/publisher.h"
#include "proto/account_event.h"

#define INTAKE_MESSAGES 4000U

struct intake;

struct intake_stats {
    uint64_t messages;
    uint64_t ignored; /* subjects that name no event of ours */
    uint64_t faults[FAULT_COUNT];
    uint64_t dropped; /* store.mode = memory, when the queue was full */
};

struct intake_options {
    const struct event_schema *schema; /* borrowed for life */
    struct suffix_list *suffixes;      /* borrowed for life */
    const char *invalid_subject;       /* where dead letters go; borrowed */
    /* One account event for the core. Not ST_OK: keep it, try again later. */
    enum status (*apply)(void *arg, const struct account_event *ev, struct wall_ms at);
    /* All up to the message with this reply subject is worked off, its dead letters are
     * confirmed. Only for messages of a stream. */
    void (*done)(void *arg, const char *reply, const struct consumer_mark *mark);
    void *arg, *done_arg; /* of apply; of done */
};

enum status intake_new(const struct intake_options *o, struct intake **out);
void intake_free(struct intake *in);

/* Where dead letters are sent; they carry INTAKE_TOKEN in their token. Both are borrowed.
 */
void intake_connect(struct intake *in, struct bus *bus, struct publisher *p);
#define INTAKE_TOKEN (UINT64_C(1) << 63)

/* Take a message in line; owns it. A message of a stream has a mark with seq > 0. */
void intake_offer(struct intake *in, struct bus_message *m,
                  const struct consumer_mark *mark);

size_t intake_room(const struct intake *in);
bool intake_is_empty(const struct intake *in);

/* Work off at most `budget` account events. true: there is more to do right now.
 * Dead letters of messages up to `handled` were confirmed before this process began. */
bool intake_work(struct intake *in, unsigned budget, uint64_t handled);

/* A dead letter is confirmed. */
void intake_confirmed(struct intake *in, uint64_t token);

const struct intake_stats *intake_stats(const struct intake *in);

#endif
