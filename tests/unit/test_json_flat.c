/* The short way for flat maps: what it takes, and that it leaves all else to yajl. That
 * both say the same is the fuzz target's to prove. */
#include "unit/unit.h"

#include "proto/json_flat.h"

static bool read_text(const char *text, size_t len, struct json_flat *out)
{
    char *copy =
        malloc(len > 0 ? len : 1); /* no NUL behind it, and a sanitizer at its end */
    assert_non_null(copy);
    memcpy(copy, text, len);
    bool taken = json_flat_read(copy, len, out);
    free(copy);
    return taken;
}

static void takes_an_event(void **state)
{
    static const char text[] = " {\"account\" : 42,\n\t\"email\":\"a@b\xc3\xbc.com\", "
                               "\"mfa\":true,\"other\":false,\"x\":null,\"\":\"\","
                               "\"n\":-999999999999999999}\r\n";
    struct json_flat f;
    (void)state;
    assert_true(json_flat_read(text, strlen(text), &f));
    assert_int_equal(f.n, 7);
    assert_int_equal(f.begin, 2);
    assert_int_equal(f.end, strlen(text) - 2);
    assert_memory_equal(f.at[0].key, "account", f.at[0].key_len);
    assert_int_equal(f.at[0].value.kind, VALUE_INT);
    assert_int_equal(f.at[0].value.integer, 42);
    assert_int_equal(f.at[0].end, strchr(text, ',') - text);
    assert_int_equal(f.at[1].value.kind, VALUE_STR);
    assert_int_equal(f.at[1].value.len, 9);
    assert_ptr_equal(f.at[1].value.text, strstr(text, "a@b")); /* borrowed, not copied */
    assert_int_equal(f.at[2].value.kind, VALUE_BOOL);
    assert_true(f.at[2].value.boolean);
    assert_false(f.at[3].value.boolean);
    assert_int_equal(f.at[4].value.kind, VALUE_NIL);
    assert_int_equal(f.at[5].key_len + f.at[5].value.len, 0);
    assert_int_equal(f.at[6].value.integer, -INT64_C(999999999999999999));
    /* cut anywhere it is nothing that this way takes */
    for (size_t len = 0; len < strlen(text) - 2; len++)
        assert_false(read_text(text, len, &f));
}

static void leaves_the_rest(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "1",
        "{\"a\":{}}",
        "{\"a\":[1]}",
        "{\"a\":1.5}",
        "{\"a\":1e3}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":+1}",
        "{\"a\":1000000000000000000}", /* 19 digits: may not fit */
        "{\"a\":\"\\n\"}",
        "{\"\\u0061\":1}",
        "{\"a\":\"\x01\"}",
        "{\"a\":\"\xc3\"}", /* half a character */
        "{\"a\":truer}",
        "{\"a\":nul}",
        "{\"a\":1,}",
        "{\"a\":1}{",
        "{\"a\":1} x",
        "{\"a\" 1}",
        "{a:1}",
        "{,\"a\":1}",
        "\v{\"a\":1}",
        "/**/{\"a\":1}",
    };
    struct json_flat f;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        if (read_text(texts[i], strlen(texts[i]), &f))
            fail_msg("taken: %s", texts[i]);
    }
}

static void has_a_bound(void **state)
{
    char text[JSON_FLAT_MAX * 8 + 16] = "{";
    struct json_flat f;
    (void)state;
    for (unsigned i = 0; i < JSON_FLAT_MAX; i++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s\"%u\":%u", i > 0 ? "," : "", i % 10, i);
    }
    size_t n = strlen(text);
    snprintf(text + n, sizeof text - n, "}");
    assert_true(read_text(text, strlen(text), &f));
    assert_int_equal(f.n, JSON_FLAT_MAX);
    snprintf(text + n, sizeof text - n, ",\"z\":1}");
    assert_false(read_text(text, strlen(text), &f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_an_event),
        cmocka_unit_test(leaves_the_rest),
        cmocka_unit_test(has_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
