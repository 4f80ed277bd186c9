/* What the world answers when it is asked: DNS, the status API, mail exchangers, RDAP. A
 * function of the question and its time alone. */
#ifndef UVD_BENCH_SIM_ANSWERS_H
#define UVD_BENCH_SIM_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/rdap_reply.h"
#include "proto/vocab.h"
#include "sim/world.h"

#define RESOLVERS 2U

/* Is the name in its registry's zone? As resolver 0 or 1 tells. */
enum dns_outcome answer_dns(struct world *w, uint32_t domain, uint32_t resolver, int32_t t);

/* A made-up name below a top-level domain. */
enum dns_outcome answer_made_up(struct world *w, uint32_t tld, uint32_t resolver,
                                int32_t t);

/* A well-known name that exists. */
enum dns_outcome answer_canary(struct world *w, uint32_t resolver, int32_t t);

enum mx { MX_THERE, MX_NONE, MX_ERROR };
enum mx answer_mx(struct world *w, uint32_t domain, int32_t t);

/* One HTTP exchange with the status API. */
struct api_answer {
    int http;            /* 0: none came */
    uint32_t elapsed_ms; /* until it came; none after 31 s */
    const char *words;   /* static; NULL: http isn't 200, or the body is no JSON */
};

/* `nth` tells questions of one second about one domain apart. */
void answer_api(struct world *w, uint32_t domain, int32_t t, uint32_t nth,
                struct api_answer *out);

void answer_rdap(struct world *w, uint32_t domain, int32_t t, struct rdap_reply *out);

#endif
