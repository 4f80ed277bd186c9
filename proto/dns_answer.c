/* The reading of one answer.
 *
 *   1. The header and the question must be those of an answer to what was asked.
 *   2. The answer and authority sections are read into a handful of facts.
 *   3. One function turns the facts into an outcome.
 *
 * What can't be read, contradicts itself or is not about the domain is doubt. The
 * additional section is not read: nothing in it bears on the outcome. */
#include "proto/dns_answer.h"

#include <stdbool.h>
#include <string.h>

#include "proto/dns_answer_quick.h"
#include "proto/dns_wire.h"

enum rcode { RCODE_NOERROR = 0, RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3 };

/* Where a name of the packet stands, seen from the domain. */
enum place { PLACE_SAME, PLACE_ABOVE, PLACE_ELSEWHERE };

struct facts {
    bool is_truncated;
    bool has_ns;    /* of the domain itself, in the answer or as a referral */
    bool has_alias; /* CNAME at the domain */
    bool has_soa;
    bool soas_differ;
    enum place soa_place;
};

static enum place place_of(const char *name, const char *domain)
{
    size_t n = strlen(name), d = strlen(domain);
    if (strcmp(name, ".") == 0)
        return PLACE_ABOVE;
    if (n == d)
        return memcmp(name, domain, n) == 0 ? PLACE_SAME : PLACE_ELSEWHERE;
    if (n < d && domain[d - n - 1] == '.' && memcmp(name, domain + d - n, n) == 0)
        return PLACE_ABOVE;
    return PLACE_ELSEWHERE;
}

/* False when the record's data is not one name. */
static bool keep_ns(const struct dns_wire *w, const struct dns_record *r,
                    struct dns_answer *out)
{
    char name[DNS_NAME_TEXT_SIZE];
    struct dns_wire data = dns_wire_over(w->packet, r->data_at + r->data_len);
    data.at = r->data_at;
    dns_wire_name(&data, name);
    if (data.bad || data.at != data.len)
        return false;
    size_t len = strlen(name);
    /* A name too long once its odd bytes are escaped can't be a host: not kept. */
    if (out->ns_count < DNS_NS_MAX && len < sizeof out->ns[0])
        memcpy(out->ns[out->ns_count++], name, len + 1);
    return true;
}

static void keep_soa(const struct dns_record *r, const char *domain, struct facts *f,
                     struct dns_answer *out)
{
    size_t len = strlen(r->owner);
    if (f->has_soa) {
        f->soas_differ |= strcmp(r->owner, out->soa) != 0;
        return;
    }
    f->has_soa = true;
    f->soa_place = place_of(r->owner, domain);
    if (len < sizeof out->soa)
        memcpy(out->soa, r->owner, len + 1);
}

/* Reads the two sections; stops at what can't be read. */
static bool read_records(struct dns_wire *w, const struct dns_header *h, const char *domain,
                         struct facts *f, struct dns_answer *out)
{
    struct dns_record r;
    uint32_t n = (uint32_t)h->ancount + h->nscount;
    for (uint32_t i = 0; i < n; i++) {
        bool is_answer = i < h->ancount;
        dns_wire_record(w, &r);
        if (w->bad)
            return false;
        if (r.class != DNS_CLASS_IN)
            continue;
        if (r.type == DNS_TYPE_SOA && !is_answer)
            keep_soa(&r, domain, f, out);
        if (place_of(r.owner, domain) != PLACE_SAME)
            continue;
        if (r.type == DNS_TYPE_CNAME && is_answer)
            f->has_alias = true;
        if (r.type == DNS_TYPE_NS) {
            if (!keep_ns(w, &r, out))
                return false;
            f->has_ns = true;
        }
    }
    return true;
}

/* NXDOMAIN: is it the domain that is denied, and by someone above it? */
static enum dns_outcome judge_denial(const struct facts *f)
{
    if (f->has_alias)
        return DNS_EXISTS; /* RFC 2308 section 2.1: the denial is about the alias' target */
    if (f->has_ns || f->is_truncated || f->soas_differ)
        return DNS_LAME;
    /* RFC 2308 section 3 wants the SOA, but the negative caches of small forwarders
     * (dnsmasq, systemd-resolved) answer without it. The denial counts: it only makes a
     * candidate. */
    if (!f->has_soa)
        return DNS_ABSENT;
    /* The domain's own zone can't deny its apex, and an unrelated one (a filter, a search
     * list) has no say. */
    return f->soa_place == PLACE_ABOVE ? DNS_ABSENT : DNS_LAME;
}

static enum dns_outcome judge_noerror(const struct facts *f)
{
    if (f->has_ns)
        return DNS_DELEGATED;
    /* An alias at the apex breaks RFC 1034 section 3.6.2, but only someone who holds the
     * name can have put it there (or holds the name a DNAME above leads to). */
    if (f->has_alias)
        return DNS_EXISTS;
    /* No data. Without an SOA, or when part of the answer was cut off, nobody knows whose
     * "no data" it is; NS records of a zone above are a server pointing upwards. */
    if (f->is_truncated || !f->has_soa || f->soas_differ)
        return DNS_LAME;
    switch (f->soa_place) {
    case PLACE_SAME:
        return DNS_EXISTS;
    case PLACE_ABOVE:
        /* This is also what compact denial looks like (RFC 9824): NOERROR for a name that
         * does not exist, the parent's SOA, and an NSEC with NXNAME. The NSEC need not be
         * read: the owner of the SOA says all there is to know. */
        return DNS_NOT_DELEGATED;
    case PLACE_ELSEWHERE:
        break;
    }
    return DNS_LAME;
}

void dns_answer_parse_any(const uint8_t *packet, size_t len, const char *domain,
                          struct dns_answer *out)
{
    struct dns_wire w = dns_wire_over(packet, len);
    struct dns_header h = dns_wire_header(&w);
    struct facts f = {.is_truncated = (h.flags & DNS_FLAG_TC) != 0};

    out->outcome = DNS_GARBAGE;
    out->rcode = (uint8_t)DNS_RCODE(h.flags);
    out->soa[0] = '\0';
    out->ns_count = 0;
    if (!dns_wire_answers(&w, &h, DNS_TYPE_NS, domain))
        return;
    if (out->rcode == RCODE_SERVFAIL) {
        out->outcome = DNS_SERVFAIL;
        return;
    }
    if (out->rcode != RCODE_NOERROR && out->rcode != RCODE_NXDOMAIN) {
        out->outcome = DNS_REFUSED;
        return;
    }
    /* A truncated packet may end inside a record (RFC 2181 section 9); what stands before
     * the cut is whole. */
    if (!read_records(&w, &h, domain, &f, out) && !f.is_truncated) {
        out->soa[0] = '\0';
        out->ns_count = 0;
        return;
    }
    out->outcome = out->rcode == RCODE_NXDOMAIN ? judge_denial(&f) : judge_noerror(&f);
}

void dns_answer_parse(const uint8_t *packet, size_t len, const char *domain,
                      struct dns_answer *out)
{
    if (!dns_answer_quick(packet, len, domain, out))
        dns_answer_parse_any(packet, len, domain, out);
}
