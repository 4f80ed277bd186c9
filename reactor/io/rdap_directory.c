/* Fetching the bootstrap file.
 *
 *   1. A look at the directory begins a fetch when one is due; with a copy at hand the
 *      look is answered from it meanwhile.
 *   2. A redirect is followed, a few times at most, never from https to http.
 *   3. 200: the file is read into a table, which takes the old one's place. 304: the
 *      old one is right still.
 *
 * What can go wrong:
 *   - no answer, an error, or a file that is none: the table stays, and the next fetch
 *     waits, longer each time;
 *   - so many times that the table is too old to be believed: there is none then. */
#include "io/rdap_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/renewal.h"
#include "io/http_multi.h"
#include "io/http_url.h"
#include "proto/status_read.h"

#define FETCH_TIMEOUT_MS 20000U
#define FILE_MAX ((size_t)384 * 1024) /* it has some 60 kB; more would stall the loop */
#define REDIRECTS_MAX 3U
#define ETAG_SIZE 128

struct rdap_directory {
    uv_loop_t *loop;
    struct http_multi *http;
    char *url;
    struct rdap_bootstrap *table;
    char etag[ETAG_SIZE]; /* of the table; "": none */
    struct renewal renewal;
    uint32_t redirects; /* of the fetch under way */
    struct rdap_directory_fault fault;
    void (*changed)(void *arg);
    void *arg;
    bool closing;
    void (*closed)(void *arg);
    void *closed_arg;
};

static struct mono_ms clock_now(const struct rdap_directory *d)
{
    return (struct mono_ms){uv_now(d->loop)};
}

static void set_fault(struct rdap_directory *d, enum status_outcome outcome,
                      const char *detail)
{
    d->fault.outcome = outcome;
    snprintf(d->fault.detail, sizeof d->fault.detail, "bootstrap file: %s", detail);
}

static void failed(struct rdap_directory *d, uint32_t retry_after_s)
{
    renewal_failed(&d->renewal, retry_after_s, clock_now(d));
    log_warn("rdap", "bootstrap_failed", LOG_S("error", d->fault.detail),
             LOG_S("kept", d->table != NULL ? "yes" : "no"),
             LOG_I("next_s", renewal_wait(&d->renewal, clock_now(d)) / 1000));
}

static void fetch(struct rdap_directory *d, const char *url)
{
    struct http_get get = {.url = url, .etag = d->etag[0] != '\0' ? d->etag : NULL};
    enum status st = http_multi_get(d->http, &get, d);
    if (st == ST_OK)
        return;
    set_fault(d, STATUS_UNREACHABLE, status_text(st));
    failed(d, 0);
}

/* Answers ------------------------------------------------------------------------- */

static bool is_redirect(const struct http_result *r)
{
    return r->fault == HTTP_OK && r->code >= 301 && r->code <= 308 && r->code != 304 &&
           *r->location != '\0';
}

static bool may_follow(const struct rdap_directory *d, const char *location)
{
    return d->redirects < REDIRECTS_MAX && http_url_fault(location, true) == NULL &&
           (!http_url_is_plain(location) || http_url_is_plain(d->url));
}

/* True: there is a new table. */
static bool take_file(struct rdap_directory *d, const struct http_result *r)
{
    struct rdap_bootstrap *table = NULL;
    enum status st = rdap_bootstrap_parse(r->body, r->len, &table);
    if (st != ST_OK) {
        set_fault(d, STATUS_MALFORMED, status_text(st));
        return false;
    }
    rdap_bootstrap_free(d->table);
    d->table = table;
    snprintf(d->etag, sizeof d->etag, "%s", strlen(r->etag) < ETAG_SIZE ? r->etag : "");
    log_info("rdap", "bootstrap_read", LOG_I("suffixes", rdap_bootstrap_suffixes(table)));
    return true;
}

