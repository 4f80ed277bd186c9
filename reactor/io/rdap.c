/* Asking the registries.
 *
 *   1. rdap_ask puts the question into a list of those that wait, and the timer gives
 *      it its first chance, in a later turn.
 *   2. The directory says whose the domain is (io/rdap_directory.h); while it is being
 *      fetched the question waits.
 *   3. The question goes out when its server may be asked (core/courtesy.h), with what
 *      is left of its time.
 *   4. The answer is read, or a redirect sends it to 3. again (io/rdap_question.h).
 *   5. `done` is called, with the question out of every list.
 *
 * What can go wrong:
 *   - no bootstrap file, or no server for the suffix: doubt, and why;
 *   - a server wants a pause: what can't be asked within its own time ends at once, with
 *     the time to wait; questions to other servers go on;
 *   - time runs out while a question waits: STATUS_TIMEOUT, like one that is out;
 *   - we are closing: all that is accepted ends with STATUS_CANCELED, in a later turn. */
#include "io/rdap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/http_multi.h"
#include "io/http_url.h"
#include "io/rdap_directory.h"
#include "io/rdap_question.h"
#include "io/rdap_servers.h"

#define BODY_MAX ((size_t)256 * 1024) /* whole contacts come along, but not that many */
#define NO_ROOM_MS 1000U              /* until a server may be forgotten for another one */

struct rdap {
    uv_loop_t *loop;
    uv_timer_t timer;
    struct http_multi *http;
    struct rdap_directory *directory;
    struct rdap_servers servers;
    struct rdap_question *questions;
    struct list spare, waiting, ended;
    uint32_t inflight, timeout_ms;
    unsigned open; /* parts that are not closed yet */
    bool closing;
    rdap_done_cb done;
    void *arg;
    void (*closed)(void *arg);
    void *closed_arg;
};

static struct rdap_question *first_of(struct list *l)
{
    return container_of(l->next, struct rdap_question, link);
}

static struct mono_ms clock_now(const struct rdap *r)
{
    return (struct mono_ms){uv_now(r->loop)};
}

/* Ends ---------------------------------------------------------------------------- */

/* The reply is complete; `done` is called by call_done. */
static void end(struct rdap_question *q)
{
    struct rdap *r = q->rdap;
    q->reply.elapsed_ms = (uint32_t)(clock_now(r).v - q->begun.v);
    list_remove(&q->link);
    list_append(&r->ended, &q->link);
}

static void end_with(struct rdap_question *q, enum status_outcome outcome,
                     const char *detail, uint64_t wait_ms)
{
    rdap_reply_fault(&q->reply, outcome, detail);
    q->reply.http = 0; /* nor does a redirect count that led here */
    q->reply.server[0] = '\0';
    q->reply.retry_after_s = (uint32_t)((wait_ms + 999) / 1000);
    end(q);
}

/* `done` may ask again, or close us. */
static void call_done(struct rdap *r)
{
    while (!list_is_empty(&r->ended)) {
        struct rdap_question *q = first_of(&r->ended);
        struct rdap_reply reply = q->reply;
        uint64_t token = q->token;
        list_remove(&q->link);
        list_append(&r->spare, &q->link);
        r->inflight--;
        r->done(r->arg, token, &reply);
    }
}

/* Steps --------------------------------------------------------------------------- */

static uint64_t time_left(const struct rdap_question *q, struct mono_ms now)
{
    uint64_t spent = now.v - q->begun.v;
    return spent < q->rdap->timeout_ms ? q->rdap->timeout_ms - spent : 0;
}

/* True: the question knows where to go. */
static bool find_way(struct rdap_question *q, struct mono_ms now)
{
    struct rdap *r = q->rdap;
    uint32_t wait_s = 0;
    const struct rdap_directory_fault *fault;
    switch (rdap_directory_look(r->directory, now)) {
    case DIRECTORY_READY:
        if (rdap_question_place(q, rdap_directory_table(r->directory, now)))
            return true;
        end(q);
        return false;
    case DIRECTORY_PENDING:
        if (time_left(q, now) == 0)
            end_with(q, STATUS_TIMEOUT, "waited for the bootstrap file", 0);
        return false;
    case DIRECTORY_FAILED:
        fault = rdap_directory_fault(r->directory, now, &wait_s);
        end_with(q, fault->outcome, fault->detail, (uint64_t)wait_s * 1000);
        return false;
    }
    return false;
}

