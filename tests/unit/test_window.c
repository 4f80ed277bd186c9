/* The window of questions, by itself and against a resolver that is simulated: a queue that
 * overflows, a line that loses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "core/window.h"

/* One round: all samples sent with the window full, `lost` of them lost. */
static void play_round(struct window *w, uint32_t lost)
{
    uint32_t n = w->size, round = w->round;
    for (uint32_t i = 1; i <= n; i++)
        assert_int_equal(window_send(w, i), round);
    assert_int_equal(window_send(w, n), 0); /* no sample */
    for (uint32_t i = 0; i < n; i++) {
        if (i < lost)
            window_loss(w, round);
        else
            window_answer(w, round);
    }
}

static void limits_hold_at_the_start(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 128, 16, 2000);
    assert_int_equal(w.size, 128);
    window_init(&w, 128, 16, 100);
    assert_int_equal(w.size, 100);
    window_init(&w, 128, 16, 1);
    assert_int_equal(w.size, 1);
    play_round(&w, 0);
    assert_int_equal(w.size, 1);
    play_round(&w, 1); /* alone it says nothing */
    assert_int_equal(w.size, 1);
}

static void doubles_then_grows_by_a_sixteenth(void **state)
{
    static const uint32_t sizes[] = {256, 512, 1024, 2000, 2000};
    struct window w;
    (void)state;
    window_init(&w, 128, 16, 2000);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        play_round(&w, 0);
        assert_int_equal(w.size, sizes[i]);
    }
    play_round(&w, 250);
    assert_int_equal(w.size, 1000);
    play_round(&w, 0);
    assert_int_equal(w.size, 1062);
}

static void small_loss_is_borne(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 128, 16, 2000);
    play_round(&w, 4); /* 1/32: grows */
    assert_int_equal(w.size, 256);
    play_round(&w, 9); /* more: stays */
    assert_int_equal(w.size, 256);
    play_round(&w, 31); /* just below 1/8: stays */
    assert_int_equal(w.size, 256);
    play_round(&w, 32);
    assert_int_equal(w.size, 128);
}

/* Losses are known late: what can't change the judgement is not waited for. */
static void a_few_stragglers_are_not_waited_for(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 128, 16, 2000);
    uint32_t round = w.round;
    for (uint32_t i = 1; i <= 128; i++)
        window_send(&w, i);
    for (uint32_t i = 0; i < 123; i++)
        window_answer(&w, round);
    assert_int_equal(w.size, 128); /* five are out, and might be too many */
    window_answer(&w, round);
    assert_int_equal(w.size, 256);
    for (uint32_t i = 0; i < 4; i++)
        window_loss(&w, round); /* bygones */
    assert_int_equal(w.size, 256);
    assert_int_equal(w.lost, 0);
}

static void halves_once_a_round_down_to_the_floor(void **state)
{
    static const uint32_t sizes[] = {64, 32, 16, 16};
    struct window w;
    (void)state;
    window_init(&w, 128, 16, 2000);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        play_round(&w, w.size);
        assert_int_equal(w.size, sizes[i]);
    }
}

static void a_window_that_is_not_used_does_not_grow(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 8, 4, 100);
    for (uint32_t i = 0; i < 1000; i++)
        window_answer(&w, window_send(&w, 7));
    assert_int_equal(w.size, 8);
    for (uint32_t i = 0; i < 16; i++)
        window_answer(&w, window_send(&w, 8));
    assert_in_range(w.size, 9, 100);
}

static void late_answers_undo_the_halving(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 128, 16, 2000);
    uint32_t round = w.round;
    for (uint32_t i = 1; i <= 128; i++)
        window_send(&w, i);
    for (uint32_t i = 0; i < 20; i++)
        window_loss(&w, round); /* judged at the 16th; the others come after */
    assert_int_equal(w.size, 64);
    for (uint32_t i = 0; i < 4; i++)
        window_late_answer(&w, round);
    assert_int_equal(w.size, 64); /* 16 are still lost */
    window_late_answer(&w, round);
    assert_int_equal(w.size, 128);
    for (uint32_t i = 0; i < 15; i++)
        window_late_answer(&w, round); /* once is enough */
    assert_int_equal(w.size, 128);
}

static void a_late_answer_in_its_round_is_an_answer(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 16, 8, 100);
    uint32_t round = w.round;
    for (uint32_t i = 1; i <= 16; i++)
        window_send(&w, i);
    window_loss(&w, round);
    window_late_answer(&w, round);
    window_loss(&w, round); /* two in all would have halved it */
    for (uint32_t i = 0; i < 14; i++)
        window_answer(&w, round);
    assert_int_equal(w.size, 16);
}

static void what_is_forgotten_is_sampled_again(void **state)
{
    struct window w;
    (void)state;
    window_init(&w, 4, 2, 100);
    uint32_t round = window_send(&w, 4);
    window_forget(&w, round);
    window_forget(&w, 0);
    play_round(&w, 0);
    assert_int_equal(w.size, 8);
}

/* Simulation ---------------------------------------------------------------------- */

#define WAIT_TICKS 400 /* 40 ms of 0.1 ms until a loss is noticed */
#define QUEUE_MAX 4096
#define LOST_MAX 65536

struct world {
    uint32_t buffer;    /* questions the resolver's socket holds */
    uint32_t per_tick;  /* answers it gives in 0.1 ms */
    uint32_t loss_1000; /* of thousand questions, lost on the way */
    uint32_t seed;
};

