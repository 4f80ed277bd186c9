/* From decisions to messages.
 *
 * A decision is one job in line; its messages are made only when the outbox has room, so a
 * domain with a hundred thousand addresses costs no more memory than one with two. What was
 * said about an address is noted in its record at the moment the message is made. */
#include "core/state.h"

#include "base/must.h"
#include "core/decide.h"
#include "core/identity.h"
#include "core/resurrection.h"

/* Addresses looked at in one step: a pass over a huge domain does not hold up the loop. */
#define WALK_MAX 2000U

#define SUBJECT_BLOCK "email.block_reset"
#define SUBJECT_PHASE "email.domain.phase"
#define SUBJECT_RECOVERED "email.domain.recovered"
#define SUBJECT_HELD "email.domain.held"

static const char type_unverify[] = "unverifyd.email.unverify.v1";
static const char type_block[] = "unverifyd.email.block_reset.v1";
static const char type_phase[] = "unverifyd.email.domain.phase.v1";
static const char type_recovered[] = "unverifyd.email.domain.recovered.v1";
static const char type_held[] = "unverifyd.email.domain.held.v1";

struct hold *announce_untold_hold(const struct core *c, uint32_t slot)
{
    struct hold *hold = holds_find(&c->holds, slot);
    bool is_untold = hold != NULL && hold->state == HOLD_HELD && hold->told == SAID_NOTHING;
    return is_untold ? hold : NULL;
}

void announce_decision(struct step *s, uint32_t slot, enum phase from, bool tell_move,
                       bool recovered, bool addresses)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    const bool held = announce_untold_hold(c, slot) != NULL;
    if (!tell_move && !recovered && !held && !addresses)
        return;
    struct job job = {.token = watch_ref_token(registry_ref(&c->registry, slot)),
                      .at = s->now_s,
                      .moves = w->moves,
                      .from = (uint8_t)from,
                      .to = w->phase,
                      .tell_move = tell_move,
                      .recovered = recovered,
                      .held = held,
                      .addresses = addresses};
    /* Losing a job would lose messages; there is no way on without memory for 40 bytes. */
    MUST(fifo_push(&c->jobs, &job) == ST_OK);
    if (tell_move || recovered)
        journal_move(c, &job);
}

enum status announce_again(struct core *c, uint32_t slot, uint32_t now_s, bool addresses)
{
    const struct watch *w = registry_watch(&c->registry, slot);
    const struct job job = {.token = watch_ref_token(registry_ref(&c->registry, slot)),
                            .at = now_s,
                            .moves = w->moves,
                            .from = w->phase,
                            .to = w->phase,
                            .held = announce_untold_hold(c, slot) != NULL,
                            .addresses = addresses};
    return job.held || addresses ? fifo_push(&c->jobs, &job) : ST_OK;
}

bool announce_is_under_way(const struct core *c, uint32_t slot)
{
    const uint64_t token = watch_ref_token(registry_ref(&c->registry, slot));
    for (size_t i = 0; i < c->jobs.n; i++) {
        const struct job *job = fifo_at(&c->jobs, i);
        if (job->token == token && job->addresses)
            return true;
    }
    return false;
}

/* Confirmations under way for an address that goes, or is verified again, mean nothing for
 * what it is from now on. */
void announce_disown_address(struct core *c, uint32_t address)
{
    for (uint32_t i = 0; i < c->outbox.cap && outbox_pending(&c->outbox) > 0; i++) {
        if (c->outbox.about[i].pending && c->outbox.about[i].address == address)
            c->outbox.about[i].address = 0;
    }
}

/* The cursor of the job that is walking must not point at an address that goes. */
void announce_forget_address(struct core *c, uint32_t address)
{
    struct job *job = fifo_first(&c->jobs);
    if (job != NULL && job->walking && job->cursor == address)
        job->cursor = registry_address(&c->registry, address)->next;
    announce_disown_address(c, address);
}

