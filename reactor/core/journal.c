/* The journal: every change of what lasts, as a fact, in the order in which it happened.
 *
 * core_take_facts hands the facts on; a message may leave only when the facts of its step
 * are in the log (design: durable, then spoken, then acknowledged). Without a log
 * (store.mode = memory) nobody takes them and nothing is written. */
#include "core/state.h"

#include <string.h>

#include "base/must.h"

/* The flags of a watch that outlive the process: AGAIN belongs to a question that is out.
 */
#define LASTING (WATCH_UNVERIFY | WATCH_BLOCK | WATCH_FORCE | WATCH_ABSENT_NOTED)

enum status journal_put_address(const struct core *c, uint32_t address, struct buf *b)
{
    char email[EMAIL_MAX + 1];
    struct fact f; /* not cleared: it is large, and filled here */
    f.kind = FACT_ADDRESS;
    address_fact(&c->registry, registry_address(&c->registry, address), email,
                 &f.u.address);
    return fact_put(b, &f);
}

static void put_rdap(struct fact_watch *v, const struct proof_rdap *rdap)
{
    v->rdap.at = rdap->at;
    v->rdap.states = rdap->states;
    v->rdap.http = (uint16_t)rdap->http;
    v->rdap.elapsed_ms = rdap->elapsed_ms;
    v->rdap.registered = rdap->registered;
    v->rdap.expires = rdap->expires;
    v->rdap.server = rdap->server;
    v->rdap.server_len = (uint8_t)strlen(rdap->server);
    v->rdap.words = rdap->words;
    v->rdap.words_len = (uint8_t)strlen(rdap->words);
}

enum status journal_put_watch(const struct core *c, const struct watch *w, struct buf *b)
{
    const char *name = registry_name(&c->registry, w);
    struct fact f = {.kind = FACT_WATCH};
    struct fact_watch *v = &f.u.watch;
    struct proof_view proof;
    *v = (struct fact_watch){.domain = name,
                             .domain_len = (uint8_t)strlen(name),
                             .phase = (enum phase)w->phase,
                             .outcome = (enum dns_outcome)w->outcome,
                             .since = w->since,
                             .checked = w->checked,
                             .due = w->due,
                             .epoch = w->epoch,
                             .moves = w->moves,
                             .flags = w->flags & LASTING,
                             .registered = w->registered,
                             .looked = w->looked,
                             .doubts = w->doubts};
    if (proof_view(&c->registry, w, &proof)) {
        v->has_proof = true;
        v->proof.outcome = proof.dns.outcome;
        v->proof.soa = proof.dns.soa;
        v->proof.soa_len = (uint8_t)strlen(proof.dns.soa);
        v->proof.resolver = proof.dns.resolver;
        v->proof.resolver_len = (uint8_t)strlen(proof.dns.resolver);
        v->proof.at = proof.dns.at;
        v->proof.words = proof.status.words;
        v->proof.words_len = (uint8_t)strlen(proof.status.words);
        v->proof.http = (uint16_t)proof.status.http;
        v->proof.elapsed_ms = proof.status.elapsed_ms;
        v->proof.status_at = proof.status.at;
        put_rdap(v, &proof.rdap);
    }
    return fact_put(b, &f);
}

enum status journal_put_move(const struct core *c, const struct job *job, struct buf *b)
{
    const struct watch *w = registry_resolve(&c->registry, watch_ref_of_token(job->token));
    if (w == NULL)
        return ST_OK; /* forgotten, and its moves with it */
    const char *name = registry_name(&c->registry, w);
    struct fact f = {.kind = FACT_MOVE};
    f.u.move = (struct fact_move){.domain = name,
                                  .domain_len = (uint8_t)strlen(name),
                                  .moves = job->moves,
                                  .from = (enum phase)job->from,
                                  .to = (enum phase)job->to,
                                  .at = job->at,
                                  .tell_move = job->tell_move,
                                  .recovered = job->recovered};
    return fact_put(b, &f);
}

/* Without memory for a fact there is no way on that keeps the promises: the process ends
 * and begins again from the log. */
static void must_be_put(enum status st)
{
    MUST(st == ST_OK);
}

void journal_address(struct core *c, uint32_t address)
{
    if (c->options.keeps_journal)
        must_be_put(journal_put_address(c, address, &c->journal));
}

void journal_gone(struct core *c, uint32_t address)
{
    char email[EMAIL_MAX + 1];
    struct fact_address a;
    if (!c->options.keeps_journal)
        return;
    address_fact(&c->registry, registry_address(&c->registry, address), email, &a);
    const struct fact f = {.kind = FACT_ADDRESS_GONE,
                           .u.gone = {.account = a.account,
                                      .local = email,
                                      .local_len = a.address.local_len,
                                      .host = a.address.domain.host,
                                      .host_len = a.address.domain.host_len}};
    must_be_put(fact_put(&c->journal, &f));
}

void journal_watch(struct core *c, uint32_t slot)
{
    if (c->options.keeps_journal)
        must_be_put(journal_put_watch(c, registry_watch(&c->registry, slot), &c->journal));
}

void journal_move(struct core *c, const struct job *job)
{
    if (c->options.keeps_journal)
        must_be_put(journal_put_move(c, job, &c->journal));
}

size_t core_facts_size(const struct core *c)
{
    return c->journal.len > FACT_BATCH_HEAD ? c->journal.len : 0;
}

enum status core_take_facts(struct core *c, struct buf *out)
{
    struct buf empty = *out;
    empty.len = 0;
    enum status st = fact_batch_begin(&empty);
    if (st != ST_OK)
        return st;
    *out = c->journal;
    c->journal = empty;
    return ST_OK;
}
