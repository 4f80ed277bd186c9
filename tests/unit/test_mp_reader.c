#include "unit/unit.h"

#include <math.h>
#include <msgpack/pack.h>
#include <msgpack/sbuffer.h>

#include "proto/mp_reader.h"
#include "unit/transcript.h"

#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

static bool next(const uint8_t *data, size_t len, struct value *v)
{
    struct cursor c = cursor_over(data, len);
    bool ok = mp_next(&c, v);
    assert_int_equal(ok, !c.bad);
    return ok && c.left == 0;
}

static void check_int(const uint8_t *data, size_t len, int64_t expected)
{
    struct value v;
    assert_true(next(data, len, &v));
    assert_int_equal(v.kind, VALUE_INT);
    assert_true(v.integer == expected);
}

static void reads_integers(void **state)
{
    (void)state;
    check_int(BYTES(0x00), 0);
    check_int(BYTES(0x7f), 127);
    check_int(BYTES(0xe0), -32);
    check_int(BYTES(0xff), -1);
    check_int(BYTES(0xcc, 0xff), 255);
    check_int(BYTES(0xcd, 0xff, 0xff), 65535);
    check_int(BYTES(0xce, 0xff, 0xff, 0xff, 0xff), INT64_C(4294967295));
    check_int(BYTES(0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), INT64_MAX);
    check_int(BYTES(0xd0, 0x80), -128);
    check_int(BYTES(0xd1, 0x80, 0x00), -32768);
    check_int(BYTES(0xd2, 0x80, 0x00, 0x00, 0x00), -INT64_C(2147483648));
    check_int(BYTES(0xd3, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00), INT64_MIN);

    struct value v;
    assert_true(next(BYTES(0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0), &v));
    assert_int_equal(v.kind, VALUE_UINT);
    assert_true(v.natural == (uint64_t)INT64_MAX + 1);
}

static void reads_other_scalars(void **state)
{
    (void)state;
    struct value v;
    assert_true(next(BYTES(0xc0), &v));
    assert_int_equal(v.kind, VALUE_NIL);
    assert_true(next(BYTES(0xc2), &v));
    assert_int_equal(v.kind, VALUE_BOOL);
    assert_false(v.boolean);
    assert_true(next(BYTES(0xc3), &v));
    assert_true(v.boolean);
    assert_true(next(BYTES(0xca, 0x3f, 0x80, 0x00, 0x00), &v));
    assert_int_equal(v.kind, VALUE_FLOAT);
    assert_true(v.real == 1.0);
    assert_true(next(BYTES(0xcb, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0), &v));
    assert_true(v.real == -1.5);
    assert_true(next(BYTES(0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0), &v));
    assert_true(isnan(v.real));
}

static void check_text(const uint8_t *data, size_t len, enum value_kind kind,
                       const char *expected)
{
    struct value v;
    assert_true(next(data, len, &v));
    assert_int_equal(v.kind, kind);
    assert_int_equal(v.len, strlen(expected));
    assert_memory_equal(v.text, expected, v.len);
}

static void reads_texts(void **state)
{
    (void)state;
    check_text(BYTES(0xa0), VALUE_STR, "");
    check_text(BYTES(0xa2, 'h', 'i'), VALUE_STR, "hi");
    check_text(BYTES(0xd9, 2, 'h', 'i'), VALUE_STR, "hi");
    check_text(BYTES(0xda, 0, 2, 'h', 'i'), VALUE_STR, "hi");
    check_text(BYTES(0xdb, 0, 0, 0, 2, 'h', 'i'), VALUE_STR, "hi");
    check_text(BYTES(0xc4, 2, 'h', 'i'), VALUE_BIN, "hi");
    check_text(BYTES(0xc5, 0, 2, 'h', 'i'), VALUE_BIN, "hi");
    check_text(BYTES(0xc6, 0, 0, 0, 2, 'h', 'i'), VALUE_BIN, "hi");
    check_text(BYTES(0xd4, 9, 'h'), VALUE_EXT, "h");
    check_text(BYTES(0xd5, 9, 'h', 'i'), VALUE_EXT, "hi");
    check_text(BYTES(0xd6, 9, 'h', 'i', 'h', 'i'), VALUE_EXT, "hihi");
    check_text(BYTES(0xc7, 2, 9, 'h', 'i'), VALUE_EXT, "hi");
    check_text(BYTES(0xc8, 0, 2, 9, 'h', 'i'), VALUE_EXT, "hi");
    check_text(BYTES(0xc9, 0, 0, 0, 2, 0xff, 'h', 'i'), VALUE_EXT, "hi");
    struct value v;
    assert_true(next(BYTES(0xd4, 0xff, 'h'), &v));
    assert_int_equal(v.ext_type, -1);
}

