/* Making the parts and joining them: what one of them asks of another goes through here,
 * so that no module of io knows more than its own neighbours. */
#include "parts.h"

#include "askers.h"
#include "base/log.h"
#include "cli.h"

#define OUTBOX 1024U /* messages decided and unconfirmed at most */
#define DEAD_LETTERS 256U

static int fail(const char *part, enum status st, const char *error)
{
    log_error("app", "cannot_start", LOG_S("part", part),
              LOG_S("why", error[0] != '\0' ? error : status_text(st)));
    return st == ST_INVALID ? EXIT_CODE_USAGE : EXIT_CODE_FAILURE;
}

static int make_core(struct parts *p)
{
    const struct config *c = p->config;
    const struct core_options o = {
        .dns_interval_s = c->dns.interval_hours * 3600,
        .recheck_s = c->policy.recheck_days * 24 * 3600,
        .confirm_s = c->policy.confirm_hours * 3600,
        .dns_inflight = c->dns.inflight,
        .status_concurrency = c->status.concurrency,
        .rdap_concurrency = c->status.concurrency,
        .provider = askers_provider(c),
        .second_opinion = askers_want_opinion(c),
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
    p->suffixes = suffix_list_new();
    if (p->suffixes == NULL)
        return fail("suffixes", ST_NOT_FOUND,
                    "no public suffix list: install the distribution's (publicsuffix)");
    p->core = core_new(&o);
    if (p->core == NULL || turn_new(p->loop, p->core, &p->turn) != ST_OK)
        return fail("core", ST_NOMEM, "");
    return EXIT_CODE_OK;
}

static int make_askers(struct parts *p)
{
    const struct config *c = p->config;
    char error[256] = "";
    struct dns_options d = askers_dns(c);
    d.done = turn_on_dns;
    d.arg = p->turn;
    enum status st = dns_new(p->loop, &d, &p->dns, error, sizeof error);
    if (st != ST_OK)
        return fail("dns", st, error);
    if (askers_provider(c) != NULL && !askers_registry_is_provider(c)) {
        struct status_api_options s = askers_status(c);
        s.done = turn_on_status;
        s.arg = p->turn;
        st = status_api_new(p->loop, &s, &p->status, error, sizeof error);
        if (st != ST_OK)
            return fail("status", st, error);
    }
    if (askers_registry_is_provider(c) || askers_want_opinion(c)) {
        struct rdap_options r = askers_rdap(c);
        r.done = turn_on_rdap;
        r.arg = p->turn;
        st = rdap_new(p->loop, &r, &p->rdap, error, sizeof error);
        if (st != ST_OK)
            return fail("rdap", st, error);
    }
    return EXIT_CODE_OK;
}

/* The core, as the log sees it
 * ------------------------------------------------------------- */

static size_t facts_size(void *arg)
{
    return core_facts_size(((struct parts *)arg)->core);
}

static enum status take_facts(void *arg, struct buf *out)
{
    return core_take_facts(((struct parts *)arg)->core, out);
}

static enum status restore_fact(void *arg, const struct fact *f)
{
    return core_restore(((struct parts *)arg)->core, f);
}

static void begin_snapshot(void *arg)
{
    core_snapshot_begin(((struct parts *)arg)->core);
}

static bool snapshot_chunk(void *arg, size_t max, struct buf *b, enum status *st)
{
    return core_snapshot(((struct parts *)arg)->core, max, b, st);
}

static void describe(void *arg, struct fact_manifest *m)
{
    const struct parts *p = arg;
    m->watches = core_registry(p->core)->watches;
    m->addresses = core_registry(p->core)->addresses; /* a digest would hold up the loop */
}

static size_t footprint(void *arg)
{
    return registry_footprint(core_registry(((struct parts *)arg)->core));
}

static void on_confirmed(void *arg, uint64_t token)
{
    turn_on_confirmed(((struct parts *)arg)->turn, token);
}

static void on_restored(void *arg, const struct restored *r)
{
    struct parts *p = arg;
    (void)r;
    turn_on_restored(p->turn);
}

static void on_fenced(void *arg, const char *why)
{
    const struct parts *p = arg;
    p->fenced(p->arg, why);
}

static void on_stale(void *arg, const char *why)
{
    const struct parts *p = arg;
    p->stale(p->arg, why);
}

static void on_waits(void *arg, const char *holder, bool is_alive)
{
    const struct parts *p = arg;
    p->waits(p->arg, holder, is_alive);
}

static int make_feed(struct parts *p)
{
    const struct config *c = p->config;
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
                   .suffixes = p->suffixes,
                   .apply = turn_on_event,
                   .expect = turn_expect,
                   .arg = p->turn},
        .source = {.facts_size = facts_size,
                   .take_facts = take_facts,
                   .restore_fact = restore_fact,
                   .snapshot_begin = begin_snapshot,
                   .snapshot_chunk = snapshot_chunk,
                   .describe = describe,
                   .footprint = footprint,
                   .arg = p},
        .restored = on_restored,
        .fenced = on_fenced,
        .stale = on_stale,
        .waits = on_waits,
        .confirmed = on_confirmed,
        .arg = p,
    };
    enum status st = feed_new(p->loop, &f, &p->feed, error, sizeof error);
    return st == ST_OK ? EXIT_CODE_OK : fail("bus", st, error);
}

