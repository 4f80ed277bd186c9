/* The world's resolvers as the service asks them: canaries, health and confirmation of
 * denials are its own code (core/resolvers.h, core/inquiry.h); every answer comes at once.
 */
#ifndef UVD_BENCH_SIM_RESOLVING_H
#define UVD_BENCH_SIM_RESOLVING_H

#include "base/clock.h"
#include "core/resolvers.h"
#include "sim/world.h"

struct resolving {
    struct world *world;
    struct resolvers resolvers;
    uint64_t asked; /* questions to resolvers, canaries too */
};

void resolving_init(struct resolving *r, struct world *w, struct mono_ms now);

/* A round of questions begins: put the canaries that are due. */
void resolving_begin(struct resolving *r, int32_t t, struct mono_ms now);

/* Put the canaries of all that count as good. return  whether any has passed */
bool resolving_test(struct resolving *r, int32_t t, struct mono_ms now);

/* A domain of the world, or a made-up name below its top-level domain `tld`. */
enum dns_outcome resolving_domain(struct resolving *r, uint32_t domain, int32_t t,
                                  struct mono_ms now);
enum dns_outcome resolving_made_up(struct resolving *r, uint32_t tld, int32_t t,
                                   struct mono_ms now);

#endif
