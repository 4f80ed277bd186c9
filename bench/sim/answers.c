/* Where the answers come from.
 *
 * DNS: what is in the zone of the registry (RFC 8056 and ERRP 3.2: not on hold, not in
 * redemption, not in pending delete). The status API: Domainr's documented words; the flags
 * `expiring` and `deleting` are documented as not guaranteed, and half of the domains never
 * get them: of these it says `undelegated active` until they are free. `unknown` answers
 * outside outages: 5 in 10,000, which is what PyPI's own numbers leave room for (a quarter
 * of its first 1,500 were no lapse by the documented order of the words, of some 900,000
 * addresses asked about). Latency: half a second, a stall of over 5 s in 3 % and of over 25
 * s in 0.3 %, when the API says the best it knows, `unknown` or `undelegated`. */
#include "sim/answers.h"

#include <stdio.h>
#include <string.h>

#include "sim/chance.h"

#define UNKNOWN_SHARE 0.0005
#define FAILURE_SHARE 0.005
#define STALL_SHARE 0.03
#define TIMEOUT_SHARE 0.003
#define API_GIVES_UP_MS 30000U
#define CLIENT_GIVES_UP_MS 31000U
#define DNS_LOSS_SHARE 0.001
#define YEARS_BACK INT64_C(7)

/* Each question at each time has chance of its own. */
static uint64_t moment(uint32_t domain, int32_t t)
{
    return (uint64_t)domain << 32 | (uint32_t)t;
}

/* What an outage makes of any DNS question; DNS_OUTCOME_COUNT: nothing. */
static enum dns_outcome disturbed(uint32_t on, uint32_t resolver)
{
    if (on == 0)
        return DNS_OUTCOME_COUNT;
    if (outages_have(on, OUTAGE_DENY_ALL) || outages_have(on, OUTAGE_ALL_LIE) ||
        (outages_have(on, OUTAGE_DENY_ONE) && resolver == 0))
        return DNS_ABSENT;
    if (outages_have(on, OUTAGE_SERVFAIL))
        return DNS_SERVFAIL;
    if (outages_have(on, OUTAGE_SILENCE))
        return DNS_TIMEOUT;
    return DNS_OUTCOME_COUNT;
}

static bool is_dark(uint32_t on, uint32_t tld)
{
    return tld == TLD_DARK &&
           (outages_have(on, OUTAGE_TLD_DARK) || outages_have(on, OUTAGE_TLD_GONE));
}

static bool is_in_zone(enum life_state s)
{
    return s == LIFE_OWN || s == LIFE_GRACE || s == LIFE_PARKED || s == LIFE_TAKEN ||
           s == LIFE_SOLD;
}

enum dns_outcome answer_dns(struct world *w, uint32_t domain, uint32_t resolver, int32_t t)
{
    const struct domain *d = &w->domains[domain];
    const uint32_t on = outages_at(&w->outages, t);
    enum dns_outcome forced = disturbed(on, resolver);
    if (forced != DNS_OUTCOME_COUNT)
        return forced;
    if (is_dark(on, d->tld))
        return DNS_ABSENT;
    if (outages_have(on, OUTAGE_DENY_SOME) && (d->traits & DOMAIN_LISTED))
        return DNS_ABSENT;
    if (tlds[d->tld].answers_for_all)
        return DNS_DELEGATED;
    if (d->life != UINT32_MAX && !is_in_zone(world_state(w, domain, t)))
        return d->traits & DOMAIN_UNNAMED ? DNS_NOT_DELEGATED : DNS_ABSENT;
    if (d->traits & DOMAIN_LAME)
        return DNS_SERVFAIL;
    return chance_share(w->o.seed + resolver, CHANCE_FAILURE, moment(domain, t)) <
                   DNS_LOSS_SHARE
               ? DNS_TIMEOUT
               : DNS_DELEGATED;
}

enum dns_outcome answer_made_up(struct world *w, uint32_t tld, uint32_t resolver, int32_t t)
{
    enum dns_outcome forced = disturbed(outages_at(&w->outages, t), resolver);
    if (forced != DNS_OUTCOME_COUNT)
        return forced;
    return tlds[tld].answers_for_all ? DNS_DELEGATED : DNS_ABSENT;
}

enum dns_outcome answer_canary(struct world *w, uint32_t resolver, int32_t t)
{
    enum dns_outcome forced = disturbed(outages_at(&w->outages, t), resolver);
    return forced != DNS_OUTCOME_COUNT ? forced : DNS_DELEGATED;
}

enum mx answer_mx(struct world *w, uint32_t domain, int32_t t)
{
    const struct domain *d = &w->domains[domain];
    const enum dns_outcome dns = answer_dns(w, domain, 0, t);
    const enum life_state s = world_state(w, domain, t);
    if (dns_outcome_is_candidate(dns))
        return MX_NONE;
    if (dns_outcome_is_doubt(dns))
        return MX_ERROR;
    if (tlds[d->tld].answers_for_all && !is_in_zone(s))
        return MX_NONE;
    if (s == LIFE_PARKED)
        return d->traits & DOMAIN_PARKED_MX ? MX_THERE : MX_NONE;
    return d->traits & DOMAIN_NO_MX ? MX_NONE : MX_THERE;
}

/* The status API --------------------------------------------------------------------------
 */

static const char *words_of(const struct world *w, uint32_t domain, int32_t t)
{
    const bool is_flagged = (w->domains[domain].traits & DOMAIN_FLAGGED) != 0;
    switch (world_state(w, domain, t)) {
    case LIFE_OWN:
    case LIFE_GRACE:
    case LIFE_TAKEN:
        return "active";
    case LIFE_SOLD:
        return is_flagged ? "marketed active" : "active";
    case LIFE_PARKED:
        return is_flagged ? "active parked" : "active";
    case LIFE_HOLD:
    case LIFE_INTERRUPTED:
        return "undelegated active";
    case LIFE_REDEMPTION:
        return is_flagged ? "undelegated active expiring" : "undelegated active";
    case LIFE_PENDING:
        return is_flagged ? "undelegated active deleting" : "undelegated active";
    case LIFE_FREE:
        return "undelegated inactive";
    case LIFE_STATES:
        break;
    }
    return "unknown";
}

