#include "unit/unit.h"

#include "proto/cursor.h"

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f};

static void reads_big_endian(void **state)
{
    (void)state;
    struct cursor c = cursor_over(bytes, sizeof bytes);
    assert_int_equal(cursor_u8(&c), 0x01);
    assert_int_equal(cursor_u16(&c), 0x0203);
    assert_int_equal(cursor_u32(&c), 0x04050607);
    assert_true(cursor_u64(&c) == UINT64_C(0x08090a0b0c0d0e0f));
    assert_false(cursor_has_more(&c));
    assert_true(cursor_is_done(&c));
}

static void takes_runs(void **state)
{
    (void)state;
    struct cursor c = cursor_over(bytes, 4);
    assert_ptr_equal(cursor_take(&c, 3), bytes);
    assert_non_null(cursor_take(&c, 0));
    assert_true(cursor_has_more(&c));
    assert_ptr_equal(cursor_take(&c, 1), bytes + 3);
    assert_non_null(cursor_take(&c, 0)); /* nothing is also there at the end */
    assert_true(cursor_is_done(&c));
}

static void keeps_its_error(void **state)
{
    (void)state;
    struct cursor c = cursor_over(bytes, 3);
    assert_int_equal(cursor_u32(&c), 0);
    assert_true(c.bad);
    assert_int_equal(c.left, 3); /* nothing moved ... */
    assert_int_equal(cursor_u8(&c), 0);
    assert_int_equal(cursor_u16(&c), 0);
    assert_true(cursor_u64(&c) == 0);
    assert_null(cursor_take(&c, 0)); /* ... and nothing is given any more */
    assert_false(cursor_has_more(&c));
    assert_false(cursor_is_done(&c));
}

static void refuses_one_byte_too_many(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 2, 4, 8};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (size_t len = 0; len <= 9; len++) {
            struct cursor c = cursor_over(bytes, len);
            if (sizes[i] == 1)
                cursor_u8(&c);
            if (sizes[i] == 2)
                cursor_u16(&c);
            if (sizes[i] == 4)
                cursor_u32(&c);
            if (sizes[i] == 8)
                cursor_u64(&c);
            assert_int_equal(c.bad, len < sizes[i]);
            assert_int_equal(c.left, len < sizes[i] ? len : len - sizes[i]);
        }
    }
    struct cursor c = cursor_over(bytes, 2);
    assert_null(cursor_take(&c, SIZE_MAX));
}

static void reads_nothing_from_nothing(void **state)
{
    (void)state;
    struct cursor c = cursor_over(NULL, 0);
    assert_true(cursor_is_done(&c));
    assert_non_null(cursor_take(&c, 0));
    assert_int_equal(cursor_u8(&c), 0);
    assert_true(c.bad);
}

static void reads_varints(void **state)
{
    (void)state;
#define ROW(text) text, sizeof(text) - 1
    static const struct {
        const char *bytes;
        size_t len;
        uint64_t max, v;
        bool good;
    } rows[] = {
        {ROW("\x00"), 0, 0, true},
        {ROW("\x7F"), UINT64_MAX, 0x7F, true},
        {ROW("\x80\x01"), UINT64_MAX, 0x80, true},
        {ROW("\xFF\x7F"), 0x3FFF, 0x3FFF, true},
        {ROW("\xFF\x7F"), 0x3FFE, 0, false},
        {ROW("\x01"), 0, 0, false},
        {ROW("\x80\x80\x00"), 0, 0, true}, /* padded */
        {ROW("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), UINT64_MAX, UINT64_MAX, true},
        {ROW("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"), UINT64_MAX - 1, 0, false},
        {ROW("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), UINT64_MAX, 0, false},
        {ROW("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7F"), UINT64_MAX, 0, false},
        {ROW("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"), UINT64_MAX, 0, false},
        {ROW("\x80"), UINT64_MAX, 0, false},
        {ROW(""), UINT64_MAX, 0, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint8_t copy[16] = {0};
        memcpy(copy, rows[i].bytes, rows[i].len);
        struct cursor c = cursor_over(copy, rows[i].len);
        assert_true(cursor_varint(&c, rows[i].max) == rows[i].v);
        assert_int_equal(c.bad, !rows[i].good);
        assert_int_equal(c.left, rows[i].good ? 0 : rows[i].len);
        if (!rows[i].good)
            assert_true(cursor_varint(&c, rows[i].max) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_big_endian),
        cmocka_unit_test(takes_runs),
        cmocka_unit_test(keeps_its_error),
        cmocka_unit_test(refuses_one_byte_too_many),
        cmocka_unit_test(reads_nothing_from_nothing),
        cmocka_unit_test(reads_varints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
