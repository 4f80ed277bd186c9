/* What a candidacy rests on: kept as it came, within its bounds, freed to the last byte. */
#include "unit/unit.h"

#include "core/proof.h"
#include "unit/account_of.h"

struct fixture {
    struct registry registry;
    struct watch *watch;
    uint64_t used; /* arena bytes without a proof */
};

static void open_with_a_watch(struct fixture *f)
{
    struct account_event ev = event_of(EVENT_VERIFIED, "alice", "a@example.com");
    struct attachment a;
    registry_init(&f->registry);
    assert_int_equal(registry_attach(&f->registry, &ev, 1, &a), ST_OK);
    f->watch = registry_watch(&f->registry, a.slot);
    f->used = f->registry.arena.used;
}

static void note_dns(struct fixture *f, const char *soa, const char *resolver)
{
    const struct proof_dns dns = {
        .outcome = DNS_NOT_DELEGATED, .soa = soa, .resolver = resolver, .at = 1700000000};
    assert_int_equal(proof_note_dns(&f->registry, f->watch, &dns), ST_OK);
}

static void note_status(struct fixture *f, const char *words)
{
    const struct proof_status status = {
        .words = words, .http = 200, .elapsed_ms = 412, .at = 1700000001};
    assert_int_equal(proof_note_status(&f->registry, f->watch, &status), ST_OK);
}

static struct proof_view view(const struct fixture *f)
{
    struct proof_view v;
    assert_true(proof_view(&f->registry, f->watch, &v));
    return v;
}

static void both_parts_as_they_came(void **state)
{
    struct fixture f;
    struct proof_view v;
    (void)state;
    open_with_a_watch(&f);
    assert_false(proof_view(&f.registry, f.watch, &v));

    note_dns(&f, "com", "192.0.2.53:53");
    v = view(&f);
    assert_int_equal(v.dns.outcome, DNS_NOT_DELEGATED);
    assert_string_equal(v.dns.soa, "com");
    assert_string_equal(v.dns.resolver, "192.0.2.53:53");
    assert_int_equal(v.dns.at, 1700000000);
    assert_int_equal(v.status.at, 0); /* never answered */
    assert_string_equal(v.status.words, "");

    note_status(&f, "undelegated inactive");
    v = view(&f);
    assert_string_equal(v.dns.soa, "com"); /* stays */
    assert_string_equal(v.dns.resolver, "192.0.2.53:53");
    assert_string_equal(v.status.words, "undelegated inactive");
    assert_int_equal(v.status.http, 200);
    assert_int_equal(v.status.elapsed_ms, 412);
    assert_int_equal(v.status.at, 1700000001);

    note_dns(&f, "", "[2001:db8::53]:53");
    v = view(&f);
    assert_string_equal(v.dns.soa, "");
    assert_string_equal(v.dns.resolver, "[2001:db8::53]:53");
    assert_string_equal(v.status.words, "undelegated inactive"); /* stays */
    assert_int_equal(v.status.at, 1700000001);
    registry_close(&f.registry);
}

/* Noting may be given a view's own texts: they lie in the record that is replaced. */
static void its_own_texts_may_be_noted_again(void **state)
{
    struct fixture f;
    (void)state;
    open_with_a_watch(&f);
    note_dns(&f, "com", "192.0.2.53:53");
    note_status(&f, "undelegated inactive");
    for (int i = 0; i < 5; i++) {
        struct proof_view v = view(&f);
        assert_int_equal(proof_note_dns(&f.registry, f.watch, &v.dns), ST_OK);
        v = view(&f);
        assert_int_equal(proof_note_status(&f.registry, f.watch, &v.status), ST_OK);
    }
    struct proof_view v = view(&f);
    assert_string_equal(v.dns.soa, "com");
    assert_string_equal(v.dns.resolver, "192.0.2.53:53");
    assert_string_equal(v.status.words, "undelegated inactive");
    registry_close(&f.registry);
}

static void status_alone(void **state)
{
    struct fixture f;
    (void)state;
    open_with_a_watch(&f);
    note_status(&f, "inactive"); /* when there was no memory for the DNS answer */
    struct proof_view v = view(&f);
    assert_string_equal(v.dns.soa, "");
    assert_string_equal(v.dns.resolver, "");
    assert_int_equal(v.dns.at, 0);
    assert_string_equal(v.status.words, "inactive");
    registry_close(&f.registry);
}

static void dropping_frees_all(void **state)
{
    struct fixture f;
    struct proof_view v;
    (void)state;
    open_with_a_watch(&f);
    for (int i = 0; i < 3; i++) {
        note_dns(&f, "com", "192.0.2.53:53");
        note_status(&f, "undelegated inactive");
        note_status(&f, "deleting");
        assert_true(f.registry.arena.used > f.used);
        proof_drop(&f.registry, f.watch);
        assert_int_equal(f.registry.arena.used, f.used);
        assert_int_equal(f.watch->evidence, 0);
        assert_false(proof_view(&f.registry, f.watch, &v));
        proof_drop(&f.registry, f.watch); /* none: nothing to do */
    }
    registry_close(&f.registry);
}

/* Texts from outside at their limits and beyond: cut, never run over. */
static void long_texts_are_cut(void **state)
{
    char soa[DOMAIN_MAX + 3], resolver[80], words[STATUS_TEXT_SIZE + 2];
    (void)state;
    for (size_t more = 0; more < 3; more++) {
        struct fixture f;
        size_t soa_len = DOMAIN_MAX - 1 + more, resolver_len = 62 + more;
        size_t words_len = STATUS_TEXT_SIZE - 2 + more;
        memset(soa, 's', soa_len);
        memset(resolver, 'r', resolver_len);
        memset(words, 'w', words_len);
        soa[soa_len] = resolver[resolver_len] = words[words_len] = '\0';
        open_with_a_watch(&f);
        note_dns(&f, soa, resolver);
        note_status(&f, words);
        struct proof_view v = view(&f);
        assert_int_equal(strlen(v.dns.soa), soa_len < DOMAIN_MAX ? soa_len : DOMAIN_MAX);
        assert_int_equal(strlen(v.dns.resolver), resolver_len < 63 ? resolver_len : 63);
        assert_int_equal(strlen(v.status.words), words_len < STATUS_TEXT_SIZE - 1
                                                     ? words_len
                                                     : STATUS_TEXT_SIZE - 1);
        proof_drop(&f.registry, f.watch);
        assert_int_equal(f.registry.arena.used, f.used);
        registry_close(&f.registry);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_parts_as_they_came),
        cmocka_unit_test(its_own_texts_may_be_noted_again),
        cmocka_unit_test(status_alone),
        cmocka_unit_test(dropping_frees_all),
        cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
