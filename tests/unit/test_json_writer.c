/* JSON text: what is escaped, wherever it stands, and numbers to their limits. */
#include "unit.h"

#include "proto/json_writer.h"

static struct buf out;

static struct json_writer begin(void)
{
    out.len = 0;
    return json_writer_to(&out);
}

static void expect(const struct json_writer *w, const char *text)
{
    assert_int_equal(w->st, ST_OK);
    assert_int_equal(out.len, strlen(text));
    assert_memory_equal(out.data, text, out.len);
}

static int forget(void **state)
{
    (void)state;
    buf_free(&out);
    return 0;
}

/* Text is looked at eight bytes at a time: each byte at each place, in texts of each length
 * around that. */
static void each_byte_at_each_place(void **state)
{
    enum { LONGEST = 20 };
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char escaped[8];
        snprintf(escaped, sizeof escaped, "%c", (int)byte);
        if (byte == '"' || byte == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", (int)byte);
        else if (byte == '\n' || byte == '\r' || byte == '\t' || byte == '\b' ||
                 byte == '\f')
            snprintf(escaped, sizeof escaped, "\\%c", "btn_fr"[byte - '\b']);
        else if (byte < 0x20)
            snprintf(escaped, sizeof escaped, "\\u%04x", byte);
        else if (byte >= 0x80) /* alone it is no UTF-8 */
            snprintf(escaped, sizeof escaped, "\xEF\xBF\xBD");
        for (int len = 1; len <= LONGEST; len++) {
            for (int at = 0; at < len; at++) {
                char text[LONGEST], wanted[2 * LONGEST + 16];
                memset(text, 'x', sizeof text);
                text[at] = (char)byte;
                snprintf(wanted, sizeof wanted, "\"%.*s%s%.*s\"", at,
                         "xxxxxxxxxxxxxxxxxxxx", escaped, len - at - 1,
                         "xxxxxxxxxxxxxxxxxxxx");
                struct json_writer w = begin();
                json_put_string(&w, text, (size_t)len);
                expect(&w, wanted);
            }
        }
    }
}

static void a_whole_value(void **state)
{
    (void)state;
    struct json_writer w = begin();
    json_put_begin(&w, '{');
    json_put_plain_key(&w, "a", 1);
    json_put_plain(&w, "one", 3);
    json_put_key(&w, "b\n", 2);
    json_put_begin(&w, '[');
    json_put_null(&w);
    json_put_bool(&w, false);
    json_put_string(&w, "\xC3\xA4", 2);
    json_put_string(&w, "", 0);
    json_put_end(&w, ']');
    json_put_plain_key(&w, "c", 1);
    json_put_begin(&w, '{');
    json_put_end(&w, '}');
    json_put_end(&w, '}');
    expect(&w, "{\"a\":\"one\",\"b\\n\":[null,false,\"\xC3\xA4\",\"\"],\"c\":{}}");
}

static void numbers(void **state)
{
    (void)state;
    struct json_writer w = begin();
    json_put_begin(&w, '[');
    json_put_int(&w, 0);
    json_put_int(&w, -1);
    json_put_int(&w, 10);
    json_put_int(&w, INT64_MAX);
    json_put_int(&w, INT64_MIN);
    json_put_uint(&w, 0);
    json_put_uint(&w, 909);
    json_put_uint(&w, UINT64_MAX);
    json_put_end(&w, ']');
    expect(&w, "[0,-1,10,9223372036854775807,-9223372036854775808,0,909,"
               "18446744073709551615]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_byte_at_each_place),
        cmocka_unit_test(a_whole_value),
        cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests(tests, NULL, forget);
}
