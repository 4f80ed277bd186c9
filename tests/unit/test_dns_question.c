#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/entropy.h"
#include "base/must.h"
#include "proto/dns_question.h"

static void a_question_as_it_is_on_the_wire(void **state)
{
    static const uint8_t want[] = {0,   0,   1,   0, 0,   1,   0,   0, 0, 0, 0, 0, 3,
                                   'a', '-', '1', 3, 'c', 'o', 'm', 0, 0, 2, 0, 1};
    uint8_t q[DNS_QUESTION_MAX];
    (void)state;
    assert_int_equal(dns_question_write("a-1.com", q), sizeof want);
    assert_memory_equal(q, want, sizeof want);
}

static void names_that_cannot_be_asked_about(void **state)
{
    static const char *const bad[] = {"", ".", "a.", ".a", "a..b", "onion", "x.onion"};
    uint8_t q[DNS_QUESTION_MAX];
    char label[70], name[300];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (dns_question_write(bad[i], q) != 0)
            fail_msg("%s", bad[i]);
    }
    assert_true(dns_question_write("onions.com", q) > 0);
    assert_true(dns_question_write("redonion", q) > 0);
    memset(label, 'a', sizeof label);
    label[63] = '\0';
    assert_int_equal(dns_question_write(label, q), 12 + 65 + 4);
    label[63] = 'a';
    label[64] = '\0';
    assert_int_equal(dns_question_write(label, q), 0);
    /* 63 * 3 + 61 octets in four labels: 253 characters, 255 octets */
    memset(name, 'b', sizeof name);
    name[63] = name[127] = name[191] = '.';
    name[253] = '\0';
    assert_int_equal(dns_question_write(name, q), DNS_QUESTION_MAX);
    name[253] = 'b';
    name[254] = '\0';
    assert_int_equal(dns_question_write(name, q), 0);
}

static void only_letters_change_their_case(void **state)
{
    static const char name[] = "az-09.xn--bcher-kva.com";
    uint8_t all[DNS_CASE_BITS_SIZE], none[DNS_CASE_BITS_SIZE] = {0};
    uint8_t q[DNS_QUESTION_MAX], plain[DNS_QUESTION_MAX];
    (void)state;
    memset(all, 0xFF, sizeof all);
    size_t len = dns_question_write(name, plain);
    memcpy(q, plain, len);
    assert_false(dns_question_mix(q, len, none));
    assert_memory_equal(q, plain, len);
    assert_true(dns_question_mix(q, len, all));
    for (size_t i = 0; i < len; i++)
        assert_int_equal(q[i], i < 12 || i >= len - 4 ? plain[i] : toupper(plain[i]));
    len = dns_question_write("09-1.1", q);
    assert_false(dns_question_mix(q, len, all));
}

static void each_letter_has_its_own_bit(void **state)
{
    uint8_t bits[DNS_CASE_BITS_SIZE] = {0x82, 0x01}, q[DNS_QUESTION_MAX];
    (void)state;
    size_t len = dns_question_write("abcdefghij.com", q); /* its length is octet 0 */
    assert_true(dns_question_mix(q, len, bits));
    assert_memory_equal(q + 12, "\012AbcdefGHij\003com", 15);
}

/* An answer: the question with QR set. */
static size_t answer_to(const char *name, uint8_t a[DNS_QUESTION_MAX])
{
    size_t len = dns_question_write(name, a);
    a[2] |= 0x80;
    return len;
}

static void what_is_an_echo(void **state)
{
    uint8_t q[DNS_QUESTION_MAX], a[DNS_QUESTION_MAX];
    (void)state;
    size_t len = dns_question_write("example.com", q);
    q[13] = 'E';
    answer_to("example.com", a);
    assert_int_equal(dns_question_compare(q, len, a, len), DNS_ECHO_FOLDED);
    a[13] = 'E';
    assert_int_equal(dns_question_compare(q, len, a, len), DNS_ECHO_EXACT);
    a[0] ^= 0xFF; /* the id is not looked at */
    assert_int_equal(dns_question_compare(q, len, a, len), DNS_ECHO_EXACT);
    for (size_t n = 0; n < len; n++)
        assert_int_equal(dns_question_compare(q, len, a, n), DNS_ECHO_NONE);
    for (size_t i = 2; i < len; i++) {
        static const uint8_t ignored[] = {2, 3, 6, 7, 8, 9, 10, 11};
        bool is_ignored = memchr(ignored, (int)i, sizeof ignored) != NULL;
        uint8_t old = a[i];
        a[i] ^= i == 2 ? 0x01 : 0x40; /* RD; or something that is no change of case */
        enum dns_echo echo = dns_question_compare(q, len, a, len);
        if (echo != (is_ignored ? DNS_ECHO_EXACT : DNS_ECHO_NONE))
            fail_msg("octet %zu: %d", i, (int)echo);
        a[i] = old;
    }
    a[2] &= 0x7F; /* a question is no answer */
    assert_int_equal(dns_question_compare(q, len, a, len), DNS_ECHO_NONE);
    a[2] |= 0x80 | 0x28; /* nor is another opcode */
    assert_int_equal(dns_question_compare(q, len, a, len), DNS_ECHO_NONE);
}

static void a_longer_name_is_another(void **state)
{
    uint8_t q[DNS_QUESTION_MAX], a[DNS_QUESTION_MAX];
    (void)state;
    size_t len = dns_question_write("example.com", q);
    size_t a_len = answer_to("example.com.br", a);
    assert_int_equal(dns_question_compare(q, len, a, a_len), DNS_ECHO_NONE);
    a_len = answer_to("xample.com", a);
    assert_int_equal(dns_question_compare(q, len, a, a_len), DNS_ECHO_NONE);
}

/* Chance: can't be proven, but a broken one is easily seen. */
static void chance_is_even(void **state)
{
    enum { N = 160000, SIDES = 13 };
    uint32_t count[SIDES] = {0}, high = 0;
    (void)state;
    for (int i = 0; i < N; i++) {
        count[entropy_below(SIDES)]++;
        high += entropy_u16() >= 0x8000;
    }
    for (int i = 0; i < SIDES; i++)
        assert_in_range(count[i], N / SIDES * 9 / 10, N / SIDES * 11 / 10);
    assert_in_range(high, N * 48 / 100, N * 52 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_as_it_is_on_the_wire),
        cmocka_unit_test(names_that_cannot_be_asked_about),
        cmocka_unit_test(only_letters_change_their_case),
        cmocka_unit_test(each_letter_has_its_own_bit),
        cmocka_unit_test(what_is_an_echo),
        cmocka_unit_test(a_longer_name_is_another),
        cmocka_unit_test(chance_is_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
