/* What happens to one name.
 *
 *   1. It becomes a registrable domain in a slot, and DNS is asked.
 *   2. Most answers settle it: `done` is called, the slot is free again.
 *   3. An answer that makes a candidate is kept, and the name gets in line for the status
 *      question, which leaves as status.rate, burst and concurrency allow.
 *   4. Where the registries are the provider, that question goes to them; where they give
 *      the second opinion, they are asked when the status is ambiguous.
 *   5. With the status, or without one, it is done.
 *
 * What can go wrong:
 *   - it is no domain: that is the finding, and nothing is asked;
 *   - doubt: it is the finding ("ask_again") and no error of ours;
 *   - the status API refuses the key: nobody else is asked with it, what is in line is done
 *     without a status;
 *   - the budget of the day is spent: the same;
 *   - it is too busy to answer: the next question waits for as long as it asks for;
 *   - a registry does not answer: that is its finding, others are asked all the same;
 *   - there is no memory to keep an answer in: that name is done without a status;
 *   - we are closed: DNS and the status API report what was out as canceled, which nobody
 *     hears. */
#include "checker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "askers.h"
#include "base/must.h"
#include "core/exempt.h"
#include "core/pace.h"

/* What DNS said of a name that waits for its status. */
struct candidate {
    struct dns_answer answer;
    const char *resolver;
    uint32_t elapsed_ms;
    int64_t at_s;
    struct status_reply status; /* on which a second opinion is asked */
    int64_t status_at_s;        /* 0: none is */
};

struct slot {
    uint64_t token;
    struct slot *next; /* free, or in line */
    struct candidate *candidate;
    struct mail_domain name;
};

struct checker {
    const struct config *config;
    uv_loop_t *loop;
    uv_timer_t wake; /* when the pace allows the next question */
    struct dns *dns;
    struct status_api *api; /* NULL: no provider, or the registries are it */
    struct rdap *rdap;      /* NULL: the registries are not asked */
    struct suffix_list *suffixes;
    struct exempt exempt;
    struct pace pace;
    struct slot *slots, *free, *line, **line_end;
    size_t busy, room;
    uint64_t status_questions;
    unsigned open; /* parts that are not closed yet */
    bool gave_up;  /* on the status API */
    bool closing;
    checker_done_cb done;
    void *arg;
};

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Answers ------------------------------------------------------------------------- */

static struct check_facts facts_of(const struct checker *c, const struct slot *s)
{
    const char *domain = mail_domain_name(&s->name);
    return (struct check_facts){
        .fault = ADDRESS_OK,
        .host = s->name.host,
        .domain = domain,
        .is_private = s->name.is_private,
        .is_exempt = exempt_has(&c->exempt, domain),
        .provider = askers_provider(c->config),
        .asks_registry = c->rdap != NULL,
        .holds_first = c->config->policy.confirm_hours > 0,
    };
}

/* The slot is free again only after the call: the facts point into it. */
static void finish(struct checker *c, struct slot *s, const struct check_facts *f)
{
    c->done(c->arg, s->token, f);
    free(s->candidate);
    s->candidate = NULL;
    s->next = c->free;
    c->free = s;
    c->busy--;
}

static struct check_facts facts_of_candidate(const struct checker *c, const struct slot *s)
{
    struct check_facts f = facts_of(c, s);
    f.dns = &s->candidate->answer;
    f.resolver = s->candidate->resolver;
    f.dns_elapsed_ms = s->candidate->elapsed_ms;
    f.dns_at_s = s->candidate->at_s;
    return f;
}

/* Keep the answer and get in line. false: there is no memory, or no question will leave. */
static bool get_in_line(struct checker *c, struct slot *s, const struct check_facts *f)
{
    if (c->gave_up || !check_wants_status(f))
        return false;
    s->candidate = malloc(sizeof *s->candidate);
    if (s->candidate == NULL)
        return false;
    s->candidate->answer = *f->dns;
    s->candidate->resolver = f->resolver;
    s->candidate->elapsed_ms = f->dns_elapsed_ms;
    s->candidate->at_s = f->dns_at_s;
    s->candidate->status_at_s = 0;
    s->next = NULL;
    *c->line_end = s;
    c->line_end = &s->next;
    return true;
}

