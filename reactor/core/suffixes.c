#include "core/suffixes.h"

#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/must.h"

/* A day, less what a daily look may be early: it is a look that begins the test. */
#define TEST_EVERY_S (21U * 3600U)
#define TEST_AGAIN_S (15U * 60U) /* after doubt */
#define NAMES_TO_CONVICT 2U

/* Made-up names that are out at once: after a start there may be thousands of suffixes. */
#define TESTS_MAX 64U

bool suffixes_init(struct suffixes *s)
{
    memset(s, 0, sizeof *s);
    s->at = calloc((size_t)SUFFIX_SETS * SUFFIX_WAYS, sizeof *s->at);
    return s->at != NULL;
}

void suffixes_close(struct suffixes *s)
{
    free(s->at);
    memset(s, 0, sizeof *s);
}

const char *suffix_of_name(const char *name)
{
    const char *dot = strchr(name, '.');
    return dot != NULL ? dot + 1 : NULL;
}

/* When a suffix is dark, and for how long. */
#define ANSWERS_MAX 64U
#define GONE_MIN 10U
#define GONE_PART 5U /* a fifth */
#define DARK_S (24U * 3600U)

/* What is known of it is worth keeping: whoever makes up answers, since what is below it
 * would be asked in vain, and whoever is dark, or has been. */
static bool is_remarkable(const struct suffix *x)
{
    return x->state == SUFFIX_SYNTHESIZES || x->dark_until != 0;
}

/* Which of the two had better stay? The remarkable one, then whoever was seen last. */
static bool is_better(const struct suffix *a, const struct suffix *b)
{
    if (is_remarkable(a) != is_remarkable(b))
        return is_remarkable(a);
    return a->seen_at > b->seen_at;
}

/* The one of the set that is `key`, else the one to be replaced; NULL: none can be. */
static struct suffix *find(struct suffixes *s, uint64_t key)
{
    struct suffix *set = &s->at[key % SUFFIX_SETS * SUFFIX_WAYS], *worst = NULL;
    for (size_t i = 0; i < SUFFIX_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (!set[i].is_out && (worst == NULL || is_better(worst, &set[i])))
            worst = &set[i];
    }
    return worst;
}

static uint64_t key_of(const char *suffix)
{
    return XXH3_64bits(suffix, strlen(suffix)) | 1; /* never 0 */
}

const struct suffix *suffixes_find(const struct suffixes *s, const char *name)
{
    const char *suffix = suffix_of_name(name);
    if (s->at == NULL || suffix == NULL)
        return NULL;
    uint64_t key = key_of(suffix);
    const struct suffix *set = &s->at[key % SUFFIX_SETS * SUFFIX_WAYS];
    for (size_t i = 0; i < SUFFIX_WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
    }
    return NULL;
}

bool suffix_note(struct suffix *x, bool is_gone, uint32_t now)
{
    if (x->answers == ANSWERS_MAX) {
        x->answers /= 2;
        x->gone /= 2;
    }
    x->answers++;
    x->gone = (uint8_t)(x->gone + is_gone);
    if (!is_gone || x->gone < GONE_MIN || x->gone * GONE_PART <= x->answers)
        return false;
    bool was_dark = suffix_is_dark(x, now);
    suffix_was_dark(x, now);
    return !was_dark;
}

void suffix_was_dark(struct suffix *x, uint32_t at)
{
    if (at + DARK_S > x->dark_until)
        x->dark_until = at + DARK_S;
}

struct suffix *suffixes_see(struct suffixes *s, const char *name, uint64_t watch,
                            uint32_t now)
{
    const char *suffix = suffix_of_name(name);
    if (s->at == NULL || suffix == NULL)
        return NULL;
    uint64_t key = key_of(suffix);
    struct suffix *x = find(s, key);
    if (x == NULL)
        return NULL;
    if (x->key != key) {
        s->n_synthesize -= x->state == SUFFIX_SYNTHESIZES;
        *x = (struct suffix){.key = key, .test_at = now};
    }
    x->watch = watch;
    x->seen_at = now;
    return x;
}

bool suffixes_test_is_due(const struct suffixes *s, const struct suffix *x, uint32_t now)
{
    return !x->is_out && x->test_at <= now && s->out < TESTS_MAX;
}

uint32_t suffixes_ask(struct suffixes *s, struct suffix *x)
{
    MUST(!x->is_out);
    x->is_out = true;
    s->out++;
    return (uint32_t)(x - s->at);
}

static void decide(struct suffixes *s, struct suffix *x, enum suffix_state state,
                   uint32_t now)
{
    s->n_synthesize -= x->state == SUFFIX_SYNTHESIZES;
    s->n_synthesize += state == SUFFIX_SYNTHESIZES;
    x->state = (uint8_t)state;
    x->existing = 0;
    x->test_at = now + TEST_EVERY_S;
}

struct suffix *suffixes_answered(struct suffixes *s, uint32_t place,
                                 enum dns_outcome outcome, uint32_t now, bool *changed)
{
    MUST(place < SUFFIXES_MAX && s->at[place].is_out);
    struct suffix *x = &s->at[place];
    bool did = x->state == SUFFIX_SYNTHESIZES;
    x->is_out = false;
    s->out--;
    if (dns_outcome_is_doubt(outcome)) {
        x->existing = 0;
        x->test_at = now + TEST_AGAIN_S;
    } else if (dns_outcome_is_candidate(outcome)) {
        decide(s, x, SUFFIX_HONEST, now);
    } else if (++x->existing >= NAMES_TO_CONVICT) {
        decide(s, x, SUFFIX_SYNTHESIZES, now);
    } else {
        x->test_at = now; /* another one, at once */
    }
    *changed = (x->state == SUFFIX_SYNTHESIZES) != did;
    return x;
}
