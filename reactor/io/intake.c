/* A line of messages.
 *
 *   1. intake_offer puts a message at the end of the line.
 *   2. intake_work decodes the first few, says what comes, and gives the events of the
 * first to the core one by one (a snapshot may take several turns), then lets it go.
 *   3. When everything up to a message is done, `progress` is told, which writes the
 *      position down, and acknowledges the message once its dead letters are confirmed.
 *
 * What can go wrong:
 *   - a message can't be used, or entries of a snapshot can't: the message is sent on, as
 *     it is, to the dead letters; nothing is acknowledged while dead letters are
 *     unconfirmed, but events go on. A crash meanwhile brings the messages from the first
 *     of them again: for their dead letters, not for their events;
 *   - too many of them are: the line stops until they are confirmed;
 *   - the core has no memory for an event: the line stops before it. */
#include "io/intake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/dead_letters.h"

#define COMPLAIN_EVERY 1000U
#define REPLY_SIZE 640U /* $JS.ACK., a stream, a consumer, six numbers */
#define SPENT_MAX 512U
/* Only small messages are decoded before it is their turn: each keeps its events. */
#define AHEAD_BYTES 4096U

struct item {
    struct bus_message *message;
    const char *content_type; /* NULL: none; the message's own text */
    struct consumer_mark mark;
};

struct decoded {
    struct event_decoder *decoder;
    struct event_list list;
};

struct intake {
    struct intake_options o;
    struct dead_letters *letters;
    struct item line[INTAKE_MESSAGES];
    size_t head, n;
    /* The first messages of the line, decoded: [ahead_at] is the first's, up to [n_ahead].
     */
    struct decoded ahead[INTAKE_AHEAD];
    size_t ahead_at, n_ahead;
    size_t next_event;      /* of the first message */
    uint64_t letters_from;  /* the first unconfirmed one's message, about; 0: none is */
    char reply[REPLY_SIZE]; /* of the last message done; "": it is acknowledged */
    struct consumer_mark reply_mark;
    uint64_t applied, applied_stream; /* events of messages up to here have been applied */
    bool has_progress;
    /* Done with, and handed together to the library's thread that frees them, before the
     * next ones are worked off: that needs no memory, so the two threads are not in each
     * other's way in the allocator, as they would be while messages are read. */
    struct bus_message *spent[SPENT_MAX];
    size_t n_spent;
    struct intake_stats stats;
};

enum status intake_new(const struct intake_options *o, struct intake **out)
{
    struct intake *in = calloc(1, sizeof *in);
    if (in == NULL)
        return ST_NOMEM;
    in->o = *o;
    for (size_t i = 0; i < INTAKE_AHEAD; i++) {
        in->ahead[i].decoder = event_decoder_new(o->schema, o->suffixes);
        if (in->ahead[i].decoder == NULL) {
            intake_free(in);
            return ST_NOMEM;
        }
    }
    if (dead_letters_new(o->invalid_subject, &in->letters) != ST_OK) {
        intake_free(in);
        return ST_NOMEM;
    }
    *out = in;
    return ST_OK;
}

static void free_spent(struct intake *in)
{
    for (size_t i = 0; i < in->n_spent; i++)
        bus_message_free(in->spent[i]);
    in->n_spent = 0;
}

void intake_free(struct intake *in)
{
    if (in == NULL)
        return;
    for (size_t i = 0; i < in->n; i++)
        bus_message_free(in->line[(in->head + i) % INTAKE_MESSAGES].message);
    dead_letters_free(in->letters);
    free_spent(in);
    for (size_t i = 0; i < INTAKE_AHEAD; i++)
        event_decoder_free(in->ahead[i].decoder);
    free(in);
}

void intake_connect(struct intake *in, struct bus *bus, struct publisher *p)
{
    dead_letters_connect(in->letters, bus, p);
}