/* Where the registry is the provider its answer is the status, too. */
static void show_registry(const struct core *c, const struct proof_rdap *rdap,
                          struct evidence_parts *parts, struct evidence *e)
{
    parts->rdap = (struct rdap_evidence){.server = rdap->server,
                                         .states = rdap->words,
                                         .registered_s = rdap->registered,
                                         .expires_s = rdap->expires,
                                         .http = rdap->http,
                                         .elapsed_ms = rdap->elapsed_ms,
                                         .at_s = rdap->at};
    e->rdap = &parts->rdap;
    if (!c->registry_is_provider)
        return;
    parts->status = (struct status_evidence){.provider = c->options.provider,
                                             .http = rdap->http,
                                             .elapsed_ms = rdap->elapsed_ms,
                                             .at_s = rdap->at};
    e->status = &parts->status;
}

struct evidence announce_evidence(const struct core *c, const struct watch *w,
                                  struct evidence_parts *parts)
{
    struct evidence e = {.policy = policy_text(&c->policy)};
    struct proof_view proof;
    if (watch_is_bad(w))
        e.confirmed_since_s = w->since;
    if (!proof_view(&c->registry, w, &proof))
        return e;
    parts->dns = (struct dns_evidence){.outcome = proof.dns.outcome,
                                       .soa = proof.dns.soa,
                                       .resolver = proof.dns.resolver,
                                       .at_s = proof.dns.at};
    e.dns = &parts->dns;
    if (proof.status.at != 0) {
        parts->status = (struct status_evidence){.provider = c->options.provider,
                                                 .words = proof.status.words,
                                                 .http = proof.status.http,
                                                 .elapsed_ms = proof.status.elapsed_ms,
                                                 .at_s = proof.status.at};
        e.status = &parts->status;
    }
    if (proof.rdap.at != 0)
        show_registry(c, &proof.rdap, parts, &e);
    return e;
}

static void publish(struct step *s, uint32_t entry)
{
    struct effect *e = step_want(s, FX_PUBLISH);
    e->u.publish.entry = entry;
    e->u.publish.publication = &s->core->outbox.at[entry];
}

static struct publication *new_publication(struct step *s, const char *subject,
                                           const char *type, uint32_t *entry)
{
    struct core *c = s->core;
    *entry = outbox_take(&c->outbox);
    struct publication *p = &c->outbox.at[*entry];
    p->subject = subject;
    p->type = type;
    p->content_type = wire_format_content_type(c->options.format);
    rfc3339_format(s->now_s, p->time);
    return p;
}

static void say_domain(struct step *s, const struct watch *w, const struct job *job,
                       const char *subject, const char *type, enum message_kind kind,
                       const char *rail)
{
    struct core *c = s->core;
    struct evidence_parts parts;
    const struct domain_message m = {.domain = registry_name(&c->registry, w),
                                     .from = (enum phase)job->from,
                                     .to = (enum phase)job->to,
                                     .accounts = w->addresses,
                                     .evidence = announce_evidence(c, w, &parts),
                                     .at_s = job->at,
                                     .rail = rail};
    uint32_t entry;
    struct publication *p = new_publication(s, subject, type, &entry);
    identity_of_move(subject, m.domain, m.from, m.to, w->epoch, job->moves, p->id);
    MUST(message_encode_domain(&m, c->options.format, &p->body) == ST_OK);
    c->outbox.about[entry] = (struct message_about){.kind = kind,
                                                    .token = job->token,
                                                    .at = job->at,
                                                    .moves = job->moves,
                                                    .from = job->from,
                                                    .to = job->to,
                                                    .pending = true};
    publish(s, entry);
}

/* Nothing but the phase and the evidence is kept of a verdict, so its reason is found in
 * these again: the same after a restart. */
static enum reason reason_of(const struct core *c, const struct watch *w)
{
    struct proof_view proof;
    if (proof_view(&c->registry, w, &proof) && proof.status.at != 0) {
        const struct verdict v = round_judge_words(c, proof.status.words);
        if (v.unverify && v.phase == (enum phase)w->phase)
            return v.reason;
    }
    return decide_reason((enum phase)w->phase);
}

/* The hold may have gone, or been told, since the job was put in line. */
static void say_held(struct step *s, const struct watch *w, uint64_t token)
{
    struct hold *hold = announce_untold_hold(s->core, watch_ref_of_token(token).slot);
    if (hold == NULL)
        return;
    const struct job about = {.token = token,
                              .at = hold->since,
                              .moves = hold->moves,
                              .from = hold->from,
                              .to = w->phase};
    say_domain(s, w, &about, SUBJECT_HELD, type_held, MESSAGE_HELD,
               rail_text((enum rail)hold->rail));
    hold->told = SAID_DECIDED;
}

