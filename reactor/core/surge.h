/* A surge of denials: from one moment to the next many names are said to be gone. That is
 * the resolver, or a registry in trouble, and not so many lapsed registrations; canaries
 * (resolvers.h) find it out within a minute, and until then each denial would be a paid
 * question. So denials are looked at together before they are believed.
 *
 * Two lines of answers are kept, each a bit for its last 64 answers:
 *
 *   KNOWN  names that were in DNS when they were looked at last. In a day some 0.03 % of
 *          them go (a tenth of all registrations lapses in a year), 3 % within a long
 *          outage of our own. 6 denials of 16, or 13 of 64, are a surge.
 *   NEW    names never looked at before. Of these 1 % to 5 % are gone, of some imports many
 *          more. 9 of 16 are a surge.
 *
 * While a line has a surge its denials are not believed: the names are asked about again
 * later. It is over when of the last 32 answers at most 3 (of NEW ones 12) were denials. Of
 * a name that was put back a further denial doesn't count, so in time the others outvote
 * those that are really gone.
 *
 * With a surge the resolvers' canaries are asked for at once. When they pass, NEW denials
 * are believed for some seconds: what an import holds is not known before. KNOWN ones are
 * not, since names may vanish behind a resolver that is in order. After a day each surge is
 * over, and what then comes may be the next.
 *
 * A name that was gone before and still is belongs to no line. Pure arithmetic. */
#ifndef UVD_CORE_SURGE_H
#define UVD_CORE_SURGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

enum surge_kind { SURGE_KNOWN, SURGE_NEW, SURGE_KINDS };

struct surge_line {
    uint64_t history; /* a bit an answer, the newest lowest; set: a denial */
    bool is_on;
    struct mono_ms began;
};

struct surge {
    struct surge_line line[SURGE_KINDS];
    bool is_testing;           /* the canaries have been asked for */
    struct mono_ms tested_at;  /* when that was */
    struct mono_ms good_until; /* their answer serves NEW ones so long; 0: none */
};

/* What has turned with an answer. */
enum surge_news { SURGE_NO_NEWS, SURGE_BEGINS, SURGE_IS_OVER };

/* The name is in DNS. */
enum surge_news surge_see(struct surge *s, enum surge_kind kind);

/* The name is denied; `is_again`: a denial of it was put back before.
 *   *believe  false: put it back */
enum surge_news surge_deny(struct surge *s, enum surge_kind kind, bool is_again,
                           struct mono_ms now, bool *believe);

/* Denials are being put back: shall the canaries be asked for now? Not at every one. true:
 * they are, and surge_tested follows. */
bool surge_test(struct surge *s, struct mono_ms now);

/* The canaries are back. `is_good`: who is asked from now on has passed. */
void surge_tested(struct surge *s, bool is_good, struct mono_ms now);

/* For the log: denials among the line's last 64 answers. */
unsigned surge_denials(const struct surge *s, enum surge_kind kind);

#endif
