/* Facts for tests: typical ones, and a field by field comparison. */
#ifndef UVD_TESTS_FACT_OF_H
#define UVD_TESTS_FACT_OF_H

#include <string.h>

#include "base/must.h"
#include "proto/fact.h"

#define NOW UINT32_C(1790000000) /* 2026-09-21 */

static inline struct account_id account_of(const char *text, bool is_int)
{
    return (struct account_id){
        .text = text, .len = (uint8_t)strlen(text), .is_int = is_int};
}

/* `email` is kept; what stands behind its first '@' is also the host unless one is given.
 */
static inline struct fact address_of(const char *account, const char *email,
                                     const char *host, const char *registrable)
{
    struct fact f = {.kind = FACT_ADDRESS};
    struct address *a = &f.u.address.address;
    const char *at = strchr(email, '@');
    MUST(at != NULL);
    if (host == NULL)
        host = at + 1;
    f.u.address.account = account_of(account, false);
    f.u.address.verified_ms = INT64_C(1790000000123);
    a->email = email;
    a->email_len = (uint8_t)strlen(email);
    a->local_len = (uint8_t)(at - email);
    a->domain.host_len = (uint8_t)strlen(host);
    memcpy(a->domain.host, host, strlen(host) + 1);
    if (registrable != NULL)
        a->domain.registrable_at = (uint8_t)(strlen(host) - strlen(registrable));
    return f;
}

static inline struct fact gone_of(const char *account, const char *local, const char *host)
{
    return (struct fact){.kind = FACT_ADDRESS_GONE,
                         .u.gone = {.account = account_of(account, false),
                                    .local = local,
                                    .local_len = (uint8_t)strlen(local),
                                    .host = host,
                                    .host_len = (uint8_t)strlen(host)}};
}

/* Watched for a year, checked an hour ago, due in a day. */
static inline struct fact watch_of(const char *domain)
{
    return (struct fact){.kind = FACT_WATCH,
                         .u.watch = {.domain = domain,
                                     .domain_len = (uint8_t)strlen(domain),
                                     .phase = PHASE_ACTIVE,
                                     .outcome = DNS_DELEGATED,
                                     .epoch = NOW - 365 * 86400,
                                     .since = NOW - 365 * 86400 + 2,
                                     .checked = NOW - 3600,
                                     .due = NOW + 82800,
                                     .moves = 1}};
}

static inline void give_proof(struct fact *f)
{
    f->u.watch.phase = PHASE_RELEASED;
    f->u.watch.outcome = DNS_ABSENT;
    f->u.watch.has_proof = true;
    f->u.watch.proof.outcome = DNS_ABSENT;
    f->u.watch.proof.soa = "com";
    f->u.watch.proof.soa_len = 3;
    f->u.watch.proof.resolver = "192.0.2.53:53";
    f->u.watch.proof.resolver_len = 13;
    f->u.watch.proof.at = NOW - 7200;
    f->u.watch.proof.words = "undelegated inactive";
    f->u.watch.proof.words_len = 20;
    f->u.watch.proof.http = 200;
    f->u.watch.proof.elapsed_ms = 420;
    f->u.watch.proof.status_at = NOW - 7199;
}

/* Its registry has answered, too. */
static inline void give_rdap(struct fact *f)
{
    f->u.watch.registered = NOW - 7200;
    f->u.watch.looked = NOW - 60;
    f->u.watch.rdap.at = NOW - 60;
    f->u.watch.rdap.states = 3;
    f->u.watch.rdap.http = 200;
    f->u.watch.rdap.elapsed_ms = 88;
    f->u.watch.rdap.registered = NOW - 7200;
    f->u.watch.rdap.expires = NOW + 365 * 86400;
    f->u.watch.rdap.server = "rdap.example";
    f->u.watch.rdap.server_len = 12;
    f->u.watch.rdap.words = "redemption period, pending delete";
    f->u.watch.rdap.words_len = 33;
}

static inline struct fact move_of(const char *domain)
{
    return (struct fact){.kind = FACT_MOVE,
                         .u.move = {.domain = domain,
                                    .domain_len = (uint8_t)strlen(domain),
                                    .moves = 2,
                                    .from = PHASE_ACTIVE,
                                    .to = PHASE_RELEASED,
                                    .at = NOW,
                                    .tell_move = true}};
}

static inline bool same_text(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && (a_len == 0 || memcmp(a, b, a_len) == 0);
}

static inline bool same_account(const struct account_id *a, const struct account_id *b)
{
    return a->is_int == b->is_int && same_text(a->text, a->len, b->text, b->len);
}

