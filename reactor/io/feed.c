/* The bus's side of the service.
 *
 *   1. A session is up: the streams are looked for, created where nobody has them.
 *   2. The state is read, and the lease taken; without it, the log is followed while
 * another process is the owner.
 *   3. Then what waits is published, and the event stream is read from where it was left.
 *   4. Deliveries go to the intake, from there to the core.
 *   5. A message worked off is acknowledged; the consumer asks for more.
 *
 * What can go wrong:
 *   - the session breaks: publishing and reading stop, and begin again with the next one;
 *   - a stream or the consumer can't be had: said in the log, tried again every two
 * seconds; meanwhile nothing is taken in. */
#include "io/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "io/lease.h"
#include "io/wants.h"

#define AGAIN_MS 2000
#define COMPLAIN_MS 30000
/* Room in the publisher's window for a snapshot's chunks. */
#define SNAPSHOT_SPARE 8U

struct feed {
    uv_loop_t *loop;
    struct feed_options o;
    struct bus *bus;
    struct js_api *api;
    struct streams *streams;
    struct consumer *consumer;
    struct publisher *publisher;
    struct intake *intake;
    struct durable *durable; /* NULL: store.mode = memory */
    struct lease *lease;     /* ditto */
    struct wants wants;
    uv_timer_t again;
    char last_why[256];
    uint64_t complained;
    bool caught_up, stopped;
    unsigned closing; /* parts still open */
    void (*closed)(void *);
    void *closed_arg;
};

/* The bus comes and goes
 * ------------------------------------------------------------------- */

static void on_up(void *arg)
{
    struct feed *f = arg;
    log_info("bus", "connected");
    if (f->o.jetstream)
        streams_begin(f->streams);
    else
        publisher_up(f->publisher);
}

/* What is tried again several times a second at first: each reason is said once a while. */
static void say(struct feed *f, enum log_level level, const char *event, const char *why)
{
    if (strcmp(why, f->last_why) == 0 && uv_now(f->loop) - f->complained < COMPLAIN_MS)
        return;
    snprintf(f->last_why, sizeof f->last_why, "%s", why);
    f->complained = uv_now(f->loop);
    LOG_AT(level, "bus", event, LOG_S("why", why));
}

static void on_down(void *arg, const char *why)
{
    struct feed *f = arg;
    publisher_down(f->publisher);
    if (f->o.jetstream) {
        js_api_reset(f->api);
        consumer_reset(f->consumer);
        durable_down(f->durable);
        lease_down(f->lease);
    }
    uv_timer_stop(&f->again);
    say(f, LOG_WARN, "disconnected", why);
}

static void on_again(uv_timer_t *timer)
{
    struct feed *f = timer->data;
    if (bus_is_up(f->bus))
        streams_begin(f->streams);
}

static void on_failed(void *arg, const char *why)
{
    struct feed *f = arg;
    js_api_reset(f->api);
    durable_down(f->durable);
    lease_down(f->lease);
    uv_timer_start(&f->again, on_again, AGAIN_MS, 0);
    say(f, LOG_ERROR, "jetstream", why);
}

static void on_streams(void *arg)
{
    struct feed *f = arg;
    log_info("bus", "streams", LOG_S("events", f->wants.at[WANT_EVENTS].found),
             LOG_S("out", f->wants.at[WANT_OUT].found),
             LOG_S("invalid", f->wants.at[WANT_INVALID].found));
    lease_up(f->lease);
    durable_up(f->durable);
}

/* All that is stored has been read: this process could be the owner. */
static void on_warm(void *arg)
{
    struct feed *f = arg;
    if (lease_is_held(f->lease))
        durable_take_over(f->durable);
    else if (!f->stopped)
        lease_want(f->lease);
}

static void on_taken(void *arg)
{
    struct feed *f = arg;
    durable_take_over(f->durable);
}

static void on_waits(void *arg, const char *holder, bool is_alive)
{
    struct feed *f = arg;
    f->o.waits(f->o.arg, holder, is_alive);
}

/* The state is read: the account stream goes on where the log says. */
static void on_restored(void *arg, const struct restored *r)
{
    struct feed *f = arg;
    consumer_resume(f->consumer, r->intake.sequence - r->intake.letters_behind,
                    r->intake.stream);
    intake_resume(f->intake, &r->intake);
    f->o.restored(f->o.arg, r);
}

/* The log has taken this session's first append: only the owner speaks and reads on. */
static void on_owned(void *arg)
{
    struct feed *f = arg;
    publisher_up(f->publisher);
    if (!f->stopped)
        consumer_begin(f->consumer, f->wants.at[WANT_EVENTS].found);
}

static void on_fenced(void *arg, const char *why)
{
    struct feed *f = arg;
    publisher_down(f->publisher);
    consumer_reset(f->consumer);
    f->o.fenced(f->o.arg, why);
}

static void on_stale(void *arg, const char *why)
{
    struct feed *f = arg;
    f->o.stale(f->o.arg, why);
}

/* Events in
 * -------------------------------------------------------------------------------- */

static void on_message(void *arg, struct bus_message *m, const struct consumer_mark *mark)
{
    struct feed *f = arg;
    intake_offer(f->intake, m, mark);
}

