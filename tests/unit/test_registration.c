/* What a registry's answer says, and what it says together with the status API's words:
 * every row of both tables, and every pair of states. */
#include "unit/unit.h"

#include "core/opinion.h"
#include "core/registration.h"

#define S(state) (1U << RDAP_##state)

static const struct {
    uint32_t states;
    enum phase phase;
} rows[] = {
    {0, PHASE_ACTIVE}, /* "active", the prohibitions */
    {S(AUTO_RENEW), PHASE_ACTIVE},
    {S(ADD_PERIOD), PHASE_ACTIVE},
    {S(INACTIVE), PHASE_HELD},
    {S(CLIENT_HOLD), PHASE_HELD},
    {S(SERVER_HOLD), PHASE_HELD},
    {S(AUTO_RENEW) | S(CLIENT_HOLD), PHASE_HELD},
    {S(PENDING_DELETE), PHASE_PENDING_DELETE},
    {S(PENDING_DELETE) | S(SERVER_HOLD), PHASE_PENDING_DELETE},
    {S(PENDING_DELETE) | S(CLIENT_HOLD) | S(INACTIVE), PHASE_PENDING_DELETE},
    {S(REDEMPTION), PHASE_REDEMPTION},
    {S(REDEMPTION) | S(PENDING_DELETE), PHASE_REDEMPTION},
    {S(REDEMPTION) | S(PENDING_DELETE) | S(CLIENT_HOLD), PHASE_REDEMPTION},
    {S(PENDING_RESTORE), PHASE_HELD},
    {S(PENDING_RESTORE) | S(PENDING_DELETE), PHASE_HELD},
    {S(PENDING_RESTORE) | S(REDEMPTION) | S(PENDING_DELETE), PHASE_HELD},
};

static void check(const struct verdict *v, enum phase phase)
{
    assert_int_equal(v->kind, VERDICT_PHASE);
    assert_int_equal(v->phase, phase);
    assert_int_equal(v->unverify, phase == PHASE_REDEMPTION ||
                                      phase == PHASE_PENDING_DELETE ||
                                      phase == PHASE_RELEASED);
    assert_int_equal(v->block_reset, phase == PHASE_RELEASED);
    assert_int_equal(v->must_hold, phase == PHASE_REDEMPTION);
    if (phase == PHASE_REDEMPTION)
        assert_int_equal(v->reason, REASON_EXPIRING);
    if (phase == PHASE_PENDING_DELETE)
        assert_int_equal(v->reason, REASON_DELETING);
    if (phase == PHASE_RELEASED)
        assert_int_equal(v->reason, REASON_AVAILABLE);
}

static void states_are_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct verdict v = registration_judge(false, rows[i].states);
        check(&v, rows[i].phase);
    }
    struct verdict v = registration_judge(true, 0);
    check(&v, PHASE_RELEASED);
}

/* None but the two states that say so unverify, in whatever company. */
static void nothing_else_unverifies(void **state)
{
    (void)state;
    for (uint32_t states = 0; states < 1U << RDAP_STATE_COUNT; states++) {
        struct verdict v = registration_judge(false, states);
        bool is_going = (states & (S(REDEMPTION) | S(PENDING_DELETE))) != 0 &&
                        (states & S(PENDING_RESTORE)) == 0;
        assert_int_equal(v.kind, VERDICT_PHASE);
        assert_int_equal(v.unverify, is_going);
        assert_false(v.block_reset);
    }
}

static void what_is_not_answered_is_doubt(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < STATUS_OUTCOME_COUNT; outcome++) {
        const struct rdap_reply reply = {.outcome = (enum status_outcome)outcome,
                                         .is_free = true,
                                         .states = S(REDEMPTION)};
        struct verdict v = registration_judge_reply(&reply);
        if (outcome == STATUS_ANSWERED)
            check(&v, PHASE_RELEASED);
        else
            assert_int_equal(v.kind, VERDICT_DOUBT);
    }
}

enum second { REDEMPTION, DELETING, HELD, ACTIVE, RELEASED, NO_ANSWER, SECONDS };

static struct verdict second_of(enum second s)
{
    static const uint32_t states[] = {[REDEMPTION] = S(REDEMPTION),
                                      [DELETING] = S(PENDING_DELETE),
                                      [HELD] = S(CLIENT_HOLD),
                                      [ACTIVE] = 0,
                                      [RELEASED] = 0};
    if (s == NO_ANSWER)
        return (struct verdict){.kind = VERDICT_DOUBT};
    return registration_judge(s == RELEASED, states[s]);
}

#define DOUBT PHASE_COUNT

static void two_opinions_are_joined(void **state)
{
    static const struct {
        const char *words;
        enum phase together[SECONDS]; /* in the order of enum second */
    } table[] = {
        {"undelegated active",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, PHASE_HELD, PHASE_HELD, DOUBT,
          PHASE_HELD}},
        {"undelegated active parked",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, PHASE_HELD, PHASE_HELD, DOUBT,
          PHASE_HELD}},
        {"undelegated",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, PHASE_HELD, PHASE_ACTIVE, PHASE_RELEASED,
          DOUBT}},
        {"unknown",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, PHASE_HELD, PHASE_ACTIVE, PHASE_RELEASED,
          DOUBT}},
        {"neverheard",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, PHASE_HELD, PHASE_ACTIVE, PHASE_RELEASED,
          DOUBT}},
        /* Words that point somewhere are not overruled in the other direction. */
        {"active unknown",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, PHASE_HELD, PHASE_ACTIVE, DOUBT, DOUBT}},
        {"undelegated parked unknown",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, PHASE_HELD, PHASE_ACTIVE, DOUBT, DOUBT}},
        {"inactive unknown",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, DOUBT, DOUBT, PHASE_RELEASED, DOUBT}},
        {"inactive active",
         {PHASE_REDEMPTION, PHASE_PENDING_DELETE, DOUBT, DOUBT, DOUBT, DOUBT}},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        const struct status_words words = status_words_parse(table[i].words);
        const struct verdict first = policy_judge(&words);
        assert_true(opinion_is_wanted(&first));
        for (int s = 0; s < SECONDS; s++) {
            const struct verdict second = second_of((enum second)s);
            struct verdict v = opinion_join(&first, &words, &second);
            if (table[i].together[s] == DOUBT)
                assert_int_equal(v.kind, VERDICT_DOUBT);
            else
                check(&v, table[i].together[s]);
        }
    }
}

static void clear_words_need_no_second_opinion(void **state)
{
    static const char *const clear[] = {"active",         "undelegated inactive",
                                        "expiring",       "undelegated expiring deleting",
                                        "zone",           "undelegated inactive reserved",
                                        "active expiring"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(clear); i++) {
        const struct status_words words = status_words_parse(clear[i]);
        const struct verdict first = policy_judge(&words);
        assert_false(opinion_is_wanted(&first));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_judged),
        cmocka_unit_test(nothing_else_unverifies),
        cmocka_unit_test(what_is_not_answered_is_doubt),
        cmocka_unit_test(two_opinions_are_joined),
        cmocka_unit_test(clear_words_need_no_second_opinion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