static void send_out(struct rdap_question *q, struct rdap_server *server,
                     struct mono_ms now)
{
    struct http_get get = {.url = q->url, .timeout_ms = (uint32_t)time_left(q, now)};
    enum status st = http_multi_get(q->rdap->http, &get, q);
    if (st != ST_OK) {
        end_with(q, STATUS_UNREACHABLE, status_text(st), 0);
        return;
    }
    courtesy_begin(&server->courtesy, now);
    q->server = server;
    list_remove(&q->link);
}

/* Takes a waiting question as far as it gets. Returns in how many milliseconds to look at
 * it again; what is not waiting any more doesn't care. */
static uint64_t advance(struct rdap_question *q, struct mono_ms now)
{
    char detail[sizeof q->reply.detail];
    uint64_t left = time_left(q, now);
    if (q->url[0] == '\0' && !find_way(q, now))
        return left;
    struct rdap_server *server = rdap_servers_get(&q->rdap->servers, q->site, now);
    uint64_t wait = server != NULL ? courtesy_wait(&server->courtesy, now) : NO_ROOM_MS;
    uint64_t pause = server != NULL ? courtesy_pause(&server->courtesy, now) : 0;
    if (pause > left) {
        snprintf(detail, sizeof detail, "%.60s wants a pause", q->site);
        end_with(q, STATUS_THROTTLED, detail, pause);
    } else if (left == 0) {
        snprintf(detail, sizeof detail, "waited for its turn at %.60s", q->site);
        end_with(q, STATUS_TIMEOUT, detail, 0);
    } else if (wait == 0) {
        send_out(q, server, now);
        return left;
    }
    return wait < left ? wait : left;
}

static void on_timer(uv_timer_t *timer);

/* Every waiting question, the oldest first. */
static void progress(struct rdap *r)
{
    struct mono_ms now = clock_now(r);
    uint64_t next = UINT64_MAX;
    if (r->closing)
        return;
    for (struct list *l = r->waiting.next, *after; l != &r->waiting; l = after) {
        after = l->next;
        uint64_t ms = advance(container_of(l, struct rdap_question, link), now);
        next = ms < next ? ms : next;
    }
    if (list_is_empty(&r->waiting))
        uv_timer_stop(&r->timer);
    else
        uv_timer_start(&r->timer, on_timer, next > 0 ? next : 1, 0);
    call_done(r);
}

static void on_timer(uv_timer_t *timer)
{
    progress(container_of(timer, struct rdap, timer));
}

static void on_directory(void *arg)
{
    progress(arg);
}

static void on_result(void *request, const struct http_result *result)
{
    struct rdap_question *q = request;
    struct rdap *r = q->rdap;
    struct mono_ms now = clock_now(r);
    struct rdap_server *server = q->server;
    q->server = NULL;
    /* Closing, the directory may be gone before the last answers are. */
    bool again = rdap_question_take(
        q, result, r->closing ? NULL : rdap_directory_table(r->directory, now));
    courtesy_end(&server->courtesy, q->reply.outcome, q->reply.retry_after_s, now);
    if (again && r->closing)
        end_with(q, STATUS_CANCELED, "canceled", 0);
    else if (again)
        list_append(&r->waiting, &q->link);
    else
        end(q);
    call_done(r);
    progress(r);
}

/* Asking -------------------------------------------------------------------------- */

enum status rdap_ask(struct rdap *r, uint64_t token, const char *domain)
{
    size_t len = strlen(domain);
    if (len == 0 || len > DOMAIN_MAX)
        return ST_INVALID;
    if (r->closing || list_is_empty(&r->spare))
        return ST_FULL;
    struct rdap_question *q = first_of(&r->spare);
    rdap_question_init(q, token, domain, clock_now(r));
    list_remove(&q->link);
    list_append(&r->waiting, &q->link);
    r->inflight++;
    uv_timer_start(&r->timer, on_timer, 0, 0);
    return ST_OK;
}