/* Requests
 * --------------------------------------------------------------------------------- */

static bool is_owner(void *arg)
{
    return feed_is_owner(((struct parts *)arg)->feed);
}

static bool is_loaded(void *arg)
{
    return turn_is_loaded(((struct parts *)arg)->turn);
}

static void write_stats(void *arg, struct json_writer *w)
{
    turn_write_report(((struct parts *)arg)->turn, w);
}

static enum status forget(void *arg, const struct account_id *account, uint64_t *addresses,
                          uint64_t *mark)
{
    struct parts *p = arg;
    enum status st = turn_forget(p->turn, account, addresses);
    if (st == ST_OK)
        *mark = feed_erase(p->feed);
    return st;
}

static bool is_erased(void *arg, uint64_t mark)
{
    return feed_is_erased(((struct parts *)arg)->feed, mark);
}

static int make_requests(struct parts *p)
{
    const struct requests_options o = {.prefix = p->config->store.prefix,
                                       .is_owner = is_owner,
                                       .is_loaded = is_loaded,
                                       .stats = write_stats,
                                       .forget = forget,
                                       .is_erased = is_erased,
                                       .arg = p};
    enum status st = requests_new(p->loop, feed_bus(p->feed), &o, &p->requests);
    return st == ST_OK ? EXIT_CODE_OK : fail("requests", st, "");
}

int parts_start(struct parts *p)
{
    int code = make_core(p);
    if (code == EXIT_CODE_OK)
        code = make_askers(p);
    if (code == EXIT_CODE_OK)
        code = make_feed(p);
    if (code == EXIT_CODE_OK)
        code = make_requests(p);
    const struct turn_parts parts = {
        .feed = p->feed, .dns = p->dns, .status = p->status, .rdap = p->rdap};
    if (code == EXIT_CODE_OK)
        turn_connect(p->turn, &parts);
    return code;
}

static void on_part_closed(void *arg)
{
    struct parts *p = arg;
    if (--p->open > 0)
        return;
    core_free(p->core);
    suffix_list_free(p->suffixes);
    p->core = NULL;
    p->suffixes = NULL;
    p->turn = NULL;
    p->feed = NULL;
    p->requests = NULL;
    p->dns = NULL;
    p->status = NULL;
    p->rdap = NULL;
    p->closed(p->arg);
}

void parts_close(struct parts *p)
{
    p->open = 6;
    requests_close(p->requests, on_part_closed, p);
    turn_close(p->turn, on_part_closed, p);
    feed_close(p->feed, on_part_closed, p);
    dns_close(p->dns, on_part_closed, p);
    status_api_close(p->status, on_part_closed, p);
    rdap_close(p->rdap, on_part_closed, p);
}