static uint32_t latency(const struct world *w, uint64_t moment_of)
{
    const double u = chance_share(w->o.seed, CHANCE_LATENCY, moment_of);
    const double within = chance_share(w->o.seed, CHANCE_LATENCY_TAIL, moment_of);
    if (u < TIMEOUT_SHARE)
        return API_GIVES_UP_MS;
    if (u < STALL_SHARE)
        return 5000U + (uint32_t)(within * 20000);
    return 350U + (uint32_t)(within * within * 1500);
}

/* true: the answer is the outage's. */
static bool api_disturbed(uint32_t on, uint64_t luck, uint32_t tld, struct api_answer *out)
{
    if (outages_have(on, OUTAGE_API_DOWN)) {
        const bool is_silent = luck % 2 == 0;
        *out = (struct api_answer){.http = is_silent ? 0 : 503,
                                   .elapsed_ms = is_silent ? CLIENT_GIVES_UP_MS : 200};
    } else if (outages_have(on, OUTAGE_API_GARBAGE)) {
        out->words = NULL;
    } else if (outages_have(on, OUTAGE_API_UNKNOWN) ||
               (tld == TLD_DARK && outages_have(on, OUTAGE_TLD_DARK))) {
        out->words = "unknown";
    } else if (outages_have(on, OUTAGE_API_LIES) || outages_have(on, OUTAGE_ALL_LIE) ||
               (tld == TLD_DARK && outages_have(on, OUTAGE_TLD_GONE))) {
        out->words = "undelegated inactive";
    } else if (outages_have(on, OUTAGE_API_EXPIRES)) {
        out->words = "undelegated expiring";
    } else {
        return false;
    }
    return true;
}

void answer_api(struct world *w, uint32_t domain, int32_t t, uint32_t nth,
                struct api_answer *out)
{
    const uint64_t at = moment(domain, t) + ((uint64_t)nth << 20);
    const uint64_t luck = chance(w->o.seed, CHANCE_WORDS, at);
    const uint32_t on = outages_at(&w->outages, t);
    *out = (struct api_answer){.http = 200, .elapsed_ms = latency(w, at)};
    if (on != 0 && api_disturbed(on, luck, w->domains[domain].tld, out))
        return;
    const double u = chance_share(w->o.seed, CHANCE_WORDS, at);
    if (u < FAILURE_SHARE)
        out->http = luck % 2 == 0 ? 429 : 502;
    else if (out->elapsed_ms >= API_GIVES_UP_MS)
        out->words = luck % 2 == 0 ? "unknown" : "undelegated";
    else if (u < FAILURE_SHARE + UNKNOWN_SHARE)
        out->words = "unknown";
    else
        out->words = words_of(w, domain, t);
}

/* RDAP ------------------------------------------------------------------------------------
 */

static uint32_t rdap_states(enum life_state s)
{
    if (s == LIFE_GRACE || s == LIFE_PARKED)
        return 1U << RDAP_AUTO_RENEW;
    if (s == LIFE_INTERRUPTED)
        return 1U << RDAP_AUTO_RENEW | 1U << RDAP_CLIENT_HOLD;
    if (s == LIFE_HOLD)
        return 1U << RDAP_SERVER_HOLD;
    if (s == LIFE_REDEMPTION)
        return 1U << RDAP_PENDING_DELETE | 1U << RDAP_REDEMPTION;
    return s == LIFE_PENDING ? 1U << RDAP_PENDING_DELETE : 0;
}

/* Registered seven years ago, but by who took it when it had been deleted. */
static int64_t registered_s(const struct world *w, uint32_t domain, int32_t t)
{
    const struct life *l = world_life(w, domain);
    int64_t at = world_state(w, domain, t) == LIFE_TAKEN ? life_enters(l, LIFE_TAKEN)
                                                         : -YEARS_BACK * SIM_YEAR;
    return SIM_START_S + at;
}

void answer_rdap(struct world *w, uint32_t domain, int32_t t, struct rdap_reply *out)
{
    const struct tld *tld = &tlds[w->domains[domain].tld];
    const uint32_t on = outages_at(&w->outages, t);
    const enum life_state s = world_state(w, domain, t);
    memset(out, 0, sizeof *out);
    out->elapsed_ms = 400;
    if (!tld->has_rdap) {
        out->outcome = STATUS_EMPTY; /* nobody answers for it */
        return;
    }
    if (outages_have(on, OUTAGE_TLD_DARK) && is_dark(on, w->domains[domain].tld)) {
        out->outcome = STATUS_UNREACHABLE;
        return;
    }
    snprintf(out->server, sizeof out->server, "rdap.%s", tld->name);
    out->outcome = STATUS_ANSWERED;
    out->is_free = s == LIFE_FREE || is_dark(on, w->domains[domain].tld);
    out->http = out->is_free ? 404 : 200;
    if (out->is_free)
        return;
    out->states = rdap_states(s);
    for (unsigned i = 0; i < RDAP_STATE_COUNT; i++) {
        size_t len = strlen(out->words);
        if (out->states >> i & 1U)
            snprintf(out->words + len, sizeof out->words - len, "%s%s", len > 0 ? ", " : "",
                     rdap_state_text((enum rdap_state)i));
    }
    if (tld->tells_dates)
        out->registered_s = registered_s(w, domain, t);
}
