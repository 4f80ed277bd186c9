/* One look at each domain.
 *
 *   1. Every argument is canonicalised; what is no domain is answered at once.
 *   2. DNS is asked, as many at a time as dns.inflight allows.
 *   3. Those that are absent are asked about at the status API, as its rate allows.
 *   4. When the last answer is in, all is printed in the order of the arguments.
 *
 * The verdict is policy.c's, as in the service; here nothing is remembered, so a redemption
 * has not held for any time and a released domain blocks nothing. */
#include "cmd_check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/clock.h"
#include "core/pace.h"
#include "core/policy.h"
#include "io/dns.h"
#include "io/status_api.h"

enum look { LOOK_DNS, LOOK_STATUS, LOOK_DONE };

struct checked {
    const char *argument;
    enum address_fault fault;
    struct mail_domain domain;
    enum look next; /* what is to be asked */
    bool asked;     /* ... and has been */
    bool has_dns, has_status;
    struct dns_answer dns;
    char resolver[64];
    uint32_t dns_ms;
    int64_t dns_at, status_at; /* seconds */
    struct status_reply status;
};

struct check {
    const struct config *config;
    uv_loop_t loop;
    uv_prepare_t prepare;
    uv_timer_t wake;
    struct dns *dns;
    struct status_api *status; /* NULL: no provider */
    struct pace pace;
    struct checked *at;
    size_t n, left;
};

static int64_t wall_now_ms(void)
{
    uv_timeval64_t now;
    uv_gettimeofday(&now);
    return now.tv_sec * SECOND_MS + now.tv_usec / 1000;
}

/* Answers
 * ---------------------------------------------------------------------------------- */

static void finish(struct check *c, struct checked *d)
{
    d->next = LOOK_DONE;
    c->left--;
}

static void on_dns(void *arg, const struct dns_result *result)
{
    struct check *c = arg;
    struct checked *d = &c->at[result->token];
    d->dns = result->answer;
    d->dns_ms = result->elapsed_ms;
    d->dns_at = wall_now_ms() / SECOND_MS;
    d->has_dns = true;
    snprintf(d->resolver, sizeof d->resolver, "%s", result->resolver);
    if (c->status == NULL || d->domain.is_private ||
        !dns_outcome_is_candidate(d->dns.outcome)) {
        finish(c, d);
        return;
    }
    d->next = LOOK_STATUS;
    d->asked = false;
}

static void on_status(void *arg, uint64_t token, const struct status_reply *reply)
{
    struct check *c = arg;
    struct checked *d = &c->at[token];
    d->status = *reply;
    d->status_at = wall_now_ms() / SECOND_MS;
    d->has_status = true;
    finish(c, d);
}

/* Asking
 * ----------------------------------------------------------------------------------- */

static void on_wake(uv_timer_t *timer)
{
    (void)timer; /* the prepare handle follows */
}

static void ask_one(struct check *c, struct checked *d)
{
    const uint64_t token = (uint64_t)(d - c->at);
    const struct wall_ms now = {wall_now_ms()};
    const struct mono_ms mono = {uv_now(&c->loop)};
    d->asked = true;
    if (d->next == LOOK_DNS) {
        if (dns_ask(c->dns, token, mail_domain_name(&d->domain)) != ST_OK)
            d->asked = false; /* the window is full */
        return;
    }
    uint64_t wait = pace_wait(&c->pace, now, mono);
    if (wait > 0 || status_api_inflight(c->status) >= c->config->status.concurrency) {
        d->asked = false;
        uv_timer_start(&c->wake, on_wake, wait > 0 ? wait : 10, 0);
    } else if (status_api_ask(c->status, token, mail_domain_name(&d->domain)) == ST_OK) {
        (void)pace_take(&c->pace, now, mono);
    } else {
        d->asked = false;
    }
}

