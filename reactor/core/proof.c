#include "core/proof.h"

#include <string.h>

#define RESOLVER_MAX 63U

struct proof_record {
    uint32_t dns_at, status_at, elapsed_ms;
    uint16_t http;
    uint8_t outcome, soa_len, resolver_len, words_len;
    char text[]; /* soa NUL resolver NUL words NUL */
};

static size_t record_size(size_t soa, size_t resolver, size_t words)
{
    return sizeof(struct proof_record) + soa + resolver + words + 3;
}

static size_t bounded(const char *text, size_t max)
{
    size_t n = strlen(text);
    return n < max ? n : max;
}

bool proof_view(const struct registry *r, const struct watch *w, struct proof_view *out)
{
    if (w->evidence == 0)
        return false;
    const struct proof_record *p = arena_at(&r->arena, w->evidence);
    const char *resolver = p->text + p->soa_len + 1;
    *out = (struct proof_view){
        .dns = {.outcome = (enum dns_outcome)p->outcome,
                .soa = p->text,
                .resolver = resolver,
                .at = p->dns_at},
        .status = {.words = resolver + p->resolver_len + 1,
                   .http = p->http,
                   .elapsed_ms = p->elapsed_ms,
                   .at = p->status_at},
    };
    return true;
}

/* The new record is written before the old one is freed: views may point into the old. */
static enum status store(struct registry *r, struct watch *w, const struct proof_view *v)
{
    size_t soa = bounded(v->dns.soa, DOMAIN_MAX);
    size_t resolver = bounded(v->dns.resolver, RESOLVER_MAX);
    size_t words = bounded(v->status.words, STATUS_TEXT_SIZE - 1);
    uint32_t handle = arena_alloc(&r->arena, record_size(soa, resolver, words));
    if (handle == 0)
        return ST_NOMEM;
    struct proof_record *p = arena_at(&r->arena, handle);
    *p = (struct proof_record){.dns_at = v->dns.at,
                               .status_at = v->status.at,
                               .elapsed_ms = v->status.elapsed_ms,
                               .http = (uint16_t)v->status.http,
                               .outcome = (uint8_t)v->dns.outcome,
                               .soa_len = (uint8_t)soa,
                               .resolver_len = (uint8_t)resolver,
                               .words_len = (uint8_t)words};
    char *t = p->text;
    memcpy(t, v->dns.soa, soa);
    t[soa] = '\0';
    t += soa + 1;
    memcpy(t, v->dns.resolver, resolver);
    t[resolver] = '\0';
    t += resolver + 1;
    memcpy(t, v->status.words, words);
    t[words] = '\0';
    proof_drop(r, w);
    w->evidence = handle;
    return ST_OK;
}

enum status proof_note_dns(struct registry *r, struct watch *w, const struct proof_dns *dns)
{
    struct proof_view v = {.status = {.words = ""}};
    (void)proof_view(r, w, &v);
    v.dns = *dns;
    return store(r, w, &v);
}

enum status proof_note_status(struct registry *r, struct watch *w,
                              const struct proof_status *status)
{
    struct proof_view v = {.dns = {.soa = "", .resolver = ""}};
    (void)proof_view(r, w, &v);
    v.status = *status;
    return store(r, w, &v);
}

void proof_drop(struct registry *r, struct watch *w)
{
    if (w->evidence == 0)
        return;
    const struct proof_record *p = arena_at(&r->arena, w->evidence);
    arena_free(&r->arena, w->evidence,
               record_size(p->soa_len, p->resolver_len, p->words_len));
    w->evidence = 0;
}
