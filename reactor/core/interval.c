#include "core/interval.h"

#include "base/must.h"

#define MINUTE_S 60U
#define HOUR_S 3600U
#define DAY_S (24U * HOUR_S)

/* An answer this young serves a second question about the same domain: many accounts of one
 * lapsed domain arrive together. */
#define ANSWER_SHARED_S MINUTE_S
/* A check that is later by this part of its interval, three minutes of a day, has waited in
 * a backlog, or for the end of an outage. */
#define LATE_PART 480U

#define BACKOFF_MAX_S (6U * HOUR_S)

/* How long an answer of the status API stands while DNS keeps saying "absent", by phase.
 * Redemption (30 days) and pending delete (5 days) end soon, so they are followed daily; a
 * registration on hold may enter redemption any day; what is free or can never be taken
 * changes only by being registered, which DNS shows. 0: as long as recheck_s.
 * (A daily check may come 2.4 hours early, see interval_next.) */
static const uint32_t answer_good_s[PHASE_COUNT] = {
    [PHASE_NEW] = ANSWER_SHARED_S,
    [PHASE_ACTIVE] = ANSWER_SHARED_S,
    [PHASE_CANDIDATE] = ANSWER_SHARED_S,
    [PHASE_HELD] = 3U * DAY_S,
    [PHASE_REDEMPTION] = DAY_S - 3U * HOUR_S,
    [PHASE_PENDING_DELETE] = DAY_S - 3U * HOUR_S,
    [PHASE_RELEASED] = 0,
    [PHASE_RESURRECTED] = ANSWER_SHARED_S,
    [PHASE_UNREGISTRABLE] = 0,
    [PHASE_NOT_A_NAME] = 0,
    [PHASE_PRIVATE] = 0,
    [PHASE_EXEMPT] = 0,
};

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* By the time at which it was due, or, after doubt, should have been checked. */
static bool is_late(const struct watch *w, uint32_t before, uint32_t base, uint32_t now)
{
    uint32_t patience = base / LATE_PART;
    return now > (uint64_t)before + base + patience ||
           (w->due != 0 && now > (uint64_t)w->due + patience);
}

/* 0 .. below-1, another one each time: those that waited together stand in the order in
 * which they were spread before, and must not keep it. */
static uint32_t share_of(uint64_t hash, uint32_t now, uint32_t below)
{
    uint64_t mixed = (hash ^ now) * UINT64_C(0x9E3779B97F4A7C15); /* 2^64 / golden ratio */
    return (uint32_t)((mixed >> 32) % below);
}

uint32_t interval_base(const struct interval_options *o, uint32_t look_s)
{
    return least(least(o->dns_s, o->recheck_s), look_s);
}

uint32_t interval_next(const struct interval_options *o, const struct watch *w,
                       uint32_t now, const struct interval_name *name)
{
    uint32_t base = interval_base(o, name->look_s);
    if (w->phase == PHASE_NOT_A_NAME)
        base = o->recheck_s;
    if (w->phase == PHASE_REDEMPTION || w->phase == PHASE_PENDING_DELETE)
        base = least(base, DAY_S);
    /* Earlier, never later: the configured interval and recheck_days are promises. */
    base -= (uint32_t)(name->hash % (base / 10 + 1));
    if (w->phase == PHASE_ACTIVE && is_late(w, name->before, base, now))
        base -= share_of(name->hash, now, base);
    if (w->phase == PHASE_REDEMPTION && !(w->flags & WATCH_UNVERIFY)) {
        uint64_t confirmed_at = (uint64_t)w->since + o->confirm_s;
        base = confirmed_at > now ? least(base, (uint32_t)(confirmed_at - now)) : 1;
    }
    return base;
}

static bool is_settled(enum phase p)
{
    return p == PHASE_ACTIVE || p == PHASE_UNREGISTRABLE || p == PHASE_NOT_A_NAME;
}

uint64_t interval_status_due(const struct interval_options *o, const struct watch *w,
                             uint64_t name_hash)
{
    if (!is_settled((enum phase)w->phase) || w->checked == 0)
        return 0;
    uint32_t age = o->recheck_s - (uint32_t)(name_hash % (o->recheck_s / 10 + 1));
    if (w->outcome != DNS_SYNTHESIZED)
        age = (uint32_t)(name_hash % o->recheck_s);
    return (uint64_t)w->checked + age;
}

bool interval_answer_is_good(const struct interval_options *o, enum phase phase,
                             uint32_t since, uint32_t answered, uint32_t now)
{
    if (answered == 0 || answered > now)
        return false;
    if (phase == PHASE_REDEMPTION && (uint64_t)answered < (uint64_t)since + o->confirm_s &&
        (uint64_t)now >= (uint64_t)since + o->confirm_s)
        return false; /* the confirmation must rest on an answer of its own */
    uint32_t good = answer_good_s[phase] != 0 ? answer_good_s[phase] : o->recheck_s;
    return now - answered <= good;
}

bool interval_answer_is_young(uint32_t answered, uint32_t now)
{
    return answered != 0 && answered <= now && now - answered <= ANSWER_SHARED_S;
}

static uint32_t backoff(const struct interval_options *o, uint32_t first, unsigned doubts)
{
    uint32_t s = first;
    for (unsigned i = 1; i < doubts && s < BACKOFF_MAX_S; i++)
        s *= 2;
    return least(least(s, BACKOFF_MAX_S), o->dns_s);
}

uint32_t interval_backoff_dns(const struct interval_options *o, unsigned doubts)
{
    return backoff(o, MINUTE_S, doubts);
}

uint32_t interval_backoff_status(const struct interval_options *o, unsigned doubts)
{
    return backoff(o, 5U * MINUTE_S, doubts);
}
