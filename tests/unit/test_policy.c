/* The strict policy table: every row, every word alone, every list of up to three words
 * against a second telling of the table, and what no three words may ever do. The presets
 * and tables of one's own: the same lists against their sets. */
#include "unit/unit.h"

#include "core/policy.h"

static struct policy policy_from(const char *preset, const char *unverify_on,
                                 const char *release_on)
{
    struct policy p;
    assert_int_equal(policy_of(preset, unverify_on, release_on, &p), ST_OK);
    return p;
}

static struct verdict judge_by(const struct policy *p, const char *text)
{
    struct status_words words = status_words_parse(text);
    return policy_judge(p, &words);
}

static struct verdict judge(const char *text)
{
    const struct policy strict = policy_from("strict", NULL, NULL);
    return judge_by(&strict, text);
}

static const struct verdict doubt = {.kind = VERDICT_DOUBT};

static void expect_by(const struct policy *p, const char *text, struct verdict want)
{
    struct verdict v = judge_by(p, text);
    bool same = v.kind == want.kind;
    if (v.kind == VERDICT_PHASE)
        same = same && v.phase == want.phase && v.reason == want.reason;
    /* doubt must carry no wish to act either */
    same = same && v.unverify == want.unverify && v.block_reset == want.block_reset &&
           v.must_hold == want.must_hold && v.needs_no_mx == want.needs_no_mx;
    if (!same)
        fail_msg("%s: \"%s\": kind %d phase %s unverify %d block %d hold %d no mx %d %s",
                 policy_text(p), text, v.kind, phase_text(v.phase), v.unverify,
                 v.block_reset, v.must_hold, v.needs_no_mx, reason_text(v.reason));
}

static void expect(const char *text, struct verdict want)
{
    const struct policy strict = policy_from("strict", NULL, NULL);
    expect_by(&strict, text, want);
}

/* The table a second time, in its own order: the first row that fits. */
struct row {
    const char *any;      /* one of these is there; NULL: whatever the words */
    const char *all;      /* and all of these */
    const char *none;     /* and none of these */
    const char *not_last; /* and the right-most is none of these */
    const char *last;     /* and the right-most is one of these */
    bool unseen;          /* or: some word was never seen before (nothing else matters) */
    struct verdict verdict;
};

#define NO_NAME "invalid suffix zone tld"
#define NOBODYS "reserved claimed dpml disallowed unregistrable"
#define TAKEN "active parked marketed priced transferable"
#define IN_PHASE(p)                                                                        \
    {                                                                                      \
        .kind = VERDICT_PHASE, .phase = (p)                                                \
    }
#define ACT(p, r) .kind = VERDICT_PHASE, .phase = (p), .unverify = true, .reason = (r)

