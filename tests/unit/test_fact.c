/* Facts one by one: round trips, limits on both ways, sizes. Batches are test_fact_batch.c.
 */
#include "unit/unit.h"

#include "proto/rdap_reply.h"
#include "proto/status_reply.h"
#include "unit/fact_of.h"

/* Write one fact, read it back. The batch is an exact copy, so that a sanitizer sees its
 * end. return  bytes of the fact in the batch */
static size_t round_trip(const struct fact *f)
{
    struct buf b = {.data = NULL};
    assert_int_equal(fact_batch_begin(&b), ST_OK);
    assert_int_equal(fact_put(&b, f), ST_OK);
    const size_t size = b.len - FACT_BATCH_HEAD;
    assert_in_range(size, 3, FACT_SIZE_MAX);
    assert_int_equal(fact_batch_end(&b), ST_OK);
    uint8_t *copy = malloc(b.len);
    MUST(copy != NULL);
    memcpy(copy, b.data, b.len);

    struct fact_reader r;
    struct fact back;
    memset(&back, 0xA5, sizeof back); /* every field must be set */
    assert_int_equal(fact_reader_init(&r, copy, b.len), ST_OK);
    buf_free(&b);
    assert_int_equal(fact_next(&r, &back), ST_OK);
    assert_true(same_fact(f, &back));
    if (f->kind == FACT_ADDRESS) { /* borrowed as one text */
        const char *email = back.u.address.address.email;
        assert_true((const uint8_t *)email > copy && (const uint8_t *)email < r.end);
        assert_int_equal(email[back.u.address.address.local_len], '@');
    }
    assert_int_equal(fact_next(&r, &back), ST_NOT_FOUND);
    assert_int_equal(fact_next(&r, &back), ST_NOT_FOUND);
    assert_true(r.skipped == 0);
    free(copy);
    return size;
}

/* The writer refuses it, and leaves the batch alone. */
static void refused(const struct fact *f)
{
    struct buf b = {.data = NULL};
    assert_int_equal(fact_batch_begin(&b), ST_OK);
    assert_int_equal(fact_put(&b, f), ST_INVALID);
    assert_int_equal(b.len, FACT_BATCH_HEAD);
    buf_free(&b);
}

static char *fill(char *text, char ch, size_t len)
{
    memset(text, ch, len);
    text[len] = '\0';
    return text;
}

static void test_addresses(void **state)
{
    (void)state;
    struct fact f = address_of("u-1", "alice@example.com", NULL, NULL);
    round_trip(&f);
    f = address_of("u-1", "alice@mail.example.com", NULL, "example.com");
    round_trip(&f);
    f = address_of("u-1", "Alice@Example.COM", "example.com", NULL);
    round_trip(&f);
    f = address_of("u-1",
                   "a@b\xC3\xBC"
                   "cher.example",
                   "xn--bcher-kva.example", NULL);
    round_trip(&f);
    f = address_of("u-1",
                   "a@mail.b\xC3\xBC"
                   "cher.de",
                   "mail.xn--bcher-kva.de", "xn--bcher-kva.de");
    f.u.address.address.domain.is_private = true;
    round_trip(&f);

    f = address_of("18446744073709551615", "a@b.example", NULL, NULL);
    f.u.address.account.is_int = true;
    for (int mfa = TRI_UNKNOWN; mfa <= TRI_YES; mfa++)
        for (int other = TRI_UNKNOWN; other <= TRI_YES; other++)
            for (int unverify = SAID_NOTHING; unverify <= SAID_CONFIRMED; unverify++)
                for (int block = SAID_NOTHING; block <= SAID_CONFIRMED; block++) {
                    f.u.address.mfa = (enum tristate)mfa;
                    f.u.address.other_verified = (enum tristate)other;
                    f.u.address.unverify = (enum said)unverify;
                    f.u.address.block = (enum said)block;
                    round_trip(&f);
                }
    f.u.address.mfa = (enum tristate)3;
    refused(&f);
    f.u.address.mfa = TRI_NO;
    f.u.address.other_verified = (enum tristate) - 1;
    refused(&f);
    f.u.address.other_verified = TRI_NO;
    f.u.address.unverify = (enum said)3;
    refused(&f);
    f.u.address.unverify = SAID_DECIDED;
    f.u.address.block = (enum said)3;
    refused(&f);
    f.u.address.block = SAID_DECIDED;

    f.u.address.verified_ms = 0;
    round_trip(&f);
    f.u.address.verified_ms = INT64_MAX;
    round_trip(&f);
    f.u.address.verified_ms = -1;
    refused(&f);
}

