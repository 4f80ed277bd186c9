/* The core alone, with as many domains as are wanted: what an event costs, and the longest
 * that any part of a turn holds up the loop (rehashing, digest, snapshot, restart).
 *
 *   bench_core [DOMAINS [EVENTS]]     default 1000000 500000 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "core/core.h"

#define EVENTS_A_TURN 100U /* as many as one read of the socket brings */
#define FACTS_A_BATCH ((size_t)256 * 1024)
#define WATCHES_A_TURN 65536U /* as turn.c */
#define CHUNK ((size_t)200 * 1024)
#define NOW_MS INT64_C(1790000000000)

struct bench {
    struct core *core;
    struct effects fx;
    struct buf facts;
    double longest_ms;
};

struct facts_kept {
    struct buf *at;
    size_t n, cap;
};

/* Of this thread's own work: what else runs on the machine does not count. */
static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static struct core *new_core(void)
{
    const struct core_options o = {.dns_interval_s = 86400,
                                   .recheck_s = 30 * 86400,
                                   .confirm_s = 86400,
                                   .preset = "strict",
                                   .subject = "email.unverify",
                                   .outbox = 1024,
                                   .keeps_journal = true};
    struct core *c = core_new(&o);
    MUST(c != NULL);
    return c;
}

static void one_event(struct bench *b, uint32_t i, uint32_t domains)
{
    char account[16], email[64];
    struct core_event ev = {.type = CORE_ACCOUNT, .now = {NOW_MS}};
    struct account_event a = {.type = EVENT_VERIFIED, .has_time = true};
    int n = snprintf(account, sizeof account, "%u", 1000000 + i);
    a.account = (struct account_id){.text = account, .len = (uint8_t)n, .is_int = true};
    a.time_ms = NOW_MS - i;
    n = snprintf(email, sizeof email, "first.last%u@company-%u.com", i % 977, i % domains);
    const char *at = strchr(email, '@');
    a.address.email = email;
    a.address.email_len = (unsigned char)n;
    a.address.local_len = (unsigned char)(at - email);
    a.address.domain.host_len = (unsigned char)strlen(at + 1);
    memcpy(a.address.domain.host, at + 1, strlen(at + 1) + 1);
    ev.u.account.event = &a;
    ev.u.account.at = ev.now;
    MUST(core_step(b->core, &ev, &b->fx) == ST_OK);
}

static void note(struct bench *b, double began)
{
    double took = now_ms() - began;
    b->longest_ms = took > b->longest_ms ? took : b->longest_ms;
}

static void line(const char *what, double ms, double n, double longest_ms)
{
    printf("%-32s %10.0f ms %8.0f ns each, longest turn %8.2f ms\n", what, ms, ms * 1e6 / n,
           longest_ms);
    fflush(stdout);
}

static void run_events(struct bench *b, const char *what, uint32_t from, uint32_t n,
                       uint32_t domains)
{
    const double began = now_ms();
    b->longest_ms = 0;
    for (uint32_t i = from; i < from + n;) {
        const double turn = now_ms();
        for (uint32_t k = 0; k < EVENTS_A_TURN && i < from + n; k++)
            one_event(b, i++, domains);
        if (core_facts_size(b->core) > FACTS_A_BATCH)
            MUST(core_take_facts(b->core, &b->facts) == ST_OK);
        note(b, turn);
    }
    line(what, now_ms() - began, n, b->longest_ms);
}

static struct facts_kept run_snapshot(struct bench *b, uint64_t watches)
{
    struct facts_kept kept = {.n = 0};
    const double began = now_ms();
    enum status st = ST_OK;
    bool last = false;
    b->longest_ms = 0;
    core_snapshot_begin(b->core);
    while (!last) {
        if (kept.n == kept.cap) {
            kept.cap = kept.cap == 0 ? 64 : 2 * kept.cap;
            kept.at = realloc(kept.at, kept.cap * sizeof *kept.at);
            MUST(kept.at != NULL);
        }
        struct buf *chunk = &kept.at[kept.n++];
        *chunk = (struct buf){.data = NULL};
        const double turn = now_ms();
        MUST(fact_batch_begin(chunk) == ST_OK);
        last = core_snapshot(b->core, CHUNK, chunk, &st);
        MUST(st == ST_OK && fact_batch_end(chunk) == ST_OK);
        note(b, turn);
    }
    line("snapshot", now_ms() - began, (double)watches, b->longest_ms);
    return kept;
}

static void run_restart(struct bench *b, struct facts_kept *kept, uint64_t watches)
{
    const double began = now_ms();
    b->longest_ms = 0;
    for (size_t i = 0; i < kept->n; i++) {
        struct fact_reader r;
        struct fact f;
        const double turn = now_ms();
        MUST(fact_reader_init(&r, kept->at[i].data, kept->at[i].len) == ST_OK);
        while (fact_next(&r, &f) == ST_OK)
            MUST(core_restore(b->core, &f) == ST_OK);
        note(b, turn);
        buf_free(&kept->at[i]);
    }
    line("restart: facts, a chunk a turn", now_ms() - began, (double)watches,
         b->longest_ms);
    const double scheduling = now_ms();
    enum status st;
    bool done = false;
    b->longest_ms = 0;
    while (!done) {
        const double turn = now_ms();
        done = core_restored(b->core, (struct wall_ms){NOW_MS}, WATCHES_A_TURN, &st);
        MUST(st == ST_OK);
        note(b, turn);
    }
    line("restart: schedule", now_ms() - scheduling, (double)watches, b->longest_ms);
    free(kept->at);
}

static uint64_t run_digest(const struct bench *b, uint64_t watches)
{
    const double turn = now_ms();
    uint64_t digest = core_digest(b->core);
    line("digest", now_ms() - turn, (double)watches, now_ms() - turn);
    return digest;
}

int main(int argc, char **argv)
{
    const uint32_t domains = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    const uint32_t events = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 500000;
    struct bench b = {.core = new_core()};
    run_events(&b, "events, new domains", 0, domains, domains);
    run_events(&b, "events, known domains", domains, events, domains);
    const struct registry *r = core_registry(b.core);
    printf("%-32s %10.1f MB\n", "registry", (double)registry_footprint(r) / 1e6);
    const uint64_t digest = run_digest(&b, r->watches);
    struct facts_kept kept = run_snapshot(&b, r->watches);
    core_free(b.core);
    b.core = new_core();
    run_restart(&b, &kept, core_registry(b.core)->watches + domains);
    MUST(run_digest(&b, domains) == digest);
    core_free(b.core);
    buf_free(&b.facts);
    return EXIT_SUCCESS;
}
