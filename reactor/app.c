/* The service's life: every part is made here, in order, and closed here, in reverse.
 *
 *   1. Registry and core, then DNS, status API, feed; the turn joins them. The feed
 * connects by itself, however long the bus is away.
 *   2. The account stream is read; when it is caught up, questions begin.
 *   3. SIGTERM or SIGINT: no more events, no more questions; what is decided is published
 *      and confirmed, half a minute at most (five seconds when the log refuses, two without
 *      a bus: it is derived again at the next start); the lease is given up. A second
 * signal stops at once.
 *   4. Every part is closed; the loop ends when the last handle is gone.
 *
 * What can go wrong: another process is the owner, or becomes it. What this one knows may
 * differ from the log by then, so it is dropped: every part is closed, and a new life
 * begins in the same process, as a standby (shard.standby = off: it exits instead). */
#include "app.h"

#include <errno.h>
#include <nats/nats.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "askers.h"
#include "base/log.h"
#include "base/must.h"
#include "cli.h"
#include "core/core.h"
#include "io/dns.h"
#include "io/feed.h"
#include "io/requests.h"
#include "io/status_api.h"
#include "io/turn.h"

#define OUTBOX 1024U /* messages decided and unconfirmed at most */
#define DEAD_LETTERS 256U
#define DRAIN_LOOK_MS 20
#define DRAIN_MAX_MS 30000 /* a snapshot of some millions of domains fits */
#define DRAIN_NO_BUS_MS 2000
#define DRAIN_REFUSED_MS 5000 /* the log has refused: it seldom takes it back */

struct app {
    const struct config *config;
    uv_loop_t loop;
    struct suffix_list *suffixes;
    struct core *core;
    struct turn *turn;
    struct dns *dns;
    struct status_api *status;
    struct feed *feed;
    struct requests *requests;
    uv_signal_t on_term, on_int, on_hup;
    uv_timer_t drain, ending;
    uint64_t drain_began;
    unsigned open; /* parts of this life whose handles are not gone yet */
    bool draining, closing, begins_anew;
    int code;
};

/* Stopping
 * --------------------------------------------------------------------------------- */

static int start(struct app *a);
static void end_life(struct app *a);

static void close_signals(struct app *a)
{
    uv_close((uv_handle_t *)&a->on_term, NULL);
    uv_close((uv_handle_t *)&a->on_int, NULL);
    uv_close((uv_handle_t *)&a->on_hup, NULL);
    uv_close((uv_handle_t *)&a->drain, NULL);
    uv_close((uv_handle_t *)&a->ending, NULL);
}

static void free_parts(struct app *a)
{
    core_free(a->core);
    suffix_list_free(a->suffixes);
    a->core = NULL;
    a->suffixes = NULL;
    a->turn = NULL;
    a->feed = NULL;
    a->requests = NULL;
    a->dns = NULL;
    a->status = NULL;
}

static void on_part_closed(void *arg)
{
    struct app *a = arg;
    if (--a->open > 0)
        return;
    free_parts(a);
    a->closing = false;
    if (!a->begins_anew || a->draining) {
        close_signals(a);
        return;
    }
    a->begins_anew = false;
    a->code = start(a);
    if (a->code != EXIT_CODE_OK)
        end_life(a);
}

/* Close every part; then the program ends, or begins anew. */
static void end_life(struct app *a)
{
    if (a->closing)
        return;
    a->closing = true;
    uv_timer_stop(&a->ending);
    if (a->feed != NULL && a->turn != NULL) {
        turn_log_totals(a->turn);
        if (a->code == EXIT_CODE_OK && !a->begins_anew)
            turn_log_digest(a->turn);
    }
    a->open = 5;
    requests_close(a->requests, on_part_closed, a);
    turn_close(a->turn, on_part_closed, a);
    feed_close(a->feed, on_part_closed, a);
    dns_close(a->dns, on_part_closed, a);
    status_api_close(a->status, on_part_closed, a);
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
    if (!feed_is_up(a->feed))
        return DRAIN_NO_BUS_MS;
    return feed_is_refused(a->feed) ? DRAIN_REFUSED_MS : DRAIN_MAX_MS;
}

