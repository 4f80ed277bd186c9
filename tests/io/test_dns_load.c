/* The DNS module under load: speed is not looked at, but what must hold at any speed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/dns.h"
#include "io/responder.h"
#include "io/servers.h"

#define WAIT_MS 100000
#define SMALL_BUFFER 212992 /* what Linux gives by default: 166 questions */

static struct load {
    struct dns *dns;
    uint32_t wanted, asked, done;
    uint32_t act_at; /* after so many are done: act */
    void (*act)(void);
    uint64_t outcomes[DNS_OUTCOME_COUNT];
    uint32_t wrong;    /* answers that say the opposite of the truth */
    uint32_t smallest; /* window seen */
    uint64_t tries;
    bool closed, gathered;
    struct child_responder responder;
} load;

static void ask_more(void)
{
    while (load.asked < load.wanted) {
        char name[64];
        snprintf(name, sizeof name, "%s%.*s%u.com", load.asked % 2 == 0 ? "gone" : "here",
                 (int)(load.asked % 23), "abcdefghijklmnopqrstuvwxyz", load.asked);
        if (dns_ask(load.dns, load.asked, name) != ST_OK)
            return;
        load.asked++;
    }
}

static void on_done(void *arg, const struct dns_result *result)
{
    enum dns_outcome truth = result->token % 2 == 0 ? DNS_ABSENT : DNS_DELEGATED;
    (void)arg;
    load.done++;
    load.outcomes[result->answer.outcome]++;
    load.wrong +=
        !dns_outcome_is_doubt(result->answer.outcome) && result->answer.outcome != truth;
    load.tries += result->tries;
    uint32_t window = dns_resolver(load.dns, 0).window;
    load.smallest = window < load.smallest ? window : load.smallest;
    if (load.done == load.act_at)
        load.act();
    ask_more();
}

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static bool has_gathered(void *arg)
{
    (void)arg;
    load.gathered |= dns_resolver(load.dns, 0).gathers;
    return load.gathered;
}

static bool is_at_rest(void *arg)
{
    (void)arg;
    return !dns_resolver(load.dns, 0).gathers;
}

static bool is_complete(void *arg)
{
    (void)arg;
    return load.done == load.wanted;
}

static struct dns_options usual(void)
{
    return (struct dns_options){
        .timeout_ms = 2000, .tries = 3, .inflight = 2000, .done = on_done};
}

static void begin(uv_loop_t *loop, struct dns_options o, uint32_t n, int buffer)
{
    char error[200] = "";
    memset(&load, 0, sizeof load);
    load.wanted = n;
    load.smallest = UINT32_MAX;
    uv_loop_init(loop);
    child_responder_start(&load.responder, 0, buffer);
    o.servers = load.responder.text;
    if (dns_new(loop, &o, &load.dns, error, sizeof error) != ST_OK)
        fail_msg("%s", error);
}

/* Asks all of them, waits, checks that each came once and none of them wrong. */
static void run(uv_loop_t *loop)
{
    ask_more();
    run_until(loop, is_complete, NULL, WAIT_MS);
    assert_int_equal(load.wrong, 0);
    assert_int_equal(dns_inflight(load.dns), 0);
}

static void end(uv_loop_t *loop)
{
    dns_close(load.dns, on_closed, &load.closed);
    run_out(loop, WAIT_MS);
    assert_true(load.closed);
    child_responder_free(&load.responder);
}

static uint64_t known(void)
{
    return load.outcomes[DNS_ABSENT] + load.outcomes[DNS_DELEGATED];
}

/* Chance -------------------------------------------------------------------------- */

/* Chi-square over the cells that `is_cell` names; its mean is their number. */
static double chi_square(const volatile uint32_t *counts, size_t n, uint64_t total,
                         size_t cells)
{
    double expected = (double)total / (double)cells, sum = 0;
    for (size_t i = 0; i < n; i++) {
        double off = (double)counts[i] - expected;
        if (counts[i] > 0 || n == cells)
            sum += off * off / expected;
    }
    return sum;
}

static size_t used(const volatile uint32_t *counts)
{
    size_t n = 0;
    for (size_t i = 0; i < 65536; i++)
        n += counts[i] > 0;
    return n;
}

