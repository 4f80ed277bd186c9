/* A core that is written down and read back: the same state, the same questions, however
 * small the parts are in which it is seen to. */
#include "unit/core_story.h"

#include "proto/fact.h"

static struct story s; /* too large for the stack */

/* The whole state of `from`, read back into a new core. */
static struct core *read_back(struct core *from)
{
    const struct core_options o = story_options();
    struct buf facts = {.data = NULL};
    struct fact_reader r;
    struct fact f;
    enum status st = ST_OK;
    struct core *c = core_new(&o);
    assert_non_null(c);
    assert_int_equal(fact_batch_begin(&facts), ST_OK);
    core_snapshot_begin(from);
    while (!core_snapshot(from, SIZE_MAX, &facts, &st))
        assert_int_equal(st, ST_OK);
    assert_int_equal(st, ST_OK);
    assert_int_equal(fact_batch_end(&facts), ST_OK);
    assert_int_equal(fact_reader_init(&r, facts.data, facts.len), ST_OK);
    while ((st = fact_next(&r, &f)) == ST_OK)
        assert_int_equal(core_restore(c, &f), ST_OK);
    assert_int_equal(st, ST_NOT_FOUND);
    buf_free(&facts);
    return c;
}

/* Some of everything: known and new, moved and judged, removed, exempt. */
static void open_various(void)
{
    const struct core_options o = story_options();
    open_judged(&s, &o, WORDS_RELEASED);
    verified(&s, "alice", "Alice@Mail.Example.NET");
    verified(&s, "bob", "b@user.github.io");
    verified(&s, "#42",
             "c@b\xc3\xbc"
             "cher.com");
    verified(&s, "carol", "d@example.org");
    mfa_changed(&s, "carol", TRI_YES);
    removed(&s, "bob", "b@user.github.io");
    verified(&s, "bob", "b@example.org");
    dns(&s, "example.org", DNS_DELEGATED);
}

static void seen_to_in_parts(void **state)
{
    static const uint32_t parts[] = {1, 2, 3, UINT32_MAX};
    (void)state;
    open_various();
    uint64_t digest = core_digest(s.core);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct core *c = read_back(s.core);
        enum status st = ST_OK;
        uint32_t calls = 1;
        while (!core_restored(c, s.now, parts[i], &st))
            calls++;
        assert_int_equal(st, ST_OK);
        uint64_t watches = core_registry(c)->watches;
        assert_int_equal(watches, core_registry(s.core)->watches);
        assert_int_equal(calls,
                         parts[i] > watches ? 1 : (watches + parts[i] - 1) / parts[i]);
        assert_true(core_digest(c) == digest);
        core_check(c); /* every watch in its place, and the digest what it must be */
        core_free(c);
    }
    story_close(&s);
}

static void nothing_to_see_to(void **state)
{
    const struct core_options o = story_options();
    enum status st = ST_NOMEM;
    (void)state;
    struct core *c = core_new(&o);
    assert_true(core_restored(c, (struct wall_ms){STORY_START_MS}, 1, &st));
    assert_int_equal(st, ST_OK);
    assert_true(core_digest(c) == 0);
    core_free(c);
}

/* Each change shows, and what is undone is as if it had not been. */
static void a_digest_follows(void **state)
{
    const struct core_options o = story_options();
    (void)state;
    story_open(&s, &o);
    verified(&s, "alice", "a@example.com");
    uint64_t one = core_digest(s.core);
    verified(&s, "alice", "a@example.com"); /* the story's clock stands: no other */
    assert_true(core_digest(s.core) == one);
    verified(&s, "bob", "b@example.com");
    uint64_t two = core_digest(s.core);
    assert_true(two != one);
    mfa_changed(&s, "bob", TRI_YES);
    assert_true(core_digest(s.core) != two);
    mfa_changed(&s, "bob", TRI_UNKNOWN);
    assert_true(core_digest(s.core) == two);
    deleted(&s, "bob");
    assert_true(core_digest(s.core) == one);
    loaded(&s);
    dns(&s, "example.com", DNS_DELEGATED);
    assert_true(core_digest(s.core) != one); /* new > active */
    deleted(&s, "alice");
    assert_true(core_digest(s.core) == 0);
    story_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seen_to_in_parts),
        cmocka_unit_test(nothing_to_see_to),
        cmocka_unit_test(a_digest_follows),
    };
    return cmocka_run_group_tests(tests, NULL, free_test_suffixes);
}
