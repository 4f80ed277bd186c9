/* The service's life.
 *
 *   1. Its parts are made (parts.c). The bus connects by itself, however long it is away.
 *   2. The state is read. As the owner it reads the account stream, and when it has caught
 *      up questions begin; as a standby it follows the owner's log.
 *   3. SIGTERM or SIGINT: no more events, no more questions; what is decided is published
 *      and confirmed, half a minute at most (five seconds when the log refuses, two without
 *      a bus: it is derived again at the next start); the lease is given up. A second
 *      signal stops at once.
 *   4. Every part is closed; the loop ends when the last handle is gone.
 *
 * What can go wrong: another process is the owner, or becomes it. What this one knows may
 * differ from the log by then, so it is dropped: every part is closed, and a new life
 * begins in the same process, as a standby (shard.standby = off: it exits instead). */
#include "app.h"

#include <nats/nats.h>
#include <sched.h>
#include <uv.h>

#include "base/log.h"
#include "base/must.h"
#include "cli.h"
#include "parts.h"

#define DRAIN_LOOK_MS 20
#define DRAIN_MAX_MS 30000 /* a snapshot of some millions of domains fits */
#define DRAIN_NO_BUS_MS 2000
#define DRAIN_REFUSED_MS 5000 /* the log has refused: it seldom takes it back */

struct app {
    const struct config *config;
    uv_loop_t loop;
    struct parts parts;
    uv_signal_t on_term, on_int, on_hup;
    uv_timer_t drain, ending;
    uint64_t drain_began;
    bool draining, closing, begins_anew;
    int code;
};

/* Stopping
 * --------------------------------------------------------------------------------- */

static void begin_life(struct app *a);

static void close_signals(struct app *a)
{
    uv_close((uv_handle_t *)&a->on_term, NULL);
    uv_close((uv_handle_t *)&a->on_int, NULL);
    uv_close((uv_handle_t *)&a->on_hup, NULL);
    uv_close((uv_handle_t *)&a->drain, NULL);
    uv_close((uv_handle_t *)&a->ending, NULL);
}

static void on_closed(void *arg)
{
    struct app *a = arg;
    a->closing = false;
    if (!a->begins_anew || a->draining) {
        close_signals(a);
        return;
    }
    a->begins_anew = false;
    begin_life(a);
}

/* Close every part; then the program ends, or begins anew. */
static void end_life(struct app *a)
{
    if (a->closing)
        return;
    a->closing = true;
    uv_timer_stop(&a->ending);
    uv_timer_stop(&a->drain);
    if (a->parts.feed != NULL && a->parts.turn != NULL) {
        turn_log_totals(a->parts.turn);
        if (a->code == EXIT_CODE_OK && !a->begins_anew)
            turn_log_digest(a->parts.turn);
    }
    parts_close(&a->parts);
}

static void on_ending(uv_timer_t *timer)
{
    end_life(timer->data);
}

/* The part that asks for it is on the stack. Timers come before the next turn: nothing is
 * begun, said or written in between. */
static void end_life_soon(struct app *a)
{
    uv_timer_start(&a->ending, on_ending, 0, 0);
}

static uint64_t drain_limit(const struct app *a)
{
    if (!feed_is_up(a->parts.feed))
        return DRAIN_NO_BUS_MS;
    return feed_is_refused(a->parts.feed) ? DRAIN_REFUSED_MS : DRAIN_MAX_MS;
}

static void on_drain(uv_timer_t *timer)
{
    struct app *a = timer->data;
    uint64_t passed = uv_now(&a->loop) - a->drain_began;
    bool is_late = passed > drain_limit(a);
    const char *waits_for = turn_waits_for(a->parts.turn);
    if (waits_for == NULL && !feed_is_released(a->parts.feed)) {
        feed_release(a->parts.feed);
        waits_for = "the lease to be given up";
    }
    if (waits_for != NULL && !is_late)
        return;
    if (waits_for != NULL)
        log_warn("app", "not_drained", LOG_I("after_ms", passed),
                 LOG_S("waits_for", !feed_is_refused(a->parts.feed)
                                        ? waits_for
                                        : "the log, which refuses what is written; what is "
                                          "not in it is derived again at the next start"));
    end_life(a);
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct app *a = handle->data;
    if (a->draining) {
        log_warn("app", "stopping_at_once", LOG_I("signal", number));
        a->code = EXIT_CODE_FAILURE;
        end_life(a);
        return;
    }
    log_info("app", "draining", LOG_I("signal", number));
    a->draining = true;
    if (a->closing)
        return; /* between two lives: there is nothing to drain */
    a->drain_began = uv_now(&a->loop);
    turn_drain(a->parts.turn);
    uv_timer_start(&a->drain, on_drain, 0, DRAIN_LOOK_MS);
}

