/* Packets built by hand, and what is made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "proto/dns_answer.h"
#include "proto/dns_answer_quick.h"

enum { QR = 0x8000, TC = 0x0200, AA = 0x0400, RD = 0x0100, RA = 0x0080 };
enum { NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, YXDOMAIN, NOTAUTH = 9 };
enum { NS = 2, CNAME = 5, SOA = 6, TXT = 16, NSEC = 47, DNAME = 39 };
enum section { ANSWER = 1, AUTHORITY, ADDITIONAL };

struct packet {
    uint8_t b[8192];
    size_t n;
};

static void put8(struct packet *p, unsigned v)
{
    assert_true(p->n < sizeof p->b);
    p->b[p->n++] = (uint8_t)v;
}

static void put16(struct packet *p, unsigned v)
{
    put8(p, v >> 8);
    put8(p, v & 0xff);
}

/* "a.b" as labels; "." is the root. */
static void put_name(struct packet *p, const char *name)
{
    if (strcmp(name, ".") != 0) {
        for (const char *s = name; *s != '\0';) {
            size_t len = strcspn(s, ".");
            put8(p, (unsigned)len);
            for (size_t i = 0; i < len; i++)
                put8(p, (unsigned char)s[i]);
            s += len + (s[len] == '.');
        }
    }
    put8(p, 0);
}

static void begin(struct packet *p, unsigned flags, const char *name, unsigned type)
{
    p->n = 0;
    put16(p, 0x1234);
    put16(p, flags);
    put16(p, 1);
    for (int i = 0; i < 3; i++)
        put16(p, 0);
    put_name(p, name);
    put16(p, type);
    put16(p, 1);
}

static void count(struct packet *p, enum section s)
{
    uint8_t *c = p->b + 4 + (size_t)2 * s;
    if (++c[1] == 0)
        c[0]++;
}

static size_t begin_record(struct packet *p, enum section s, unsigned type, unsigned class)
{
    count(p, s);
    put16(p, type);
    put16(p, class);
    put16(p, 0);
    put16(p, 3600);
    put16(p, 0);
    return p->n;
}

static void end_record(struct packet *p, size_t data_at)
{
    size_t len = p->n - data_at;
    p->b[data_at - 2] = (uint8_t)(len >> 8);
    p->b[data_at - 1] = (uint8_t)len;
}

static void put_data(struct packet *p, unsigned type, const char *name)
{
    if (type == TXT || type == NSEC) {
        put16(p, 0x0161);
        return;
    }
    put_name(p, name);
    if (type == SOA) {
        put_name(p, "hostmaster.invalid");
        for (int i = 0; i < 10; i++)
            put16(p, 7);
    }
}

static void record(struct packet *p, enum section s, const char *owner, unsigned type,
                   const char *name)
{
    put_name(p, owner);
    size_t at = begin_record(p, s, type, 1);
    put_data(p, type, name);
    end_record(p, at);
}

/* Parses a copy of exactly the packet's size, so that one byte too far is seen. */
static void parse(const struct packet *p, size_t len, const char *domain,
                  struct dns_answer *out)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, p->b, len);
    memset(out, 0xAA, sizeof *out);
    dns_answer_parse(copy, len, domain, out);
    struct dns_answer any;
    memset(&any, 0xAA, sizeof any);
    dns_answer_parse_any(copy, len, domain, &any);
    free(copy);
    assert_int_equal(out->outcome, any.outcome);
    assert_int_equal(out->rcode, any.rcode);
    assert_string_equal(out->soa, any.soa);
    assert_int_equal(out->ns_count, any.ns_count);
    for (size_t i = 0; i < out->ns_count; i++)
        assert_string_equal(out->ns[i], any.ns[i]);
    assert_true(out->ns_count <= DNS_NS_MAX);
    assert_non_null(memchr(out->soa, '\0', sizeof out->soa));
    for (size_t i = 0; i < out->ns_count; i++)
        assert_non_null(memchr(out->ns[i], '\0', sizeof out->ns[i]));
}

