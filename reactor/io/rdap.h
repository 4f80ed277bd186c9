/* Questions to the registries themselves, over RDAP: which server is responsible for a
 * domain is learned from IANA's bootstrap file (RFC 9224), then one GET a domain
 * (RFC 9082, 9083). No server is asked more than two questions at once or five a second
 * (core/courtesy.h).
 *
 * Knows names and tokens, nothing of accounts. */
#ifndef UVD_IO_RDAP_H
#define UVD_IO_RDAP_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "proto/rdap_reply.h"

struct rdap;

/* Called exactly once for each accepted rdap_ask, on the loop thread, never from inside it.
 * `reply` is borrowed. */
typedef void (*rdap_done_cb)(void *arg, uint64_t token, const struct rdap_reply *reply);

struct rdap_options {
    const char *bootstrap_url;
    uint32_t timeout_ms;  /* whole request */
    uint32_t concurrency; /* questions accepted at once, those included that wait for the
                             bootstrap file or for a server that asked for a pause */
    rdap_done_cb done;
    void *arg;
};

/* Texts are copied. TLS is always verified, as in status_api.h; http:// is refused but for
 * loopback addresses.
 *   ST_INVALID: `error` holds one line for people */
enum status rdap_new(uv_loop_t *loop, const struct rdap_options *o, struct rdap **out,
                     char *error, size_t error_size);

/* Ask about `domain` (lower-case A-labels; copied). ST_FULL: `concurrency` reached or
 * closing; ST_INVALID: empty or too long.
 *
 * How it can end beside what proto/rdap_reply.h says of answers:
 *   STATUS_EMPTY        no RDAP server is known for the suffix
 *   STATUS_THROTTLED    429, or (with `http` 0) the server wants a pause that is longer
 * than the question may wait; only questions to this one server have to wait
 * `retry_after_s`, others needn't STATUS_UNAUTHORIZED 401 or 403: likewise, this one server
 *   any doubt, `http` 0, "bootstrap file: ..": it can't be had; again in `retry_after_s`
 * `elapsed_ms` counts from here on, waits included. */
enum status rdap_ask(struct rdap *r, uint64_t token, const char *domain);

uint32_t rdap_inflight(const struct rdap *r);

/* Completes everything outstanding with STATUS_CANCELED, then calls `closed` when every
 * handle is gone and `r` freed. NULL is ignored (closed is still called). */
void rdap_close(struct rdap *r, void (*closed)(void *arg), void *arg);

#endif
