/* Questions to the registries themselves, over RDAP. Three kinds:
 *
 *   FIRST    the registry is the provider: a candidate's question goes to it instead of to
 *            the status API, at the same pace and out of the same budget
 *   OPINION  the status API's words are ambiguous: the registry is asked, and both answers
 *            are judged together (opinion.h)
 *   LOOK     a domain is in DNS, and its registration's day is wanted: when it comes back
 *            after it was gone, when an address was verified before a day that is known,
 *            and else in idle time, each of those with few addresses once in recheck_s
 *
 *   1. FIRST leaves at once, the two others get in line, with the answer that led to them.
 *   2. referrals_begin lets them leave as fast as status.rate says.
 *   3. The answer's day is noted in the watch, and the round goes on in round.c.
 *
 * What can go wrong:
 *   - the registry does not answer an OPINION: what the words said stands; but "on hold"
 *     is no reason to leave a bad phase, so there it is doubt;
 *   - it does not answer a LOOK: a domain that came back is put off a few times, since
 *     whose it is now matters more than to tell of it soon; then, and for all others, DNS
 *     alone decides, and the registry is asked again days later;
 *   - nobody answers RDAP for its suffix (STATUS_EMPTY): as if nobody had been asked;
 *   - the line is full, or no memory: as if the registry had not answered;
 *   - the watch is forgotten meanwhile: its token resolves to nothing. */
#include "core/state.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "core/opinion.h"
#include "core/registration.h"
#include "core/resurrection.h"

enum referral_kind { REFERRAL_FIRST = 1, REFERRAL_OPINION, REFERRAL_LOOK };

/* The kind stands above the watch in the token, so that no token is 0. */
#define KIND_SHIFT 60

static uint64_t token_of(const struct core *c, uint32_t slot, enum referral_kind kind)
{
    return (uint64_t)kind << KIND_SHIFT | watch_ref_token(registry_ref(&c->registry, slot));
}

static enum referral_kind kind_of(uint64_t token)
{
    return (enum referral_kind)(token >> KIND_SHIFT);
}

bool referrals_open(struct core *c)
{
    fifo_init(&c->referrals.line, sizeof(struct referral));
    if (c->options.rdap_concurrency == 0)
        return true;
    c->referrals.out = calloc(c->options.rdap_concurrency, sizeof *c->referrals.out);
    return c->referrals.out != NULL;
}

void referrals_close(struct core *c)
{
    free(c->referrals.out);
    fifo_close(&c->referrals.line);
}

/* Asking ---------------------------------------------------------------------------------
 */

static bool is_available(const struct core *c)
{
    return c->options.provider != NULL &&
           (c->registry_is_provider || c->options.second_opinion);
}

static void ask(struct step *s, uint32_t slot, uint64_t token)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    w->place = PLACE_ASKING_RDAP;
    c->rdap_out++;
    c->stats.rdap_questions++;
    struct effect *e = step_want(s, FX_ASK_RDAP);
    e->u.ask.token = token;
    e->u.ask.name = registry_name(&c->registry, w);
}

void referral_ask_first(struct step *s, uint32_t slot)
{
    ask(s, slot, token_of(s->core, slot, REFERRAL_FIRST));
}

static bool get_in_line(struct step *s, uint32_t slot, const struct referral *r)
{
    struct core *c = s->core;
    if (!c->asking || c->options.rdap_concurrency == 0 ||
        fifo_push(&c->referrals.line, r) != ST_OK)
        return false;
    registry_watch(&c->registry, slot)->place = PLACE_REFERRED;
    return true;
}

/* The room is there: a question to the status API is only put while it is. */
bool referral_for_opinion(struct step *s, uint32_t slot, const struct status_reply *reply,
                          const struct verdict *first)
{
    struct core *c = s->core;
    if (!c->options.second_opinion || c->registry_is_provider ||
        reply->outcome != STATUS_ANSWERED || !opinion_is_wanted(first))
        return false;
    struct referral r = {.token = token_of(c, slot, REFERRAL_OPINION),
                         .at = s->now_s,
                         .elapsed_ms = reply->elapsed_ms,
                         .http = (uint16_t)reply->http};
    snprintf(r.text, sizeof r.text, "%s", reply->words);
    return get_in_line(s, slot, &r);
}

