/* GET requests through libcurl.
 *
 *   1. http_multi_get adds an easy handle; curl wants to be called from the loop and
 *      returns.
 *   2. io/curl_loop.h calls it there, as its sockets and its timer say.
 *   3. After each such call the queue of finished transfers is read and `done` is
 *      called.
 *
 * What can go wrong:
 *   - a transfer ends by the timer alone (time-out, refused connection): the queue is
 *     read after timers as well, and whether or not curl says that something is still
 *     running;
 *   - `done` asks again or closes us: both are outside curl then;
 *   - a body or the headers grow too large: the transfer is broken off. */
#include "io/http_multi.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/curl_loop.h"
#include "io/http_headers.h"
#include "io/http_url.h"

#define CONNECT_TIMEOUT_MS 5000L
#define BODY_KEPT_BYTES 4096 /* capacity a finished request keeps for the next one */
#define HEAD_MAX ((size_t)64 * 1024) /* libcurl 7.88 would keep any number of headers */

struct transfer {
    struct http_multi *multi;
    struct transfer *next; /* while spare */
    CURL *easy;
    void *request;
    uint64_t begun_ns; /* curl's own count leaves out the wait for a connection */
    bool is_out;
    const char *too_large;      /* what was; NULL: nothing */
    struct curl_slist *headers; /* this one's own; NULL: those of all */
    size_t head_len;
    char *body;
    size_t len, cap;
};

struct http_multi {
    struct curl_loop io;
    CURLM *curl;
    struct curl_slist *headers;
    struct transfer *transfers, *spare;
    uint32_t n_transfers;
    size_t body_max;
    uint32_t timeout_ms;
    bool closing;
    http_done_cb done;
    void (*closed)(void *arg);
    void *closed_arg;
};

static void free_memory(struct http_multi *m)
{
    for (uint32_t i = 0; i < m->n_transfers; i++) {
        curl_easy_cleanup(m->transfers[i].easy);
        curl_slist_free_all(m->transfers[i].headers);
        free(m->transfers[i].body);
    }
    free(m->transfers);
    curl_multi_cleanup(m->curl);
    curl_slist_free_all(m->headers);
    free(m);
    curl_global_cleanup();
}

/* Finished transfers -------------------------------------------------------------- */

/* `done` may ask again, and finds a transfer other than `t` to do it with: there is one
 * more than there can be requests, so that body and type of `t` hold still for the call. */
static void finish(struct transfer *t, struct http_result *result)
{
    struct http_multi *m = t->multi;
    t->is_out = false;
    result->elapsed_ms = (uint32_t)((uv_hrtime() - t->begun_ns) / 1000000);
    result->body = t->body != NULL ? t->body : "";
    result->len = t->len;
    m->done(t->request, result);
    if (t->cap > BODY_KEPT_BYTES) {
        free(t->body);
        t->body = NULL;
        t->cap = 0;
    }
    curl_slist_free_all(t->headers);
    t->headers = NULL;
    t->next = m->spare;
    m->spare = t;
}

static void failed(struct http_result *result, CURLcode code, const struct transfer *t,
                   char *detail, size_t size)
{
    long os_error = 0;
    curl_easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_error);
    result->code = 0;
    if (t->too_large != NULL) {
        result->fault = HTTP_TOO_LARGE;
        snprintf(detail, size, "%s of more than %zu bytes", t->too_large,
                 strcmp(t->too_large, "a body") == 0 ? t->multi->body_max : HEAD_MAX);
        return;
    }
    result->fault = code == CURLE_OPERATION_TIMEDOUT ? HTTP_TIMEOUT : HTTP_FAILED;
    /* Not CURLOPT_ERRORBUFFER: its texts may quote the URL, and the URL may hold a key. */
    snprintf(detail, size, "%s%s%s", curl_easy_strerror(code), os_error != 0 ? ": " : "",
             os_error != 0 ? strerror((int)os_error) : "");
}

static void finish_done(struct transfer *t, CURLcode code)
{
    char detail[120] = "";
    struct http_result result = {.fault = HTTP_OK, .detail = detail};
    http_headers_read(t->easy, &result);
    if (code != CURLE_OK)
        failed(&result, code, t, detail, sizeof detail);
    finish(t, &result);
}

static void read_finished(void *arg)
{
    struct http_multi *m = arg;
    int left = 0;
    while (!m->closing) {
        CURLMsg *message = curl_multi_info_read(m->curl, &left);
        if (message == NULL)
            break;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* gone once the handle is removed */
        CURL *easy = message->easy_handle;
        struct transfer *t = NULL;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&t);
        curl_multi_remove_handle(m->curl, easy);
        finish_done(t, code);
    }
}

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t bytes = size * n; /* size is always 1 */
    if (bytes > t->multi->body_max - t->len) {
        t->too_large = "a body";
        return 0;
    }
    if (bytes > t->cap - t->len) {
        size_t cap = t->cap == 0 ? BODY_KEPT_BYTES : t->cap;
        while (cap - t->len < bytes)
            cap *= 2;
        char *body = realloc(t->body, cap);
        if (body == NULL)
            return 0;
        t->body = body;
        t->cap = cap;
    }
    memcpy(t->body + t->len, data, bytes);
    t->len += bytes;
    return bytes;
}

/* curl keeps them; here they are counted. */
static size_t on_header(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    (void)data;
    (void)size; /* always 1 */
    if (n > HEAD_MAX - t->head_len) {
        t->too_large = "headers";
        return 0;
    }
    t->head_len += n;
    return n;
}

/* Life ---------------------------------------------------------------------------- */

