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
#include "proto/fact.h"

#define INTAKE_MESSAGES 4000U
#define INTAKE_AHEAD 16U /* of them are decoded at a time */

struct intake;

struct intake_stats {
    uint64_t messages;
    uint64_t ignored; /* subjects that name no event of ours */
    uint64_t faults[FAULT_COUNT];
    uint64_t dropped; /* store.mode = memory, when the queue was full */
};

/* How far things are: everything up to `position` is worked off, and has sent its dead
 * letters but for the last `letters_behind`. */
struct intake_progress {
    const char *reply; /* of the last message; NULL: it may not be acknowledged yet */
    struct consumer_mark mark; /* of that message */
    struct fact_position position;
};

struct intake_options {
    const struct event_schema *schema; /* borrowed for life */
    struct suffix_list *suffixes;      /* borrowed for life */
    const char *invalid_subject;       /* where dead letters go; borrowed */
    /* One account event for the core. Not ST_OK: keep it, try again later. */
    enum status (*apply)(void *arg, const struct account_event *ev, struct wall_ms at);
    /* These events, at most INTAKE_AHEAD, come next, in this order: a hint. */
    void (*expect)(void *arg, const struct account_event *const *events, size_t n);
    /* It has moved on. Only for messages of a stream; borrowed. */
    void (*progress)(void *arg, const struct intake_progress *p);
    void *arg, *progress_arg; /* of apply and expect; of progress */
};

enum status intake_new(const struct intake_options *o, struct intake **out);
void intake_free(struct intake *in);

/* Where dead letters are sent; they carry INTAKE_TOKEN in their token. Both are borrowed.
 */
void intake_connect(struct intake *in, struct bus *bus, struct publisher *p);
#define INTAKE_TOKEN (UINT64_C(1) << 63)

/* The state is read: messages up to this position have been worked off in an earlier life.
 * They may come again for their dead letters, and are not applied. */
void intake_resume(struct intake *in, const struct fact_position *position);

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
