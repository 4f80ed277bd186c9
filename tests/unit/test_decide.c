/* From a verdict to what follows: every move from phase to phase, the seconds around the
 * confirmation, and the risk table. */
#include "unit/unit.h"

#include "core/decide.h"

#define CONFIRM_S 86400U
#define SINCE 1700000000U

static struct verdict saying(enum phase p)
{
    switch (p) {
    case PHASE_PENDING_DELETE:
        return (struct verdict){.phase = p, .unverify = true, .reason = REASON_DELETING};
    case PHASE_REDEMPTION:
        return (struct verdict){
            .phase = p, .unverify = true, .must_hold = true, .reason = REASON_EXPIRING};
    case PHASE_RELEASED:
        return (struct verdict){
            .phase = p, .unverify = true, .block_reset = true, .reason = REASON_AVAILABLE};
    case PHASE_RESURRECTED:
        return (struct verdict){.phase = p,
                                .unverify = true,
                                .block_reset = true,
                                .reason = REASON_REREGISTERED};
    case PHASE_NEW:
    case PHASE_ACTIVE:
    case PHASE_CANDIDATE:
    case PHASE_HELD:
    case PHASE_UNREGISTRABLE:
    case PHASE_NOT_A_NAME:
    case PHASE_PRIVATE:
    case PHASE_EXEMPT:
    case PHASE_COUNT:
        break;
    }
    return (struct verdict){.phase = p};
}

/* What follows on the first look at a phase, and on a later one. One letter each:
 * m moved, t told, r recovered, u unverify, b block. */
static const enum phase columns[] = {
    PHASE_ACTIVE,      PHASE_CANDIDATE,      PHASE_HELD,
    PHASE_REDEMPTION,  PHASE_PENDING_DELETE, PHASE_RELEASED,
    PHASE_RESURRECTED, PHASE_UNREGISTRABLE,  PHASE_NOT_A_NAME,
};

static const struct {
    enum phase from;
    const char *follows[ARRAY_LEN(columns)];
} moves[] = {
    /*                     active candidate held redemption pending released resurrected
     *                     unregistrable not_registrable */
    {PHASE_NEW, {"m", "mt", "mt", "mt", "mtu", "mtub", "mtub", "mt", "mt"}},
    {PHASE_ACTIVE, {"", "mt", "mt", "mt", "mtu", "mtub", "mtub", "mt", "mt"}},
    {PHASE_CANDIDATE, {"mt", "", "mt", "mt", "mtu", "mtub", "mtub", "mt", "mt"}},
    {PHASE_HELD, {"mt", "mt", "", "mt", "mtu", "mtub", "mtub", "mt", "mt"}},
    {PHASE_REDEMPTION, {"mtr", "mtr", "mtr", "", "mtu", "mtub", "mtub", "mtr", "mtr"}},
    {PHASE_PENDING_DELETE, {"mtr", "mtr", "mtr", "mt", "u", "mtub", "mtub", "mtr", "mtr"}},
    {PHASE_RELEASED, {"mtr", "mtr", "mtr", "mt", "mtu", "ub", "mtub", "mtr", "mtr"}},
    {PHASE_RESURRECTED, {"mtr", "mtr", "mtr", "mt", "mtu", "mtub", "ub", "mtr", "mtr"}},
    {PHASE_UNREGISTRABLE, {"mt", "mt", "mt", "mt", "mtu", "mtub", "mtub", "", "mt"}},
    {PHASE_NOT_A_NAME, {"mt", "mt", "mt", "mt", "mtu", "mtub", "mtub", "mt", ""}},
};

static void letters(const struct decision *d, char out[6])
{
    size_t n = 0;
    if (d->moved)
        out[n++] = 'm';
    if (d->tell_move)
        out[n++] = 't';
    if (d->recovered)
        out[n++] = 'r';
    if (d->unverify)
        out[n++] = 'u';
    if (d->block)
        out[n++] = 'b';
    out[n] = '\0';
}

