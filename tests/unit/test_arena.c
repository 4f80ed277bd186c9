/* The arena: records keep their place and content, are aligned, don't overlap or cross
 * blocks, and what is freed is used again. */
#include "unit/unit.h"

#include "core/arena.h"
#include "unit/dice.h"

#define BLOCK_UNITS (UINT32_C(1) << ARENA_BLOCK_BITS)

static void starts_empty(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a);
    assert_int_equal(arena_footprint(&a), 0);
    assert_int_equal(a.used, 0);
    arena_free(&a, 0, 8); /* no record: nothing to do */
    assert_int_equal(a.used, 0);
    assert_int_not_equal(arena_alloc(&a, 1), 0); /* 0 is no record */
    assert_int_equal(a.used, ARENA_UNIT);
    arena_close(&a);
    assert_int_equal(arena_footprint(&a), 0);
}

static void reuses_what_is_freed_by_size(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a);
    for (size_t size = 1; size <= ARENA_RECORD_MAX; size++) {
        uint32_t first = arena_alloc(&a, size), second = arena_alloc(&a, size);
        arena_free(&a, first, size);
        arena_free(&a, second, size);
        uint32_t next = a.next;
        /* rounded up to a unit, so a neighbour in size may take it, too */
        size_t rounded = (size + ARENA_UNIT - 1) / ARENA_UNIT * ARENA_UNIT;
        assert_int_equal(arena_alloc(&a, rounded), second);
        assert_int_equal(arena_alloc(&a, size), first);
        assert_int_equal(a.next, next);
        arena_free(&a, first, size);
        arena_free(&a, second, rounded);
        assert_int_equal(a.used, 0);
    }
    arena_close(&a);
}

static void records_do_not_cross_blocks(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a);
    const uint32_t units = ARENA_RECORD_MAX / ARENA_UNIT;
    /* three blocks' worth; units don't divide a block that begins at unit 1 */
    for (uint32_t i = 0; i < 3 * BLOCK_UNITS / units; i++) {
        uint32_t h = arena_alloc(&a, ARENA_RECORD_MAX);
        assert_int_not_equal(h, 0);
        assert_int_equal(h >> ARENA_BLOCK_BITS, (h + units - 1) >> ARENA_BLOCK_BITS);
        memset(arena_at(&a, h), 0x5A, ARENA_RECORD_MAX); /* ASan watches the ends */
    }
    assert_int_equal(a.n_blocks, 4);
    assert_int_equal(arena_footprint(&a),
                     4 * (size_t)BLOCK_UNITS * ARENA_UNIT + 16 * sizeof(void *));
    arena_close(&a);
}

/* The last unit of a block is used, and the first of the next one. */
static void fills_blocks_to_the_end(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a);
    uint32_t h = 0;
    for (uint32_t i = 1; i < BLOCK_UNITS; i++)
        h = arena_alloc(&a, ARENA_UNIT);
    assert_int_equal(h, BLOCK_UNITS - 1);
    assert_int_equal(a.n_blocks, 1);
    assert_int_equal(arena_alloc(&a, ARENA_UNIT), BLOCK_UNITS);
    assert_int_equal(a.n_blocks, 2);
    arena_close(&a);
}

static void random_records_keep_their_bytes(void **state)
{
    enum { RECORDS = 2000 };
    static struct {
        const void *at;
        size_t size;
        uint32_t handle;
        unsigned char fill;
    } live[RECORDS];
    struct dice d = {7};
    struct arena a;
    uint64_t used = 0;
    (void)state;
    arena_init(&a);
    for (size_t step = 0; step < 100000; step++) {
        size_t i = dice_below(&d, RECORDS);
        if (live[i].handle == 0) {
            live[i].size = 1 + dice_below(&d, ARENA_RECORD_MAX);
            live[i].handle = arena_alloc(&a, live[i].size);
            assert_int_not_equal(live[i].handle, 0);
            live[i].fill = (unsigned char)dice_roll(&d);
            live[i].at = arena_at(&a, live[i].handle);
            assert_int_equal((uintptr_t)live[i].at % ARENA_UNIT, 0);
            memset(arena_at(&a, live[i].handle), live[i].fill, live[i].size);
            used += (live[i].size + ARENA_UNIT - 1) / ARENA_UNIT * ARENA_UNIT;
        } else {
            const unsigned char *p = arena_at(&a, live[i].handle);
            assert_ptr_equal(p, live[i].at); /* borrowed views stay good */
            for (size_t k = 0; k < live[i].size; k++) {
                if (p[k] != live[i].fill)
                    fail_msg("byte %zu of record %zu was overwritten", k, i);
            }
            arena_free(&a, live[i].handle, live[i].size);
            live[i].handle = 0;
            used -= (live[i].size + ARENA_UNIT - 1) / ARENA_UNIT * ARENA_UNIT;
        }
        assert_int_equal(a.used, used);
    }
    arena_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(starts_empty),
        cmocka_unit_test(reuses_what_is_freed_by_size),
        cmocka_unit_test(records_do_not_cross_blocks),
        cmocka_unit_test(fills_blocks_to_the_end),
        cmocka_unit_test(random_records_keep_their_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
