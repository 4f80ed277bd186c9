/* One domain's round: due ─► DNS ─► candidate ─► status API ─► verdict.
 *
 *   1. round_begin_due takes the watch that is due first and asks DNS for its delegation.
 *   2. In DNS: it is active; the round ends until the phase's next time.
 *   3. Absent: it is a candidate. A kept answer that is still good ends the round here,
 * else it waits in line until the pace allows a paid question.
 *   4. The words are judged, the decision is applied and handed to announce.c.
 *
 * A registry's own word, where it is asked for, comes in between: see referral.c.
 *
 * Where DNS can show nothing (wildcards.c), 2 and 3 are skipped: the paid question is put
 * once in recheck_days, after those of the candidates.
 *
 * What can go wrong:
 *   - doubt in DNS or at the status API: nothing changes, asked again with back-off;
 *   - the watch was forgotten meanwhile: its token resolves to nothing, the answer is
 * counted;
 *   - an address was verified again meanwhile: the round runs, then runs once more. */
#include "core/state.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/must.h"
#include "core/decide.h"
#include "core/lifecycle.h"
#include "core/resurrection.h"

static uint64_t name_hash(const struct core *c, const struct watch *w)
{
    const char *name = registry_name(&c->registry, w);
    return XXH3_64bits(name, strlen(name));
}

void round_check_now(struct step *s, uint32_t slot)
{
    struct watch *w = registry_watch(&s->core->registry, slot);
    if (w->place == PLACE_SCHEDULED || w->place == PLACE_URGENT ||
        w->place == PLACE_UNSCHEDULED)
        watches_plan(s->core, slot, DUE_AT_ONCE);
    else if (place_awaits_verdict((enum place)w->place))
        w->flags |= WATCH_AGAIN;
    /* ASKING_DNS and CANDIDATE: the status question is still to come */
}

/* The round ends; the next begins at `due`, or at once when it was asked for meanwhile. */
static void end_round(struct step *s, uint32_t slot, uint32_t due)
{
    struct watch *w = registry_watch(&s->core->registry, slot);
    w->place = PLACE_UNSCHEDULED;
    if (w->flags & WATCH_AGAIN) {
        w->flags &= (uint8_t)~WATCH_AGAIN;
        due = DUE_AT_ONCE;
    }
    watches_plan(s->core, slot, due);
    journal_watch(s->core, slot);
}

static void complete_check(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    const struct interval_name name = {.hash = name_hash(c, w),
                                       .look_s =
                                           lifecycle_look_s(registry_name(&c->registry, w)),
                                       .before = w->checked};
    w->checked = s->now_s;
    w->doubts = 0;
    end_round(s, slot, s->now_s + interval_next(&c->interval, w, s->now_s, &name));
}

static unsigned one_more_doubt(struct watch *w)
{
    if (w->doubts < UINT8_MAX)
        w->doubts++;
    return w->doubts;
}

static void apply_verdict(struct step *s, uint32_t slot, const struct verdict *said)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    const struct verdict judged = resurrection_judge(&c->registry, w, said);
    const struct verdict *v = &judged;
    enum phase from = (enum phase)w->phase;
    struct decision d = decide(from, w->since, v, s->now_s, c->interval.confirm_s);
    watches_set_phase(c, w, d.to);
    w->since = d.since;
    watches_set_flags(c, w,
                      (w->flags & ~(unsigned)(WATCH_UNVERIFY | WATCH_BLOCK)) |
                          (d.unverify ? WATCH_UNVERIFY : 0U) |
                          (d.block ? WATCH_BLOCK : 0U));
    if (d.moved) {
        w->moves++;
        struct effect *e = step_want(s, FX_MOVED);
        e->u.moved.name = registry_name(&c->registry, w);
        e->u.moved.from = from;
        e->u.moved.to = d.to;
        e->u.moved.addresses = w->addresses;
    }
    announce_decision(s, slot, from, d.tell_move, d.recovered, d.unverify);
    complete_check(s, slot);
}

/* Candidates ------------------------------------------------------------------------------
 */

/* A kept answer that is still good is judged again instead of being bought again. */
static bool judge_kept_answer(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    struct proof_view proof;
    if ((w->flags & WATCH_FORCE) || !proof_view(&c->registry, w, &proof) ||
        !interval_answer_is_good(&c->interval, (enum phase)w->phase, w->since,
                                 referral_proof_at(c, &proof), s->now_s))
        return false;
    struct verdict v = referral_judge_proof(c, &proof);
    if (v.kind == VERDICT_DOUBT)
        return false;
    c->stats.status_reused++;
    apply_verdict(s, slot, &v);
    return true;
}

