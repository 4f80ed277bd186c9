#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/rto.h"

static void before_the_first_answer(void **state)
{
    struct rto r;
    (void)state;
    rto_init(&r, 40000, 1000000, 500000);
    assert_int_equal(rto_wait(&r, 1), 500000);
    assert_int_equal(rto_wait(&r, 2), 1000000);
    assert_int_equal(rto_wait(&r, 4), 4000000);
    rto_init(&r, 40000, 300000, 500000); /* the limit holds for it, too */
    assert_int_equal(rto_wait(&r, 1), 300000);
}

static void learns_as_tcp_does(void **state)
{
    struct rto r;
    (void)state;
    rto_init(&r, 1, 1000000, 500000);
    rto_sample(&r, 8000);
    assert_int_equal(r.smoothed_us, 8000);
    assert_int_equal(r.variation_us, 4000);
    rto_sample(&r, 16000);
    assert_int_equal(r.variation_us, (3 * 4000 + 8000) / 4);
    assert_int_equal(r.smoothed_us, (7 * 8000 + 16000) / 8);
    assert_int_equal(rto_wait(&r, 1), 2 * 9000 + 4 * 5000);
    assert_int_equal(rto_wait(&r, 3), 4 * rto_wait(&r, 1));
}

static void stays_within_its_limits(void **state)
{
    struct rto r;
    (void)state;
    rto_init(&r, 40000, 1000000, 500000);
    for (int i = 0; i < 100; i++)
        rto_sample(&r, 0); /* quicker than the clock */
    assert_int_equal(rto_wait(&r, 1), 40000);
    for (int i = 0; i < 100; i++)
        rto_sample(&r, UINT64_MAX);
    assert_int_equal(rto_wait(&r, 1), 1000000);
    assert_true(rto_wait(&r, 1000) > 1000000);
    assert_true(rto_wait(&r, UINT32_MAX) == rto_wait(&r, 1000));
}

/* A resolver that knows most names and asks around for the others: not all of these are to
 * be taken for lost. */
static void slow_names_make_it_patient(void **state)
{
    struct rto r;
    (void)state;
    rto_init(&r, 40000, 1000000, 500000);
    for (int i = 0; i < 1000; i++)
        rto_sample(&r, i % 4 == 0 ? 120000 : 1000);
    assert_in_range(rto_wait(&r, 1), 150000, 600000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_answer),
        cmocka_unit_test(learns_as_tcp_does),
        cmocka_unit_test(stays_within_its_limits),
        cmocka_unit_test(slow_names_make_it_patient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