static void close_all(struct check *c)
{
    dns_close(c->dns, NULL, NULL);
    status_api_close(c->status, NULL, NULL);
    uv_close((uv_handle_t *)&c->prepare, NULL);
    uv_close((uv_handle_t *)&c->wake, NULL);
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct check *c = prepare->data;
    for (size_t i = 0; i < c->n; i++) {
        if (c->at[i].next != LOOK_DONE && !c->at[i].asked)
            ask_one(c, &c->at[i]);
    }
    if (c->left == 0)
        close_all(c);
}

/* Printing
 * --------------------------------------------------------------------------------- */

static const char *fault_text(enum address_fault f)
{
    switch (f) {
    case ADDRESS_OK:
        break;
    case ADDRESS_NOT_TEXT:
        return "empty, or not UTF-8 text";
    case ADDRESS_TOO_LONG:
        return "longer than 253 octets";
    case ADDRESS_NO_DOMAIN:
        return "no domain";
    case ADDRESS_LITERAL:
        return "an IP address; allowed: a domain name";
    case ADDRESS_BAD_DOMAIN:
        return "not a domain name: an empty or over-long label, or a character not allowed";
    case ADDRESS_SPECIAL_USE:
        return "a special-use name, which is never in public DNS";
    case ADDRESS_PUBLIC_SUFFIX:
        return "a public suffix, which nobody registers";
    }
    return "";
}

static json_t *time_json(int64_t seconds)
{
    char text[RFC3339_SIZE];
    rfc3339_format(seconds, text);
    return json_string(text);
}

static json_t *dns_json(const struct checked *d)
{
    if (!d->has_dns)
        return json_null();
    json_t *ns = json_array();
    for (size_t i = 0; i < d->dns.ns_count; i++)
        json_array_append_new(ns, json_string(d->dns.ns[i]));
    return json_pack("{s:s, s:o, s:s, s:o, s:I, s:o}", "outcome",
                     dns_outcome_text(d->dns.outcome), "soa",
                     d->dns.soa[0] != '\0' ? json_string(d->dns.soa) : json_null(),
                     "resolver", d->resolver, "at", time_json(d->dns_at), "elapsed_ms",
                     (json_int_t)d->dns_ms, "ns", ns);
}

static json_t *status_json(const struct check *c, const struct checked *d)
{
    if (!d->has_status)
        return json_null();
    json_t *tokens = json_array();
    for (const char *p = d->status.words; *p != '\0';) {
        size_t len = strcspn(p, " ");
        if (len > 0)
            json_array_append_new(tokens, json_stringn(p, len));
        p += len + (p[len] == ' ');
    }
    return json_pack(
        "{s:s, s:s, s:o, s:i, s:I, s:o}", "provider", c->config->status.provider, "outcome",
        status_outcome_text(d->status.outcome), "tokens", tokens, "http", d->status.http,
        "elapsed_ms", (json_int_t)d->status.elapsed_ms, "at", time_json(d->status_at));
}

/* What a first look leads to; no phase: doubt, the service would ask again. */
static struct verdict judge(const struct check *c, const struct checked *d)
{
    struct verdict v = {.kind = VERDICT_PHASE, .phase = PHASE_ACTIVE};
    if (dns_outcome_is_doubt(d->dns.outcome)) {
        v.kind = VERDICT_DOUBT;
    } else if (d->domain.is_private) {
        v.phase = PHASE_PRIVATE;
    } else if (dns_outcome_is_candidate(d->dns.outcome)) {
        v.phase = PHASE_CANDIDATE;
        if (c->status != NULL) {
            const struct status_words words = status_words_parse(d->status.words);
            v = policy_judge(&words);
            if (d->status.outcome != STATUS_ANSWERED)
                v = (struct verdict){.kind = VERDICT_DOUBT};
        }
    }
    return v;
}

static const char *action_text(const struct verdict *v)
{
    if (v->kind == VERDICT_DOUBT)
        return "ask_again";
    if (v->block_reset)
        return "unverify_and_block";
    if (v->unverify)
        return v->must_hold ? "unverify_when_held" : "unverify";
    return v->phase == PHASE_ACTIVE ? "none" : "watch";
}

