/* A datagram socket towards one server. */
#ifndef UVD_IO_UDP_SOCKET_H
#define UVD_IO_UDP_SOCKET_H

#include <stdint.h>

#include "io/dns_servers.h"

/* Non-blocking, connected, on a port that the kernel draws, with large buffers as far as
 * the system allows. -1 and errno when there is none, or no route. */
int udp_socket_open(const struct dns_server *server);

/* How many small answers such a socket holds until they are read. */
uint32_t udp_socket_capacity(int family);

#endif