uint32_t rdap_inflight(const struct rdap *r)
{
    return r->inflight;
}

/* Life ---------------------------------------------------------------------------- */

static void free_memory(struct rdap *r)
{
    rdap_servers_free(&r->servers);
    free(r->questions);
    free(r);
}

static void on_part_closed(void *arg)
{
    struct rdap *r = arg;
    if (--r->open > 0)
        return;
    void (*closed)(void *) = r->closed;
    void *closed_arg = r->closed_arg;
    free_memory(r);
    if (closed != NULL)
        closed(closed_arg);
}

/* In a later turn than rdap_close: here `done` may be called. */
static void on_timer_closed(uv_handle_t *handle)
{
    struct rdap *r = container_of((uv_timer_t *)handle, struct rdap, timer);
    while (!list_is_empty(&r->waiting))
        end_with(first_of(&r->waiting), STATUS_CANCELED, "canceled", 0);
    call_done(r);
    on_part_closed(r);
}

void rdap_close(struct rdap *r, void (*closed)(void *arg), void *arg)
{
    if (r == NULL) {
        if (closed != NULL)
            closed(arg);
        return;
    }
    if (r->closing)
        return;
    r->closing = true;
    r->closed = closed;
    r->closed_arg = arg;
    uv_close((uv_handle_t *)&r->timer, on_timer_closed);
    http_multi_close(r->http, on_part_closed, r);
    rdap_directory_close(r->directory, on_part_closed, r);
}

static enum status open_pool(struct rdap *r, uint32_t n)
{
    list_init(&r->spare);
    list_init(&r->waiting);
    list_init(&r->ended);
    r->questions = calloc(n, sizeof *r->questions);
    if (r->questions == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        r->questions[i].rdap = r;
        list_append(&r->spare, &r->questions[i].link);
    }
    return ST_OK;
}

static enum status open_http(struct rdap *r, const struct rdap_options *o)
{
    static const char *const headers[] = {
        /* RFC 7480 4.2: its own type, and JSON for servers that know no other */
        "Accept: application/rdap+json, application/json;q=0.9", NULL};
    return http_multi_new(r->loop,
                          &(struct http_multi_options){
                              .user_agent = "unverifyd/" UVD_VERSION,
                              .headers = headers,
                              .ca_file = getenv("SSL_CERT_FILE"),
                              .timeout_ms = o->timeout_ms,
                              .requests = o->concurrency,
                              .body_max = BODY_MAX,
                              .done = on_result,
                          },
                          &r->http);
}

enum status rdap_new(uv_loop_t *loop, const struct rdap_options *o, struct rdap **out,
                     char *error, size_t error_size)
{
    const char *fault = http_url_fault(o->bootstrap_url, true);
    if (error_size > 0)
        error[0] = '\0';
    if (fault != NULL) {
        snprintf(error, error_size, "rdap.bootstrap_url: %s", fault);
        return ST_INVALID;
    }
    struct rdap *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ST_NOMEM;
    r->loop = loop;
    r->timeout_ms = o->timeout_ms;
    r->done = o->done;
    r->arg = o->arg;
    r->open = 3;
    enum status st = open_pool(r, o->concurrency);
    if (st == ST_OK)
        st = rdap_directory_new(loop, o->bootstrap_url, on_directory, r, &r->directory);
    if (st == ST_OK) {
        uv_timer_init(loop, &r->timer);
        st = open_http(r, o);
        if (st != ST_OK) /* what is open closes on the loop, and frees `r` */
            rdap_close(r, NULL, NULL);
    } else {
        free_memory(r);
    }
    if (st == ST_OK)
        *out = r;
    else if (error_size > 0)
        snprintf(error, error_size, "HTTP can't be set up: %s", status_text(st));
    return st;
}