static void print_one(const struct check *c, const struct checked *d)
{
    json_t *line;
    if (d->fault != ADDRESS_OK) {
        /* An argument that is no UTF-8 can't be a JSON string. */
        json_t *text = json_string(d->argument);
        line = json_pack("{s:o, s:s}", "domain", text != NULL ? text : json_null(), "error",
                         fault_text(d->fault));
    } else {
        const struct verdict v = judge(c, d);
        line = json_pack(
            "{s:s, s:s, s:o, s:s, s:o, s:o}", "domain", mail_domain_name(&d->domain),
            "host", d->domain.host, "phase",
            v.kind == VERDICT_PHASE ? json_string(phase_text(v.phase)) : json_null(),
            "action", action_text(&v), "dns", dns_json(d), "status", status_json(c, d));
    }
    if (line == NULL || json_dumpf(line, stdout, JSON_COMPACT) != 0)
        fputs("{\"error\":\"out of memory\"}", stdout);
    putchar('\n');
    json_decref(line);
}

/* Set-up
 * ----------------------------------------------------------------------------------- */

static int fail(const char *error)
{
    fprintf(stderr, "check: %s\n", error);
    return EXIT_FAILURE;
}

static int parse_all(struct check *c, const char *const *domains)
{
    int code = EXIT_SUCCESS;
    struct suffix_list *suffixes = suffix_list_new();
    if (suffixes == NULL)
        return fail("no public suffix list: install the distribution's (publicsuffix)");
    for (size_t i = 0; i < c->n; i++) {
        struct checked *d = &c->at[i];
        d->argument = domains[i];
        d->fault = mail_domain_parse(suffixes, domains[i], strlen(domains[i]), &d->domain);
        d->next = d->fault == ADDRESS_OK ? LOOK_DNS : LOOK_DONE;
        c->left += d->next != LOOK_DONE;
        if (d->fault != ADDRESS_OK)
            code = EXIT_FAILURE;
    }
    suffix_list_free(suffixes);
    return code;
}

static enum status make_askers(struct check *c, char *error, size_t size)
{
    const struct config *o = c->config;
    const struct dns_options dns = {.servers = o->dns.servers,
                                    .timeout_ms = o->dns.timeout_ms,
                                    .tries = o->dns.tries,
                                    .inflight = o->dns.inflight,
                                    .done = on_dns,
                                    .arg = c};
    enum status st = dns_new(&c->loop, &dns, &c->dns, error, size);
    if (st != ST_OK || strcmp(o->status.provider, "none") == 0)
        return st;
    const struct status_api_options status = {.provider = o->status.provider,
                                              .url = o->status.url,
                                              .key = o->status.key,
                                              .rapidapi_host = o->status.rapidapi_host,
                                              .timeout_ms = o->status.timeout_ms,
                                              .concurrency = o->status.concurrency,
                                              .done = on_status,
                                              .arg = c};
    pace_init(&c->pace, o->status.rate_per_s, o->status.burst, o->status.daily_budget);
    return status_api_new(&c->loop, &status, &c->status, error, size);
}

int cmd_check_run(const struct config *config, const char *const *domains, size_t n)
{
    struct check c = {.config = config, .n = n, .at = calloc(n, sizeof *c.at)};
    char error[256] = "";
    if (c.at == NULL || uv_loop_init(&c.loop) != 0) {
        free(c.at);
        return fail("out of memory");
    }
    uv_prepare_init(&c.loop, &c.prepare);
    uv_timer_init(&c.loop, &c.wake);
    c.prepare.data = &c;
    int code = parse_all(&c, domains);
    if (make_askers(&c, error, sizeof error) == ST_OK) {
        uv_prepare_start(&c.prepare, on_prepare);
        uv_timer_start(&c.wake, on_wake, 0, 0);
        uv_run(&c.loop, UV_RUN_DEFAULT);
        for (size_t i = 0; i < n; i++)
            print_one(&c, &c.at[i]);
    } else {
        code = fail(error);
        close_all(&c);
        uv_run(&c.loop, UV_RUN_DEFAULT);
    }
    uv_loop_close(&c.loop);
    free(c.at);
    return code;
}
