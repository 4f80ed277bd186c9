/* The strict policy table: every row, every word alone, every pair of words against a
 * second telling of the table, and what no three words may ever do. */
#include "unit/unit.h"

#include "core/policy.h"

static struct verdict judge(const char *text)
{
    struct status_words words = status_words_parse(text);
    return policy_judge(&words);
}

static const struct verdict doubt = {.kind = VERDICT_DOUBT};

static void expect(const char *text, struct verdict want)
{
    struct verdict v = judge(text);
    bool same = v.kind == want.kind;
    if (v.kind == VERDICT_PHASE)
        same = same && v.phase == want.phase && v.reason == want.reason;
    /* doubt must carry no wish to act either */
    same = same && v.unverify == want.unverify && v.block_reset == want.block_reset &&
           v.must_hold == want.must_hold;
    if (!same)
        fail_msg("\"%s\": kind %d phase %s unverify %d block %d hold %d", text, v.kind,
                 phase_text(v.phase), v.unverify, v.block_reset, v.must_hold);
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

static void each_pair_of_words(void **state)
{
    char text[64];
    (void)state;
    for (int a = 0; a <= WORD_COUNT; a++) {
        for (int b = 0; b <= WORD_COUNT; b++) {
            const struct words w = {.at = {word_text(a), word_text(b)},
                                    .n = 2,
                                    .has_unseen = a == WORD_COUNT || b == WORD_COUNT};
            snprintf(text, sizeof text, "%s %s", w.at[0], w.at[1]);
            expect(text, oracle(&w));
        }
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_documented_rows),
        cmocka_unit_test(each_word_alone),
        cmocka_unit_test(each_pair_of_words),
        cmocka_unit_test(three_words_act_only_on_a_statement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
