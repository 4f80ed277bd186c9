/* Whether a log goes on where its snapshot ends. */
#include "unit/unit.h"

#include "core/log_span.h"

struct look {
    struct log_span span;
    uint64_t from;
};

static void judged(enum log_verdict want, const struct look *looks, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (log_span_judge(&looks[i].span, looks[i].from) != want)
            fail_msg("look %zu is judged %d", i,
                     log_span_judge(&looks[i].span, looks[i].from));
    }
}

static void goes_on(void **state)
{
    static const struct look looks[] = {
        {{.last = 0}, 1},                             /* nothing yet */
        {{.first = 1, .last = 9, .follows = 0}, 1},   /* no snapshot yet */
        {{.first = 31, .last = 40, .follows = 0}, 1}, /* ... and others began earlier */
        {{.first = 1, .last = 9, .follows = 0, .is_younger = true}, 1},
        {{.first = 9, .last = 9, .follows = 8}, 10},   /* what a snapshot's purge leaves */
        {{.first = 9, .last = 900, .follows = 2}, 10}, /* and what came then */
        {{.first = 1, .last = 900, .follows = 0}, 10}, /* not purged yet */
        {{.first = 10, .last = 12, .follows = 9}, 10}, /* the one before was deleted */
        {{.first = 55, .last = 60, .follows = 9}, 10}, /* ... others wrote in between */
    };
    (void)state;
    judged(LOG_GOES_ON, looks, ARRAY_LEN(looks));
}

static void begun_anew(void **state)
{
    static const struct look looks[] = {
        {{.last = 0}, 10},                               /* deleted or purged */
        {{.first = 1, .last = 5, .follows = 0}, 10},     /* and written to since */
        {{.first = 3, .last = 8, .follows = 0}, 10},     /* its end is missing by one */
        {{.first = 700, .last = 800, .follows = 0}, 10}, /* purged, its numbers went on */
        {{.first = 10, .last = 10, .follows = 0}, 10},
        {{.first = 1, .last = 9, .follows = 0, .is_younger = true}, 10}, /* as long again */
        {{.first = 3, .last = 70, .follows = 0, .is_younger = true}, 10}, /* and longer */
    };
    (void)state;
    judged(LOG_BEGUN_ANEW, looks, ARRAY_LEN(looks));
}

static void lost_its_beginning(void **state)
{
    static const struct look looks[] = {
        {{.first = 9, .last = 9, .follows = 8}, 1}, /* its snapshot is gone */
        {{.first = 2, .last = 9, .follows = 1}, 1},
        {{.first = 700, .last = 800, .follows = 10}, 10}, /* the one behind is missing */
    };
    (void)state;
    judged(LOG_LOST_BEGINNING, looks, ARRAY_LEN(looks));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(goes_on),
        cmocka_unit_test(begun_anew),
        cmocka_unit_test(lost_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