static void test_address_limits(void **state)
{
    (void)state;
    char account[ACCOUNT_ID_MAX + 2];
    for (size_t n = ACCOUNT_ID_MAX - 1; n <= ACCOUNT_ID_MAX; n++) {
        struct fact f = address_of(fill(account, 'u', n), "a@b.example", NULL, NULL);
        round_trip(&f);
    }
    struct fact f = address_of(fill(account, 'u', ACCOUNT_ID_MAX + 1), "a@b.c", NULL, NULL);
    refused(&f);
    f = address_of("", "a@b.c", NULL, NULL);
    refused(&f);

    /* email: as long as it may be, with the longest and the shortest local part */
    char email[EMAIL_MAX + 2];
    char host[DOMAIN_MAX + 2];
    for (size_t n = EMAIL_MAX - 1; n <= EMAIL_MAX + 1; n++) {
        fill(email, 'e', n);
        email[1] = '@';
        f = address_of("u", email, "x.example", NULL);
        n <= EMAIL_MAX ? (void)round_trip(&f) : refused(&f);
        f = address_of("u", email, NULL, NULL);
        n <= EMAIL_MAX ? (void)round_trip(&f) : refused(&f);
        fill(email, 'e', n);
        email[n - 2] = '@';
        f = address_of("u", email, NULL, NULL);
        n <= EMAIL_MAX ? (void)round_trip(&f) : refused(&f);
    }
    f = address_of("u", "@b.example", NULL, NULL);
    refused(&f);
    f = address_of("u", "a@", "b.example", NULL);
    refused(&f);
    f = address_of("u", "a@b.example", NULL, NULL);
    f.u.address.address.local_len = 2;
    refused(&f);

    for (size_t n = DOMAIN_MAX - 1; n <= DOMAIN_MAX; n++) {
        fill(host, 'h', n);
        host[n - 2] = '.';
        f = address_of("u", "a@B", host, host + n - 1); /* registrable_at N-1 and N */
        round_trip(&f);
        f.u.address.address.domain.registrable_at--; /* not the start of a label */
        refused(&f);
        f.u.address.address.domain.registrable_at = (uint8_t)n; /* outside */
        refused(&f);
    }
    f.u.address.address.domain.registrable_at = 0;
    f.u.address.address.domain.host_len = 0;
    refused(&f);
    f.u.address.address.domain.host_len = DOMAIN_MAX + 1;
    refused(&f);
}

static void test_characters_of_names(void **state)
{
    (void)state;
    for (int ch = 0; ch <= UINT8_MAX; ch++) {
        char name[] = "a?b.example";
        name[1] = (char)ch;
        struct fact f = watch_of("aab.example");
        f.u.watch.domain = name;
        const bool good =
            (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '.';
        good ? (void)round_trip(&f) : refused(&f);
    }
}

static void test_integer_accounts(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"0", true},
        {"7", true},
        {"-1", true},
        {"9223372036854775808", true},
        {"18446744073709551615", true},
        {"-9223372036854775808", true},
        {"18446744073709551616", false},
        {"99999999999999999999", false},
        {"-9223372036854775809", false},
        {"184467440737095516150", false},
        {"-", false},
        {"-0", false},
        {"00", false},
        {"07", false},
        {"1a", false},
        {"+1", false},
        {" 1", false},
        {"1.0", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct fact f = gone_of(rows[i].text, "a", "b.example");
        round_trip(&f); /* as a text it is just a text */
        f.u.gone.account.is_int = true;
        rows[i].good ? (void)round_trip(&f) : refused(&f);
        f = address_of(rows[i].text, "a@b.example", NULL, NULL);
        f.u.address.account.is_int = true;
        rows[i].good ? (void)round_trip(&f) : refused(&f);
    }
}

