/* The core against chance: events, answers, confirmations, removal storms and clocks that
 * jump, all from a seed. A model that knows only what was put in judges what comes out:
 *
 *   - a message is about an address that is attached, once for each verification, under
 *     the id that these alone make
 *   - it rests on an answer whose words judge to unverify, that was given to a question
 *     about this very watch, and that is young enough for this address
 *   - in the phase resurrected it was verified before the registration's day
 *   - phases move as the answers say, and each move is told once
 *   - no bound is ever exceeded
 *   - when all is answered and confirmed, whoever should have been told of has been */
#include "unit/account_of.h"

#include "core/core.h"
#include "core/decide.h"
#include "core/identity.h"
#include "core/opinion.h"
#include "core/registration.h"
#include "core/resurrection.h"
#include "unit/dice.h"

enum { DOMAINS = 40, ACCOUNTS = 20, LOCALS = 2, SLOTS = DOMAINS * LOCALS };
enum { DOMAIN_EXEMPT = 0, DOMAIN_PRIVATE = 1 };
enum { ASKS_MAX = 1024, OUTBOX_MAX = 64 };
#define DAY_S 86400
#define STEPS 150000U
#define SHARED_S 60 /* an answer this old serves a new address */

#define FREE UINT32_MAX
#define S(state) (1U << RDAP_##state)

/* What is true of a domain, and how it shows: in DNS, at the status API, at its registry.
 */
static const struct truth {
    enum dns_outcome dns;
    const char *words;
    uint32_t states;
} truths[] = {
    {DNS_DELEGATED, "active", 0},
    {DNS_EXISTS, "active", S(AUTO_RENEW)},
    {DNS_ABSENT, "active", 0},
    {DNS_ABSENT, "undelegated active", S(CLIENT_HOLD)},
    {DNS_ABSENT, "undelegated active", S(REDEMPTION) | S(PENDING_DELETE)},
    {DNS_ABSENT, "undelegated active", S(PENDING_DELETE)},
    {DNS_ABSENT, "undelegated expiring", S(REDEMPTION) | S(PENDING_DELETE)},
    {DNS_NOT_DELEGATED, "undelegated expiring deleting", S(PENDING_DELETE)},
    {DNS_NOT_DELEGATED, "undelegated inactive", FREE},
    {DNS_ABSENT, "undelegated inactive", FREE},
    {DNS_ABSENT, "undelegated inactive reserved", FREE},
    {DNS_ABSENT, "zone", FREE},
    {DNS_ABSENT, "undelegated", FREE},
    {DNS_ABSENT, "unknown", S(SERVER_HOLD)},
};

struct model_address {
    bool attached, said, blocked;
    bool verified_again; /* not new: it needs a question asked after its verification */
    int64_t verified_ms;
    uint64_t verified_step;
    int64_t attached_s;
    char id[MESSAGE_ID_SIZE], block_id[MESSAGE_ID_SIZE];
};

/* Why its registry is asked. */
enum why { WHY_CANDIDATE, WHY_OPINION, WHY_LOOK };

struct model_domain {
    const struct truth *truth;
    uint32_t true_day; /* of its registration; 0: its registry doesn't tell */
    /* The rest is of the watch. */
    uint32_t addresses;
    uint64_t watch; /* another number each time it is watched anew; 0: not watched */
    enum phase phase;
    bool may_unverify, may_block;
    int64_t since_s;                    /* of the phase */
    uint64_t asked_step, answered_step; /* of the answer in force */
    int64_t answered_s;
    uint32_t day, proved_day; /* as told last; as the proof has it, 0: it has none */
    struct verdict kept;      /* of the answers in the proof, the day left out */
    enum why why;
    const char *words; /* that a second opinion is asked about */
    uint64_t words_asked_step;
    int64_t words_s;              /* when they were answered */
    uint32_t untold, unrecovered; /* messages about it that are owed */
};

struct ask {
    uint64_t token, watch, step;
    uint32_t domain;
};

struct sim {
    struct dice dice;
    struct core_options options;
    struct core *core;
    struct effects fx;
    struct wall_ms now, latest; /* the latest there ever was */
    struct mono_ms mono;
    uint64_t step, watches_begun;
    bool is_honest; /* the last part: no noise, everything answered */
    struct ask dns[ASKS_MAX], status[ASKS_MAX], rdap[ASKS_MAX];
    uint32_t n_dns, n_status, n_rdap;
    const struct publication *pending[OUTBOX_MAX];
    uint32_t n_pending;
    struct model_domain domains[DOMAINS];
    struct model_address at[ACCOUNTS][SLOTS];
    uint64_t unverified, blocked, moves, late, recovered, resurrected;
};

/* Names ----------------------------------------------------------------------------------
 */

static const char *account_text(uint32_t a)
{
    static char text[16];
    snprintf(text, sizeof text, a % 2 ? "u%u" : "#%u", a);
    return text;
}

static const char *domain_text(uint32_t d)
{
    static char text[32];
    if (d == DOMAIN_EXEMPT)
        return "exempt.com";
    if (d == DOMAIN_PRIVATE)
        return "someone.github.io";
    snprintf(text, sizeof text, "domain%u.com", d);
    return text;
}

