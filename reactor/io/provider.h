/* The status providers: how each wants to be asked and who reads its answer. One row, one
 * file (provider_<name>.c) a provider; no I/O here. */
#ifndef UVD_IO_PROVIDER_H
#define UVD_IO_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/address.h"
#include "proto/status_reply.h"

#define PROVIDER_BASE_MAX 512
#define PROVIDER_KEY_MAX 256
#define PROVIDER_HEADER_SIZE 512
#define PROVIDER_HEADERS_MAX 4
/* base, key and domain with every byte escaped, and what a provider puts around them */
#define PROVIDER_URL_SIZE (PROVIDER_BASE_MAX + 3 * PROVIDER_KEY_MAX + 3 * DOMAIN_MAX + 128)

/* What the configuration says, checked: lengths within the limits above, no control
 * characters. */
struct provider_setup {
    const char *base;          /* without a trailing slash */
    const char *key;           /* NULL: none */
    const char *rapidapi_host; /* NULL: the provider itself is asked */
};

struct provider_headers {
    char at[PROVIDER_HEADERS_MAX][PROVIDER_HEADER_SIZE]; /* "Name: value" */
    size_t n;
};

struct provider {
    const char *name;
    const char *base; /* its own address */
    bool has_rapidapi;
    void (*url)(const struct provider_setup *s, const char *domain,
                char out[PROVIDER_URL_SIZE]);
    /* Adds to `out` what must be sent beside "Accept: application/json". */
    void (*headers)(const struct provider_setup *s, struct provider_headers *out);
    void (*read)(const struct http_answer *a, const char *domain, struct status_reply *out);
};

extern const struct provider provider_domainr;
extern const struct provider provider_fastly;

/* NULL when there is none of that name. */
const struct provider *provider_find(const char *name);

/* For the rows: everything but RFC 3986's unreserved characters as %XX. `out` must hold
 * three bytes for each of `text` and the NUL. Returns the length. */
size_t provider_escape(const char *text, char *out);

/* For the rows: one more header. */
void provider_header(struct provider_headers *out, const char *name, const char *value);

#endif
