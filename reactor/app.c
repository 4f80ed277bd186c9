/* The service's life: every part is made here, in order, and closed here, in reverse.
 *
 *   1. Registry and core, then DNS, status API, feed; the turn joins them. The feed
 * connects by itself, however long the bus is away.
 *   2. The account stream is read; when it is caught up, questions begin.
 *   3. SIGTERM or SIGINT: no more events, no more questions; what is decided is published
 * and confirmed, ten seconds at most (two without a bus: it is derived again at the next
 *      start). A second signal stops at once.
 *   4. Every part is closed; the loop ends when the last handle is gone. */
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
#include "io/status_api.h"
#include "io/turn.h"

#define OUTBOX 1024U /* messages decided and unconfirmed at most */
#define DEAD_LETTERS 256U
#define DRAIN_LOOK_MS 20
#define DRAIN_MAX_MS 30000 /* a snapshot of some millions of domains fits */
#define DRAIN_NO_BUS_MS 2000

struct app {
    const struct config *config;
    uv_loop_t loop;
    struct suffix_list *suffixes;
    struct core *core;
    struct turn *turn;
    struct dns *dns;
    struct status_api *status;
    struct feed *feed;
    uv_signal_t on_term, on_int, on_hup;
    uv_timer_t drain;
    uint64_t drain_began;
    bool draining, closing;
    int code;
};

/* Stopping
 * --------------------------------------------------------------------------------- */

static void nothing(void *arg)
{
    (void)arg;
}

static void close_all(struct app *a)
{
    if (a->closing)
        return;
    a->closing = true;
    if (a->feed != NULL && a->turn != NULL)
        turn_log_totals(a->turn);
    if (a->feed != NULL && a->turn != NULL && a->code == EXIT_CODE_OK)
        turn_log_digest(a->turn);
    turn_close(a->turn, nothing, NULL);
    feed_close(a->feed, nothing, NULL);
    dns_close(a->dns, NULL, NULL);
    status_api_close(a->status, NULL, NULL);
    uv_close((uv_handle_t *)&a->on_term, NULL);
    uv_close((uv_handle_t *)&a->on_int, NULL);
    uv_close((uv_handle_t *)&a->on_hup, NULL);
    uv_close((uv_handle_t *)&a->drain, NULL);
}

static void on_drain(uv_timer_t *timer)
{
    struct app *a = timer->data;
    uint64_t passed = uv_now(&a->loop) - a->drain_began;
    bool is_late = passed > (feed_is_up(a->feed) ? DRAIN_MAX_MS : DRAIN_NO_BUS_MS);
    const char *waits_for = turn_waits_for(a->turn);
    if (waits_for != NULL && !is_late)
        return;
    if (waits_for != NULL)
        log_warn("app", "not_drained", LOG_I("after_ms", passed),
                 LOG_S("waits_for", waits_for));
    close_all(a);
}

static void on_stop(uv_signal_t *handle, int number)
{
    struct app *a = handle->data;
    if (a->draining) {
        log_warn("app", "stopping_at_once", LOG_I("signal", number));
        a->code = EXIT_CODE_FAILURE;
        close_all(a);
        return;
    }
    log_info("app", "draining", LOG_I("signal", number));
    a->draining = true;
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
        .tests_suffixes = c->dns.canaries[0] != '\0',
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
    uv_timeval64_t now;
    (void)r;
    uv_gettimeofday(&now);
    MUST(core_restored(a->core, (struct wall_ms){now.tv_sec * SECOND_MS}) == ST_OK);
}

static void on_fenced(void *arg, const char *why)
{
    struct app *a = arg;
    log_error("app", "not_the_owner", LOG_S("why", why),
              LOG_S("what", "this process stops; it has said and written nothing since"));
    a->code = EXIT_CODE_FAILURE;
    close_all(a);
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
        .confirmed = on_confirmed,
        .arg = a,
    };
    enum status st = feed_new(&a->loop, &f, &a->feed, error, sizeof error);
    return st == ST_OK ? 0 : fail("bus", st, error);
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
}

static int start(struct app *a)
{
    int code = make_core(a);
    if (code == 0)
        code = make_askers(a);
    if (code == 0)
        code = make_feed(a);
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
    if (nats_Open(-1) != NATS_OK)
        return fail("bus", ST_IO, "the NATS library can't be opened");
    if (uv_loop_init(&a.loop) != 0)
        return fail("loop", ST_IO, "the loop can't be made");
    (void)uv_loop_configure(&a.loop, UV_METRICS_IDLE_TIME); /* for the longest stall */
    listen_to_signals(&a);
    a.code = start(&a);
    if (a.code != 0)
        close_all(&a);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    core_free(a.core);
    suffix_list_free(a.suffixes);
    MUST(uv_loop_close(&a.loop) == 0);
    nats_CloseAndWait(1000);
    if (a.code == EXIT_CODE_OK)
        log_info("app", "stopped");
    return a.code;
}