/* Looks ----------------------------------------------------------------------------------
 */

/* A domain is in DNS. true: its registry is asked first, its round goes on when it has
 * answered. */
bool referral_for_look(struct step *s, uint32_t slot, const struct proof_dns *dns)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    if (!is_available(c))
        return false;
    if (!look_is_wanted(s, w))
        return false;
    struct referral r = {.token = token_of(c, slot, REFERRAL_LOOK),
                         .at = s->now_s,
                         .dns_outcome = (uint8_t)dns->outcome};
    snprintf(r.text, sizeof r.text, "%s", dns->resolver);
    return get_in_line(s, slot, &r);
}

/* The line -------------------------------------------------------------------------------
 */

static double line_rate(const struct core *c)
{
    return c->options.status_rate_per_s / 1000;
}

/* The first in line that is still there; NULL: none. */
static struct referral *first_in_line(struct core *c)
{
    struct fifo *line = &c->referrals.line;
    for (struct referral *r = fifo_first(line); r != NULL; r = fifo_first(line)) {
        const struct watch *w =
            registry_resolve(&c->registry, watch_ref_of_token(r->token));
        if (w != NULL && w->place == PLACE_REFERRED)
            return r;
        fifo_pop(line); /* forgotten while it waited */
    }
    return NULL;
}

static struct referral *find_out(struct core *c, uint64_t token)
{
    for (uint32_t i = 0; i < c->options.rdap_concurrency; i++) {
        if (c->referrals.out[i].token == token)
            return &c->referrals.out[i];
    }
    return NULL;
}

void referrals_begin(struct step *s)
{
    struct core *c = s->core;
    while (core_may_ask_rdap(c)) {
        const struct referral *r = first_in_line(c);
        if (r == NULL)
            return;
        if (!step_has_room(s, 1)) {
            s->fx->more = true;
            return;
        }
        if (!flow_take(&c->referrals.pace, line_rate(c), s->mono))
            return;
        struct referral *out = find_out(c, 0);
        MUST(out != NULL); /* as many as may be out */
        *out = *r;
        fifo_pop(&c->referrals.line);
        if (kind_of(out->token) == REFERRAL_OPINION)
            c->stats.second_opinions++;
        else
            c->stats.registration_looks++;
        ask(s, watch_ref_of_token(out->token).slot, out->token);
    }
}

/* Milliseconds until referrals_begin has something to begin, if nothing else happens. */
uint64_t referrals_wait(const struct core *c, struct mono_ms mono)
{
    if (!core_may_ask_rdap(c) || c->referrals.line.n == 0)
        return UINT64_MAX;
    return flow_wait(&c->referrals.pace, line_rate(c), mono);
}

/* Answers --------------------------------------------------------------------------------
 */

struct verdict referral_judge_proof(const struct core *c, const struct proof_view *proof)
{
    struct verdict second = {.kind = VERDICT_DOUBT};
    if (proof->rdap.at != 0)
        second = registration_judge(proof_rdap_is_free(&proof->rdap), proof->rdap.states);
    if (c->registry_is_provider)
        return second;
    const struct verdict first = round_judge_words(proof->status.words);
    if (!opinion_is_wanted(&first))
        return first;
    const struct status_words words = status_words_parse(proof->status.words);
    return opinion_join(&first, &words, &second);
}

uint32_t referral_proof_at(const struct core *c, const struct proof_view *proof)
{
    return c->registry_is_provider ? proof->rdap.at : proof->status.at;
}

/* A day in the future is none that we understand. */
static uint32_t day_of(const struct step *s, const struct rdap_reply *reply)
{
    const struct proof_rdap rdap = proof_rdap_of(reply, s->now_s);
    bool is_told = reply->outcome == STATUS_ANSWERED && !reply->is_free &&
                   rdap.registered <= (uint64_t)s->now_s + RESURRECTION_MARGIN_S;
    return is_told ? rdap.registered : 0;
}

