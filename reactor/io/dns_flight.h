/* One question that is out to one resolver. Embedded in the caller's request, which leaves
 * it alone until its end. */
#ifndef UVD_IO_DNS_FLIGHT_H
#define UVD_IO_DNS_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "proto/dns_question.h"
#include "proto/vocab.h"

/* Datagrams for one question at most: the first, and again when it seems lost. */
#define DNS_COPIES_MAX 6

struct dns_ares;
struct dns_channel;
struct dns_socket;
struct dns_stream;

/* One datagram. What an answer must match: its id, and the socket it left from. */
struct dns_copy {
    struct dns_copy *next;     /* with a like id */
    struct dns_socket *socket; /* NULL: no answer is waited for */
    uint64_t sent_us;
    uint32_t round; /* of the window */
    uint16_t id;
    uint8_t number; /* in copies[] */
};

enum dns_flight_state {
    DNS_FLIGHT_WAITING, /* for an answer to the last copy */
    DNS_FLIGHT_LOST,    /* to be sent again as soon as the window has room */
    DNS_FLIGHT_SPENT, /* all copies seem lost; an answer is welcome until the time is up */
    DNS_FLIGHT_ENDED,
};

struct dns_flight {
    struct dns_channel *channel;
    struct dns_ares *ares;     /* that keeps it */
    struct dns_stream *stream; /* where it is asked, after a truncated answer */
    struct list by_age;        /* all that are out */
    struct list by_due; /* those in the same state with as many copies; or those arrived */
    uint64_t asked_us;
    enum dns_flight_state state;
    struct dns_copy copies[DNS_COPIES_MAX];
    uint8_t n_copies;
    uint16_t type; /* of the question; 0: NS */
    bool is_mixed; /* some letter of the question is in upper case */
    uint16_t ares_id;
    enum dns_outcome verdict; /* when there is no answer */
    const uint8_t *answer;    /* in the receive ring, for the length of one batch */
    uint32_t batch;
    uint16_t answer_len;
    uint16_t len;
    uint8_t question[DNS_QUESTION_MAX];
};

#endif
