/* The words of the contract: they appear in messages and on dashboards, so a change here
 * is a change of the product. */
#include "unit/unit.h"

#include "proto/account_event.h"
#include "proto/message.h"
#include "proto/vocab.h"

static void names_phases(void **state)
{
    (void)state;
    assert_string_equal(phase_text(PHASE_NEW), "new");
    assert_string_equal(phase_text(PHASE_ACTIVE), "active");
    assert_string_equal(phase_text(PHASE_CANDIDATE), "candidate");
    assert_string_equal(phase_text(PHASE_HELD), "held");
    assert_string_equal(phase_text(PHASE_REDEMPTION), "redemption");
    assert_string_equal(phase_text(PHASE_PENDING_DELETE), "pending_delete");
    assert_string_equal(phase_text(PHASE_RELEASED), "released");
    assert_string_equal(phase_text(PHASE_RESURRECTED), "resurrected");
    assert_string_equal(phase_text(PHASE_UNREGISTRABLE), "unregistrable");
    assert_string_equal(phase_text(PHASE_NOT_A_NAME), "not_registrable");
    assert_string_equal(phase_text(PHASE_PRIVATE), "private_suffix");
    assert_string_equal(phase_text(PHASE_EXEMPT), "exempt");
    assert_int_equal(PHASE_COUNT, 12);
}

static void names_reasons_and_risks(void **state)
{
    (void)state;
    assert_string_equal(reason_text(REASON_EXPIRING), "domain_expiring");
    assert_string_equal(reason_text(REASON_DELETING), "domain_deleting");
    assert_string_equal(reason_text(REASON_AVAILABLE), "domain_available");
    assert_string_equal(reason_text(REASON_REREGISTERED), "domain_reregistered");
    assert_string_equal(reason_text(REASON_PRESET), "preset_match");
    assert_int_equal(REASON_COUNT, 5);
    assert_string_equal(risk_text(RISK_CRITICAL), "critical");
    assert_string_equal(risk_text(RISK_HIGH), "high");
    assert_string_equal(risk_text(RISK_MODERATE), "moderate");
    assert_int_equal(RISK_COUNT, 3);
}

/* Only the first four and "parked" are answers. Two of these deny the name; these two and
 * "parked" are a reason to ask the registry. */
static void sorts_dns_outcomes(void **state)
{
    (void)state;
    for (int o = 0; o < DNS_OUTCOME_COUNT; o++) {
        bool is_answer = o == DNS_DELEGATED || o == DNS_EXISTS || o == DNS_ABSENT ||
                         o == DNS_NOT_DELEGATED || o == DNS_PARKED;
        bool is_candidate = o == DNS_ABSENT || o == DNS_NOT_DELEGATED;
        assert_int_equal(dns_outcome_is_doubt((enum dns_outcome)o), !is_answer);
        assert_int_equal(dns_outcome_is_candidate((enum dns_outcome)o), is_candidate);
        assert_int_equal(dns_outcome_wants_status((enum dns_outcome)o),
                         is_candidate || o == DNS_PARKED);
    }
    assert_string_equal(dns_outcome_text(DNS_ABSENT), "absent");
    assert_string_equal(dns_outcome_text(DNS_CANCELED), "canceled");
    assert_string_equal(status_outcome_text(STATUS_ANSWERED), "answered");
    assert_string_equal(status_outcome_text(STATUS_CANCELED), "canceled");
}

/* A word is a label of a metric and a token in a log: lower case, no space. */
static void is_word(const char *text)
{
    assert_non_null(text);
    assert_true(strlen(text) > 0);
    assert_int_equal(strspn(text, "abcdefghijklmnopqrstuvwxyz_."), strlen(text));
}

static void has_a_word_for_everything(void **state)
{
    (void)state;
    for (int i = 0; i < PHASE_COUNT; i++)
        is_word(phase_text((enum phase)i));
    for (int i = 0; i < REASON_COUNT; i++)
        is_word(reason_text((enum reason)i));
    for (int i = 0; i < RISK_COUNT; i++)
        is_word(risk_text((enum risk)i));
    for (int i = 0; i < DNS_OUTCOME_COUNT; i++)
        is_word(dns_outcome_text((enum dns_outcome)i));
    for (int i = 0; i < STATUS_OUTCOME_COUNT; i++)
        is_word(status_outcome_text((enum status_outcome)i));
    for (int i = 0; i < RAIL_COUNT; i++)
        is_word(rail_text((enum rail)i));
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        is_word(account_event_type_text((enum account_event_type)i));
    for (int i = 0; i < FAULT_COUNT; i++) {
        is_word(event_fault_text((enum event_fault)i));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(event_fault_text((enum event_fault)i),
                                    event_fault_text((enum event_fault)k));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_phases),
        cmocka_unit_test(names_reasons_and_risks),
        cmocka_unit_test(sorts_dns_outcomes),
        cmocka_unit_test(has_a_word_for_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
