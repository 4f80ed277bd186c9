/* One DNS answer about mail: which hosts take mail for a name (RFC 5321 section 5.1).
 *
 * An alias at the name is followed inside the answer, as a resolver gives it. */
#ifndef UVD_PROTO_MX_ANSWER_H
#define UVD_PROTO_MX_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/address.h"
#include "proto/vocab.h"

#define MX_HOSTS_MAX 8

struct mx_answer {
    /* DNS_EXISTS  there are MX records
     * DNS_ABSENT  there are none: the name, or what it is an alias of, does not exist
     *             or has no MX
     * else        doubt */
    enum dns_outcome outcome;
    bool is_null; /* the one MX says that no mail is taken (RFC 7505) */
    size_t n;     /* kept, at most MX_HOSTS_MAX: the first ones that are host names */
    struct mx_host {
        uint16_t preference;    /* the least first */
        char name[DOMAIN_SIZE]; /* lower-case letters, digits, '-', '_' and dots; no
                                   trailing dot */
    } hosts[MX_HOSTS_MAX];
};

/* Read one answer packet to the question (name, MX); `name` is lower-case, without a
 * trailing dot. Never fails: what can't be read is DNS_GARBAGE, which is doubt. Exchanges
 * that are no host names are left out; that there are records counts all the same. */
void mx_answer_parse(const uint8_t *packet, size_t len, const char *name,
                     struct mx_answer *out);

#endif
