/* RubyGems.org's rules, as its source has them (rubygems/rubygems.org at 3c8ea0d,
 * 2026-08-21, app/jobs/verify_user_email_domains_job.rb).
 *
 *   - Daily at 12:00, one run at a time: each distinct domain of confirmed users is asked
 *     about, one question after the other (so a run over 300,000 domains takes days, and
 *     the next begins at the noon after its end).
 *   - Any of inactive, parked, expiring, deleting, and no MX record at the mail host: its
 *     users are to be blocked. An MX question that fails leaves it alone.
 *   - A question that fails (10 s to connect, 30 s to answer, no JSON) skips its domain;
 *     when all fail the run fails.
 *   - At the end of the run: at most 20 users are blocked by itself; more are left to a
 *     person. That person is never wrong here, and takes a day. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "sim/answers.h"
#include "sim/rules.h"

#define RUN_AT (12 * SIM_HOUR)
#define MAX_AUTO_BLOCK 20U
#define READ_TIMEOUT_MS 30000U
#define REVIEW_TAKES SIM_DAY

struct rubygems {
    struct ledger *ledger;
    uint32_t *found; /* domains, of the run under way */
    uint32_t n, users;
    uint32_t *listed; /* domains that a person looks at */
    uint32_t n_listed;
    int32_t review_at; /* when he has; INT32_MAX: he has none */
    uint32_t day;      /* events up to this day are in */
};

static bool words_are_bad(const char *words)
{
    static const char *const bad[] = {"inactive", "parked", "expiring", "deleting"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (strstr(words, bad[i]) != NULL)
            return true;
    }
    return false;
}

static uint32_t users_of(const struct rubygems *g, uint32_t domain)
{
    const struct domain *d = &g->ledger->world->domains[domain];
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->addresses; i++)
        n += ledger_is_trusted(g->ledger, d->first + i);
    return n;
}

static void block(struct rubygems *g, uint32_t domain, int32_t t, bool by_hand)
{
    const struct domain *d = &g->ledger->world->domains[domain];
    for (uint32_t i = 0; i < d->addresses; i++)
        ledger_unverified(g->ledger, d->first + i, t, by_hand);
}

static void take_events(struct rubygems *g, int32_t t)
{
    const uint32_t today = (uint32_t)(t / SIM_DAY);
    for (; g->day <= today && g->day < g->ledger->world->o.days; g->day++) {
        uint32_t user;
        while ((user = feed_take(&g->ledger->feed, g->day)) != UINT32_MAX)
            ledger_verified(g->ledger, user, (int32_t)g->day * SIM_DAY + 1);
    }
}

/* What was listed by `t` has been looked at. */
static void review(struct rubygems *g, int32_t t)
{
    if (t < g->review_at)
        return;
    for (uint32_t i = 0; i < g->n_listed; i++) {
        if (ledger_person_approves(g->ledger, g->listed[i], g->review_at))
            block(g, g->listed[i], g->review_at, true);
    }
    g->review_at = INT32_MAX;
}

/* He who still has a list gets no other one: it would hold the same and little more. */
static void list_for_review(struct rubygems *g, int32_t t)
{
    g->ledger->result.reviewed += g->users;
    if (g->review_at != INT32_MAX)
        return;
    memcpy(g->listed, g->found, g->n * sizeof *g->listed);
    g->n_listed = g->n;
    g->review_at = t + REVIEW_TAKES;
}

static void end_run(struct rubygems *g, int32_t t)
{
    if (g->users > MAX_AUTO_BLOCK) {
        list_for_review(g, t);
        return;
    }
    for (uint32_t i = 0; i < g->n; i++)
        block(g, g->found[i], t, false);
}

/* One question. return  false: it failed */
static bool ask(struct rubygems *g, uint32_t domain, int64_t *t_ms)
{
    struct world *w = g->ledger->world;
    struct api_answer a;
    const int32_t t = (int32_t)(*t_ms / 1000);
    answer_api(w, domain, t, 0, &a);
    ledger_paid(g->ledger, domain, t);
    const bool is_late = a.elapsed_ms > READ_TIMEOUT_MS;
    *t_ms += is_late ? READ_TIMEOUT_MS : a.elapsed_ms;
    if (a.http == 0 || is_late || (a.http == 200 && a.words == NULL))
        return false;
    if (a.http == 200 && words_are_bad(a.words) && answer_mx(w, domain, t) == MX_NONE) {
        g->found[g->n++] = domain;
        g->users += users_of(g, domain);
    }
    return true;
}

/* return  when it ends */
static int32_t run(struct rubygems *g, int32_t from)
{
    struct world *w = g->ledger->world;
    int64_t t_ms = (int64_t)from * 1000;
    uint32_t failed = 0, asked = 0;
    g->n = g->users = 0;
    for (uint32_t domain = 0; domain < w->n_domains && t_ms / 1000 < w->until; domain++) {
        if (users_of(g, domain) == 0)
            continue;
        review(g, (int32_t)(t_ms / 1000));
        asked++;
        failed += !ask(g, domain, &t_ms);
    }
    const int32_t t = (int32_t)(t_ms / 1000);
    take_events(g, t);
    if (t < w->until && failed < asked)
        end_run(g, t);
    return t;
}

void rules_rubygems(struct ledger *l)
{
    const struct world *w = l->world;
    struct rubygems g = {.ledger = l, .review_at = INT32_MAX};
    g.found = malloc(w->n_domains * sizeof *g.found);
    g.listed = malloc(w->n_domains * sizeof *g.listed);
    MUST(g.found != NULL && g.listed != NULL);
    for (uint32_t user = 0; user < w->n_addresses; user++) {
        if (w->addresses[user].verified <= 0)
            ledger_verified(l, user, 0);
    }
    int32_t next = RUN_AT;
    while (next < w->until) {
        take_events(&g, next);
        review(&g, next);
        next = run(&g, next);
        next += SIM_DAY - (next - RUN_AT) % SIM_DAY;
    }
    free(g.found);
    free(g.listed);
}
