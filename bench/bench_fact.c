/* Facts: time to write and to read one, and its bytes in a batch. Best of several runs.
 *
 *   bench_fact [runs]     default 15 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "proto/fact.h"

#define FACTS 4096U /* a batch of some 200 kB, as the log's */
#define NOW UINT32_C(1790000000)

struct names {
    char account[24], email[48], domain[24];
};

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct fact address_of(const struct names *n, uint32_t i)
{
    struct fact f = {.kind = FACT_ADDRESS};
    struct address *a = &f.u.address.address;
    f.u.address.account.text = n->account;
    f.u.address.account.len = (uint8_t)strlen(n->account);
    f.u.address.verified_ms = INT64_C(1790000000000) - 7919 * (int64_t)i;
    f.u.address.mfa = TRI_NO;
    a->email = n->email;
    a->email_len = (uint8_t)strlen(n->email);
    a->local_len = (uint8_t)(strchr(n->email, '@') - n->email);
    a->domain.host_len = (uint8_t)strlen(n->domain);
    memcpy(a->domain.host, n->domain, sizeof n->domain);
    return f;
}

static struct fact watch_of(const struct names *n, uint32_t i)
{
    struct fact f = {.kind = FACT_WATCH};
    f.u.watch.domain = n->domain;
    f.u.watch.domain_len = (uint8_t)strlen(n->domain);
    f.u.watch.phase = PHASE_ACTIVE;
    f.u.watch.epoch = NOW - 31536000 + i;
    f.u.watch.since = f.u.watch.epoch + 2;
    f.u.watch.checked = NOW - i * 20;
    f.u.watch.due = f.u.watch.checked + 86400 + i;
    f.u.watch.moves = 1;
    return f;
}

static struct fact gone_of(const struct names *n, uint32_t i)
{
    const struct fact a = address_of(n, i);
    return (struct fact){.kind = FACT_ADDRESS_GONE,
                         .u.gone = {.account = a.u.address.account,
                                    .local = n->email,
                                    .local_len = a.u.address.address.local_len,
                                    .host = n->domain,
                                    .host_len = (uint8_t)strlen(n->domain)}};
}

static void measure(const char *what, struct fact (*make)(const struct names *, uint32_t),
                    int runs)
{
    static struct fact facts[FACTS];
    static struct names names[FACTS];
    struct buf b = {.data = NULL};
    double write_ns = 1e18;
    double read_ns = 1e18;
    for (uint32_t i = 0; i < FACTS; i++) {
        struct names *n = &names[i];
        snprintf(n->account, sizeof n->account, "user-%u", 1000000 + i);
        snprintf(n->domain, sizeof n->domain, "company-%u.com", i % 3000);
        snprintf(n->email, sizeof n->email, "first.last%u@company-%u.com", i, i % 3000);
        facts[i] = make(n, i);
    }
    for (int run = 0; run < runs; run++) {
        const double start = now_ns();
        MUST(fact_batch_begin(&b) == ST_OK);
        for (uint32_t i = 0; i < FACTS; i++)
            MUST(fact_put(&b, &facts[i]) == ST_OK);
        MUST(fact_batch_end(&b) == ST_OK);
        const double written = now_ns();

        struct fact_reader r;
        struct fact f;
        uint32_t n = 0;
        MUST(fact_reader_init(&r, b.data, b.len) == ST_OK);
        while (fact_next(&r, &f) == ST_OK)
            n++;
        const double read = now_ns();
        MUST(n == FACTS);
        write_ns = written - start < write_ns ? written - start : write_ns;
        read_ns = read - written < read_ns ? read - written : read_ns;
    }
    printf("%-12s  %6.1f  %6.1f  %6.1f\n", what, write_ns / FACTS, read_ns / FACTS,
           (double)(b.len - FACT_BATCH_OVERHEAD) / FACTS);
    buf_free(&b);
}

int main(int argc, char **argv)
{
    const int runs = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 15;
    printf(
        "fact          write    read   bytes   (ns a fact, sums included; bytes a fact)\n");
    measure("address", address_of, runs);
    measure("watch", watch_of, runs);
    measure("address_gone", gone_of, runs);
    return 0;
}