static void on_plain_message(void *arg, struct bus_message *m)
{
    struct feed *f = arg;
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    const struct consumer_mark mark = {.at_ms =
                                           now.tv_sec * SECOND_MS + now.tv_usec / 1000};
    if (f->stopped)
        bus_message_free(m);
    else
        intake_offer(f->intake, m, &mark);
}

static size_t room(void *arg)
{
    return intake_room(((struct feed *)arg)->intake);
}

static void on_caught_up(void *arg)
{
    ((struct feed *)arg)->caught_up = true;
}

static void on_progress(void *arg, const struct intake_progress *p)
{
    struct feed *f = arg;
    durable_done(f->durable, p->reply, &p->mark, &p->position);
}

static void acknowledge(void *arg, const char *reply, const struct consumer_mark *mark)
{
    struct feed *f = arg;
    consumer_ack(f->consumer, reply, mark);
}

static void on_confirmed(void *arg, uint64_t token)
{
    struct feed *f = arg;
    if (token & INTAKE_TOKEN)
        intake_confirmed(f->intake, token);
    else if (token & SNAPSHOT_TOKEN)
        durable_confirmed(f->durable, token);
    else
        f->o.confirmed(f->o.arg, token);
}

bool feed_work(struct feed *f, unsigned budget)
{
    uint64_t handled = f->o.jetstream ? consumer_handled(f->consumer) : 0;
    bool more =
        !f->stopped && !feed_is_behind(f) && intake_work(f->intake, budget, handled);
    if (f->o.jetstream)
        consumer_pull(f->consumer);
    return publisher_pump(f->publisher) || more;
}

void feed_write(struct feed *f, struct wall_ms now)
{
    if (f->durable != NULL)
        durable_work(f->durable, now);
}

bool feed_is_behind(const struct feed *f)
{
    return f->durable != NULL && durable_is_behind(f->durable);
}

enum status feed_send(struct feed *f, uint64_t token, const struct outgoing *m)
{
    return f->durable != NULL ? durable_send(f->durable, token, m)
                              : publisher_send(f->publisher, token, m);
}

bool feed_is_caught_up(const struct feed *f)
{
    return f->caught_up && intake_is_empty(f->intake);
}

bool feed_is_up(const struct feed *f)
{
    return bus_is_up(f->bus);
}

bool feed_is_refused(const struct feed *f)
{
    return f->durable != NULL && durable_is_refused(f->durable);
}

void feed_stop(struct feed *f)
{
    f->stopped = true;
    if (!f->o.jetstream)
        return;
    consumer_stop(f->consumer);
    /* Whoever stands by knows all of it already, and shall not wait. */
    if (!lease_has_heir(f->lease))
        durable_snapshot(f->durable);
}

void feed_release(struct feed *f)
{
    if (f->lease != NULL)
        lease_release(f->lease);
}

bool feed_is_released(const struct feed *f)
{
    return f->lease == NULL || !lease_is_held(f->lease);
}

bool feed_is_owner(const struct feed *f)
{
    return f->lease == NULL || lease_is_held(f->lease);
}

const char *feed_waits_for(const struct feed *f)
{
    if (publisher_pending(f->publisher) > 0)
        return "messages to be confirmed";
    if (bus_buffered(f->bus) > 0)
        return "the socket";
    return f->durable != NULL ? durable_waits_for(f->durable) : NULL;
}

uint64_t feed_mark(const struct feed *f)
{
    return f->durable != NULL ? durable_mark(f->durable) : 0;
}

bool feed_is_written(const struct feed *f, uint64_t mark)
{
    return f->durable == NULL || durable_is_written(f->durable, mark);
}

uint64_t feed_erase(struct feed *f)
{
    return f->durable != NULL ? durable_erase(f->durable) : 0;
}

bool feed_is_erased(const struct feed *f, uint64_t mark)
{
    return f->durable == NULL || durable_is_erased(f->durable, mark);
}

struct bus *feed_bus(struct feed *f)
{
    return f->bus;
}

struct feed_view feed_view(const struct feed *f)
{
    struct feed_view v = {.intake = intake_stats(f->intake),
                          .publisher = publisher_stats(f->publisher),
                          .unconfirmed = publisher_pending(f->publisher)};
    if (f->o.jetstream) {
        v.position = consumer_position(f->consumer);
        v.stream_last = consumer_stream_last(f->consumer);
        v.wal = durable_wal_stats(f->durable);
    }
    return v;
}

/* Set-up
 * ----------------------------------------------------------------------------------- */

static enum status make_bus(struct feed *f)
{
    struct bus_options bo = f->o.bus;
    bo.up = on_up;
    bo.down = on_down;
    bo.arg = f;
    enum status st = bus_new(f->loop, &bo, &f->bus);
    if (st != ST_OK)
        return st;
    const struct publisher_options po = {.jetstream = f->o.jetstream,
                                         .window = f->o.window + SNAPSHOT_SPARE,
                                         .confirmed = on_confirmed,
                                         .arg = f};
    return publisher_new(f->loop, f->bus, &po, &f->publisher);
}

