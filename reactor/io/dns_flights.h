/* The questions that are out to one resolver: how many there may be, which seem lost, which
 * have had their time. Lists and clocks only; sends nothing. Times are microseconds of one
 * clock that never steps. */
#ifndef UVD_IO_DNS_FLIGHTS_H
#define UVD_IO_DNS_FLIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/rto.h"
#include "core/window.h"
#include "io/dns_flight.h"

struct dns_flights {
    struct window window;
    struct rto rto;
    uint64_t timeout_us;
    struct list by_age;
    struct list waiting[DNS_COPIES_MAX]; /* by number of copies, oldest first */
    struct list lost, spent;
    uint32_t out;    /* waiting ones */
    uint32_t credit; /* datagrams that may leave before the next answer */
};

/* `cap`: the window's. */
void dns_flights_init(struct dns_flights *f, uint32_t timeout_ms, uint32_t cap);

/* May one more question be asked? Lost ones go first. An answer makes room for one
 * datagram; room that comes otherwise, when the window grows or much is taken for lost at
 * once, is given out bit by bit (dns_flights_allow): a burst of all of it would meet a full
 * buffer on the other side, and with it be lost again. */
bool dns_flights_have_room(const struct dns_flights *f);

/* A batch of answers has been read, or only time has passed: a little more may leave than
 * was answered. */
void dns_flights_allow(struct dns_flights *f, bool answers_come);

/* A question begins its time. */
void dns_flights_add(struct dns_flights *f, struct dns_flight *q, uint64_t now_us);

/* Its newest copy is being sent. */
void dns_flights_sent(struct dns_flights *f, struct dns_flight *q, uint64_t now_us);

/* `copy` has been answered: learn from that, and end. True when it had been taken for lost.
 */
bool dns_flights_answered(struct dns_flights *f, struct dns_flight *q,
                          const struct dns_copy *copy, uint64_t now_us);

/* End for any other reason. Harmless when it has ended. */
void dns_flights_remove(struct dns_flights *f, struct dns_flight *q);

/* Has anything waited too long, or had its time? */
bool dns_flights_are_due(const struct dns_flights *f, uint64_t now_us);

/* Take for lost what has waited too long. */
void dns_flights_look(struct dns_flights *f, uint64_t now_us);

/* The next one to be sent again, if there is one and the window has room; NULL. The caller
 * sends it (dns_flights_sent) or ends it. */
struct dns_flight *dns_flights_lost(struct dns_flights *f);

/* What was asked at or before this has had its time. */
uint64_t dns_flights_limit(const struct dns_flights *f, uint64_t now_us);

/* The oldest, if it was asked at or before `asked_us`; NULL. The caller ends it. */
struct dns_flight *dns_flights_oldest(const struct dns_flights *f, uint64_t asked_us);

#endif
