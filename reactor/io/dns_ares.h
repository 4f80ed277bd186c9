/* c-ares as the keeper of the questions that are out to one resolver, over a socket of
 * ours: what it sends is only taken note of, and what it reads are the ends that it is
 * given. So the one place where its versions differ. */
#ifndef UVD_IO_DNS_ARES_H
#define UVD_IO_DNS_ARES_H

#include <ares.h>
#include <stdint.h>

#include "base/status.h"
#include "io/dns_flight.h"
#include "io/dns_servers.h"

struct dns_ares;

struct dns_ares_options {
    const struct dns_server *server; /* must outlive the module */
    uint32_t timeout_ms;             /* of a question; c-ares' own is longer */
    /* The next question that has ended, NULL when there is none. */
    struct dns_flight *(*next)(void *arg);
    /* Called once for each question: it came from `next` (DNS_OUTCOME_COUNT), or why it
     * ended without. From inside c-ares: none of its functions may be called. */
    void (*end)(void *arg, struct dns_flight *q, enum dns_outcome why_not);
    void *arg;
};

/* ST_NOMEM, or ST_IO when c-ares refuses. */
enum status dns_ares_new(const struct dns_ares_options *o, struct dns_ares **out);

/* Hand over a question that has been sent: its id, which no other one has. May end from
 * inside. */
void dns_ares_ask(struct dns_ares *a, struct dns_flight *q);

/* Let it read: `next` is called until there is none. */
void dns_ares_read(struct dns_ares *a);

/* Let it look at its clock. */
void dns_ares_tick(struct dns_ares *a);

/* Ends all questions with DNS_CANCELED, from inside; ares_destroy, for ares_cancel in 1.18
 * leaves lists behind that a callback can break. Not from inside `end`. NULL is ignored. */
void dns_ares_free(struct dns_ares *a);

/* For channels of c-ares in general: point one at its resolver; what a status without a
 * packet means. */
enum status dns_ares_point(ares_channel ares, const struct dns_server *server);
enum dns_outcome dns_ares_outcome(int status);

#endif
