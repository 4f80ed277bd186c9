#include "core/inquiry.h"

static struct inquiry_step done(enum dns_outcome outcome)
{
    return (struct inquiry_step){.what = INQUIRY_DONE, .outcome = outcome};
}

/* Whoever can add to what is known. */
static uint32_t helpful(const struct inquiry *q, const struct resolvers *r,
                        struct mono_ms now)
{
    if (!q->is_denied)
        return resolvers_usable(r, now);
    return resolvers_good(r) & ~(UINT32_C(1) << q->denier);
}

struct inquiry_step inquiry_ask(struct inquiry *q, struct resolvers *r, uint32_t with_room,
                                struct mono_ms now)
{
    uint32_t can = helpful(q, r, now);
    uint32_t soon = resolvers_in_test(r) & ~(UINT32_C(1) << q->denier);
    if (can == 0 && q->is_denied && soon == 0)
        return done(DNS_UNCONFIRMED);
    uint32_t first = can & with_room & ~(uint32_t)q->asked;
    if (first == 0)
        first = can & with_room;
    if (first == 0)
        return (struct inquiry_step){.what = INQUIRY_WAIT};
    q->resolver = (uint8_t)resolvers_take(r, first, now);
    q->asked |= (uint16_t)(1U << q->resolver);
    return (struct inquiry_step){.what = INQUIRY_ASK, .resolver = q->resolver};
}

static struct inquiry_step again(struct inquiry *q, const struct resolvers *r,
                                 struct mono_ms now)
{
    struct inquiry_step step = {.what = INQUIRY_LATER};
    uint32_t can = helpful(q, r, now);
    if (can != 0 && (can & ~(uint32_t)q->asked) == 0) {
        step.after_ms = INQUIRY_PAUSE_MS;
        q->asked = 0;
    }
    return step;
}

static void note_answer(struct inquiry *q, struct resolvers *r, struct mono_ms now)
{
    resolvers_answered(r, q->resolver, now);
    for (uint32_t i = 0; i < r->n; i++) {
        if ((q->doubted >> i & 1) && i != q->resolver)
            resolvers_failed(r, i, now);
    }
    q->doubted = 0;
}

static struct inquiry_step on_denial(struct inquiry *q, struct resolvers *r,
                                     enum dns_outcome outcome, struct mono_ms now)
{
    if (r->n == 1)
        return done(outcome);
    if (q->is_denied) {
        resolvers_confirmed(r, q->denier);
        return done(outcome);
    }
    q->is_denied = true;
    q->denier = q->resolver;
    q->tries = 0;
    q->asked = (uint16_t)(1U << q->denier);
    return again(q, r, now);
}

struct inquiry_step inquiry_answer(struct inquiry *q, struct resolvers *r,
                                   enum dns_outcome outcome, uint32_t tries,
                                   struct mono_ms now)
{
    if (!resolvers_believe(r, q->resolver, outcome)) {
        if (dns_outcome_is_doubt(outcome))
            q->doubted |= (uint16_t)(1U << q->resolver);
        else
            outcome = DNS_DISTRUSTED;
        if (++q->tries < tries)
            return again(q, r, now);
        return done(q->is_denied ? DNS_UNCONFIRMED : outcome);
    }
    note_answer(q, r, now);
    if (dns_outcome_is_candidate(outcome))
        return on_denial(q, r, outcome, now);
    if (!q->is_denied)
        return done(outcome);
    resolvers_contradicted(r, q->denier, now);
    return done(DNS_CONTRADICTED);
}
