/* Which hosts take mail for a name, as answers say it. */
#include "unit/unit.h"

#include "proto/mx_answer.h"

enum { NS = 2, CNAME = 5, SOA = 6, MX = 15 };
enum { NOERROR = 0x8180, SERVFAIL = 0x8182, NXDOMAIN = 0x8183, REFUSED = 0x8185 };
enum section { ANSWER = 1, AUTHORITY = 2 };

struct packet {
    uint8_t b[4096];
    size_t n;
};

static struct packet p;
static struct mx_answer a;

static void put16(unsigned v)
{
    p.b[p.n++] = (uint8_t)(v >> 8);
    p.b[p.n++] = (uint8_t)v;
}

static void put_name(const char *name)
{
    for (const char *s = name; *s != '\0';) {
        size_t len = strcspn(s, ".");
        p.b[p.n++] = (uint8_t)len;
        memcpy(p.b + p.n, s, len);
        p.n += len;
        s += len + (s[len] == '.');
    }
    p.b[p.n++] = 0;
}

static void begin(unsigned flags, const char *name, unsigned type)
{
    memset(&p, 0, sizeof p);
    p.n = 2;
    put16(flags);
    put16(1);
    p.n = 12;
    put_name(name);
    put16(type);
    put16(1);
}

/* "" is the root. `preference`: of an MX. */
static void record(enum section s, const char *owner, unsigned type, unsigned preference,
                   const char *data)
{
    p.b[5 + 2 * s]++;
    put_name(owner);
    put16(type);
    put16(1);
    put16(0);
    put16(60);
    size_t at = p.n;
    put16(0);
    if (type == MX)
        put16(preference);
    put_name(data);
    if (type == SOA) {
        put_name(data);
        p.n += 20;
    }
    p.b[at] = (uint8_t)((p.n - at - 2) >> 8);
    p.b[at + 1] = (uint8_t)(p.n - at - 2);
}

/* Over a copy of exactly the packet's size, so that one byte too far is seen. */
static enum dns_outcome parse(size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, p.b, len);
    memset(&a, 0xAA, sizeof a);
    mx_answer_parse(copy, len, "example.com", &a);
    free(copy);
    return a.outcome;
}

static void hosts_by_preference(void **state)
{
    (void)state;
    begin(NOERROR, "Example.COM", MX);
    record(ANSWER, "example.com", MX, 20, "b.example.net");
    record(ANSWER, "eXample.com", MX, 10, "A.Example.net");
    record(ANSWER, "example.com", MX, 20, "c.example.net");
    record(ANSWER, "other.com", MX, 1, "d.example.net");
    record(AUTHORITY, "example.com", MX, 1, "e.example.net");
    assert_int_equal(parse(p.n), DNS_EXISTS);
    assert_int_equal(a.n, 3);
    assert_false(a.is_null);
    assert_string_equal(a.hosts[0].name, "a.example.net");
    assert_int_equal(a.hosts[0].preference, 10);
    assert_string_equal(a.hosts[1].name, "b.example.net");
    assert_string_equal(a.hosts[2].name, "c.example.net");
    for (size_t len = 0; len < p.n; len++) /* cut anywhere: doubt */
        assert_true(dns_outcome_is_doubt(parse(len)));
}

/* Of many the most preferred are kept. */
static void many_hosts(void **state)
{
    char name[32];
    (void)state;
    begin(NOERROR, "example.com", MX);
    for (unsigned i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "m%u.example.net", i);
        record(ANSWER, "example.com", MX, 100 - i, name);
    }
    assert_int_equal(parse(p.n), DNS_EXISTS);
    assert_int_equal(a.n, MX_HOSTS_MAX);
    for (unsigned i = 0; i < MX_HOSTS_MAX; i++)
        assert_int_equal(a.hosts[i].preference, 71 + i);
}

static void null_mx(void **state)
{
    (void)state;
    begin(NOERROR, "example.com", MX);
    record(ANSWER, "example.com", MX, 0, "");
    assert_int_equal(parse(p.n), DNS_EXISTS);
    assert_true(a.is_null);
    assert_int_equal(a.n, 0);
    /* beside another one it is none (RFC 7505 section 3) */
    record(ANSWER, "example.com", MX, 10, "a.example.net");
    assert_int_equal(parse(p.n), DNS_EXISTS);
    assert_false(a.is_null);
    assert_int_equal(a.n, 1);
}

