/* Which name servers an answer has, held against a list of suffixes. */
#include "unit/unit.h"

#include "config/parking.h"
#include "proto/ns_suffixes.h"

#define NS 2
#define CNAME 5

struct packet {
    uint8_t b[1024];
    size_t n;
};

static void put16(struct packet *p, unsigned v)
{
    p->b[p->n++] = (uint8_t)(v >> 8);
    p->b[p->n++] = (uint8_t)v;
}

/* A trailing "*" is a pointer to the name of the question. */
static void put_name(struct packet *p, const char *name)
{
    for (const char *s = name; *s != '\0'; s++) {
        size_t len = strcspn(s, ".");
        if (*s == '*') {
            put16(p, 0xC00C);
            return;
        }
        p->b[p->n++] = (uint8_t)len;
        memcpy(p->b + p->n, s, len);
        p->n += len;
        s += len;
        if (*s == '\0')
            break;
    }
    p->b[p->n++] = 0;
}

static void begin(struct packet *p, const char *name)
{
    memset(p, 0, sizeof *p);
    p->n = 2;
    put16(p, 0x8180);
    put16(p, 1);
    p->n = 12;
    put_name(p, name);
    put16(p, NS);
    put16(p, 1);
}

static void record(struct packet *p, unsigned section, const char *owner, unsigned type,
                   const char *data)
{
    p->b[5 + 2 * section]++;
    put_name(p, owner);
    put16(p, type);
    put16(p, 1);
    put16(p, 0);
    put16(p, 60);
    size_t at = p->n;
    put16(p, 0);
    put_name(p, data);
    p->b[at + 1] = (uint8_t)(p->n - at - 2);
}

/* Over a copy of exactly the packet's size, so that one byte too far is seen. */
static bool match_of(const struct ns_suffixes *s, const struct packet *p, size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, p->b, len);
    bool is_match = ns_suffixes_match(s, copy, len, "example.com");
    free(copy);
    return is_match;
}

/* One name server, in each section. */
static bool matches(const char *list, const char *server)
{
    struct ns_suffixes *s;
    struct packet answer, referral;
    assert_int_equal(ns_suffixes_new(list, &s), ST_OK);
    begin(&answer, "example.com");
    record(&answer, 1, "*", NS, server);
    begin(&referral, "example.com");
    record(&referral, 2, "example.com", NS, server);
    bool is_match = match_of(s, &answer, answer.n);
    assert_int_equal(match_of(s, &referral, referral.n), is_match);
    ns_suffixes_free(s);
    return is_match;
}

static void names_below_a_suffix_match(void **state)
{
    static const struct {
        const char *server;
        bool is_match;
    } rows[] = {
        {"gone.net", true},
        {"ns1.gone.net", true},
        {"A.B.NS.GONE.Net", true},
        {"expired1.bright.org", true},
        {"x.expired1.bright.org", true},
        {"bright.org", false},
        {"ns1.bright.org", false},
        {"xexpired1.bright.org", false},
        {"ns1.notgone.net", false},
        {"gonE.net.org", false},
        {"gone.com", false},
        {"gome.net", false},
        {"net", false},
        {"", false},
        {"ns1.*", false}, /* ns1.example.com */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (matches("gone.net,expired1.bright.org", rows[i].server) != rows[i].is_match)
            fail_msg("%s", rows[i].server);
    }
    assert_true(matches("example.com", "ns1.*"));
}

static void one_of_several_is_enough(void **state)
{
    struct ns_suffixes *s;
    struct packet p;
    (void)state;
    assert_int_equal(ns_suffixes_new("gone.net", &s), ST_OK);
    begin(&p, "example.com");
    record(&p, 1, "*", NS, "ns1.example.org");
    record(&p, 1, "*", NS, "ns2.gone.net");
    assert_true(match_of(s, &p, p.n));
    /* cut anywhere: no match, unless the one that matches is whole */
    for (size_t len = 0; len < p.n; len++)
        assert_false(match_of(s, &p, len));
    ns_suffixes_free(s);
}

