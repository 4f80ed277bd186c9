/* The outbox: bounded, each entry held by one message at a time, bodies used again. */
#include "unit/unit.h"

#include "core/outbox.h"
#include "unit/dice.h"

static void each_entry_once(void **state)
{
    bool seen[16] = {false};
    struct outbox o;
    (void)state;
    assert_int_equal(outbox_init(&o, 16), ST_OK);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(outbox_room(&o), 16 - i);
        assert_int_equal(outbox_pending(&o), i);
        uint32_t entry = outbox_take(&o);
        assert_in_range(entry, 0, 15);
        assert_false(seen[entry]);
        seen[entry] = true;
    }
    assert_int_equal(outbox_room(&o), 0);
    outbox_give(&o, 11);
    assert_int_equal(outbox_room(&o), 1);
    assert_int_equal(outbox_take(&o), 11);
    outbox_close(&o);
    assert_int_equal(outbox_room(&o), 0);
}

static void a_body_is_emptied_and_its_memory_kept(void **state)
{
    struct outbox o;
    (void)state;
    assert_int_equal(outbox_init(&o, 1), ST_OK);
    struct publication *p = &o.at[outbox_take(&o)];
    assert_int_equal(buf_append(&p->body, "message", 7), ST_OK);
    const uint8_t *memory = p->body.data;
    outbox_give(&o, 0);
    assert_ptr_equal(&o.at[outbox_take(&o)], p);
    assert_int_equal(p->body.len, 0);
    assert_ptr_equal(p->body.data, memory);
    outbox_close(&o);
}

/* What is not confirmed keeps its place and its body, whatever comes and goes around it. */
static void random_confirmations(void **state)
{
    enum { CAP = 64 };
    struct dice d = {5};
    struct outbox o;
    uint32_t held[CAP], marks[CAP], n = 0, mark = 0;
    (void)state;
    assert_int_equal(outbox_init(&o, CAP), ST_OK);
    for (size_t step = 0; step < 20000; step++) {
        if (outbox_room(&o) > 0 && dice_one_in(&d, 2)) {
            held[n] = outbox_take(&o);
            marks[n] = mark++;
            assert_int_equal(buf_append(&o.at[held[n]].body, &marks[n], sizeof mark),
                             ST_OK);
            n++;
        } else if (n > 0) {
            uint32_t i = dice_below(&d, n);
            assert_int_equal(o.at[held[i]].body.len, sizeof mark);
            assert_memory_equal(o.at[held[i]].body.data, &marks[i], sizeof mark);
            outbox_give(&o, held[i]);
            n--;
            held[i] = held[n];
            marks[i] = marks[n];
        }
        assert_int_equal(outbox_pending(&o), n);
    }
    outbox_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_entry_once),
        cmocka_unit_test(a_body_is_emptied_and_its_memory_kept),
        cmocka_unit_test(random_confirmations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
