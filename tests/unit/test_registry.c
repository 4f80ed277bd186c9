/* The registry: who is whose, told apart as the contract says, against a naive model over
 * random operations, and within its budget of bytes. */
#include "unit/unit.h"

#include "core/registry.h"
#include "core/schedule.h"
#include "unit/account_of.h"
#include "unit/dice.h"

#define T INT64_C(1700000000123)

static struct attachment attach_at(struct registry *r, const char *account,
                                   const char *email, int64_t verified_ms)
{
    struct account_event ev = event_of(EVENT_VERIFIED, account, email);
    struct attachment a;
    assert_int_equal(registry_attach(r, &ev, verified_ms, &a), ST_OK);
    return a;
}

static struct attachment attach(struct registry *r, const char *account, const char *email)
{
    return attach_at(r, account, email, T);
}

static uint32_t find(const struct registry *r, const char *account, const char *email)
{
    struct account_event ev = event_of(EVENT_REMOVED, account, email);
    return registry_find_address(r, &ev.account, &ev.address);
}

static void expect_email(const struct registry *r, uint32_t address, const char *email)
{
    char out[EMAIL_MAX + 1];
    assert_int_equal(address_email(r, registry_address(r, address), out), strlen(email));
    assert_string_equal(out, email);
}

static const char *name_at(const struct registry *r, uint32_t slot)
{
    return registry_name(r, registry_watch(r, slot));
}

/* Attach ---------------------------------------------------------------------------------
 */

static void attaches(void **state)
{
    struct registry r;
    (void)state;
    registry_init(&r);
    struct attachment a = attach(&r, "alice", "alice@example.com");
    assert_true(a.new_watch && a.new_address && !a.verified_again);
    const struct watch *w = registry_watch(&r, a.slot);
    assert_string_equal(registry_name(&r, w), "example.com");
    assert_int_equal(w->phase, PHASE_NEW);
    assert_int_equal(w->place, PLACE_UNSCHEDULED);
    assert_int_equal(w->addresses, 1);
    assert_int_equal(w->first, a.address);
    const struct address_record *rec = registry_address(&r, a.address);
    assert_int_equal(rec->watch, a.slot);
    assert_int_equal(address_verified_ms(rec), T);
    assert_int_equal(address_account(rec).len, 5);
    assert_memory_equal(address_account(rec).text, "alice", 5);
    assert_false(address_account(rec).is_int);
    assert_int_equal(address_mfa(rec), TRI_UNKNOWN);
    expect_email(&r, a.address, "alice@example.com");

    struct attachment b = attach(&r, "bob", "bob@example.com");
    assert_true(!b.new_watch && b.new_address);
    assert_int_equal(b.slot, a.slot);
    struct attachment c = attach(&r, "bob", "bob@example.net");
    assert_true(c.new_watch && c.new_address);
    assert_int_equal(r.watches, 2);
    assert_int_equal(r.addresses, 3);
    assert_int_equal(r.account_count, 2);
    assert_int_equal(find(&r, "alice", "alice@example.com"), a.address);
    assert_int_equal(find(&r, "bob", "bob@example.net"), c.address);
    assert_int_equal(find(&r, "alice", "bob@example.com"), 0);
    assert_int_equal(find(&r, "carol", "alice@example.com"), 0);
    registry_close(&r);
}

static void attaching_twice_changes_nothing(void **state)
{
    struct registry r;
    (void)state;
    registry_init(&r);
    struct attachment a = attach(&r, "alice", "alice@example.com");
    address_set_said(&r, registry_address(&r, a.address), SAID_DECIDED, SAID_DECIDED);
    uint64_t used = r.arena.used;
    struct attachment again = attach(&r, "alice", "alice@example.com");
    assert_int_equal(again.address, a.address);
    assert_int_equal(again.slot, a.slot);
    assert_false(again.new_watch || again.new_address || again.verified_again);
    assert_int_equal(address_unverify(registry_address(&r, a.address)), SAID_DECIDED);
    assert_int_equal(address_block(registry_address(&r, a.address)), SAID_DECIDED);
    assert_int_equal(r.addresses, 1);
    assert_int_equal(r.arena.used, used);
    registry_close(&r);
}