static void on_hangup(uv_signal_t *handle, int number)
{
    (void)handle;
    log_warn("app", "no_reload", LOG_I("signal", number),
             LOG_S("what", "this version reads its configuration at start only"));
}

/* Starting
 * --------------------------------------------------------------------------------- */

static void on_fenced(void *arg, const char *why)
{
    struct app *a = arg;
    bool exits = a->draining || !a->config->shard.standby;
    log_error(
        "app", "not_the_owner", LOG_S("why", why),
        LOG_S("what", exits ? "this process stops; it has said and written nothing since"
                            : "it has said and written nothing since; it reads the "
                              "state anew and stands by"));
    a->begins_anew = !exits;
    a->code = exits ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
    end_life_soon(a);
}

static void on_stale(void *arg, const char *why)
{
    struct app *a = arg;
    log_info("app", "state_is_read_anew", LOG_S("why", why));
    a->begins_anew = true;
    end_life_soon(a);
}

static void on_waits(void *arg, const char *holder, bool is_alive)
{
    struct app *a = arg;
    if (a->config->shard.standby) {
        if (!is_alive)
            log_info("app", "standby", LOG_S("owner", holder));
        return;
    }
    if (!is_alive)
        return; /* it may have ended without a word: its lease lapses soon */
    log_error("app", "not_the_owner", LOG_S("owner", holder),
              LOG_S("what", "another process holds the lease; this one stops, for "
                            "shard.standby is off"));
    a->code = EXIT_CODE_FAILURE;
    end_life_soon(a);
}

static void listen_to_signals(struct app *a)
{
    uv_signal_t *const handles[] = {&a->on_term, &a->on_int, &a->on_hup};
    for (size_t i = 0; i < ARRAY_LEN(handles); i++) {
        uv_signal_init(&a->loop, handles[i]);
        handles[i]->data = a;
    }
    uv_signal_start(&a->on_term, on_stop, SIGTERM);
    uv_signal_start(&a->on_int, on_stop, SIGINT);
    uv_signal_start(&a->on_hup, on_hangup, SIGHUP);
    uv_timer_init(&a->loop, &a->drain);
    a->drain.data = a;
    uv_timer_init(&a->loop, &a->ending);
    a->ending.data = a;
}

static void begin_life(struct app *a)
{
    a->code = parts_start(&a->parts);
    if (a->code != EXIT_CODE_OK) {
        end_life(a);
        return;
    }
    const struct config *c = a->config;
    log_info("app", "started", LOG_S("version", UVD_VERSION),
             LOG_S("store", c->store.mode == STORE_JETSTREAM ? "jetstream" : "memory"),
             LOG_S("provider", c->status.provider), LOG_S("preset", c->policy.preset),
             LOG_S("dry_run", c->policy.dry_run ? "on" : "off"));
}

static int fail(const char *why)
{
    log_error("app", "cannot_start", LOG_S("why", why));
    return EXIT_CODE_FAILURE;
}

int app_run(const struct config *c)
{
    struct app a = {.config = c};
    /* The library frees each message on a thread of its own and wakes it for that; as a
     * batch process it does not interrupt the loop, which halves the cost of a message. */
    const struct sched_param batch = {0};
    (void)sched_setscheduler(0, SCHED_BATCH, &batch);
    /* Nor does anybody spin on the library's locks: whoever holds one may need the core. */
    if (nats_Open(0) != NATS_OK)
        return fail("the NATS library can't be opened");
    if (uv_loop_init(&a.loop) != 0)
        return fail("the loop can't be made");
    (void)uv_loop_configure(&a.loop, UV_METRICS_IDLE_TIME); /* for the longest stall */
    listen_to_signals(&a);
    a.parts = (struct parts){.loop = &a.loop,
                             .config = c,
                             .fenced = on_fenced,
                             .stale = on_stale,
                             .waits = on_waits,
                             .closed = on_closed,
                             .arg = &a};
    begin_life(&a);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&a.loop) == 0);
    nats_CloseAndWait(1000);
    if (a.code == EXIT_CODE_OK)
        log_info("app", "stopped");
    return a.code;
}
