/* Canaries.
 *
 *   1. core/resolvers.h says whose canary is due, and which.
 *   2. An existing name is asked about as it is; the absent one is made up anew each time,
 *      below the suffix of an existing one, so that no cache knows it.
 *   3. The answer goes back to core/resolvers.h.
 *
 * What can go wrong: no answer is an answer here; it is given back as doubt. A resolver's
 * window is not asked for room: without its canaries a resolver is not asked at all. */
#include "io/dns_canaries.h"

#include <string.h>

#include "base/entropy.h"
#include "proto/dns_answer.h"

enum status dns_canaries_init(struct dns_canaries *c, const char *names)
{
    memset(c, 0, sizeof *c);
    for (const char *at = names != NULL ? names : ""; *at != '\0';) {
        size_t len = strcspn(at, ",");
        const char *dot = memchr(at, '.', len);
        if (c->n == DNS_CANARIES_MAX || dot == NULL || len + CANARY_LETTERS > DOMAIN_MAX)
            return ST_INVALID;
        memcpy(c->existing[c->n++], at, len);
        at += len + (at[len] == ',');
    }
    return ST_OK;
}

/* Cannot be too long: dns_canaries_init has looked. */
static void make_up(struct dns_canary *to, const char *existing)
{
    uint8_t chance[CANARY_LETTERS];
    entropy_bytes(chance, sizeof chance);
    (void)canary_name(strchr(existing, '.') + 1, chance, to->name);
}

void dns_canaries_ask(struct dns_canaries *c, struct resolvers *r,
                      struct dns_channel *const *channels, struct mono_ms now,
                      uint64_t now_us)
{
    struct canary_question q;
    while (resolvers_canary(r, now, &q)) {
        struct dns_canary *to = &c->at[q.resolver][q.kind];
        const char *existing = c->existing[q.attempt % c->n];
        if (q.kind == CANARY_EXISTING)
            memcpy(to->name, existing, sizeof to->name);
        else
            make_up(to, existing);
        c->out++;
        dns_channel_ask(channels[q.resolver], to->name, &to->flight, now_us);
    }
}

static size_t place_of(const struct dns_canaries *c, const struct dns_flight *q)
{
    return ((uintptr_t)q - (uintptr_t)c->at) / sizeof(struct dns_canary);
}

bool dns_canaries_own(const struct dns_canaries *c, const struct dns_flight *q)
{
    uintptr_t at = (uintptr_t)q, first = (uintptr_t)c->at;
    return at >= first && at < first + sizeof c->at;
}

void dns_canaries_reply(struct dns_canaries *c, struct resolvers *r,
                        const struct dns_flight *q, const uint8_t *packet, size_t len,
                        enum dns_outcome why_not, struct mono_ms now)
{
    size_t place = place_of(c, q);
    uint32_t resolver = (uint32_t)(place / CANARY_KINDS);
    enum canary_kind kind = (enum canary_kind)(place % CANARY_KINDS);
    struct dns_answer answer;
    answer.outcome = why_not;
    if (packet != NULL)
        dns_answer_parse(packet, len, c->at[resolver][kind].name, &answer);
    c->out--;
    resolvers_canary_done(r, resolver, kind, answer.outcome, now);
}