static void say_address(struct step *s, const struct watch *w, uint32_t address,
                        const char *subject, const char *type, enum message_kind kind)
{
    struct core *c = s->core;
    const struct address_record *a = registry_address(&c->registry, address);
    struct evidence_parts parts;
    char email[EMAIL_MAX + 1];
    uint32_t entry;
    struct publication *p = new_publication(s, subject, type, &entry);
    const struct unverify_message m = {
        .id = p->id,
        .account = address_account(a),
        .email = email,
        .email_len = address_email(&c->registry, a, email),
        .domain = registry_name(&c->registry, w),
        .phase = (enum phase)w->phase,
        .reason = reason_of(c, w),
        .block_password_reset = (w->flags & WATCH_BLOCK) != 0,
        .risk = decide_risk(address_mfa(a), address_other_verified(a)),
        .evidence = announce_evidence(c, w, &parts),
        .decided_at_s = s->now_s,
    };
    identity_of_address(subject, &m.account, email, m.email_len, address_verified_ms(a),
                        p->id);
    MUST(message_encode_unverify(&m, c->options.format, &p->body) == ST_OK);
    c->outbox.about[entry] = (struct message_about){
        .kind = kind,
        .address = address,
        .token = watch_ref_token(registry_ref(&c->registry, a->watch)),
        .pending = true};
    publish(s, entry);
}

static bool has_room(const struct step *s)
{
    return step_has_room(s, 1) && outbox_room(&s->core->outbox) > 0;
}

static bool needs_unverify(const struct watch *w, const struct address_record *a)
{
    return address_unverify(a) == SAID_NOTHING && resurrection_concerns(w, a);
}

/* A dry run reports the block inside the unverify message and blocks nothing. */
static bool needs_block(const struct core *c, const struct watch *w,
                        const struct address_record *a)
{
    return (w->flags & WATCH_BLOCK) && address_block(a) == SAID_NOTHING &&
           !c->options.dry_run && resurrection_concerns(w, a);
}

bool announce_owes(const struct core *c, const struct watch *w,
                   const struct address_record *a)
{
    return needs_unverify(w, a) || needs_block(c, w, a);
}

uint32_t announce_count(const struct core *c, const struct watch *w)
{
    uint32_t n = 0;
    for (uint32_t h = w->first; h != 0; h = registry_address(&c->registry, h)->next)
        n += announce_owes(c, w, registry_address(&c->registry, h));
    return n;
}

/* One address: at most two messages, each said once. false: no room, come again. */
static bool say_of_address(struct step *s, const struct watch *w, uint32_t address)
{
    struct core *c = s->core;
    struct address_record *a = registry_address(&c->registry, address);
    bool dry = c->options.dry_run;
    if (needs_unverify(w, a)) {
        if (!has_room(s))
            return false;
        say_address(s, w, address, dry ? c->dry_subject : c->options.subject, type_unverify,
                    MESSAGE_UNVERIFY);
        address_set_said(&c->registry, a, SAID_DECIDED, address_block(a));
        journal_address(c, address);
        c->stats.unverify_decided++;
    }
    if (needs_block(c, w, a)) {
        if (!has_room(s))
            return false;
        say_address(s, w, address, SUBJECT_BLOCK, type_block, MESSAGE_BLOCK);
        address_set_said(&c->registry, a, address_unverify(a), SAID_DECIDED);
        journal_address(c, address);
        c->stats.block_decided++;
    }
    return true;
}