/* Every fifth stands below a host of its domain. */
static const char *email_text(uint32_t slot)
{
    static char text[64];
    uint32_t d = slot / LOCALS;
    snprintf(text, sizeof text, "local%u@%s%s", slot % LOCALS, d % 5 == 3 ? "mail." : "",
             domain_text(d));
    return text;
}

static uint32_t domain_of_name(const char *name)
{
    for (uint32_t d = 0; d < DOMAINS; d++) {
        if (strcmp(domain_text(d), name) == 0)
            return d;
    }
    fail_msg("an unknown name: %s", name);
    return 0;
}

static int64_t now_s(const struct sim *s)
{
    return s->now.v / SECOND_MS;
}

/* The model ------------------------------------------------------------------------------
 */

static void model_ids(struct sim *s, uint32_t a, uint32_t slot)
{
    struct model_address *m = &s->at[a][slot];
    const struct account_id account = account_of(account_text(a));
    const char *email = email_text(slot);
    const char *subject = s->options.dry_run ? "email.unverify.dryrun" : "email.unverify";
    identity_of_address(subject, &account, email, strlen(email), m->verified_ms, m->id);
    identity_of_address("email.block_reset", &account, email, strlen(email), m->verified_ms,
                        m->block_id);
}

static void model_verified(struct sim *s, uint32_t a, uint32_t slot, int64_t ms)
{
    struct model_address *m = &s->at[a][slot];
    struct model_domain *d = &s->domains[slot / LOCALS];
    if (m->attached && m->verified_ms == ms)
        return; /* the same event again */
    if (d->addresses == 0)
        *d = (struct model_domain){.truth = d->truth,
                                   .true_day = d->true_day,
                                   .watch = ++s->watches_begun,
                                   .phase = PHASE_NEW,
                                   .since_s = now_s(s)};
    d->addresses += !m->attached;
    *m = (struct model_address){.attached = true,
                                .verified_again = m->attached,
                                .verified_ms = ms,
                                .verified_step = s->step,
                                .attached_s = now_s(s)};
    model_ids(s, a, slot);
}

static void model_removed(struct sim *s, uint32_t a, uint32_t slot)
{
    struct model_domain *d = &s->domains[slot / LOCALS];
    if (!s->at[a][slot].attached)
        return;
    s->at[a][slot].attached = false;
    if (--d->addresses == 0)
        *d = (struct model_domain){.truth = d->truth, .true_day = d->true_day};
}

/* true: the phase is another one. */
static bool model_phase(struct sim *s, struct model_domain *d, enum phase to)
{
    enum phase from = d->phase;
    if (from == to)
        return false;
    d->untold += !(from == PHASE_NEW && to == PHASE_ACTIVE);
    d->unrecovered += phase_is_bad(from) && !phase_is_bad(to);
    d->phase = to;
    d->since_s = now_s(s);
    s->moves++;
    return true;
}

static bool is_void(const struct sim *s, uint32_t a, uint32_t slot, uint32_t day)
{
    const struct model_address *m = &s->at[a][slot];
    return m->attached && resurrection_voids(day, m->verified_ms);
}

/* Is an address of the domain older than that day? */
static bool any_void(const struct sim *s, uint32_t domain, uint32_t day)
{
    for (uint32_t a = 0; a < ACCOUNTS; a++) {
        for (uint32_t l = 0; l < LOCALS; l++) {
            if (is_void(s, a, domain * LOCALS + l, day))
                return true;
        }
    }
    return false;
}

static bool registry_is_provider(const struct sim *s)
{
    return s->options.provider != NULL && strcmp(s->options.provider, "rdap") == 0;
}

/* What follows from a verdict on a domain whose proof is noted. true: it moves. */
static bool model_verdict(struct sim *s, uint32_t domain, const struct verdict *v)
{
    struct model_domain *d = &s->domains[domain];
    enum phase to = v->phase;
    if ((to == PHASE_ACTIVE || to == PHASE_HELD) && d->day != 0 &&
        d->proved_day == d->day && any_void(s, domain, d->day))
        to = PHASE_RESURRECTED;
    bool moved = model_phase(s, d, to);
    bool has_held = !v->must_hold || now_s(s) >= d->since_s + (int64_t)s->options.confirm_s;
    d->may_unverify = to == PHASE_RESURRECTED || (v->unverify && has_held);
    d->may_block = to == PHASE_RESURRECTED || (v->block_reset && has_held);
    s->resurrected += moved && to == PHASE_RESURRECTED;
    return moved;
}

/* It is in DNS; its registry may have told a day with that. */
static bool model_in_dns(struct sim *s, uint32_t domain, const struct rdap_reply *told)
{
    static const struct verdict active = {.kind = VERDICT_PHASE, .phase = PHASE_ACTIVE};
    struct model_domain *d = &s->domains[domain];
    bool was_bad = phase_is_bad(d->phase);
    uint32_t day = told != NULL ? (uint32_t)told->registered_s : 0;
    if (d->phase != PHASE_RESURRECTED || day != 0)
        d->proved_day = 0;
    if (day != 0 && (was_bad || any_void(s, domain, day)))
        d->proved_day = day;
    if (told != NULL)
        d->kept = registration_judge_reply(told);
    return model_verdict(s, domain, &active);
}

