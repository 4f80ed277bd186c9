#include "sim/reviews.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

#define TAKES SIM_DAY

void reviews_init(struct reviews *r, struct ledger *l)
{
    memset(r, 0, sizeof *r);
    r->ledger = l;
    r->approved = calloc(l->world->n_domains, sizeof *r->approved);
    MUST(r->approved != NULL);
}

void reviews_close(struct reviews *r)
{
    free(r->at);
    free(r->approved);
}

void reviews_add(struct reviews *r, uint32_t domain, uint32_t addresses, int32_t t)
{
    if (r->n == r->cap) {
        r->cap = r->cap == 0 ? 64 : 2 * r->cap;
        r->at = realloc(r->at, r->cap * sizeof *r->at);
        MUST(r->at != NULL);
    }
    r->at[r->n++] = (struct review){.domain = domain, .due = t + TAKES};
    r->ledger->result.reviewed += addresses;
}

/* What is not held any more, or was forgotten in a restart, needs no ruling. ST_FULL: what
 * was approved before has to be said first. */
void reviews_rule(struct reviews *r, struct core *c, int32_t t, struct wall_ms now)
{
    char name[SIM_NAME_SIZE];
    for (; r->first < r->n && r->at[r->first].due <= t; r->first++) {
        const uint32_t domain = r->at[r->first].domain;
        const bool approves = ledger_person_approves(r->ledger, domain, t);
        world_name(r->ledger->world, domain, name);
        const enum status st = core_rule(c, name, approves, now);
        if (st == ST_FULL)
            return;
        if (st == ST_OK)
            r->approved[domain] = approves;
    }
}