/* Records of other names, other kinds, or to another question say nothing. */
static void only_the_domains_own_count(void **state)
{
    struct ns_suffixes *s;
    struct packet p;
    (void)state;
    assert_int_equal(ns_suffixes_new("gone.net", &s), ST_OK);
    begin(&p, "example.com");
    record(&p, 1, "*", CNAME, "ns1.gone.net");
    record(&p, 2, "com", NS, "ns1.gone.net");
    record(&p, 2, "a.example.com", NS, "ns1.gone.net");
    assert_false(match_of(s, &p, p.n));
    record(&p, 3, "*", NS, "ns1.gone.net"); /* additional */
    assert_false(match_of(s, &p, p.n));
    begin(&p, "example.org");
    record(&p, 1, "*", NS, "ns1.gone.net");
    assert_false(match_of(s, &p, p.n));
    ns_suffixes_free(s);
}

/* Pointers that lead in a circle or out of the packet. */
static void names_that_cannot_be_read(void **state)
{
    static const uint16_t pointers[] = {0xC000 | 41, 0xC000 | 43, 0xFFFF, 0xC000};
    struct ns_suffixes *s;
    struct packet p;
    (void)state;
    assert_int_equal(ns_suffixes_new("gone.net", &s), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(pointers); i++) {
        begin(&p, "example.com");
        record(&p, 1, "*", NS, "*");
        p.n -= 2;
        put16(&p, pointers[i]);
        assert_false(match_of(s, &p, p.n));
    }
    ns_suffixes_free(s);
}

static void lists(void **state)
{
    static const char *const bad[] = {"net",       "a..net", ".gone.net",
                                      "gone.net.", "a.net,", ",a.net"};
    struct ns_suffixes *s;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(ns_suffixes_new(bad[i], &s), ST_INVALID);
    assert_int_equal(ns_suffixes_new(NULL, &s), ST_OK);
    assert_null(s);
    assert_int_equal(ns_suffixes_new("", &s), ST_OK);
    assert_null(s);
    ns_suffixes_free(s);
}

/* The built-in list: what it must know, and whom it must leave alone. */
static void the_built_in_list(void **state)
{
    static const char *const expired[] = {"ns1.pendingrenewaldeletion.com",
                                          "ns2.renewyourname.net",
                                          "expired1.namebrightdns.com",
                                          "expired2.namebrightdns.com",
                                          "ns1.onamae-expired.com",
                                          "expirens3.hichina.com",
                                          "ns1.renewyourdomain.at.domainname.com"};
    static const char *const customers[] = {"ns01.domaincontrol.com",
                                            "dns1.registrar-servers.com",
                                            "ns1.namebrightdns.com",
                                            "dns9.hichina.com",
                                            "vip1.alidns.com",
                                            "ns1.domainname.com",
                                            "01.dnsv.jp",
                                            "ns1.onamae.com",
                                            "ns3.expirationwarning.net",
                                            "ns1.registrant-verification.ispapi.net",
                                            "ns1.worldnic.com",
                                            "ns1.sedoparking.com",
                                            "ns1.afternic.com",
                                            "ns1.bodis.com",
                                            "dns1.name-services.com",
                                            "ns1.dnsowl.com",
                                            "ada.ns.cloudflare.com",
                                            "ns-1.awsdns-00.com",
                                            "ns-cloud-a1.googledomains.com"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(expired); i++)
        assert_true(matches(parking_suffixes(), expired[i]));
    for (size_t i = 0; i < ARRAY_LEN(customers); i++) {
        if (matches(parking_suffixes(), customers[i]))
            fail_msg("%s serves live customers", customers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_below_a_suffix_match),
        cmocka_unit_test(one_of_several_is_enough),
        cmocka_unit_test(only_the_domains_own_count),
        cmocka_unit_test(names_that_cannot_be_read),
        cmocka_unit_test(lists),
        cmocka_unit_test(the_built_in_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