/* `referred`: the core asks the domain's registry first; `reused`: it has judged the answer
 * that it keeps. Both are its own to choose. */
static bool model_dns(struct sim *s, const struct ask *q, enum dns_outcome outcome,
                      bool referred, bool reused)
{
    struct model_domain *d = &s->domains[q->domain];
    if (q->watch != d->watch || q->domain == DOMAIN_PRIVATE)
        return false;
    if (outcome == DNS_DELEGATED || outcome == DNS_EXISTS) {
        d->why = WHY_LOOK;
        return !referred && model_in_dns(s, q->domain, NULL);
    }
    if (!dns_outcome_is_candidate(outcome))
        return false;
    d->why = WHY_CANDIDATE;
    if (s->options.provider == NULL)
        return model_phase(s, d, PHASE_CANDIDATE);
    return reused && model_verdict(s, q->domain, &d->kept);
}

static bool model_answer(struct sim *s, const struct ask *q, uint64_t asked_step,
                         const struct verdict *v, const uint32_t *day)
{
    struct model_domain *d = &s->domains[q->domain];
    if (v->kind == VERDICT_DOUBT)
        return false;
    if (day != NULL)
        d->proved_day = *day;
    else if (d->phase != PHASE_RESURRECTED)
        d->proved_day = 0;
    d->kept = *v;
    d->asked_step = asked_step;
    d->answered_step = s->step;
    d->answered_s = now_s(s);
    return model_verdict(s, q->domain, v);
}

static bool model_status(struct sim *s, const struct ask *q, const char *words)
{
    struct model_domain *d = &s->domains[q->domain];
    struct status_words parsed = status_words_parse(words);
    struct verdict v = policy_judge(&parsed);
    if (q->watch != d->watch)
        return false;
    if (s->options.second_opinion && opinion_is_wanted(&v)) {
        d->why = WHY_OPINION;
        d->words = words;
        d->words_asked_step = q->step;
        d->words_s = now_s(s);
        return false;
    }
    return model_answer(s, q, q->step, &v, NULL);
}

static bool model_opinion(struct sim *s, const struct ask *q,
                          const struct rdap_reply *reply, const uint32_t *day)
{
    const struct model_domain *d = &s->domains[q->domain];
    const struct status_words words = status_words_parse(d->words);
    const struct verdict first = policy_judge(&words);
    const struct verdict second = registration_judge_reply(reply);
    struct verdict v = opinion_join(&first, &words, &second);
    if (second.kind == VERDICT_DOUBT) {
        if (phase_is_bad(d->phase) && reply->outcome != STATUS_EMPTY)
            return false; /* not left for want of an opinion */
        day = NULL;
    }
    bool moved = model_answer(s, q, d->words_asked_step, &v, day);
    if (v.kind != VERDICT_DOUBT)
        s->domains[q->domain].answered_s = d->words_s; /* the older of the two */
    return moved;
}

/* `doubts` in a row until now: a domain that came back is put off for two of them. */
static bool model_rdap(struct sim *s, const struct ask *q, const struct rdap_reply *reply,
                       unsigned doubts)
{
    struct model_domain *d = &s->domains[q->domain];
    if (q->watch != d->watch)
        return false;
    bool is_registered = reply->outcome == STATUS_ANSWERED && !reply->is_free;
    uint32_t said = (uint32_t)reply->registered_s;
    bool is_day =
        is_registered && said != 0 && said <= now_s(s) + (int64_t)RESURRECTION_MARGIN_S;
    if (is_day)
        d->day = said;
    if (d->why == WHY_OPINION)
        return model_opinion(s, q, reply, &said);
    if (d->why == WHY_CANDIDATE) {
        const struct verdict v = registration_judge_reply(reply);
        return model_answer(s, q, q->step, &v, &said);
    }
    bool came_back = d->phase == PHASE_HELD || d->phase == PHASE_CANDIDATE ||
                     (phase_is_bad(d->phase) && d->phase != PHASE_RESURRECTED);
    if (!is_registered && reply->outcome != STATUS_EMPTY && came_back && doubts < 2)
        return false; /* but where nobody can be asked that is an answer, too */
    if (is_day && registry_is_provider(s)) { /* an answer like any other */
        d->asked_step = q->step;
        d->answered_step = s->step;
        d->answered_s = now_s(s);
    }
    return model_in_dns(s, q->domain, is_day ? reply : NULL);
}

/* What comes out -------------------------------------------------------------------------
 */

static struct model_address *address_of_id(struct sim *s, const char *id, bool is_block,
                                           uint32_t *domain)
{
    for (uint32_t a = 0; a < ACCOUNTS; a++) {
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            struct model_address *m = &s->at[a][slot];
            if (m->attached && memcmp(is_block ? m->block_id : m->id, id, 32) == 0) {
                *domain = slot / LOCALS;
                return m;
            }
        }
    }
    fail_msg("step %llu: a message about no address there is", (unsigned long long)s->step);
    return NULL;
}

