#include "core/resolvers.h"

#include <string.h>

#include "base/must.h"
#include "proto/address.h"

/* Canaries: every minute while questions are put. */
#define TEST_EVERY_MS ((uint64_t)MINUTE_MS)

/* Questions at most before a canary counts as not answered: a lost packet, or one existing
 * name whose own servers are down, says little. */
#define CANARY_TRIES 3U

/* How soon one that was set aside is tested again: at once nearly when it was silent, since
 * servers restart; a liar gets a minute. Doubled each time. */
#define SILENT_FIRST_MS ((uint64_t)SECOND_MS)
#define SILENT_MAX_MS ((uint64_t)MINUTE_MS)
#define LIAR_FIRST_MS ((uint64_t)MINUTE_MS)
#define LIAR_MAX_MS (10 * (uint64_t)MINUTE_MS)

/* Shares over about the last eight: half of the questions without an answer (six in a row,
 * after good ones), three eighths of the denials contradicted (four in a row). A few lies
 * are no more than a name that was registered a minute ago. */
#define SHARE_PART 8U
#define FAILURES_MAX (RESOLVER_SHARE_ALL / 2)
#define LIES_MAX (RESOLVER_SHARE_ALL * 3 / 8)
/* One that comes back is watched more closely. */
#define SHARE_AFTER (RESOLVER_SHARE_ALL / 4)

static bool is_aside(enum resolver_state s)
{
    return s > RESOLVER_GOOD;
}

static uint64_t backoff(uint64_t first, uint64_t max, uint32_t times)
{
    uint64_t ms = first;
    for (uint32_t i = 1; i < times && ms < max; i++)
        ms *= 2;
    return ms < max ? ms : max;
}

static uint64_t pause_of(const struct resolver *at)
{
    return at->state == RESOLVER_SILENT
               ? backoff(SILENT_FIRST_MS, SILENT_MAX_MS, at->asides)
               : backoff(LIAR_FIRST_MS, LIAR_MAX_MS, at->asides);
}

static void set_aside(struct resolver *at, enum resolver_state state, struct mono_ms now)
{
    at->state = state;
    at->asides++;
    at->test.is_on = false;
    at->look_at.v = now.v + pause_of(at);
}

static void come_back(struct resolver *at, struct mono_ms now)
{
    /* Twice in a row: what was the matter is over. */
    if (!is_aside(at->state))
        at->asides = 0;
    at->is_on_trial = false;
    at->state = RESOLVER_GOOD;
    at->failures = at->failures < SHARE_AFTER ? at->failures : SHARE_AFTER;
    at->lies = at->lies < SHARE_AFTER ? at->lies : SHARE_AFTER;
    at->passed_at = now;
    at->look_at.v = now.v + TEST_EVERY_MS;
}

void resolvers_init(struct resolvers *r, uint32_t n, bool has_canaries, struct mono_ms now)
{
    MUST(n > 0 && n <= RESOLVERS_MAX);
    memset(r, 0, sizeof *r);
    r->n = n;
    r->has_canaries = has_canaries;
    for (uint32_t i = 0; i < n; i++) {
        r->at[i].state = has_canaries ? RESOLVER_UNTESTED : RESOLVER_GOOD;
        r->at[i].told = RESOLVER_GOOD;
        r->at[i].look_at = now;
    }
}

void resolvers_wake(struct resolvers *r, struct mono_ms now)
{
    for (uint32_t i = 0; i < r->n && r->has_canaries; i++) {
        struct resolver *at = &r->at[i];
        if (at->state == RESOLVER_GOOD && now.v >= at->passed_at.v + TEST_EVERY_MS) {
            at->state = RESOLVER_UNTESTED;
            at->look_at = now;
        }
    }
}

static uint32_t in_state(const struct resolvers *r, enum resolver_state s)
{
    uint32_t bits = 0;
    for (uint32_t i = 0; i < r->n; i++)
        bits |= (uint32_t)(r->at[i].state == s) << i;
    return bits;
}