static void test_gone(void **state)
{
    (void)state;
    char local[EMAIL_MAX + 1];
    char host[DOMAIN_MAX + 2];
    for (size_t n = EMAIL_MAX - 3; n <= EMAIL_MAX - 1; n++) {
        struct fact f = gone_of("u", fill(local, 'l', n), "b.example");
        n <= EMAIL_MAX - 2 ? (void)round_trip(&f) : refused(&f);
    }
    for (size_t n = DOMAIN_MAX - 1; n <= DOMAIN_MAX + 1; n++) {
        struct fact f = gone_of("u", "a", fill(host, 'h', n));
        n <= DOMAIN_MAX ? (void)round_trip(&f) : refused(&f);
    }
    struct fact f = gone_of("", "a", "b.example");
    refused(&f);
    f = gone_of("u", "", "b.example");
    refused(&f);
    f = gone_of("u", "a", "");
    refused(&f);
}

static void test_watches(void **state)
{
    (void)state;
    static const uint32_t times[] = {0,           1,         NOW - 1,           NOW,
                                     NOW + 86400, INT32_MAX, UINT32_C(1) << 31, UINT32_MAX};
    const size_t n = ARRAY_LEN(times);
    struct fact f = watch_of("example.com");
    for (size_t i = 0; i < n * n * n * n; i++) {
        f.u.watch.epoch = times[i % n];
        f.u.watch.since = times[i / n % n];
        f.u.watch.checked = times[i / n / n % n];
        f.u.watch.due = times[i / n / n / n];
        round_trip(&f);
    }
    for (int phase = 0; phase < PHASE_COUNT; phase++)
        for (int outcome = 0; outcome < DNS_OUTCOME_COUNT; outcome++)
            for (int proof = 0; proof < 2; proof++) {
                f = watch_of("example.com");
                if (proof != 0)
                    give_proof(&f);
                f.u.watch.phase = (enum phase)phase;
                f.u.watch.outcome = (enum dns_outcome)outcome;
                f.u.watch.proof.outcome = (enum dns_outcome)outcome;
                round_trip(&f);
            }
    f.u.watch.flags = f.u.watch.doubts = UINT8_MAX;
    f.u.watch.moves = f.u.watch.proof.http = UINT16_MAX;
    f.u.watch.proof.at = f.u.watch.proof.elapsed_ms = f.u.watch.proof.status_at =
        UINT32_MAX;
    round_trip(&f);
    f.u.watch.proof.soa_len = f.u.watch.proof.resolver_len = f.u.watch.proof.words_len = 0;
    f.u.watch.proof.soa = f.u.watch.proof.resolver = f.u.watch.proof.words = NULL;
    round_trip(&f);

    f.u.watch.proof.outcome = DNS_OUTCOME_COUNT;
    refused(&f);
    f.u.watch.has_proof = false; /* then nobody looks at it */
    round_trip(&f);
    f.u.watch.outcome = DNS_OUTCOME_COUNT;
    refused(&f);
    f.u.watch.outcome = (enum dns_outcome) - 1;
    refused(&f);
    f = watch_of("example.com");
    f.u.watch.phase = PHASE_COUNT;
    refused(&f);
    f = watch_of("");
    refused(&f);
}

/* What its registry told: not at all, a day, or all of it, with and without a proof. */
static void test_registrations(void **state)
{
    (void)state;
    static const uint32_t times[] = {0, 1, NOW, UINT32_C(1) << 31, UINT32_MAX};
    const size_t n = ARRAY_LEN(times);
    const struct fact bare = watch_of("example.com");
    struct fact f = bare;
    const size_t without = round_trip(&f);
    for (size_t i = 0; i < n * n * n; i++) {
        f = bare;
        f.u.watch.checked = times[i % n];
        f.u.watch.registered = times[i / n % n];
        f.u.watch.looked = times[i / n / n];
        round_trip(&f);
        give_proof(&f);
        round_trip(&f);
        f.u.watch.rdap.at = 1; /* with nothing told */
        round_trip(&f);
    }
    f = bare;
    f.u.watch.registered = NOW - 9 * 365 * 86400U;
    f.u.watch.looked = NOW - 3600;
    print_message("a day that is known: %zu bytes\n", round_trip(&f) - without);
    give_rdap(&f);
    refused(&f); /* it is part of a proof */
    give_proof(&f);
    round_trip(&f);
    f.u.watch.rdap.states = (1U << RDAP_STATE_COUNT) - 1;
    f.u.watch.rdap.http = UINT16_MAX;
    f.u.watch.rdap.elapsed_ms = f.u.watch.rdap.registered = f.u.watch.rdap.expires =
        UINT32_MAX;
    round_trip(&f);
    f.u.watch.rdap.states++;
    refused(&f);
}

