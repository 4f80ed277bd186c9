#include "io/dns_flights.h"

#include "base/must.h"

#define WINDOW_START 128
#define WINDOW_FLOOR 16
/* Longer than a resolver next door that was scheduled away for a moment; one that is far is
 * known by its round trip. A lost question keeps its place in the window for so long, which
 * with a small window and short round trips is what decides the speed. */
#define WAIT_MIN_US 20000
#define CREDIT_SHARE 16 /* of the window */
#define CREDIT_MIN 4
#define INITIAL_SHARE 4 /* of the time-out, before the first answer */
#define MAX_SHARE 2

void dns_flights_init(struct dns_flights *f, uint32_t timeout_ms, uint32_t cap)
{
    uint32_t timeout_us = timeout_ms * 1000;
    uint32_t max = timeout_us / MAX_SHARE;
    rto_init(&f->rto, WAIT_MIN_US < max ? WAIT_MIN_US : max, max,
             timeout_us / INITIAL_SHARE);
    window_init(&f->window, WINDOW_START, WINDOW_FLOOR, cap);
    f->timeout_us = timeout_us;
    f->out = 0;
    f->credit = f->window.size;
    list_init(&f->by_age);
    list_init(&f->lost);
    list_init(&f->spent);
    for (size_t i = 0; i < DNS_COPIES_MAX; i++)
        list_init(&f->waiting[i]);
}

static struct dns_flight *first(const struct list *l)
{
    return list_is_empty(l) ? NULL : container_of(l->next, struct dns_flight, by_due);
}

bool dns_flights_have_room(const struct dns_flights *f)
{
    return f->out < f->window.size && f->credit > 0 && list_is_empty(&f->lost);
}

void dns_flights_allow(struct dns_flights *f, bool answers_come)
{
    uint32_t share = answers_come ? f->window.size / CREDIT_SHARE : 0;
    share = share < CREDIT_MIN ? CREDIT_MIN : share;
    f->credit = f->credit < share ? share : f->credit;
}

void dns_flights_add(struct dns_flights *f, struct dns_flight *q, uint64_t now_us)
{
    q->asked_us = now_us;
    q->state = DNS_FLIGHT_LOST; /* nothing is on its way yet */
    list_append(&f->by_age, &q->by_age);
    list_init(&q->by_due);
}

static struct dns_copy *last_copy(struct dns_flight *q)
{
    return &q->copies[q->n_copies - 1];
}

void dns_flights_sent(struct dns_flights *f, struct dns_flight *q, uint64_t now_us)
{
    struct dns_copy *copy = last_copy(q);
    list_remove(&q->by_due);
    list_append(&f->waiting[q->n_copies - 1], &q->by_due);
    q->state = DNS_FLIGHT_WAITING;
    f->out++;
    f->credit -= f->credit > 0;
    copy->sent_us = now_us;
    copy->round = window_send(&f->window, f->out);
}

/* Leave whatever list it is in. */
static void end(struct dns_flights *f, struct dns_flight *q)
{
    if (q->state == DNS_FLIGHT_WAITING)
        f->out--;
    q->state = DNS_FLIGHT_ENDED;
    list_remove(&q->by_age);
    list_remove(&q->by_due);
}

bool dns_flights_answered(struct dns_flights *f, struct dns_flight *q,
                          const struct dns_copy *copy, uint64_t now_us)
{
    bool is_waiting = q->state == DNS_FLIGHT_WAITING;
    bool is_late = copy != last_copy(q) || !is_waiting;
    rto_sample(&f->rto, now_us > copy->sent_us ? now_us - copy->sent_us : 0);
    if (is_late)
        window_late_answer(&f->window, copy->round);
    else
        window_answer(&f->window, copy->round);
    if (is_late && is_waiting)
        window_forget(&f->window, last_copy(q)->round);
    end(f, q);
    f->credit += f->credit < f->window.size;
    return is_late;
}

void dns_flights_remove(struct dns_flights *f, struct dns_flight *q)
{
    if (q->state == DNS_FLIGHT_ENDED)
        return;
    if (q->state == DNS_FLIGHT_WAITING)
        window_forget(&f->window, last_copy(q)->round);
    end(f, q);
}

static void lose(struct dns_flights *f, struct dns_flight *q)
{
    bool is_spent = q->n_copies == DNS_COPIES_MAX;
    f->out--;
    window_loss(&f->window, last_copy(q)->round);
    q->state = is_spent ? DNS_FLIGHT_SPENT : DNS_FLIGHT_LOST;
    list_remove(&q->by_due);
    list_append(is_spent ? &f->spent : &f->lost, &q->by_due);
}

/* The oldest with so many copies, if the last of them has waited too long. */
static struct dns_flight *overdue(const struct dns_flights *f, uint32_t copies,
                                  uint64_t now_us)
{
    struct dns_flight *q = first(&f->waiting[copies - 1]);
    /* One may be lost by chance, two that are say something: only then it doubles. */
    uint32_t doubled = copies > 1 ? copies - 1 : 1;
    if (q == NULL || last_copy(q)->sent_us + rto_wait(&f->rto, doubled) > now_us)
        return NULL;
    return q;
}

uint64_t dns_flights_limit(const struct dns_flights *f, uint64_t now_us)
{
    return now_us > f->timeout_us ? now_us - f->timeout_us : 0;
}

bool dns_flights_are_due(const struct dns_flights *f, uint64_t now_us)
{
    for (uint32_t copies = 1; copies <= DNS_COPIES_MAX; copies++) {
        if (overdue(f, copies, now_us) != NULL)
            return true;
    }
    return dns_flights_oldest(f, dns_flights_limit(f, now_us)) != NULL;
}

void dns_flights_look(struct dns_flights *f, uint64_t now_us)
{
    for (uint32_t copies = 1; copies <= DNS_COPIES_MAX; copies++) {
        struct dns_flight *q;
        while ((q = overdue(f, copies, now_us)) != NULL)
            lose(f, q);
    }
}

struct dns_flight *dns_flights_lost(struct dns_flights *f)
{
    return f->out < f->window.size && f->credit > 0 ? first(&f->lost) : NULL;
}

struct dns_flight *dns_flights_oldest(const struct dns_flights *f, uint64_t asked_us)
{
    if (list_is_empty(&f->by_age))
        return NULL;
    struct dns_flight *q = container_of(f->by_age.next, struct dns_flight, by_age);
    return q->asked_us <= asked_us ? q : NULL;
}
