/* What `unverifyd check` says of one domain: plain values in, a line of JSON out. */
#ifndef UVD_CHECK_LINE_H
#define UVD_CHECK_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/address.h"
#include "proto/dns_answer.h"
#include "proto/message.h"
#include "proto/rdap_reply.h"
#include "proto/status_reply.h"

/* Everything is borrowed. */
struct check_facts {
    uint64_t line;        /* of the input, from 1; 0: it has no lines */
    const char *argument; /* what stood there; counts only with a fault */
    size_t argument_len;
    enum address_fault fault; /* but for ADDRESS_OK nothing below counts */
    const char *host;         /* the whole name */
    const char *domain;       /* the part of it that is asked about */
    bool is_private;
    bool is_exempt;
    const struct dns_answer *dns;
    const char *resolver;
    uint32_t dns_elapsed_ms;
    int64_t dns_at_s;
    const struct status_reply *status; /* NULL: not asked */
    const char *provider;              /* NULL: there is none to ask */
    int64_t status_at_s;
    bool asks_registry;            /* the registries are asked: as provider, or second */
    const struct rdap_reply *rdap; /* NULL: not asked */
    int64_t rdap_at_s;
    bool holds_first; /* policy.confirm_hours is not 0 */
};

/* Is the status question to be put? */
bool check_wants_status(const struct check_facts *f);

/* Is a second opinion of use, where there is one? */
bool check_wants_opinion(const struct check_facts *f);

/* Appends
 *
 *   {"line","domain","host","phase","action","reason","block_password_reset",
 *    "dns":{"outcome","soa","resolver","at","elapsed_ms","ns":[..]},
 *    "status":null|{"provider","outcome","tokens":[..],"http","elapsed_ms","at","detail"},
 *    "rdap":null|{"server","outcome","status":[..],"registered","expires","http",
 *            "elapsed_ms","at","detail"}}
 *
 * and a newline, or {"line","domain","error"} for what is no domain. Without a line in the
 * facts there is no "line", where no registry is ever asked no "rdap". Absent values are
 * null; `phase` is when DNS gave no answer. `action` is what the service would do next:
 * "none", "watch" (look again sooner), "ask_again" (doubt), "unverify",
 * "unverify_when_held" (once it has held policy.confirm_hours) or "unverify_and_block".
 *
 *   ST_NOMEM  `out` is what it was */
enum status check_line_write(const struct check_facts *f, struct buf *out);

#endif