static void judge_address_message(struct sim *s, const struct publication *p)
{
    bool is_block = strcmp(p->subject, "email.block_reset") == 0;
    uint32_t domain = 0;
    struct model_address *m = address_of_id(s, p->id, is_block, &domain);
    const struct model_domain *d = &s->domains[domain];
    assert_true(d->may_unverify);
    /* The answer it rests on is one about the present verification. */
    if (d->phase == PHASE_RESURRECTED)
        assert_true(resurrection_voids(d->day, m->verified_ms));
    else if (m->verified_again)
        assert_true(d->asked_step > m->verified_step);
    else if (d->answered_step < m->verified_step)
        assert_in_range(m->attached_s - d->answered_s, 0, SHARED_S);
    assert_null(strstr(domain_text(domain), "exempt"));
    assert_int_not_equal(domain, DOMAIN_PRIVATE);
    if (is_block) {
        assert_true(m->said && !m->blocked && d->may_block && !s->options.dry_run);
        m->blocked = true;
        s->blocked++;
    } else {
        assert_false(m->said);
        m->said = true;
        s->unverified++;
    }
}

static void judge_domain_message(struct sim *s, const struct publication *p)
{
    struct buf json = {0};
    assert_int_equal(message_to_json(p->body.data, p->body.len, &json), ST_OK);
    assert_int_equal(buf_append(&json, "", 1), ST_OK);
    char *name = strstr((char *)json.data, "\"domain\":\"");
    assert_non_null(name);
    name += strlen("\"domain\":\"");
    *strchr(name, '"') = '\0';
    struct model_domain *d = &s->domains[domain_of_name(name)];
    buf_free(&json);
    if (strcmp(p->subject, "email.domain.recovered") == 0) {
        assert_true(d->unrecovered > 0);
        d->unrecovered--;
        s->recovered++;
    } else {
        assert_string_equal(p->subject, "email.domain.phase");
        assert_true(d->untold > 0);
        d->untold--;
    }
}

static void publish(struct sim *s, uint32_t entry, const struct publication *p)
{
    assert_true(entry < s->options.outbox);
    assert_null(s->pending[entry]);
    assert_true(p->body.len > 0);
    s->pending[entry] = p;
    s->n_pending++;
    if (strncmp(p->subject, "email.domain.", 13) == 0)
        judge_domain_message(s, p);
    else
        judge_address_message(s, p);
}

static void ask(struct sim *s, struct ask *list, uint32_t *n, const struct effect *e)
{
    uint32_t domain = domain_of_name(e->u.ask.name);
    const struct model_domain *d = &s->domains[domain];
    assert_int_not_equal(domain, DOMAIN_EXEMPT);
    assert_int_not_equal(d->watch, 0);
    assert_true(*n < ASKS_MAX);
    /* never two questions about one watch */
    for (uint32_t i = 0; i < s->n_dns; i++)
        assert_int_not_equal(s->dns[i].watch, d->watch);
    for (uint32_t i = 0; i < s->n_status; i++)
        assert_int_not_equal(s->status[i].watch, d->watch);
    for (uint32_t i = 0; i < s->n_rdap; i++)
        assert_int_not_equal(s->rdap[i].watch, d->watch);
    list[(*n)++] = (struct ask){
        .token = e->u.ask.token, .watch = d->watch, .step = s->step, .domain = domain};
}

static void step_core(struct sim *s, struct core_event *ev)
{
    s->step++;
    ev->now = s->now;
    ev->mono = s->mono;
    assert_int_equal(core_step(s->core, ev, &s->fx), ST_OK);
}

/* `moved`: the model has a domain change its phase in this step. */
static void step_effects(struct sim *s, bool moved)
{
    bool told = false;
    assert_true(s->fx.n <= EFFECTS_MAX);
    for (size_t i = 0; i < s->fx.n; i++) {
        const struct effect *e = &s->fx.at[i];
        switch (e->type) {
        case FX_ASK_DNS:
            ask(s, s->dns, &s->n_dns, e);
            break;
        case FX_ASK_STATUS:
            assert_int_not_equal(domain_of_name(e->u.ask.name), DOMAIN_PRIVATE);
            ask(s, s->status, &s->n_status, e);
            break;
        case FX_ASK_RDAP:
            assert_int_not_equal(domain_of_name(e->u.ask.name), DOMAIN_PRIVATE);
            ask(s, s->rdap, &s->n_rdap, e);
            break;
        case FX_PUBLISH:
            publish(s, e->u.publish.entry, e->u.publish.publication);
            break;
        case FX_MOVED:
            told = true;
            assert_int_equal(s->domains[domain_of_name(e->u.moved.name)].phase,
                             e->u.moved.to);
            break;
        case FX_ASK_MADE_UP:
        case FX_SUFFIX:
            fail_msg("suffixes are not tested here");
            break;
        case FX_PRIVATE_ABSENT:
            assert_int_equal(domain_of_name(e->u.ask.name), DOMAIN_PRIVATE);
            break;
        }
    }
    assert_int_equal(told, moved);
    assert_int_equal(core_dns_inflight(s->core), s->n_dns);
    assert_int_equal(core_status_inflight(s->core), s->n_status);
    assert_true(s->n_dns <= s->options.dns_inflight);
    assert_int_equal(core_rdap_inflight(s->core), s->n_rdap);
    assert_true(s->n_status <= s->options.status_concurrency);
    assert_true(s->n_rdap <= s->options.rdap_concurrency);
    assert_true(s->n_pending <= s->options.outbox);
    assert_true(core_publish_pending(s->core) >= s->n_pending);
}

