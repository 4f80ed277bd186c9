/* What a watch's last candidacy rests on: the DNS answer, the status API's words and what
 * its registry said, kept in the registry's arena only for domains that were ever
 * candidates. */
#ifndef UVD_CORE_PROOF_H
#define UVD_CORE_PROOF_H

#include "core/registry.h"
#include "proto/message.h"
#include "proto/rdap_reply.h"
#include "proto/status_reply.h"

struct proof_dns {
    enum dns_outcome outcome;
    const char *soa;      /* "" when there was none */
    const char *resolver; /* "ip:port" */
    uint32_t at;          /* seconds */
};

struct proof_status {
    const char *words;
    int http;
    uint32_t elapsed_ms;
    uint32_t at; /* seconds; 0: never answered */
};

struct proof_rdap {
    const char *server, *words;   /* host; states as answered, commas between them */
    uint32_t states;              /* 1 << enum rdap_state */
    uint32_t registered, expires; /* seconds; 0: not told, or no time that we can keep */
    int http;                     /* 404: free */
    uint32_t elapsed_ms;
    uint32_t at; /* seconds; 0: never answered */
};

static inline bool proof_rdap_is_free(const struct proof_rdap *rdap)
{
    return rdap->http == 404;
}

/* What an answered reply says, as of `at`. Borrows its texts. */
struct proof_rdap proof_rdap_of(const struct rdap_reply *reply, uint32_t at);

/* A proof as borrowed views into the arena; good until the watch's proof changes. */
struct proof_view {
    struct proof_dns dns;
    struct proof_status status;
    struct proof_rdap rdap; /* the second opinion on `status`, or the only one */
};

/* Note a DNS answer; what was said of the status before stays. ST_NOMEM: unchanged. */
enum status proof_note_dns(struct registry *r, struct watch *w,
                           const struct proof_dns *dns);

/* Note what the status API and the registry answered, NULL: nothing. Both together, since
 * a new answer of one is nothing to an old one of the other. The watch must have a DNS
 * answer noted. ST_NOMEM: unchanged. */
enum status proof_note_answers(struct registry *r, struct watch *w,
                               const struct proof_status *status,
                               const struct proof_rdap *rdap);

/* Forget what was said of the status (the domain is in DNS again). */
void proof_drop(struct registry *r, struct watch *w);

/* false: the watch has none. */
bool proof_view(const struct registry *r, const struct watch *w, struct proof_view *out);

#endif
