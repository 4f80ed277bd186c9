#include "proto/address.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <libpsl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/copy.h"
#include "base/must.h"
#include "proto/suffix_filter.h"
#include "proto/utf8.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/* Longest Unicode spelling worth converting; A-labels are the longer form of nearly all. */
#define UNICODE_NAME_MAX 1024

/* No rule of the public suffix list has more labels. Bounds the look-ups for a host of a
 * hundred labels. */
#define SUFFIX_LABELS_MAX 8

struct suffix_list {
    const psl_ctx_t *psl;
    psl_ctx_t *loaded; /* NULL when the built-in list, which is static, serves */
    struct suffix_filter
        *filter; /* of the loaded list; NULL: none, each name is asked for */
};

/* The distribution has its list twice: as text, and packed. libpsl prefers the packed one,
 * in which a look-up takes twice as long as in the sorted table that it makes of the text
 * (at start, in some milliseconds). return  NULL when there is none, or the built-in list
 * is newer */
static psl_ctx_t *load_text(struct suffix_filter **filter)
{
    const char *packed = psl_dist_filename();
    const char *end = strrchr(packed, '.');
    char path[PATH_MAX];
    struct stat st;
    if (end == NULL || strcmp(end, ".dafsa") != 0)
        return NULL;
    int n = snprintf(path, sizeof path, "%.*s.dat", (int)(end - packed), packed);
    if (n < 0 || (size_t)n >= sizeof path || stat(path, &st) != 0 ||
        st.st_mtime < psl_builtin_file_time())
        return NULL;
    FILE *text = fopen(path, "r");
    if (text == NULL)
        return NULL;
    psl_ctx_t *list = psl_load_fp(text);
    if (list != NULL)
        *filter = suffix_filter_new(text);
    fclose(text);
    return list;
}

struct suffix_list *suffix_list_new(void)
{
    struct suffix_list *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    psl_ctx_t *latest = load_text(&s->filter);
    /* psl_latest(NULL) compares the distribution's file with the built-in list, and gives
     * the latter when it is newer or the file can't be read. */
    if (latest == NULL)
        latest = psl_latest(NULL);
    const psl_ctx_t *builtin = psl_builtin(); /* NULL when libpsl was built without one */
    s->loaded = latest == builtin ? NULL : latest;
    s->psl = latest != NULL ? latest : builtin;
    if (s->psl == NULL) {
        suffix_list_free(s);
        return NULL;
    }
    return s;
}

void suffix_list_free(struct suffix_list *s)
{
    if (s == NULL)
        return;
    psl_free(s->loaded);
    suffix_filter_free(s->filter);
    free(s);
}

static bool is_printable_text(const char *text, size_t len)
{
    unsigned control = 0; /* without a branch, so that it is done many bytes at a time */
    for (size_t i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)text[i];
        control |= (unsigned)(ch < 0x20) | (unsigned)(ch == 0x7f);
    }
    return control == 0 && utf8_is_valid(text, len);
}

/* Copy with ASCII letters in lower case. return  whether all of it is ASCII */
static bool copy_lower(char *to, const char *text, size_t len)
{
    unsigned char all = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)text[i];
        all |= ch;
        to[i] = (char)(ch >= 'A' && ch <= 'Z' ? ch | 0x20 : ch);
    }
    to[len] = '\0';
    return all < 0x80;
}

/* Unicode to A-labels: UTS #46 mapping (full-width letters and dots, case, NFC), then the
 * rules of IDNA2008. Without STD3 rules on purpose: libidn2 then *removes* the ASCII
 * characters they forbid, and goo_gle.example would become google.example; is_hostname()
 * refuses them instead. return  false: not IDNA, or too long */
static bool to_a_labels(const char *text, size_t len, char host[DOMAIN_SIZE + 1])
{
    char name[UNICODE_NAME_MAX + 1];
    if (len > UNICODE_NAME_MAX)
        return false;
    memcpy(name, text, len);
    name[len] = '\0';

    uint8_t *ascii = NULL;
    int rc =
        idn2_lookup_u8((const uint8_t *)name, &ascii,
                       IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL | IDN2_NO_ALABEL_ROUNDTRIP);
    /* Out of memory is no property of the name, and there is no way on from here. */
    MUST(rc != IDN2_MALLOC);
    if (rc != IDN2_OK)
        return false;
    size_t n = strlen((const char *)ascii);
    bool fits = n <= DOMAIN_SIZE;
    if (fits)
        copy_lower(host, (const char *)ascii, n);
    idn2_free(ascii);
    return fits;
}

