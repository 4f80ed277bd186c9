/* PyPI's rules, as its source has them (pypi/warehouse at 6b62157, 2026-08-21).
 *
 *   - warehouse/accounts/tasks.py, batch_update_email_domain_status, daily at 04:00: of all
 *     rows of addresses, verified or not, webmail or not, those never checked first, then
 *     those last checked more than 30 days ago, the longest first; 1,000 of them. One
 *     question a row, about the address's own domain.
 *   - The answer's words are kept. No answer (time-out after 5 s, not 2xx, errors in the
 *     body: warehouse/accounts/services.py): the row is dated 23 days back, so it is asked
 *     about again in 7 days (commit 5c1a18e1e).
 *   - unverify_emails_with_expired_domains, daily at 04:15: verified rows whose kept words
 *     hold any of undelegated, inactive, expiring, deleting, unknown; 1,000 of them.
 *   - When an address is verified once more its domain is asked about anew (582bfe85a).
 *
 * Left out in their favour: that a mail host below the registrable domain is asked about as
 * it is, and that a body which is no JSON ends the job (here: no answer). */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "sim/answers.h"
#include "sim/chance.h"
#include "sim/rules.h"

#define A_DAY 1000U
#define RECHECK (30 * SIM_DAY)
#define FAILED_BACK (23 * SIM_DAY)
#define TIMEOUT_MS 5000U
#define CHECK_AT (4 * SIM_HOUR)
#define UNVERIFY_AT (CHECK_AT + 15 * 60)
#define NEVER INT32_MIN

/* A row waits for its turn by when it was checked; rows of one time in an order of chance.
 */
struct turn {
    int32_t checked;
    uint32_t order, row;
};

struct pypi {
    struct ledger *ledger;
    struct turn *heap;
    uint32_t n;
    bool *is_bad;    /* by row: the kept words */
    uint32_t *queue; /* rows with bad words that are to be looked at at 04:15 */
    uint32_t queued;
    uint32_t a_day;   /* of both jobs */
    uint32_t *asked;  /* by place in today's batch: the row */
    int32_t *checked; /* ... and its date */
};

static bool is_before(const struct turn *a, const struct turn *b)
{
    if (a->checked != b->checked)
        return a->checked < b->checked;
    return a->order != b->order ? a->order < b->order : a->row < b->row;
}

static void push(struct pypi *p, uint32_t row, int32_t checked)
{
    const uint64_t seed = p->ledger->world->o.seed;
    struct turn x = {checked, (uint32_t)chance(seed, CHANCE_ROW, row), row};
    uint32_t i = p->n++;
    while (i > 0 && is_before(&x, &p->heap[(i - 1) / 2])) {
        p->heap[i] = p->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    p->heap[i] = x;
}

static uint32_t pop(struct pypi *p)
{
    const uint32_t row = p->heap[0].row;
    const struct turn x = p->heap[--p->n];
    uint32_t i = 0;
    for (uint32_t child = 1; child < p->n; child = 2 * i + 1) {
        if (child + 1 < p->n && is_before(&p->heap[child + 1], &p->heap[child]))
            child++;
        if (!is_before(&p->heap[child], &x))
            break;
        p->heap[i] = p->heap[child];
        i = child;
    }
    p->heap[i] = x;
    return row;
}

static bool words_are_bad(const char *words)
{
    static const char *const bad[] = {"undelegated", "inactive", "expiring", "deleting",
                                      "unknown"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (strstr(words, bad[i]) != NULL)
            return true;
    }
    return false;
}

/* return  false: no answer */
static bool ask(struct pypi *p, uint32_t row, int32_t t)
{
    struct world *w = p->ledger->world;
    struct api_answer a;
    answer_api(w, w->addresses[row].domain, t, row, &a);
    ledger_paid(p->ledger, w->addresses[row].domain, t);
    if (a.http != 200 || a.words == NULL || a.elapsed_ms > TIMEOUT_MS)
        return false;
    p->is_bad[row] = words_are_bad(a.words);
    if (p->is_bad[row] && ledger_is_trusted(p->ledger, row))
        p->queue[p->queued++] = row;
    return true;
}

static void check(struct pypi *p, int32_t t)
{
    uint32_t n = 0;
    while (n < p->a_day && p->n > 0 && p->heap[0].checked < t - RECHECK) {
        p->asked[n] = pop(p);
        p->checked[n] = ask(p, p->asked[n], t) ? t : t - FAILED_BACK;
        n++;
    }
    for (uint32_t i = 0; i < n; i++)
        push(p, p->asked[i], p->checked[i]);
}

static void unverify(struct pypi *p, int32_t t)
{
    uint32_t n = 0, kept = 0;
    for (uint32_t i = 0; i < p->queued; i++) {
        const uint32_t row = p->queue[i];
        if (!p->is_bad[row] || !ledger_is_trusted(p->ledger, row))
            continue;
        if (n++ < p->a_day)
            ledger_unverified(p->ledger, row, t, false);
        else
            p->queue[kept++] = row;
    }
    p->queued = kept;
}

static void take_events(struct pypi *p, uint32_t day)
{
    const int32_t t = (int32_t)day * SIM_DAY + 1;
    uint32_t row;
    while ((row = feed_take(&p->ledger->feed, day)) != UINT32_MAX) {
        const bool is_known = p->ledger->struck[row] != INT32_MAX;
        ledger_verified(p->ledger, row, t);
        if (is_known)
            (void)ask(p, row, t);
        else
            push(p, row, NEVER);
    }
}

void rules_pypi(struct ledger *l)
{
    const struct world *w = l->world;
    struct pypi p = {.ledger = l};
    p.a_day = w->o.pypi_a_day != 0 ? w->o.pypi_a_day : A_DAY;
    p.asked = malloc(p.a_day * sizeof *p.asked);
    p.checked = malloc(p.a_day * sizeof *p.checked);
    p.heap = malloc(w->n_addresses * sizeof *p.heap);
    p.is_bad = calloc(w->n_addresses, sizeof *p.is_bad);
    p.queue = malloc((size_t)w->n_addresses * 2 * sizeof *p.queue);
    MUST(p.asked != NULL && p.checked != NULL);
    MUST(p.heap != NULL && p.is_bad != NULL && p.queue != NULL);
    for (uint32_t row = 0; row < w->n_addresses; row++) {
        if (w->addresses[row].verified > 0)
            continue;
        ledger_verified(l, row, 0);
        push(&p, row, NEVER);
    }
    for (uint32_t day = 0; day < w->o.days; day++) {
        take_events(&p, day);
        check(&p, (int32_t)day * SIM_DAY + CHECK_AT);
        unverify(&p, (int32_t)day * SIM_DAY + UNVERIFY_AT);
    }
    free(p.heap);
    free(p.is_bad);
    free(p.queue);
    free(p.asked);
    free(p.checked);
}
