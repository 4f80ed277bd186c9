#include "io/rdap_servers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rdap_server *forgettable(struct rdap_servers *s, struct mono_ms now)
{
    for (uint32_t i = 0; i < s->n; i++) {
        const struct courtesy *c = &s->at[i]->courtesy;
        if (c->out == 0 && courtesy_wait(c, now) == 0)
            return s->at[i];
    }
    return NULL;
}

struct rdap_server *rdap_servers_get(struct rdap_servers *s, const char *site,
                                     struct mono_ms now)
{
    struct rdap_server *server = NULL;
    for (uint32_t i = 0; i < s->n; i++) {
        if (strcmp(s->at[i]->site, site) == 0)
            return s->at[i];
    }
    if (s->n == RDAP_SERVERS_MAX) {
        server = forgettable(s, now);
    } else {
        server = malloc(sizeof *server);
        if (server != NULL)
            s->at[s->n++] = server;
    }
    if (server == NULL)
        return NULL;
    snprintf(server->site, sizeof server->site, "%s", site);
    server->courtesy = (struct courtesy){.out = 0};
    return server;
}

void rdap_servers_free(struct rdap_servers *s)
{
    for (uint32_t i = 0; i < s->n; i++)
        free(s->at[i]);
    s->n = 0;
}