static void another_verification_drops_what_was_said(void **state)
{
    static const int64_t times[] = {T + 1, T - 1, 0, INT64_C(253402300799999), T};
    struct registry r;
    (void)state;
    registry_init(&r);
    struct attachment a = attach(&r, "alice", "alice@example.com");
    for (size_t i = 0; i < ARRAY_LEN(times); i++) {
        struct address_record *rec = registry_address(&r, a.address);
        address_set_said(&r, rec, SAID_CONFIRMED, SAID_DECIDED);
        struct attachment b = attach_at(&r, "alice", "alice@example.com", times[i]);
        assert_int_equal(b.address, a.address);
        assert_true(b.verified_again && !b.new_address);
        assert_int_equal(address_verified_ms(rec), times[i]);
        assert_int_equal(address_unverify(rec), SAID_NOTHING);
        assert_int_equal(address_block(rec), SAID_NOTHING);
        assert_false(attach_at(&r, "alice", "alice@example.com", times[i]).verified_again);
    }
    registry_close(&r);
}

static void what_is_not_told_stays(void **state)
{
    struct registry r;
    struct attachment a;
    (void)state;
    registry_init(&r);
    struct account_event ev = event_of(EVENT_VERIFIED, "#7", "a@example.com");
    ev.mfa = TRI_NO;
    ev.other_verified = TRI_YES;
    assert_int_equal(registry_attach(&r, &ev, T, &a), ST_OK);
    struct address_record *rec = registry_address(&r, a.address);
    assert_int_equal(address_mfa(rec), TRI_NO);
    assert_int_equal(address_other_verified(rec), TRI_YES);
    ev.mfa = TRI_UNKNOWN;
    ev.other_verified = TRI_NO;
    assert_int_equal(registry_attach(&r, &ev, T, &a), ST_OK);
    assert_int_equal(address_mfa(rec), TRI_NO);
    assert_int_equal(address_other_verified(rec), TRI_NO);
    address_set_mfa(&r, rec, TRI_YES);
    assert_int_equal(address_mfa(rec), TRI_YES);
    address_set_mfa(&r, rec, TRI_UNKNOWN);
    assert_int_equal(address_mfa(rec), TRI_UNKNOWN);
    assert_int_equal(address_other_verified(rec), TRI_NO);
    assert_true(address_account(rec).is_int); /* its neighbours in the byte */
    registry_close(&r);
}

/* Identity -------------------------------------------------------------------------------
 */

#define IDN_U "a@b\303\274cher.de"
#define IDN_U_UPPER "a@B\303\234CHER.de"
#define IDN_A "a@xn--bcher-kva.de"