/* A header's count must fit what is left: elements of a byte, pairs of two. */
static void checks_counts(void **state)
{
    (void)state;
    const struct {
        uint8_t bytes[15];
        bool ok;
        size_t len;
    } rows[] = {
        {{0x90}, true, 1},
        {{0x91}, false, 1},
        {{0x91, 0}, true, 2},
        {{0x81, 0}, false, 2},
        {{0x81, 0, 0}, true, 3},
        {{0xdc, 0, 2, 0}, false, 4},
        {{0xdc, 0, 2, 0, 0}, true, 5},
        {{0xde, 0, 1, 0}, false, 4},
        {{0xde, 0, 1, 0, 0}, true, 5},
        {{0xdd, 0, 0, 0, 1}, false, 5},
        {{0xdd, 0, 0, 0, 1, 0}, true, 6},
        {{0xdf, 0, 0, 0, 1, 0, 0}, true, 7},
        {{0xdd, 0x05, 0xf5, 0xe1, 0x00}, false, 5},
        {{0xdd, 0xff, 0xff, 0xff, 0xff}, false, 5},
        {{0xdf, 0xff, 0xff, 0xff, 0xff, 0, 0}, false, 7},
        {{0xdf, 0x80, 0x00, 0x00, 0x00, 0, 0}, false, 7},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct cursor c = cursor_over(rows[i].bytes, rows[i].len);
        struct value v;
        if (mp_next(&c, &v) != rows[i].ok)
            fail_msg("row %zu", i);
    }
}

/* Every first byte, with nothing, little and much behind it. */
static void survives_every_tag(void **state)
{
    (void)state;
    for (unsigned tag = 0; tag < 256; tag++) {
        for (size_t len = 1; len < 24; len++) {
            uint8_t *data = calloc(1, len);
            assert_non_null(data);
            data[0] = (uint8_t)tag;
            struct cursor c = cursor_over(data, len);
            struct value v;
            bool ok = mp_next(&c, &v);
            if (tag == 0xc1)
                assert_false(ok);
            if (ok && (v.kind == VALUE_STR || v.kind == VALUE_BIN || v.kind == VALUE_EXT))
                assert_true(v.len < len);
            struct transcript t = {.len = 0};
            mp_walk(data, len, transcript_take, &t, NULL);
            free(data);
        }
    }
}

static void skips_whole_values(void **state)
{
    (void)state;
    /* {"a":[1,[],{}], {"b":nil}:"z"}, then "y", then 7 */
    const uint8_t data[] = {0x82, 0xa1, 'a',  0x93, 1,    0x90, 0x80, 0x81, 0xa1,
                            'b',  0xc0, 0xa1, 'z',  0xd9, 0x01, 'y',  0x07};
    struct cursor c = cursor_over(data, sizeof data);
    assert_int_equal(mp_skip(&c), ST_OK);
    assert_int_equal(c.left, 4);
    assert_int_equal(mp_skip(&c), ST_OK);
    assert_int_equal(mp_skip(&c), ST_OK);
    assert_true(cursor_is_done(&c));
    assert_int_equal(mp_skip(&c), ST_MALFORMED);
    assert_true(c.bad);
    for (size_t len = 0; len < 13; len++) {
        c = cursor_over(data, len);
        assert_int_equal(mp_skip(&c), ST_MALFORMED);
    }
}

static void bounds_the_depth(void **state)
{
    (void)state;
    uint8_t data[64];
    memset(data, 0x91, sizeof data);
    for (size_t depth = 31; depth <= 40; depth++) {
        data[depth] = 0xc0;
        enum status expected = depth <= WALK_DEPTH_MAX ? ST_OK : ST_FULL;
        struct cursor c = cursor_over(data, depth + 1);
        assert_int_equal(mp_skip(&c), expected);
        assert_int_equal(c.bad, expected != ST_OK);
        struct transcript t = {.len = 0};
        size_t where;
        assert_int_equal(mp_walk(data, depth + 1, transcript_take, &t, &where), expected);
        data[depth] = 0x91;
    }
}

/* What is open around a key counts for what is in it. */
static void bounds_the_depth_of_keys(void **state)
{
    (void)state;
    for (size_t in_key = 10; in_key <= 20; in_key++) {
        uint8_t data[80];
        size_t len = 0;
        while (len < 15) /* 15 arrays and the map */
            data[len++] = 0x91;
        data[len++] = 0x81;
        for (size_t i = 0; i < in_key; i++)
            data[len++] = 0x91;
        data[len++] = 0xc0;
        data[len++] = 0xc0;
        enum status expected = in_key <= 16 ? ST_OK : ST_FULL;
        struct transcript t = {.len = 0};
        struct cursor c = cursor_over(data, len);
        assert_int_equal(mp_walk(data, len, transcript_take, &t, NULL), expected);
        assert_int_equal(mp_skip(&c), expected);
    }
}

