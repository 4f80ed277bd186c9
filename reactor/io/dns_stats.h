/* What the DNS module counts. Only ever rises. */
#ifndef UVD_IO_DNS_STATS_H
#define UVD_IO_DNS_STATS_H

#include <stdint.h>

#include "proto/vocab.h"

struct dns_stats {
    uint64_t outcomes[DNS_OUTCOME_COUNT]; /* of names; retries are not counted */
    uint64_t sent;                        /* datagrams */
    uint64_t resent;                      /* of these: because an earlier one was lost */
    uint64_t late;    /* answers to a datagram that had been taken for lost */
    uint64_t streams; /* truncated answers that were asked for over TCP */
    /* Datagrams that were ignored: */
    uint64_t dropped_id;       /* no question with this id is out: forged, or too late */
    uint64_t dropped_socket;   /* right id, wrong port of ours */
    uint64_t dropped_question; /* not an answer to what was asked with this id */
    uint64_t dropped_case;     /* the right name, its letters in another case */
    uint64_t refused;          /* ICMP errors: nobody listens at the resolver's port */
    uint64_t ports;            /* source ports used so far */
    uint64_t set_aside;        /* times a resolver was set aside, for whatever reason */
    uint64_t contradicted;     /* names one resolver denied and another one has */
};

#endif
