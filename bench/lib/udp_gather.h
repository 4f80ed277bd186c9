/* Many small datagrams in few system calls: sendmmsg, and UDP segmentation (UDP_SEGMENT,
 * Linux 4.18) for those of one length to one address. For the measuring tools. */
#ifndef UVD_BENCH_UDP_GATHER_H
#define UVD_BENCH_UDP_GATHER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define UDP_GATHER_MAX 128 /* datagrams between two udp_gather_send */

struct udp_gather;

/* Ends the program when there is no memory. `segments`: use segmentation; it is given up by
 * itself where the kernel has none. */
struct udp_gather *udp_gather_new(int fd, bool segments);
void udp_gather_free(struct udp_gather *b);

/* `to` NULL: a connected socket. Both are borrowed until udp_gather_send. */
void udp_gather_add(struct udp_gather *b, const struct sockaddr_in *to, void *packet,
                    size_t len);

/* return  datagrams that could not be sent */
size_t udp_gather_send(struct udp_gather *b);

#endif