struct outcome {
    uint64_t sent, answered;
    uint32_t smallest, largest; /* window in the second half */
};

static bool lose(struct world *w)
{
    w->seed = w->seed * 1664525U + 1013904223U;
    return (w->seed >> 8) % 1000 < w->loss_1000;
}

/* A client that always has more to ask, for `ticks`. Rounds of what the resolver has in its
 * queue and of what is lost are kept in rings. */
static struct outcome simulate(struct world world, uint32_t cap, uint32_t ticks)
{
    static uint32_t queue[QUEUE_MAX], lost_round[LOST_MAX], lost_due[LOST_MAX];
    uint32_t head = 0, tail = 0, lost_head = 0, lost_tail = 0, out = 0;
    struct outcome o = {.smallest = UINT32_MAX};
    struct window w;
    window_init(&w, 128, 16, cap);
    for (uint32_t tick = 0; tick < ticks; tick++) {
        for (uint32_t i = 0; i < world.per_tick && head != tail; i++) {
            window_answer(&w, queue[head++ % QUEUE_MAX]);
            o.answered++;
            out--;
        }
        while (lost_head != lost_tail && lost_due[lost_head % LOST_MAX] <= tick) {
            window_loss(&w, lost_round[lost_head++ % LOST_MAX]);
            out--;
        }
        while (out < w.size) {
            uint32_t round = window_send(&w, ++out);
            o.sent++;
            if (tail - head < world.buffer && !lose(&world)) {
                queue[tail++ % QUEUE_MAX] = round;
            } else {
                lost_round[lost_tail % LOST_MAX] = round;
                lost_due[lost_tail++ % LOST_MAX] = tick + WAIT_TICKS;
            }
        }
        if (tick > ticks / 2) {
            o.smallest = w.size < o.smallest ? w.size : o.smallest;
            o.largest = w.size > o.largest ? w.size : o.largest;
        }
    }
    return o;
}

#define TICKS 50000 /* 5 s */

/* Of what was sent, how many of a thousand were lost; of what could have been answered, how
 * many were. */
static uint64_t lost_1000(struct outcome o)
{
    return (o.sent - o.answered) * 1000 / o.sent;
}

static uint64_t used_1000(struct outcome o, struct world w)
{
    return o.answered * 1000 / ((uint64_t)w.per_tick * TICKS);
}

/* A default receive buffer holds 166 questions. */
static void a_small_resolver_is_not_flooded(void **state)
{
    struct world w = {.buffer = 166, .per_tick = 10};
    (void)state;
    struct outcome o = simulate(w, 2000, TICKS);
    assert_in_range(lost_1000(o), 0, 60);
    assert_in_range(used_1000(o, w), 950, 1000);
    assert_in_range(o.largest, 100, 1000);
}

static void random_loss_does_not_starve(void **state)
{
    struct world w = {.buffer = QUEUE_MAX, .per_tick = 20, .loss_1000 = 10, .seed = 1};
    (void)state;
    struct outcome o = simulate(w, 2000, TICKS);
    assert_in_range(lost_1000(o), 5, 20);
    assert_in_range(used_1000(o, w), 900, 1000);
    assert_in_range(o.smallest, 500, 2000);
}

static void both_at_once(void **state)
{
    struct world w = {.buffer = 166, .per_tick = 10, .loss_1000 = 10, .seed = 2};
    (void)state;
    struct outcome o = simulate(w, 2000, TICKS);
    assert_in_range(lost_1000(o), 5, 80);
    assert_in_range(used_1000(o, w), 900, 1000);
}

static void a_large_resolver_gets_all_there_is(void **state)
{
    struct world w = {.buffer = QUEUE_MAX, .per_tick = 100};
    (void)state;
    struct outcome o = simulate(w, 2000, TICKS);
    assert_int_equal(o.largest, 2000);
    assert_int_equal(o.smallest, 2000);
    assert_in_range(lost_1000(o), 0, 1);
}

static void a_dead_resolver_gets_little(void **state)
{
    struct world w = {.buffer = 0, .per_tick = 0};
    (void)state;
    struct outcome o = simulate(w, 2000, TICKS);
    assert_int_equal(o.largest, 16);
    /* 16 each time they are lost, after what the start cost */
    assert_in_range(o.sent, 16, 16 * TICKS / WAIT_TICKS + 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_hold_at_the_start),
        cmocka_unit_test(doubles_then_grows_by_a_sixteenth),
        cmocka_unit_test(small_loss_is_borne),
        cmocka_unit_test(a_few_stragglers_are_not_waited_for),
        cmocka_unit_test(halves_once_a_round_down_to_the_floor),
        cmocka_unit_test(a_window_that_is_not_used_does_not_grow),
        cmocka_unit_test(late_answers_undo_the_halving),
        cmocka_unit_test(a_late_answer_in_its_round_is_an_answer),
        cmocka_unit_test(what_is_forgotten_is_sampled_again),
        cmocka_unit_test(a_small_resolver_is_not_flooded),
        cmocka_unit_test(random_loss_does_not_starve),
        cmocka_unit_test(both_at_once),
        cmocka_unit_test(a_large_resolver_gets_all_there_is),
        cmocka_unit_test(a_dead_resolver_gets_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
