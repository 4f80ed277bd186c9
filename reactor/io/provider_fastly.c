/* Fastly's Domain Research API: the token in a header of its own. `scope` is left out on
 * purpose: only then is the registry itself asked (proto/status_fastly.c). */
#include <stdio.h>

#include "base/must.h"
#include "io/provider.h"

static void url(const struct provider_setup *s, const char *domain,
                char out[PROVIDER_URL_SIZE])
{
    char name[3 * DOMAIN_MAX + 1];
    provider_escape(domain, name);
    int n = snprintf(out, PROVIDER_URL_SIZE,
                     "%s/domain-management/v1/tools/status?domain=%s", s->base, name);
    MUST(n > 0 && n < PROVIDER_URL_SIZE);
}

static void headers(const struct provider_setup *s, struct provider_headers *out)
{
    if (s->key != NULL)
        provider_header(out, "Fastly-Key", s->key);
}

const struct provider provider_fastly = {
    .name = "fastly",
    .base = "https://api.fastly.com",
    .url = url,
    .headers = headers,
    .read = status_reply_fastly,
};
