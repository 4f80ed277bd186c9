/* Ids of messages: the same parts make the same id, any other part another one, and the
 * golden ones below stand for every id that was ever sent. */
#include "unit/unit.h"

#include "core/identity.h"
#include "unit/account_of.h"

#define T INT64_C(1700000000123)

static const char *of_address(const char *subject, const char *account, const char *email,
                              int64_t ms)
{
    static char id[4][MESSAGE_ID_SIZE];
    static unsigned next;
    char *out = id[next++ % 4];
    const struct account_id a = account_of(account);
    memset(out, 'x', MESSAGE_ID_SIZE);
    identity_of_address(subject, &a, email, strlen(email), ms, out);
    return out;
}

static const char *of_move(const char *subject, const char *domain, enum phase from,
                           enum phase to, uint32_t epoch, uint16_t moves)
{
    static char id[4][MESSAGE_ID_SIZE];
    static unsigned next;
    char *out = id[next++ % 4];
    memset(out, 'x', MESSAGE_ID_SIZE);
    identity_of_move(subject, domain, from, to, epoch, moves, out);
    return out;
}

/* Worked out with the system libxxhash over the parts, each behind its 4-byte length.
 * A change here makes the service say again, under new ids, what consumers have acted on.
 */
static void golden_ids(void **state)
{
    (void)state;
    assert_string_equal(of_address("email.unverify", "alice", "alice@example.com", T),
                        "bc83b48071c684051f915fab3d491d0d");
    assert_string_equal(of_address("email.block_reset", "alice", "alice@example.com", T),
                        "099ae9ab85bc3018056513fc0989e21f");
    assert_string_equal(of_address("email.unverify", "#7", "a@example.com", 0),
                        "43762a431205000f4036964490df3ad1");
    assert_string_equal(of_move("email.domain.phase", "example.com", PHASE_NEW,
                                PHASE_RELEASED, 1700000000, 1),
                        "ccf72449dfb46710c78223bc8c5e0188");
    assert_string_equal(of_move("email.domain.recovered", "example.com", PHASE_RELEASED,
                                PHASE_ACTIVE, 1700000000, 2),
                        "4ec9adb0f8995316cd1c5d701fbddaf2");
}

static void shape(void **state)
{
    const char *id = of_address("email.unverify", "alice", "alice@example.com", T);
    (void)state;
    assert_int_equal(strlen(id), MESSAGE_ID_SIZE - 1);
    assert_int_equal(strspn(id, "0123456789abcdef"), MESSAGE_ID_SIZE - 1);
}

struct address_parts {
    const char *subject, *account, *email;
    int64_t ms;
};

static void any_part_of_an_address_counts(void **state)
{
    static const struct address_parts parts[] = {
        {"email.unverify", "alice", "alice@example.com", T},
        {"email.unverify.dryrun", "alice", "alice@example.com", T},
        {"email.block_reset", "alice", "alice@example.com", T},
        {"email.unverify", "Alice", "alice@example.com", T},
        {"email.unverify", "alice", "alice@example.net", T},
        {"email.unverify", "alice", "Alice@example.com", T},
        {"email.unverify", "alice", "alice@example.com", T + 1},
        {"email.unverify", "alice", "alice@example.com", 0},
        {"email.unverify", "alice", "alice@example.com", INT64_MAX},
        /* parts that run into one another if nothing keeps them apart */
        {"email.unverify", "alic", "ealice@example.com", T},
        {"email.unverif", "yalice", "alice@example.com", T},
        {"email.unverify", "7", "a@example.com", T},
        {"email.unverify", "#7", "a@example.com", T},
        {"email.unverify", "7a", "@example.com", T},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct address_parts *a = &parts[i];
        for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
            const struct address_parts *b = &parts[k];
            int differ = strcmp(of_address(a->subject, a->account, a->email, a->ms),
                                of_address(b->subject, b->account, b->email, b->ms));
            assert_int_equal(differ == 0, i == k);
        }
    }
}

struct move_parts {
    const char *subject, *domain;
    enum phase from, to;
    uint32_t epoch;
    uint16_t moves;
};

static void any_part_of_a_move_counts(void **state)
{
    static const struct move_parts parts[] = {
        {"email.domain.phase", "example.com", PHASE_HELD, PHASE_RELEASED, 1700000000, 3},
        {"email.domain.recovered", "example.com", PHASE_HELD, PHASE_RELEASED, 1700000000,
         3},
        {"email.domain.phase", "example.net", PHASE_HELD, PHASE_RELEASED, 1700000000, 3},
        {"email.domain.phase", "example.com", PHASE_ACTIVE, PHASE_RELEASED, 1700000000, 3},
        {"email.domain.phase", "example.com", PHASE_HELD, PHASE_REDEMPTION, 1700000000, 3},
        {"email.domain.phase", "example.com", PHASE_RELEASED, PHASE_HELD, 1700000000, 3},
        {"email.domain.phase", "example.com", PHASE_HELD, PHASE_RELEASED, 1700000001, 3},
        {"email.domain.phase", "example.com", PHASE_HELD, PHASE_RELEASED, 1700000000, 4},
        {"email.domain.phase", "example.com", PHASE_HELD, PHASE_RELEASED, 0, UINT16_MAX},
        {"email.domain.phase", "example.com", PHASE_HELD, PHASE_RELEASED, UINT32_MAX, 0},
        {"email.domain.phas", "eexample.com", PHASE_HELD, PHASE_RELEASED, 1700000000, 3},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const struct move_parts *a = &parts[i];
        for (size_t k = 0; k < ARRAY_LEN(parts); k++) {
            const struct move_parts *b = &parts[k];
            int differ =
                strcmp(of_move(a->subject, a->domain, a->from, a->to, a->epoch, a->moves),
                       of_move(b->subject, b->domain, b->from, b->to, b->epoch, b->moves));
            assert_int_equal(differ == 0, i == k);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_ids),
        cmocka_unit_test(shape),
        cmocka_unit_test(any_part_of_an_address_counts),
        cmocka_unit_test(any_part_of_a_move_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
