/* Addresses and domains, row by row. The public suffix rows use rules that have stood for
 * a decade, so that a newer list does not break them. */
#include "unit/unit.h"

#include "proto/address.h"

static struct suffix_list *suffixes;

static int load(void **state)
{
    (void)state;
    suffixes = suffix_list_new();
    return suffixes == NULL ? -1 : 0;
}

static int unload(void **state)
{
    (void)state;
    suffix_list_free(suffixes);
    return 0;
}

static const char *fault_name(enum address_fault f)
{
    static const char *const names[] = {
        [ADDRESS_OK] = "ok",
        [ADDRESS_NOT_TEXT] = "not text",
        [ADDRESS_TOO_LONG] = "too long",
        [ADDRESS_NO_DOMAIN] = "no domain",
        [ADDRESS_LITERAL] = "literal",
        [ADDRESS_BAD_DOMAIN] = "bad domain",
        [ADDRESS_SPECIAL_USE] = "special use",
        [ADDRESS_PUBLIC_SUFFIX] = "public suffix",
    };
    return names[f];
}

struct good {
    const char *text;
    const char *host, *name;
    bool is_private;
};

static void check_good(const struct good *row, enum address_fault fault,
                       const struct mail_domain *d)
{
    if (fault != ADDRESS_OK)
        fail_msg("\"%s\" is refused: %s", row->text, fault_name(fault));
    if (strcmp(d->host, row->host) != 0 || strcmp(mail_domain_name(d), row->name) != 0)
        fail_msg("\"%s\": host %s, name %s", row->text, d->host, mail_domain_name(d));
    assert_int_equal(d->host_len, strlen(row->host));
    if (d->is_private != row->is_private)
        fail_msg("\"%s\": is_private is %d", row->text, d->is_private);
}

static const struct good good_domains[] = {
    {"example.com", "example.com", "example.com", false},
    {"EXAMPLE.Com", "example.com", "example.com", false},
    {"example.com.", "example.com", "example.com", false},
    {"mx1.mail.example.org", "mx1.mail.example.org", "example.org", false},
    {"123.com", "123.com", "123.com", false},
    {"3com.com", "3com.com", "3com.com", false},
    {"a-b.com", "a-b.com", "a-b.com", false},
    {"r3---sn.example.net", "r3---sn.example.net", "example.net", false},
    /* suffixes of more than one label */
    {"example.co.uk", "example.co.uk", "example.co.uk", false},
    {"mail.example.co.uk", "mail.example.co.uk", "example.co.uk", false},
    /* a top domain without a rule falls under "*" */
    {"mail.example.unlisted", "mail.example.unlisted", "example.unlisted", false},
    /* wildcard and exception: *.ck and !www.ck; *.kobe.jp and !city.kobe.jp */
    {"mail.example.co.ck", "mail.example.co.ck", "example.co.ck", false},
    {"www.ck", "www.ck", "www.ck", false},
    {"mail.www.ck", "mail.www.ck", "www.ck", false},
    {"b.c.kobe.jp", "b.c.kobe.jp", "b.c.kobe.jp", false},
    {"mail.city.kobe.jp", "mail.city.kobe.jp", "city.kobe.jp", false},
    /* the private section */
    {"user.github.io", "user.github.io", "user.github.io", true},
    {"mail.user.github.io", "mail.user.github.io", "user.github.io", true},
    {"github.io", "github.io", "github.io", false},
    {"example.uk.com", "example.uk.com", "example.uk.com", true},
    {"uk.com", "uk.com", "uk.com", false},
    {"al.eu.org", "al.eu.org", "eu.org", false}, /* is a suffix itself */
    {"example.al.eu.org", "example.al.eu.org", "example.al.eu.org", true},
    {"mail.example.eu.org", "mail.example.eu.org", "example.eu.org", true},
    /* Unicode, and the A-label as it is */
    {"b\xc3\xbc"
     "cher.de",
     "xn--bcher-kva.de", "xn--bcher-kva.de", false},
    {"mail.B\xc3\x9c"
     "CHER.DE.",
     "mail.xn--bcher-kva.de", "xn--bcher-kva.de", false},
    {"bu\xcc\x88"
     "cher.de",
     "xn--bcher-kva.de", "xn--bcher-kva.de", false}, /* u and a combining diaeresis */
    {"XN--BCHER-KVA.de", "xn--bcher-kva.de", "xn--bcher-kva.de", false},
    {"fa\xc3\x9f.de", "xn--fa-hia.de", "xn--fa-hia.de", false}, /* non-transitional */
    {"xn--i-7iq.ws", "xn--i-7iq.ws", "xn--i-7iq.ws", false},    /* no IDNA, but in DNS */
    {"\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e.jp", "xn--wgv71a119e.jp", "xn--wgv71a119e.jp",
     false},
    {"mail.example.\xe5\x85\xac\xe5\x8f\xb8.cn", "mail.example.xn--55qx5d.cn",
     "example.xn--55qx5d.cn", false}, /* a Unicode rule of the list */
    {"mail.example.xn--55qx5d.cn", "mail.example.xn--55qx5d.cn", "example.xn--55qx5d.cn",
     false},
    /* full-width letters, full-width and ideographic dots */
    {"\xef\xbd\x85xample\xef\xbc\x8e"
     "com",
     "example.com", "example.com", false},
    {"example\xe3\x80\x82"
     "com\xe3\x80\x82",
     "example.com", "example.com", false},
    {"exam\xc2\xadple.com", "example.com", "example.com", false}, /* soft hyphen */
};

