#include "sim/resolving.h"

#include "core/inquiry.h"
#include "sim/answers.h"

#define TRIES 3U      /* dns.tries */
#define STEPS_MAX 32U /* more than TRIES, twice, on RESOLVERS */
#define ALL ((1U << RESOLVERS) - 1U)

void resolving_init(struct resolving *r, struct world *w, struct mono_ms now)
{
    *r = (struct resolving){.world = w};
    resolvers_init(&r->resolvers, RESOLVERS, true, now);
}

static void put_canaries(struct resolving *r, int32_t t, struct mono_ms now)
{
    struct canary_question q;
    while (resolvers_canary(&r->resolvers, now, &q)) {
        enum dns_outcome o = q.kind == CANARY_EXISTING
                                 ? answer_canary(r->world, q.resolver, t)
                                 : answer_made_up(r->world, 0, q.resolver, t);
        r->asked++;
        resolvers_canary_done(&r->resolvers, q.resolver, q.kind, o, now);
    }
}

void resolving_begin(struct resolving *r, int32_t t, struct mono_ms now)
{
    resolvers_wake(&r->resolvers, now);
    put_canaries(r, t, now);
}

bool resolving_test(struct resolving *r, int32_t t, struct mono_ms now)
{
    resolvers_test_now(&r->resolvers, now);
    put_canaries(r, t, now);
    return resolvers_good(&r->resolvers) != 0;
}

typedef enum dns_outcome (*answer_fn)(struct world *w, uint32_t what, uint32_t resolver,
                                      int32_t t);

static enum dns_outcome resolve(struct resolving *r, answer_fn answer, uint32_t what,
                                int32_t t, struct mono_ms now)
{
    struct inquiry q = {.tries = 0};
    for (unsigned i = 0; i < STEPS_MAX; i++) {
        struct inquiry_step step = inquiry_ask(&q, &r->resolvers, ALL, now);
        if (step.what == INQUIRY_WAIT) {
            put_canaries(r, t, now);
            continue;
        }
        if (step.what == INQUIRY_ASK) {
            r->asked++;
            step = inquiry_answer(&q, &r->resolvers,
                                  answer(r->world, what, step.resolver, t), TRIES, now);
        }
        if (step.what == INQUIRY_DONE)
            return step.outcome;
    }
    return DNS_UNREACHABLE;
}

enum dns_outcome resolving_domain(struct resolving *r, uint32_t domain, int32_t t,
                                  struct mono_ms now)
{
    return resolve(r, answer_dns, domain, t, now);
}

enum dns_outcome resolving_made_up(struct resolving *r, uint32_t tld, int32_t t,
                                   struct mono_ms now)
{
    return resolve(r, answer_made_up, tld, t, now);
}
