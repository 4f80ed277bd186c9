/* libcurl's multi interface on libuv's loop: its sockets as uv_poll, its timer as uv_timer.
 * What is transferred is not known here (io/http_multi.h). */
#ifndef UVD_IO_CURL_LOOP_H
#define UVD_IO_CURL_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

struct curl_socket;

/* Embedded by the owner of the multi handle. */
struct curl_loop {
    uv_loop_t *loop;
    CURLM *multi;
    uv_timer_t timer;
    struct curl_socket *sockets; /* those curl wants watched */
    unsigned open;               /* handles, closing ones too */
    void (*progressed)(void *arg);
    void (*detached)(void *arg);
    void (*closed)(void *arg);
    void *arg;
};

/* `multi` must have no transfer yet. `progressed` is called after each piece of curl's
 * work, outside of it: there finished transfers are to be read, whatever curl says is still
 * running, and everything is allowed. From here on the memory leaves through
 * curl_loop_close. */
void curl_loop_start(struct curl_loop *l, uv_loop_t *loop, CURLM *multi,
                     void (*progressed)(void *arg), void *arg);

/* In a later turn, and so never below a call of curl's: stops watching and calls
 * `detached`, where what is left is to be taken out of the multi handle; then, when every
 * handle is gone, `closed`. */
void curl_loop_close(struct curl_loop *l, void (*detached)(void *arg),
                     void (*closed)(void *arg));

#endif
