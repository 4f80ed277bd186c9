/* The schedule: whatever is put, moved and removed, the first is the one due first, and
 * each watch's link is its position. */
#include "unit/unit.h"

#include "core/schedule.h"
#include "unit/account_of.h"
#include "unit/dice.h"

struct fixture {
    struct registry registry;
    struct schedule schedule;
};

static void open_with(struct fixture *f, unsigned watches)
{
    char account[16], email[64];
    struct attachment a;
    registry_init(&f->registry);
    schedule_init(&f->schedule, &f->registry, PLACE_SCHEDULED);
    for (unsigned i = 1; i <= watches; i++) {
        snprintf(account, sizeof account, "a%u", i);
        snprintf(email, sizeof email, "x@d%u.com", i);
        struct account_event ev = event_of(EVENT_VERIFIED, account, email);
        assert_int_equal(registry_attach(&f->registry, &ev, 1, &a), ST_OK);
        assert_int_equal(a.slot, i); /* the tests below count on it */
    }
    assert_int_equal(schedule_reserve(&f->schedule, watches), ST_OK);
}

static void shut(struct fixture *f)
{
    schedule_close(&f->schedule);
    registry_close(&f->registry);
}

static uint32_t due_of(const struct fixture *f, uint32_t slot)
{
    return registry_watch(&f->registry, slot)->due;
}

static void check(const struct fixture *f)
{
    const struct schedule *s = &f->schedule;
    for (uint32_t i = 0; i < s->n; i++) {
        const struct watch *w = registry_watch(&f->registry, s->heap[i]);
        assert_int_equal(w->place, PLACE_SCHEDULED);
        assert_int_equal(w->link, i);
        if (i > 0)
            assert_true(due_of(f, s->heap[(i - 1) / 4]) <= w->due);
    }
}

static void hands_out_in_order_of_time(void **state)
{
    static const uint32_t due[] = {50, 10, 40, 10, 0, UINT32_MAX, 30, 20, 60, 5};
    struct fixture f;
    (void)state;
    open_with(&f, ARRAY_LEN(due));
    assert_int_equal(schedule_first(&f.schedule), 0);
    for (uint32_t i = 0; i < ARRAY_LEN(due); i++) {
        schedule_put(&f.schedule, i + 1, due[i]);
        check(&f);
    }
    uint32_t before = 0;
    for (uint32_t i = 0; i < ARRAY_LEN(due); i++) {
        uint32_t slot = schedule_first(&f.schedule);
        assert_true(due_of(&f, slot) >= before);
        before = due_of(&f, slot);
        schedule_remove(&f.schedule, slot);
        assert_int_equal(registry_watch(&f.registry, slot)->place, PLACE_UNSCHEDULED);
        check(&f);
    }
    assert_int_equal(before, UINT32_MAX);
    assert_int_equal(schedule_first(&f.schedule), 0);
    shut(&f);
}

static void moves_both_ways(void **state)
{
    struct fixture f;
    (void)state;
    open_with(&f, 30);
    for (uint32_t slot = 1; slot <= 30; slot++)
        schedule_put(&f.schedule, slot, slot * 100);
    schedule_put(&f.schedule, 30, 0); /* sooner */
    assert_int_equal(schedule_first(&f.schedule), 30);
    schedule_put(&f.schedule, 30, 9999); /* later */
    assert_int_equal(schedule_first(&f.schedule), 1);
    schedule_put(&f.schedule, 1, 100); /* the same */
    assert_int_equal(schedule_first(&f.schedule), 1);
    assert_int_equal(f.schedule.n, 30);
    check(&f);
    shut(&f);
}

/* The last of the heap may have to go up when it fills another branch's hole. */
static void a_hole_is_filled_from_another_branch(void **state)
{
    static const uint32_t due[] = {0, 100, 1, 1, 1, 101, 102, 103, 104, 2, 3};
    struct fixture f;
    (void)state;
    open_with(&f, ARRAY_LEN(due));
    for (uint32_t i = 0; i < ARRAY_LEN(due); i++)
        schedule_put(&f.schedule, i + 1, due[i]);
    schedule_remove(&f.schedule, 6); /* below 100; the last one is due at 3 */
    check(&f);
    assert_int_equal(f.schedule.n, ARRAY_LEN(due) - 1);
    shut(&f);
}

static void room_is_made_ahead(void **state)
{
    struct fixture f;
    (void)state;
    open_with(&f, 1);
    assert_int_equal(schedule_reserve(&f.schedule, 1000), ST_OK);
    uint32_t cap = f.schedule.cap;
    assert_true(cap >= 1000);
    assert_int_equal(schedule_reserve(&f.schedule, 1000), ST_OK);
    assert_int_equal(schedule_reserve(&f.schedule, cap), ST_OK);
    assert_int_equal(f.schedule.cap, cap);
    assert_int_equal(schedule_reserve(&f.schedule, (uint64_t)UINT32_MAX + 1), ST_FULL);
    assert_int_equal(f.schedule.cap, cap);
    shut(&f);
}

static void memory_goes_back_when_it_is_empty(void **state)
{
    struct fixture f;
    (void)state;
    open_with(&f, 1);
    schedule_trim(&f.schedule);
    assert_true(f.schedule.cap > 0); /* a little is kept */
    assert_int_equal(schedule_reserve(&f.schedule, 100000), ST_OK);
    schedule_put(&f.schedule, 1, 5);
    schedule_trim(&f.schedule);
    assert_int_equal(schedule_first(&f.schedule), 1);
    schedule_remove(&f.schedule, 1);
    schedule_trim(&f.schedule);
    assert_int_equal(f.schedule.cap, 0);
    assert_int_equal(schedule_reserve(&f.schedule, 1), ST_OK);
    schedule_put(&f.schedule, 1, 7);
    assert_int_equal(schedule_first(&f.schedule), 1);
    shut(&f);
}

static void random_operations(void **state)
{
    enum { WATCHES = 500 };
    struct dice d = {3};
    struct fixture f;
    uint32_t due[WATCHES + 1];
    bool is_in[WATCHES + 1] = {false};
    (void)state;
    open_with(&f, WATCHES);
    for (size_t step = 0; step < 20000; step++) {
        uint32_t slot = 1 + dice_below(&d, WATCHES);
        if (is_in[slot] && dice_one_in(&d, 2)) {
            schedule_remove(&f.schedule, slot);
            is_in[slot] = false;
        } else {
            due[slot] = dice_below(&d, 300); /* ties are common */
            schedule_put(&f.schedule, slot, due[slot]);
            is_in[slot] = true;
        }
        uint32_t least = UINT32_MAX, n = 0;
        for (uint32_t i = 1; i <= WATCHES; i++) {
            n += is_in[i];
            if (is_in[i] && due[i] < least)
                least = due[i];
        }
        assert_int_equal(f.schedule.n, n);
        if (n > 0)
            assert_int_equal(due_of(&f, schedule_first(&f.schedule)), least);
        if (step % 100 == 0)
            check(&f);
    }
    shut(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_in_order_of_time),
        cmocka_unit_test(moves_both_ways),
        cmocka_unit_test(a_hole_is_filled_from_another_branch),
        cmocka_unit_test(room_is_made_ahead),
        cmocka_unit_test(memory_goes_back_when_it_is_empty),
        cmocka_unit_test(random_operations),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
