/* Asking DNS whether registrable domains are in the zone of their registry.
 *
 * Knows names and tokens, nothing of accounts. One c-ares channel a resolver, so that the
 * resolver that answered is known and a question that met doubt goes to the next one. Which
 * resolver is asked, and that what one denies is denied by a second one, is decided in
 * core/resolvers.h and core/inquiry.h. How many questions are out to a resolver adapts to
 * what it can take (core/window.h). */
#ifndef UVD_IO_DNS_H
#define UVD_IO_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/status.h"
#include "core/resolvers.h"
#include "io/dns_channel.h"
#include "io/dns_stats.h"
#include "proto/dns_answer.h"
#include "proto/mx_answer.h"

struct dns;

struct dns_result {
    uint64_t token;
    bool is_mx;                 /* of dns_ask_mx: of `answer` only the outcome is set */
    const struct mx_answer *mx; /* ... and when that is DNS_EXISTS, these; else NULL */
    struct dns_answer answer;
    const char *resolver; /* "ip:port", or "ip:port,ip:port" of the two that denied it,
                             where that fits; owned by the module, valid until dns_close */
    uint32_t elapsed_ms;  /* from dns_ask to here, all tries */
    uint8_t tries; /* questions; a datagram sent again is none. 0: there was no room */
};

/* Called exactly once for each accepted dns_ask, on the loop thread, possibly from inside
 * dns_ask. `result` is borrowed for the call. */
typedef void (*dns_done_cb)(void *arg, const struct dns_result *result);

struct dns_options {
    const char *servers;  /* "ip[:port],[ip6]:port,..."; NULL: those of /etc/resolv.conf */
    uint32_t timeout_ms;  /* of one try */
    uint32_t tries;       /* questions at most, over all resolvers; as many again to confirm
                             a denial */
    uint32_t inflight;    /* names at most at once */
    const char *canaries; /* names that exist, comma-separated; NULL or "": resolvers are
                             trusted without */
    const char *parked;   /* suffixes of name servers that make an answer DNS_PARKED,
                             comma-separated; NULL or "": none */
    dns_done_cb done;
    /* The answer to dns_test_now: `is_good`: a resolver has passed, or there are no
     * canaries. On the loop thread, possibly from inside dns_test_now; maybe NULL. */
    void (*tested)(void *arg, bool is_good);
    void *arg;
    /* For tests: how datagrams are sent at best (0 is the best), after how many questions a
     * source port is replaced (0 is the usual), and whether answers are always read in a
     * beat. */
    enum udp_batch_way way;
    uint32_t port_questions;
    bool always_gather;
};

/* Text is copied. On failure `error` holds one line for people.
 *   ST_INVALID: servers, canaries or parked can't be read; ST_IO: c-ares or the loop
 * refused */
enum status dns_new(uv_loop_t *loop, const struct dns_options *o, struct dns **out,
                    char *error, size_t error_size);

/* Ask about `domain` (lower-case A-labels, no trailing dot; copied).
 *   ST_FULL: `inflight` names are out already, or the module is closing; nothing happened
 *   ST_INVALID: empty or longer than a name can be; nothing happened */
enum status dns_ask(struct dns *d, uint64_t token, const char *domain);

/* Ask for the mail hosts of `name`, likewise. Its outcome is that of mx_answer: DNS_EXISTS,
 * DNS_ABSENT or doubt. That there are none is a denial and is confirmed as one. */
enum status dns_ask_mx(struct dns *d, uint64_t token, const char *name);

/* Put the canaries now, and not when their minute is over; then `tested` is called once.
 * While a test is under way nothing happens. */
void dns_test_now(struct dns *d);

/* Names that are not done, those that wait for room at a resolver included. */
uint32_t dns_inflight(const struct dns *d);

/* Counters; borrowed, valid until dns_close. */
const struct dns_stats *dns_stats(const struct dns *d);

/* The resolvers, 0 .. dns_resolvers-1, as they are now. */
size_t dns_resolvers(const struct dns *d);
struct dns_channel_view dns_resolver(const struct dns *d, size_t i);
enum resolver_state dns_resolver_state(const struct dns *d, size_t i);

/* Completes everything outstanding with DNS_CANCELED, then calls `closed` (maybe NULL) once
 * every handle is gone, after which `d` is freed. NULL is ignored (closed is still called).
 */
void dns_close(struct dns *d, void (*closed)(void *arg), void *arg);

#endif