static const struct row rows[] = {
    {.any = "deleting", .verdict = {ACT(PHASE_PENDING_DELETE, REASON_DELETING)}},
    {.any = "expiring",
     .verdict = {ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true}},
    {.unseen = true, .verdict = {.kind = VERDICT_DOUBT}},
    {.last = "unknown", .verdict = {.kind = VERDICT_DOUBT}},
    {.any = "inactive",
     .none = "active",
     .not_last = NO_NAME " " NOBODYS,
     .verdict = {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
    {.all = "inactive active", .verdict = {.kind = VERDICT_DOUBT}},
    {.any = "inactive", .last = NOBODYS, .verdict = IN_PHASE(PHASE_UNREGISTRABLE)},
    {.any = NO_NAME, .verdict = IN_PHASE(PHASE_NOT_A_NAME)},
    {.any = TAKEN, .all = "undelegated", .verdict = IN_PHASE(PHASE_HELD)},
    {.any = TAKEN, .verdict = IN_PHASE(PHASE_ACTIVE)},
    {.any = NOBODYS, .verdict = IN_PHASE(PHASE_UNREGISTRABLE)},
    {.verdict = {.kind = VERDICT_DOUBT}},
};

static bool is_among(const char *word, const char *list)
{
    size_t len = strlen(word);
    for (const char *p = list; (p = strstr(p, word)) != NULL; p += len) {
        if ((p == list || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
            return true;
    }
    return false;
}

struct words {
    const char *at[3];
    size_t n;
    bool has_unseen;
};

static size_t count_among(const struct words *w, const char *list)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++) {
        bool is_repeated = false;
        for (size_t k = 0; k < i; k++)
            is_repeated |= strcmp(w->at[k], w->at[i]) == 0;
        n += !is_repeated && is_among(w->at[i], list);
    }
    return n;
}

static size_t length_of(const char *list)
{
    size_t n = 1;
    for (; *list != '\0'; list++)
        n += *list == ' ';
    return n;
}

static bool fits(const struct row *row, const struct words *w)
{
    const char *last = w->n > 0 ? w->at[w->n - 1] : "";
    if (row->unseen)
        return w->has_unseen;
    return (row->any == NULL || count_among(w, row->any) > 0) &&
           (row->all == NULL || count_among(w, row->all) == length_of(row->all)) &&
           (row->none == NULL || count_among(w, row->none) == 0) &&
           (row->not_last == NULL || !is_among(last, row->not_last)) &&
           (row->last == NULL || is_among(last, row->last));
}

static struct verdict oracle(const struct words *w)
{
    size_t i = 0;
    while (!fits(&rows[i], w))
        i++;
    return rows[i].verdict;
}

static void the_documented_rows(void **state)
{
    static const struct {
        const char *text;
        struct verdict verdict;
    } table[] = {
        {"undelegated inactive",
         {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
        {"inactive", {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
        {"undelegated inactive priced",
         {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
        {"undelegated inactive premium",
         {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
        {"undelegated expiring",
         {ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true}},
        {"active expiring", {ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true}},
        {"undelegated inactive expiring",
         {ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true}},
        {"expiring unknown", {ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true}},
        {"deleting", {ACT(PHASE_PENDING_DELETE, REASON_DELETING)}},
        {"expiring deleting", {ACT(PHASE_PENDING_DELETE, REASON_DELETING)}},
        {"deleting expiring", {ACT(PHASE_PENDING_DELETE, REASON_DELETING)}},
        {"deleting wholly-new", {ACT(PHASE_PENDING_DELETE, REASON_DELETING)}},
        {"active", IN_PHASE(PHASE_ACTIVE)},
        {"active parked", IN_PHASE(PHASE_ACTIVE)},
        {"marketed priced transferable active", IN_PHASE(PHASE_ACTIVE)},
        {"undelegated active", IN_PHASE(PHASE_HELD)},
        {"active undelegated", IN_PHASE(PHASE_HELD)},
        {"undelegated parked", IN_PHASE(PHASE_HELD)},
        {"undelegated reserved", IN_PHASE(PHASE_UNREGISTRABLE)},
        {"undelegated claimed", IN_PHASE(PHASE_UNREGISTRABLE)},
        {"dpml", IN_PHASE(PHASE_UNREGISTRABLE)},
        {"disallowed", IN_PHASE(PHASE_UNREGISTRABLE)},
        {"active tld", IN_PHASE(PHASE_NOT_A_NAME)},
        {"suffix zone", IN_PHASE(PHASE_NOT_A_NAME)},
        {"undelegated", {.kind = VERDICT_DOUBT}},
        {"unknown", {.kind = VERDICT_DOUBT}},
        {"undelegated unknown", {.kind = VERDICT_DOUBT}},
        {"inactive active", {.kind = VERDICT_DOUBT}},
        {"undelegated inactive active", {.kind = VERDICT_DOUBT}},
        {"", {.kind = VERDICT_DOUBT}},
        /* `inactive` yields to a weightier word behind it, and to none before it */
        {"inactive unknown", {.kind = VERDICT_DOUBT}},
        {"unknown inactive", {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
        {"inactive wholly-new", {.kind = VERDICT_DOUBT}},
        {"wholly-new inactive", {.kind = VERDICT_DOUBT}},
        {"undelegated inactive reserved", IN_PHASE(PHASE_UNREGISTRABLE)},
        {"reserved inactive", {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
        {"inactive zone", IN_PHASE(PHASE_NOT_A_NAME)},
        /* as the API may spell them */
        {"Undelegated  INACTIVE ",
         {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        expect(table[i].text, table[i].verdict);
}

/* Written out one by one: a word that joins the vocabulary must get a line here. */
static void each_word_alone(void **state)
{
    static const struct verdict alone[] = {
        [WORD_UNKNOWN] = {.kind = VERDICT_DOUBT},
        [WORD_UNDELEGATED] = {.kind = VERDICT_DOUBT},
        [WORD_INACTIVE] = {ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true},
        [WORD_PENDING] = {.kind = VERDICT_DOUBT},
        [WORD_DISALLOWED] = IN_PHASE(PHASE_UNREGISTRABLE),
        [WORD_CLAIMED] = IN_PHASE(PHASE_UNREGISTRABLE),
        [WORD_RESERVED] = IN_PHASE(PHASE_UNREGISTRABLE),
        [WORD_DPML] = IN_PHASE(PHASE_UNREGISTRABLE),
        [WORD_INVALID] = IN_PHASE(PHASE_NOT_A_NAME),
        [WORD_ACTIVE] = IN_PHASE(PHASE_ACTIVE),
        [WORD_PARKED] = IN_PHASE(PHASE_ACTIVE),
        [WORD_MARKETED] = IN_PHASE(PHASE_ACTIVE),
        [WORD_EXPIRING] = {ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true},
        [WORD_DELETING] = {ACT(PHASE_PENDING_DELETE, REASON_DELETING)},
        [WORD_PRICED] = IN_PHASE(PHASE_ACTIVE),
        [WORD_TRANSFERABLE] = IN_PHASE(PHASE_ACTIVE),
        [WORD_PREMIUM] = {.kind = VERDICT_DOUBT},
        [WORD_SUFFIX] = IN_PHASE(PHASE_NOT_A_NAME),
        [WORD_ZONE] = IN_PHASE(PHASE_NOT_A_NAME),
        [WORD_TLD] = IN_PHASE(PHASE_NOT_A_NAME),
        [WORD_UNREGISTRABLE] = IN_PHASE(PHASE_UNREGISTRABLE),
    };
    (void)state;
    assert_int_equal(ARRAY_LEN(alone), WORD_COUNT);
    assert_int_equal(WORD_COUNT, 21);
    for (int w = 0; w < WORD_COUNT; w++)
        expect(status_word_text((enum status_word)w), alone[w]);
    expect("wholly-new", doubt);
}

/* Index WORD_COUNT stands for a word never seen before. */
static const char *word_text(int w)
{
    return w < WORD_COUNT ? status_word_text((enum status_word)w) : "wholly-new";
}

/* Each list of two and of three words, in every order, also with a word twice. */
static void each_list(void (*look)(const struct words *w, const char *text, void *arg),
                      void *arg)
{
    enum { N = WORD_COUNT + 1 };
    char text[96];
    for (int i = 0; i < N * N * N; i++) {
        const int at[] = {i % N, i / N % N, i / N / N};
        for (size_t n = at[2] == 0 ? 2 : 3; n <= 3; n++) {
            struct words w = {.n = n};
            for (size_t k = 0; k < n; k++) {
                w.at[k] = word_text(at[k]);
                w.has_unseen |= at[k] == WORD_COUNT;
            }
            snprintf(text, sizeof text, "%s %s %s", w.at[0], w.at[1],
                     n == 3 ? w.at[2] : "");
            look(&w, text, arg);
        }
    }
}

static void compare_strict(const struct words *w, const char *text, void *arg)
{
    size_t *n = arg;
    expect(text, oracle(w));
    ++*n;
}

static void each_list_of_words(void **state)
{
    size_t n = 0;
    (void)state;
    each_list(compare_strict, &n);
    assert_int_equal(n, 22 * 22 * 22 + 22 * 22);
}

/* What the table must never do, told without it: 10,648 lists of three. */
static void three_words_act_only_on_a_statement(void **state)
{
    char text[96];
    (void)state;
    for (int i = 0; i < 22 * 22 * 22; i++) {
        const int at[] = {i % 22, i / 22 % 22, i / 484};
        uint32_t set = 0;
        for (size_t k = 0; k < 3; k++)
            set |= 1U << at[k];
        bool is_going = set & (1U << WORD_DELETING | 1U << WORD_EXPIRING);
        bool may_be_gone = (set & 1U << WORD_INACTIVE) && !(set & 1U << WORD_ACTIVE) &&
                           !(set & 1U << WORD_COUNT) && at[2] != WORD_UNKNOWN;
        snprintf(text, sizeof text, "%s %s %s", word_text(at[0]), word_text(at[1]),
                 word_text(at[2]));
        struct verdict v = judge(text);
        if (v.unverify && !is_going && !may_be_gone)
            fail_msg("\"%s\" unverifies", text);
        if (is_going && !v.unverify)
            fail_msg("\"%s\" does not unverify", text);
        if (v.block_reset && (is_going || !v.unverify))
            fail_msg("\"%s\" blocks", text);
        if (v.must_hold && (v.phase != PHASE_REDEMPTION || set & 1U << WORD_DELETING))
            fail_msg("\"%s\" waits", text);
    }
}

/* Presets --------------------------------------------------------------------------------
 */

/* The sets as their sources have them: PyPI's ARRAY['undelegated', ..] && status, RubyGems'
 * list. */
static const struct {
    const char *name, *words;
    bool needs_no_mx;
} sources[] = {
    {"pypi", "undelegated inactive expiring deleting unknown", false},
    {"rubygems", "inactive parked expiring deleting", true},
};

static void presets_by_their_sources(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
        const struct policy p = policy_from(sources[i].name, NULL, NULL);
        assert_string_equal(policy_text(&p), sources[i].name);
        for (int w = 0; w < WORD_COUNT; w++) {
            const char *word = status_word_text((enum status_word)w);
            bool acts = is_among(word, sources[i].words);
            if (judge_by(&p, word).unverify != acts)
                fail_msg("%s: %s", sources[i].name, word);
        }
    }
}

/* What a preset's verdict must be, from strict's and from its set. */
static struct verdict overlaid(const struct words *w, const char *set, bool needs_no_mx)
{
    struct verdict strict = oracle(w);
    if (count_among(w, set) == 0)
        return (struct verdict){.kind = strict.kind, .phase = strict.phase};
    strict.needs_no_mx = needs_no_mx;
    if (strict.unverify)
        return strict; /* with its own reason */
    if (strict.kind == VERDICT_DOUBT)
        strict.phase = PHASE_CANDIDATE;
    strict.kind = VERDICT_PHASE;
    strict.unverify = true;
    strict.reason = REASON_PRESET;
    return strict;
}

static void compare_presets(const struct words *w, const char *text, void *arg)
{
    const struct policy *policies = arg;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        expect_by(&policies[i], text,
                  overlaid(w, sources[i].words, sources[i].needs_no_mx));
}

static void each_list_by_preset(void **state)
{
    struct policy policies[ARRAY_LEN(sources)];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sources); i++)
        policies[i] = policy_from(sources[i].name, NULL, NULL);
    each_list(compare_presets, policies);
}

/* Lists of words as the API has answered them, in fixtures and reports, and what becomes of
 * them. One letter a preset (strict, pypi, rubygems): - nothing, w waits and then
 * unverifies, u unverifies, b unverifies and blocks. The phase is strict's; ? doubt. */
static void seen_in_production(void **state)
{
    static const struct {
        const char *text, *phase, *does;
    } table[] = {
        {"undelegated inactive", "released", "bbb"},
        {"inactive", "released", "bbb"},
        {"undelegated inactive premium", "released", "bbb"},
        {"undelegated inactive priced", "released", "bbb"},
        {"undelegated inactive premium priced", "released", "bbb"},
        {"undelegated active", "held", "-u-"},
        {"undelegated", "?", "-u-"}, /* every unregistered .sk; scope=estimate */
        {"unknown", "?", "-u-"},
        {"undelegated unknown", "?", "-u-"},
        {"active", "active", "---"},
        {"active parked", "active", "--u"},
        {"parked", "active", "--u"},
        {"parked active", "active", "--u"},
        {"marketed active", "active", "---"},
        {"active marketed priced", "active", "---"},
        {"marketed priced transferable active", "active", "---"},
        {"active parked marketed", "active", "--u"},
        {"undelegated parked", "held", "-uu"},
        {"undelegated expiring", "redemption", "www"},
        {"active expiring", "redemption", "www"},
        {"undelegated active expiring", "redemption", "www"},
        {"undelegated inactive expiring", "redemption", "www"},
        {"active parked expiring", "redemption", "www"},
        {"undelegated deleting", "pending_delete", "uuu"},
        {"active deleting", "pending_delete", "uuu"},
        {"undelegated active deleting", "pending_delete", "uuu"},
        {"undelegated expiring deleting", "pending_delete", "uuu"},
        {"undelegated reserved", "unregistrable", "-u-"},
        {"undelegated claimed", "unregistrable", "-u-"},
        {"undelegated dpml", "unregistrable", "-u-"},
        {"undelegated disallowed", "unregistrable", "-u-"},
        {"disallowed", "unregistrable", "---"},
        {"undelegated inactive reserved", "unregistrable", "-uu"},
        {"undelegated pending", "?", "-u-"},
        {"undelegated premium", "?", "-u-"},
        {"inactive active", "?", "-uu"},
        {"undelegated inactive unknown", "?", "-uu"},
        {"active zone tld", "not_registrable", "---"},
        {"suffix", "not_registrable", "---"},
        {"undelegated suffix", "not_registrable", "-u-"},
        {"undelegated invalid", "not_registrable", "-u-"},
        {"undelegated unregistrable", "unregistrable", "-u-"},
        {"wholly-new", "?", "---"},
        {"undelegated wholly-new", "?", "-u-"},
        {"", "?", "---"},
    };
    static const char *const names[] = {"strict", "pypi", "rubygems"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        for (size_t k = 0; k < ARRAY_LEN(names); k++) {
            const struct policy p = policy_from(names[k], NULL, NULL);
            struct verdict v = judge_by(&p, table[i].text);
            char does = v.block_reset               ? 'b'
                        : v.unverify && v.must_hold ? 'w'
                        : v.unverify                ? 'u'
                                                    : '-';
            const char *phase = v.kind == VERDICT_DOUBT ? "?" : phase_text(v.phase);
            bool is_overlaid = table[i].phase[0] == '?' && v.unverify;
            if (does != table[i].does[k] ||
                strcmp(phase, is_overlaid ? "candidate" : table[i].phase) != 0)
                fail_msg("%s: \"%s\": %s %c", names[k], table[i].text, phase, does);
        }
    }
}

/* Tables of one's own --------------------------------------------------------------------
 */

static void tables_of_ones_own(void **state)
{
    (void)state;
    struct policy p = policy_from("strict", "deleting,undelegated", NULL);
    assert_string_equal(policy_text(&p), "custom");
    expect_by(&p, "undelegated deleting",
              (struct verdict){ACT(PHASE_PENDING_DELETE, REASON_DELETING)});
    expect_by(&p, "expiring", (struct verdict)IN_PHASE(PHASE_REDEMPTION));
    expect_by(&p, "undelegated", (struct verdict){ACT(PHASE_CANDIDATE, REASON_PRESET)});
    expect_by(&p, "undelegated active", (struct verdict){ACT(PHASE_HELD, REASON_PRESET)});
    expect_by(&p, "undelegated unknown", doubt); /* the right-most is not listed */
    expect_by(&p, "undelegated wholly-new", doubt);
    expect_by(&p, "wholly-new undelegated", doubt);
    expect_by(&p, "inactive undelegated", /* released, by the preset: it blocks */
              (struct verdict){ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true});
    expect_by(&p, "inactive",
              (struct verdict){ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true});

    p = policy_from("strict", "expiring,undelegated", NULL);
    expect_by(&p, "undelegated expiring", /* what strict holds is held */
              (struct verdict){ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true});

    p = policy_from("strict", NULL, "deleting,premium");
    expect_by(&p, "undelegated deleting",
              (struct verdict){ACT(PHASE_RELEASED, REASON_PRESET), .block_reset = true});
    expect_by(&p, "undelegated inactive",
              (struct verdict){ACT(PHASE_RELEASED, REASON_AVAILABLE)});
    expect_by(&p, "inactive premium",
              (struct verdict){ACT(PHASE_RELEASED, REASON_AVAILABLE), .block_reset = true});
    expect_by(&p, "premium expiring",
              (struct verdict){ACT(PHASE_REDEMPTION, REASON_EXPIRING), .must_hold = true});
    expect_by(&p, "undelegated premium", /* doubt, but the right-most is listed */
              (struct verdict){ACT(PHASE_RELEASED, REASON_PRESET), .block_reset = true});
    expect_by(&p, "undelegated", doubt);

    p = policy_from("pypi", "deleting", "deleting");
    expect_by(&p, "unknown", doubt);
    expect_by(&p, "inactive", (struct verdict)IN_PHASE(PHASE_RELEASED));

    p = policy_from("rubygems", "deleting", NULL); /* its MX is asked for as ever */
    expect_by(
        &p, "deleting",
        (struct verdict){ACT(PHASE_PENDING_DELETE, REASON_DELETING), .needs_no_mx = true});
}

#define OWN_UNVERIFY "inactive undelegated deleting"
#define OWN_RELEASE "inactive premium"

/* Told once more, without the policy's own steps. */
static void compare_own(const struct words *w, const char *text, void *arg)
{
    const struct policy *p = arg;
    const struct verdict strict = oracle(w);
    const struct words last = {.at = {w->at[w->n - 1]}, .n = 1};
    bool is_doubt = strict.kind == VERDICT_DOUBT;
    const struct words *counts = is_doubt ? &last : w;
    bool is_going = count_among(w, "deleting expiring") > 0;
    bool none = is_doubt && w->has_unseen;
    bool releases = !none && !is_going && count_among(counts, OWN_RELEASE) > 0;
    bool acts = !none && count_among(counts, OWN_UNVERIFY) > 0;
    struct verdict v = judge_by(p, text);
    if (v.unverify != (acts || releases) || v.block_reset != releases)
        fail_msg("\"%s\": unverify %d block %d", text, v.unverify, v.block_reset);
    if (v.unverify && strict.unverify && v.phase == strict.phase)
        assert_int_equal(v.reason, strict.reason);
    else if (v.unverify)
        assert_int_equal(v.reason, REASON_PRESET);
    if (v.block_reset)
        assert_int_equal(v.phase, PHASE_RELEASED);
}

static void each_list_by_a_table_of_ones_own(void **state)
{
    struct policy p =
        policy_from("strict", "inactive,undelegated,deleting", "inactive,premium");
    (void)state;
    each_list(compare_own, &p);
}

static void what_is_no_policy(void **state)
{
    static const char *const refused[][3] = {
        {"", NULL, NULL},
        {"npm", NULL, NULL},
        {"strict", "gone", NULL},
        {"strict", "active", NULL},
        {"strict", "deleting,zone", NULL},
        {"strict", "deleting,,inactive", NULL},
        {"strict", NULL, "expiring"},
        {"strict", NULL, "unknown"},
        {"strict", NULL, "parked"},
    };
    struct policy p = {.unverify_on = 42};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        assert_int_equal(policy_of(refused[i][0], refused[i][1], refused[i][2], &p),
                         ST_INVALID);
    assert_int_equal(p.unverify_on, 42); /* untouched */
    p = policy_from("strict", "", "");
    assert_string_equal(policy_text(&p), "strict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_rows),
        cmocka_unit_test(each_word_alone),
        cmocka_unit_test(each_list_of_words),
        cmocka_unit_test(three_words_act_only_on_a_statement),
        cmocka_unit_test(presets_by_their_sources),
        cmocka_unit_test(each_list_by_preset),
        cmocka_unit_test(seen_in_production),
        cmocka_unit_test(tables_of_ones_own),
        cmocka_unit_test(each_list_by_a_table_of_ones_own),
        cmocka_unit_test(what_is_no_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
