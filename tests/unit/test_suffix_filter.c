/* The filter never hides a suffix: held against the library for the whole list, and told
 * some rules of each kind. */
#include "unit/unit.h"

#include <idn2.h>
#include <libpsl.h>

#include "proto/suffix_filter.h"

#define LIST "/usr/share/publicsuffix/public_suffix_list.dat"

static FILE *rules_of(const char *text)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, true);
    return f;
}

static bool may(const struct suffix_filter *f, const char *name)
{
    const char *dot = strchr(name, '.');
    assert_non_null(dot);
    return suffix_filter_may_have(f, name, dot + 1);
}

static void kinds_of_rules(void **state)
{
    FILE *text = rules_of("// co.ab is none\n\ncom\nb.com\r\n  spaced.com  and.more\n*.ck\n"
                          "!www.ck\nb\303\274cher.example\nlast.com");
    struct suffix_filter *f = suffix_filter_new(text);
    (void)state;
    assert_non_null(f);
    assert_true(may(f, "b.com"));
    assert_true(may(f, "spaced.com"));
    assert_true(may(f, "any.ck"));
    assert_true(may(f, "xn--bcher-kva.example"));
    assert_true(may(f, "last.com"));
    assert_false(may(f, "co.ab"));
    assert_false(may(f, "a.com"));
    assert_false(may(f, "a.b.com"));
    assert_false(may(f, "a.any.ck"));
    assert_false(may(f, "and.more"));
    suffix_filter_free(f);
    fclose(text);
}

static void a_rule_that_is_no_name(void **state)
{
    FILE *text = rules_of("com\n\377\377.com\n");
    (void)state;
    assert_null(suffix_filter_new(text));
    suffix_filter_free(NULL);
    fclose(text);
}

/* A suffix by the library's word is one that may be, by the filter's. */
static size_t hold_against(const psl_ctx_t *list, const struct suffix_filter *f,
                           const char *prefix, const char *rule)
{
    char name[512];
    snprintf(name, sizeof name, "%s%s", prefix, rule);
    if (strchr(name, '.') == NULL || !psl_is_public_suffix2(list, name, PSL_TYPE_ANY))
        return 0;
    assert_true(may(f, name));
    return 1;
}

static void every_rule_of_the_list(void **state)
{
    FILE *text = fopen(LIST, "r");
    assert_non_null(text);
    psl_ctx_t *list = psl_load_fp(text);
    struct suffix_filter *f = suffix_filter_new(text);
    char line[512];
    size_t suffixes = 0, below = 0;
    (void)state;
    assert_non_null(list);
    assert_non_null(f);
    rewind(text);
    while (fgets(line, sizeof line, text) != NULL) {
        line[strcspn(line, " \t\r\n")] = '\0';
        if (line[0] == '\0' || line[0] == '/')
            continue;
        const char *rule = line[0] == '!' ? line + 1 : line;
        uint8_t *name = NULL;
        if (strncmp(rule, "*.", 2) == 0)
            rule += 2;
        assert_int_equal(idn2_lookup_u8((const uint8_t *)rule, &name, IDN2_NFC_INPUT),
                         IDN2_OK);
        suffixes += hold_against(list, f, "", (const char *)name);
        below += hold_against(list, f, "some-name.", (const char *)name);
        below += hold_against(list, f, "a.b.", (const char *)name);
        idn2_free(name);
    }
    assert_true(suffixes > 5000 && below > 50);
    size_t asked = 0;
    for (unsigned i = 0; i < 10000; i++) {
        snprintf(line, sizeof line, "company-%u.com", i);
        asked += may(f, line);
    }
    assert_true(asked < 1000);
    suffix_filter_free(f);
    psl_free(list);
    fclose(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_rules),
        cmocka_unit_test(a_rule_that_is_no_name),
        cmocka_unit_test(every_rule_of_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