void intake_resume(struct intake *in, const struct fact_position *position)
{
    in->applied = position->sequence;
    in->applied_stream = position->stream;
}

/* Asked when the message comes in: the library allocates for it. */
static const char *content_type_of(const struct bus_message *m)
{
    const char *type = bus_message_header(m, "Content-Type");
    /* CloudEvents' binary mode has the data's type in an attribute of its own. */
    return type != NULL ? type : bus_message_header(m, "ce-datacontenttype");
}

void intake_offer(struct intake *in, struct bus_message *m,
                  const struct consumer_mark *mark)
{
    if (in->n == INTAKE_MESSAGES) {
        /* Only a plain subscription can be faster than its reader. */
        if (in->stats.dropped++ % COMPLAIN_EVERY == 0)
            log_warn("intake", "dropped", LOG_I("dropped", in->stats.dropped),
                     LOG_S("why", "events arrive faster than they are worked off; "
                                  "store.mode = jetstream holds them back"));
        bus_message_free(m);
        return;
    }
    in->line[(in->head + in->n) % INTAKE_MESSAGES] =
        (struct item){.message = m, .content_type = content_type_of(m), .mark = *mark};
    in->n++;
}

size_t intake_room(const struct intake *in)
{
    return INTAKE_MESSAGES - in->n;
}

bool intake_is_empty(const struct intake *in)
{
    return in->n == 0;
}

/* Progress
 * ----------------------------------------------------------------------------------- */

static void tell_progress(struct intake *in)
{
    bool is_confirmed = dead_letters_are_confirmed(in->letters);
    if (!in->has_progress && (in->reply[0] == '\0' || !is_confirmed))
        return;
    uint64_t letters = in->letters_from > 0 ? in->letters_from - 1 : in->reply_mark.seq;
    const struct intake_progress p = {
        .reply = is_confirmed && in->reply[0] != '\0' ? in->reply : NULL,
        .mark = in->reply_mark,
        .position = {.sequence = in->applied,
                     .stream = in->applied_stream,
                     .letters_behind = in->applied - letters}};
    in->o.progress(in->o.progress_arg, &p);
    in->has_progress = false;
    if (is_confirmed)
        in->reply[0] = '\0';
}

void intake_confirmed(struct intake *in, uint64_t token)
{
    dead_letters_confirmed(in->letters, token & ~INTAKE_TOKEN);
    if (dead_letters_are_confirmed(in->letters))
        in->letters_from = 0;
    tell_progress(in);
}

/* The line
 * --------------------------------------------------------------------------------- */

static const struct event_list *first_list(const struct intake *in)
{
    return &in->ahead[in->ahead_at].list;
}

static bool decode(const struct item *it, struct decoded *d)
{
    const struct event_input input = {.subject = bus_message_subject(it->message),
                                      .payload = bus_message_data(it->message),
                                      .len = bus_message_len(it->message),
                                      .content_type = it->content_type};
    return event_decode(d->decoder, &input, &d->list) == ST_OK;
}

/* What the core will look at lies all over its memory: it is told about some events
 * together, so that it waits for what they need only once. */
static void tell_ahead(const struct intake *in)
{
    const struct account_event *events[INTAKE_AHEAD];
    size_t n = 0;
    for (size_t i = 0; i < in->n_ahead; i++) {
        const struct event_list *list = &in->ahead[i].list;
        if (list->n == 1 && list->at[0].type == EVENT_VERIFIED)
            events[n++] = &list->at[0];
    }
    if (n > 1)
        in->o.expect(in->o.arg, events, n);
}

/* false: no memory for the first one. */
static bool decode_some(struct intake *in)
{
    in->ahead_at = in->n_ahead = 0;
    in->next_event = 0;
    while (in->n_ahead < INTAKE_AHEAD && in->n_ahead < in->n) {
        const struct item *it = &in->line[(in->head + in->n_ahead) % INTAKE_MESSAGES];
        if (in->n_ahead > 0 && bus_message_len(it->message) > AHEAD_BYTES)
            break;
        if (!decode(it, &in->ahead[in->n_ahead]))
            break;
        in->n_ahead++;
    }
    tell_ahead(in);
    return in->n_ahead > 0;
}

