/* One-off checks.
 *
 *   1. The arguments become names; those that can't are reported and otherwise
 *      skipped.
 *   2. Before each wait of the loop, as many DNS questions leave as the module takes.
 *   3. An answer that makes a candidate puts the name in line for the status
 *      question, which leaves as status.rate, burst and concurrency allow.
 *   4. Lines are printed in the order of the arguments; after the last one all is
 *      closed.
 *
 * What can go wrong:
 *   - doubt: it is the line's content ("ask_again") and no error of ours;
 *   - the status API refuses the key: nobody else is asked with it, what is left in
 *     line is printed without a status;
 *   - the budget of the day is smaller than the list: the same. */
#include "cmd_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "askers.h"
#include "base/must.h"
#include "check_line.h"
#include "cli.h"
#include "core/exempt.h"
#include "core/pace.h"
#include "io/dns.h"
#include "io/status_api.h"

enum stage { STAGE_DNS, STAGE_STATUS, STAGE_DONE };

struct check {
    enum stage stage;
    bool is_out; /* a question is under way */
    struct check_facts facts;
    struct mail_domain name;
    struct dns_answer dns;
    struct status_reply status;
};

struct run {
    const struct config *config;
    struct check *checks;
    size_t n, next_dns, next_status, printed;
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_timer_t wake; /* when the pace allows the next question */
    struct dns *dns;
    struct status_api *api;
    struct pace pace;
    bool gave_up; /* on the status API */
    bool has_fault, closing;
    enum status output;
};

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Answers ------------------------------------------------------------------------- */

static void on_dns(void *arg, const struct dns_result *result)
{
    struct run *r = arg;
    struct check *c = &r->checks[result->token];
    c->is_out = false;
    c->dns = result->answer;
    c->facts.dns = &c->dns;
    c->facts.resolver = result->resolver;
    c->facts.dns_elapsed_ms = result->elapsed_ms;
    c->facts.dns_at_s = wall_ms() / 1000;
    c->stage = check_wants_status(&c->facts) ? STAGE_STATUS : STAGE_DONE;
}

static void on_status(void *arg, uint64_t token, const struct status_reply *reply)
{
    struct run *r = arg;
    struct check *c = &r->checks[token];
    c->is_out = false;
    c->status = *reply;
    c->facts.status = &c->status;
    c->facts.status_at_s = wall_ms() / 1000;
    c->stage = STAGE_DONE;
    if (reply->outcome == STATUS_UNAUTHORIZED)
        r->gave_up = true;
}

/* Questions ----------------------------------------------------------------------- */

static void ask_dns(struct run *r)
{
    for (; r->next_dns < r->n; r->next_dns++) {
        struct check *c = &r->checks[r->next_dns];
        if (c->stage == STAGE_DONE)
            continue;
        c->is_out = true; /* first: the answer may come from inside the call */
        if (dns_ask(r->dns, r->next_dns, c->facts.domain) != ST_OK) {
            c->is_out = false;
            return;
        }
    }
}

static void on_wake(uv_timer_t *wake)
{
    (void)wake; /* the loop turns, that is all */
}

/* May the next question leave? If not yet, the timer is set; if never, that is noted. */
static bool may_ask_status(struct run *r)
{
    struct wall_ms now = {wall_ms()};
    struct mono_ms mono = {uv_now(&r->loop)};
    if (pace_budget_left(&r->pace, now) == 0)
        r->gave_up = true;
    if (r->gave_up || status_api_inflight(r->api) >= r->config->status.concurrency)
        return false;
    if (pace_take(&r->pace, now, mono))
        return true;
    uv_timer_start(&r->wake, on_wake, pace_wait(&r->pace, now, mono), 0);
    return false;
}

/* In the order of the arguments, which is the order of printing: so it stops at a name that
 * still waits for DNS. */
static void ask_status(struct run *r)
{
    for (; r->next_status < r->n; r->next_status++) {
        struct check *c = &r->checks[r->next_status];
        if (c->stage == STAGE_DNS)
            return;
        if (c->stage == STAGE_DONE || c->is_out)
            continue;
        if (!may_ask_status(r) && !r->gave_up)
            return;
        if (r->gave_up)
            c->stage = STAGE_DONE;
        else
            c->is_out = status_api_ask(r->api, r->next_status, c->facts.domain) == ST_OK;
        if (!c->is_out)
            c->stage = STAGE_DONE; /* without a status */
    }
}

