#include "core/breaker.h"

#include "base/must.h"

#define KEY_PAUSE_MS ((uint64_t)(10 * MINUTE_MS))
#define KEY_PAUSE_MAX_MS ((uint64_t)HOUR_MS)
#define ERRORS_PAUSE_MS ((uint64_t)(30 * SECOND_MS))
#define ERRORS_PAUSE_MAX_MS ((uint64_t)(10 * MINUTE_MS))

#define WINDOW_BITS 20U /* answers that are remembered */
#define WINDOW ((1U << WINDOW_BITS) - 1)
#define ERRORS_MAX 10U

/* What an answer says of the API, whatever it says of the domain. */
enum judgement {
    WORDS,    /* it works */
    NO_WORDS, /* it works, but not for this domain: an unknown zone, a registry's silence */
    ERROR,
    KEY,
    BUSY,
    NOTHING /* never asked */
};

static enum judgement judge(enum status_outcome outcome)
{
    switch (outcome) {
    case STATUS_ANSWERED:
        return WORDS;
    case STATUS_UNAUTHORIZED:
        return KEY;
    case STATUS_THROTTLED:
        return BUSY;
    case STATUS_SERVER_ERROR:
    case STATUS_MALFORMED:
    case STATUS_TIMEOUT:
    case STATUS_UNREACHABLE:
        return ERROR;
    case STATUS_CLIENT_ERROR:
    case STATUS_BODY_ERRORS:
    case STATUS_EMPTY:
    case STATUS_BEST_EFFORT:
        return NO_WORDS;
    case STATUS_CANCELED:
    case STATUS_OUTCOME_COUNT:
        break;
    }
    return NOTHING;
}

static unsigned count_bits(uint32_t bits)
{
    unsigned n = 0;
    for (; bits != 0; bits &= bits - 1)
        n++;
    return n;
}

void breaker_init(struct breaker *b)
{
    *b = (struct breaker){.state = BREAKER_CLOSED};
}

uint64_t breaker_wait(const struct breaker *b, uint32_t in_flight, struct mono_ms mono)
{
    if (b->state == BREAKER_CLOSED)
        return 0;
    /* Only with nothing else out is the next answer the probe's. */
    if (in_flight > 0)
        return UINT64_MAX;
    return b->until.v > mono.v ? b->until.v - mono.v : 0;
}

void breaker_asked(struct breaker *b)
{
    if (b->state == BREAKER_OPEN)
        b->state = BREAKER_PROBING;
}

/* The pause is the first of its kind, or twice the one before if there were words in
 * neither. */
static void open_for(struct breaker *b, enum breaker_cause cause, struct mono_ms mono)
{
    const uint64_t first = cause == BREAKER_KEY ? KEY_PAUSE_MS : ERRORS_PAUSE_MS;
    const uint64_t longest = cause == BREAKER_KEY ? KEY_PAUSE_MAX_MS : ERRORS_PAUSE_MAX_MS;
    uint64_t pause = b->cause == cause && b->pause_ms > 0 ? 2 * b->pause_ms : first;
    b->state = BREAKER_OPEN;
    b->cause = cause;
    b->pause_ms = pause > longest ? longest : pause;
    b->until.v = mono.v + b->pause_ms;
}

/* The same probe again, after the same pause: nothing was learnt. */
static void wait_again(struct breaker *b, struct mono_ms mono)
{
    b->state = BREAKER_OPEN;
    b->until.v = mono.v + b->pause_ms;
}

static void remember(struct breaker *b, enum judgement j)
{
    b->errors = (b->errors << 1 | (j == ERROR)) & WINDOW;
    b->wordless = (b->wordless << 1 | (j != WORDS)) & WINDOW;
}

static bool is_failing(const struct breaker *b)
{
    return count_bits(b->errors) >= ERRORS_MAX || b->wordless == WINDOW;
}

static enum breaker_news observe_closed(struct breaker *b, enum judgement j,
                                        struct mono_ms mono)
{
    if (j == KEY) {
        open_for(b, BREAKER_KEY, mono);
        return BREAKER_OPENS;
    }
    if (j == BUSY || j == NOTHING)
        return BREAKER_STAYS;
    remember(b, j);
    if (j == WORDS) {
        b->cause = BREAKER_NO_CAUSE;
        b->pause_ms = 0;
    }
    if (!is_failing(b))
        return BREAKER_STAYS;
    open_for(b, BREAKER_ERRORS, mono);
    return BREAKER_OPENS;
}

/* Answers to questions that were out already change nothing, but for a refused key. */
static enum breaker_news observe_open(struct breaker *b, enum judgement j,
                                      struct mono_ms mono)
{
    if (j != KEY || b->cause == BREAKER_KEY)
        return BREAKER_STAYS;
    open_for(b, BREAKER_KEY, mono);
    return BREAKER_OPENS;
}

static enum breaker_news observe_probe(struct breaker *b, enum judgement j,
                                       struct mono_ms mono)
{
    const enum breaker_cause cause = b->cause;
    switch (j) {
    case WORDS:
        breaker_init(b);
        return BREAKER_CLOSES;
    case NO_WORDS: /* asked on, but if that was all the cause it pauses longer next time */
        b->state = BREAKER_CLOSED;
        b->errors = b->wordless = 0;
        return BREAKER_CLOSES;
    case ERROR:
        open_for(b, cause, mono);
        return BREAKER_STAYS;
    case KEY:
        open_for(b, BREAKER_KEY, mono);
        return cause == BREAKER_KEY ? BREAKER_STAYS : BREAKER_OPENS;
    case BUSY:
    case NOTHING:
        break;
    }
    wait_again(b, mono);
    return BREAKER_STAYS;
}

enum breaker_news breaker_observe(struct breaker *b, const struct status_reply *reply,
                                  struct mono_ms mono)
{
    const enum judgement j = judge(reply->outcome);
    switch (b->state) {
    case BREAKER_CLOSED:
        return observe_closed(b, j, mono);
    case BREAKER_OPEN:
        return observe_open(b, j, mono);
    case BREAKER_PROBING:
        break;
    }
    return observe_probe(b, j, mono);
}

const char *breaker_cause_text(enum breaker_cause c)
{
    static const char *const texts[] = {[BREAKER_NO_CAUSE] = "none",
                                        [BREAKER_KEY] = "key_refused",
                                        [BREAKER_ERRORS] = "errors"};
    return texts[c];
}
