/* JetStream's answers to a publish: a message is confirmed by nothing less than a stream's
 * name and a sequence. */
#include "unit.h"

#include "proto/pub_ack.h"

static struct pub_ack parsed(const char *text)
{
    struct pub_ack ack;
    pub_ack_parse((const uint8_t *)text, strlen(text), &ack);
    return ack;
}

static void confirms_and_tells_duplicates(void **state)
{
    (void)state;
    struct pub_ack ack = parsed("{\"stream\":\"UNVERIFY\", \"seq\":3}");
    assert_true(ack.is_confirmed);
    assert_false(ack.is_duplicate);
    assert_int_equal(ack.seq, 3);
    assert_string_equal(ack.error, "");
    ack = parsed(
        "{\"stream\":\"S\",\"domain\":\"hub\",\"seq\":18446744073,\"duplicate\": true}");
    assert_true(ack.is_confirmed && ack.is_duplicate);
    assert_int_equal(ack.seq, UINT64_C(18446744073));
    assert_true(parsed("{\"stream\":\"S\",\"seq\":1,\"error\":null}").is_confirmed);
}

static void tells_a_refusal_in_the_servers_words(void **state)
{
    (void)state;
    struct pub_ack ack =
        parsed("{\"error\":{\"code\":400,\"err_code\":10071,\"description\":"
               "\"wrong last sequence: 3\"},\"stream\":\"EV\",\"seq\":0}");
    assert_false(ack.is_confirmed);
    assert_int_equal(ack.error_code, 10071);
    assert_string_equal(ack.error, "wrong last sequence: 3");
    /* A sequence beside an error confirms nothing. */
    ack =
        parsed("{\"stream\":\"S\",\"seq\":7,\"duplicate\":true,\"error\":{\"code\":503}}");
    assert_false(ack.is_confirmed || ack.is_duplicate);
    assert_string_equal(ack.error, "the answer can't be read");
}

static void anything_else_confirms_nothing(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "+OK",
        "{\"stream\":\"S\"}",
        "{\"seq\":1}",
        "{\"stream\":\"\",\"seq\":1}",
        "{\"stream\":\"S\",\"seq\":0}",
        "{\"stream\":\"S\",\"seq\":-1}",
        "{\"stream\":\"S\",\"seq\":\"1\"}",
        "{\"stream\":7,\"seq\":1}",
        "{\"stream\":\"S\",\"seq\":1",
        "{\"stream\":\"S\",\"seq\":1}x",
        "{\"a\":{\"stream\":\"S\",\"seq\":1}}",
        "{\"error\":\"no\",\"stream\":\"S\",\"seq\":1}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct pub_ack ack = parsed(texts[i]);
        if (ack.is_confirmed || ack.error[0] == '\0')
            fail_msg("confirmed by: %s", texts[i]);
    }
}

static void a_long_refusal_is_cut(void **state)
{
    char text[400] = "{\"error\":{\"description\":\"";
    struct pub_ack ack;
    (void)state;
    size_t n = strlen(text);
    memset(text + n, 'x', 300);
    memcpy(text + n + 300, "\"}}", 4);
    pub_ack_parse((const uint8_t *)text, strlen(text), &ack);
    assert_int_equal(strlen(ack.error), sizeof ack.error - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirms_and_tells_duplicates),
        cmocka_unit_test(tells_a_refusal_in_the_servers_words),
        cmocka_unit_test(anything_else_confirms_nothing),
        cmocka_unit_test(a_long_refusal_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