static void canonicalises_domains(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_domains); i++) {
        struct mail_domain d;
        memset(&d, 0xAA, sizeof d);
        const struct good *row = &good_domains[i];
        check_good(row, mail_domain_parse(suffixes, row->text, strlen(row->text), &d), &d);
    }
}

struct bad {
    const char *text;
    size_t len; /* 0: strlen */
    enum address_fault fault;
};

static void check_bad(const struct bad *row, enum address_fault fault)
{
    if (fault != row->fault)
        fail_msg("\"%s\": %s, not %s", row->text, fault_name(fault),
                 fault_name(row->fault));
}

static const struct bad bad_domains[] = {
    {"", 0, ADDRESS_NO_DOMAIN},
    {".", 0, ADDRESS_BAD_DOMAIN},
    {"..", 0, ADDRESS_BAD_DOMAIN},
    {".example.com", 0, ADDRESS_BAD_DOMAIN},
    {"example..com", 0, ADDRESS_BAD_DOMAIN},
    {"example.com..", 0, ADDRESS_BAD_DOMAIN},
    {"-example.com", 0, ADDRESS_BAD_DOMAIN},
    {"example-.com", 0, ADDRESS_BAD_DOMAIN},
    {"example.com-", 0, ADDRESS_BAD_DOMAIN},
    {"exa_mple.com", 0, ADDRESS_BAD_DOMAIN},
    {"exa mple.com", 0, ADDRESS_BAD_DOMAIN},
    {" example.com", 0, ADDRESS_BAD_DOMAIN},
    {"example.com ", 0, ADDRESS_BAD_DOMAIN},
    {"exa*mple.com", 0, ADDRESS_BAD_DOMAIN},
    {"*.example.com", 0, ADDRESS_BAD_DOMAIN},
    {"example.com/", 0, ADDRESS_BAD_DOMAIN},
    {"example.com:25", 0, ADDRESS_BAD_DOMAIN},
    {"example.com,example.net", 0, ADDRESS_BAD_DOMAIN},
    {"a@example.com", 0, ADDRESS_BAD_DOMAIN},
    {"example.123", 0, ADDRESS_BAD_DOMAIN},
    {"1.2.3", 0, ADDRESS_BAD_DOMAIN},
    {"1.2.3.256", 0, ADDRESS_BAD_DOMAIN},
    {"exa\0mple.com", 12, ADDRESS_NOT_TEXT},
    {"example.com\0", 12, ADDRESS_NOT_TEXT},
    {"example\t.com", 0, ADDRESS_NOT_TEXT},
    {"example.com\n", 0, ADDRESS_NOT_TEXT},
    {"example\x7f.com", 0, ADDRESS_NOT_TEXT},
    {"example\xff.com", 0, ADDRESS_NOT_TEXT},
    {"ex\xc0\xaemple.com", 0, ADDRESS_NOT_TEXT},         /* an overlong '.' */
    {"ex\xed\xa0\x80mple.com", 0, ADDRESS_NOT_TEXT},     /* a surrogate */
    {"ex\xf4\x90\x80\x80mple.com", 0, ADDRESS_NOT_TEXT}, /* above U+10FFFF */
    {"b\xc3", 0, ADDRESS_NOT_TEXT},
    /* libidn2's STD3 option would drop the '_' and give another name */
    {"goo_gle.b\xc3\xbc.de", 0, ADDRESS_BAD_DOMAIN},
    {"b\xc3\xbc/.de", 0, ADDRESS_BAD_DOMAIN},
    {"\xe2\x9d\xa4.ws", 0, ADDRESS_BAD_DOMAIN}, /* an emoji is not IDNA */
    {"-\xc3\xbc.de", 0, ADDRESS_BAD_DOMAIN},
    {"\xcc\x80.de", 0, ADDRESS_BAD_DOMAIN}, /* begins with a combining mark */
    {"\xe3\x80\x82"
     "com",
     0, ADDRESS_BAD_DOMAIN},
    {"[192.0.2.1]", 0, ADDRESS_LITERAL},
    {"[IPv6:2001:db8::1]", 0, ADDRESS_LITERAL},
    {"[", 0, ADDRESS_LITERAL},
    {"192.0.2.1", 0, ADDRESS_LITERAL},
    {"192.0.2.1.", 0, ADDRESS_LITERAL},
    {"2001:db8::1", 0, ADDRESS_LITERAL},
    {"::", 0, ADDRESS_LITERAL},
    {"\xef\xbc\x91.2.3.4", 0, ADDRESS_LITERAL}, /* a full-width 1 */
    {"localhost", 0, ADDRESS_SPECIAL_USE},
    {"LocalHost.", 0, ADDRESS_SPECIAL_USE},
    {"mail.localhost", 0, ADDRESS_SPECIAL_USE},
    {"printer.local", 0, ADDRESS_SPECIAL_USE},
    {"a.test", 0, ADDRESS_SPECIAL_USE},
    {"a.invalid", 0, ADDRESS_SPECIAL_USE},
    {"a.example", 0, ADDRESS_SPECIAL_USE},
    {"a.onion", 0, ADDRESS_SPECIAL_USE},
    {"a.internal", 0, ADDRESS_SPECIAL_USE},
    {"a.alt", 0, ADDRESS_SPECIAL_USE},
    {"router.home.arpa", 0, ADDRESS_SPECIAL_USE},
    {"1.2.0.192.in-addr.arpa", 0, ADDRESS_SPECIAL_USE},
    {"arpa", 0, ADDRESS_SPECIAL_USE},
    {"com", 0, ADDRESS_PUBLIC_SUFFIX},
    {"unlisted", 0, ADDRESS_PUBLIC_SUFFIX},
    {"co.uk", 0, ADDRESS_PUBLIC_SUFFIX},
    {"ck", 0, ADDRESS_PUBLIC_SUFFIX},
    {"co.ck", 0, ADDRESS_PUBLIC_SUFFIX},
    {"c.kobe.jp", 0, ADDRESS_PUBLIC_SUFFIX},
    {"xn--55qx5d.cn", 0, ADDRESS_PUBLIC_SUFFIX},
    {"\xe4\xb8\xad\xe5\x9b\xbd", 0, ADDRESS_PUBLIC_SUFFIX}, /* xn--fiqs8s */
};