/* Wait for a paid question. Without memory for the place in line: later, from the start. */
static void stand_in_line(struct step *s, uint32_t slot, struct fifo *line)
{
    struct core *c = s->core;
    uint64_t token = watch_ref_token(registry_ref(&c->registry, slot));
    if (fifo_push(line, &token) == ST_OK)
        registry_watch(&c->registry, slot)->place = PLACE_CANDIDATE;
    else
        end_round(s, slot, s->now_s + interval_backoff_status(&c->interval, 1));
}

/* DNS can't show whether it is gone: it is looked at again tomorrow, when its suffix may
 * have been found honest, or the registry is asked now. */
static void skip_dns(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    uint64_t due = interval_status_due(&c->interval, w, name_hash(c, w));
    if (due > s->now_s) {
        uint64_t tomorrow = (uint64_t)s->now_s + interval_base(&c->interval, UINT32_MAX);
        watches_plan(c, slot, (uint32_t)(due < tomorrow ? due : tomorrow));
        return;
    }
    const struct proof_dns dns = {
        .outcome = DNS_SYNTHESIZED, .soa = "", .resolver = "", .at = s->now_s};
    (void)proof_note_dns(&c->registry, w, &dns);
    if (judge_kept_answer(s, slot))
        return;
    c->stats.candidates++;
    c->stats.unfiltered++;
    stand_in_line(s, slot,
                  phase_is_bad((enum phase)w->phase) ? &c->candidates : &c->unfiltered);
}

/* Begin ----------------------------------------------------------------------------------
 */

double round_flow_rate(const struct core *c)
{
    return flow_rate(c->looks, interval_base(&c->interval, UINT32_MAX));
}

/* The first of a schedule when it is due; 0: none is. */
static uint32_t first_due(const struct step *s, const struct schedule *of)
{
    uint32_t slot = schedule_first(of);
    return slot != 0 && registry_watch(of->registry, slot)->due <= s->now_s ? slot : 0;
}

/* Who is asked about next: whoever goes first, then the longest overdue of the others, as
 * far as the flow allows. 0: nobody now. */
static uint32_t next_due(const struct step *s)
{
    const struct core *c = s->core;
    uint32_t slot = first_due(s, &c->urgent);
    if (slot != 0 || !core_flow_has_room(c))
        return slot;
    slot = first_due(s, &c->schedule);
    return flow_wait(&c->flow, round_flow_rate(c), s->mono) == 0 ? slot : 0;
}

static void ask_dns(struct step *s, uint32_t slot, bool is_of_flow)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    uint64_t token = watch_ref_token(registry_ref(&c->registry, slot));
    if (is_of_flow) {
        token |= TOKEN_OF_FLOW;
        c->flow_out++;
    }
    w->place = PLACE_ASKING_DNS;
    c->dns_out++;
    c->stats.dns_questions++;
    struct effect *e = step_want(s, FX_ASK_DNS);
    e->u.ask.token = token;
    e->u.ask.name = registry_name(&c->registry, w);
}

static void begin(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    bool is_of_flow = w->place == PLACE_SCHEDULED;
    if (is_of_flow)
        MUST(flow_take(&c->flow, round_flow_rate(c), s->mono));
    bool hides = wildcards_hide(s, slot);
    watches_unplan(c, slot);
    if (hides)
        skip_dns(s, slot);
    else
        ask_dns(s, slot, is_of_flow);
}

/* Not every domain becomes an effect, so they are counted: a step has an end. */
void round_begin_due(struct step *s)
{
    for (unsigned n = 0; core_may_ask_dns(s->core); n++) {
        uint32_t slot = next_due(s);
        if (slot == 0)
            return;
        if (!step_has_room(s, 1) || n == EFFECTS_MAX) {
            s->fx->more = true;
            return;
        }
        if (!wildcards_test(s, slot))
            begin(s, slot);
    }
}

/* The first in line that is still there; NULL: none. */
static uint64_t *first_in_line(struct core *c, struct fifo *line)
{
    for (uint64_t *first = fifo_first(line); first != NULL; first = fifo_first(line)) {
        const struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(*first));
        if (w != NULL && w->place == PLACE_CANDIDATE)
            return first;
        fifo_pop(line); /* forgotten while it waited */
    }
    return NULL;
}

static void ask_status(struct step *s, struct fifo *line, uint64_t token)
{
    struct core *c = s->core;
    struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(token));
    fifo_pop(line);
    if (c->registry_is_provider) {
        referral_ask_first(s, watch_ref_of_token(token).slot);
        return;
    }
    w->place = PLACE_ASKING_STATUS;
    c->status_out++;
    c->stats.status_questions++;
    struct effect *e = step_want(s, FX_ASK_STATUS);
    e->u.ask.token = token;
    e->u.ask.name = registry_name(&c->registry, w);
}

