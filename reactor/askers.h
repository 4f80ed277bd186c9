/* What the configuration says to those who ask: DNS and the status API, for the service and
 * for `unverifyd check` alike. Callbacks are the caller's to fill in. */
#ifndef UVD_ASKERS_H
#define UVD_ASKERS_H

#include "config/config.h"
#include "io/dns.h"
#include "io/rdap.h"
#include "io/status_api.h"

/* Texts are borrowed from the configuration. */
struct dns_options askers_dns(const struct config *c);
struct status_api_options askers_status(const struct config *c);

struct rdap_options askers_rdap(const struct config *c);

/* The registries themselves are the provider; or are asked for a second opinion. Both is
 * the first. */
bool askers_registry_is_provider(const struct config *c);
bool askers_want_opinion(const struct config *c);

/* The provider's name; NULL: none, candidates are only reported. Borrowed. */
const char *askers_provider(const struct config *c);

#endif