static void walks_with_paths(void **state)
{
    (void)state;
    msgpack_sbuffer buffer;
    msgpack_sbuffer_init(&buffer);
    msgpack_packer pk;
    msgpack_packer_init(&pk, &buffer, msgpack_sbuffer_write);
    msgpack_pack_map(&pk, 5);
    msgpack_pack_str_with_body(&pk, "a.b", 3); /* must not look like b in a */
    msgpack_pack_int(&pk, 1);
    msgpack_pack_str_with_body(&pk, "a", 1);
    msgpack_pack_map(&pk, 1);
    msgpack_pack_str_with_body(&pk, "b", 1);
    msgpack_pack_array(&pk, 3);
    msgpack_pack_true(&pk);
    msgpack_pack_map(&pk, 0);
    msgpack_pack_array(&pk, 1);
    msgpack_pack_nil(&pk);
    msgpack_pack_int(&pk, 7); /* no string for a key */
    msgpack_pack_str_with_body(&pk, "x", 1);
    msgpack_pack_array(&pk, 2); /* nor this: skipped with all it holds */
    msgpack_pack_int(&pk, 1);
    msgpack_pack_map(&pk, 0);
    msgpack_pack_str_with_body(&pk, "y", 1);
    msgpack_pack_str_with_body(&pk, "", 0);
    msgpack_pack_map(&pk, 1);
    msgpack_pack_str_with_body(&pk, "a", 1);
    msgpack_pack_bin_with_body(&pk, "z", 1);

    struct transcript t = {.len = 0};
    size_t where;
    assert_int_equal(
        mp_walk((const uint8_t *)buffer.data, buffer.size, transcript_take, &t, &where),
        ST_OK);
    assert_int_equal(where, buffer.size);
    assert_string_equal(t.text, " map @0.0\n"
                                "a?b int 1 @1.0\n"
                                "a map @1.0\n"
                                "a.b array @2.0\n"
                                "a.b[] bool 1 @3.0\n"
                                "a.b[] map @3.1\n"
                                "a.b[] end @3.1\n"
                                "a.b[] array @3.2\n"
                                "a.b[][] nil @4.0\n"
                                "a.b[] end @3.2\n"
                                "a.b end @2.0\n"
                                "a end @1.0\n"
                                "? str x @1.0\n"
                                "? str y @1.0\n"
                                " map @1.0\n"
                                ".a bin z @2.0\n"
                                " end @1.0\n"
                                " end @0.0\n");

    /* cut anywhere, it is malformed */
    for (size_t len = 0; len < buffer.size; len++) {
        uint8_t *cut = malloc(len > 0 ? len : 1);
        assert_non_null(cut);
        memcpy(cut, buffer.data, len);
        struct transcript ignored = {.len = 0};
        assert_int_equal(mp_walk(cut, len, transcript_take, &ignored, NULL), ST_MALFORMED);
        free(cut);
    }
    msgpack_sbuffer_destroy(&buffer);
}

static void walks_exactly_one_value(void **state)
{
    (void)state;
    struct transcript t = {.len = 0};
    size_t where;
    assert_int_equal(mp_walk(BYTES(0x07), transcript_take, &t, &where), ST_OK);
    assert_string_equal(t.text, " int 7 @0.0\n");
    assert_int_equal(mp_walk(BYTES(0x07, 0xc0), transcript_take, &t, &where), ST_MALFORMED);
    assert_int_equal(where, 1);
    assert_int_equal(mp_walk(NULL, 0, transcript_take, &t, &where), ST_MALFORMED);
    assert_int_equal(mp_walk(BYTES(0x80, 0xc0), transcript_take, &t, &where), ST_MALFORMED);
    assert_int_equal(mp_walk(BYTES(0x92, 0xc0), transcript_take, &t, &where), ST_MALFORMED);
}

static void stops_when_told(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 4; n++) { /* map, a scalar, an end of two */
        struct transcript t = {.stop_after = n};
        enum status st =
            mp_walk(BYTES(0x81, 0xa1, 'a', 0x91, 0x01), transcript_take, &t, NULL);
        assert_int_equal(st, ST_CANCELED);
        assert_int_equal(t.values, n);
    }
}

static void loses_long_paths(void **state)
{
    (void)state;
    uint8_t data[600] = {0x81, 0xda, 0, 0};
    for (size_t len = 250; len <= 300; len++) {
        data[2] = (uint8_t)(len >> 8);
        data[3] = (uint8_t)len;
        memset(data + 4, 'k', len);
        const uint8_t rest[] = {0x81, 0xa1, 'x', 0x01};
        memcpy(data + 4 + len, rest, sizeof rest);
        struct transcript t = {.len = 0};
        assert_int_equal(mp_walk(data, 4 + len + sizeof rest, transcript_take, &t, NULL),
                         ST_OK);
        if (len > 255)
            assert_string_equal(t.text, " map @0.0\n? map @1.0\n? int 1 @2.0\n"
                                        "? end @1.0\n end @0.0\n");
        if (len == 254 || len == 255)
            assert_non_null(strstr(t.text, "k map @1.0\n? int 1 @2.0\nkkk"));
        if (len == 253)
            assert_non_null(strstr(t.text, "k.x int 1 @2.0\n"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_integers),     cmocka_unit_test(reads_other_scalars),
        cmocka_unit_test(reads_texts),        cmocka_unit_test(checks_counts),
        cmocka_unit_test(survives_every_tag), cmocka_unit_test(skips_whole_values),
        cmocka_unit_test(bounds_the_depth),   cmocka_unit_test(bounds_the_depth_of_keys),
        cmocka_unit_test(walks_with_paths),   cmocka_unit_test(walks_exactly_one_value),
        cmocka_unit_test(stops_when_told),    cmocka_unit_test(loses_long_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
