#include "io/udp_socket.h"

#include <sys/socket.h>
#include <unistd.h>

/* What a default buffer holds is less than a window of answers; the kernel cuts this to
 * what the system allows. */
#define RECEIVE_BUFFER_BYTES (4 << 20)
#define SEND_BUFFER_BYTES (1 << 20)
#define KERNEL_BYTES_PER_ANSWER 1280 /* what one small answer takes of it, at most */

static int open_descriptor(int family)
{
    static const int receive = RECEIVE_BUFFER_BYTES, send = SEND_BUFFER_BYTES;
    int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    /* Less than asked for is less speed and no error. */
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send, sizeof send);
    return fd;
}

int udp_socket_open(const struct dns_server *server)
{
    struct sockaddr_storage to;
    socklen_t len = dns_server_address(server, (struct sockaddr *)&to);
    int fd = open_descriptor(server->family);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

uint32_t udp_socket_capacity(int family)
{
    int bytes = 0, fd = open_descriptor(family);
    socklen_t len = sizeof bytes;
    if (fd >= 0) {
        getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len);
        close(fd);
    }
    return (uint32_t)bytes / KERNEL_BYTES_PER_ANSWER;
}