/* Letters, digits, hyphens inside; labels of 1 to 63 (RFC 1123 2.1). An A-label is taken
 * as it is: what it decodes to is the registry's business. */
static bool is_hostname(const char *host, size_t len)
{
    size_t label = 0;
    for (size_t i = 0; i < len; i++) {
        char ch = host[i];
        if (ch == '.') {
            if (label == 0 || host[i - 1] == '-')
                return false;
            label = 0;
            continue;
        }
        bool is_alnum = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9');
        if (!is_alnum && (ch != '-' || label == 0))
            return false;
        if (++label > LABEL_MAX)
            return false;
    }
    return label > 0 && host[len - 1] != '-' && len <= DOMAIN_MAX;
}

static bool is_ip_address(const char *host, size_t len)
{
    unsigned char bytes[16];
    /* An IPv4 address ends in a digit, an IPv6 address has a colon: most names don't. */
    if (len == 0 ||
        ((host[len - 1] < '0' || host[len - 1] > '9') && memchr(host, ':', len) == NULL))
        return false;
    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static bool is_all_digits(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

/* Top labels that never lead to a registration: RFC 6761 (test, example, invalid,
 * localhost), 6762 (local), 7686 (onion), 9476 (alt); ICANN's internal; and arpa with
 * home.arpa (RFC 8375), where names are infrastructure. example.com, .net and .org are
 * reserved as well (RFC 2606), but they are registered and resolve like any other. */
static bool is_special_use(const char *top)
{
    static const char *const tops[] = {
        "alt",   "arpa",  "example",   "internal", "invalid",
        "local", "onion", "localhost", "test",
    };
    if (strchr("aeilot", top[0]) == NULL) /* what they begin with */
        return false;
    for (size_t i = 0; i < ARRAY_LEN(tops); i++)
        if (strcmp(top, tops[i]) == 0)
            return true;
    return false;
}

/* Where the last labels of a host begin: at[0] its top label, at[1] its last two ... */
struct labels {
    const char *at[SUFFIX_LABELS_MAX + 1];
    size_t n;
};

static struct labels last_labels(const struct mail_domain *d)
{
    struct labels labels = {.n = 0};
    size_t i = d->host_len;
    while (i > 0 && labels.n < ARRAY_LEN(labels.at)) {
        i--;
        if (i == 0)
            labels.at[labels.n++] = d->host;
        else if (d->host[i - 1] == '.')
            labels.at[labels.n++] = d->host + i;
    }
    return labels;
}

static bool may_be_suffix(const struct suffix_list *s, const char *name, const char *parent)
{
    return s->filter == NULL || suffix_filter_may_have(s->filter, name, parent);
}

/* Set the watched name. Only the ICANN section says what can be registered. The private
 * section can only narrow that: below github.io each name is someone else's. */
static enum address_fault set_registrable(const struct suffix_list *s,
                                          struct mail_domain *d)
{
    struct labels labels = last_labels(d);
    if (is_special_use(labels.at[0]))
        return ADDRESS_SPECIAL_USE;

    /* From the longest name down to the top label, which the rule "*" covers. The first
     * private suffix met is the longest. Most names are no suffix of any kind, so that is
     * asked first: a look-up is what a whole event costs otherwise. */
    size_t suffix = labels.n - 1;
    size_t private_suffix = 0; /* 0: none; no top label is private */
    for (; suffix > 0; suffix--) {
        const char *name = labels.at[suffix];
        if (!may_be_suffix(s, name, labels.at[suffix - 1]) ||
            !psl_is_public_suffix2(s->psl, name, PSL_TYPE_ANY))
            continue;
        if (psl_is_public_suffix2(s->psl, name, PSL_TYPE_ICANN))
            break;
        if (private_suffix == 0)
            private_suffix = suffix;
    }
    if (suffix + 1 == labels.n)
        return ADDRESS_PUBLIC_SUFFIX;

    /* A host that is a private suffix itself is its owner's name, like any other. */
    d->is_private = private_suffix > 0 && private_suffix + 1 < labels.n;
    const char *watched = labels.at[(d->is_private ? private_suffix : suffix) + 1];
    d->registrable_at = (unsigned char)(watched - d->host);
    return ADDRESS_OK;
}

/* `text` is printable UTF-8. */
static enum address_fault parse_domain(const struct suffix_list *s, const char *text,
                                       size_t len, struct mail_domain *out)
{
    if (len == 0)
        return ADDRESS_NO_DOMAIN;
    if (text[0] == '[')
        return ADDRESS_LITERAL;

    char host[DOMAIN_SIZE + 1]; /* a name of full length and its trailing dot */
    if (len > DOMAIN_SIZE || !copy_lower(host, text, len))
        if (!to_a_labels(text, len, host))
            return ADDRESS_BAD_DOMAIN;
    len = strlen(host);
    if (len > 0 && host[len - 1] == '.')
        host[--len] = '\0';
    if (is_ip_address(host, len)) /* after the mapping: full-width digits make one, too */
        return ADDRESS_LITERAL;
    if (!is_hostname(host, len))
        return ADDRESS_BAD_DOMAIN;
    const char *dot = strrchr(host, '.');
    if (is_all_digits(dot == NULL ? host : dot + 1)) /* RFC 3696 2: no such top domain */
        return ADDRESS_BAD_DOMAIN;

    copy_short(out->host, host, len + 1);
    out->host_len = (unsigned char)len;
    return set_registrable(s, out);
}

/* A host name as nearly all are: ASCII, and right as it stands but for upper case. Copies
 * it in lower case; false when it is anything else, which need not mean that it is wrong.
 */
static bool copy_plain(const char *text, size_t len, char host[DOMAIN_SIZE])
{
    static const unsigned char lower[256] = {
        ['-'] = '-', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4',
        ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9', ['A'] = 'a',
        ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f', ['G'] = 'g',
        ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm',
        ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's',
        ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y',
        ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd', ['e'] = 'e',
        ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k',
        ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q',
        ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w',
        ['x'] = 'x', ['y'] = 'y', ['z'] = 'z'};
    size_t label = 0; /* where it begins */
    if (len == 0 || len > DOMAIN_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)text[i];
        if (ch != '.') {
            host[i] = (char)lower[ch];
            if (lower[ch] == 0)
                return false;
            continue;
        }
        if (i == label || i - label > LABEL_MAX || host[label] == '-' || host[i - 1] == '-')
            return false;
        host[i] = '.';
        label = i + 1;
    }
    host[len] = '\0';
    /* A top label that ends in a letter makes it no address either. */
    return len > label && len - label <= LABEL_MAX && host[label] != '-' &&
           host[len - 1] >= 'a' && host[len - 1] <= 'z';
}

enum address_fault mail_domain_parse(struct suffix_list *s, const char *text, size_t len,
                                     struct mail_domain *out)
{
    if (copy_plain(text, len, out->host)) {
        out->host_len = (unsigned char)len;
        return set_registrable(s, out);
    }
    if (!is_printable_text(text, len))
        return ADDRESS_NOT_TEXT;
    return parse_domain(s, text, len, out);
}

/* Offset of the '@' that ends the local part: the last one outside quotes. A quoted string
 * can only begin a word of the local part (RFC 5322 3.4.1); any other '"' is a byte.
 * return  false: a quoted string does not end; `at` is `len` when there is no '@' */
static bool find_at(const char *email, size_t len, size_t *at)
{
    *at = len;
    if (memchr(email, '"', len) == NULL) {
        const char *last = memrchr(email, '@', len);
        if (last != NULL)
            *at = (size_t)(last - email);
        return true;
    }
    bool at_word = true;
    for (size_t i = 0; i < len; i++) {
        if (email[i] == '"' && at_word) {
            for (i++; i < len && email[i] != '"'; i++)
                if (email[i] == '\\')
                    i++;
            if (i >= len)
                return false;
        }
        if (email[i] == '@')
            *at = i;
        at_word = email[i] == '.';
    }
    return true;
}

enum address_fault address_parse(struct suffix_list *s, const char *email, size_t len,
                                 struct address *out)
{
    if (len > EMAIL_MAX)
        return ADDRESS_TOO_LONG;
    if (len == 0 || !is_printable_text(email, len))
        return ADDRESS_NOT_TEXT;
    size_t at;
    if (!find_at(email, len, &at) || at == 0)
        return ADDRESS_NOT_TEXT;
    if (at == len)
        return ADDRESS_NO_DOMAIN;
    out->email = email;
    out->email_len = (unsigned char)len;
    out->local_len = (unsigned char)at;
    return parse_domain(s, email + at + 1, len - at - 1, &out->domain);
}