static void step(struct sim *s, struct core_event *ev, bool moved)
{
    step_core(s, ev);
    step_effects(s, moved);
}

static void tick(struct sim *s)
{
    struct core_event ev = {.type = CORE_TICK};
    do
        step(s, &ev, false);
    while (s->fx.more);
}

/* What goes in ---------------------------------------------------------------------------
 */

static void verify(struct sim *s, uint32_t a, uint32_t slot)
{
    struct account_event event =
        event_of(EVENT_VERIFIED, account_text(a), email_text(slot));
    struct core_event ev = {.type = CORE_ACCOUNT, .u.account = {&event, s->now}};
    const struct model_address *m = &s->at[a][slot];
    int64_t ms = s->now.v;
    if (m->attached && dice_one_in(&s->dice, 2)) {
        event.has_time = true; /* delivered once more */
        event.time_ms = ms = m->verified_ms;
    } else if (dice_one_in(&s->dice, 4)) {
        event.has_time = true;
        event.time_ms = ms = s->now.v - (int64_t)dice_below(&s->dice, 5000);
    }
    event.mfa = (enum tristate)dice_below(&s->dice, 3);
    model_verified(s, a, slot, ms);
    step(s, &ev, false);
}

static void remove_address(struct sim *s, uint32_t a, uint32_t slot)
{
    struct account_event event = event_of(EVENT_REMOVED, account_text(a), email_text(slot));
    struct core_event ev = {.type = CORE_ACCOUNT, .u.account = {&event, s->now}};
    model_removed(s, a, slot);
    step(s, &ev, false);
}

static void delete_account(struct sim *s, uint32_t a)
{
    struct account_event event = event_of(EVENT_DELETED, account_text(a), NULL);
    struct core_event ev = {.type = CORE_ACCOUNT, .u.account = {&event, s->now}};
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        model_removed(s, a, slot);
    step(s, &ev, false);
}

static void change_mfa(struct sim *s, uint32_t a)
{
    struct account_event event = event_of(EVENT_MFA_CHANGED, account_text(a), NULL);
    struct core_event ev = {.type = CORE_ACCOUNT, .u.account = {&event, s->now}};
    event.mfa = dice_one_in(&s->dice, 2) ? TRI_YES : TRI_NO;
    step(s, &ev, false);
}

/* Everyone of a domain leaves, or every account goes. */
static void storm(struct sim *s)
{
    if (dice_one_in(&s->dice, 50)) {
        for (uint32_t a = 0; a < ACCOUNTS; a++)
            delete_account(s, a);
        return;
    }
    uint32_t d = dice_below(&s->dice, DOMAINS);
    for (uint32_t a = 0; a < ACCOUNTS; a++) {
        for (uint32_t l = 0; l < LOCALS; l++)
            remove_address(s, a, d * LOCALS + l);
    }
}

static const struct truth *any_truth(struct sim *s)
{
    return &truths[dice_below(&s->dice, ARRAY_LEN(truths))];
}

static const struct watch *watch_of(const struct sim *s, uint32_t domain)
{
    const struct registry *r = core_registry(s->core);
    const char *name = domain_text(domain);
    uint32_t slot = registry_find(r, name, strlen(name));
    return slot != 0 ? registry_watch(r, slot) : NULL;
}

/* Another truth; it may have been registered in between, some hours ago or ahead. */
static void change_truth(struct sim *s, uint32_t domain)
{
    struct model_domain *d = &s->domains[domain];
    d->truth = any_truth(s);
    d->true_day =
        dice_one_in(&s->dice, 4)
            ? 0
            : (uint32_t)(now_s(s) + (int64_t)dice_below(&s->dice, 2 * DAY_S) - DAY_S);
}

static struct ask take_ask(struct ask *list, uint32_t *n, uint32_t i)
{
    struct ask q = list[i];
    list[i] = list[--*n];
    return q;
}

