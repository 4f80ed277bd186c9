/* Mail addresses and the domains in them: text in, canonical names or a reason out.
 *
 * The domain is what stands after the last '@' outside a quoted local part (RFC
 * 5321 4.1.2). It becomes lower-case A-labels (UTS #46 / IDNA2008, by libidn2) without a
 * trailing dot; the registrable domain is one label below the public suffix
 * (publicsuffix.org, ICANN section, by libpsl), which is what a registry knows and what can
 * lapse. */
#ifndef UVD_PROTO_ADDRESS_H
#define UVD_PROTO_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define EMAIL_MAX 254  /* RFC 5321 4.5.3.1.3 less the angle brackets */
#define DOMAIN_MAX 253 /* RFC 1035 2.3.4: 255 octets on the wire */
#define DOMAIN_SIZE (DOMAIN_MAX + 1)

enum address_fault {
    ADDRESS_OK,
    ADDRESS_NOT_TEXT, /* empty, not UTF-8, control characters, no local part */
    ADDRESS_TOO_LONG,
    ADDRESS_NO_DOMAIN,   /* no '@', or nothing behind it */
    ADDRESS_LITERAL,     /* [192.0.2.1], [IPv6:...] and bare IP addresses */
    ADDRESS_BAD_DOMAIN,  /* empty or over-long label, letter not allowed, not IDNA */
    ADDRESS_SPECIAL_USE, /* RFC 6761, 6762, 7686, 8375, 2606 ...: localhost, test, onion */
    ADDRESS_PUBLIC_SUFFIX
};

/* A canonical host name and the part of it that can be registered. */
struct mail_domain {
    char host[DOMAIN_SIZE]; /* lower-case A-labels, no trailing dot, NUL-terminated */
    unsigned char host_len;
    unsigned char registrable_at; /* offset into host: the watched name starts here */
    bool is_private;              /* the watched name is below a private suffix */
};

/* The watched name: the registrable domain, or, below a private suffix (github.io), the
 * name one label under that suffix. */
static inline const char *mail_domain_name(const struct mail_domain *d)
{
    return d->host + d->registrable_at;
}

struct address {
    const char *email; /* as given; borrowed; not NUL-terminated */
    unsigned char email_len;
    unsigned char local_len; /* email[0..local_len) is the local part, '@' follows */
    struct mail_domain domain;
};

struct suffix_list;

/* Load the public suffix list: the distribution's current file if there is one, else the
 * one built into libpsl. NULL when neither can be had. */
struct suffix_list *suffix_list_new(void);
void suffix_list_free(struct suffix_list *s);

/* Split and canonicalise an address. `email` is borrowed; `out` points into it. `out` is
 * only meaningful on ADDRESS_OK. */
enum address_fault address_parse(struct suffix_list *s, const char *email, size_t len,
                                 struct address *out);

/* Canonicalise a host or domain name alone (for `unverifyd check`, requests, comparing). */
enum address_fault mail_domain_parse(struct suffix_list *s, const char *text, size_t len,
                                     struct mail_domain *out);

#endif
