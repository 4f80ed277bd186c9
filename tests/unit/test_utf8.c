#include "unit/unit.h"

#include "proto/utf8.h"

struct row {
    const char *text;
    size_t first; /* length of the sequence at the start */
    bool is_valid;
};

/* RFC 3629 section 4: the first and last of each row of the grammar, and their neighbours
 */
static const struct row rows[] = {
    {"", 0, true},
    {"a", 1, true},
    {"\x7f", 1, true},
    {"\x80", 0, false},
    {"\xbf", 0, false},
    {"\xc0\x80", 0, false},
    {"\xc1\xbf", 0, false},
    {"\xc2\x80", 2, true},
    {"\xdf\xbf", 2, true},
    {"\xc2", 0, false},
    {"\xc2\x7f", 0, false},
    {"\xc2\xc0", 0, false},
    {"\xe0\x9f\xbf", 0, false},
    {"\xe0\xa0\x80", 3, true},
    {"\xec\xbf\xbf", 3, true},
    {"\xed\x9f\xbf", 3, true},
    {"\xed\xa0\x80", 0, false}, /* U+D800 */
    {"\xed\xbf\xbf", 0, false},
    {"\xee\x80\x80", 3, true},
    {"\xef\xbf\xbf", 3, true},
    {"\xef\xbf", 0, false},
    {"\xf0\x8f\xbf\xbf", 0, false},
    {"\xf0\x90\x80\x80", 4, true},
    {"\xf4\x8f\xbf\xbf", 4, true},
    {"\xf4\x90\x80\x80", 0, false}, /* U+110000 */
    {"\xf5\x80\x80\x80", 0, false},
    {"\xff", 0, false},
    {"\xf0\x90\x80", 0, false},
    {"a\xff", 1, false},
    {"\xc3\xbc\xc3\xbc", 2, true},
};

static void follows_the_grammar(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t len = strlen(rows[i].text);
        if (utf8_sequence(rows[i].text, len) != rows[i].first ||
            utf8_is_valid(rows[i].text, len) != rows[i].is_valid)
            fail_msg("row %zu", i);
    }
}

/* Around the eight bytes that are looked at in one go. */
static void sees_every_position(void **state)
{
    (void)state;
    for (size_t len = 1; len <= 40; len++) {
        for (size_t at = 0; at < len; at++) {
            char *text = malloc(len); /* of this size, so that a sanitizer sees its end */
            assert_non_null(text);
            memset(text, 'a', len);
            assert_true(utf8_is_valid(text, len));
            text[at] = (char)0xff;
            assert_false(utf8_is_valid(text, len));
            if (at + 1 < len) {
                text[at] = (char)0xc3;
                text[at + 1] = (char)0xbc;
                assert_true(utf8_is_valid(text, len));
            }
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_grammar),
        cmocka_unit_test(sees_every_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