static void answer_dns(struct sim *s)
{
    static struct dns_answer answer;
    struct ask q = take_ask(s->dns, &s->n_dns, dice_below(&s->dice, s->n_dns));
    const struct truth *truth = s->domains[q.domain].truth;
    if (!s->is_honest && dice_one_in(&s->dice, 8))
        truth = any_truth(s);
    answer.outcome = truth->dns;
    if (!s->is_honest && dice_one_in(&s->dice, 6))
        answer.outcome = (enum dns_outcome)(
            DNS_SERVFAIL + dice_below(&s->dice, DNS_OUTCOME_COUNT - DNS_SERVFAIL));
    snprintf(answer.soa, sizeof answer.soa, "%s", q.domain % 2 ? "com" : "");
    struct core_event ev = {
        .type = CORE_DNS_DONE,
        .u.dns = {.token = q.token, .answer = &answer, .resolver = "192.0.2.53:53"}};
    s->late += q.watch != s->domains[q.domain].watch;
    uint64_t reused = core_stats(s->core)->status_reused;
    step_core(s, &ev);
    const struct watch *w = watch_of(s, q.domain);
    bool is_referred = w != NULL && w->place == PLACE_REFERRED;
    step_effects(s, model_dns(s, &q, answer.outcome, is_referred,
                              core_stats(s->core)->status_reused > reused));
}

/* The truth, or something else. */
static struct rdap_reply any_reply(struct sim *s, const struct model_domain *d)
{
    const struct truth *truth = d->truth;
    struct rdap_reply reply = {
        .outcome = STATUS_ANSWERED, .http = 200, .server = "rdap.example"};
    reply.registered_s = d->true_day;
    if (!s->is_honest && dice_one_in(&s->dice, 8)) {
        truth = any_truth(s);
        reply.registered_s = now_s(s) + (int64_t)dice_below(&s->dice, 3 * DAY_S) - DAY_S;
    }
    reply.is_free = truth->states == FREE;
    reply.states = reply.is_free ? 0 : truth->states;
    if (reply.is_free) {
        reply.http = 404;
        reply.registered_s = 0;
    }
    if (!s->is_honest && dice_one_in(&s->dice, 6))
        reply.outcome = (enum status_outcome)(
            STATUS_UNAUTHORIZED + dice_below(&s->dice, STATUS_OUTCOME_COUNT - 1));
    return reply;
}

static void answer_rdap(struct sim *s)
{
    struct ask q = take_ask(s->rdap, &s->n_rdap, dice_below(&s->dice, s->n_rdap));
    const struct rdap_reply reply = any_reply(s, &s->domains[q.domain]);
    const struct watch *w = watch_of(s, q.domain);
    unsigned doubts = w != NULL ? w->doubts : 0;
    struct core_event ev = {.type = CORE_RDAP_DONE,
                            .u.rdap = {.token = q.token, .reply = &reply}};
    s->late += q.watch != s->domains[q.domain].watch;
    step_core(s, &ev);
    step_effects(s, model_rdap(s, &q, &reply, doubts));
}

static void answer_status(struct sim *s)
{
    struct ask q = take_ask(s->status, &s->n_status, dice_below(&s->dice, s->n_status));
    struct status_reply reply = {.outcome = STATUS_ANSWERED, .http = 200, .elapsed_ms = 9};
    const struct truth *truth = s->domains[q.domain].truth;
    bool moved = false;
    if (!s->is_honest && dice_one_in(&s->dice, 8))
        truth = any_truth(s);
    if (!s->is_honest && dice_one_in(&s->dice, 6)) {
        reply.outcome = (enum status_outcome)(
            STATUS_UNAUTHORIZED + dice_below(&s->dice, STATUS_OUTCOME_COUNT - 1));
        reply.retry_after_s = dice_one_in(&s->dice, 4) ? dice_below(&s->dice, 100) : 0;
    } else {
        snprintf(reply.words, sizeof reply.words, "%s", truth->words);
        moved = model_status(s, &q, truth->words);
    }
    s->late += q.watch != s->domains[q.domain].watch;
    struct core_event ev = {.type = CORE_STATUS_DONE,
                            .u.status = {.token = q.token, .reply = &reply}};
    step(s, &ev, moved);
}

static void confirm_one(struct sim *s)
{
    uint32_t i = dice_below(&s->dice, s->options.outbox);
    while (s->pending[i] == NULL)
        i = (i + 1) % s->options.outbox;
    struct core_event ev = {.type = CORE_PUBLISHED, .u.published.entry = i};
    s->pending[i] = NULL;
    s->n_pending--;
    step(s, &ev, false);
}

static void pass(struct sim *s, int64_t ms)
{
    s->now.v += ms;
    s->mono.v += (uint64_t)ms;
    if (s->now.v > s->latest.v)
        s->latest = s->now;
}

static void let_time_pass(struct sim *s)
{
    uint32_t n = dice_below(&s->dice, 1000);
    if (n == 0) /* the wall clock is set, the loop's goes on */
        s->now.v -= (int64_t)dice_below(&s->dice, 2 * 3600) * SECOND_MS;
    else if (n == 1)
        pass(s, (int64_t)dice_below(&s->dice, 3 * DAY_S) * SECOND_MS);
    else if (n < 50)
        pass(s, (int64_t)core_wait_ms(s->core, s->now, s->mono));
    else
        pass(s, (int64_t)dice_below(&s->dice, 20000));
}