static bool take_answer(struct rdap_directory *d, const struct http_result *r)
{
    char detail[32];
    switch (r->fault) {
    case HTTP_OK:
        if (r->code == 200)
            return take_file(d, r);
        if (r->code == 304 && d->table != NULL)
            return true;
        snprintf(detail, sizeof detail, "HTTP %d", r->code);
        set_fault(d, status_read_code(r->code), detail);
        return false;
    case HTTP_TIMEOUT:
        set_fault(d, STATUS_TIMEOUT, r->detail);
        return false;
    case HTTP_TOO_LARGE:
        set_fault(d, STATUS_MALFORMED, r->detail);
        return false;
    case HTTP_FAILED:
    case HTTP_CANCELED:
        break;
    }
    set_fault(d, STATUS_UNREACHABLE, r->detail);
    return false;
}

static void on_result(void *request, const struct http_result *r)
{
    struct rdap_directory *d = request;
    if (d->closing)
        return;
    if (is_redirect(r) && may_follow(d, r->location)) {
        d->redirects++;
        fetch(d, r->location);
        if (d->renewal.is_out)
            return;
    } else if (take_answer(d, r)) {
        renewal_succeeded(&d->renewal, r->fresh_s, clock_now(d));
    } else {
        failed(d, r->retry_after_s);
    }
    d->changed(d->arg);
}

enum rdap_directory_state rdap_directory_look(struct rdap_directory *d, struct mono_ms now)
{
    if (renewal_is_due(&d->renewal, now)) {
        renewal_begin(&d->renewal);
        d->redirects = 0;
        fetch(d, d->url);
    }
    if (renewal_is_usable(&d->renewal, now))
        return DIRECTORY_READY;
    return d->renewal.is_out ? DIRECTORY_PENDING : DIRECTORY_FAILED;
}

const struct rdap_bootstrap *rdap_directory_table(const struct rdap_directory *d,
                                                  struct mono_ms now)
{
    return renewal_is_usable(&d->renewal, now) ? d->table : NULL;
}

const struct rdap_directory_fault *
rdap_directory_fault(const struct rdap_directory *d, struct mono_ms now, uint32_t *wait_s)
{
    *wait_s = (uint32_t)((renewal_wait(&d->renewal, now) + 999) / 1000);
    return &d->fault;
}

/* Life ---------------------------------------------------------------------------- */

static void free_memory(struct rdap_directory *d)
{
    rdap_bootstrap_free(d->table);
    free(d->url);
    free(d);
}

enum status rdap_directory_new(uv_loop_t *loop, const char *url, void (*changed)(void *arg),
                               void *arg, struct rdap_directory **out)
{
    struct rdap_directory *d = calloc(1, sizeof *d);
    enum status st = ST_NOMEM;
    if (d == NULL)
        return st;
    d->loop = loop;
    d->changed = changed;
    d->arg = arg;
    d->url = strdup(url);
    if (d->url != NULL)
        st = http_multi_new(
            loop,
            &(struct http_multi_options){
                .user_agent = "unverifyd/" UVD_VERSION,
                .headers = (const char *const[]){"Accept: application/json", NULL},
                .ca_file = getenv("SSL_CERT_FILE"),
                .timeout_ms = FETCH_TIMEOUT_MS,
                .requests = 1,
                .body_max = FILE_MAX,
                .done = on_result,
            },
            &d->http);
    if (st != ST_OK) {
        free_memory(d);
        return st;
    }
    *out = d;
    return ST_OK;
}

static void on_http_closed(void *arg)
{
    struct rdap_directory *d = arg;
    void (*closed)(void *) = d->closed;
    void *closed_arg = d->closed_arg;
    free_memory(d);
    closed(closed_arg);
}

void rdap_directory_close(struct rdap_directory *d, void (*closed)(void *arg), void *arg)
{
    if (d == NULL) {
        closed(arg);
        return;
    }
    d->closing = true;
    d->closed = closed;
    d->closed_arg = arg;
    http_multi_close(d->http, on_http_closed, d);
}
