#include "sim/watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "sim/answers.h"

#define LEAST_HOP_MS SECOND_MS /* the flow's tokens last for a second */
#define TIMEOUT_MS 10000U      /* status.timeout_ms */
#define RESOLVER_TEXT "192.0.2.53:53"

void watcher_init(struct watcher *s, struct ledger *l, bool second_opinion)
{
    memset(s, 0, sizeof *s);
    s->ledger = l;
    s->has_bus = true;
    s->options =
        (struct core_options){.dns_interval_s = SIM_DAY,
                              .recheck_s = 30 * SIM_DAY,
                              .confirm_s = SIM_DAY,
                              .dns_inflight = 2000,
                              .status_concurrency = 16,
                              .rdap_concurrency = 16,
                              .provider = "domainr",
                              .second_opinion = second_opinion,
                              .status_rate_per_s = 5,
                              .status_burst = 10,
                              .status_daily_budget = 10000,
                              .preset = "strict",
                              .exempt = l->world->exempt,
                              .subject = "email.unverify",
                              .format = WIRE_JSON,
                              .has_rails = true,
                              .rails = {.per_hour = 100, .share = 0.01, .accounts = 1000},
                              .heeds_surges = true,
                              .outbox = WATCHER_OUTBOX,
                              .tests_suffixes = true};
    s->core = core_new(&s->options);
    MUST(s->core != NULL);
    resolving_init(&s->resolving, l->world, watcher_mono(s));
    reviews_init(&s->reviews, l);
}

void watcher_close(struct watcher *s)
{
    s->ledger->result.asked += s->resolving.asked;
    reviews_close(&s->reviews);
    core_free(s->core);
}

/* Effects ---------------------------------------------------------------------------------
 */

static uint32_t tld_of(const char *suffix)
{
    uint32_t i = 0;
    while (i < TLDS && strcmp(tlds[i].name, suffix) != 0)
        i++;
    MUST(i < TLDS); /* no other suffix was ever given to it */
    return i;
}

static void ask_dns(struct watcher *s, const struct effect *e, bool is_made_up)
{
    MUST(s->n_dns < WATCHER_ASKED);
    s->dns[s->n_dns++] = (struct watcher_dns){
        .token = e->u.ask.token,
        .what = is_made_up ? tld_of(e->u.ask.name) : world_domain_of(e->u.ask.name),
        .is_made_up = is_made_up};
}

static void ask_status(struct watcher *s, const struct effect *e)
{
    struct api_answer a;
    const uint32_t domain = world_domain_of(e->u.ask.name);
    MUST(s->n_http < WATCHER_ASKED);
    ledger_paid(s->ledger, domain, watcher_t(s));
    answer_api(s->ledger->world, domain, watcher_t(s), 0, &a);
    uint32_t takes = a.elapsed_ms < TIMEOUT_MS ? a.elapsed_ms : TIMEOUT_MS;
    s->http[s->n_http++] = (struct watcher_http){.token = e->u.ask.token,
                                                 .domain = domain,
                                                 .asked = watcher_t(s),
                                                 .due_ms = s->ms + takes};
}

static void ask_rdap(struct watcher *s, const struct effect *e)
{
    struct rdap_reply reply;
    const uint32_t domain = world_domain_of(e->u.ask.name);
    MUST(s->n_http < WATCHER_ASKED);
    answer_rdap(s->ledger->world, domain, watcher_t(s), &reply);
    s->http[s->n_http++] = (struct watcher_http){.token = e->u.ask.token,
                                                 .domain = domain,
                                                 .asked = watcher_t(s),
                                                 .due_ms = s->ms + reply.elapsed_ms,
                                                 .is_rdap = true};
}

/* What else there may be is for the log. */
static void perform(struct watcher *s)
{
    for (size_t i = 0; i < s->fx.n; i++) {
        const struct effect *e = &s->fx.at[i];
        if (e->type == FX_ASK_DNS || e->type == FX_ASK_MADE_UP)
            ask_dns(s, e, e->type == FX_ASK_MADE_UP);
        else if (e->type == FX_ASK_STATUS)
            ask_status(s, e);
        else if (e->type == FX_ASK_RDAP)
            ask_rdap(s, e);
        else if (e->type == FX_TEST_RESOLVERS)
            s->tests_resolvers = true;
        else if (e->type == FX_HELD)
            reviews_add(&s->reviews, world_domain_of(e->u.held.name), e->u.held.to_say,
                        watcher_t(s));
        else if (e->type == FX_PUBLISH) {
            const uint32_t entry = e->u.publish.entry;
            MUST(entry < WATCHER_OUTBOX && s->unsent[entry] == NULL);
            s->unsent[entry] = e->u.publish.publication;
            s->n_unsent++;
        }
    }
}

void watcher_step(struct watcher *s, struct core_event *ev)
{
    ev->now = watcher_wall(s);
    ev->mono = watcher_mono(s);
    MUST(core_step(s->core, ev, &s->fx) == ST_OK);
    perform(s);
}

/* Answers ---------------------------------------------------------------------------------
 */

static void answer_one_dns(struct watcher *s)
{
    static struct dns_answer answer; /* large, and all but empty */
    const struct watcher_dns q = s->dns[--s->n_dns];
    const int32_t t = watcher_t(s);
    answer.outcome = q.is_made_up
                         ? resolving_made_up(&s->resolving, q.what, t, watcher_mono(s))
                         : resolving_domain(&s->resolving, q.what, t, watcher_mono(s));
    struct core_event ev = {
        .type = CORE_DNS_DONE,
        .u.dns = {.token = q.token, .answer = &answer, .resolver = RESOLVER_TEXT}};
    watcher_step(s, &ev);
}