static bool set_options(struct transfer *t, const struct http_multi_options *o)
{
    CURL *e = t->easy;
    bool ok = curl_easy_setopt(e, CURLOPT_PRIVATE, t) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) ==
                  CURLE_OK &&
              /* Or giving up on a host name joins the resolver's thread, and the loop
               * stands still until the system's resolver has had enough. */
              curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_USERAGENT, o->user_agent) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_HEADERDATA, t) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
              curl_easy_setopt(e, CURLOPT_WRITEDATA, t) == CURLE_OK;
    if (ok && o->ca_file != NULL) /* instead of the system's authorities, not beside them */
        ok = curl_easy_setopt(e, CURLOPT_CAINFO, o->ca_file) == CURLE_OK &&
             curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK;
    return ok;
}

static enum status open_transfers(struct http_multi *m, const struct http_multi_options *o)
{
    uint32_t n = o->requests + 1;
    m->transfers = calloc(n, sizeof *m->transfers);
    if (m->transfers == NULL)
        return ST_NOMEM;
    for (m->n_transfers = 0; m->n_transfers < n; m->n_transfers++) {
        struct transfer *t = &m->transfers[m->n_transfers];
        t->multi = m;
        t->easy = curl_easy_init();
        if (t->easy == NULL || !set_options(t, o)) {
            curl_easy_cleanup(t->easy);
            return ST_NOMEM;
        }
        t->next = m->spare;
        m->spare = t;
    }
    return ST_OK;
}

static enum status open_curl(struct http_multi *m, const struct http_multi_options *o)
{
    m->curl = curl_multi_init();
    if (m->curl == NULL)
        return ST_NOMEM;
    curl_multi_setopt(m->curl, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    for (const char *const *h = o->headers; *h != NULL; h++) {
        struct curl_slist *headers = curl_slist_append(m->headers, *h);
        if (headers == NULL)
            return ST_NOMEM;
        m->headers = headers;
    }
    return ST_OK;
}

enum status http_multi_new(uv_loop_t *loop, const struct http_multi_options *o,
                           struct http_multi **out)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return ST_IO;
    struct http_multi *m = calloc(1, sizeof *m);
    if (m == NULL) {
        curl_global_cleanup();
        return ST_NOMEM;
    }
    m->body_max = o->body_max;
    m->timeout_ms = o->timeout_ms;
    m->done = o->done;
    enum status st = open_curl(m, o);
    if (st == ST_OK)
        st = open_transfers(m, o);
    if (st != ST_OK) {
        free_memory(m);
        return st;
    }
    curl_loop_start(&m->io, loop, m->curl, read_finished, m);
    *out = m;
    return ST_OK;
}

static bool prepare(struct transfer *t, const struct http_get *get)
{
    const struct http_multi *m = t->multi;
    CURL *e = t->easy;
    bool is_plain = http_url_is_plain(get->url);
    long timeout = (long)(get->timeout_ms > 0 ? get->timeout_ms : m->timeout_ms);
    if (get->etag != NULL) {
        t->headers = http_headers_with_etag(m->headers, get->etag);
        if (t->headers == NULL)
            return false;
    }
    return curl_easy_setopt(e, CURLOPT_URL, get->url) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_HTTPHEADER,
                            t->headers != NULL ? t->headers : m->headers) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, timeout) == CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                            timeout < CONNECT_TIMEOUT_MS ? timeout : CONNECT_TIMEOUT_MS) ==
               CURLE_OK &&
           curl_easy_setopt(e, CURLOPT_NOPROXY, is_plain ? "*" : NULL) == CURLE_OK &&
           /* Wait for the first connection to be up and share it. Not without TLS: what the
            * server can do would then be known with its first answer only. */
           curl_easy_setopt(e, CURLOPT_PIPEWAIT, is_plain ? 0L : 1L) == CURLE_OK;
}

enum status http_multi_get(struct http_multi *m, const struct http_get *get, void *request)
{
    if (m->closing || m->spare == NULL)
        return ST_FULL;
    struct transfer *t = m->spare;
    if (!prepare(t, get)) {
        curl_slist_free_all(t->headers);
        t->headers = NULL;
        return ST_NOMEM;
    }
    t->len = 0;
    t->head_len = 0;
    t->too_large = NULL;
    t->request = request;
    t->begun_ns = uv_hrtime();
    if (curl_multi_add_handle(m->curl, t->easy) != CURLM_OK) {
        curl_slist_free_all(t->headers);
        t->headers = NULL;
        return ST_IO;
    }
    m->spare = t->next;
    t->is_out = true;
    return ST_OK;
}

static void cancel_all(void *arg)
{
    struct http_multi *m = arg;
    for (uint32_t i = 0; i < m->n_transfers; i++) {
        struct transfer *t = &m->transfers[i];
        if (!t->is_out)
            continue;
        struct http_result result = {.fault = HTTP_CANCELED,
                                     .content_type = "",
                                     .etag = "",
                                     .location = "",
                                     .detail = "canceled"};
        curl_multi_remove_handle(m->curl, t->easy);
        t->len = 0;
        finish(t, &result);
    }
}

static void on_closed(void *arg)
{
    struct http_multi *m = arg;
    void (*closed)(void *) = m->closed;
    void *closed_arg = m->closed_arg;
    free_memory(m);
    if (closed != NULL)
        closed(closed_arg);
}

void http_multi_close(struct http_multi *m, void (*closed)(void *arg), void *arg)
{
    if (m == NULL) {
        if (closed != NULL)
            closed(arg);
        return;
    }
    if (m->closing)
        return;
    m->closing = true;
    m->closed = closed;
    m->closed_arg = arg;
    curl_loop_close(&m->io, cancel_all, on_closed);
}
