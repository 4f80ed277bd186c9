/* A window of unconfirmed messages.
 *
 *   1. publisher_send puts a message into a free entry and into the line of those to send.
 *   2. publisher_pump sends from the line, the entry's number in the reply subject.
 *   3. The stream's acknowledgement names the entry; the owner is told, the entry is free.
 *
 * What can go wrong:
 *   - the session breaks: everything unconfirmed goes back into the line;
 *   - no acknowledgement for five seconds (no stream, no leader): into the line again, and
 *     the session is begun anew, every ten seconds at most;
 *   - a refusal (stream full, sealed): into the line after a second, and said in the log
 * once every ten seconds, with the server's words. Nothing is ever given up. */
#include "io/publisher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "proto/pub_ack.h"

#define PUMP_MAX 256
#define ACK_TIMEOUT_MS 5000
#define REFUSED_PAUSE_MS 1000
#define LOOK_MS 250
#define COMPLAIN_MS 10000
/* Back-pressure towards the socket, far below the bus's own limit. */
#define BUFFERED_HIGH (1U << 20)

enum entry_state { ENTRY_FREE, ENTRY_WAITING, ENTRY_SENT, ENTRY_PAUSED };

struct entry {
    struct outgoing m;
    uint64_t token;
    uint64_t at; /* loop time: sent, or pause until */
    uint32_t next;
    uint16_t gen; /* of the entry's use: an old acknowledgement names an old one */
    uint8_t state;
    bool was_sent;
};

#define NONE UINT32_MAX

struct publisher {
    uv_loop_t *loop;
    struct bus *bus;
    struct publisher_options o;
    struct entry *entries;
    uint32_t free, line_first, line_last, pending;
    char prefix[64];
    uv_timer_t timer;
    bool up;
    uint64_t complained;
    struct publisher_stats stats;
    void (*closed)(void *);
    void *closed_arg;
};

static void join_line(struct publisher *p, uint32_t i)
{
    struct entry *e = &p->entries[i];
    e->state = ENTRY_WAITING;
    e->next = NONE;
    if (p->line_last == NONE)
        p->line_first = i;
    else
        p->entries[p->line_last].next = i;
    p->line_last = i;
}

static uint32_t leave_line(struct publisher *p)
{
    uint32_t i = p->line_first;
    p->line_first = p->entries[i].next;
    if (p->line_first == NONE)
        p->line_last = NONE;
    return i;
}

static void release(struct publisher *p, uint32_t i)
{
    struct entry *e = &p->entries[i];
    uint64_t token = e->token;
    e->state = ENTRY_FREE;
    e->gen++;
    e->next = p->free;
    p->free = i;
    p->pending--;
    p->stats.confirmed++;
    p->o.confirmed(p->o.arg, token);
}

/* true: it was said; false: not long ago already. */
static bool complain(struct publisher *p, const char *subject, const char *why)
{
    p->stats.refused++;
    if (p->complained != 0 && uv_now(p->loop) - p->complained < COMPLAIN_MS)
        return false;
    p->complained = uv_now(p->loop);
    log_error("publisher", "refused", LOG_S("subject", subject), LOG_S("why", why),
              LOG_I("pending", p->pending), LOG_I("refused", p->stats.refused));
    return true;
}

static void on_ack(void *arg, struct bus_message *m)
{
    struct publisher *p = arg;
    char *end = NULL;
    unsigned long i = strtoul(bus_message_subject(m) + strlen(p->prefix), &end, 16);
    unsigned long gen = *end == '.' ? strtoul(end + 1, NULL, 16) : ULONG_MAX;
    struct pub_ack ack;
    if (i < p->o.window && p->entries[i].gen == gen &&
        (p->entries[i].state == ENTRY_SENT || p->entries[i].state == ENTRY_PAUSED)) {
        struct entry *e = &p->entries[i];
        pub_ack_parse(bus_message_data(m), bus_message_len(m), &ack);
        if (ack.is_confirmed) {
            p->stats.duplicates += ack.is_duplicate;
            release(p, (uint32_t)i);
        } else {
            (void)complain(p, e->m.subject, ack.error);
            e->state = ENTRY_PAUSED;
            e->at = uv_now(p->loop) + REFUSED_PAUSE_MS;
        }
    }
    bus_message_free(m);
}

