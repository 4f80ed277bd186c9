/* What `unverifyd check` says of one domain: plain values in, a line of JSON out. */
#ifndef UVD_CHECK_LINE_H
#define UVD_CHECK_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "proto/address.h"
#include "proto/dns_answer.h"
#include "proto/status_reply.h"

/* Everything is borrowed. */
struct check_facts {
    const char *argument;
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
    bool holds_first; /* policy.confirm_hours is not 0 */
};

/* Is the status question to be put? */
bool check_wants_status(const struct check_facts *f);

/* Writes
 *
 *   {"domain","host","phase","action","reason","block_password_reset",
 *    "dns":{"outcome","soa","resolver","at","elapsed_ms","ns":[..]},
 *    "status":null|{"provider","outcome","tokens":[..],"http","elapsed_ms","at","detail"}}
 *
 * and a newline, or {"domain","error"} for an argument that is no domain. Absent values are
 * null; `phase` is when DNS gave no answer. `action` is what the service would do next:
 * "none", "watch" (look again sooner), "ask_again" (doubt), "unverify",
 * "unverify_when_held" (once it has held policy.confirm_hours) or "unverify_and_block".
 *
 *   ST_NOMEM, ST_IO  the line is not, or not wholly, written */
enum status check_line_write(const struct check_facts *f, FILE *out);

#endif
