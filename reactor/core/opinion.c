#include "core/opinion.h"

#define W(word) (1U << WORD_##word)

#define REGISTERED                                                                         \
    (W(ACTIVE) | W(PARKED) | W(MARKETED) | W(PRICED) | W(TRANSFERABLE) | W(EXPIRING) |     \
     W(DELETING))

bool opinion_is_wanted(const struct verdict *first)
{
    return first->kind == VERDICT_DOUBT || first->phase == PHASE_HELD;
}

static bool says_registered(const struct status_words *words)
{
    return (words->set & REGISTERED) != 0;
}

static bool says_free(const struct status_words *words)
{
    return (words->set & W(INACTIVE)) != 0;
}

/* The registry says that it is registered and in order, or on hold. */
static bool is_in_order(const struct verdict *second)
{
    return second->phase == PHASE_HELD || second->phase == PHASE_ACTIVE;
}

struct verdict opinion_join(const struct verdict *first, const struct status_words *words,
                            const struct verdict *second)
{
    static const struct verdict doubt = {.kind = VERDICT_DOUBT};
    if (second->kind == VERDICT_DOUBT)
        return *first;
    if (second->phase == PHASE_RELEASED)
        return first->kind != VERDICT_DOUBT || says_registered(words) ? doubt : *second;
    if (!is_in_order(second))
        return *second;
    if (first->kind != VERDICT_DOUBT)
        return *first;
    return says_free(words) ? doubt : *second;
}
