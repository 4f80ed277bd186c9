/* Public suffixes whose registry answers for every name there is. Below them DNS cannot
 * show that a name is gone, so the filter says nothing.
 *
 * Each suffix with a watched name below it is tested once a day with made-up names: one
 * that is denied will do to believe it, two that exist show that it makes up answers. A
 * table of fixed size, keyed by a hash of the suffix; what is not in it counts as honest. A
 * suffix that has not been seen for long makes room for another one.
 *
 * The same table knows which suffixes go dark: below which many names vanish at once. Of
 * the last answers about names that were in DNS before, 32 to 64 of a suffix, at least 10
 * and more than a fifth say that the name is gone. In a day some 0.03 % of all names lapse,
 * so by chance that does not happen, not even after weeks without a look; and a registry
 * with an outage, or one that has dropped out of the root, is found out after its first
 * ten or so names, however many there are. A suffix stays dark for a day after the last
 * such answer. One with fewer than ten watched names is not found dark. */
#ifndef UVD_CORE_SUFFIXES_H
#define UVD_CORE_SUFFIXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/vocab.h"

/* The public suffix list has about 7,000 of them. */
#define SUFFIX_WAYS 8U
#define SUFFIX_SETS 2048U
#define SUFFIXES_MAX (SUFFIX_SETS * SUFFIX_WAYS)

enum suffix_state { SUFFIX_UNKNOWN, SUFFIX_HONEST, SUFFIX_SYNTHESIZES };

struct suffix {
    uint64_t key;          /* 0: free */
    uint64_t watch;        /* token of a watch below it: where its name is */
    uint32_t test_at;      /* seconds: when it is tested next */
    uint32_t seen_at;      /* seconds */
    uint8_t state;         /* enum suffix_state */
    uint8_t existing;      /* made-up names of this test that exist */
    bool is_out;           /* a made-up name is being asked about */
    uint8_t answers, gone; /* of names in DNS before; both are halved now and then */
    uint32_t dark_until;   /* seconds; 0: never */
};

struct suffixes {
    struct suffix *at; /* SUFFIXES_MAX; NULL: none is known or tested */
    uint32_t n_synthesize;
    uint32_t out;
};

/* false: out of memory. */
bool suffixes_init(struct suffixes *s);
void suffixes_close(struct suffixes *s);

/* The part of a registrable name behind its first label; NULL when there is none. */
const char *suffix_of_name(const char *name);

/* The suffix of a name, whose watch has this token. It is seen, and taken in if it is new.
 * NULL when there is no room: all that could make some are being tested. */
struct suffix *suffixes_see(struct suffixes *s, const char *name, uint64_t watch,
                            uint32_t now);

/* The suffix of a name, if the table knows it; it counts as seen no more than before. */
const struct suffix *suffixes_find(const struct suffixes *s, const char *name);

/* A name below it that was in DNS before is still there, or gone.
 *   return  true: the suffix has gone dark with this answer */
bool suffix_note(struct suffix *x, bool is_gone, uint32_t now);

/* It was dark at that time, as is known from elsewhere. */
void suffix_was_dark(struct suffix *x, uint32_t at);

static inline bool suffix_is_dark(const struct suffix *x, uint32_t now)
{
    return now < x->dark_until;
}

/* Shall a made-up name be asked about now? Not many at a time. */
bool suffixes_test_is_due(const struct suffixes *s, const struct suffix *x, uint32_t now);

/* It is. Its place in the table is the token's part that comes back. */
uint32_t suffixes_ask(struct suffixes *s, struct suffix *x);

/* Is it being tested for the first time, and not in doubt? */
static inline bool suffix_is_on_trial(const struct suffix *x)
{
    return x->state == SUFFIX_UNKNOWN && (x->is_out || x->existing > 0);
}

/* The answer.
 *   return  the suffix, `*changed` whether it was honest and makes up answers now, or the
 *           other way round */
struct suffix *suffixes_answered(struct suffixes *s, uint32_t place,
                                 enum dns_outcome outcome, uint32_t now, bool *changed);

#endif