/* 65535 degrees of freedom: the standard deviation is 362; six of them. Ids that are out
 * are not drawn again: with 2000 out, 3 % of all, that makes the counts more even by twice
 * as much. */
static void a_million_ids(void **state)
{
    enum { N = 1000000 };
    uv_loop_t loop;
    (void)state;
    begin(&loop, usual(), N, 0);
    run(&loop);
    const struct responder_view *v = load.responder.view;
    assert_int_equal(known(), N);
    assert_true(v->questions >= N);
    /* An id is free again when its question has been answered, by way of another copy if
     * need be; then a copy may still lie with the resolver. */
    assert_in_range(v->doubles, 0, dns_stats(load.dns)->resent);
    double chi = chi_square(v->ids, 65536, v->questions, 65536);
    if (chi < 65535 * 0.93 - 6 * 362 || chi > 65535 + 6 * 362)
        fail_msg("ids: chi-square %.0f", chi);
    /* Each port has been replaced; one drawn last may be unused, or drawn twice. */
    assert_in_range(used(v->ports), 12, 40);
    assert_in_range(used(v->ports), dns_stats(load.dns)->ports - 4,
                    dns_stats(load.dns)->ports);
    assert_in_range(dns_stats(load.dns)->dropped_question, 0, dns_stats(load.dns)->resent);
    assert_int_equal(dns_stats(load.dns)->dropped_case, 0);
    end(&loop);
}

/* Where each question draws its port: 7 degrees of freedom, 41 is one in a million. With
 * trains a port is drawn for some at once: the same mean, with more noise. */
static void ports_are_even(void **state)
{
    enum { N = 100000, PORTS = 8 };
    static const enum udp_batch_way ways[] = {UDP_TRAINS, UDP_MESSAGES, UDP_SINGLY};
    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(ways); k++) {
        uv_loop_t loop;
        struct dns_options o = usual();
        o.way = ways[k];
        o.port_questions = UINT32_MAX;
        begin(&loop, o, N, 0);
        run(&loop);
        const struct responder_view *v = load.responder.view;
        assert_int_equal(known(), N);
        assert_int_equal(used(v->ports), PORTS);
        if (ways[k] == UDP_TRAINS) {
            for (size_t i = 0; i < 65536; i++) {
                if (v->ports[i] > 0)
                    assert_in_range(v->ports[i], N / PORTS * 8 / 10, N / PORTS * 12 / 10);
            }
        } else {
            double chi = chi_square(v->ports, 65536, v->questions, PORTS);
            if (chi > 41)
                fail_msg("ports: chi-square %.1f", chi);
        }
        end(&loop);
    }
}

/* A port that is replaced while answers to it are out still takes them. */
static void ports_are_drained(void **state)
{
    enum { N = 50000 };
    uv_loop_t loop;
    struct dns_options o = usual();
    (void)state;
    o.port_questions = 100;
    begin(&loop, o, N, 0);
    run(&loop);
    const struct dns_stats *s = dns_stats(load.dns);
    assert_int_equal(known(), N);
    /* A question that was sent again, after a stall of the resolver, is answered twice; and
     * the second answer may be read first, for it is on its way to another port. */
    assert_in_range(s->dropped_id + s->dropped_socket, 0, s->resent);
    assert_true(s->ports > 50);
    end(&loop);
}

/* In a beat all the same things hold; when nothing is out it ends, and begins again. */
static void answers_are_read_in_a_beat(void **state)
{
    enum { N = 20000 };
    uv_loop_t loop;
    struct dns_options o = usual();
    (void)state;
    o.always_gather = true;
    o.port_questions = 1000;
    begin(&loop, o, N, 0);
    for (uint32_t i = 1; i <= 3; i++) {
        load.wanted = i * N;
        load.gathered = false;
        ask_more();
        run_until(&loop, has_gathered, NULL, WAIT_MS);
        run(&loop);
        assert_int_equal(known(), i * N);
        run_until(&loop, is_at_rest, NULL, WAIT_MS);
    }
    end(&loop);
}

/* Loss ---------------------------------------------------------------------------- */

