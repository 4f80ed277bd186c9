/* From decisions to messages.
 *
 * A decision is one job in line; its messages are made only when the outbox has room, so a
 * domain with a hundred thousand addresses costs no more memory than one with two. What was
 * said about an address is noted in its record at the moment the message is made. */
#include "core/state.h"

#include "base/must.h"
#include "core/decide.h"
#include "core/identity.h"

/* Addresses looked at in one step: a pass over a huge domain does not hold up the loop. */
#define WALK_MAX 2000U

#define SUBJECT_BLOCK "email.block_reset"
#define SUBJECT_PHASE "email.domain.phase"
#define SUBJECT_RECOVERED "email.domain.recovered"

static const char type_unverify[] = "unverifyd.email.unverify.v1";
static const char type_block[] = "unverifyd.email.block_reset.v1";
static const char type_phase[] = "unverifyd.email.domain.phase.v1";
static const char type_recovered[] = "unverifyd.email.domain.recovered.v1";

void announce_decision(struct step *s, uint32_t slot, enum phase from, bool tell_move,
                       bool recovered, bool addresses)
{
    struct core *c = s->core;
    const struct watch *w = registry_watch(&c->registry, slot);
    if (!tell_move && !recovered && !addresses)
        return;
    struct job job = {.token = watch_ref_token(registry_ref(&c->registry, slot)),
                      .at = s->now_s,
                      .moves = w->moves,
                      .from = (uint8_t)from,
                      .to = w->phase,
                      .tell_move = tell_move,
                      .recovered = recovered,
                      .addresses = addresses};
    /* Losing a job would lose messages; there is no way on without memory for 40 bytes. */
    MUST(fifo_push(&c->jobs, &job) == ST_OK);
}

/* The cursor of the job that is walking must not point at an address that goes. */
void announce_forget_address(struct core *c, uint32_t address)
{
    struct job *job = fifo_first(&c->jobs);
    if (job != NULL && job->walking && job->cursor == address)
        job->cursor = registry_address(&c->registry, address)->next;
}

/* Evidence as the messages show it; the parts are filled in by the caller's structs. */
struct evidence_parts {
    struct dns_evidence dns;
    struct status_evidence status;
};

static struct evidence evidence_of(const struct core *c, const struct watch *w,
                                   struct evidence_parts *parts)
{
    struct evidence e = {.policy = c->options.preset};
    struct proof_view proof;
    if (phase_is_bad((enum phase)w->phase))
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
                       const char *subject, const char *type)
{
    struct core *c = s->core;
    struct evidence_parts parts;
    const struct domain_message m = {.domain = registry_name(&c->registry, w),
                                     .from = (enum phase)job->from,
                                     .to = (enum phase)job->to,
                                     .accounts = w->addresses,
                                     .evidence = evidence_of(c, w, &parts),
                                     .at_s = job->at};
    uint32_t entry;
    struct publication *p = new_publication(s, subject, type, &entry);
    identity_of_move(subject, m.domain, m.from, m.to, w->epoch, job->moves, p->id);
    MUST(message_encode_domain(&m, c->options.format, &p->body) == ST_OK);
    publish(s, entry);
}

static void say_address(struct step *s, const struct watch *w,
                        const struct address_record *a, const char *subject,
                        const char *type)
{
    struct core *c = s->core;
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
        .reason = decide_reason((enum phase)w->phase),
        .block_password_reset = (w->flags & WATCH_BLOCK) != 0,
        .risk = decide_risk(address_mfa(a), address_other_verified(a)),
        .evidence = evidence_of(c, w, &parts),
        .decided_at_s = s->now_s,
    };
    identity_of_address(subject, &m.account, email, m.email_len, address_verified_ms(a),
                        p->id);
    MUST(message_encode_unverify(&m, c->options.format, &p->body) == ST_OK);
    publish(s, entry);
}

static bool has_room(const struct step *s)
{
    return step_has_room(s, 1) && outbox_room(&s->core->outbox) > 0;
}

/* One address: at most two messages, each said once. false: no room, come again. */
static bool say_of_address(struct step *s, const struct watch *w, struct address_record *a)
{
    struct core *c = s->core;
    bool dry = c->options.dry_run;
    if (!(a->flags & ADDR_UNVERIFY_SAID)) {
        if (!has_room(s))
            return false;
        say_address(s, w, a, dry ? c->dry_subject : c->options.subject, type_unverify);
        a->flags |= ADDR_UNVERIFY_SAID;
        c->stats.unverify_decided++;
    }
    /* A dry run reports the block inside the unverify message and blocks nothing. */
    if ((w->flags & WATCH_BLOCK) && !(a->flags & ADDR_BLOCK_SAID) && !dry) {
        if (!has_room(s))
            return false;
        say_address(s, w, a, SUBJECT_BLOCK, type_block);
        a->flags |= ADDR_BLOCK_SAID;
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
        say_domain(s, w, job, SUBJECT_PHASE, type_phase);
        job->tell_move = false;
    }
    if (job->recovered) {
        if (!has_room(s))
            return false;
        say_domain(s, w, job, SUBJECT_RECOVERED, type_recovered);
        job->recovered = false;
    }
    if (!job->addresses)
        return true;
    if (!job->walking) {
        job->walking = true;
        job->cursor = w->first;
    }
    /* The verdict may have been lifted since, or an address verified after it: then nothing
     * more is said. The answer that is asked for in its place brings a job of its own. */
    while (job->cursor != 0 && (w->flags & WATCH_UNVERIFY) && !(w->flags & WATCH_FORCE)) {
        if (++*walked > WALK_MAX) {
            s->fx->more = true;
            return false;
        }
        struct address_record *a = registry_address(&c->registry, job->cursor);
        if (!say_of_address(s, w, a))
            return false;
        job->cursor = a->next;
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

void announce_published(struct core *c, uint32_t entry)
{
    const struct publication *p = &c->outbox.at[entry];
    if (p->type == type_unverify)
        c->stats.unverify_published++;
    else if (p->type == type_block)
        c->stats.block_published++;
    else
        c->stats.domain_published++;
    outbox_give(&c->outbox, entry);
}
