/* The paid question.
 *
 *   1. status_api_ask copies the name into a request of the pool, lets the provider's
 *      row build the URL and hands it to io/http_multi.h.
 *   2. The answer's code and body are read by the row's reader
 *      (proto/status_reply.h).
 *   3. The request goes back to the pool, then `done` is called.
 *
 * What can go wrong:
 *   - no answer, or a cut one: an outcome of its own, which is doubt;
 *   - a body that is too large, or not what the provider documents: doubt as well;
 *   - the provider quotes the key in an error text: that text goes no further;
 *   - we are closing: what is out ends with STATUS_CANCELED. */
#include "io/status_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "io/http_multi.h"
#include "io/http_url.h"
#include "io/provider.h"

#define BODY_MAX ((size_t)256 * 1024)

struct request {
    struct status_api *api;
    struct request *next; /* in the pool */
    uint64_t token;
    char domain[DOMAIN_SIZE];
};

struct status_api {
    struct http_multi *http;
    const struct provider *provider;
    char base[PROVIDER_BASE_MAX + 1];
    char key[PROVIDER_KEY_MAX + 1];
    char escaped_key[3 * PROVIDER_KEY_MAX + 1];
    char rapidapi_host[DOMAIN_SIZE];
    struct provider_setup setup; /* points to the above */
    struct request *requests, *spare;
    uint32_t inflight;
    bool closing;
    status_done_cb done;
    void *arg;
    void (*closed)(void *arg);
    void *closed_arg;
};

bool status_api_has_provider(const char *name)
{
    return provider_find(name) != NULL;
}

/* Answers ------------------------------------------------------------------------- */

static bool holds(const struct http_result *r, const char *secret)
{
    return *secret != '\0' && memmem(r->body, r->len, secret, strlen(secret)) != NULL;
}

static void read_answer(const struct request *r, const struct http_result *result,
                        struct status_reply *reply)
{
    const struct status_api *s = r->api;
    struct http_answer answer = {
        .http = result->code,
        .content_type = result->content_type,
        .body = result->body,
        .len = result->len,
        .elapsed_ms = result->elapsed_ms,
        .retry_after_s = result->retry_after_s,
    };
    s->provider->read(&answer, r->domain, reply);
    /* The whole body is searched, since the detail may hold a part of the key only. */
    if (holds(result, s->key) || holds(result, s->escaped_key))
        snprintf(reply->detail, sizeof reply->detail,
                 "HTTP %d, text withheld: it quotes the key", result->code);
}

static void on_result(void *request, const struct http_result *result)
{
    struct request *r = request;
    struct status_api *s = r->api;
    struct status_reply reply = {.elapsed_ms = result->elapsed_ms};
    uint64_t token = r->token;
    snprintf(reply.detail, sizeof reply.detail, "%s", result->detail);
    switch (result->fault) {
    case HTTP_OK:
        read_answer(r, result, &reply);
        break;
    case HTTP_TIMEOUT:
        reply.outcome = STATUS_TIMEOUT;
        break;
    case HTTP_TOO_LARGE:
        reply.outcome = STATUS_MALFORMED;
        break;
    case HTTP_FAILED:
        reply.outcome = STATUS_UNREACHABLE;
        break;
    case HTTP_CANCELED:
        reply.outcome = STATUS_CANCELED;
        break;
    }
    r->next = s->spare;
    s->spare = r;
    s->inflight--;
    s->done(s->arg, token, &reply);
}

enum status status_api_ask(struct status_api *s, uint64_t token, const char *domain)
{
    char url[PROVIDER_URL_SIZE];
    size_t len = strlen(domain);
    if (len == 0 || len > DOMAIN_MAX)
        return ST_INVALID;
    if (s->closing || s->spare == NULL)
        return ST_FULL;
    struct request *r = s->spare;
    memcpy(r->domain, domain, len + 1);
    r->token = token;
    s->provider->url(&s->setup, r->domain, url);
    enum status st = http_multi_get(s->http, &(struct http_get){.url = url}, r);
    if (st != ST_OK)
        return st;
    s->spare = r->next;
    s->inflight++;
    return ST_OK;
}

uint32_t status_api_inflight(const struct status_api *s)
{
    return s->inflight;
}

/* Options ------------------------------------------------------------------------- */

static bool is_clean(const char *text, size_t max)
{
    size_t n = 0;
    for (; text[n] != '\0'; n++) {
        if ((unsigned char)text[n] <= 0x20 || (unsigned char)text[n] >= 0x7f)
            return false;
    }
    return n > 0 && n <= max;
}

static enum status fault(const char *text, char *error, size_t size)
{
    snprintf(error, size, "%s", text);
    return ST_INVALID;
}