static void one_address_two_spellings(void **state)
{
    static const struct {
        const char *first, *second;
        bool same;
    } pairs[] = {
        {"a@example.com", "a@EXAMPLE.com", true},
        {"a@Example.Com", "a@example.com", true},
        {"a@example.com", "a@example.com.", true},
        {"a@EXAMPLE.com.", "a@example.com", true},
        {"a@mail.example.com", "a@Mail.Example.com.", true},
        {IDN_U, IDN_A, true},
        {IDN_A, IDN_U, true},
        {IDN_U, IDN_U_UPPER, true},
        {IDN_U_UPPER, IDN_U, true},
        {IDN_A, "a@XN--BCHER-KVA.de", true},
        /* the local part is its host's business: exact */
        {"a@example.com", "A@example.com", false},
        {"a@example.com", "a+b@example.com", false},
        {"a@example.com", "aa@example.com", false},
        {"\"a\"@example.com", "a@example.com", false},
        /* one watch, two hosts */
        {"a@example.com", "a@mail.example.com", false},
        {"a@mail.example.com", "a@example.com", false},
        {"a@x.mail.example.com", "a@mail.example.com", false},
        {"a@b.example.com", "a@c.example.com", false},
        {IDN_U, "a@bucher.de", false},
        /* where the local part ends must not matter to the text behind it */
        {"ab@c.example.com", "a@bc.example.com", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        struct registry r;
        registry_init(&r);
        struct attachment a = attach(&r, "alice", pairs[i].first);
        assert_int_equal(find(&r, "alice", pairs[i].first), a.address);
        if ((find(&r, "alice", pairs[i].second) == a.address) != pairs[i].same)
            fail_msg("%s and %s", pairs[i].first, pairs[i].second);
        struct attachment b = attach(&r, "alice", pairs[i].second);
        assert_int_equal(b.new_address, !pairs[i].same);
        expect_email(&r, a.address, pairs[i].first);
        if (b.new_address)
            expect_email(&r, b.address, pairs[i].second);
        registry_close(&r);
    }
}

/* Of two spellings of one address, the one that came first is the one that is told: ids are
 * made of it, so it must not change under them. */
static void the_first_spelling_stays(void **state)
{
    struct registry r;
    (void)state;
    registry_init(&r);
    struct attachment a = attach_at(&r, "alice", "a@Example.com", T);
    attach_at(&r, "alice", "a@EXAMPLE.COM.", T + 1);
    expect_email(&r, a.address, "a@Example.com");
    registry_close(&r);
}

/* What can be derived is not stored: 26 bytes and the texts, in units of 8. */
static void stores_no_more_than_it_must(void **state)
{
    static const struct {
        const char *email;
        size_t bytes;
    } rows[] = {
        {"local@example.com", 27 + 5 + 5},
        {"local@Example.com", 27 + 5 + 5 + 11},  /* the tail as given */
        {"local@example.com.", 27 + 5 + 5 + 12}, /* likewise */
        {"local@mail.example.com", 27 + 5 + 5 + 16},
        {"local@b\xC3\xBC"
         "cher.de",
         27 + 5 + 5 + 10 + 1 + 16}, /* and the A-labels */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct registry r;
        registry_init(&r);
        struct attachment a = attach(&r, "alice", rows[i].email);
        uint64_t name = strlen(name_at(&r, a.slot)) + 2;
        assert_int_equal(r.arena.used, (name + 7) / 8 * 8 + (rows[i].bytes + 7) / 8 * 8);
        registry_close(&r);
    }
}

static void emails_come_back_as_they_came(void **state)
{
    static char longest[EMAIL_MAX + 1];
    static const char *const emails[] = {
        "a@example.com",
        "A.B+c@Mail.EXAMPLE.com",
        "a@example.com.",
        "a@EXAMPLE.COM",
        "\"a b\\\"@c\"@example.com",
        IDN_U,
        IDN_A,
        "a@mail.b\xC3\xBC"
        "cher.de",
        "\xC3\xBC@example.com",
        "a@user.github.io",
        "a@deep.user.github.io",
        longest,
    };
    char account[24];
    struct registry r;
    (void)state;
    /* 64 for the local part leaves a name of 189 */
    memset(longest, 'l', 64);
    longest[64] = '@';
    for (size_t i = 65; i < EMAIL_MAX - 4; i++)
        longest[i] = i % 64 == 63 ? '.' : 'd';
    memcpy(longest + EMAIL_MAX - 4, ".com", 5);
    registry_init(&r);
    for (size_t i = 0; i < ARRAY_LEN(emails); i++) {
        /* an account each: some of these are one address */
        snprintf(account, sizeof account, "#%zu", i);
        struct attachment a = attach(&r, account, emails[i]);
        expect_email(&r, a.address, emails[i]);
    }
    registry_close(&r);
}

static void watches_the_registrable_name(void **state)
{
    static const struct {
        const char *email, *name;
    } rows[] = {
        {"a@example.com", "example.com"},         {"a@MAIL.Example.com.", "example.com"},
        {"a@x.example.co.uk", "example.co.uk"},   {IDN_U, "xn--bcher-kva.de"},
        {"a@b.user.github.io", "user.github.io"},
    };
    struct registry r;
    (void)state;
    registry_init(&r);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct attachment a = attach(&r, "alice", rows[i].email);
        assert_string_equal(name_at(&r, a.slot), rows[i].name);
        assert_int_equal(registry_find(&r, rows[i].name, strlen(rows[i].name)), a.slot);
    }
    assert_int_equal(registry_find(&r, "example.org", 11), 0);
    assert_int_equal(registry_find(&r, "example.co", 10), 0);
    registry_close(&r);
}