/* The body as the API would write it, read by the service's own reader. */
static void read_status(struct watcher *s, uint32_t domain, int32_t asked,
                        struct status_reply *out)
{
    char name[SIM_NAME_SIZE], body[256];
    struct api_answer a;
    answer_api(s->ledger->world, domain, asked, 0, &a);
    if (a.http == 0 || a.elapsed_ms >= TIMEOUT_MS) {
        *out = (struct status_reply){.outcome = STATUS_TIMEOUT, .elapsed_ms = TIMEOUT_MS};
        return;
    }
    world_name(s->ledger->world, domain, name);
    if (a.words != NULL)
        snprintf(body, sizeof body, "{\"status\":[{\"domain\":\"%s\",\"status\":\"%s\"}]}",
                 name, a.words);
    else
        snprintf(body, sizeof body, "<html><body>Service unavailable</body></html>");
    const struct http_answer http = {.http = a.http,
                                     .content_type =
                                         a.words != NULL ? "application/json" : "text/html",
                                     .body = body,
                                     .len = strlen(body),
                                     .elapsed_ms = a.elapsed_ms};
    status_reply_domainr(&http, name, out);
}

static void answer_status(struct watcher *s, const struct watcher_http *q)
{
    struct status_reply reply;
    read_status(s, q->domain, q->asked, &reply);
    struct core_event ev = {.type = CORE_STATUS_DONE,
                            .u.status = {.token = q->token, .reply = &reply}};
    watcher_step(s, &ev);
}

static void answer_opinion(struct watcher *s, const struct watcher_http *q)
{
    struct rdap_reply reply;
    answer_rdap(s->ledger->world, q->domain, q->asked, &reply);
    struct core_event ev = {.type = CORE_RDAP_DONE,
                            .u.rdap = {.token = q->token, .reply = &reply}};
    watcher_step(s, &ev);
}

/* return  true: some have come */
static bool answer_http(struct watcher *s)
{
    bool any = false;
    for (uint32_t i = 0; i < s->n_http;) {
        const struct watcher_http q = s->http[i];
        if (q.due_ms > s->ms) {
            i++;
            continue;
        }
        s->http[i] = s->http[--s->n_http];
        if (q.is_rdap)
            answer_opinion(s, &q);
        else
            answer_status(s, &q);
        any = true;
    }
    return any;
}

/* Messages --------------------------------------------------------------------------------
 */

static void deliver(struct watcher *s, const struct publication *p)
{
    static const char key[] = "\"account\":";
    if (strcmp(p->subject, "email.unverify") != 0)
        return;
    char account[16] = "";
    const char *at = memmem(p->body.data, p->body.len, key, sizeof key - 1);
    MUST(at != NULL);
    memcpy(account, at + sizeof key - 1, sizeof account - 1);
    const uint32_t address = (uint32_t)strtoul(account, NULL, 10);
    const uint32_t domain = s->ledger->world->addresses[address].domain;
    ledger_unverified(s->ledger, address, watcher_t(s),
                      reviews_approved(&s->reviews, domain));
}

/* return  true: some were confirmed */
static bool publish(struct watcher *s)
{
    if (!s->has_bus || s->n_unsent == 0)
        return false;
    for (uint32_t i = 0; i < WATCHER_OUTBOX; i++) {
        if (s->unsent[i] == NULL)
            continue;
        deliver(s, s->unsent[i]);
        s->unsent[i] = NULL;
        s->n_unsent--;
        struct core_event ev = {.type = CORE_PUBLISHED, .u.published.entry = i};
        watcher_step(s, &ev);
    }
    return true;
}

/* The resolvers were to be tested at once. return  true: they have been */
static bool test_resolvers(struct watcher *s)
{
    if (!s->tests_resolvers)
        return false;
    s->tests_resolvers = false;
    struct core_event ev = {.type = CORE_RESOLVERS_TESTED,
                            .u.resolvers.is_good = resolving_test(
                                &s->resolving, watcher_t(s), watcher_mono(s))};
    watcher_step(s, &ev);
    return true;
}

/* Time ------------------------------------------------------------------------------------
 */

void watcher_turn(struct watcher *s)
{
    bool more = true;
    resolving_begin(&s->resolving, watcher_t(s), watcher_mono(s));
    reviews_rule(&s->reviews, s->core, watcher_t(s), watcher_wall(s));
    while (more) {
        struct core_event ev = {.type = CORE_TICK};
        watcher_step(s, &ev);
        more = s->fx.more || s->n_dns > 0;
        while (s->n_dns > 0) {
            answer_one_dns(s);
            more = test_resolvers(s) || more;
        }
        more = answer_http(s) || more;
        more = publish(s) || more;
    }
}

void watcher_pass(struct watcher *s, int64_t until_ms)
{
    const uint64_t wait = core_wait_ms(s->core, watcher_wall(s), watcher_mono(s));
    int64_t next = s->ms + (wait > LEAST_HOP_MS ? (int64_t)wait : LEAST_HOP_MS);
    for (uint32_t i = 0; i < s->n_http; i++) {
        const int64_t due = s->http[i].due_ms > s->ms ? s->http[i].due_ms : s->ms + 1;
        next = due < next ? due : next;
    }
    s->ms = next < until_ms ? next : until_ms;
}