static void refuses_domains(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_domains); i++) {
        struct mail_domain d;
        const struct bad *row = &bad_domains[i];
        size_t len = row->len > 0 ? row->len : strlen(row->text);
        check_bad(row, mail_domain_parse(suffixes, row->text, len, &d));
    }
}

struct good_address {
    const char *email;
    size_t local_len;
    const char *host, *name;
    bool is_private;
};

static const struct good_address good_addresses[] = {
    {"a@example.com", 1, "example.com", "example.com", false},
    {"First.Last+tag@Mail.Example.COM.", 14, "mail.example.com", "example.com", false},
    {"\"a@b\"@example.com", 5, "example.com", "example.com", false},
    {"\"a\\\"@b\"@example.com", 7, "example.com", "example.com", false},
    {"\"a\\\\\"@example.com", 5, "example.com", "example.com", false},
    {"\" \"@example.com", 3, "example.com", "example.com", false},
    {"x.\"a@b\".y@example.com", 9, "example.com", "example.com", false},
    {"o\"brien@example.com", 7, "example.com", "example.com", false}, /* no word begins */
    {"a@b@example.com", 3, "example.com", "example.com", false},
    {"user%example.net@example.com", 16, "example.com", "example.com", false},
    {"example.net!user@example.com", 16, "example.com", "example.com", false},
    {"j\xc3\xb6rg@b\xc3\xbc"
     "cher.de",
     5, "xn--bcher-kva.de", "xn--bcher-kva.de", false},
    {"a@user.github.io", 1, "user.github.io", "user.github.io", true},
};