static void anything(struct sim *s)
{
    uint32_t a = dice_below(&s->dice, ACCOUNTS), slot = dice_below(&s->dice, SLOTS);
    uint32_t n = dice_below(&s->dice, 100);
    if (n < 12)
        verify(s, a, slot);
    else if (n < 20)
        remove_address(s, a, slot);
    else if (n < 21)
        change_mfa(s, a);
    else if (n < 22)
        change_truth(s, slot / LOCALS);
    else if (n < 42 && s->n_dns > 0)
        answer_dns(s);
    else if (n < 55 && s->n_status > 0)
        answer_status(s);
    else if (n < 62 && s->n_rdap > 0)
        answer_rdap(s);
    else if (n < 82 && s->n_pending > 0)
        confirm_one(s);
    else if (n < 90)
        let_time_pass(s);
    else if (dice_one_in(&s->dice, 30))
        storm(s);
    else if (dice_one_in(&s->dice, 100))
        delete_account(s, a);
    if (dice_one_in(&s->dice, 2))
        tick(s);
}

/* The end --------------------------------------------------------------------------------
 */

/* Everything is answered, truly, and confirmed, until each domain has been looked at and
 * each kept answer has run out (one that is looked at every recheck_s: the second time). */
static void settle(struct sim *s)
{
    int64_t until = s->latest.v + (2 * s->options.recheck_s + 3 * DAY_S) * SECOND_MS;
    s->is_honest = true;
    while (s->now.v < until) {
        tick(s);
        if (s->n_dns > 0)
            answer_dns(s);
        else if (s->n_status > 0)
            answer_status(s);
        else if (s->n_rdap > 0)
            answer_rdap(s);
        else if (s->n_pending > 0)
            confirm_one(s);
        else
            pass(s, (int64_t)core_wait_ms(s->core, s->now, s->mono));
    }
    while (s->n_dns + s->n_status + s->n_rdap + s->n_pending > 0) {
        tick(s);
        if (s->n_dns > 0)
            answer_dns(s);
        else if (s->n_status > 0)
            answer_status(s);
        else if (s->n_rdap > 0)
            answer_rdap(s);
        else
            confirm_one(s);
    }
    assert_int_equal(core_publish_pending(s->core), 0);
    assert_int_equal(core_candidates_waiting(s->core), 0);
}

/* What the truth must have come to. Doubt: nobody can tell. */
static struct verdict true_verdict(const struct sim *s, const struct truth *t)
{
    const struct status_words words = status_words_parse(t->words);
    const struct verdict first = policy_judge(&words);
    const struct verdict second =
        registration_judge(t->states == FREE, t->states == FREE ? 0 : t->states);
    if (!dns_outcome_is_candidate(t->dns))
        return (struct verdict){.kind = VERDICT_PHASE, .phase = PHASE_ACTIVE};
    if (s->options.provider == NULL)
        return (struct verdict){.kind = VERDICT_PHASE, .phase = PHASE_CANDIDATE};
    if (registry_is_provider(s))
        return second;
    if (s->options.second_opinion && opinion_is_wanted(&first))
        return opinion_join(&first, &words, &second);
    return first;
}

/* Where the registry is asked about what it tells the day of. */
static bool day_comes_out(const struct sim *s, const struct model_domain *d)
{
    bool has_registry = s->options.provider != NULL &&
                        (registry_is_provider(s) || s->options.second_opinion);
    return has_registry && d->true_day != 0 &&
           (!dns_outcome_is_candidate(d->truth->dns) || registry_is_provider(s));
}

static void judge_phase(const struct sim *s, uint32_t domain)
{
    const struct model_domain *m = &s->domains[domain];
    const struct verdict v = true_verdict(s, m->truth);
    if (v.kind == VERDICT_DOUBT)
        return;
    if (m->phase == PHASE_RESURRECTED) {
        assert_true(v.phase == PHASE_ACTIVE || v.phase == PHASE_HELD);
        assert_true(any_void(s, domain, m->day));
        return;
    }
    assert_int_equal(m->phase, v.phase);
    assert_int_equal(m->may_unverify, v.unverify);
    assert_int_equal(m->may_block, v.block_reset);
    if ((v.phase == PHASE_ACTIVE || v.phase == PHASE_HELD) && day_comes_out(s, m))
        assert_false(any_void(s, domain, m->true_day));
}

static void judge_the_end(struct sim *s)
{
    for (uint32_t d = 0; d < DOMAINS; d++) {
        const struct model_domain *m = &s->domains[d];
        const struct watch *w = watch_of(s, d);
        assert_int_equal(w != NULL, m->addresses > 0);
        assert_int_equal(m->untold + m->unrecovered, 0);
        if (w == NULL || d == DOMAIN_EXEMPT)
            continue;
        assert_int_equal(w->addresses, m->addresses);
        if (d == DOMAIN_PRIVATE)
            continue;
        assert_int_equal(w->phase, m->phase);
        judge_phase(s, d); /* the truth has come out, where it can */
    }
    for (uint32_t a = 0; a < ACCOUNTS; a++) {
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            const struct model_address *m = &s->at[a][slot];
            const struct model_domain *d = &s->domains[slot / LOCALS];
            if (!m->attached || true_verdict(s, d->truth).kind == VERDICT_DOUBT ||
                (d->phase == PHASE_RESURRECTED && !is_void(s, a, slot, d->day)))
                continue; /* the answer that is owed to it never comes */
            if (d->may_unverify)
                assert_true(m->said);
            if (d->may_block && !s->options.dry_run)
                assert_true(m->blocked);
        }
    }
}