static void accounts_are_told_apart(void **state)
{
    char longest[ACCOUNT_ID_MAX + 1], other[ACCOUNT_ID_MAX + 1];
    memset(longest, 'x', ACCOUNT_ID_MAX);
    longest[ACCOUNT_ID_MAX] = '\0';
    memcpy(other, longest, sizeof other);
    other[ACCOUNT_ID_MAX - 1] = 'y';
    const char *const accounts[] = {"7",   "#7", "#-7", "-7",    "77",
                                    "#77", "a",  "A",   longest, other};
    struct registry r;
    uint32_t at[ARRAY_LEN(accounts)];
    (void)state;
    registry_init(&r);
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        struct attachment a = attach(&r, accounts[i], "a@example.com");
        assert_true(a.new_address);
        at[i] = a.address;
    }
    assert_int_equal(r.account_count, ARRAY_LEN(accounts));
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        struct account_id id = account_of(accounts[i]);
        assert_int_equal(find(&r, accounts[i], "a@example.com"), at[i]);
        assert_int_equal(registry_first_of_account(&r, &id), at[i]);
        struct account_id got = address_account(registry_address(&r, at[i]));
        assert_int_equal(got.is_int, id.is_int);
        assert_int_equal(got.len, id.len);
        assert_memory_equal(got.text, id.text, id.len);
    }
    registry_close(&r);
}

/* Detach and forget ----------------------------------------------------------------------
 */

static void detaches_from_anywhere_in_both_chains(void **state)
{
    static const char *const emails[] = {"a@example.com", "b@example.com", "c@example.com",
                                         "d@example.com"};
    (void)state;
    for (size_t gone = 0; gone < ARRAY_LEN(emails); gone++) {
        struct registry r;
        registry_init(&r);
        uint32_t slot = 0;
        for (size_t i = 0; i < ARRAY_LEN(emails); i++)
            slot = attach(&r, "alice", emails[i]).slot;
        registry_detach(&r, find(&r, "alice", emails[gone]));
        for (size_t i = 0; i < ARRAY_LEN(emails); i++)
            assert_int_equal(find(&r, "alice", emails[i]) != 0, i != gone);
        assert_int_equal(registry_watch(&r, slot)->addresses, 3);
        uint32_t n = 0, before = 0;
        for (uint32_t a = registry_watch(&r, slot)->first; a != 0; n++) {
            assert_int_equal(registry_address(&r, a)->prev, before);
            before = a;
            a = registry_address(&r, a)->next;
        }
        assert_int_equal(n, 3);
        assert_int_equal(r.account_count, 1);
        registry_close(&r);
    }
}

static void deletes_by_account(void **state)
{
    const struct account_id alice = account_of("alice");
    char email[64];
    struct registry r;
    (void)state;
    registry_init(&r);
    for (int i = 0; i < 100; i++) {
        snprintf(email, sizeof email, "a%d@example.com", i);
        attach(&r, "alice", email);
        attach(&r, "bob", email);
    }
    uint32_t a, n = 0;
    for (; (a = registry_first_of_account(&r, &alice)) != 0; n++)
        registry_detach(&r, a);
    assert_int_equal(n, 100);
    assert_int_equal(r.account_count, 1);
    assert_int_equal(r.addresses, 100);
    for (int i = 0; i < 100; i++) {
        snprintf(email, sizeof email, "a%d@example.com", i);
        assert_int_equal(find(&r, "alice", email), 0);
        assert_int_not_equal(find(&r, "bob", email), 0);
    }
    registry_close(&r);
}

static void forgotten_is_forgotten(void **state)
{
    struct registry r;
    (void)state;
    registry_init(&r);
    struct attachment a = attach(&r, "alice", "alice@example.com");
    struct watch_ref ref = registry_ref(&r, a.slot);
    assert_ptr_equal(registry_resolve(&r, ref), registry_watch(&r, a.slot));
    assert_null(registry_resolve(&r, (struct watch_ref){.slot = 0, .gen = ref.gen}));
    assert_null(registry_resolve(&r, (struct watch_ref){.slot = a.slot + 1}));
    assert_null(registry_resolve(
        &r, (struct watch_ref){.slot = a.slot, .gen = (uint16_t)(ref.gen + 1)}));
    struct watch_ref same = watch_ref_of_token(watch_ref_token(ref));
    assert_ptr_equal(registry_resolve(&r, same), registry_watch(&r, a.slot));

    registry_detach(&r, a.address);
    assert_int_equal(registry_watch(&r, a.slot)->addresses, 0);
    registry_forget(&r, a.slot);
    assert_null(registry_resolve(&r, ref));
    assert_int_equal(registry_find(&r, "example.com", 11), 0);
    assert_int_equal(r.watches, 0);
    assert_int_equal(r.arena.used, 0); /* every record given back */

    /* The slot is used again, under another generation: old references stay dead. */
    struct attachment b = attach(&r, "bob", "bob@example.net");
    assert_int_equal(b.slot, a.slot);
    assert_null(registry_resolve(&r, ref));
    assert_non_null(registry_resolve(&r, registry_ref(&r, b.slot)));
    assert_int_equal(registry_watch(&r, b.slot)->phase, PHASE_NEW);
    assert_int_equal(registry_watch(&r, b.slot)->flags, 0);
    registry_close(&r);
}