void round_begin_candidates(struct step *s)
{
    struct core *c = s->core;
    while (core_may_ask_status(c)) {
        struct fifo *line = &c->candidates;
        const uint64_t *first = first_in_line(c, line);
        if (first == NULL && core_may_ask_unfiltered(c, s->now)) {
            line = &c->unfiltered;
            first = first_in_line(c, line);
        }
        if (first == NULL)
            return;
        if (!step_has_room(s, 1)) {
            s->fx->more = true;
            return;
        }
        if (!pace_take(&c->pace, s->now, s->mono))
            return;
        ask_status(s, line, *first);
    }
}

/* DNS has answered -----------------------------------------------------------------------
 */

static struct proof_dns dns_of(const struct step *s, const struct core_event *ev)
{
    return (struct proof_dns){.outcome = ev->u.dns.answer->outcome,
                              .soa = ev->u.dns.answer->soa,
                              .resolver = ev->u.dns.resolver,
                              .at = s->now_s};
}

/* Whatever is noted here and can't be, for want of memory: the messages will tell less, the
 * decision rests on the same answers. */
static void note_in_dns(struct step *s, struct watch *w, const struct proof_dns *dns,
                        const struct proof_rdap *rdap)
{
    struct registry *r = &s->core->registry;
    bool was_bad = phase_is_bad((enum phase)w->phase);
    bool tells_day = rdap != NULL && rdap->registered != 0;
    /* The day on which a resurrection rests is kept until there is a newer word on it. */
    if (w->phase != PHASE_RESURRECTED || tells_day)
        proof_drop(r, w);
    /* A recovery is told with the answers it rests on, too. Of the many others that are in
     * order nothing is kept. */
    if (!was_bad && !(tells_day && resurrection_is(r, w, rdap->registered)))
        return;
    (void)proof_note_dns(r, w, dns);
    if (tells_day)
        (void)proof_note_answers(r, w, NULL, rdap);
}

/* It is in its registry's zone. */
void round_in_dns(struct step *s, uint32_t slot, const struct proof_dns *dns,
                  const struct proof_rdap *rdap)
{
    struct watch *w = registry_watch(&s->core->registry, slot);
    w->outcome = (uint8_t)dns->outcome;
    w->flags &= (uint8_t)~WATCH_ABSENT_NOTED;
    if (!(w->flags & WATCH_AGAIN))
        w->flags &= (uint8_t)~WATCH_FORCE;
    if (w->phase == PHASE_PRIVATE) {
        complete_check(s, slot);
        return;
    }
    note_in_dns(s, w, dns, rdap);
    const struct verdict active = {.kind = VERDICT_PHASE, .phase = PHASE_ACTIVE};
    apply_verdict(s, slot, &active);
}

static void in_dns(struct step *s, uint32_t slot, const struct core_event *ev)
{
    struct watch *w = registry_watch(&s->core->registry, slot);
    enum sight sight = wildcards_sight(s, slot);
    if (sight == SIGHT_NONE ||
        (sight == SIGHT_UNKNOWN && phase_is_bad((enum phase)w->phase))) {
        watches_plan(s->core, slot, s->now_s + 1); /* when more is known */
        return;
    }
    const struct proof_dns dns = dns_of(s, ev);
    if (w->phase != PHASE_PRIVATE && sight == SIGHT_CLEAR &&
        referral_for_look(s, slot, &dns))
        return;
    round_in_dns(s, slot, &dns, NULL);
    if (sight == SIGHT_UNKNOWN && w->phase != PHASE_PRIVATE) {
        w->checked = 0;
        journal_watch(s->core, slot);
    }
}

static void absent_private(struct step *s, uint32_t slot)
{
    struct watch *w = registry_watch(&s->core->registry, slot);
    if (!(w->flags & WATCH_ABSENT_NOTED)) {
        w->flags |= WATCH_ABSENT_NOTED;
        struct effect *e = step_want(s, FX_PRIVATE_ABSENT);
        e->u.ask.name = registry_name(&s->core->registry, w);
    }
    complete_check(s, slot);
}

static void absent(struct step *s, uint32_t slot, const struct core_event *ev)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    if (w->phase == PHASE_PRIVATE) {
        absent_private(s, slot);
        return;
    }
    const struct proof_dns dns = dns_of(s, ev);
    (void)proof_note_dns(&c->registry, w, &dns);
    if (c->options.provider == NULL) {
        c->stats.candidates++;
        const struct verdict v = {.kind = VERDICT_PHASE, .phase = PHASE_CANDIDATE};
        apply_verdict(s, slot, &v);
        return;
    }
    if (judge_kept_answer(s, slot))
        return;
    c->stats.candidates++;
    stand_in_line(s, slot, &c->candidates);
}