struct rr {
    enum section section; /* 0 ends the list */
    const char *owner;
    unsigned type;
    const char *name;
};

struct row {
    const char *what;
    unsigned flags; /* beside QR */
    struct rr rr[6];
    enum dns_outcome outcome;
    const char *soa;
    size_t ns_count;
};

static const struct row rows[] = {
    {"NS set",
     RD | RA | NOERROR,
     {{ANSWER, "example.com", NS, "ns1.example.net"},
      {ANSWER, "example.com", NS, "ns2.example.net"}},
     DNS_DELEGATED,
     "",
     2},
    {"NS set, owner in upper case",
     NOERROR,
     {{ANSWER, "EXAMPLE.com", NS, "NS1.Example.NET"}},
     DNS_DELEGATED,
     "",
     1},
    {"referral naming the domain",
     NOERROR,
     {{AUTHORITY, "example.com", NS, "ns1.example.net"}},
     DNS_DELEGATED,
     "",
     1},
    {"NS set, cut behind it",
     TC | NOERROR,
     {{ANSWER, "example.com", NS, "a.b"}},
     DNS_DELEGATED,
     "",
     1},
    {"alias at the apex",
     NOERROR,
     {{ANSWER, "example.com", CNAME, "www.other.net"},
      {AUTHORITY, "other.net", SOA, "ns.other.net"}},
     DNS_EXISTS,
     "other.net",
     0},
    {"alias to a name with NS",
     NOERROR,
     {{ANSWER, "example.com", CNAME, "other.net"},
      {ANSWER, "other.net", NS, "ns.other.net"}},
     DNS_EXISTS,
     "",
     0},
    {"no data, own SOA",
     AA | NOERROR,
     {{AUTHORITY, "example.com", SOA, "ns.example.com"}},
     DNS_EXISTS,
     "example.com",
     0},
    {"no data, SOA above",
     NOERROR,
     {{AUTHORITY, "com", SOA, "a.gtld-servers.net"}},
     DNS_NOT_DELEGATED,
     "com",
     0},
    {"no data, SOA and NS of the zone above (RFC 2308 2.2 type 1)",
     NOERROR,
     {{AUTHORITY, "com", NS, "a.gtld-servers.net"},
      {AUTHORITY, "com", SOA, "a.gtld-servers.net"}},
     DNS_NOT_DELEGATED,
     "com",
     0},
    {"no data, SOA of the root",
     NOERROR,
     {{AUTHORITY, ".", SOA, "a.root-servers.net"}},
     DNS_NOT_DELEGATED,
     ".",
     0},
    {"compact denial (RFC 9824): NSEC at the name, SOA of the parent",
     AA | NOERROR,
     {{AUTHORITY, "com", SOA, "a.gtld-servers.net"},
      {AUTHORITY, "example.com", NSEC, NULL}},
     DNS_NOT_DELEGATED,
     "com",
     0},
    {"no data, SOA below",
     NOERROR,
     {{AUTHORITY, "sub.example.com", SOA, "ns.example.com"}},
     DNS_LAME,
     "sub.example.com",
     0},
    {"no data, SOA elsewhere",
     NOERROR,
     {{AUTHORITY, "example.net", SOA, "ns.example.net"}},
     DNS_LAME,
     "example.net",
     0},
    {"no data, SOA of a name that only ends alike",
     NOERROR,
     {{AUTHORITY, "ple.com", SOA, "ns.ple.com"}},
     DNS_LAME,
     "ple.com",
     0},
    {"two SOAs that differ",
     NOERROR,
     {{AUTHORITY, "com", SOA, "a.b"}, {AUTHORITY, "example.com", SOA, "a.b"}},
     DNS_LAME,
     "com",
     0},
    {"the same SOA twice",
     NOERROR,
     {{AUTHORITY, "com", SOA, "a.b"}, {AUTHORITY, "com", SOA, "a.b"}},
     DNS_NOT_DELEGATED,
     "com",
     0},
    {"upward referral to the root",
     NOERROR,
     {{AUTHORITY, ".", NS, "a.root-servers.net"}},
     DNS_LAME,
     "",
     0},
    {"upward referral",
     NOERROR,
     {{AUTHORITY, "com", NS, "a.gtld-servers.net"}},
     DNS_LAME,
     "",
     0},
    {"referral below", NOERROR, {{AUTHORITY, "x.example.com", NS, "a.b"}}, DNS_LAME, "", 0},
    {"nothing at all", NOERROR, {{0, NULL, 0, NULL}}, DNS_LAME, "", 0},
    {"SOA in the answer is no evidence",
     NOERROR,
     {{ANSWER, "com", SOA, "a.b"}},
     DNS_LAME,
     "",
     0},
    {"NS in the additional section is no evidence",
     NOERROR,
     {{ADDITIONAL, "example.com", NS, "a.b"}},
     DNS_LAME,
     "",
     0},
    {"an answer about another name",
     NOERROR,
     {{ANSWER, "example.net", NS, "a.b"}},
     DNS_LAME,
     "",
     0},
    {"an answer of another type",
     NOERROR,
     {{ANSWER, "example.com", TXT, NULL}, {AUTHORITY, "com", SOA, "a.b"}},
     DNS_NOT_DELEGATED,
     "com",
     0},
    {"alias synthesised by a DNAME above",
     NOERROR,
     {{ANSWER, "com", DNAME, "net"}, {ANSWER, "example.com", CNAME, "example.net"}},
     DNS_EXISTS,
     "",
     0},
    {"cut before any data", TC | NOERROR, {{0, NULL, 0, NULL}}, DNS_LAME, "", 0},
    {"cut with only an SOA above",
     TC | NOERROR,
     {{AUTHORITY, "com", SOA, "a.b"}},
     DNS_LAME,
     "com",
     0},

    {"NXDOMAIN, SOA above",
     NXDOMAIN,
     {{AUTHORITY, "com", SOA, "a.gtld-servers.net"}},
     DNS_ABSENT,
     "com",
     0},
    {"NXDOMAIN, SOA of the root: the TLD is gone",
     NXDOMAIN,
     {{AUTHORITY, ".", SOA, "a.root-servers.net"}},
     DNS_ABSENT,
     ".",
     0},
    {"NXDOMAIN without SOA", NXDOMAIN, {{0, NULL, 0, NULL}}, DNS_ABSENT, "", 0},
    {"NXDOMAIN, own SOA",
     NXDOMAIN,
     {{AUTHORITY, "example.com", SOA, "ns.example.com"}},
     DNS_LAME,
     "example.com",
     0},
    {"NXDOMAIN, SOA below",
     NXDOMAIN,
     {{AUTHORITY, "x.example.com", SOA, "a.b"}},
     DNS_LAME,
     "x.example.com",
     0},
    {"NXDOMAIN, SOA elsewhere: a filter",
     NXDOMAIN,
     {{AUTHORITY, "rpz.local", SOA, "a.b"}},
     DNS_LAME,
     "rpz.local",
     0},
    {"NXDOMAIN of an alias' target",
     NXDOMAIN,
     {{ANSWER, "example.com", CNAME, "gone.net"}, {AUTHORITY, "net", SOA, "a.b"}},
     DNS_EXISTS,
     "net",
     0},
    {"NXDOMAIN beside an NS set",
     NXDOMAIN,
     {{ANSWER, "example.com", NS, "a.b"}},
     DNS_LAME,
     "",
     1},
    {"NXDOMAIN with two SOAs",
     NXDOMAIN,
     {{AUTHORITY, "com", SOA, "a.b"}, {AUTHORITY, "net", SOA, "a.b"}},
     DNS_LAME,
     "com",
     0},
    {"NXDOMAIN, cut", TC | NXDOMAIN, {{AUTHORITY, "com", SOA, "a.b"}}, DNS_LAME, "com", 0},

    {"SERVFAIL", SERVFAIL, {{0, NULL, 0, NULL}}, DNS_SERVFAIL, "", 0},
    {"SERVFAIL with data",
     SERVFAIL,
     {{ANSWER, "example.com", NS, "a.b"}},
     DNS_SERVFAIL,
     "",
     0},
    {"REFUSED", REFUSED, {{0, NULL, 0, NULL}}, DNS_REFUSED, "", 0},
    {"FORMERR", FORMERR, {{0, NULL, 0, NULL}}, DNS_REFUSED, "", 0},
    {"NOTIMP", NOTIMP, {{0, NULL, 0, NULL}}, DNS_REFUSED, "", 0},
    {"YXDOMAIN", YXDOMAIN, {{0, NULL, 0, NULL}}, DNS_REFUSED, "", 0},
    {"NOTAUTH", NOTAUTH, {{0, NULL, 0, NULL}}, DNS_REFUSED, "", 0},
    {"rcode 15", 15, {{0, NULL, 0, NULL}}, DNS_REFUSED, "", 0},
};