static void on_dns(void *arg, const struct dns_result *result)
{
    struct checker *c = arg;
    struct slot *s = &c->slots[result->token];
    if (c->closing)
        return;
    struct check_facts f = facts_of(c, s);
    f.dns = &result->answer;
    f.resolver = result->resolver;
    f.dns_elapsed_ms = result->elapsed_ms;
    f.dns_at_s = wall_ms() / SECOND_MS;
    if (!get_in_line(c, s, &f))
        finish(c, s, &f);
}

static void on_status(void *arg, uint64_t token, const struct status_reply *reply)
{
    struct checker *c = arg;
    if (c->closing)
        return;
    if (reply->outcome == STATUS_UNAUTHORIZED)
        c->gave_up = true;
    pace_observe(&c->pace, reply, (struct mono_ms){uv_now(c->loop)});
    struct slot *s = &c->slots[token];
    struct check_facts f = facts_of_candidate(c, s);
    f.status = reply;
    f.status_at_s = wall_ms() / SECOND_MS;
    if (c->rdap == NULL || !check_wants_opinion(&f) ||
        rdap_ask(c->rdap, token, f.domain) != ST_OK) {
        finish(c, s, &f);
        return;
    }
    s->candidate->status = *reply;
    s->candidate->status_at_s = f.status_at_s;
}

static void on_rdap(void *arg, uint64_t token, const struct rdap_reply *reply)
{
    struct checker *c = arg;
    if (c->closing)
        return;
    struct slot *s = &c->slots[token];
    struct check_facts f = facts_of_candidate(c, s);
    if (s->candidate->status_at_s != 0) {
        f.status = &s->candidate->status;
        f.status_at_s = s->candidate->status_at_s;
    }
    f.rdap = reply;
    f.rdap_at_s = wall_ms() / SECOND_MS;
    finish(c, s, &f);
}

/* Questions ----------------------------------------------------------------------- */

static void on_wake(uv_timer_t *wake)
{
    (void)wake; /* the loop turns, that is all */
}

/* May the next question leave? If not yet, the timer is set; if never, that is noted. */
static bool may_ask_status(struct checker *c)
{
    struct wall_ms now = {wall_ms()};
    struct mono_ms mono = {uv_now(c->loop)};
    if (pace_budget_left(&c->pace, now) == 0)
        c->gave_up = true;
    uint32_t out = c->api != NULL ? status_api_inflight(c->api) : rdap_inflight(c->rdap);
    if (c->gave_up || out >= c->config->status.concurrency)
        return false;
    if (pace_take(&c->pace, now, mono))
        return true;
    uv_timer_start(&c->wake, on_wake, pace_wait(&c->pace, now, mono), 0);
    return false;
}

static bool ask_status(struct checker *c, const struct slot *s)
{
    const uint64_t token = (uint64_t)(s - c->slots);
    const char *name = mail_domain_name(&s->name);
    return c->api != NULL ? status_api_ask(c->api, token, name) == ST_OK
                          : rdap_ask(c->rdap, token, name) == ST_OK;
}

void checker_turn(struct checker *c)
{
    while (c->line != NULL) {
        struct slot *s = c->line;
        if (!may_ask_status(c) && !c->gave_up)
            return;
        c->line = s->next;
        if (c->line == NULL)
            c->line_end = &c->line;
        bool is_out = !c->gave_up && ask_status(c, s);
        c->status_questions += is_out;
        if (!is_out) {
            const struct check_facts f = facts_of_candidate(c, s);
            finish(c, s, &f);
        }
    }
}

void checker_hurry(struct checker *c)
{
    c->gave_up = true;
}

static void refuse(struct checker *c, uint64_t token, const char *text, size_t len,
                   enum address_fault fault)
{
    c->done(c->arg, token,
            &(struct check_facts){.argument = text, .argument_len = len, .fault = fault});
}

void checker_ask(struct checker *c, uint64_t token, const char *text, size_t len)
{
    struct slot *s = c->free;
    MUST(s != NULL && !c->closing);
    enum address_fault fault = mail_domain_parse(c->suffixes, text, len, &s->name);
    if (fault != ADDRESS_OK) {
        refuse(c, token, text, len, fault);
        return;
    }
    c->free = s->next;
    c->busy++;
    s->token = token;
    /* There are as many slots as names that DNS takes, and the name is one. */
    MUST(dns_ask(c->dns, (uint64_t)(s - c->slots), mail_domain_name(&s->name)) == ST_OK);
}