void round_dns_done(struct step *s, const struct core_event *ev)
{
    struct core *c = s->core;
    enum dns_outcome outcome = ev->u.dns.answer->outcome;
    c->dns_out--;
    if (ev->u.dns.token & TOKEN_OF_SUFFIX) {
        wildcards_answered(s, ev);
        return;
    }
    c->flow_out -= (ev->u.dns.token & TOKEN_OF_FLOW) != 0;
    c->stats.dns_outcomes[outcome]++;
    struct watch_ref ref = watch_ref_of_token(ev->u.dns.token);
    struct watch *w = registry_resolve(&c->registry, ref);
    if (w == NULL || w->place != PLACE_ASKING_DNS) {
        c->stats.late_answers++;
        return;
    }
    w->place = PLACE_UNSCHEDULED;
    if (dns_outcome_is_candidate(outcome) || dns_outcome_is_doubt(outcome))
        w->outcome = (uint8_t)outcome;
    if (dns_outcome_is_candidate(outcome))
        absent(s, ref.slot, ev);
    else if (dns_outcome_is_doubt(outcome))
        end_round(s, ref.slot,
                  s->now_s + interval_backoff_dns(&c->interval, one_more_doubt(w)));
    else
        in_dns(s, ref.slot, ev);
}

/* The status API has answered ------------------------------------------------------------
 */

/* Of the many that are in order nothing is kept but that they are. */
static void forget_if_unfiltered(struct core *c, struct watch *w, const struct verdict *v)
{
    struct proof_view proof;
    if (!proof_view(&c->registry, w, &proof) || proof.dns.outcome != DNS_SYNTHESIZED)
        return;
    w->outcome = DNS_SYNTHESIZED;
    const struct verdict judged = resurrection_judge(&c->registry, w, v);
    if (judged.phase == PHASE_ACTIVE && !phase_is_bad((enum phase)w->phase))
        proof_drop(&c->registry, w);
}

struct verdict round_judge_words(const char *text)
{
    const struct status_words words = status_words_parse(text);
    return policy_judge(&words);
}

/* Nothing was said that counts: the question comes again. */
void round_put_off(struct step *s, uint32_t slot)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    end_round(s, slot, s->now_s + interval_backoff_status(&c->interval, one_more_doubt(w)));
}

/* An absent domain's status is known, or doubted; whoever was asked has answered. */
void round_answered(struct step *s, uint32_t slot, const struct proof_status *status,
                    const struct proof_rdap *rdap, const struct verdict *v)
{
    struct core *c = s->core;
    struct watch *w = registry_watch(&c->registry, slot);
    if (v->kind == VERDICT_DOUBT) {
        round_put_off(s, slot);
        return;
    }
    struct proof_view before;
    if (rdap == NULL && w->phase == PHASE_RESURRECTED &&
        proof_view(&c->registry, w, &before) && before.rdap.at != 0)
        rdap = &before.rdap; /* it rests on that until there is a newer word on it */
    (void)proof_note_answers(&c->registry, w, status, rdap);
    forget_if_unfiltered(c, w, v);
    if (!(w->flags & WATCH_AGAIN))
        w->flags &= (uint8_t)~WATCH_FORCE;
    apply_verdict(s, slot, v);
}

void round_status_done(struct step *s, const struct core_event *ev)
{
    struct core *c = s->core;
    const struct status_reply *reply = ev->u.status.reply;
    c->status_out--;
    c->stats.status_outcomes[reply->outcome]++;
    pace_observe(&c->pace, reply, s->mono);
    struct watch_ref ref = watch_ref_of_token(ev->u.status.token);
    struct watch *w = registry_resolve(&c->registry, ref);
    if (w == NULL || w->place != PLACE_ASKING_STATUS) {
        c->stats.late_answers++;
        return;
    }
    w->place = PLACE_UNSCHEDULED;
    if (reply->outcome == STATUS_THROTTLED || reply->outcome == STATUS_UNAUTHORIZED) {
        /* Nothing was said about the domain: it keeps its claim to a question. */
        w->flags &= (uint8_t)~WATCH_AGAIN;
        stand_in_line(s, ref.slot, &c->candidates);
        return;
    }
    struct verdict v = {.kind = VERDICT_DOUBT};
    if (reply->outcome == STATUS_ANSWERED)
        v = round_judge_words(reply->words);
    if (referral_for_opinion(s, ref.slot, reply, &v))
        return;
    struct proof_status status = {.words = reply->words,
                                  .http = reply->http,
                                  .elapsed_ms = reply->elapsed_ms,
                                  .at = s->now_s};
    round_answered(s, ref.slot, &status, NULL, &v);
}