static void splits_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good_addresses); i++) {
        const struct good_address *row = &good_addresses[i];
        struct address a;
        enum address_fault fault =
            address_parse(suffixes, row->email, strlen(row->email), &a);
        struct good expected = {row->email, row->host, row->name, row->is_private};
        check_good(&expected, fault, &a.domain);
        assert_ptr_equal(a.email, row->email);
        assert_int_equal(a.email_len, strlen(row->email));
        assert_int_equal(a.local_len, row->local_len);
    }
}

static const struct bad bad_addresses[] = {
    {"", 0, ADDRESS_NOT_TEXT},
    {"@example.com", 0, ADDRESS_NOT_TEXT},
    {"a\nb@example.com", 0, ADDRESS_NOT_TEXT},
    {"a\0b@example.com", 15, ADDRESS_NOT_TEXT},
    {"a\x80@example.com", 0, ADDRESS_NOT_TEXT},
    {"a@exa\0mple.com", 14, ADDRESS_NOT_TEXT},
    {"\"a@example.com", 0, ADDRESS_NOT_TEXT},     /* the quoted string does not end */
    {"\"a\\\"@example.com", 0, ADDRESS_NOT_TEXT}, /* nor here: its end is escaped */
    {"\"a\\", 0, ADDRESS_NOT_TEXT},
    {"example.com", 0, ADDRESS_NO_DOMAIN},
    {"\"a@b\"", 0, ADDRESS_NO_DOMAIN},
    {"a@", 0, ADDRESS_NO_DOMAIN},
    {"a@b@", 0, ADDRESS_NO_DOMAIN},
    {"a@[192.0.2.1]", 0, ADDRESS_LITERAL},
    {"a@[IPv6:2001:db8::1]", 0, ADDRESS_LITERAL},
    {"a@192.0.2.1", 0, ADDRESS_LITERAL},
    {"a@-example.com", 0, ADDRESS_BAD_DOMAIN},
    {"a@example.com>", 0, ADDRESS_BAD_DOMAIN},
    {"a@example.com (comment)", 0, ADDRESS_BAD_DOMAIN},
    {"root@localhost", 0, ADDRESS_SPECIAL_USE},
    {"a@co.uk", 0, ADDRESS_PUBLIC_SUFFIX},
};