/* false: no room for the job's next message. */
static bool work_on(struct step *s, struct job *job, unsigned *walked)
{
    struct core *c = s->core;
    struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(job->token));
    if (w == NULL)
        return true; /* nobody left to tell about */
    if (job->tell_move) {
        if (!has_room(s))
            return false;
        say_domain(s, w, job, SUBJECT_PHASE, type_phase, MESSAGE_MOVE, NULL);
        job->tell_move = false;
    }
    if (job->recovered) {
        if (!has_room(s))
            return false;
        say_domain(s, w, job, SUBJECT_RECOVERED, type_recovered, MESSAGE_RECOVERED, NULL);
        job->recovered = false;
    }
    if (job->held) {
        if (!has_room(s))
            return false;
        say_held(s, w, job->token);
        job->held = false;
    }
    if (!job->addresses)
        return true;
    if (!job->walking) {
        job->walking = true;
        job->cursor = w->first;
    }
    /* The verdict may have been lifted since, or an address verified after it: then nothing
     * more is said. The answer that is asked for in its place brings a job of its own. */
    while (job->cursor != 0 && (w->flags & WATCH_UNVERIFY) &&
           !(w->flags & (WATCH_FORCE | WATCH_WITHHELD))) {
        if (++*walked > WALK_MAX) {
            s->fx->more = true;
            return false;
        }
        if (!say_of_address(s, w, job->cursor))
            return false;
        job->cursor = registry_address(&c->registry, job->cursor)->next;
    }
    return true;
}

void announce_some(struct step *s)
{
    struct core *c = s->core;
    unsigned walked = 0;
    for (struct job *job = fifo_first(&c->jobs); job != NULL; job = fifo_first(&c->jobs)) {
        if (!work_on(s, job, &walked)) {
            /* Full effects are emptied at once; a full outbox waits for confirmations. */
            if (outbox_room(&c->outbox) > 0)
                s->fx->more = true;
            return;
        }
        fifo_pop(&c->jobs);
    }
}

/* Is a message of this kind about this move still to be confirmed? */
bool announce_is_untold(const struct core *c, const struct message_about *told,
                        enum message_kind kind)
{
    for (uint32_t i = 0; i < c->outbox.cap; i++) {
        const struct message_about *other = &c->outbox.about[i];
        if (other->pending && other->kind == kind && other->token == told->token &&
            other->moves == told->moves)
            return true;
    }
    /* The job that made the first of two messages may wait for room for the second. */
    for (size_t i = 0; i < c->jobs.n; i++) {
        const struct job *job = fifo_at(&c->jobs, i);
        if (job->token == told->token && job->moves == told->moves &&
            (kind == MESSAGE_MOVE ? job->tell_move : job->recovered))
            return true;
    }
    return false;
}

static void note_told_held(struct core *c, const struct message_about *about)
{
    struct watch_ref ref = watch_ref_of_token(about->token);
    struct hold *hold = registry_resolve(&c->registry, ref) != NULL
                            ? holds_find(&c->holds, ref.slot)
                            : NULL;
    if (hold == NULL || hold->moves != about->moves)
        return; /* it has gone, or is another one by now */
    hold->told = SAID_CONFIRMED;
    journal_hold(c, hold);
}

static void note_told(struct core *c, const struct message_about *about)
{
    struct address_record *a;
    switch (about->kind) {
    case MESSAGE_UNVERIFY:
    case MESSAGE_BLOCK:
        if (about->address == 0)
            return;
        a = registry_address(&c->registry, about->address);
        address_set_said(&c->registry, a,
                         about->kind == MESSAGE_UNVERIFY ? SAID_CONFIRMED
                                                         : address_unverify(a),
                         about->kind == MESSAGE_BLOCK ? SAID_CONFIRMED : address_block(a));
        journal_address(c, about->address);
        break;
    case MESSAGE_HELD:
        note_told_held(c, about);
        break;
    case MESSAGE_MOVE:
    case MESSAGE_RECOVERED:
        journal_move(
            c, &(struct job){.token = about->token,
                             .at = about->at,
                             .moves = about->moves,
                             .from = about->from,
                             .to = about->to,
                             .tell_move = announce_is_untold(c, about, MESSAGE_MOVE),
                             .recovered = announce_is_untold(c, about, MESSAGE_RECOVERED)});
        break;
    }
}

void announce_published(struct core *c, uint32_t entry)
{
    const struct message_about about = c->outbox.about[entry];
    uint64_t *const counters[] = {[MESSAGE_UNVERIFY] = &c->stats.unverify_published,
                                  [MESSAGE_BLOCK] = &c->stats.block_published,
                                  [MESSAGE_MOVE] = &c->stats.domain_published,
                                  [MESSAGE_RECOVERED] = &c->stats.domain_published,
                                  [MESSAGE_HELD] = &c->stats.domain_published};
    ++*counters[about.kind];
    outbox_give(&c->outbox, entry);
    note_told(c, &about);
}
