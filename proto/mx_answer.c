/*   1. The header and the question must be those of an answer to what was asked.
 *   2. Aliases are followed through the answer section, each hop a pass over it.
 *   3. The MX records of where they lead are kept, the least preference first.
 *
 * What can't be read or is no whole answer is doubt. */
#include "proto/mx_answer.h"

#include <string.h>

#include "proto/dns_wire.h"

enum rcode { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

/* Resolvers give up after some eight to sixteen, too. */
#define ALIASES_MAX 8U
#define LABEL_MAX 63U

struct seen {
    bool has_soa;   /* in the authority section */
    size_t records; /* MX records of the name */
    size_t roots;   /* of these: "." */
};

static bool is_host(const char *name)
{
    size_t label = 0;
    for (const char *c = name; *c != '\0'; c++) {
        label = *c == '.' ? 0 : label + 1;
        if (*c == '\\' || label > LABEL_MAX)
            return false;
    }
    return strlen(name) <= DOMAIN_MAX && strcmp(name, ".") != 0;
}

/* The name that is all the rest of the record's data. */
static bool read_target(const struct dns_wire *w, const struct dns_record *r, size_t skip,
                        char out[DNS_NAME_TEXT_SIZE])
{
    struct dns_wire data = dns_wire_over(w->packet, r->data_at + r->data_len);
    data.at = r->data_at;
    dns_wire_skip(&data, skip);
    dns_wire_name(&data, out);
    return !data.bad && data.at == data.len;
}

/* In its place among those that are kept. The last of a full list makes room. */
static void keep_host(struct mx_answer *out, uint16_t preference, const char *name)
{
    size_t at = out->n;
    while (at > 0 && out->hosts[at - 1].preference > preference)
        at--;
    if (at == MX_HOSTS_MAX)
        return;
    size_t last = out->n < MX_HOSTS_MAX ? out->n++ : MX_HOSTS_MAX - 1;
    memmove(&out->hosts[at + 1], &out->hosts[at], (last - at) * sizeof out->hosts[0]);
    out->hosts[at].preference = preference;
    memcpy(out->hosts[at].name, name, strlen(name) + 1);
}

static bool read_mx(const struct dns_wire *w, const struct dns_record *r, struct seen *seen,
                    struct mx_answer *out)
{
    char name[DNS_NAME_TEXT_SIZE];
    struct dns_wire data = *w;
    if (r->data_len < 2 || !read_target(w, r, 2, name))
        return false;
    data.at = r->data_at;
    uint16_t preference = dns_wire_u16(&data);
    seen->records++;
    if (strcmp(name, ".") == 0)
        seen->roots++;
    else if (is_host(name))
        keep_host(out, preference, name);
    return true;
}

/* One pass over answer and authority: the alias of `name` goes to `alias` ("": none), its
 * MX records to `out`. */
static bool read_records(struct dns_wire w, const struct dns_header *h, const char *name,
                         char alias[DNS_NAME_TEXT_SIZE], struct seen *seen,
                         struct mx_answer *out)
{
    struct dns_record r;
    alias[0] = '\0';
    for (uint32_t i = 0; i < (uint32_t)h->ancount + h->nscount; i++) {
        bool is_answer = i < h->ancount;
        dns_wire_record(&w, &r);
        if (w.bad)
            return false;
        if (r.class != DNS_CLASS_IN)
            continue;
        seen->has_soa |= !is_answer && r.type == DNS_TYPE_SOA;
        if (!is_answer || strcmp(r.owner, name) != 0)
            continue;
        if (r.type == DNS_TYPE_CNAME && !read_target(&w, &r, 0, alias))
            return false;
        if (r.type == DNS_TYPE_MX && !read_mx(&w, &r, seen, out))
            return false;
    }
    return true;
}

static bool follow(const struct dns_wire *w, const struct dns_header *h, const char *asked,
                   struct seen *seen, struct mx_answer *out)
{
    char name[DNS_NAME_TEXT_SIZE], alias[DNS_NAME_TEXT_SIZE];
    memcpy(name, asked, strlen(asked) + 1);
    for (unsigned hop = 0; hop <= ALIASES_MAX; hop++) {
        if (!read_records(*w, h, name, alias, seen, out))
            return false;
        if (alias[0] == '\0' || seen->records > 0)
            return true;
        memcpy(name, alias, strlen(alias) + 1);
    }
    return false; /* in a circle, or too far */
}

static enum dns_outcome judge(const struct dns_header *h, const struct seen *seen)
{
    bool is_denial = DNS_RCODE(h->flags) == RCODE_NXDOMAIN;
    if (seen->records > 0)
        return is_denial ? DNS_LAME : DNS_EXISTS;
    if (h->flags & DNS_FLAG_TC)
        return DNS_LAME;
    /* "No data" without an SOA may be a server that points elsewhere (RFC 2308 section
     * 2.2). */
    return is_denial || seen->has_soa ? DNS_ABSENT : DNS_LAME;
}

void mx_answer_parse(const uint8_t *packet, size_t len, const char *name,
                     struct mx_answer *out)
{
    struct dns_wire w = dns_wire_over(packet, len);
    struct dns_header h = dns_wire_header(&w);
    struct seen seen = {.records = 0};
    uint32_t rcode = DNS_RCODE(h.flags);
    out->outcome = DNS_GARBAGE;
    out->is_null = false;
    out->n = 0;
    if (!dns_wire_answers(&w, &h, DNS_TYPE_MX, name))
        return;
    if (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN) {
        out->outcome = rcode == RCODE_SERVFAIL ? DNS_SERVFAIL : DNS_REFUSED;
        return;
    }
    if (!follow(&w, &h, name, &seen, out)) {
        out->n = 0;
        return;
    }
    out->outcome = judge(&h, &seen);
    out->is_null = out->outcome == DNS_EXISTS && seen.records == 1 && seen.roots == 1;
    if (out->outcome != DNS_EXISTS)
        out->n = 0;
}
