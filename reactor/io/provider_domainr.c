/* Domainr's v2 API, asked directly (`client_id` in the query) or through RapidAPI (two
 * headers, and the key in one of them). */
#include <stdio.h>

#include "base/must.h"
#include "io/provider.h"

static void url(const struct provider_setup *s, const char *domain,
                char out[PROVIDER_URL_SIZE])
{
    char name[3 * DOMAIN_MAX + 1], key[3 * PROVIDER_KEY_MAX + 1] = "";
    bool in_query = s->key != NULL && s->rapidapi_host == NULL;
    provider_escape(domain, name);
    if (in_query)
        provider_escape(s->key, key);
    int n = snprintf(out, PROVIDER_URL_SIZE, "%s/v2/status?%s%s%sdomain=%s", s->base,
                     in_query ? "client_id=" : "", key, in_query ? "&" : "", name);
    MUST(n > 0 && n < PROVIDER_URL_SIZE);
}

static void headers(const struct provider_setup *s, struct provider_headers *out)
{
    if (s->rapidapi_host == NULL)
        return;
    provider_header(out, "X-RapidAPI-Host", s->rapidapi_host);
    if (s->key != NULL)
        provider_header(out, "X-RapidAPI-Key", s->key);
}

const struct provider provider_domainr = {
    .name = "domainr",
    .base = "https://api.domainr.com",
    .has_rapidapi = true,
    .url = url,
    .headers = headers,
    .read = status_reply_domainr,
};