static void none(void **state)
{
    (void)state;
    begin(NXDOMAIN, "example.com", MX);
    assert_int_equal(parse(p.n), DNS_ABSENT);
    record(AUTHORITY, "com", SOA, 0, "ns.com");
    assert_int_equal(parse(p.n), DNS_ABSENT);
    begin(NOERROR, "example.com", MX);
    record(AUTHORITY, "example.com", SOA, 0, "ns.com");
    assert_int_equal(parse(p.n), DNS_ABSENT);
}

static void aliases_are_followed(void **state)
{
    char from[32] = "example.com", to[32];
    (void)state;
    for (unsigned hops = 1; hops <= 8; hops++) {
        begin(NOERROR, "example.com", MX);
        snprintf(from, sizeof from, "example.com");
        for (unsigned i = 1; i <= hops; i++) {
            snprintf(to, sizeof to, "x%u.example.org", i);
            record(ANSWER, from, CNAME, 0, to);
            memcpy(from, to, sizeof from);
        }
        record(ANSWER, from, MX, 5, "m.example.org");
        assert_int_equal(parse(p.n), DNS_EXISTS);
        assert_string_equal(a.hosts[0].name, "m.example.org");
    }
    begin(NXDOMAIN, "example.com", MX);
    record(ANSWER, "example.com", CNAME, 0, "gone.org");
    assert_int_equal(parse(p.n), DNS_ABSENT);
    begin(NOERROR, "example.com", MX);
    record(ANSWER, "example.com", CNAME, 0, "x.org");
    record(ANSWER, "x.org", CNAME, 0, "example.com");
    assert_true(dns_outcome_is_doubt(parse(p.n)));
}

static void doubt(void **state)
{
    (void)state;
    begin(SERVFAIL, "example.com", MX);
    assert_int_equal(parse(p.n), DNS_SERVFAIL);
    begin(REFUSED, "example.com", MX);
    assert_int_equal(parse(p.n), DNS_REFUSED);
    begin(NOERROR, "example.com", MX);
    assert_int_equal(parse(p.n), DNS_LAME); /* no SOA */
    record(AUTHORITY, "example.com", NS, 0, "ns.example.net");
    assert_int_equal(parse(p.n), DNS_LAME); /* it points elsewhere */
    begin(NOERROR | 0x0200, "example.com", MX);
    record(AUTHORITY, "com", SOA, 0, "ns.com");
    assert_int_equal(parse(p.n), DNS_LAME); /* truncated */
    begin(NXDOMAIN, "example.com", MX);
    record(ANSWER, "example.com", MX, 1, "a.example.net");
    assert_int_equal(parse(p.n), DNS_LAME);
    begin(NOERROR, "example.com", NS);
    assert_int_equal(parse(p.n), DNS_GARBAGE);
    begin(NOERROR, "example.org", MX);
    assert_int_equal(parse(p.n), DNS_GARBAGE);
    begin(0x0180, "example.com", MX);
    assert_int_equal(parse(p.n), DNS_GARBAGE); /* a question */
    begin(NOERROR, "example.com", MX);
    record(ANSWER, "example.com", MX, 1, "a.example.net");
    p.b[p.n - 1] = 5; /* the name runs out of the record */
    assert_int_equal(parse(p.n), DNS_GARBAGE);
}

/* What is no host name is not kept, but there is an MX. */
static void hostile_names(void **state)
{
    static const char *const names[] = {"a\nb.example.net", "a b.com",  "\"x.com",
                                        "%s.com",           "\x80.com", "a/b.com"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        begin(NOERROR, "example.com", MX);
        record(ANSWER, "example.com", MX, 1, names[i]);
        assert_int_equal(parse(p.n), DNS_EXISTS);
        assert_int_equal(a.n, 0);
        assert_false(a.is_null);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_by_preference),
        cmocka_unit_test(many_hosts),
        cmocka_unit_test(null_mx),
        cmocka_unit_test(none),
        cmocka_unit_test(aliases_are_followed),
        cmocka_unit_test(doubt),
        cmocka_unit_test(hostile_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
