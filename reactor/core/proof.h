/* What a watch's last candidacy rests on: the DNS answer and the status API's words, kept
 * in the registry's arena only for domains that were ever candidates. */
#ifndef UVD_CORE_PROOF_H
#define UVD_CORE_PROOF_H

#include "core/registry.h"
#include "proto/message.h"
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

/* A proof as two borrowed views into the arena; good until the watch's proof changes. */
struct proof_view {
    struct proof_dns dns;
    struct proof_status status;
};

/* Note a DNS answer; what the status API said before stays. ST_NOMEM: unchanged. */
enum status proof_note_dns(struct registry *r, struct watch *w,
                           const struct proof_dns *dns);

/* Note the status API's answer; the watch must have a DNS answer noted. */
enum status proof_note_status(struct registry *r, struct watch *w,
                              const struct proof_status *status);

/* Forget what the status API said (the domain is in DNS again). */
void proof_drop(struct registry *r, struct watch *w);

/* false: the watch has none. */
bool proof_view(const struct registry *r, const struct watch *w, struct proof_view *out);

#endif
