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
    assert_int_equal(proof_note_answers(&f->registry, f->watch, &status, NULL), ST_OK);
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
        assert_int_equal(proof_note_answers(&f.registry, f.watch, &v.status, &v.rdap),
                         ST_OK);
    }
    struct proof_view v = view(&f);
    assert_string_equal(v.dns.soa, "com");
    assert_string_equal(v.dns.resolver, "192.0.2.53:53");
    assert_string_equal(v.status.words, "undelegated inactive");
    registry_close(&f.registry);
}

static const struct proof_status held = {
    .words = "undelegated active", .http = 200, .elapsed_ms = 412, .at = 1700000001};
static const struct proof_rdap going = {.server = "rdap.example",
                                        .words = "redemption period, pending delete",
                                        .states = 3,
                                        .registered = 1400000000,
                                        .expires = 1800000000,
                                        .http = 200,
                                        .elapsed_ms = 88,
                                        .at = 1700000002};

static void check_rdap(const struct fixture *f)
{
    const struct proof_view v = view(f);
    assert_string_equal(v.rdap.server, "rdap.example");
    assert_string_equal(v.rdap.words, "redemption period, pending delete");
    assert_int_equal(v.rdap.states, 3);
    assert_int_equal(v.rdap.registered, 1400000000);
    assert_int_equal(v.rdap.expires, 1800000000);
    assert_int_equal(v.rdap.http, 200);
    assert_int_equal(v.rdap.elapsed_ms, 88);
    assert_int_equal(v.rdap.at, 1700000002);
    assert_false(proof_rdap_is_free(&v.rdap));
}

/* A second opinion comes and goes with the first one. */
static void a_registry_answers_too(void **state)
{
    struct fixture f;
    (void)state;
    open_with_a_watch(&f);
    note_dns(&f, "com", "192.0.2.53:53");
    assert_int_equal(proof_note_answers(&f.registry, f.watch, &held, &going), ST_OK);
    check_rdap(&f);
    for (int i = 0; i < 3; i++) {
        struct proof_view v = view(&f);
        assert_string_equal(v.dns.soa, "com");
        assert_string_equal(v.status.words, "undelegated active");
        note_dns(&f, i % 2 ? "com" : "example.com", "[2001:db8::53]:53");
        check_rdap(&f); /* stays */
        v = view(&f);   /* its own texts */
        assert_int_equal(proof_note_answers(&f.registry, f.watch, &v.status, &v.rdap),
                         ST_OK);
        check_rdap(&f);
        note_dns(&f, "com", "192.0.2.53:53");
    }
    assert_int_equal(proof_note_answers(&f.registry, f.watch, NULL, &going), ST_OK);
    check_rdap(&f);
    assert_int_equal(view(&f).status.at, 0);
    assert_string_equal(view(&f).status.words, "");
    note_status(&f, "inactive");
    assert_int_equal(view(&f).rdap.at, 0);
    assert_string_equal(view(&f).rdap.server, "");
    assert_string_equal(view(&f).rdap.words, "");
    assert_int_equal(proof_note_answers(&f.registry, f.watch, &held, &going), ST_OK);
    proof_drop(&f.registry, f.watch);
    assert_int_equal(f.registry.arena.used, f.used);
    registry_close(&f.registry);
}

static void a_reply_as_a_proof(void **state)
{
    struct rdap_reply reply = {.outcome = STATUS_ANSWERED,
                               .states = 5,
                               .registered_s = UINT32_MAX,
                               .expires_s = INT64_C(1) << 32,
                               .words = "w",
                               .server = "s",
                               .http = 200,
                               .elapsed_ms = 7};
    (void)state;
    struct proof_rdap p = proof_rdap_of(&reply, 9);
    assert_string_equal(p.server, "s");
    assert_string_equal(p.words, "w");
    assert_int_equal(p.states, 5);
    assert_int_equal(p.registered, UINT32_MAX);
    assert_int_equal(p.expires, 0); /* beyond what is kept */
    assert_int_equal(p.http, 200);
    assert_int_equal(p.elapsed_ms, 7);
    assert_int_equal(p.at, 9);
    reply.registered_s = -1;
    reply.http = 404;
    p = proof_rdap_of(&reply, 9);
    assert_int_equal(p.registered, 0);
    assert_true(proof_rdap_is_free(&p));
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
        assert_int_equal(proof_note_answers(&f.registry, f.watch, &held, &going), ST_OK);
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
    char server[RDAP_SERVER_SIZE + 2];
    (void)state;
    for (size_t more = 0; more < 3; more++) {
        struct fixture f;
        size_t soa_len = DOMAIN_MAX - 1 + more, resolver_len = 62 + more;
        size_t words_len = STATUS_TEXT_SIZE - 2 + more;
        memset(soa, 's', soa_len);
        memset(resolver, 'r', resolver_len);
        memset(words, 'w', words_len);
        size_t server_len = RDAP_SERVER_SIZE - 2 + more;
        memset(server, 'h', server_len);
        server[server_len] = '\0';
        soa[soa_len] = resolver[resolver_len] = words[words_len] = '\0';
        open_with_a_watch(&f);
        note_dns(&f, soa, resolver);
        const struct proof_status status = {.words = words, .at = 1};
        const struct proof_rdap rdap = {.server = server, .words = words, .at = 1};
        assert_int_equal(proof_note_answers(&f.registry, f.watch, &status, &rdap), ST_OK);
        struct proof_view v = view(&f);
        assert_int_equal(strlen(v.rdap.server), server_len < RDAP_SERVER_SIZE - 1
                                                    ? server_len
                                                    : RDAP_SERVER_SIZE - 1);
        assert_string_equal(v.rdap.words, v.status.words);
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
        cmocka_unit_test(a_registry_answers_too),
        cmocka_unit_test(a_reply_as_a_proof),
        cmocka_unit_test(status_alone),
        cmocka_unit_test(dropping_frees_all),
        cmocka_unit_test(long_texts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