static void build(const struct row *row, struct packet *p)
{
    begin(p, QR | row->flags, "example.com", NS);
    for (size_t i = 0; i < ARRAY_LEN(row->rr) && row->rr[i].section != 0; i++)
        record(p, row->rr[i].section, row->rr[i].owner, row->rr[i].type, row->rr[i].name);
}

static void each_row(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        build(&rows[i], &p);
        parse(&p, p.n, "example.com", &a);
        if (a.outcome != rows[i].outcome || strcmp(a.soa, rows[i].soa) != 0 ||
            a.ns_count != rows[i].ns_count)
            fail_msg("%s: %s soa=%s ns=%zu", rows[i].what, dns_outcome_text(a.outcome),
                     a.soa, a.ns_count);
        assert_int_equal(a.rcode, rows[i].flags & 0xF);
    }
}

/* However short a packet is cut, it never turns into a statement about the domain: it is
 * garbage, or says less (SERVFAIL and its kin need only the question). */
static void each_row_cut_at_each_length(void **state)
{
    struct packet p;
    struct dns_answer a;
    size_t cuts = 0;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if ((rows[i].flags & TC) != 0)
            continue;
        build(&rows[i], &p);
        bool has_additional = p.b[11] > 0;
        for (size_t len = 0; len < p.n && !has_additional; len++, cuts++) {
            parse(&p, len, "example.com", &a);
            if (a.outcome != DNS_GARBAGE && a.outcome != rows[i].outcome)
                fail_msg("%s cut at %zu: %s", rows[i].what, len,
                         dns_outcome_text(a.outcome));
            if (a.outcome != DNS_GARBAGE)
                assert_true(dns_outcome_is_doubt(a.outcome));
        }
    }
    assert_true(cuts > 1000);
}

