/* The table of holds: found by slot whatever comes and goes, counted by rail. */
#include "unit/unit.h"

#include "core/holds.h"
#include "unit/dice.h"

enum { SLOTS = 3000, STEPS = 60000 };

static struct holds h;

static struct hold hold_of(uint32_t slot, enum rail rail)
{
    return (struct hold){
        .slot = slot, .since = slot * 3, .rail = (uint8_t)rail, .state = HOLD_HELD};
}

static void none_is_found_in_an_empty_one(void **state)
{
    (void)state;
    holds_init(&h);
    assert_null(holds_find(&h, 1));
    holds_close(&h);
}

static void found_whatever_comes_and_goes(void **state)
{
    static uint8_t there[SLOTS]; /* state */
    struct dice d = {5};
    uint64_t held[RAIL_COUNT] = {0};
    uint32_t n = 0;
    (void)state;
    memset(there, 0, sizeof there);
    holds_init(&h);
    for (int i = 0; i < STEPS; i++) {
        uint32_t slot = (uint32_t)dice_below(&d, SLOTS);
        enum rail rail = (enum rail)(slot % RAIL_COUNT);
        struct hold *x = holds_find(&h, slot);
        assert_true((x != NULL) == (there[slot] != HOLD_NONE));
        if (x == NULL) {
            const struct hold hold = hold_of(slot, rail);
            assert_non_null(holds_put(&h, &hold));
            there[slot] = HOLD_HELD;
            held[rail]++;
            n++;
            continue;
        }
        assert_int_equal(x->slot, slot);
        assert_int_equal(x->since, slot * 3);
        assert_int_equal(x->state, there[slot]);
        held[rail] -= x->state == HOLD_HELD;
        if (dice_one_in(&d, 2)) {
            holds_drop(&h, x);
            there[slot] = HOLD_NONE;
            n--;
        } else {
            there[slot] = (uint8_t)(HOLD_HELD + dice_below(&d, 3));
            holds_set_state(&h, x, (enum hold_state)there[slot]);
            held[rail] += there[slot] == HOLD_HELD;
        }
        assert_int_equal(h.n, n);
        assert_memory_equal(h.held, held, sizeof held);
    }
    assert_true(n > SLOTS / 4);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        struct hold *x = holds_find(&h, slot);
        if (x != NULL)
            holds_drop(&h, x);
    }
    assert_int_equal(h.n, 0);
    holds_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(none_is_found_in_an_empty_one),
        cmocka_unit_test(found_whatever_comes_and_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