uint32_t resolvers_good(const struct resolvers *r)
{
    return in_state(r, RESOLVER_GOOD);
}

uint32_t resolvers_in_test(const struct resolvers *r)
{
    uint32_t bits = in_state(r, RESOLVER_UNTESTED);
    for (uint32_t i = 0; i < r->n; i++)
        bits |= (uint32_t)r->at[i].test.is_on << i;
    return bits;
}

uint32_t resolvers_usable(const struct resolvers *r, struct mono_ms now)
{
    uint32_t usable = resolvers_good(r);
    for (uint32_t i = 0; i < r->n && !r->has_canaries; i++) {
        if (r->at[i].look_at.v <= now.v)
            usable |= UINT32_C(1) << i;
    }
    if (usable == 0 && in_state(r, RESOLVER_UNTESTED) == 0)
        usable = (UINT32_C(1) << r->n) - 1;
    return usable;
}

uint32_t resolvers_take(struct resolvers *r, uint32_t among, struct mono_ms now)
{
    MUST(among != 0 && among < UINT32_C(1) << r->n);
    uint32_t i = r->turn;
    while (!(among >> i & 1))
        i = (i + 1) % r->n;
    r->turn = (i + 1) % r->n;
    struct resolver *at = &r->at[i];
    if (!r->has_canaries && is_aside(at->state) && at->look_at.v <= now.v) {
        at->is_on_trial = true; /* one question at a time */
        at->look_at.v = now.v + pause_of(at);
    }
    return i;
}

bool resolvers_believe(const struct resolvers *r, uint32_t i, enum dns_outcome outcome)
{
    if (dns_outcome_is_doubt(outcome))
        return false;
    /* Without canaries a denial is believed as far as another one confirms it. */
    if (dns_outcome_is_candidate(outcome))
        return r->at[i].state == RESOLVER_GOOD ||
               (!r->has_canaries && r->at[i].state == RESOLVER_SILENT);
    return r->at[i].state != RESOLVER_INVENTS;
}

static uint32_t share_up(uint32_t share)
{
    return share + (RESOLVER_SHARE_ALL - share) / SHARE_PART;
}

static uint32_t share_down(uint32_t share)
{
    return share - share / SHARE_PART;
}

void resolvers_answered(struct resolvers *r, uint32_t i, struct mono_ms now)
{
    struct resolver *at = &r->at[i];
    at->failures = share_down(at->failures);
    if (!r->has_canaries && (at->state == RESOLVER_SILENT || at->is_on_trial))
        come_back(at, now);
}

void resolvers_failed(struct resolvers *r, uint32_t i, struct mono_ms now)
{
    struct resolver *at = &r->at[i];
    at->failures = share_up(at->failures);
    if (at->state != RESOLVER_GOOD || at->failures <= FAILURES_MAX)
        return;
    if (!r->has_canaries) {
        set_aside(at, RESOLVER_SILENT, now);
        return;
    }
    at->state = RESOLVER_UNTESTED;
    at->look_at = now;
}

void resolvers_confirmed(struct resolvers *r, uint32_t i)
{
    r->at[i].lies = share_down(r->at[i].lies);
}

void resolvers_contradicted(struct resolvers *r, uint32_t i, struct mono_ms now)
{
    struct resolver *at = &r->at[i];
    at->contradicted++;
    at->lies = share_up(at->lies);
    if (at->lies > LIES_MAX && !is_aside(at->state))
        set_aside(at, RESOLVER_DENIES, now);
}

/* Canaries -------------------------------------------------------------------------------
 */

static void begin_test(struct canary_test *t)
{
    *t = (struct canary_test){.is_on = true, .todo = (1U << CANARY_KINDS) - 1};
}