static void test_proof_limits(void **state)
{
    (void)state;
    static const struct {
        size_t max;
        size_t text, len;
    } rows[] = {
        {DOMAIN_MAX, offsetof(struct fact_watch, proof.soa),
         offsetof(struct fact_watch, proof.soa_len)},
        {FACT_RESOLVER_MAX, offsetof(struct fact_watch, proof.resolver),
         offsetof(struct fact_watch, proof.resolver_len)},
        {STATUS_TEXT_SIZE - 1, offsetof(struct fact_watch, proof.words),
         offsetof(struct fact_watch, proof.words_len)},
        {RDAP_SERVER_SIZE - 1, offsetof(struct fact_watch, rdap.server),
         offsetof(struct fact_watch, rdap.server_len)},
        {STATUS_TEXT_SIZE - 1, offsetof(struct fact_watch, rdap.words),
         offsetof(struct fact_watch, rdap.words_len)},
    };
    char text[UINT8_MAX + 1];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t n = rows[i].max - 1; n <= rows[i].max + 1; n++) {
            struct fact f = watch_of("example.com");
            give_proof(&f);
            give_rdap(&f);
            const char *p = fill(text, 'w', n);
            const uint8_t len = (uint8_t)n;
            memcpy((char *)&f.u.watch + rows[i].text, &p, sizeof p);
            memcpy((char *)&f.u.watch + rows[i].len, &len, sizeof len);
            n <= rows[i].max ? (void)round_trip(&f) : refused(&f);
            text[n / 2] = '\0'; /* it would be cut where it is kept */
            refused(&f);
        }
    }
}

static void test_others(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct fact f = move_of("example.com");
        f.u.move.tell_move = (i & 1U) != 0;
        f.u.move.recovered = (i & 2U) != 0;
        f.u.move.moves = UINT16_MAX;
        f.u.move.at = UINT32_MAX;
        round_trip(&f);
    }
    struct fact f = move_of("example.com");
    f.u.move.from = PHASE_COUNT;
    refused(&f);
    f = move_of("example.com");
    f.u.move.to = PHASE_COUNT;
    refused(&f);
    f = move_of("");
    refused(&f);

    f = (struct fact){.kind = FACT_POSITION};
    round_trip(&f);
    f.u.position.sequence = f.u.position.stream = UINT64_MAX;
    round_trip(&f);
    f.u.position.letters_behind = UINT64_MAX;
    round_trip(&f);
    f.u.position.sequence--; /* more letters than messages */
    refused(&f);
    f = (struct fact){.kind = FACT_MANIFEST};
    round_trip(&f);
    f.u.manifest =
        (struct fact_manifest){UINT64_MAX, UINT32_MAX, 1, 2, 3, UINT64_MAX, 4, 5, 4};
    round_trip(&f);
    f.u.manifest.letters_behind++;
    refused(&f);

    f.kind = (enum fact_kind)0;
    refused(&f);
    f.kind = (enum fact_kind)(FACT_MANIFEST + 1);
    refused(&f);
}