static void print(struct run *r)
{
    for (; r->printed < r->n && r->checks[r->printed].stage == STAGE_DONE; r->printed++) {
        if (r->output == ST_OK)
            r->output = check_line_write(&r->checks[r->printed].facts, stdout);
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct run *r = container_of(prepare, struct run, prepare);
    if (r->output == ST_OK)
        ask_dns(r);
    if (r->output == ST_OK && r->api != NULL)
        ask_status(r);
    print(r);
    if ((r->printed < r->n && r->output == ST_OK) || r->closing)
        return;
    r->closing = true;
    dns_close(r->dns, NULL, NULL);
    status_api_close(r->api, NULL, NULL);
    uv_close((uv_handle_t *)&r->prepare, NULL);
    uv_close((uv_handle_t *)&r->wake, NULL);
}

/* Setting up ---------------------------------------------------------------------- */

static void read_argument(struct run *r, struct suffix_list *suffixes,
                          const struct exempt *exempt, struct check *c,
                          const char *argument)
{
    c->facts.argument = argument;
    c->facts.fault = mail_domain_parse(suffixes, argument, strlen(argument), &c->name);
    if (c->facts.fault != ADDRESS_OK) {
        r->has_fault = true;
        c->stage = STAGE_DONE;
        return;
    }
    c->facts.host = c->name.host;
    c->facts.domain = mail_domain_name(&c->name);
    c->facts.is_private = c->name.is_private;
    c->facts.is_exempt = exempt_has(exempt, c->facts.domain);
    c->facts.provider = r->api != NULL ? r->config->status.provider : NULL;
    c->facts.holds_first = r->config->policy.confirm_hours > 0;
}

static enum status read_arguments(struct run *r, const char *const *domains, size_t n,
                                  char *error, size_t error_size)
{
    struct exempt exempt;
    struct suffix_list *suffixes = suffix_list_new();
    enum status st = ST_IO;
    if (suffixes == NULL) {
        snprintf(error, error_size,
                 "no public suffix list: install the distribution's (publicsuffix)");
        return st;
    }
    st = exempt_init(&exempt, r->config->policy.exempt);
    if (st == ST_OK) {
        r->checks = calloc(n, sizeof *r->checks);
        st = r->checks != NULL ? ST_OK : ST_NOMEM;
        for (; r->checks != NULL && r->n < n; r->n++)
            read_argument(r, suffixes, &exempt, &r->checks[r->n], domains[r->n]);
        exempt_close(&exempt);
    }
    suffix_list_free(suffixes);
    return st;
}

static enum status open_askers(struct run *r, size_t n, char *error, size_t error_size)
{
    const struct config *c = r->config;
    struct dns_options d = askers_dns(c);
    if (n < d.inflight)
        d.inflight = (uint32_t)n;
    d.done = on_dns;
    d.arg = r;
    enum status st = dns_new(&r->loop, &d, &r->dns, error, error_size);
    if (st != ST_OK || askers_provider(c) == NULL)
        return st;
    struct status_api_options s = askers_status(c);
    s.done = on_status;
    s.arg = r;
    pace_init(&r->pace, c->status.rate_per_s, c->status.burst, c->status.daily_budget);
    return status_api_new(&r->loop, &s, &r->api, error, error_size);
}

int cmd_check_run(const struct config *c, const char *const *domains, size_t n)
{
    char error[256] = "";
    struct run r = {.config = c, .output = ST_OK};
    if (uv_loop_init(&r.loop) != 0) {
        fprintf(stderr, "no event loop\n");
        return EXIT_CODE_FAILURE;
    }
    uv_prepare_init(&r.loop, &r.prepare);
    uv_timer_init(&r.loop, &r.wake);
    enum status st = open_askers(&r, n, error, sizeof error);
    if (st == ST_OK)
        st = read_arguments(&r, domains, n, error, sizeof error);
    if (st != ST_OK) {
        fprintf(stderr, "%s\n", error[0] != '\0' ? error : status_text(st));
        r.output = st; /* nothing is asked, the first turn closes all */
    }
    uv_prepare_start(&r.prepare, on_prepare);
    uv_run(&r.loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&r.loop) == 0);
    free(r.checks);
    if (st == ST_INVALID)
        return EXIT_CODE_USAGE;
    return r.has_fault || r.output != ST_OK ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}
