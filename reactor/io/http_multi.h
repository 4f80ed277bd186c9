/* HTTP GET requests on the loop: libcurl's multi interface over uv_poll and uv_timer.
 *
 * Knows nothing of providers. All requests share one pool of connections, so that HTTP/2
 * puts them on one. Redirects are not followed, certificates are always verified, and no
 * text for people that comes back from here holds any part of a URL. */
#ifndef UVD_IO_HTTP_MULTI_H
#define UVD_IO_HTTP_MULTI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"

struct http_multi;

enum http_fault {
    HTTP_OK, /* an answer, whatever its code */
    HTTP_TIMEOUT,
    HTTP_TOO_LARGE, /* the body, or the headers */
    HTTP_FAILED,    /* connect, TLS, cut, out of memory */
    HTTP_CANCELED
};

struct http_result {
    enum http_fault fault;
    int code; /* 0 unless HTTP_OK */
    const char *content_type;
    const char *body; /* not NUL-terminated */
    size_t len;
    uint32_t elapsed_ms;
    uint32_t retry_after_s; /* 0 when absent; at most six hours */
    uint32_t fresh_s;       /* from Cache-Control or Expires; 0: not told, or not at all */
    const char *etag;       /* "" when absent, as below */
    const char *location;   /* where a redirect points to: an absolute URL, not checked */
    const char *detail;     /* what failed; "" on HTTP_OK */
};

struct http_get {
    const char *url;
    const char *etag;    /* NULL: none; else ask for what is not this (If-None-Match) */
    uint32_t timeout_ms; /* of the whole request; 0: that of all requests */
};

/* Called exactly once for each accepted http_multi_get, never from inside it. Everything in
 * `result` is borrowed for the call. */
typedef void (*http_done_cb)(void *request, const struct http_result *result);

struct http_multi_options {
    const char *user_agent;
    const char *const *headers; /* of every request; NULL-terminated */
    const char *ca_file;        /* trusted authorities; NULL: the system's */
    uint32_t timeout_ms;        /* of a whole request */
    uint32_t requests;          /* the caller's promise: no more at once */
    size_t body_max;
    http_done_cb done;
};

/* Texts are copied. ST_NOMEM; ST_IO when libcurl can't start. */
enum status http_multi_new(uv_loop_t *loop, const struct http_multi_options *o,
                           struct http_multi **out);

/* Texts are copied. What goes without TLS uses no proxy: it is for this machine. ST_FULL:
 * too many requests, or closing; ST_NOMEM; ST_IO. `request` is passed back. */
enum status http_multi_get(struct http_multi *m, const struct http_get *get, void *request);

/* Completes everything outstanding with HTTP_CANCELED, then calls `closed` (maybe NULL)
 * when every handle is gone and `m` freed. NULL is ignored (closed is still called). */
void http_multi_close(struct http_multi *m, void (*closed)(void *arg), void *arg);

#endif
