#include "core/proof.h"

#include <stddef.h>
#include <string.h>

#define RESOLVER_MAX 63U

/* What a registry said lies behind the rest, and only when it said something: most proofs
 * have none. */
struct rdap_record {
    uint32_t states, registered, expires, elapsed_ms;
    uint16_t http;
    uint8_t server_len, words_len;
};

struct proof_record {
    uint32_t dns_at, status_at, rdap_at, elapsed_ms;
    uint16_t http;
    uint8_t outcome, soa_len, resolver_len, words_len;
    char text[]; /* soa NUL resolver NUL words NUL [rdap_record server NUL words NUL] */
};

_Static_assert(sizeof(struct proof_record) + DOMAIN_MAX + RESOLVER_MAX +
                       sizeof(struct rdap_record) + RDAP_SERVER_SIZE + STATUS_TEXT_SIZE +
                       STATUS_TEXT_SIZE + 2 <=
                   ARENA_RECORD_MAX,
               "the largest proof is a record");

/* Bytes up to the registry's part, and of that. */
static size_t first_size(size_t soa, size_t resolver, size_t words)
{
    return offsetof(struct proof_record, text) + soa + resolver + words + 3;
}

static size_t rdap_size(size_t server, size_t words)
{
    return sizeof(struct rdap_record) + server + words + 2;
}

/* Copied: it lies at any address. */
static struct rdap_record rdap_of(const struct proof_record *p)
{
    struct rdap_record r = {.states = 0};
    if (p->rdap_at != 0)
        memcpy(&r, (const char *)p + first_size(p->soa_len, p->resolver_len, p->words_len),
               sizeof r);
    return r;
}

static size_t record_size(const struct proof_record *p)
{
    size_t size = first_size(p->soa_len, p->resolver_len, p->words_len);
    if (p->rdap_at == 0)
        return size;
    const struct rdap_record r = rdap_of(p);
    return size + rdap_size(r.server_len, r.words_len);
}

static size_t bounded(const char *text, size_t max)
{
    size_t n = strlen(text);
    return n < max ? n : max;
}

static uint32_t seconds_of(int64_t s)
{
    return s > 0 && s <= UINT32_MAX ? (uint32_t)s : 0;
}

struct proof_rdap proof_rdap_of(const struct rdap_reply *reply, uint32_t at)
{
    return (struct proof_rdap){.server = reply->server,
                               .words = reply->words,
                               .states = reply->states,
                               .registered = seconds_of(reply->registered_s),
                               .expires = seconds_of(reply->expires_s),
                               .http = reply->http,
                               .elapsed_ms = reply->elapsed_ms,
                               .at = at};
}

static struct proof_rdap view_rdap(const struct proof_record *p)
{
    if (p->rdap_at == 0)
        return (struct proof_rdap){.server = "", .words = ""};
    const struct rdap_record r = rdap_of(p);
    const char *server = (const char *)p +
                         first_size(p->soa_len, p->resolver_len, p->words_len) +
                         sizeof(struct rdap_record);
    return (struct proof_rdap){.server = server,
                               .words = server + r.server_len + 1,
                               .states = r.states,
                               .registered = r.registered,
                               .expires = r.expires,
                               .http = r.http,
                               .elapsed_ms = r.elapsed_ms,
                               .at = p->rdap_at};
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
        .rdap = view_rdap(p),
    };
    return true;
}

static char *put_text(char *to, const char *text, size_t len)
{
    memcpy(to, text, len);
    to[len] = '\0';
    return to + len + 1;
}

static void put_rdap(char *to, const struct proof_rdap *v, size_t server, size_t words)
{
    const struct rdap_record r = {.states = v->states,
                                  .registered = v->registered,
                                  .expires = v->expires,
                                  .elapsed_ms = v->elapsed_ms,
                                  .http = (uint16_t)v->http,
                                  .server_len = (uint8_t)server,
                                  .words_len = (uint8_t)words};
    memcpy(to, &r, sizeof r);
    put_text(put_text(to + sizeof r, v->server, server), v->words, words);
}

/* The new record is written before the old one is freed: views may point into the old. */
static enum status store(struct registry *r, struct watch *w, const struct proof_view *v)
{
    size_t soa = bounded(v->dns.soa, DOMAIN_MAX);
    size_t resolver = bounded(v->dns.resolver, RESOLVER_MAX);
    size_t words = bounded(v->status.words, STATUS_TEXT_SIZE - 1);
    size_t server = bounded(v->rdap.server, RDAP_SERVER_SIZE - 1);
    size_t states = bounded(v->rdap.words, STATUS_TEXT_SIZE - 1);
    size_t size = first_size(soa, resolver, words) +
                  (v->rdap.at != 0 ? rdap_size(server, states) : 0);
    uint32_t handle = arena_alloc(&r->arena, size);
    if (handle == 0)
        return ST_NOMEM;
    struct proof_record *p = arena_at(&r->arena, handle);
    *p = (struct proof_record){.dns_at = v->dns.at,
                               .status_at = v->status.at,
                               .rdap_at = v->rdap.at,
                               .elapsed_ms = v->status.elapsed_ms,
                               .http = (uint16_t)v->status.http,
                               .outcome = (uint8_t)v->dns.outcome,
                               .soa_len = (uint8_t)soa,
                               .resolver_len = (uint8_t)resolver,
                               .words_len = (uint8_t)words};
    char *t = put_text(p->text, v->dns.soa, soa);
    t = put_text(t, v->dns.resolver, resolver);
    t = put_text(t, v->status.words, words);
    if (v->rdap.at != 0)
        put_rdap(t, &v->rdap, server, states);
    proof_drop(r, w);
    w->evidence = handle;
    return ST_OK;
}

/* A watch without a proof: nothing said. */
static struct proof_view view_or_nothing(const struct registry *r, const struct watch *w)
{
    struct proof_view v = {.dns = {.soa = "", .resolver = ""},
                           .status = {.words = ""},
                           .rdap = {.server = "", .words = ""}};
    (void)proof_view(r, w, &v);
    return v;
}

enum status proof_note_dns(struct registry *r, struct watch *w, const struct proof_dns *dns)
{
    struct proof_view v = view_or_nothing(r, w);
    v.dns = *dns;
    return store(r, w, &v);
}

enum status proof_note_answers(struct registry *r, struct watch *w,
                               const struct proof_status *status,
                               const struct proof_rdap *rdap)
{
    struct proof_view v = view_or_nothing(r, w);
    v.status = status != NULL ? *status : (struct proof_status){.words = ""};
    v.rdap = rdap != NULL ? *rdap : (struct proof_rdap){.server = "", .words = ""};
    return store(r, w, &v);
}

void proof_drop(struct registry *r, struct watch *w)
{
    if (w->evidence == 0)
        return;
    arena_free(&r->arena, w->evidence, record_size(arena_at(&r->arena, w->evidence)));
    w->evidence = 0;
}