/* Growth past a chunk of watches, a block of the arena and the index's first parts. */
static void grows(void **state)
{
    enum { N = 20000 };
    char account[16], email[64], name[64];
    struct registry r;
    (void)state;
    registry_init(&r);
    for (unsigned i = 0; i < N; i++) {
        snprintf(account, sizeof account, "#%u", i);
        snprintf(email, sizeof email, "user%u@domain%u.com", i, i);
        attach(&r, account, email);
    }
    assert_true(r.n_chunks > 4);
    assert_int_equal(r.watches, N);
    for (unsigned i = 0; i < N; i++) {
        snprintf(account, sizeof account, "#%u", i);
        snprintf(email, sizeof email, "user%u@domain%u.com", i, i);
        snprintf(name, sizeof name, "domain%u.com", i);
        uint32_t a = find(&r, account, email);
        assert_int_not_equal(a, 0);
        expect_email(&r, a, email);
        assert_int_equal(registry_find(&r, name, strlen(name)),
                         registry_address(&r, a)->watch);
    }
    registry_close(&r);
}

/* Against a model ------------------------------------------------------------------------
 */

enum { ACCOUNTS = 23, EMAILS = 31, STEPS = 200000 };

#define UMLAUT_DOMAIN                                                                      \
    "b\xC3\xBC"                                                                            \
    "cher.de" /* cut, or the c would be a hex digit */

static const char *const model_domains[] = {"one.com", "two.com", "mail.two.com",
                                            "three.co.uk", UMLAUT_DOMAIN};

/* Which watch a domain of the list belongs to. */
static const char *const model_names[] = {"one.com", "two.com", "two.com", "three.co.uk",
                                          "xn--bcher-kva.de"};

struct model {
    bool is_in[ACCOUNTS][EMAILS];
    int64_t verified_ms[ACCOUNTS][EMAILS];
};

static void model_account(uint32_t a, char out[16])
{
    snprintf(out, 16, a % 2 ? "%u" : "#%u", a / 2); /* "3" and 3 are two */
}

static const char *model_email(uint32_t e, char out[64])
{
    uint32_t domain = e % ARRAY_LEN(model_domains);
    snprintf(out, 64, "u%u@%s", e / (uint32_t)ARRAY_LEN(model_domains),
             model_domains[domain]);
    return model_names[domain];
}

static void model_detach(struct registry *r, uint32_t address)
{
    uint32_t slot = registry_address(r, address)->watch;
    registry_detach(r, address);
    if (registry_watch(r, slot)->addresses == 0)
        registry_forget(r, slot);
}

