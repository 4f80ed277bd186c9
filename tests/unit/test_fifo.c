/* The queue: order kept through growth and wrap-around, items of any size. */
#include "unit/unit.h"

#include "core/fifo.h"
#include "unit/dice.h"

static void first_in_first_out(void **state)
{
    struct fifo f;
    (void)state;
    fifo_init(&f, sizeof(uint64_t));
    assert_null(fifo_first(&f));
    for (uint64_t v = 0; v < 1000; v++)
        assert_int_equal(fifo_push(&f, &v), ST_OK);
    assert_int_equal(f.n, 1000);
    for (uint64_t v = 0; v < 1000; v++) {
        assert_memory_equal(fifo_first(&f), &v, sizeof v);
        fifo_pop(&f);
    }
    assert_null(fifo_first(&f));
    fifo_close(&f);
    assert_null(fifo_first(&f));
}

/* Growing while the head stands anywhere: the wrapped part must follow the other. */
static void grows_at_every_head(void **state)
{
    (void)state;
    for (uint32_t head = 0; head < 64; head++) {
        struct fifo f;
        fifo_init(&f, sizeof(uint32_t));
        for (uint32_t i = 0; i < head; i++) {
            assert_int_equal(fifo_push(&f, &i), ST_OK);
            fifo_pop(&f);
        }
        for (uint32_t i = 0; i < 65; i++)
            assert_int_equal(fifo_push(&f, &i), ST_OK);
        for (uint32_t i = 0; i < 65; i++) {
            assert_memory_equal(fifo_first(&f), &i, sizeof i);
            fifo_pop(&f);
        }
        assert_null(fifo_first(&f));
        fifo_close(&f);
    }
}

static void keeps_every_byte_of_an_item(void **state)
{
    unsigned char item[37];
    struct fifo f;
    (void)state;
    fifo_init(&f, sizeof item);
    for (unsigned i = 0; i < 200; i++) {
        memset(item, (int)i, sizeof item);
        item[sizeof item - 1] = 0xA5;
        assert_int_equal(fifo_push(&f, item), ST_OK);
    }
    for (unsigned i = 0; i < 200; i++) {
        memset(item, (int)i, sizeof item);
        item[sizeof item - 1] = 0xA5;
        assert_memory_equal(fifo_first(&f), item, sizeof item);
        fifo_pop(&f);
    }
    fifo_close(&f);
}

static void random_pushes_and_pops(void **state)
{
    struct dice d = {1};
    struct fifo f;
    uint32_t in = 0, out = 0;
    (void)state;
    fifo_init(&f, sizeof in);
    for (size_t i = 0; i < 100000; i++) {
        /* the lean changes now and then, so that it fills and empties */
        bool filling = i / 5000 % 2 == 0;
        if (dice_below(&d, 10) < (filling ? 6U : 4U)) {
            assert_int_equal(fifo_push(&f, &in), ST_OK);
            in++;
        } else if (out < in) {
            assert_memory_equal(fifo_first(&f), &out, sizeof out);
            fifo_pop(&f);
            out++;
        }
        assert_int_equal(f.n, in - out);
        assert_int_equal(fifo_first(&f) == NULL, in == out);
    }
    assert_true(out > 10000);
    fifo_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_in_first_out),
        cmocka_unit_test(grows_at_every_head),
        cmocka_unit_test(keeps_every_byte_of_an_item),
        cmocka_unit_test(random_pushes_and_pops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
