/* One watched domain. Laid out for size: millions of these are the process's memory. */
#ifndef UVD_CORE_WATCH_H
#define UVD_CORE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/vocab.h"

/* Where a watch is in its round. Every live watch is in exactly one place.
 *
 *              due                  absent              rate allows
 *   SCHEDULED ──────► ASKING_DNS ──────────► CANDIDATE ─────────────► ASKING_STATUS
 *       ▲  ▲              │ exists, doubt        │ answer still good      │ words, doubt
 *       │  └──────────────┴──────────────────────┴────────────────────────┘
 *   UNSCHEDULED (exempt; or the account stream is still being read)
 *
 *   REFERRED ──► ASKING_RDAP: from ASKING_STATUS when the words are ambiguous, from
 *   ASKING_DNS when its registration's day is wanted; back to SCHEDULED. Where the registry
 *   itself is the provider, CANDIDATE goes to ASKING_RDAP.
 *   URGENT: as SCHEDULED, for a domain that is new, or was verified again */
enum place {
    PLACE_UNSCHEDULED,
    PLACE_SCHEDULED,     /* link: position in the schedule of those seen before */
    PLACE_URGENT,        /* link: position in the schedule of those that go first */
    PLACE_ASKING_DNS,    /* waits for CORE_DNS_DONE */
    PLACE_CANDIDATE,     /* link: its ticket (candidates.c) */
    PLACE_ASKING_STATUS, /* waits for CORE_STATUS_DONE */
    PLACE_REFERRED,      /* in line for a question to its registry */
    PLACE_ASKING_RDAP,   /* waits for CORE_RDAP_DONE */
    PLACE_FREE
};

/* A reference that may outlive the watch: it crosses DNS and HTTP as one 64-bit token. */
struct watch_ref {
    uint32_t slot;
    uint16_t gen;
};

static inline uint64_t watch_ref_token(struct watch_ref r)
{
    return (uint64_t)r.gen << 32 | r.slot;
}

static inline struct watch_ref watch_ref_of_token(uint64_t token)
{
    return (struct watch_ref){.slot = (uint32_t)token, .gen = (uint16_t)(token >> 32)};
}

enum watch_flags {
    WATCH_UNVERIFY = 1U << 0, /* the verdict in force says: unverify its addresses */
    WATCH_BLOCK = 1U << 1,    /* ... and block password resets */
    WATCH_FORCE = 1U << 2,    /* an address was verified since: no kept answer will do, and
                                 nothing is said before there is another */
    WATCH_AGAIN = 1U << 3, /* check once more when the question that is out is answered */
    WATCH_ABSENT_NOTED = 1U << 4, /* private suffix: its absence has been reported */
    WATCH_PARKED = 1U << 5,  /* the answer in the proof was given while DNS said "parked";
                               not kept over a restart */
    WATCH_WITHHELD = 1U << 6 /* a safety rail, or a person, keeps the verdict from being
                                acted on (holds.h, which it is made of) */
};

struct watch {
    uint32_t name;       /* arena: length byte, text, NUL */
    uint32_t first;      /* arena: chain of its addresses; 0: none */
    uint32_t addresses;  /* length of that chain */
    uint32_t link;       /* by place */
    uint32_t due;        /* seconds since 1970: when to ask DNS next */
    uint32_t checked;    /* seconds: last completed check; 0: never */
    uint32_t since;      /* seconds: when the present phase was first seen */
    uint32_t evidence;   /* arena: what the last candidate's answers said; 0: never one */
    uint32_t epoch;      /* seconds: bus time of the event that began the watch */
    uint32_t registered; /* seconds: the registration's day, as told last; 0: unknown */
    uint32_t looked;     /* seconds: its registry was asked for that; 0: never, or soon */
    uint16_t gen;
    uint16_t moves;  /* changes of phase so far; part of their messages' ids */
    uint8_t phase;   /* enum phase */
    uint8_t outcome; /* enum dns_outcome of the last answer */
    uint8_t place;   /* enum place */
    uint8_t flags;
    uint8_t doubts; /* in a row; sets the back-off */
};

/* Is the watch out with a question whose answer says what there is to say of it? */
static inline bool place_awaits_verdict(enum place p)
{
    return p == PLACE_ASKING_STATUS || p == PLACE_REFERRED || p == PLACE_ASKING_RDAP;
}

/* Phases in which an address of the domain must not be trusted. */
static inline bool phase_is_bad(enum phase p)
{
    return p == PHASE_REDEMPTION || p == PHASE_PENDING_DELETE || p == PHASE_RELEASED ||
           p == PHASE_RESURRECTED;
}

/* ... by its phase, or because the policy in force acts on more than bad phases. */
static inline bool watch_is_bad(const struct watch *w)
{
    return phase_is_bad((enum phase)w->phase) || (w->flags & WATCH_UNVERIFY) != 0;
}

#endif
