/* Dead letters on their way.
 *
 *   1. A message takes a free place, and is sent with the reason in its headers.
 *   2. It is kept, because its bytes are being sent, until it is confirmed; then it is
 * freed and so is its place.
 *
 * What can go wrong:
 *   - no place is free, or the publisher has no room: it is refused, and offered again;
 *   - with the reasons on top it is larger than the server takes: its end is cut off. */
#include "io/dead_letters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define DEAD_LETTERS_MAX 256U
#define CONTENT_TYPE_MAX 128U

struct dead_letter {
    struct bus_message *message; /* kept: its bytes are being sent */
    char id[48];
    char detail[sizeof((struct event_list *)NULL)->detail];
    char cut_from[24]; /* its length, when it had to be cut */
};

struct dead_letters {
    struct bus *bus;
    struct publisher *publisher;
    const char *subject;
    struct dead_letter at[DEAD_LETTERS_MAX];
    uint32_t unused[DEAD_LETTERS_MAX], n_unused;
    bool is_full;    /* waits until all are confirmed, so that something is acknowledged */
    uint64_t unique; /* ids where there is no stream sequence */
};

enum status dead_letters_new(const char *subject, struct dead_letters **out)
{
    struct dead_letters *dl = calloc(1, sizeof *dl);
    if (dl == NULL)
        return ST_NOMEM;
    dl->subject = subject;
    for (uint32_t i = 0; i < DEAD_LETTERS_MAX; i++)
        dl->unused[dl->n_unused++] = DEAD_LETTERS_MAX - 1 - i;
    *out = dl;
    return ST_OK;
}

void dead_letters_free(struct dead_letters *dl)
{
    if (dl == NULL)
        return;
    for (size_t i = 0; i < DEAD_LETTERS_MAX; i++) {
        if (dl->at[i].message != NULL)
            bus_message_free(dl->at[i].message);
    }
    free(dl);
}

void dead_letters_connect(struct dead_letters *dl, struct bus *bus, struct publisher *p)
{
    dl->bus = bus;
    dl->publisher = p;
}

static void add_header(struct outgoing *m, const char *name, const char *value)
{
    m->headers[m->n_headers++] = (struct bus_header){name, value};
}

/* The body goes out untouched, unless the server would refuse it: it may have come in just
 * below the limit, and the reasons are put on top. */
static void cut_to_payload(const struct dead_letters *dl, struct dead_letter *d,
                           struct outgoing *m)
{
    size_t head = sizeof "NATS/1.0\r\n\r\n";
    for (size_t i = 0; i < m->n_headers; i++)
        head += strlen(m->headers[i].name) + strlen(m->headers[i].value) + sizeof ": \r\n";
    head += sizeof "Unverifyd-Cut-From: \r\n" + sizeof d->cut_from;
    size_t max = bus_max_payload(dl->bus);
    if (m->len + head <= max)
        return;
    snprintf(d->cut_from, sizeof d->cut_from, "%zu", m->len);
    add_header(m, "Unverifyd-Cut-From", d->cut_from);
    m->len = max > head ? max - head : 0;
}

static void fill(const struct dead_letters *dl, struct dead_letter *d,
                 enum event_fault fault, struct outgoing *m)
{
    const char *type = bus_message_header(d->message, "Content-Type");
    *m = (struct outgoing){.subject = dl->subject,
                           .data = bus_message_data(d->message),
                           .len = bus_message_len(d->message)};
    add_header(m, "Nats-Msg-Id", d->id);
    add_header(m, "Unverifyd-Reason", event_fault_text(fault));
    add_header(m, "Unverifyd-Detail", d->detail);
    add_header(m, "Unverifyd-Subject", bus_message_subject(d->message));
    if (type != NULL && strlen(type) <= CONTENT_TYPE_MAX)
        add_header(m, "Content-Type", type);
    cut_to_payload(dl, d, m);
}

bool dead_letters_send(struct dead_letters *dl, struct bus_message *message,
                       const struct consumer_mark *mark, const struct event_list *list,
                       uint64_t flag)
{
    if (dl->is_full || dl->n_unused == 0 || publisher_room(dl->publisher) == 0)
        return false;
    uint32_t i = dl->unused[--dl->n_unused];
    dl->is_full = dl->n_unused == 0;
    struct dead_letter *d = &dl->at[i];
    d->message = message;
    if (mark->seq > 0)
        snprintf(d->id, sizeof d->id, "invalid-%llu", (unsigned long long)mark->seq);
    else
        snprintf(d->id, sizeof d->id, "invalid-%lld-%llu", (long long)mark->at_ms,
                 (unsigned long long)++dl->unique);
    memcpy(d->detail, list->detail, sizeof d->detail);
    struct outgoing m;
    fill(dl, d, list->fault, &m);
    MUST(publisher_send(dl->publisher, flag | i, &m) == ST_OK);
    return true;
}

void dead_letters_confirmed(struct dead_letters *dl, uint64_t place)
{
    MUST(place < DEAD_LETTERS_MAX && dl->at[place].message != NULL);
    bus_message_free(dl->at[place].message);
    dl->at[place].message = NULL;
    dl->unused[dl->n_unused++] = (uint32_t)place;
    if (dead_letters_are_confirmed(dl))
        dl->is_full = false;
}

bool dead_letters_are_confirmed(const struct dead_letters *dl)
{
    return dl->n_unused == DEAD_LETTERS_MAX;
}