bool checker_has_room(const struct checker *c)
{
    return c->free != NULL;
}

size_t checker_busy(const struct checker *c)
{
    return c->busy;
}

uint64_t checker_status_questions(const struct checker *c)
{
    return c->status_questions;
}

/* Opening and closing ------------------------------------------------------------- */

static enum status open_askers(struct checker *c, char *error, size_t error_size)
{
    struct dns_options d = askers_dns(c->config);
    d.inflight = (uint32_t)c->room;
    d.done = on_dns;
    d.arg = c;
    enum status st = dns_new(c->loop, &d, &c->dns, error, error_size);
    if (st != ST_OK || askers_provider(c->config) == NULL)
        return st;
    const struct config *config = c->config;
    pace_init(&c->pace, config->status.rate_per_s, config->status.burst,
              config->status.daily_budget);
    if (!askers_registry_is_provider(config)) {
        struct status_api_options s = askers_status(config);
        s.done = on_status;
        s.arg = c;
        st = status_api_new(c->loop, &s, &c->api, error, error_size);
    }
    if (st != ST_OK ||
        (!askers_registry_is_provider(config) && !askers_want_opinion(config)))
        return st;
    struct rdap_options r = askers_rdap(config);
    r.concurrency = (uint32_t)c->room; /* each name may need a second opinion */
    r.done = on_rdap;
    r.arg = c;
    return rdap_new(c->loop, &r, &c->rdap, error, error_size);
}

static enum status open_tables(struct checker *c, char *error, size_t error_size)
{
    c->suffixes = suffix_list_new();
    if (c->suffixes == NULL) {
        snprintf(error, error_size,
                 "no public suffix list: install the distribution's (publicsuffix)");
        return ST_IO;
    }
    c->slots = calloc(c->room, sizeof *c->slots);
    if (c->slots == NULL)
        return ST_NOMEM;
    for (size_t i = c->room; i-- > 0;) {
        c->slots[i].next = c->free;
        c->free = &c->slots[i];
    }
    return exempt_init(&c->exempt, c->config->policy.exempt);
}

static void free_memory(struct checker *c)
{
    for (size_t i = 0; c->slots != NULL && i < c->room; i++)
        free(c->slots[i].candidate);
    free(c->slots);
    exempt_close(&c->exempt);
    suffix_list_free(c->suffixes);
    free(c);
}

enum status checker_new(uv_loop_t *loop, const struct checker_options *o,
                        struct checker **out, char *error, size_t error_size)
{
    struct checker *c = calloc(1, sizeof *c);
    if (c == NULL) {
        snprintf(error, error_size, "%s", status_text(ST_NOMEM));
        return ST_NOMEM;
    }
    c->config = o->config;
    c->loop = loop;
    c->done = o->done;
    c->arg = o->arg;
    c->line_end = &c->line;
    c->room = o->config->dns.inflight;
    if (o->names > 0 && o->names < c->room)
        c->room = o->names;
    uv_timer_init(loop, &c->wake);
    error[0] = '\0';
    enum status st = open_tables(c, error, error_size);
    if (st == ST_OK)
        st = open_askers(c, error, error_size);
    if (st == ST_OK) {
        *out = c;
        return ST_OK;
    }
    if (error[0] == '\0')
        snprintf(error, error_size, "%s", status_text(st));
    checker_close(c);
    return st;
}

static void on_part_closed(void *arg)
{
    struct checker *c = arg;
    if (--c->open == 0)
        free_memory(c);
}

static void on_wake_closed(uv_handle_t *handle)
{
    on_part_closed(container_of((uv_timer_t *)handle, struct checker, wake));
}

void checker_close(struct checker *c)
{
    if (c == NULL || c->closing)
        return;
    c->closing = true;
    c->open = 4; /* DNS, the status API, the registries, the timer */
    uv_close((uv_handle_t *)&c->wake, on_wake_closed);
    dns_close(c->dns, on_part_closed, c);
    status_api_close(c->api, on_part_closed, c);
    rdap_close(c->rdap, on_part_closed, c);
}