static void note_reply(struct intake *in, const struct item *it)
{
    const char *reply = bus_message_reply(it->message);
    size_t len = strlen(reply);
    if (len >= sizeof in->reply)
        len = sizeof in->reply - 1;
    memcpy(in->reply, reply, len);
    in->reply[len] = '\0';
    in->reply_mark = it->mark;
}

/* Its events were applied before the crash. */
static bool is_applied(const struct intake *in, const struct consumer_mark *mark)
{
    return mark->seq > 0 && mark->seq <= in->applied && mark->stream == in->applied_stream;
}

static void note_applied(struct intake *in, const struct consumer_mark *mark)
{
    in->has_progress = true;
    if (is_applied(in, mark))
        return;
    /* Numbers of a stream that is gone mean nothing in a new one. */
    if (mark->stream != in->applied_stream && in->letters_from != mark->seq)
        in->letters_from = 0;
    in->applied = mark->seq;
    in->applied_stream = mark->stream;
}

/* The first message is done; `taken`: a dead letter is made of it and owns it now. */
static void finish_first(struct intake *in, bool taken)
{
    struct item it = in->line[in->head];
    const struct event_list *list = first_list(in);
    in->stats.messages++;
    in->stats.ignored += list->type == EVENT_OTHER;
    in->stats.faults[list->fault] += list->fault != FAULT_NONE;
    in->head = (in->head + 1) % INTAKE_MESSAGES;
    in->n--;
    in->ahead_at++;
    in->next_event = 0;
    if (it.mark.seq > 0) {
        note_reply(in, &it);
        note_applied(in, &it.mark);
    }
    if (taken)
        return;
    if (in->n_spent == SPENT_MAX)
        free_spent(in);
    in->spent[in->n_spent++] = it.message;
}

/* false: no room now. */
static bool send_dead_letter(struct intake *in, const struct item *it)
{
    if (!dead_letters_send(in->letters, it->message, &it->mark, first_list(in),
                           INTAKE_TOKEN))
        return false;
    if (in->letters_from == 0 || it->mark.stream != in->applied_stream)
        in->letters_from = it->mark.seq;
    return true;
}

/* false: it must wait (dead letters, memory). */
static bool work_on_first(struct intake *in, unsigned *budget, uint64_t handled)
{
    const struct item *it = &in->line[in->head];
    if (in->ahead_at == in->n_ahead && !decode_some(in))
        return false;
    const struct event_list *list = first_list(in);
    const struct wall_ms at = {it->mark.at_ms};
    if (is_applied(in, &it->mark))
        in->next_event = list->n;
    for (; in->next_event<list->n && * budget> 0; in->next_event++, --*budget) {
        if (in->o.apply(in->o.arg, &list->at[in->next_event], at) != ST_OK)
            return false;
    }
    if (in->next_event < list->n)
        return true; /* the budget is used up; the message stays first */
    bool is_dead =
        list->fault != FAULT_NONE && (it->mark.seq == 0 || it->mark.seq > handled);
    if (is_dead && !send_dead_letter(in, it))
        return false;
    if (*budget > 0)
        --*budget; /* a message without events costs time too */
    finish_first(in, is_dead);
    return true;
}

bool intake_work(struct intake *in, unsigned budget, uint64_t handled)
{
    bool goes_on = true;
    free_spent(in);
    while (in->n > 0 && budget > 0 && goes_on)
        goes_on = work_on_first(in, &budget, handled);
    tell_progress(in);
    return in->n > 0 && goes_on;
}

const struct intake_stats *intake_stats(const struct intake *in)
{
    return &in->stats;
}