/* With TC set the records before the cut count, and positive ones only. */
static void truncated_inside_a_record(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    begin(&p, QR | TC, "example.com", NS);
    size_t head = p.n;
    record(&p, ANSWER, "example.com", NS, "ns1.example.net");
    size_t first = p.n;
    record(&p, ANSWER, "example.com", NS, "ns2.example.net");
    for (size_t len = head; len <= p.n; len++) {
        parse(&p, len, "example.com", &a);
        assert_int_equal(a.outcome, len < first ? DNS_LAME : DNS_DELEGATED);
        assert_int_equal(a.ns_count, len < first ? 0 : len < p.n ? 1 : 2);
    }
}

static void not_an_answer_to_the_question(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    static const struct {
        const char *what;
        unsigned flags;
        const char *name;
        unsigned type;
    } wrong[] = {
        {"a query", 0, "example.com", NS},
        {"opcode 4", QR | 4U << 11, "example.com", NS},
        {"another name", QR, "example.net", NS},
        {"a name below", QR, "www.example.com", NS},
        {"the name above", QR, "com", NS},
        {"another type", QR, "example.com", TXT},
    };
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        begin(&p, wrong[i].flags, wrong[i].name, wrong[i].type);
        record(&p, ANSWER, "example.com", NS, "ns1.example.net");
        parse(&p, p.n, "example.com", &a);
        if (a.outcome != DNS_GARBAGE)
            fail_msg("%s: %s", wrong[i].what, dns_outcome_text(a.outcome));
    }
    begin(&p, QR, "example.com", NS); /* class CH */
    p.b[p.n - 1] = 3;
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_GARBAGE);
    begin(&p, QR, "example.com", NS); /* no question; two questions */
    p.b[5] = 0;
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_GARBAGE);
    p.b[5] = 2;
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_GARBAGE);
    begin(&p, QR | NXDOMAIN, "eXaMpLe.CoM",
          NS); /* the case of the question is ours to mix */
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_ABSENT);
}

