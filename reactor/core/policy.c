#include "core/policy.h"

#include <string.h>

#include "base/must.h"

#define W(word) (1U << WORD_##word)
#define ALL_WORDS ((1U << WORD_COUNT) - 1)

#define NOT_A_NAME (W(INVALID) | W(SUFFIX) | W(ZONE) | W(TLD))
#define REGISTERED (W(ACTIVE) | W(PARKED) | W(MARKETED) | W(PRICED) | W(TRANSFERABLE))
#define UNREGISTRABLE                                                                      \
    (W(RESERVED) | W(CLAIMED) | W(DPML) | W(DISALLOWED) | W(UNREGISTRABLE))

/* One row a preset. acts_on 0: as the strict table says. */
static const struct {
    const char *name;
    uint32_t acts_on;
    bool needs_no_mx;
} presets[] = {
    [PRESET_STRICT] = {"strict", 0, false},
    [PRESET_PYPI] = {"pypi",
                     W(UNDELEGATED) | W(INACTIVE) | W(EXPIRING) | W(DELETING) | W(UNKNOWN),
                     false},
    [PRESET_RUBYGEMS] = {"rubygems", W(INACTIVE) | W(PARKED) | W(EXPIRING) | W(DELETING),
                         true},
};

static struct verdict doubt(void)
{
    return (struct verdict){.kind = VERDICT_DOUBT};
}

static struct verdict in_phase(enum phase phase)
{
    return (struct verdict){.kind = VERDICT_PHASE, .phase = phase};
}

static struct verdict judge_strictly(const struct status_words *words)
{
    const uint32_t set = words->set;
    const uint32_t last = words->last < WORD_COUNT ? 1U << words->last : 0;

    if (set & W(DELETING))
        return (struct verdict){.kind = VERDICT_PHASE,
                                .phase = PHASE_PENDING_DELETE,
                                .unverify = true,
                                .reason = REASON_DELETING};
    if (set & W(EXPIRING))
        return (struct verdict){.kind = VERDICT_PHASE,
                                .phase = PHASE_REDEMPTION,
                                .unverify = true,
                                .must_hold = true,
                                .reason = REASON_EXPIRING};
    if (words->has_unseen || (last & W(UNKNOWN)))
        return doubt();
    if (set & W(INACTIVE)) {
        if (set & W(ACTIVE))
            return doubt();
        if (last & UNREGISTRABLE)
            return in_phase(PHASE_UNREGISTRABLE);
        if (last & NOT_A_NAME)
            return in_phase(PHASE_NOT_A_NAME);
        return (struct verdict){.kind = VERDICT_PHASE,
                                .phase = PHASE_RELEASED,
                                .unverify = true,
                                .block_reset = true,
                                .reason = REASON_AVAILABLE};
    }
    if (set & NOT_A_NAME)
        return in_phase(PHASE_NOT_A_NAME);
    if (set & REGISTERED)
        return in_phase(set & W(UNDELEGATED) ? PHASE_HELD : PHASE_ACTIVE);
    if (set & UNREGISTRABLE)
        return in_phase(PHASE_UNREGISTRABLE);
    return doubt();
}

/* Of an operator's own list those words that count in this answer. */
static uint32_t counted(const struct status_words *words, const struct verdict *strict)
{
    if (strict->kind == VERDICT_PHASE)
        return words->set;
    return words->has_unseen || words->last == WORD_NONE ? 0 : 1U << words->last;
}

static bool is_released(const struct policy *p, const struct status_words *words,
                        const struct verdict *strict)
{
    if (p->release_on == 0)
        return strict->block_reset;
    uint32_t count = counted(words, strict);
    if (words->set & W(DELETING))
        count = W(DELETING);
    else if (words->set & W(EXPIRING)) /* its holder may restore it */
        count = 0;
    return (count & p->release_on) != 0;
}

static bool is_acted_on(const struct policy *p, const struct status_words *words,
                        const struct verdict *strict)
{
    if (p->unverify_on != 0)
        return (counted(words, strict) & p->unverify_on) != 0;
    if (presets[p->preset].acts_on != 0)
        return (words->set & presets[p->preset].acts_on) != 0;
    return strict->unverify;
}

struct verdict policy_judge(const struct policy *p, const struct status_words *words)
{
    const struct verdict strict = judge_strictly(words);
    const bool releases = is_released(p, words, &strict);
    if (!releases && !is_acted_on(p, words, &strict))
        return (struct verdict){.kind = strict.kind, .phase = strict.phase};

    struct verdict v = {.kind = VERDICT_PHASE,
                        .phase = strict.phase,
                        .unverify = true,
                        .block_reset = releases,
                        .must_hold = strict.must_hold,
                        .needs_no_mx = presets[p->preset].needs_no_mx,
                        .reason = strict.reason};
    if (releases)
        v.phase = PHASE_RELEASED;
    else if (strict.kind == VERDICT_DOUBT)
        v.phase = PHASE_CANDIDATE;
    if (!strict.unverify || v.phase != strict.phase)
        v.reason = REASON_PRESET;
    return v;
}

/* From texts ------------------------------------------------------------------------------
 */

uint32_t policy_unverify_words(void)
{
    return ALL_WORDS & ~(W(ACTIVE) | NOT_A_NAME);
}

uint32_t policy_release_words(void)
{
    return W(INACTIVE) | W(PREMIUM) | W(UNDELEGATED) | W(DELETING);
}

static uint32_t word_bit(const char *text, size_t len)
{
    for (unsigned w = 0; w < WORD_COUNT; w++) {
        const char *word = status_word_text((enum status_word)w);
        if (strlen(word) == len && memcmp(word, text, len) == 0)
            return 1U << w;
    }
    return 0;
}

static enum status words_of(const char *list, uint32_t allowed, uint32_t *out)
{
    *out = 0;
    for (const char *s = list; s != NULL && *s != '\0';) {
        size_t len = strcspn(s, ",");
        uint32_t bit = word_bit(s, len);
        if ((bit & allowed) == 0)
            return ST_INVALID;
        *out |= bit;
        s += len + (s[len] == ',' ? 1 : 0);
    }
    return ST_OK;
}

enum status policy_of(const char *preset, const char *unverify_on, const char *release_on,
                      struct policy *out)
{
    struct policy p = {.preset = PRESET_STRICT};
    size_t i = 0;
    while (i < ARRAY_LEN(presets) && strcmp(presets[i].name, preset) != 0)
        i++;
    if (i == ARRAY_LEN(presets) ||
        words_of(unverify_on, policy_unverify_words(), &p.unverify_on) != ST_OK ||
        words_of(release_on, policy_release_words(), &p.release_on) != ST_OK)
        return ST_INVALID;
    p.preset = (enum preset)i;
    *out = p;
    return ST_OK;
}

const char *policy_text(const struct policy *p)
{
    return p->unverify_on != 0 || p->release_on != 0 ? "custom" : presets[p->preset].name;
}
