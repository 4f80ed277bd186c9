#include "io/dns_servers.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DNS_PORT 53

static void set_text(struct dns_server *s)
{
    char ip[INET6_ADDRSTRLEN];
    inet_ntop(s->family, s->address, ip, sizeof ip);
    snprintf(s->text, sizeof s->text, s->family == AF_INET6 ? "[%s]:%u" : "%s:%u", ip,
             (unsigned)s->port);
}

static bool parse_port(const char *s, size_t len, uint16_t *out)
{
    unsigned port = 0;
    if (len == 0 || len > 5)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        port = port * 10 + (unsigned)(s[i] - '0');
    }
    if (port == 0 || port > UINT16_MAX)
        return false;
    *out = (uint16_t)port;
    return true;
}

static bool parse_ip(int family, const char *s, size_t len, struct dns_server *out)
{
    char ip[INET6_ADDRSTRLEN];
    if (len >= sizeof ip)
        return false;
    memcpy(ip, s, len);
    ip[len] = '\0';
    out->family = family;
    return inet_pton(family, ip, out->address) == 1;
}

static bool parse_server(const char *s, size_t len, struct dns_server *out)
{
    const char *colon = memchr(s, ':', len);
    out->port = DNS_PORT;
    if (len > 0 && s[0] == '[') {
        const char *close = memchr(s, ']', len);
        if (close == NULL || !parse_ip(AF_INET6, s + 1, (size_t)(close - s) - 1, out))
            return false;
        size_t rest = len - (size_t)(close - s) - 1;
        return rest == 0 ||
               (close[1] == ':' && parse_port(close + 2, rest - 1, &out->port));
    }
    if (colon == NULL)
        return parse_ip(AF_INET, s, len, out);
    size_t host = (size_t)(colon - s);
    if (memchr(colon + 1, ':', len - host - 1) != NULL)
        return parse_ip(AF_INET6, s, len, out);
    return parse_ip(AF_INET, s, host, out) &&
           parse_port(colon + 1, len - host - 1, &out->port);
}

static enum status parse_list(const char *text, struct dns_servers *out, char *error,
                              size_t error_size)
{
    static const char separators[] = ", \t";
    for (const char *s = text + strspn(text, separators); *s != '\0';
         s += strspn(s, separators)) {
        size_t len = strcspn(s, separators);
        if (out->n == DNS_SERVERS_MAX) {
            snprintf(error, error_size, "more than %d resolvers", DNS_SERVERS_MAX);
            return ST_INVALID;
        }
        struct dns_server *server = &out->at[out->n];
        memset(server, 0, sizeof *server);
        if (!parse_server(s, len, server)) {
            snprintf(error, error_size,
                     "`%.*s` is no resolver; allowed: ip, ip:port, [ip6]:port",
                     (int)(len < 80 ? len : 80), s);
            return ST_INVALID;
        }
        set_text(server);
        out->n++;
        s += len;
    }
    if (out->n == 0) {
        snprintf(error, error_size, "no resolver given; allowed: ip, ip:port, [ip6]:port");
        return ST_INVALID;
    }
    return ST_OK;
}

/* c-ares knows where each system keeps its list; a channel of its own is asked for it. */
static enum status load_system(struct dns_servers *out, char *error, size_t error_size)
{
    ares_channel channel = NULL;
    struct ares_addr_port_node *list = NULL;
    struct ares_options none = {0};
    int rc = ares_init_options(&channel, &none, 0);
    if (rc == ARES_SUCCESS) {
        rc = ares_get_servers_ports(channel, &list);
        ares_destroy(channel);
    }
    for (struct ares_addr_port_node *a = list; a != NULL; a = a->next) {
        if (out->n == DNS_SERVERS_MAX)
            break; /* resolv.conf is not ours to complain about */
        struct dns_server *server = &out->at[out->n++];
        memset(server, 0, sizeof *server);
        server->family = a->family;
        memcpy(server->address, &a->addr,
               a->family == AF_INET6 ? sizeof a->addr.addr6 : sizeof a->addr.addr4);
        server->port = a->udp_port != 0 ? (uint16_t)a->udp_port : DNS_PORT;
        set_text(server);
    }
    if (list != NULL)
        ares_free_data(list);
    if (out->n > 0)
        return ST_OK;
    snprintf(error, error_size, "the system names no resolver (%s)", ares_strerror(rc));
    return ST_IO;
}

enum status dns_servers_load(const char *text, struct dns_servers *out, char *error,
                             size_t error_size)
{
    out->n = 0;
    return text != NULL ? parse_list(text, out, error, error_size)
                        : load_system(out, error, error_size);
}

socklen_t dns_server_address(const struct dns_server *server, struct sockaddr *out)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(server->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(server->port)};
    if (server->family == AF_INET6) {
        memcpy(&v6.sin6_addr, server->address, sizeof v6.sin6_addr);
        memcpy(out, &v6, sizeof v6);
        return sizeof v6;
    }
    memcpy(&v4.sin_addr, server->address, sizeof v4.sin_addr);
    memcpy(out, &v4, sizeof v4);
    return sizeof v4;
}