static void record_of_another_class_is_ignored(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    begin(&p, QR, "example.com", NS);
    put_name(&p, "example.com");
    size_t at = begin_record(&p, ANSWER, NS, 3);
    put_name(&p, "ns1.example.net");
    end_record(&p, at);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_LAME);
}

static void compressed_names(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    begin(&p, QR, "example.com", NS);
    put16(&p, 0xC00C); /* the question's name */
    size_t at = begin_record(&p, ANSWER, NS, 1);
    put8(&p, 2);
    put16(&p, ('n' << 8) | 's');
    put16(&p, 0xC00C); /* ns.example.com */
    end_record(&p, at);
    size_t ns = at;
    put16(&p, 0xC00C);
    at = begin_record(&p, ANSWER, NS, 1);
    put16(&p, 0xC000U | (unsigned)ns); /* a pointer to a name that ends in a pointer */
    end_record(&p, at);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_DELEGATED);
    assert_int_equal(a.ns_count, 2);
    assert_string_equal(a.ns[0], "ns.example.com");
    assert_string_equal(a.ns[1], "ns.example.com");
}

/* Pointers that loop, point ahead, to themselves, past the end; a chain that is too long.
 */
static void pointer_record(struct packet *p, enum section s, unsigned owner, unsigned type,
                           const char *label, unsigned rest)
{
    put16(p, 0xC000U | owner);
    size_t at = begin_record(p, s, type, 1);
    put8(p, (unsigned)strlen(label));
    for (; *label != '\0'; label++)
        put8(p, (unsigned char)*label);
    put16(p, 0xC000U | rest);
    if (type == SOA)
        put_name(p, "hostmaster.a.b");
    end_record(p, at);
}

enum { DOMAIN_AT = 12, TOP_AT = 20 }; /* "example.com", "com" in the question */

/* The shapes of nearly all answers, and which of them are read the short way. */
static void plain_shapes(struct packet p[3])
{
    begin(&p[0], QR | RD | RA, "eXample.cOM", NS);
    pointer_record(&p[0], ANSWER, DOMAIN_AT, NS, "NS1", DOMAIN_AT);
    pointer_record(&p[0], ANSWER, DOMAIN_AT, NS, "ns-2", TOP_AT);
    begin(&p[1], QR | RD | RA | NXDOMAIN, "eXample.cOM", NS);
    pointer_record(&p[1], AUTHORITY, TOP_AT, SOA, "a", TOP_AT);
    begin(&p[2], QR | RD | RA, "example.com", NS);
    pointer_record(&p[2], AUTHORITY, TOP_AT, SOA, "a", TOP_AT);
}

static void plain_answers_are_read_quickly(void **state)
{
    static const enum dns_outcome outcomes[] = {DNS_DELEGATED, DNS_ABSENT,
                                                DNS_NOT_DELEGATED};
    static struct packet p[3];
    struct dns_answer a;
    (void)state;
    plain_shapes(p);
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        assert_true(dns_answer_quick(p[i].b, p[i].n, "example.com", &a));
        assert_int_equal(a.outcome, outcomes[i]);
        parse(&p[i], p[i].n, "example.com", &a);
        assert_int_equal(a.outcome, outcomes[i]);
        for (size_t len = 0; len < p[i].n; len++)
            parse(&p[i], len, "example.com", &a);
        assert_false(dns_answer_quick(p[i].b, p[i].n, "example.org", &a));
        assert_false(dns_answer_quick(p[i].b, p[i].n, "xample.com", &a));
    }
    parse(&p[0], p[0].n, "example.com", &a);
    assert_string_equal(a.ns[0], "ns1.example.com");
    assert_string_equal(a.ns[1], "ns-2.com");
}

