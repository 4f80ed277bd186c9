/* nkeys: the public key that the server asks for, from the seed that the user has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "io/bus_auth.h"

/* A pair made for this test with `nats auth nkey gen user`; nothing knows it. */
static const char seed[] = "SUAIVSG5YMQSBFCLM4SMXMOCVMHDYMD3D5XBTENXJRVJ6MNHO46WZUD5PY";
static const char public_key[] = "UBMAQKAQT44P4CT5NGRM6IKIVVSODJB7FSAMSBPBWHVVE2PIIUU3JXRH";

static void a_seed_gives_its_public_key(void **state)
{
    char out[NKEY_PUBLIC_SIZE];
    (void)state;
    assert_true(nkey_public_of_seed(seed, out));
    assert_string_equal(out, public_key);
}

static void anything_else_is_refused(void **state)
{
    char text[sizeof seed], out[NKEY_PUBLIC_SIZE];
    (void)state;
    assert_false(nkey_public_of_seed("", out));
    assert_false(nkey_public_of_seed(public_key, out));
    /* One wrong character anywhere breaks the prefix or the sum. */
    for (size_t i = 0; i + 1 < sizeof seed; i++) {
        memcpy(text, seed, sizeof text);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        if (nkey_public_of_seed(text, out))
            fail_msg("accepted with another character at %zu", i);
        text[i] = '1'; /* not of the alphabet */
        assert_false(nkey_public_of_seed(text, out));
    }
    memcpy(text, seed, sizeof text);
    text[sizeof text - 2] = '\0';
    assert_false(nkey_public_of_seed(text, out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_seed_gives_its_public_key),
        cmocka_unit_test(anything_else_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
