/* The paid question: one domain a request, many requests at once over one HTTP/2
 * connection.
 *
 * Knows names and tokens, nothing of accounts. A provider is one row of a table: how to
 * build the request and how to read the answer (proto/status_reply.h). Rate and budget are
 * decided by the core (core/pace.h); this module only refuses more than `concurrency` at
 * once. */
#ifndef UVD_IO_STATUS_API_H
#define UVD_IO_STATUS_API_H

#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "proto/status_reply.h"

struct status_api;

/* Called exactly once for each accepted status_api_ask, on the loop thread, never from
 * inside it. `reply` is borrowed. */
typedef void (*status_done_cb)(void *arg, uint64_t token, const struct status_reply *reply);

struct status_api_options {
    const char *provider;      /* a name of the provider table, not "none" */
    const char *url;           /* NULL: the provider's own */
    const char *key;           /* NULL: none; never logged */
    const char *rapidapi_host; /* NULL: client_id in the query; else RapidAPI headers */
    uint32_t timeout_ms;       /* whole request */
    uint32_t concurrency;
    status_done_cb done;
    void *arg;
};

/* Is there such a provider? */
bool status_api_has_provider(const char *name);

/* Texts are copied. TLS is always verified; SSL_CERT_FILE in the environment names another
 * file of trusted authorities. http:// is refused but for loopback addresses.
 *   ST_INVALID: provider or URL; `error` holds one line for people */
enum status status_api_new(uv_loop_t *loop, const struct status_api_options *o,
                           struct status_api **out, char *error, size_t error_size);

/* Ask about `domain` (A-labels; copied). ST_FULL: `concurrency` reached or closing. */
enum status status_api_ask(struct status_api *s, uint64_t token, const char *domain);

uint32_t status_api_inflight(const struct status_api *s);

/* Completes everything outstanding with STATUS_CANCELED, then calls `closed` when every
 * handle is gone and `s` freed. NULL is ignored (closed is still called). */
void status_api_close(struct status_api *s, void (*closed)(void *arg), void *arg);

#endif