/* What each run has its own: time, room and pace. */
static const struct run {
    uint64_t seed;
    uint32_t interval_s, recheck_s, confirm_s, dns_inflight, status_concurrency;
    double rate_per_s;
    uint32_t burst, daily_budget, outbox;
    bool dry_run;
    enum { API, NOBODY, BOTH, REGISTRY } asks; /* BOTH: a second opinion */
    uint32_t rdap_concurrency;
} runs[] = {
    {1, DAY_S, 10 * DAY_S, DAY_S, 20, 4, 5, 10, 100000, 16, false, API, 0},
    {2, DAY_S, 10 * DAY_S, 0, 1, 4, 5, 10, 100000, 1, false, API, 0},
    {3, DAY_S / 4, 10 * DAY_S, 3600, 20, 4, 5, 10, 100000, 3, false, API, 0},
    {4, DAY_S, 10 * DAY_S, DAY_S, 20, 1, 0.01, 1, 100000, 16, false, API, 0},
    {5, DAY_S, 10 * DAY_S, 0, 500, 4, 5, 10, 100000, 64, true, API, 0},
    {6, DAY_S, 10 * DAY_S, DAY_S, 20, 4, 5, 10, 100000, 16, false, NOBODY, 0},
    {7, DAY_S, 2 * DAY_S, 0, 20, 4, 5, 10, 300, 16, false, API, 0},
    {8, DAY_S, 10 * DAY_S, DAY_S, 20, 4, 5, 10, 100000, 16, false, BOTH, 4},
    {9, DAY_S, 10 * DAY_S, 0, 20, 16, 5, 10, 100000, 16, false, BOTH, 1},
    {10, DAY_S / 4, 10 * DAY_S, 3600, 20, 4, 5, 10, 100000, 3, false, REGISTRY, 4},
    {11, DAY_S, 10 * DAY_S, DAY_S, 20, 4, 5, 10, 100000, 16, true, REGISTRY, 16},
};

static struct core_options options_of(const struct run *r)
{
    return (struct core_options){
        .dns_interval_s = r->interval_s,
        .recheck_s = r->recheck_s,
        .confirm_s = r->confirm_s,
        .dns_inflight = r->dns_inflight,
        .status_concurrency = r->status_concurrency,
        .rdap_concurrency = r->rdap_concurrency,
        .provider = r->asks == NOBODY     ? NULL
                    : r->asks == REGISTRY ? "rdap"
                                          : "domainr",
        .second_opinion = r->asks == BOTH,
        .status_rate_per_s = r->rate_per_s,
        .status_burst = r->burst,
        .status_daily_budget = r->daily_budget,
        .preset = "strict",
        .exempt = "exempt.com",
        .subject = "email.unverify",
        .format = WIRE_MSGPACK,
        .dry_run = r->dry_run,
        .outbox = r->outbox,
    };
}

static void simulate(const struct run *run, struct sim *s)
{
    struct core_event ev = {.type = CORE_LOADED};
    memset(s, 0, sizeof *s);
    s->dice.state = run->seed;
    s->options = options_of(run);
    s->now.v = s->latest.v = INT64_C(1700000000000);
    s->core = core_new(&s->options);
    assert_non_null(s->core);
    for (uint32_t d = 0; d < DOMAINS; d++)
        change_truth(s, d);
    while (s->step < STEPS) {
        uint64_t before = s->step;
        anything(s);
        if (before < 500 && s->step >= 500)
            step(s, &ev, false);
        if (before / 64 != s->step / 64)
            core_check(s->core);
    }
    settle(s);
    core_check(s->core);
    judge_the_end(s);
}

static void chance(void **state)
{
    static struct sim s;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        simulate(&runs[i], &s);
        const struct core_stats *stats = core_stats(s.core);
        assert_int_equal(stats->unverify_published, s.unverified);
        assert_int_equal(stats->block_published, s.blocked);
        assert_int_equal(stats->late_answers, s.late);
        /* A run in which nothing happens proves nothing. */
        bool acts = s.options.provider != NULL;
        assert_true(s.late > 3 && s.moves > 1000);
        assert_int_equal(s.unverified > 1000, acts);
        assert_int_equal(s.recovered > 100, acts);
        assert_int_equal(s.blocked > 1000, acts && !s.options.dry_run);
        assert_int_equal(stats->status_reused > 100, acts);
        assert_int_equal(s.resurrected > 100, s.options.rdap_concurrency > 0);
        assert_int_equal(stats->second_opinions > 1000, s.options.second_opinion);
        core_free(s.core);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chance),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
