/* Holding a lease, or waiting for it.
 *
 *   1. A session is up: the newest note is looked at.
 *   2. It is free (core/lease.h says when), and this process is ready: our note is written,
 *      expecting the one we saw to be the newest.
 *   3. The stream has it: we hold the lease, and write the note anew every second.
 *   4. Others look every second, and whenever a note is written; those that are ready say
 * so on the standby subject.
 *   5. Given up: a last note says so, and whoever waits takes it within milliseconds.
 *
 * What can go wrong:
 *   - "wrong last sequence": somebody was faster, or an acknowledgement was lost: the
 * newest note tells. Ours: we hold it. Another's: we don't, or not any more;
 *   - our note has lapsed (this process or the bus stood still): written again, if nobody
 *     has taken the lease meanwhile;
 *   - no acknowledgement, a full or sealed stream: said in the log, tried again. The holder
 *     goes on: the log decides who may write. */
#include "io/lease.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/process.h"
#include "proto/pub_ack.h"

#define LOOK_MS 250
#define ACK_TIMEOUT_MS 5000
#define COMPLAIN_MS 10000
#define HEIR_MS 3000U /* three of its announcements */

struct lease {
    uv_loop_t *loop;
    struct bus *bus;
    struct js_api *api;
    struct lease_options o;
    struct lease_note self, other; /* other: the newest note, when it is not ours */
    struct lease_seen seen;
    struct buf text;
    char reply[80];
    uint64_t number, sent_at, looked_at, announced_at, complained;
    uint64_t heir_at; /* when one was heard; 0: never */
    bool up, has_looked, is_asking, is_sent, is_wanted, is_held, is_releasing;
    bool was_told, was_told_alive;
    uv_timer_t timer;
    void (*closed)(void *);
    void *closed_arg;
};

static void complain(struct lease *l, const char *why)
{
    if (l->complained != 0 && uv_now(l->loop) - l->complained < COMPLAIN_MS)
        return;
    l->complained = uv_now(l->loop);
    log_error("lease", "not_written", LOG_S("subject", l->o.subject), LOG_S("why", why));
}

/* Writing
 * ---------------------------------------------------------------------------------- */

static bool make_text(struct lease *l, bool released)
{
    l->self.released = released;
    l->text.len = 0;
    return lease_note_write(&l->self, &l->text) == ST_OK;
}

static void write_note(struct lease *l)
{
    char expected[24];
    if (!l->up || l->is_sent || !make_text(l, l->is_releasing))
        return;
    snprintf(expected, sizeof expected, "%llu", (unsigned long long)l->seen.sequence);
    snprintf(l->reply, sizeof l->reply, "%s.l.%llx", bus_inbox(l->bus),
             (unsigned long long)++l->number);
    const struct bus_header header = {JS_EXPECTED_LAST, expected};
    l->sent_at = uv_now(l->loop);
    l->is_sent = bus_publish(l->bus, l->o.subject, l->reply, &header, 1, l->text.data,
                             l->text.len) == ST_OK;
}

static void announce(struct lease *l)
{
    l->announced_at = uv_now(l->loop);
    if (make_text(l, false)) /* one that is lost is followed by the next */
        (void)bus_publish(l->bus, l->o.standby, NULL, NULL, 0, l->text.data, l->text.len);
}

/* Looking
 * ---------------------------------------------------------------------------------- */

static void take(struct lease *l)
{
    log_info("lease", "taken", LOG_S("holder", l->self.holder));
    l->is_held = true;
    l->was_told = l->was_told_alive = false;
    if (l->is_releasing)
        write_note(l);
    else
        l->o.taken(l->o.arg);
}

static void lose(struct lease *l)
{
    char why[LEASE_HOLDER_SIZE + 64];
    l->is_held = false;
    if (l->is_releasing)
        return; /* what we wanted */
    snprintf(why, sizeof why, "%s holds the lease of this shard", l->other.holder);
    l->o.lost(l->o.arg, why);
}

static void claim_if_free(struct lease *l)
{
    const struct mono_ms now = {uv_now(l->loop)};
    if (!l->up || !l->has_looked || !l->is_wanted || l->is_held || l->is_releasing)
        return;
    if (lease_judge(&l->seen, now) == LEASE_CLAIM)
        write_note(l);
}

/* Somebody else's note, the newest one. */
static void watch(struct lease *l, bool has_changed)
{
    bool is_alive = has_changed && l->seen.held_before && !l->other.released;
    l->seen.is_released = l->other.released;
    l->seen.holder_is_gone = process_is_gone(&l->other);
    if (l->seen.is_released || l->seen.holder_is_gone)
        return;
    if (!l->was_told || (is_alive && !l->was_told_alive)) {
        l->was_told = true;
        l->was_told_alive = is_alive;
        l->o.waits(l->o.arg, l->other.holder, is_alive);
    }
}

/* sequence 0: there is no note. */
static void see(struct lease *l, uint64_t sequence)
{
    bool is_first = !l->has_looked;
    bool has_changed = !is_first && sequence != 0 && sequence != l->seen.sequence;
    bool is_ours =
        sequence != 0 && strcmp(l->other.holder, l->self.holder) == 0 && !l->other.released;
    l->has_looked = true;
    l->seen.sequence = sequence;
    if (is_first || has_changed)
        l->seen.since = (struct mono_ms){uv_now(l->loop)};
    if (l->is_held && (sequence == 0 || is_ours || l->other.released)) {
        write_note(l);
    } else if (l->is_held) {
        lose(l);
    } else if (is_ours) {
        take(l); /* our claim had arrived */
    } else {
        if (sequence != 0)
            watch(l, has_changed);
        claim_if_free(l);
        l->seen.held_before = l->seen.held_before || sequence != 0;
    }
}