static void note_day(struct step *s, struct watch *w, uint32_t day)
{
    if (day == 0)
        return;
    w->registered = day;
    w->looked = s->now_s;
}

static void first_answered(struct step *s, uint32_t slot, const struct rdap_reply *reply)
{
    const struct verdict v = registration_judge_reply(reply);
    const struct proof_rdap rdap = proof_rdap_of(reply, s->now_s);
    round_answered(s, slot, NULL, &rdap, &v);
}

static void opinion_answered(struct step *s, uint32_t slot, const struct referral *r,
                             const struct rdap_reply *reply)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    const struct status_words words = status_words_parse(r->text);
    const struct verdict first = round_judge_words(r->text);
    const struct verdict second = registration_judge_reply(reply);
    struct verdict v = opinion_join(&first, &words, &second);
    bool is_answered = second.kind != VERDICT_DOUBT;
    c->stats.contradictions += is_answered && v.kind == VERDICT_DOUBT;
    /* Whom nobody can be asked about has had no second opinion to begin with. */
    if (!is_answered && reply->outcome != STATUS_EMPTY &&
        phase_is_bad((enum phase)w->phase))
        v.kind = VERDICT_DOUBT;
    const struct proof_status status = {
        .words = r->text, .http = r->http, .elapsed_ms = r->elapsed_ms, .at = r->at};
    const struct proof_rdap rdap = proof_rdap_of(reply, s->now_s);
    round_answered(s, slot, &status, is_answered ? &rdap : NULL, &v);
}

static void look_answered(struct step *s, uint32_t slot, const struct referral *r,
                          const struct rdap_reply *reply, uint32_t day)
{
    struct watch *w = registry_watch(&s->core->registry, slot);
    bool is_registered = reply->outcome == STATUS_ANSWERED && !reply->is_free;
    bool is_settled = is_registered || reply->outcome == STATUS_EMPTY;
    if (!is_settled && look_is_worth_waiting(w)) {
        round_put_off(s, slot);
        return;
    }
    w->looked = is_settled ? s->now_s : looked_in_vain(s);
    const struct proof_dns dns = {
        .outcome = (enum dns_outcome)r->dns_outcome,
        /* With no name servers in the answer its own SOA was, see dns_answer.h. */
        .soa = r->dns_outcome == DNS_EXISTS ? registry_name(&s->core->registry, w) : "",
        .resolver = r->text,
        .at = r->at};
    const struct proof_rdap rdap = proof_rdap_of(reply, s->now_s);
    round_in_dns(s, slot, &dns, day != 0 ? &rdap : NULL);
}

void referral_answered(struct step *s, const struct core_event *ev)
{
    struct core *c = s->core;
    const uint64_t token = ev->u.rdap.token;
    const struct rdap_reply *reply = ev->u.rdap.reply;
    const enum referral_kind kind = kind_of(token);
    struct referral r = {.token = 0};
    c->rdap_out--;
    c->stats.rdap_outcomes[reply->outcome]++;
    if (kind != REFERRAL_FIRST) {
        struct referral *out = find_out(c, token);
        MUST(out != NULL); /* each question is answered once */
        r = *out;
        out->token = 0;
    }
    struct watch_ref ref = watch_ref_of_token(token);
    struct watch *w = registry_resolve(&c->registry, ref);
    if (w == NULL || w->place != PLACE_ASKING_RDAP) {
        c->stats.late_answers++;
        return;
    }
    w->place = PLACE_UNSCHEDULED;
    const uint32_t day = day_of(s, reply);
    note_day(s, w, day);
    if (kind == REFERRAL_FIRST)
        first_answered(s, ref.slot, reply);
    else if (kind == REFERRAL_OPINION)
        opinion_answered(s, ref.slot, &r, reply);
    else
        look_answered(s, ref.slot, &r, reply, day);
}