static void on_timer(uv_timer_t *timer)
{
    struct publisher *p = timer->data;
    uint64_t now = uv_now(p->loop);
    bool restart = false;
    for (uint32_t i = 0; i < p->o.window && p->pending > 0; i++) {
        struct entry *e = &p->entries[i];
        if (e->state == ENTRY_SENT && now - e->at > ACK_TIMEOUT_MS) {
            restart |= complain(p, e->m.subject, "no acknowledgement; is its stream gone?");
            join_line(p, i);
        } else if (e->state == ENTRY_PAUSED && now >= e->at) {
            join_line(p, i);
        }
    }
    /* A new session looks for its streams, and makes them again. */
    if (restart)
        bus_restart(p->bus, "a message was not acknowledged");
}

static enum status send_entry(struct publisher *p, uint32_t i)
{
    struct entry *e = &p->entries[i];
    char reply[96];
    snprintf(reply, sizeof reply, "%s%x.%x", p->prefix, i, e->gen);
    enum status st = bus_publish(p->bus, e->m.subject, p->o.jetstream ? reply : NULL,
                                 e->m.headers, e->m.n_headers, e->m.data, e->m.len);
    e->at = uv_now(p->loop);
    if (st == ST_INVALID) {
        /* The server's limit was lowered: the others must not wait behind it. */
        (void)complain(p, e->m.subject, "larger than the server's max_payload");
        e->state = ENTRY_PAUSED;
        e->at += REFUSED_PAUSE_MS;
    } else if (st == ST_OK) {
        p->stats.sent++;
        p->stats.resent += e->was_sent;
        e->was_sent = true;
        e->state = ENTRY_SENT;
    }
    return st;
}

bool publisher_pump(struct publisher *p)
{
    for (unsigned n = 0; p->up && p->line_first != NONE; n++) {
        if (n == PUMP_MAX)
            return true;
        /* Written out by the loop; the next turn goes on. */
        if (bus_buffered(p->bus) > BUFFERED_HIGH)
            return false;
        uint32_t i = p->line_first;
        enum status st = send_entry(p, i);
        if (st != ST_OK && st != ST_INVALID)
            return false;
        leave_line(p);
        if (st == ST_OK && !p->o.jetstream)
            release(p, i);
    }
    return false;
}

void publisher_up(struct publisher *p)
{
    p->up = true;
}

void publisher_down(struct publisher *p)
{
    p->up = false;
    for (uint32_t i = 0; i < p->o.window; i++) {
        if (p->entries[i].state == ENTRY_SENT || p->entries[i].state == ENTRY_PAUSED)
            join_line(p, i);
    }
}

enum status publisher_send(struct publisher *p, uint64_t token, const struct outgoing *m)
{
    if (p->free == NONE)
        return ST_FULL;
    uint32_t i = p->free;
    struct entry *e = &p->entries[i];
    p->free = e->next;
    p->pending++;
    e->m = *m;
    e->token = token;
    e->was_sent = false;
    join_line(p, i);
    return ST_OK;
}

uint32_t publisher_pending(const struct publisher *p)
{
    return p->pending;
}

uint32_t publisher_room(const struct publisher *p)
{
    return p->o.window - p->pending;
}

const struct publisher_stats *publisher_stats(const struct publisher *p)
{
    return &p->stats;
}

enum status publisher_new(uv_loop_t *loop, struct bus *bus,
                          const struct publisher_options *o, struct publisher **out)
{
    struct publisher *p = calloc(1, sizeof *p);
    char subject[80];
    if (p == NULL)
        return ST_NOMEM;
    p->loop = loop;
    p->bus = bus;
    p->o = *o;
    p->entries = calloc(o->window, sizeof *p->entries);
    snprintf(p->prefix, sizeof p->prefix, "%s.p.", bus_inbox(bus));
    snprintf(subject, sizeof subject, "%s>", p->prefix);
    if (p->entries == NULL || bus_subscribe(bus, subject, on_ack, p) != ST_OK) {
        free(p->entries);
        free(p);
        return ST_NOMEM;
    }
    p->line_first = p->line_last = NONE;
    p->free = NONE;
    for (uint32_t i = o->window; i-- > 0;) {
        p->entries[i].next = p->free;
        p->free = i;
    }
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    uv_timer_start(&p->timer, on_timer, LOOK_MS, LOOK_MS);
    *out = p;
    return ST_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct publisher *p = handle->data;
    void (*closed)(void *) = p->closed;
    void *arg = p->closed_arg;
    free(p->entries);
    free(p);
    closed(arg);
}

void publisher_close(struct publisher *p, void (*closed)(void *arg), void *arg)
{
    if (p == NULL) {
        closed(arg);
        return;
    }
    p->closed = closed;
    p->closed_arg = arg;
    uv_close((uv_handle_t *)&p->timer, on_closed);
}