/* Copies and checks. The key's value appears in no text. */
static enum status set_up(struct status_api *s, const struct status_api_options *o,
                          char *error, size_t size)
{
    s->provider = provider_find(o->provider);
    if (s->provider == NULL)
        return fault("status.provider: no such provider", error, size);
    if (o->rapidapi_host != NULL && !s->provider->has_rapidapi)
        return fault("status.rapidapi_host: the provider is not on RapidAPI", error, size);
    if (o->key != NULL && !is_clean(o->key, PROVIDER_KEY_MAX))
        return fault("status.key: 1 to 256 printable characters, no blanks", error, size);
    if (o->rapidapi_host != NULL &&
        (!is_clean(o->rapidapi_host, DOMAIN_MAX) ||
         strspn(o->rapidapi_host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-.") != strlen(o->rapidapi_host)))
        return fault("status.rapidapi_host: not a host name", error, size);
    if (o->url != NULL && !is_clean(o->url, PROVIDER_BASE_MAX))
        return fault("status.url: 1 to 512 printable characters, no blanks", error, size);
    if (o->url != NULL)
        snprintf(s->base, sizeof s->base, "%s", o->url);
    else if (o->rapidapi_host != NULL)
        snprintf(s->base, sizeof s->base, "https://%s", o->rapidapi_host);
    else
        snprintf(s->base, sizeof s->base, "%s", s->provider->base);
    for (size_t n = strlen(s->base); n > 0 && s->base[n - 1] == '/'; n--)
        s->base[n - 1] = '\0';
    s->setup.base = s->base;
    if (o->key != NULL) {
        snprintf(s->key, sizeof s->key, "%s", o->key);
        provider_escape(s->key, s->escaped_key);
        s->setup.key = s->key;
    }
    if (o->rapidapi_host != NULL) {
        snprintf(s->rapidapi_host, sizeof s->rapidapi_host, "%s", o->rapidapi_host);
        s->setup.rapidapi_host = s->rapidapi_host;
    }
    const char *text = http_url_fault(s->base, false);
    if (text != NULL) {
        snprintf(error, size, "status.url: %s", text);
        return ST_INVALID;
    }
    return ST_OK;
}

static enum status open_http(struct status_api *s, uv_loop_t *loop,
                             const struct status_api_options *o)
{
    struct provider_headers own = {.n = 0};
    const char *headers[PROVIDER_HEADERS_MAX + 2] = {"Accept: application/json"};
    s->provider->headers(&s->setup, &own);
    for (size_t i = 0; i < own.n; i++)
        headers[i + 1] = own.at[i];
    s->requests = calloc(o->concurrency, sizeof *s->requests);
    if (s->requests == NULL)
        return ST_NOMEM;
    for (uint32_t i = o->concurrency; i-- > 0;) {
        s->requests[i].api = s;
        s->requests[i].next = s->spare;
        s->spare = &s->requests[i];
    }
    return http_multi_new(loop,
                          &(struct http_multi_options){
                              .user_agent = "unverifyd/" UVD_VERSION,
                              .headers = headers,
                              .ca_file = getenv("SSL_CERT_FILE"),
                              .timeout_ms = o->timeout_ms,
                              .requests = o->concurrency,
                              .body_max = BODY_MAX,
                              .done = on_result,
                          },
                          &s->http);
}

static void free_memory(struct status_api *s)
{
    free(s->requests);
    explicit_bzero(s->key, sizeof s->key);
    explicit_bzero(s->escaped_key, sizeof s->escaped_key);
    free(s);
}

enum status status_api_new(uv_loop_t *loop, const struct status_api_options *o,
                           struct status_api **out, char *error, size_t error_size)
{
    struct status_api *s = calloc(1, sizeof *s);
    enum status st = ST_NOMEM;
    if (error_size > 0)
        error[0] = '\0';
    if (s == NULL)
        return st;
    s->done = o->done;
    s->arg = o->arg;
    st = set_up(s, o, error, error_size);
    if (st == ST_OK)
        st = open_http(s, loop, o);
    if (st != ST_OK) {
        if (error_size > 0 && error[0] == '\0')
            snprintf(error, error_size, "HTTP can't be set up: %s", status_text(st));
        free_memory(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

static void on_http_closed(void *arg)
{
    struct status_api *s = arg;
    void (*closed)(void *) = s->closed;
    void *closed_arg = s->closed_arg;
    free_memory(s);
    if (closed != NULL)
        closed(closed_arg);
}

void status_api_close(struct status_api *s, void (*closed)(void *arg), void *arg)
{
    if (s == NULL) {
        if (closed != NULL)
            closed(arg);
        return;
    }
    if (s->closing)
        return;
    s->closing = true;
    s->closed = closed;
    s->closed_arg = arg;
    http_multi_close(s->http, on_http_closed, s);
}
