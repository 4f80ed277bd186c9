/* The resolvers to ask: from the configuration's text or from the system. */
#ifndef UVD_IO_DNS_SERVERS_H
#define UVD_IO_DNS_SERVERS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/status.h"

#define DNS_SERVERS_MAX 16
#define DNS_SERVER_TEXT_SIZE 64 /* "[" 45 characters of IPv6 "]:65535" and the NUL */

struct dns_server {
    int family; /* AF_INET or AF_INET6 */
    uint8_t address[16];
    uint16_t port;
    char text[DNS_SERVER_TEXT_SIZE]; /* "192.0.2.1:53", "[2001:db8::1]:53" */
};

struct dns_servers {
    struct dns_server at[DNS_SERVERS_MAX];
    size_t n;
};

/* `text` is "ip", "ip:port", "ip6" or "[ip6]:port", separated by commas; blanks are
 * skipped. NULL: the system's (those of /etc/resolv.conf).
 *
 *   ST_INVALID  can't be read, empty, or too many; `error` holds one line for people
 *   ST_IO       the system's list can't be had; ditto */
enum status dns_servers_load(const char *text, struct dns_servers *out, char *error,
                             size_t error_size);

/* The address to connect to. Returns its size; `out` has room for it. */
socklen_t dns_server_address(const struct dns_server *server, struct sockaddr *out);

#endif