static void refuses_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad_addresses); i++) {
        struct address a;
        const struct bad *row = &bad_addresses[i];
        size_t len = row->len > 0 ? row->len : strlen(row->text);
        check_bad(row, address_parse(suffixes, row->text, len, &a));
    }
}

/* A name of labels of 'a' with the given lengths, then ".com". */
static size_t name_of(char *to, const size_t *labels, size_t n)
{
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        memset(to + len, 'a', labels[i]);
        len += labels[i];
        to[len++] = '.';
    }
    memcpy(to + len, "com", 4);
    return len + 3;
}

static void limits_labels(void **state)
{
    (void)state;
    char text[400];
    struct mail_domain d;
    for (size_t label = 1; label <= 300; label++) {
        size_t len = name_of(text, &label, 1);
        enum address_fault expected = label <= 63 ? ADDRESS_OK : ADDRESS_BAD_DOMAIN;
        assert_int_equal(mail_domain_parse(suffixes, text, len, &d), expected);
    }
}

static void limits_names(void **state)
{
    (void)state;
    char text[400];
    struct mail_domain d;
    for (size_t last = 56; last <= 63; last++) {
        size_t labels[] = {63, 63, 63, last}; /* 3 * 64 + last + 4 */
        size_t len = name_of(text, labels, 4);
        enum address_fault expected = len <= 253 ? ADDRESS_OK : ADDRESS_BAD_DOMAIN;
        assert_int_equal(mail_domain_parse(suffixes, text, len, &d), expected);
        if (len == 253) {
            assert_int_equal(d.host_len, 253);
            assert_int_equal(d.registrable_at, 3 * 64);
        }
        text[len++] = '.'; /* does not count */
        assert_int_equal(mail_domain_parse(suffixes, text, len, &d), expected);
    }
}

static void limits_unicode_names(void **state)
{
    (void)state;
    char text[4000];
    struct mail_domain d;
    /* "xn--" and 59 more: what fits a label in the end counts, not the UTF-8 */
    for (size_t n = 1; n <= 1500; n++) {
        for (size_t i = 0; i < n; i++)
            snprintf(text + 2 * i, sizeof text - 2 * i, "\xc3\xbc.de");
        enum address_fault fault = mail_domain_parse(suffixes, text, 2 * n + 3, &d);
        if (n <= 50)
            assert_int_equal(fault, ADDRESS_OK);
        if (n >= 63)
            assert_int_equal(fault, ADDRESS_BAD_DOMAIN);
        if (fault == ADDRESS_OK)
            assert_true(d.host_len <= 63 + 3);
    }
}

static void limits_addresses(void **state)
{
    (void)state;
    char email[400];
    struct address a;
    for (size_t len = 250; len <= 260; len++) {
        size_t local = len - strlen("@example.com");
        memset(email, 'x', local);
        memcpy(email + local, "@example.com", 13);
        enum address_fault expected = len <= 254 ? ADDRESS_OK : ADDRESS_TOO_LONG;
        assert_int_equal(address_parse(suffixes, email, len, &a), expected);
        if (len <= 254)
            assert_int_equal(a.local_len, local);
    }
}

/* A host of 126 labels is legal; only the last ones can be a suffix. */
static void bounds_suffix_search(void **state)
{
    (void)state;
    char text[300] = "";
    for (size_t i = 0; i < 110; i++)
        snprintf(text + 2 * i, sizeof text - 2 * i, "a.user.github.io");
    struct mail_domain d;
    assert_int_equal(mail_domain_parse(suffixes, text, strlen(text), &d), ADDRESS_OK);
    assert_string_equal(mail_domain_name(&d), "user.github.io");
    assert_true(d.is_private);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonicalises_domains), cmocka_unit_test(refuses_domains),
        cmocka_unit_test(splits_addresses),      cmocka_unit_test(refuses_addresses),
        cmocka_unit_test(limits_labels),         cmocka_unit_test(limits_names),
        cmocka_unit_test(limits_unicode_names),  cmocka_unit_test(limits_addresses),
        cmocka_unit_test(bounds_suffix_search),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