/* The largest of each kind keeps to FACT_SIZE_MAX (round_trip looks). */
static void test_largest(void **state)
{
    (void)state;
    char account[ACCOUNT_ID_MAX + 1];
    char email[EMAIL_MAX + 1];
    char host[DOMAIN_MAX + 1];
    char words[STATUS_TEXT_SIZE];
    fill(account, 'u', ACCOUNT_ID_MAX);
    fill(email, 'e', EMAIL_MAX);
    email[200] = '@';
    fill(host, 'h', DOMAIN_MAX);
    host[DOMAIN_MAX - 2] = '.';
    struct fact f = address_of(account, email, host, host + DOMAIN_MAX - 1);
    f.u.address.verified_ms = INT64_MAX;
    f.u.address.block = SAID_CONFIRMED;
    print_message("largest address: %zu bytes\n", round_trip(&f));

    f = watch_of(host);
    give_proof(&f);
    f.u.watch.flags = f.u.watch.doubts = UINT8_MAX;
    f.u.watch.moves = f.u.watch.proof.http = UINT16_MAX;
    f.u.watch.epoch = UINT32_MAX;
    f.u.watch.since = UINT32_C(1) << 31;
    f.u.watch.checked = 1;
    f.u.watch.due = UINT32_C(1) << 31;
    f.u.watch.proof.at = f.u.watch.proof.elapsed_ms = f.u.watch.proof.status_at =
        UINT32_MAX;
    f.u.watch.proof.soa = host;
    f.u.watch.proof.soa_len = DOMAIN_MAX;
    f.u.watch.proof.resolver = host;
    f.u.watch.proof.resolver_len = FACT_RESOLVER_MAX;
    f.u.watch.proof.words = fill(words, 'w', STATUS_TEXT_SIZE - 1);
    f.u.watch.proof.words_len = STATUS_TEXT_SIZE - 1;
    give_rdap(&f);
    f.u.watch.registered = f.u.watch.looked = f.u.watch.rdap.at = UINT32_MAX;
    f.u.watch.rdap.http = UINT16_MAX;
    f.u.watch.rdap.elapsed_ms = f.u.watch.rdap.registered = f.u.watch.rdap.expires =
        UINT32_MAX;
    f.u.watch.rdap.states = (1U << RDAP_STATE_COUNT) - 1;
    f.u.watch.rdap.server = host;
    f.u.watch.rdap.server_len = RDAP_SERVER_SIZE - 1;
    f.u.watch.rdap.words = words;
    f.u.watch.rdap.words_len = STATUS_TEXT_SIZE - 1;
    print_message("largest watch: %zu bytes\n", round_trip(&f));
}

static void test_sizes(void **state)
{
    (void)state;
    struct fact f = address_of("user-1234567", "alice.smith@example.com", NULL, NULL);
    size_t size = round_trip(&f);
    size_t texts = strlen("user-1234567") + strlen("alice.smith") + strlen("example.com");
    print_message("address: texts + %zu bytes\n", size - texts);
    assert_in_range(size, texts, texts + 14);

    f = watch_of("example.com");
    size = round_trip(&f);
    texts = strlen("example.com");
    print_message("watch, a year old: domain + %zu bytes\n", size - texts);
    assert_in_range(size, texts, texts + 24);
    f.u.watch.epoch = f.u.watch.since = NOW - 10 * 365 * 86400U;
    f.u.watch.doubts = 3;
    size = round_trip(&f);
    print_message("watch, ten years old: domain + %zu bytes\n", size - texts);
    assert_in_range(size, texts, texts + 24);
    f = watch_of("example.com"); /* as the first event makes it */
    f.u.watch.phase = PHASE_NEW;
    f.u.watch.epoch = f.u.watch.since = f.u.watch.due = NOW;
    f.u.watch.checked = f.u.watch.moves = 0;
    size = round_trip(&f);
    print_message("watch, new: domain + %zu bytes\n", size - texts);
    assert_in_range(size, texts, texts + 24);

    give_proof(&f);
    print_message("watch with a proof: %zu bytes\n", round_trip(&f));
    f = gone_of("user-1234567", "alice.smith", "example.com");
    print_message("address gone: %zu bytes\n", round_trip(&f));
    f = move_of("example.com");
    print_message("move: %zu bytes\n", round_trip(&f));
}

static void test_no_memory(void **state)
{
    (void)state;
    /* A buffer that can't be doubled once more. Nobody gets to look at its bytes. */
    struct buf b = {.len = SIZE_MAX / 2 - 1000, .cap = SIZE_MAX / 2 + 1};
    const struct fact f = watch_of("example.com");
    assert_int_equal(fact_put(&b, &f), ST_NOMEM);
    assert_true(b.len == SIZE_MAX / 2 - 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_address_limits),
        cmocka_unit_test(test_characters_of_names),
        cmocka_unit_test(test_integer_accounts),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_watches),
        cmocka_unit_test(test_registrations),
        cmocka_unit_test(test_proof_limits),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
