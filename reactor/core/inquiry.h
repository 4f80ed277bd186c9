/* One name's way over the resolvers, a step an answer.
 *
 * Doubt: the next resolver is asked, up to `tries` questions; after each round of all of
 * them a pause, or a resolver that restarts would refuse them all within a millisecond. The
 * last doubt is the result.
 *
 * It is there: the result.
 *
 * It is not there: the result, when there is one resolver only. Else another one is asked,
 * up to `tries` questions. It is not there either: the result. It is there: contradicted,
 * which is doubt, and noted of the one that denied it. Doubt: unconfirmed.
 *
 * What an answer says of a resolver is noted in core/resolvers.h. Pure. */
#ifndef UVD_CORE_INQUIRY_H
#define UVD_CORE_INQUIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/resolvers.h"

#define INQUIRY_PAUSE_MS 200U

struct inquiry {
    uint16_t asked;   /* resolvers asked since the last pause, bits */
    uint16_t doubted; /* resolvers that had no answer, bits */
    uint8_t tries;    /* questions that met doubt, since the beginning or the denial */
    uint8_t resolver; /* of the question that is out, or was last */
    bool is_denied;
    uint8_t denier; /* if so, by whom */
};

enum inquiry_what {
    INQUIRY_ASK,   /* ask `resolver` now */
    INQUIRY_WAIT,  /* nobody can be asked now: try again when something has changed */
    INQUIRY_LATER, /* try again in `after_ms` */
    INQUIRY_DONE   /* the result is `outcome` */
};

struct inquiry_step {
    enum inquiry_what what;
    uint32_t resolver;
    uint32_t after_ms;
    enum dns_outcome outcome;
};

/* Whom to ask. A zeroed inquiry is one that begins. `with_room`: who can be asked right
 * now, bits. */
struct inquiry_step inquiry_ask(struct inquiry *q, struct resolvers *r, uint32_t with_room,
                                struct mono_ms now);

/* `q->resolver` has answered, or not. `tries`: questions at most, see above. */
struct inquiry_step inquiry_answer(struct inquiry *q, struct resolvers *r,
                                   enum dns_outcome outcome, uint32_t tries,
                                   struct mono_ms now);

#endif