/* With any one octet changed to anything, both ways of reading agree (in parse()). */
static void one_changed_octet(void **state)
{
    static struct packet p[3];
    struct dns_answer a;
    unsigned n_quick = 0;
    (void)state;
    plain_shapes(p);
    for (size_t i = 0; i < ARRAY_LEN(p); i++) {
        for (size_t at = 0; at < p[i].n; at++) {
            uint8_t was = p[i].b[at];
            for (unsigned v = 0; v < 256; v++) {
                p[i].b[at] = (uint8_t)v;
                n_quick += dns_answer_quick(p[i].b, p[i].n, "example.com", &a);
                parse(&p[i], p[i].n, "example.com", &a);
            }
            p[i].b[at] = was;
        }
    }
    assert_true(n_quick > 256);
}

static void hostile_pointers(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    for (unsigned target = 0; target < 0x4000; target += target < 64 ? 1 : 997) {
        begin(&p, QR, "example.com", NS);
        size_t owner = p.n;
        put16(&p, 0xC000U | target);
        size_t at = begin_record(&p, ANSWER, NS, 1);
        put16(&p, 0xC000U | (unsigned)at); /* to itself */
        end_record(&p, at);
        parse(&p, p.n, "example.com", &a);
        /* Names in front of the owner may be anything, but the data never is a name. */
        if (target >= owner)
            assert_int_equal(a.outcome, DNS_GARBAGE);
        assert_int_not_equal(a.outcome, DNS_DELEGATED);
    }
    begin(&p, QR, "example.com", NS); /* label, then a pointer back to that label */
    size_t loop = p.n;
    put8(&p, 1);
    put8(&p, 'a');
    put16(&p, 0xC000U | (unsigned)loop);
    begin_record(&p, ANSWER, NS, 1);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_GARBAGE);

    begin(&p, QR, "example.com", NS); /* a ladder of pointers inside one record's data */
    put_name(&p, "other.net");
    size_t at = begin_record(&p, ANSWER, TXT, 1);
    put16(&p, 0xC00C);
    for (unsigned i = 0; i < 500; i++)
        put16(&p, 0xC000U | (unsigned)(p.n - 2));
    end_record(&p, at);
    size_t top = p.n - 2, low = at + 200;
    put16(&p, 0xC000U | (unsigned)low); /* 102 hops: allowed */
    size_t data = begin_record(&p, ANSWER, NS, 1);
    put_name(&p, "a.b");
    end_record(&p, data);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_DELEGATED);
    put16(&p, 0xC000U | (unsigned)top); /* 502 hops: refused */
    begin_record(&p, ANSWER, NS, 1);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_GARBAGE);
}

static void label_and_name_limits(void **state)
{
    struct packet p;
    struct dns_answer a;
    char label63[64];
    (void)state;
    memset(label63, 'a', 63);
    label63[63] = '\0';
    for (unsigned kind = 0x40; kind <= 0x80; kind += 0x40) { /* reserved label types */
        begin(&p, QR | NXDOMAIN, "example.com", NS);
        put8(&p, kind);
        end_record(&p, begin_record(&p, ANSWER, TXT, 1));
        parse(&p, p.n, "example.com", &a);
        assert_int_equal(a.outcome, DNS_GARBAGE);
    }
    /* 3 x 64 + 1 + last + 1: 255 octets are a name, 256 are not */
    for (int last = 60; last <= 62; last++) {
        char name[300];
        snprintf(name, sizeof name, "%s.%s.%s.%.*s", label63, label63, label63, last,
                 label63);
        begin(&p, QR, "example.com", NS);
        record(&p, ANSWER, "example.com", NS, name);
        parse(&p, p.n, "example.com", &a);
        assert_int_equal(a.outcome, last <= 61 ? DNS_DELEGATED : DNS_GARBAGE);
        if (last <= 61)
            assert_string_equal(a.ns[0], name);
    }
}