static inline bool same_address(const struct fact_address *a, const struct fact_address *b)
{
    const struct mail_domain *d = &a->address.domain;
    const struct mail_domain *e = &b->address.domain;
    return same_account(&a->account, &b->account) &&
           same_text(a->address.email, a->address.email_len, b->address.email,
                     b->address.email_len) &&
           a->address.local_len == b->address.local_len &&
           same_text(d->host, d->host_len + 1U, e->host, e->host_len + 1U) &&
           d->registrable_at == e->registrable_at && d->is_private == e->is_private &&
           a->verified_ms == b->verified_ms && a->mfa == b->mfa &&
           a->other_verified == b->other_verified && a->unverify == b->unverify &&
           a->block == b->block;
}

static inline bool same_proof(const struct fact_watch *a, const struct fact_watch *b)
{
    return a->proof.outcome == b->proof.outcome && a->proof.at == b->proof.at &&
           same_text(a->proof.soa, a->proof.soa_len, b->proof.soa, b->proof.soa_len) &&
           same_text(a->proof.resolver, a->proof.resolver_len, b->proof.resolver,
                     b->proof.resolver_len) &&
           same_text(a->proof.words, a->proof.words_len, b->proof.words,
                     b->proof.words_len) &&
           a->proof.http == b->proof.http && a->proof.elapsed_ms == b->proof.elapsed_ms &&
           a->proof.status_at == b->proof.status_at;
}

static inline bool same_rdap(const struct fact_watch *a, const struct fact_watch *b)
{
    return a->rdap.states == b->rdap.states && a->rdap.http == b->rdap.http &&
           a->rdap.elapsed_ms == b->rdap.elapsed_ms &&
           a->rdap.registered == b->rdap.registered && a->rdap.expires == b->rdap.expires &&
           same_text(a->rdap.server, a->rdap.server_len, b->rdap.server,
                     b->rdap.server_len) &&
           same_text(a->rdap.words, a->rdap.words_len, b->rdap.words, b->rdap.words_len);
}

static inline bool same_watch(const struct fact_watch *a, const struct fact_watch *b)
{
    return same_text(a->domain, a->domain_len, b->domain, b->domain_len) &&
           a->phase == b->phase && a->outcome == b->outcome && a->since == b->since &&
           a->checked == b->checked && a->due == b->due && a->epoch == b->epoch &&
           a->moves == b->moves && a->flags == b->flags && a->doubts == b->doubts &&
           a->has_proof == b->has_proof && (!a->has_proof || same_proof(a, b)) &&
           a->registered == b->registered && a->looked == b->looked &&
           a->rdap.at == b->rdap.at && (a->rdap.at == 0 || same_rdap(a, b));
}

static inline bool same_fact(const struct fact *a, const struct fact *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case FACT_ADDRESS:
        return same_address(&a->u.address, &b->u.address);
    case FACT_ADDRESS_GONE:
        return same_account(&a->u.gone.account, &b->u.gone.account) &&
               same_text(a->u.gone.local, a->u.gone.local_len, b->u.gone.local,
                         b->u.gone.local_len) &&
               same_text(a->u.gone.host, a->u.gone.host_len, b->u.gone.host,
                         b->u.gone.host_len);
    case FACT_WATCH:
        return same_watch(&a->u.watch, &b->u.watch);
    case FACT_MOVE:
        return same_text(a->u.move.domain, a->u.move.domain_len, b->u.move.domain,
                         b->u.move.domain_len) &&
               a->u.move.moves == b->u.move.moves && a->u.move.from == b->u.move.from &&
               a->u.move.to == b->u.move.to && a->u.move.at == b->u.move.at &&
               a->u.move.tell_move == b->u.move.tell_move &&
               a->u.move.recovered == b->u.move.recovered;
    case FACT_POSITION:
        return a->u.position.sequence == b->u.position.sequence &&
               a->u.position.stream == b->u.position.stream &&
               a->u.position.letters_behind == b->u.position.letters_behind;
    case FACT_MANIFEST: {
        const struct fact_manifest *m = &a->u.manifest;
        const struct fact_manifest *n = &b->u.manifest;
        return m->generation == n->generation && m->chunks == n->chunks &&
               m->log_from == n->log_from && m->watches == n->watches &&
               m->addresses == n->addresses && m->digest == n->digest &&
               m->position == n->position && m->position_stream == n->position_stream &&
               m->letters_behind == n->letters_behind;
    }
    }
    return false;
}

#endif
