/* Many datagrams a system call, on connected sockets. Knows nothing of what is in them.
 *
 * Sending: datagrams are copied into a ring and leave together, by sendmmsg; where the
 * kernel can segment (UDP_SEGMENT, Linux 4.18), those of one socket and one length leave as
 * one train that the kernel cuts up late, which halves its work. What the kernel turns out
 * not to know is not tried again. Receiving: recvmmsg into a ring. */
#ifndef UVD_IO_UDP_BATCH_H
#define UVD_IO_UDP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UDP_BATCH_SOCKETS 16   /* sending ones */
#define UDP_BATCH_SEND_MAX 271 /* octets of a datagram that is sent */
#define UDP_BATCH_SEND 256     /* datagrams in the ring */
#define UDP_BATCH_TRAIN 64     /* segments at most; the kernel's limit */
#define UDP_BATCH_RECEIVE 128
#define UDP_BATCH_RECEIVE_MAX 512 /* octets of a datagram that is kept */

/* From the best to the plainest; each falls back to the next. */
enum udp_batch_way { UDP_TRAINS, UDP_MESSAGES, UDP_SINGLY };

struct udp_batch;

/* A datagram that can't be sent, told from inside udp_batch_flush: `error` is an errno. Or
 * an earlier one that was refused by the other side, ECONNREFUSED; then this one is sent.
 */
typedef void (*udp_batch_error_cb)(void *arg, size_t socket, int error);

/* NULL when out of memory. */
struct udp_batch *udp_batch_new(enum udp_batch_way way, udp_batch_error_cb error,
                                void *arg);
void udp_batch_free(struct udp_batch *b);

enum udp_batch_way udp_batch_way(const struct udp_batch *b);

/* Number of datagrams in the send ring, UDP_BATCH_SEND at most. */
size_t udp_batch_queued(const struct udp_batch *b);

/* Put a datagram into the ring, which must have room. `socket` is the caller's number for
 * the descriptor, below UDP_BATCH_SOCKETS. */
void udp_batch_put(struct udp_batch *b, size_t socket, const uint8_t *bytes, size_t len);

/* Send what is in the ring; fds[socket] are the descriptors. What a full socket buffer
 * keeps from leaving stays in the ring. */
void udp_batch_flush(struct udp_batch *b, const int *fds);

/* Read up to UDP_BATCH_RECEIVE datagrams, without waiting. Returns how many: fewer when
 * there are no more. *error is 0, or the errno that ended the reading (never EAGAIN). They
 * are valid until the next call. */
size_t udp_batch_receive(struct udp_batch *b, int fd, int *error);

/* The ith of them. *is_cut: it was longer than UDP_BATCH_RECEIVE_MAX. */
uint8_t *udp_batch_packet(struct udp_batch *b, size_t i, size_t *len, bool *is_cut);

#endif