static void odd_bytes_are_escaped(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    begin(&p, QR, "example.com", NS);
    put_name(&p, "example.com");
    size_t at = begin_record(&p, ANSWER, NS, 1);
    put8(&p, 6);
    const uint8_t odd[] = {'A', '.', 0, ' ', 0xFF, '\\'};
    for (size_t i = 0; i < sizeof odd; i++)
        put8(&p, odd[i]);
    put8(&p, 0);
    end_record(&p, at);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_DELEGATED);
    assert_string_equal(a.ns[0], "a\\046\\000\\032\\255\\092");

    /* A label with a dot inside is not two labels. */
    begin(&p, QR, "example.com", NS);
    put8(&p, 11);
    for (const char *s = "example.com"; *s != '\0'; s++)
        put8(&p, (unsigned char)*s);
    put8(&p, 0);
    at = begin_record(&p, ANSWER, NS, 1);
    put_name(&p, "a.b");
    end_record(&p, at);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_LAME);

    /* Escaped it no longer fits: still a delegation, only the name is not kept. */
    begin(&p, QR, "example.com", NS);
    put_name(&p, "example.com");
    at = begin_record(&p, ANSWER, NS, 1);
    for (int l = 0; l < 2; l++) {
        put8(&p, 63);
        for (int i = 0; i < 63; i++)
            put8(&p, 0x01);
    }
    put8(&p, 0);
    end_record(&p, at);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_DELEGATED);
    assert_int_equal(a.ns_count, 0);
}

static void more_name_servers_than_are_kept(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    begin(&p, QR, "example.com", NS);
    for (int i = 0; i < DNS_NS_MAX + 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "ns%d.example.net", i);
        record(&p, ANSWER, "example.com", NS, name);
    }
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_DELEGATED);
    assert_int_equal(a.ns_count, DNS_NS_MAX);
    assert_string_equal(a.ns[0], "ns0.example.net");
}

static void data_that_is_not_one_name(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    for (int extra = -1; extra <= 1; extra += 2) {
        begin(&p, QR, "example.com", NS);
        record(&p, ANSWER, "example.com", NS, "ns1.example.net");
        size_t len_at = p.n - 17 - 1; /* 17 octets of name; the low byte of their count */
        assert_int_equal(p.b[len_at], 17);
        p.b[len_at] = (uint8_t)(17 + extra);
        if (extra > 0)
            put8(&p, 0);
        parse(&p, p.n, "example.com", &a);
        assert_int_equal(a.outcome, DNS_GARBAGE);
        assert_int_equal(a.ns_count, 0);
    }
}

static void counts_that_promise_too_much(void **state)
{
    struct packet p;
    struct dns_answer a;
    (void)state;
    begin(&p, QR | NXDOMAIN, "example.com", NS);
    record(&p, AUTHORITY, "com", SOA, "a.gtld-servers.net");
    memset(p.b + 6, 0xFF, 4);
    parse(&p, p.n, "example.com", &a);
    assert_int_equal(a.outcome, DNS_GARBAGE);
    assert_string_equal(a.soa, "");
}

static void empty_packet(void **state)
{
    struct dns_answer a;
    (void)state;
    dns_answer_parse(NULL, 0, "example.com", &a);
    assert_int_equal(a.outcome, DNS_GARBAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row),
        cmocka_unit_test(each_row_cut_at_each_length),
        cmocka_unit_test(truncated_inside_a_record),
        cmocka_unit_test(not_an_answer_to_the_question),
        cmocka_unit_test(record_of_another_class_is_ignored),
        cmocka_unit_test(compressed_names),
        cmocka_unit_test(plain_answers_are_read_quickly),
        cmocka_unit_test(one_changed_octet),
        cmocka_unit_test(hostile_pointers),
        cmocka_unit_test(label_and_name_limits),
        cmocka_unit_test(odd_bytes_are_escaped),
        cmocka_unit_test(more_name_servers_than_are_kept),
        cmocka_unit_test(data_that_is_not_one_name),
        cmocka_unit_test(counts_that_promise_too_much),
        cmocka_unit_test(empty_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
