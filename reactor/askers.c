#include "askers.h"

#include <string.h>

struct dns_options askers_dns(const struct config *c)
{
    return (struct dns_options){.servers = c->dns.servers,
                                .timeout_ms = c->dns.timeout_ms,
                                .tries = c->dns.tries,
                                .inflight = c->dns.inflight,
                                .canaries = c->dns.canaries};
}

struct status_api_options askers_status(const struct config *c)
{
    return (struct status_api_options){.provider = c->status.provider,
                                       .url = c->status.url,
                                       .key = c->status.key,
                                       .rapidapi_host = c->status.rapidapi_host,
                                       .timeout_ms = c->status.timeout_ms,
                                       .concurrency = c->status.concurrency};
}

/* One limit for all who are asked about a registration, whoever they are. */
struct rdap_options askers_rdap(const struct config *c)
{
    return (struct rdap_options){.bootstrap_url = c->rdap.bootstrap_url,
                                 .timeout_ms = c->status.timeout_ms,
                                 .concurrency = c->status.concurrency};
}

bool askers_registry_is_provider(const struct config *c)
{
    const char *provider = askers_provider(c);
    return provider != NULL && strcmp(provider, "rdap") == 0;
}

bool askers_want_opinion(const struct config *c)
{
    return askers_provider(c) != NULL && !askers_registry_is_provider(c) &&
           strcmp(c->status.second_opinion, "rdap") == 0;
}

const char *askers_provider(const struct config *c)
{
    return c->status.provider == NULL || strcmp(c->status.provider, "none") == 0
               ? NULL
               : c->status.provider;
}
