/* The hash index: found again after growth, collisions, removal and replacement; never
 * found after removal. Items are numbers below 65,536 that stand for themselves. */
#include "unit/unit.h"

#include "core/index.h"
#include "unit/dice.h"

#define ITEMS 65536U

/* The owner decides how badly hashes collide. */
enum spread { SPREAD_WELL, SPREAD_ONE_PART, SPREAD_ONE_SLOT, SPREAD_LAST_SLOTS };

static uint64_t hash_of(const void *owner, uint32_t item)
{
    struct dice d = {item};
    uint64_t well = dice_roll(&d);
    switch (*(const enum spread *)owner) {
    case SPREAD_WELL:
        return well;
    case SPREAD_ONE_PART:
        return well >> 12;
    case SPREAD_ONE_SLOT:
        return 77;
    case SPREAD_LAST_SLOTS: /* runs that wrap around the end of the part */
        return UINT64_C(0xFFFFFFFFFFFFFFF0) | (well & 15);
    }
    return 0;
}

static bool is_item(const void *owner, uint32_t item, const void *key)
{
    (void)owner;
    return item == *(const uint32_t *)key;
}

static uint32_t find(const struct index *ix, uint32_t item)
{
    return index_find(ix, hash_of(ix->owner, item), is_item, &item);
}

static void add(struct index *ix, uint32_t item)
{
    uint64_t hash = hash_of(ix->owner, item);
    assert_int_equal(index_reserve(ix, hash), ST_OK);
    index_add(ix, hash, item);
}

static void grows_part_by_part(void **state)
{
    const enum spread well = SPREAD_WELL;
    struct index ix;
    (void)state;
    index_init(&ix, &well, hash_of, NULL);
    size_t empty = index_footprint(&ix);
    assert_int_equal(find(&ix, 1), 0);
    for (uint32_t i = 1; i < ITEMS; i++)
        add(&ix, i);
    for (uint32_t i = 1; i < ITEMS; i++)
        assert_int_equal(find(&ix, i), i);
    uint32_t used = 0;
    for (size_t p = 0; p < INDEX_PARTS; p++) {
        used += ix.parts[p].used;
        assert_true(ix.parts[p].used <= ix.parts[p].cap * 3 / 4);
    }
    assert_int_equal(used, ITEMS - 1);
    /* 5 bytes a slot, 3/8 of them filled right after a growth; 8 for a part's first item
     */
    assert_true(index_footprint(&ix) - empty <=
                (size_t)ITEMS * 5 * 8 / 3 + INDEX_PARTS * 5);
    for (uint32_t i = 1; i < ITEMS; i += 2)
        index_remove(&ix, hash_of(&well, i), i);
    for (uint32_t i = 1; i < ITEMS; i++)
        assert_int_equal(find(&ix, i), i % 2 ? 0 : i);
    index_close(&ix);
    assert_int_equal(index_footprint(&ix), empty);
}

static void limit_of_a_part(void **state)
{
    const enum spread one = SPREAD_ONE_PART;
    struct index ix;
    (void)state;
    index_init(&ix, &one, hash_of, NULL);
    /* 8 slots take 6 items; for the seventh as many are added */
    for (uint32_t i = 1; i <= 6; i++) {
        add(&ix, i);
        assert_int_equal(ix.parts[0].cap, 8);
    }
    add(&ix, 7);
    assert_int_equal(ix.parts[0].cap, 16);
    for (uint32_t i = 1; i <= 7; i++)
        assert_int_equal(find(&ix, i), i);
    index_close(&ix);
}

/* One of the same tag is as good: in one slot's run all have it. */
static void guesses_without_asking(void **state)
{
    const enum spread well = SPREAD_WELL, one = SPREAD_ONE_SLOT;
    struct index ix;
    (void)state;
    index_init(&ix, &well, hash_of, NULL);
    assert_int_equal(index_guess(&ix, hash_of(&well, 1)), 0);
    for (uint32_t i = 1; i < INDEX_PARTS; i++)
        add(&ix, i);
    uint32_t right = 0, none = 0;
    for (uint32_t i = 1; i < INDEX_PARTS; i++) {
        right += index_guess(&ix, hash_of(&well, i)) == i;
        none += index_guess(&ix, hash_of(&well, INDEX_PARTS + i)) == 0;
    }
    assert_true(right > INDEX_PARTS * 95 / 100 && none > INDEX_PARTS * 95 / 100);
    index_close(&ix);
    index_init(&ix, &one, hash_of, NULL);
    add(&ix, 5);
    add(&ix, 6);
    assert_int_equal(index_guess(&ix, hash_of(&one, 6)), 5);
    index_close(&ix);
}

static void replaces(void **state)
{
    const enum spread one = SPREAD_ONE_SLOT;
    struct index ix;
    (void)state;
    index_init(&ix, &one, hash_of, NULL);
    for (uint32_t i = 1; i <= 5; i++)
        add(&ix, i);
    index_replace(&ix, 77, 3, 9);
    assert_int_equal(find(&ix, 3), 0);
    assert_int_equal(find(&ix, 9), 9);
    assert_int_equal(find(&ix, 5), 5);
    assert_int_equal(ix.parts[0].used, 5);
    index_close(&ix);
}

static void random_operations(void **state)
{
    static const struct {
        enum spread spread;
        uint32_t items, steps;
    } runs[] = {
        {SPREAD_WELL, 4096, 200000},
        {SPREAD_ONE_PART, 600, 200000},
        {SPREAD_ONE_SLOT, 40, 50000},
        {SPREAD_LAST_SLOTS, 90, 100000},
    };
    static bool is_in[4096];
    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(runs); r++) {
        struct dice d = {r};
        struct index ix;
        index_init(&ix, &runs[r].spread, hash_of, NULL);
        memset(is_in, 0, sizeof is_in);
        for (uint32_t n = 0; n < runs[r].steps; n++) {
            uint32_t i = 1 + dice_below(&d, runs[r].items - 1);
            assert_int_equal(find(&ix, i), is_in[i] ? i : 0);
            if (is_in[i])
                index_remove(&ix, hash_of(&runs[r].spread, i), i);
            else
                add(&ix, i);
            is_in[i] = !is_in[i];
        }
        for (uint32_t i = 1; i < runs[r].items; i++)
            assert_int_equal(find(&ix, i), is_in[i] ? i : 0);
        index_close(&ix);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_part_by_part),     cmocka_unit_test(limit_of_a_part),
        cmocka_unit_test(guesses_without_asking), cmocka_unit_test(replaces),
        cmocka_unit_test(random_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