static void a_small_buffer(void **state)
{
    enum { N = 100000 };
    uv_loop_t loop;
    (void)state;
    begin(&loop, usual(), N, SMALL_BUFFER);
    run(&loop);
    assert_int_equal(known(), N);
    /* What was lost was asked again, and it was not much. */
    assert_in_range(dns_stats(load.dns)->resent, 0, N / 4);
    end(&loop);
}

static void one_in_a_hundred_is_lost(void **state)
{
    enum { N = 100000 };
    uv_loop_t loop;
    (void)state;
    begin(&loop, usual(), N, 0);
    load.responder.view->loss_1000 = 10;
    run(&loop);
    assert_int_equal(known(), N);
    assert_true(load.responder.view->ignored > N / 200);
    /* Each of them was asked again, within its try or in the next one. */
    assert_true(dns_stats(load.dns)->resent + load.tries - N >=
                load.responder.view->ignored);
    end(&loop);
}

static void half_is_lost(void **state)
{
    enum { N = 1000 };
    uv_loop_t loop;
    struct dns_options o = usual();
    (void)state;
    o.tries = 20;
    begin(&loop, o, N, 0);
    load.responder.view->loss_1000 = 500;
    run(&loop);
    assert_int_equal(known(), N);
    assert_in_range(load.smallest, 1, 16);
    end(&loop);
}

static uv_timer_t later;

static void on_resume(uv_timer_t *t)
{
    child_responder_pause(&load.responder, false);
    uv_close((uv_handle_t *)t, NULL);
}

static void fall_silent(void)
{
    child_responder_pause(&load.responder, true);
    uv_timer_start(&later, on_resume, 1000, 0);
}

static void silence_and_back(void **state)
{
    enum { N = 60000 };
    uv_loop_t loop;
    (void)state;
    begin(&loop, usual(), N, 0);
    uv_timer_init(&loop, &later);
    load.act = fall_silent;
    load.act_at = N / 3;
    run(&loop);
    assert_int_equal(known(), N);
    assert_true(dns_stats(load.dns)->resent > 0);
    end(&loop);
}

static void on_restart(uv_timer_t *t)
{
    child_responder_start(&load.responder, load.responder.port, 0);
    uv_close((uv_handle_t *)t, NULL);
}

static void restart(void)
{
    child_responder_kill(&load.responder);
    uv_timer_start(&later, on_restart, 300, 0);
}

/* Nobody listens for a while: no question may end with a wrong answer, and what there is
 * doubt about is asked again. */
static void a_restart_under_load(void **state)
{
    enum { N = 60000 };
    uv_loop_t loop;
    struct dns_options o = usual();
    (void)state;
    o.tries = 10;
    begin(&loop, o, N, 0);
    uv_timer_init(&loop, &later);
    load.act = restart;
    load.act_at = N / 3;
    run(&loop);
    assert_int_equal(known(), N);
    assert_true(dns_stats(load.dns)->refused > 0);
    assert_true(load.tries > N);
    end(&loop);
}

static void stop_asking(void)
{
    load.wanted = load.asked;
    dns_close(load.dns, on_closed, &load.closed);
}

static void closing_under_load(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        uv_loop_t loop;
        struct dns_options o = usual();
        o.always_gather = k == 1;
        begin(&loop, o, 100000, 0);
        load.act = stop_asking;
        load.act_at = 30000;
        ask_more();
        run_until(&loop, is_complete, NULL, WAIT_MS);
        assert_int_equal(load.wrong, 0);
        assert_true(load.outcomes[DNS_CANCELED] > 0);
        assert_int_equal(known() + load.outcomes[DNS_CANCELED], load.done);
        run_out(&loop, WAIT_MS);
        assert_true(load.closed);
        child_responder_free(&load.responder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_ids),
        cmocka_unit_test(ports_are_even),
        cmocka_unit_test(ports_are_drained),
        cmocka_unit_test(answers_are_read_in_a_beat),
        cmocka_unit_test(a_small_buffer),
        cmocka_unit_test(one_in_a_hundred_is_lost),
        cmocka_unit_test(half_is_lost),
        cmocka_unit_test(silence_and_back),
        cmocka_unit_test(a_restart_under_load),
        cmocka_unit_test(closing_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