static enum status make_durable(struct feed *f)
{
    const struct durable_options o = {.log_stream = f->wants.at[WANT_LOG].found,
                                      .log_subject = f->wants.log,
                                      .snap_stream = f->wants.at[WANT_SNAP].found,
                                      .snap_prefix = f->wants.snap,
                                      .source = f->o.source,
                                      .warm = on_warm,
                                      .stale = on_stale,
                                      .restored = on_restored,
                                      .owned = on_owned,
                                      .acknowledge = acknowledge,
                                      .failed = on_failed,
                                      .fenced = on_fenced,
                                      .arg = f};
    return durable_new(f->loop, f->bus, f->api, f->publisher, &o, &f->durable);
}

static enum status make_lease(struct feed *f)
{
    const struct lease_options o = {.stream = f->wants.at[WANT_OWNER].found,
                                    .subject = f->wants.owner,
                                    .standby = f->wants.standby,
                                    .taken = on_taken,
                                    .lost = on_fenced,
                                    .waits = on_waits,
                                    .arg = f};
    return lease_new(f->loop, f->bus, f->api, &o, &f->lease);
}

static enum status make_jetstream(struct feed *f)
{
    const struct stream_want *events = &f->wants.at[WANT_EVENTS];
    const struct consumer_options co = {
        .name = f->o.prefix,
        .inbox = 'f',
        /* 2.9 takes one filter; with several subjects the others are told apart here. */
        .filter = events->n_subjects == 1 ? events->subjects[0] : NULL,
        .message = on_message,
        .room = room,
        .caught_up = on_caught_up,
        .failed = on_failed,
        .arg = f};
    enum status st = js_api_new(f->loop, f->bus, &f->api);
    if (st == ST_OK)
        st = streams_new(f->api, f->o.replicas, f->wants.at, WANTS, on_streams, on_failed,
                         f, &f->streams);
    if (st == ST_OK)
        st = consumer_new(f->loop, f->bus, f->api, &co, &f->consumer);
    if (st == ST_OK)
        st = make_durable(f);
    if (st == ST_OK)
        st = make_lease(f);
    return st;
}

static enum status make_memory(struct feed *f)
{
    enum status st = ST_OK;
    const struct stream_want *events = &f->wants.at[WANT_EVENTS];
    for (size_t i = 0; i < events->n_subjects && st == ST_OK; i++)
        st = bus_subscribe(f->bus, events->subjects[i], on_plain_message, f);
    f->caught_up = true;
    return st;
}

static void nothing(void *arg)
{
    (void)arg;
}

enum status feed_new(uv_loop_t *loop, const struct feed_options *o, struct feed **out,
                     char *error, size_t error_size)
{
    struct feed *f = calloc(1, sizeof *f);
    if (f == NULL)
        return ST_NOMEM;
    f->loop = loop;
    f->o = *o;
    uv_timer_init(loop, &f->again);
    f->again.data = f;
    const struct wants_options wo = {.prefix = o->prefix,
                                     .stream = o->stream,
                                     .subjects = o->subjects,
                                     .publish_subject = o->publish_subject,
                                     .shard = o->shard};
    enum status st = wants_init(&f->wants, &wo, error, error_size);
    if (st == ST_OK) {
        f->o.intake.invalid_subject = f->wants.invalid;
        f->o.intake.progress = on_progress;
        f->o.intake.progress_arg = f;
        st = intake_new(&f->o.intake, &f->intake);
    }
    if (st == ST_OK)
        st = make_bus(f);
    if (st == ST_OK) {
        intake_connect(f->intake, f->bus, f->publisher);
        st = o->jetstream ? make_jetstream(f) : make_memory(f);
    }
    if (st != ST_OK) {
        if (error[0] == '\0')
            snprintf(error, error_size, "the bus: %s", status_text(st));
        feed_close(f, nothing, NULL);
        return st;
    }
    *out = f;
    return ST_OK;
}

/* Close
 * ------------------------------------------------------------------------------------ */

static void free_feed(struct feed *f)
{
    void (*closed)(void *) = f->closed;
    void *arg = f->closed_arg;
    intake_free(f->intake);
    streams_free(f->streams);
    wants_close(&f->wants);
    free(f);
    closed(arg);
}

static void on_part_closed(void *arg)
{
    struct feed *f = arg;
    if (--f->closing == 0)
        free_feed(f);
}

static void on_timer_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

/* The bus goes first: no message may come in for parts that are gone. Its session may still
 * be connecting on a worker, so it may be the last to be gone. */
void feed_close(struct feed *f, void (*closed)(void *arg), void *arg)
{
    if (f == NULL) {
        closed(arg);
        return;
    }
    f->closed = closed;
    f->closed_arg = arg;
    f->closing = 7;
    bus_close(f->bus, on_part_closed, f);
    consumer_close(f->consumer, on_part_closed, f);
    durable_close(f->durable, on_part_closed, f);
    lease_close(f->lease, on_part_closed, f);
    js_api_close(f->api, on_part_closed, f);
    publisher_close(f->publisher, on_part_closed, f);
    uv_close((uv_handle_t *)&f->again, on_timer_closed);
}
