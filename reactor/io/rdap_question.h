/* One question to a registry on its way: where it goes, where it is sent on to, and what an
 * answer makes of it. Nothing is sent from here (io/rdap.c). */
#ifndef UVD_IO_RDAP_QUESTION_H
#define UVD_IO_RDAP_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/list.h"
#include "io/http_multi.h"
#include "io/http_url.h"
#include "io/rdap_servers.h"
#include "proto/address.h"
#include "proto/rdap_bootstrap.h"
#include "proto/rdap_reply.h"

#define RDAP_URL_SIZE 1100 /* a base URL, "domain/" and a name with every byte escaped */

struct rdap;

struct rdap_question {
    struct rdap *rdap;
    struct list link; /* of those that wait, or are done; in none while it is out */
    uint64_t token;
    char domain[DOMAIN_SIZE];
    char url[RDAP_URL_SIZE];   /* "": not known yet */
    char site[HTTP_SITE_SIZE]; /* of the URL */
    bool is_responsible;       /* the bootstrap file lists that server for the domain */
    uint8_t redirects;
    uint8_t base;               /* which of the suffix's servers */
    struct rdap_server *server; /* while it is out */
    struct mono_ms begun;
    struct rdap_reply reply;
};

/* A new question. */
void rdap_question_init(struct rdap_question *q, uint64_t token, const char *domain,
                        struct mono_ms now);

/* Choose where it goes first. False: no server is known; the reply says so. */
bool rdap_question_place(struct rdap_question *q, const struct rdap_bootstrap *table);

/* Take an answer, or the lack of one. False: the reply is complete. True: ask again, at the
 * URL that is there now: another server of the suffix, when the first one couldn't be
 * reached, or where a redirect leads. `table` may be NULL. */
bool rdap_question_take(struct rdap_question *q, const struct http_result *r,
                        const struct rdap_bootstrap *table);

#endif
