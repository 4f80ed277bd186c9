/* The RDAP servers that have been asked, and how gently each wants it (core/courtesy.h). */
#ifndef UVD_IO_RDAP_SERVERS_H
#define UVD_IO_RDAP_SERVERS_H

#include <stdint.h>

#include "core/courtesy.h"
#include "io/http_url.h"

#define RDAP_SERVERS_MAX 512U /* the bootstrap file names some 300 */

struct rdap_server {
    char site[HTTP_SITE_SIZE];
    struct courtesy courtesy;
};

/* Zero-initialise. */
struct rdap_servers {
    struct rdap_server *at[RDAP_SERVERS_MAX];
    uint32_t n;
};

/* The server of that site, a new one if need be in the place of one of which there is
 * nothing to remember. NULL: no room, or out of memory; it may be there a little later. The
 * result is good until the next call, and as long as a question is under way to it. */
struct rdap_server *rdap_servers_get(struct rdap_servers *s, const char *site,
                                     struct mono_ms now);

void rdap_servers_free(struct rdap_servers *s);

#endif