bool resolvers_canary(struct resolvers *r, struct mono_ms now, struct canary_question *out)
{
    for (uint32_t i = 0; i < r->n && r->has_canaries; i++) {
        struct canary_test *t = &r->at[i].test;
        if (!t->is_on && t->out == 0 && r->at[i].look_at.v <= now.v)
            begin_test(t);
        for (unsigned k = 0; k < CANARY_KINDS && t->is_on; k++) {
            if (!(t->todo >> k & 1))
                continue;
            t->todo &= (uint8_t) ~(1U << k);
            t->out |= (uint8_t)(1U << k);
            *out = (struct canary_question){
                .resolver = i, .kind = (enum canary_kind)k, .attempt = t->tries[k]};
            return true;
        }
    }
    return false;
}

/* GOOD: as it should be; UNTESTED: it said nothing. */
static enum resolver_state judge(enum canary_kind kind, enum dns_outcome outcome)
{
    if (dns_outcome_is_doubt(outcome))
        return RESOLVER_UNTESTED;
    bool is_denied = dns_outcome_is_candidate(outcome);
    if (kind == CANARY_EXISTING)
        return is_denied ? RESOLVER_DENIES : RESOLVER_GOOD;
    return is_denied ? RESOLVER_GOOD : RESOLVER_INVENTS;
}

void resolvers_canary_done(struct resolvers *r, uint32_t i, enum canary_kind kind,
                           enum dns_outcome outcome, struct mono_ms now)
{
    struct resolver *at = &r->at[i];
    struct canary_test *t = &at->test;
    t->out &= (uint8_t) ~(1U << kind);
    if (!t->is_on)
        return; /* the test was decided without it */
    enum resolver_state verdict = judge(kind, outcome);
    if (verdict == RESOLVER_GOOD)
        t->passed |= (uint8_t)(1U << kind);
    else if (is_aside(verdict))
        set_aside(at, verdict, now);
    else if (++t->tries[kind] < CANARY_TRIES)
        t->todo |= (uint8_t)(1U << kind);
    else
        set_aside(at, RESOLVER_SILENT, now);
    if (t->passed == (1U << CANARY_KINDS) - 1) {
        t->is_on = false;
        come_back(at, now);
    }
}

void resolvers_test_now(struct resolvers *r, struct mono_ms now)
{
    for (uint32_t i = 0; i < r->n && r->has_canaries; i++) {
        struct resolver *at = &r->at[i];
        if (at->state == RESOLVER_GOOD && at->look_at.v > now.v)
            at->look_at = now;
    }
}

bool resolvers_are_testing(const struct resolvers *r, struct mono_ms now)
{
    for (uint32_t i = 0; i < r->n && r->has_canaries; i++) {
        if (r->at[i].test.is_on || r->at[i].look_at.v <= now.v)
            return true;
    }
    return false;
}

enum resolver_news resolvers_news(struct resolvers *r, uint32_t i)
{
    struct resolver *at = &r->at[i];
    if (at->state == RESOLVER_UNTESTED || at->state == at->told)
        return RESOLVER_NO_NEWS;
    at->told = at->state;
    return is_aside(at->state) ? RESOLVER_IS_ASIDE : RESOLVER_IS_BACK;
}

const char *resolver_state_text(enum resolver_state s)
{
    static const char *const texts[] = {[RESOLVER_UNTESTED] = "untested",
                                        [RESOLVER_GOOD] = "good",
                                        [RESOLVER_SILENT] = "silent",
                                        [RESOLVER_DENIES] = "denies_what_exists",
                                        [RESOLVER_INVENTS] = "invents_names"};
    return texts[s];
}

bool canary_name(const char *suffix, const uint8_t chance[CANARY_LETTERS], char *out)
{
    size_t len = strlen(suffix);
    if (CANARY_LETTERS + 1 + len > DOMAIN_MAX)
        return false;
    for (size_t i = 0; i < CANARY_LETTERS; i++)
        out[i] = (char)('a' + chance[i] % 26);
    out[CANARY_LETTERS] = '.';
    memcpy(out + CANARY_LETTERS + 1, suffix, len + 1);
    return true;
}