static void on_drain(uv_timer_t *timer)
{
    struct app *a = timer->data;
    uint64_t passed = uv_now(&a->loop) - a->drain_began;
    bool is_late = passed > drain_limit(a);
    const char *waits_for = turn_waits_for(a->turn);
    if (waits_for == NULL && !feed_is_released(a->feed)) {
        feed_release(a->feed);
        waits_for = "the lease to be given up";
    }
    if (waits_for != NULL && !is_late)
        return;
    if (waits_for != NULL)
        log_warn("app", "not_drained", LOG_I("after_ms", passed),
                 LOG_S("waits_for", !feed_is_refused(a->feed)
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
    turn_drain(a->turn);
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

static int fail(const char *part, enum status st, const char *error)
{
    log_error("app", "cannot_start", LOG_S("part", part),
              LOG_S("why", error[0] != '\0' ? error : status_text(st)));
    return st == ST_INVALID ? EXIT_CODE_USAGE : EXIT_CODE_FAILURE;
}

static int make_core(struct app *a)
{
    const struct config *c = a->config;
    const struct core_options o = {
        .dns_interval_s = c->dns.interval_hours * 3600,
        .recheck_s = c->policy.recheck_days * 24 * 3600,
        .confirm_s = c->policy.confirm_hours * 3600,
        .dns_inflight = c->dns.inflight,
        .status_concurrency = c->status.concurrency,
        .provider = askers_provider(c),
        .status_rate_per_s = c->status.rate_per_s,
        .status_burst = c->status.burst,
        .status_daily_budget = c->status.daily_budget,
        .preset = c->policy.preset,
        .exempt = c->policy.exempt,
        .subject = c->publish.subject,
        .format = c->publish.format,
        .dry_run = c->policy.dry_run,
        .outbox = OUTBOX,
        .keeps_journal = c->store.mode == STORE_JETSTREAM,
    };
    a->suffixes = suffix_list_new();
    if (a->suffixes == NULL)
        return fail("suffixes", ST_NOT_FOUND,
                    "no public suffix list: install the distribution's (publicsuffix)");
    a->core = core_new(&o);
    if (a->core == NULL || turn_new(&a->loop, a->core, &a->turn) != ST_OK)
        return fail("core", ST_NOMEM, "");
    return 0;
}

static int make_askers(struct app *a)
{
    const struct config *c = a->config;
    char error[256] = "";
    struct dns_options d = askers_dns(c);
    d.done = turn_on_dns;
    d.arg = a->turn;
    enum status st = dns_new(&a->loop, &d, &a->dns, error, sizeof error);
    if (st != ST_OK)
        return fail("dns", st, error);
    if (askers_provider(c) == NULL)
        return 0;
    struct status_api_options s = askers_status(c);
    s.done = turn_on_status;
    s.arg = a->turn;
    st = status_api_new(&a->loop, &s, &a->status, error, sizeof error);
    return st == ST_OK ? 0 : fail("status", st, error);
}

/* The core, as the log sees it
 * ------------------------------------------------------------- */

static size_t facts_size(void *arg)
{
    return core_facts_size(((struct app *)arg)->core);
}

static enum status take_facts(void *arg, struct buf *out)
{
    return core_take_facts(((struct app *)arg)->core, out);
}

static enum status restore_fact(void *arg, const struct fact *f)
{
    return core_restore(((struct app *)arg)->core, f);
}

static void begin_snapshot(void *arg)
{
    core_snapshot_begin(((struct app *)arg)->core);
}

static bool snapshot_chunk(void *arg, size_t max, struct buf *b, enum status *st)
{
    return core_snapshot(((struct app *)arg)->core, max, b, st);
}

static void describe(void *arg, struct fact_manifest *m)
{
    const struct app *a = arg;
    m->watches = core_registry(a->core)->watches;
    m->addresses = core_registry(a->core)->addresses; /* a digest would hold up the loop */
}

static size_t footprint(void *arg)
{
    return registry_footprint(core_registry(((struct app *)arg)->core));
}

static void on_confirmed(void *arg, uint64_t token)
{
    turn_on_confirmed(((struct app *)arg)->turn, token);
}

static void on_restored(void *arg, const struct restored *r)
{
    struct app *a = arg;
    (void)r;
    turn_on_restored(a->turn);
}

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

static int make_feed(struct app *a)
{
    const struct config *c = a->config;
    char error[256] = "";
    const struct feed_options f = {
        .bus = {.url = c->nats.url,
                .creds = c->nats.creds,
                .nkey = c->nats.nkey,
                .user = c->nats.user,
                .password = c->nats.password,
                .token = c->nats.token,
                .ca = c->nats.ca,
                .cert = c->nats.cert,
                .key = c->nats.key,
                .name = "unverifyd"},
        .jetstream = c->store.mode == STORE_JETSTREAM,
        .replicas = c->store.replicas,
        .prefix = c->store.prefix,
        .stream = c->events.stream,
        .subjects = c->events.subjects,
        .publish_subject = c->publish.subject,
        .window = OUTBOX + DEAD_LETTERS,
        .intake = {.schema = &c->events.field,
                   .suffixes = a->suffixes,
                   .apply = turn_on_event,
                   .arg = a->turn},
        .source = {.facts_size = facts_size,
                   .take_facts = take_facts,
                   .restore_fact = restore_fact,
                   .snapshot_begin = begin_snapshot,
                   .snapshot_chunk = snapshot_chunk,
                   .describe = describe,
                   .footprint = footprint,
                   .arg = a},
        .restored = on_restored,
        .fenced = on_fenced,
        .stale = on_stale,
        .waits = on_waits,
        .confirmed = on_confirmed,
        .arg = a,
    };
    enum status st = feed_new(&a->loop, &f, &a->feed, error, sizeof error);
    return st == ST_OK ? 0 : fail("bus", st, error);
}

/* Requests
 * --------------------------------------------------------------------------------- */

static bool is_owner(void *arg)
{
    return feed_is_owner(((struct app *)arg)->feed);
}

static bool is_loaded(void *arg)
{
    return turn_is_loaded(((struct app *)arg)->turn);
}

static void write_stats(void *arg, struct json_writer *w)
{
    turn_write_report(((struct app *)arg)->turn, w);
}

static enum status forget(void *arg, const struct account_id *account, uint64_t *addresses,
                          uint64_t *mark)
{
    struct app *a = arg;
    enum status st = turn_forget(a->turn, account, addresses);
    if (st == ST_OK)
        *mark = feed_erase(a->feed);
    return st;
}

static bool is_erased(void *arg, uint64_t mark)
{
    return feed_is_erased(((struct app *)arg)->feed, mark);
}

static int make_requests(struct app *a)
{
    const struct requests_options o = {.prefix = a->config->store.prefix,
                                       .is_owner = is_owner,
                                       .is_loaded = is_loaded,
                                       .stats = write_stats,
                                       .forget = forget,
                                       .is_erased = is_erased,
                                       .arg = a};
    enum status st = requests_new(&a->loop, feed_bus(a->feed), &o, &a->requests);
    return st == ST_OK ? 0 : fail("requests", st, "");
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

static int start(struct app *a)
{
    int code = make_core(a);
    if (code == 0)
        code = make_askers(a);
    if (code == 0)
        code = make_feed(a);
    if (code == 0)
        code = make_requests(a);
    if (code != 0)
        return code;
    turn_connect(a->turn, a->feed, a->dns, a->status);
    log_info(
        "app", "started", LOG_S("version", UVD_VERSION),
        LOG_S("store", a->config->store.mode == STORE_JETSTREAM ? "jetstream" : "memory"),
        LOG_S("provider", a->config->status.provider),
        LOG_S("preset", a->config->policy.preset),
        LOG_S("dry_run", a->config->policy.dry_run ? "on" : "off"));
    return 0;
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
        return fail("bus", ST_IO, "the NATS library can't be opened");
    if (uv_loop_init(&a.loop) != 0)
        return fail("loop", ST_IO, "the loop can't be made");
    (void)uv_loop_configure(&a.loop, UV_METRICS_IDLE_TIME); /* for the longest stall */
    listen_to_signals(&a);
    a.code = start(&a);
    if (a.code != EXIT_CODE_OK)
        end_life(&a);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    core_free(a.core);
    suffix_list_free(a.suffixes);
    MUST(uv_loop_close(&a.loop) == 0);
    nats_CloseAndWait(1000);
    if (a.code == EXIT_CODE_OK)
        log_info("app", "stopped");
    return a.code;
}