static void compare(const struct registry *r, const struct model *m)
{
    char account[16], email[64];
    uint64_t addresses = 0, accounts = 0;
    for (uint32_t a = 0; a < ACCOUNTS; a++) {
        uint32_t of_account = 0, in_chain = 0;
        model_account(a, account);
        for (uint32_t e = 0; e < EMAILS; e++) {
            const char *name = model_email(e, email);
            uint32_t h = find(r, account, email);
            assert_int_equal(h != 0, m->is_in[a][e]);
            if (h == 0)
                continue;
            of_account++;
            const struct address_record *rec = registry_address(r, h);
            assert_int_equal(address_verified_ms(rec), m->verified_ms[a][e]);
            assert_string_equal(name_at(r, rec->watch), name);
            expect_email(r, h, email);
        }
        struct account_id id = account_of(account);
        for (uint32_t h = registry_first_of_account(r, &id); h != 0;
             h = registry_address(r, h)->next_of_account)
            in_chain++;
        assert_int_equal(in_chain, of_account);
        addresses += of_account;
        accounts += of_account > 0;
    }
    assert_int_equal(r->addresses, addresses);
    assert_int_equal(r->account_count, accounts);
    for (uint32_t d = 0; d < ARRAY_LEN(model_names); d++) {
        uint32_t want = 0, got = 0;
        for (uint32_t a = 0; a < ACCOUNTS; a++) {
            for (uint32_t e = 0; e < EMAILS; e++)
                want +=
                    m->is_in[a][e] && strcmp(model_email(e, email), model_names[d]) == 0;
        }
        uint32_t slot = registry_find(r, model_names[d], strlen(model_names[d]));
        assert_int_equal(slot != 0, want > 0);
        if (slot == 0)
            continue;
        for (uint32_t h = registry_watch(r, slot)->first; h != 0;
             h = registry_address(r, h)->next)
            got++;
        assert_int_equal(got, want);
        assert_int_equal(registry_watch(r, slot)->addresses, want);
    }
}

static void random_operations(void **state)
{
    static struct model m;
    struct dice d = {11};
    struct registry r;
    char account[16], email[64];
    (void)state;
    memset(&m, 0, sizeof m);
    registry_init(&r);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t a = dice_below(&d, ACCOUNTS), e = dice_below(&d, EMAILS);
        /* the lean changes, so that all watches come and go */
        bool filling = step / 2000 % 2 == 0;
        model_account(a, account);
        model_email(e, email);
        if (dice_one_in(&d, 200)) {
            struct account_id id = account_of(account);
            uint32_t h;
            while ((h = registry_first_of_account(&r, &id)) != 0)
                model_detach(&r, h);
            memset(m.is_in[a], 0, sizeof m.is_in[a]);
        } else if (dice_below(&d, 10) < (filling ? 7U : 2U)) {
            int64_t ms = T + dice_below(&d, 3);
            struct attachment got = attach_at(&r, account, email, ms);
            assert_int_equal(got.new_address, !m.is_in[a][e]);
            assert_int_equal(got.verified_again,
                             m.is_in[a][e] && m.verified_ms[a][e] != ms);
            m.is_in[a][e] = true;
            m.verified_ms[a][e] = ms;
        } else {
            uint32_t h = find(&r, account, email);
            assert_int_equal(h != 0, m.is_in[a][e]);
            if (h != 0)
                model_detach(&r, h);
            m.is_in[a][e] = false;
        }
        if (step % 1000 == 0)
            compare(&r, &m);
    }
    compare(&r, &m);
    for (uint32_t a = 0; a < ACCOUNTS; a++) {
        model_account(a, account);
        struct account_id id = account_of(account);
        uint32_t h;
        while ((h = registry_first_of_account(&r, &id)) != 0)
            model_detach(&r, h);
    }
    assert_int_equal(r.arena.used, 0);
    assert_int_equal(r.watches + r.addresses + r.account_count, 0);
    registry_close(&r);
}

/* Footprint ------------------------------------------------------------------------------
 */

/* Design, section 9: at most 120 bytes a domain and 60 an address, all in. The schedule's
 * heap is part of a watched domain. */
/* A hint may be about anything, known or not, and is never wrong. */
static void what_is_expected_changes_nothing(void **state)
{
    static const char *const emails[REGISTRY_EXPECTED] = {
        "a@one.com",  "b@one.com",     "a@two.com",   "a@sub.two.com",
        "a@ONE.com",  "a@x.github.io", "c@three.de",  "d@four.org",
        "e@five.net", "f@six.com",     "g@one.com",   "h@seven.com",
        "i@eight.eu", "j@nine.com",    "k@ten.co.uk", "l@two.com",
    };
    struct account_event events[REGISTRY_EXPECTED];
    const struct account_event *at[REGISTRY_EXPECTED];
    struct registry r;
    (void)state;
    registry_init(&r);
    registry_expect(&r, at, 0);
    for (size_t i = 0; i < REGISTRY_EXPECTED; i++) {
        events[i] = event_of(EVENT_VERIFIED, i % 2 ? "bob" : "ann", emails[i]);
        at[i] = &events[i];
    }
    registry_expect(&r, at, REGISTRY_EXPECTED);
    assert_int_equal(r.watches, 0);
    for (size_t i = 0; i < REGISTRY_EXPECTED / 2; i++)
        attach(&r, i % 2 ? "bob" : "ann", emails[i]);
    const uint64_t digest = r.digest, watches = r.watches, addresses = r.addresses;
    registry_expect(&r, at, REGISTRY_EXPECTED);
    assert_int_equal(r.digest, digest);
    assert_int_equal(r.watches, watches);
    assert_int_equal(r.addresses, addresses);
    for (size_t i = 0; i < REGISTRY_EXPECTED; i++)
        assert_int_equal(find(&r, i % 2 ? "bob" : "ann", emails[i]) != 0,
                         i < REGISTRY_EXPECTED / 2);
    registry_close(&r);
}

