#include "io/js_api.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define REQUESTS_MAX 8
#define TIMEOUT_MS 5000
#define LOOK_MS 500

struct request {
    uint64_t id; /* 0: free */
    uint64_t deadline;
    js_api_fn fn;
    void *arg;
};

struct js_api {
    uv_loop_t *loop;
    struct bus *bus;
    uv_timer_t timer;
    uint64_t next_id;
    struct request requests[REQUESTS_MAX];
    char prefix[64]; /* our inbox for answers, up to the id */
    void (*closed)(void *);
    void *closed_arg;
};

static void finish(struct request *r, const json_t *reply)
{
    const struct request done = *r;
    r->id = 0;
    done.fn(done.arg, reply);
}

static void on_reply(void *arg, struct bus_message *m)
{
    struct js_api *a = arg;
    uint64_t id = strtoull(bus_message_subject(m) + strlen(a->prefix), NULL, 16);
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        if (a->requests[i].id != id || id == 0)
            continue;
        json_t *reply =
            json_loadb((const char *)bus_message_data(m), bus_message_len(m), 0, NULL);
        finish(&a->requests[i], reply);
        json_decref(reply);
        break;
    }
    bus_message_free(m);
}

static void on_timer(uv_timer_t *timer)
{
    struct js_api *a = timer->data;
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        if (a->requests[i].id != 0 && a->requests[i].deadline <= uv_now(a->loop))
            finish(&a->requests[i], NULL);
    }
}

enum status js_api_new(uv_loop_t *loop, struct bus *bus, struct js_api **out)
{
    struct js_api *a = calloc(1, sizeof *a);
    if (a == NULL)
        return ST_NOMEM;
    char subject[80];
    a->loop = loop;
    a->bus = bus;
    snprintf(a->prefix, sizeof a->prefix, "%s.a.", bus_inbox(bus));
    snprintf(subject, sizeof subject, "%s*", a->prefix);
    enum status st = bus_subscribe(bus, subject, on_reply, a);
    if (st != ST_OK) {
        free(a);
        return st;
    }
    uv_timer_init(loop, &a->timer);
    a->timer.data = a;
    uv_timer_start(&a->timer, on_timer, LOOK_MS, LOOK_MS);
    *out = a;
    return ST_OK;
}

enum status js_api_request(struct js_api *a, const char *subject, json_t *request,
                           js_api_fn fn, void *arg)
{
    char full[512], inbox[96];
    struct request *r = NULL;
    for (size_t i = 0; i < REQUESTS_MAX && r == NULL; i++) {
        if (a->requests[i].id == 0)
            r = &a->requests[i];
    }
    MUST(r != NULL); /* set-up asks one thing after the other */
    char *body = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
    json_decref(request);
    a->next_id++;
    snprintf(full, sizeof full, "$JS.API.%s", subject);
    snprintf(inbox, sizeof inbox, "%s%llx", a->prefix, (unsigned long long)a->next_id);
    enum status st =
        bus_publish(a->bus, full, inbox, NULL, 0, body, body != NULL ? strlen(body) : 0);
    free(body);
    if (st != ST_OK)
        return st;
    *r = (struct request){
        .id = a->next_id, .deadline = uv_now(a->loop) + TIMEOUT_MS, .fn = fn, .arg = arg};
    return ST_OK;
}

enum status js_api_get(struct js_api *a, const char *stream, json_t *which, js_api_fn fn,
                       void *arg)
{
    char subject[300];
    snprintf(subject, sizeof subject, "STREAM.MSG.GET.%s", stream);
    return js_api_request(a, subject, which, fn, arg);
}

enum status js_api_get_last(struct js_api *a, const char *stream, const char *subject,
                            js_api_fn fn, void *arg)
{
    return js_api_get(a, stream, json_pack("{s:s}", "last_by_subj", subject), fn, arg);
}

void js_api_reset(struct js_api *a)
{
    memset(a->requests, 0, sizeof a->requests);
}

static void on_closed(uv_handle_t *handle)
{
    struct js_api *a = handle->data;
    void (*closed)(void *) = a->closed;
    void *arg = a->closed_arg;
    free(a);
    closed(arg);
}

void js_api_close(struct js_api *a, void (*closed)(void *arg), void *arg)
{
    if (a == NULL) {
        closed(arg);
        return;
    }
    a->closed = closed;
    a->closed_arg = arg;
    js_api_reset(a);
    uv_close((uv_handle_t *)&a->timer, on_closed);
}

int js_api_error(const json_t *reply, const char **description)
{
    const json_t *error = json_object_get(reply, "error");
    *description = "";
    if (!json_is_object(error))
        return 0;
    const json_t *text = json_object_get(error, "description");
    if (json_is_string(text))
        *description = json_string_value(text);
    json_int_t code = json_integer_value(json_object_get(error, "err_code"));
    if (code == 0)
        code = json_integer_value(json_object_get(error, "code"));
    return code != 0 ? (int)code : -1;
}

/* base64 to bytes, in memory of its own and with a NUL behind them; NULL: it is none, or
 * there is no memory. */
static unsigned char *decoded(const char *base64, size_t *n)
{
    size_t len = strlen(base64);
    unsigned char *data = len % 4 == 0 ? calloc(1, len / 4 * 3 + 1) : NULL;
    if (data == NULL)
        return NULL;
    int got = EVP_DecodeBlock(data, (const unsigned char *)base64, (int)len);
    /* EVP_DecodeBlock counts the padding's bytes, too. */
    for (size_t i = len; got > 0 && i > 0 && base64[i - 1] == '='; i--)
        got--;
    *n = got > 0 ? (size_t)got : 0;
    return data;
}

bool js_api_headers_contain(const char *base64, const char *line)
{
    size_t n;
    unsigned char *text = decoded(base64, &n);
    bool found = text != NULL && memmem(text, n, line, strlen(line)) != NULL;
    free(text);
    return found;
}

size_t js_api_message(const json_t *reply, uint64_t *sequence, uint8_t *data, size_t size)
{
    const json_t *message = json_object_get(reply, "message");
    const char *base64 = json_string_value(json_object_get(message, "data"));
    size_t n = 0;
    *sequence = (uint64_t)json_integer_value(json_object_get(message, "seq"));
    unsigned char *bytes = base64 != NULL ? decoded(base64, &n) : NULL;
    if (bytes == NULL || n > size)
        n = 0;
    else
        memcpy(data, bytes, n);
    free(bytes);
    return n;
}

bool js_api_headers_number(const char *base64, const char *name, uint64_t *out)
{
    char line[100];
    size_t n;
    int len = snprintf(line, sizeof line, "\r\n%s: ", name);
    unsigned char *text = decoded(base64, &n);
    const char *found = text != NULL ? memmem(text, n, line, (size_t)len) : NULL;
    if (found != NULL)
        *out = strtoull(found + len, NULL, 10);
    free(text);
    return found != NULL;
}