static void each_move(void **state)
{
    char got[6];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
            const struct verdict v = saying(columns[k]);
            struct decision d = decide(moves[i].from, SINCE, &v, SINCE + 7, CONFIRM_S);
            letters(&d, got);
            if (strcmp(got, moves[i].follows[k]) != 0)
                fail_msg("%s to %s: \"%s\"", phase_text(moves[i].from),
                         phase_text(columns[k]), got);
            assert_int_equal(d.to, columns[k]);
            assert_int_equal(d.since, d.moved ? SINCE + 7 : SINCE);
        }
    }
}

static bool unverifies(enum phase from, uint32_t now, uint32_t confirm_s)
{
    const struct verdict v = saying(PHASE_REDEMPTION);
    struct decision d = decide(from, SINCE, &v, now, confirm_s);
    assert_false(d.block);
    return d.unverify;
}

static void redemption_must_hold(void **state)
{
    (void)state;
    for (int at = -1; at <= 1; at++)
        assert_int_equal(
            unverifies(PHASE_REDEMPTION, SINCE + CONFIRM_S + (uint32_t)at, CONFIRM_S),
            at >= 0);
    /* Only time in this very phase counts. */
    assert_false(unverifies(PHASE_HELD, SINCE + CONFIRM_S + 1, CONFIRM_S));
    assert_false(unverifies(PHASE_PENDING_DELETE, SINCE + CONFIRM_S + 1, CONFIRM_S));
}

static void without_confirmation_at_once(void **state)
{
    (void)state;
    assert_true(unverifies(PHASE_NEW, SINCE, 0));
    assert_true(unverifies(PHASE_REDEMPTION, SINCE, 0));
    assert_false(unverifies(PHASE_NEW, SINCE, 1));
}

/* The wall clock may step back: a phase seen "in the future" has not held for 136 years. */
static void a_clock_set_back_confirms_nothing(void **state)
{
    (void)state;
    assert_false(unverifies(PHASE_REDEMPTION, SINCE - 1, CONFIRM_S));
    assert_false(unverifies(PHASE_REDEMPTION, SINCE - 86400, CONFIRM_S));
}

/* A verdict that must hold blocks no sooner than it unverifies. */
static void what_must_hold_holds_the_block_too(void **state)
{
    struct verdict v = saying(PHASE_RELEASED);
    (void)state;
    v.must_hold = true;
    struct decision d = decide(PHASE_NEW, SINCE, &v, SINCE, CONFIRM_S);
    assert_false(d.unverify || d.block);
    d = decide(PHASE_RELEASED, SINCE, &v, SINCE + CONFIRM_S, CONFIRM_S);
    assert_true(d.unverify && d.block);
}

static void reasons(void **state)
{
    (void)state;
    for (int p = 0; p < PHASE_COUNT; p++) {
        enum reason want = REASON_PRESET;
        if (p == PHASE_REDEMPTION)
            want = REASON_EXPIRING;
        if (p == PHASE_PENDING_DELETE)
            want = REASON_DELETING;
        if (p == PHASE_RELEASED)
            want = REASON_AVAILABLE;
        if (p == PHASE_RESURRECTED)
            want = REASON_REREGISTERED;
        assert_int_equal(decide_reason((enum phase)p), want);
    }
}

static void risks(void **state)
{
    static const enum risk table[3][3] = {
        /* other verified:   unknown    no             yes */
        [TRI_UNKNOWN] = {RISK_HIGH, RISK_HIGH, RISK_HIGH},
        [TRI_NO] = {RISK_HIGH, RISK_CRITICAL, RISK_HIGH},
        [TRI_YES] = {RISK_HIGH, RISK_HIGH, RISK_MODERATE},
    };
    (void)state;
    for (int mfa = TRI_UNKNOWN; mfa <= TRI_YES; mfa++) {
        for (int other = TRI_UNKNOWN; other <= TRI_YES; other++)
            assert_int_equal(decide_risk((enum tristate)mfa, (enum tristate)other),
                             table[mfa][other]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_move),
        cmocka_unit_test(redemption_must_hold),
        cmocka_unit_test(without_confirmation_at_once),
        cmocka_unit_test(a_clock_set_back_confirms_nothing),
        cmocka_unit_test(what_must_hold_holds_the_block_too),
        cmocka_unit_test(reasons),
        cmocka_unit_test(risks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