static void on_note(void *arg, const json_t *reply)
{
    struct lease *l = arg;
    uint8_t data[LEASE_NOTE_MAX];
    const char *description;
    uint64_t sequence = 0;
    l->is_asking = false;
    int error = reply != NULL ? js_api_error(reply, &description) : -1;
    if (error != 0 && error != JS_ERR_MESSAGE_NOT_FOUND) {
        complain(l, reply == NULL ? "no answer" : description);
        return;
    }
    if (error == 0) {
        size_t len = js_api_message(reply, &sequence, data, sizeof data);
        if (lease_note_parse(data, len, &l->other) != ST_OK)
            l->other = (struct lease_note){.holder = "unreadable"}; /* it lapses, too */
    }
    see(l, sequence);
}

static void look(struct lease *l)
{
    if (!l->up || l->is_asking || l->is_sent || (l->is_releasing && !l->is_held))
        return;
    l->looked_at = uv_now(l->loop);
    l->is_asking = js_api_get_last(l->api, l->o.stream, l->o.subject, on_note, l) == ST_OK;
}

/* What comes in
 * ---------------------------------------------------------------------------- */

static void on_ack(void *arg, struct bus_message *m)
{
    struct lease *l = arg;
    struct pub_ack ack;
    if (l->is_sent && strcmp(bus_message_subject(m), l->reply) == 0) {
        l->is_sent = false;
        pub_ack_parse(bus_message_data(m), bus_message_len(m), &ack);
        if (ack.is_confirmed) {
            l->seen.sequence = ack.seq;
            l->seen.since = (struct mono_ms){uv_now(l->loop)};
            if (l->self.released)
                l->is_held = false;
            else if (!l->is_held)
                take(l);
            else if (l->is_releasing)
                write_note(l);
        } else {
            if (ack.error_code != JS_ERR_WRONG_LAST_SEQUENCE)
                complain(l, ack.error);
            look(l);
        }
    }
    bus_message_free(m);
}

static void on_written(void *arg, struct bus_message *m)
{
    struct lease *l = arg;
    if (!l->is_held)
        look(l);
    bus_message_free(m);
}

static void on_standby(void *arg, struct bus_message *m)
{
    struct lease *l = arg;
    struct lease_note heir;
    if (lease_note_parse(bus_message_data(m), bus_message_len(m), &heir) == ST_OK &&
        strcmp(heir.holder, l->self.holder) != 0) {
        if (l->is_held && !lease_has_heir(l))
            log_info("lease", "has_heir", LOG_S("standby", heir.holder));
        l->heir_at = uv_now(l->loop);
    }
    bus_message_free(m);
}

static void on_timer(uv_timer_t *timer)
{
    struct lease *l = timer->data;
    uint64_t now = uv_now(l->loop);
    if (!l->up)
        return;
    if (l->is_sent && now - l->sent_at > ACK_TIMEOUT_MS) {
        complain(l, "no acknowledgement; is the stream gone?");
        bus_restart(l->bus, "the lease was not acknowledged"); /* looks for streams again */
    } else if (l->is_held) {
        if (now - l->sent_at >= (uint64_t)LEASE_RENEW_MS)
            write_note(l);
    } else {
        if (l->is_wanted && now - l->announced_at >= (uint64_t)LEASE_RENEW_MS)
            announce(l);
        if (now - l->looked_at >= (uint64_t)LEASE_RENEW_MS)
            look(l);
        claim_if_free(l);
    }
}

/* Life
 * ------------------------------------------------------------------------------------- */

void lease_up(struct lease *l)
{
    l->up = true;
    look(l);
}

void lease_down(struct lease *l)
{
    l->up = l->has_looked = l->is_asking = l->is_sent = false;
}

void lease_want(struct lease *l)
{
    l->is_wanted = true;
    claim_if_free(l);
    if (l->up && !l->is_held && !l->is_sent)
        announce(l);
}

bool lease_is_held(const struct lease *l)
{
    return l->is_held;
}

bool lease_has_heir(const struct lease *l)
{
    return l->heir_at != 0 && uv_now(l->loop) - l->heir_at < HEIR_MS;
}

void lease_release(struct lease *l)
{
    if (l->is_releasing)
        return;
    l->is_releasing = true;
    if (!l->up)
        l->is_held = false;
    else if (l->is_held)
        write_note(l); /* or when the acknowledgement of the last one is here */
}

enum status lease_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                      const struct lease_options *o, struct lease **out)
{
    struct lease *l = calloc(1, sizeof *l);
    char acks[80];
    if (l == NULL)
        return ST_NOMEM;
    l->loop = loop;
    l->bus = bus;
    l->api = api;
    l->o = *o;
    process_describe(bus_inbox(bus) + strlen("_INBOX."), &l->self);
    snprintf(acks, sizeof acks, "%s.l.*", bus_inbox(bus));
    enum status st = bus_subscribe(bus, acks, on_ack, l);
    if (st == ST_OK)
        st = bus_subscribe(bus, o->subject, on_written, l);
    if (st == ST_OK)
        st = bus_subscribe(bus, o->standby, on_standby, l);
    if (st != ST_OK) {
        free(l);
        return st;
    }
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
    uv_timer_start(&l->timer, on_timer, LOOK_MS, LOOK_MS);
    *out = l;
    return ST_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct lease *l = handle->data;
    void (*closed)(void *) = l->closed;
    void *arg = l->closed_arg;
    buf_free(&l->text);
    free(l);
    closed(arg);
}

void lease_close(struct lease *l, void (*closed)(void *arg), void *arg)
{
    if (l == NULL) {
        closed(arg);
        return;
    }
    l->closed = closed;
    l->closed_arg = arg;
    l->up = false;
    uv_close((uv_handle_t *)&l->timer, on_closed);
}
