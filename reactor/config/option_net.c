/* Addresses: URLs, sockets, resolvers. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/option_parse.h"

#define NATS_SERVERS_MAX 32
#define DNS_SERVERS_MAX 16

/* HOST[:PORT] or [IPV6][:PORT], split. */
struct authority {
    char host[256];
    bool is_bracketed;
    bool has_port;
    unsigned port;
};

static bool read_port(const char *text, size_t len, unsigned *out)
{
    unsigned n = 0;
    if (len == 0 || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!isdigit((unsigned char)text[i]))
            return false;
        n = n * 10 + (unsigned)(text[i] - '0');
    }
    *out = n;
    return n <= 65535;
}

static bool is_ip(int family, const char *text)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(family, text, address) == 1;
}

/* Splits and checks the outer form; what kind of host it may be is the caller's. */
static bool read_authority(const char *text, size_t len, struct authority *out)
{
    const char *host = text;
    const char *colon;
    size_t host_len;
    *out = (struct authority){.has_port = false};
    if (len > 0 && text[0] == '[') {
        const char *close = memchr(text, ']', len);
        if (close == NULL)
            return false;
        out->is_bracketed = true;
        host = text + 1;
        host_len = (size_t)(close - host);
        colon = close + 1 < text + len ? close + 1 : NULL;
        if (colon != NULL && *colon != ':')
            return false;
    } else {
        colon = memchr(text, ':', len);
        host_len = colon != NULL ? (size_t)(colon - text) : len;
    }
    if (host_len == 0 || host_len >= sizeof out->host)
        return false;
    memcpy(out->host, host, host_len);
    if (out->is_bracketed && !is_ip(AF_INET6, out->host))
        return false;
    if (colon == NULL)
        return true;
    out->has_port = true;
    return read_port(colon + 1, len - (size_t)(colon + 1 - text), &out->port);
}

static bool is_host_name(const char *host)
{
    for (const char *s = host; *s != '\0'; s++) {
        if (!isalnum((unsigned char)*s) && strchr("-._", *s) == NULL)
            return false;
    }
    return host[0] != '.' && host[0] != '-';
}

/* Only addresses and the one reserved name: another name that resolves to 127.0.0.1 today
 * may resolve elsewhere tomorrow, and the key would go there in clear text. */
static bool is_loopback(const struct authority *a)
{
    struct in_addr v4;
    if (a->is_bracketed) {
        struct in6_addr v6;
        return inet_pton(AF_INET6, a->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
    }
    if (strcasecmp(a->host, "localhost") == 0)
        return true;
    return inet_pton(AF_INET, a->host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

/* A user or password in the URL would be printed and logged with it, so it is refused; `?`
 * and `#` because the path of a request is appended. A trailing slash is dropped, so that
 * appending never doubles one. */
bool option_parse_http_url(struct option_parse *p)
{
    struct authority a;
    bool is_plain = strncasecmp(p->text, "http://", 7) == 0;
    if (!is_plain && strncasecmp(p->text, "https://", 8) != 0)
        return option_wrong(p, "is not an http:// or https:// URL");
    const char *at = p->text + (is_plain ? 7 : 8);
    size_t len = strcspn(at, "/");
    for (const char *s = p->text; *s != '\0'; s++) {
        if (*s <= 0x20 || *s > 0x7e || strchr("\\\"<>^`{|}", *s) != NULL)
            return option_wrong(p, "holds a character that is not allowed in a URL");
        if (*s == '?' || *s == '#')
            return option_wrong(p, "has a query or a fragment");
    }
    if (memchr(at, '@', len) != NULL)
        return option_wrong(p, "has a user or password in it");
    if (!read_authority(at, len, &a) || (!a.is_bracketed && !is_host_name(a.host)) ||
        (a.has_port && a.port == 0))
        return option_wrong(p, "has no valid host and port");
    if (is_plain && !is_loopback(&a))
        return option_wrong(p, "is http:// to an address that is not loopback");
    option_keep(p);
    for (len = strlen(p->canonical); p->canonical[len - 1] == '/'; len--)
        p->canonical[len - 1] = '\0';
    return true;
}

static bool nats_entry(struct option_parse *p, char *text)
{
    struct authority a;
    const char *scheme = strstr(text, "://");
    const char *at = text;
    if (scheme != NULL) {
        size_t len = (size_t)(scheme - text);
        if (!(len == 4 && strncasecmp(text, "nats", len) == 0) &&
            !(len == 3 && strncasecmp(text, "tls", len) == 0))
            return option_wrong(p, "has a scheme other than nats:// and tls://");
        at = scheme + 3;
    }
    for (const char *s = at; *s != '\0'; s++) {
        if (*s <= 0x20 || *s > 0x7e || *s == '"' || *s == '\\')
            return option_wrong(p, "holds a character that is not allowed in a URL");
    }
    const char *user_end = strrchr(at, '@');
    if (user_end == at)
        return option_wrong(p, "has an empty user");
    if (user_end != NULL)
        at = user_end + 1;
    size_t len = strlen(at);
    if (len > 0 && at[len - 1] == '/')
        text[strlen(text) - 1] = '\0';
    if (!read_authority(at, strlen(at), &a) || (!a.is_bracketed && !is_host_name(a.host)) ||
        (a.has_port && a.port == 0))
        return option_wrong(p, "has a server without a valid host and port");
    return true;
}

bool option_parse_nats_urls(struct option_parse *p)
{
    return option_each_entry(p, NATS_SERVERS_MAX, nats_entry);
}

/* Port 0 is allowed: the system picks a free one, which tests want. */
bool option_parse_listen(struct option_parse *p)
{
    struct authority a;
    if (!read_authority(p->text, strlen(p->text), &a) || !a.has_port)
        return option_wrong(p, "is not an address and a port");
    if (!a.is_bracketed && !is_ip(AF_INET, a.host) && strcasecmp(a.host, "localhost") != 0)
        return option_wrong(p, "has no IP address");
    return option_keep(p);
}

static bool dns_entry(struct option_parse *p, char *text)
{
    struct authority a;
    if (is_ip(AF_INET6, text))
        return true;
    if (!read_authority(text, strlen(text), &a) ||
        (!a.is_bracketed && !is_ip(AF_INET, a.host)))
        return option_entry_wrong(p, text, "is not an IP address");
    if (a.has_port && a.port == 0)
        return option_entry_wrong(p, text, "has port 0");
    return true;
}

bool option_parse_dns_servers(struct option_parse *p)
{
    return option_each_entry(p, DNS_SERVERS_MAX, dns_entry);
}