static void stays_in_its_budget(void **state)
{
    enum { DOMAINS = 200000, ADDRESSES = 240000 };
    char account[16], email[64];
    struct registry r;
    struct schedule s;
    (void)state;
    registry_init(&r);
    schedule_init(&s, &r, PLACE_SCHEDULED);
    for (uint32_t i = 0; i < ADDRESSES; i++) {
        uint32_t domain = i < DOMAINS ? i : (i - DOMAINS) * 5;
        snprintf(account, sizeof account, "u%06u", i);                          /* 7 */
        int n = snprintf(email, sizeof email, "name%06u", i * 7919 % 1000000);  /* 10 */
        snprintf(email + n, sizeof email - (size_t)n, "@site%06u.com", domain); /* 14 */
        struct attachment a = attach(&r, account, email);
        assert_true(a.new_address);
        if (!a.new_watch)
            continue;
        assert_int_equal(schedule_reserve(&s, r.watches), ST_OK);
        schedule_put(&s, a.slot, i);
    }
    assert_int_equal(r.watches, DOMAINS);
    assert_int_equal(r.addresses, ADDRESSES);
    uint64_t heap = (uint64_t)s.cap * sizeof *s.heap;
    uint64_t all = registry_footprint(&r) + heap;
    /* Whose the bytes are; what is left is the arena's last block and the odd table. */
    uint64_t names = (uint64_t)DOMAINS * 16; /* length byte, 14, NUL */
    uint64_t of_domains = r.n_chunks * (uint64_t)WATCHES_PER_CHUNK * sizeof(struct watch) +
                          index_footprint(&r.domains) + heap + names;
    uint64_t of_addresses = r.arena.used - names + index_footprint(&r.accounts);
    print_message("footprint: %.1f bytes a domain, %.1f an address; %.1f MB of %.1f MB\n",
                  (double)of_domains / (double)DOMAINS,
                  (double)of_addresses / (double)ADDRESSES, (double)all / 1e6,
                  (120.0 * (double)DOMAINS + 60.0 * (double)ADDRESSES) / 1e6);
    assert_true(all <= UINT64_C(120) * DOMAINS + UINT64_C(60) * ADDRESSES);
    assert_true(of_domains <= UINT64_C(120) * DOMAINS);
    assert_true(of_addresses <= UINT64_C(60) * ADDRESSES);
    schedule_close(&s);
    registry_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attaches),
        cmocka_unit_test(attaching_twice_changes_nothing),
        cmocka_unit_test(another_verification_drops_what_was_said),
        cmocka_unit_test(what_is_not_told_stays),
        cmocka_unit_test(one_address_two_spellings),
        cmocka_unit_test(the_first_spelling_stays),
        cmocka_unit_test(stores_no_more_than_it_must),
        cmocka_unit_test(emails_come_back_as_they_came),
        cmocka_unit_test(watches_the_registrable_name),
        cmocka_unit_test(accounts_are_told_apart),
        cmocka_unit_test(detaches_from_anywhere_in_both_chains),
        cmocka_unit_test(deletes_by_account),
        cmocka_unit_test(forgotten_is_forgotten),
        cmocka_unit_test(grows),
        cmocka_unit_test(random_operations),
        cmocka_unit_test(what_is_expected_changes_nothing),
        cmocka_unit_test(stays_in_its_budget),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
