/* The schedule: CPU time to hand out the domain that is due first and to put it back for
 * the next day, in even flow, with so many of them.
 *
 *   bench_schedule [domains] [looks]     default 10,000,000 and 2,000,000 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "core/schedule.h"

#define DAY_S 86400U

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t hash(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static void fill(struct registry *r, uint32_t domains)
{
    char account[16], email[48];
    struct attachment a;
    for (uint32_t i = 0; i < domains; i++) {
        struct account_event ev = {.type = EVENT_VERIFIED};
        int n = snprintf(account, sizeof account, "%u", i);
        ev.account = (struct account_id){.text = account, .len = (uint8_t)n};
        n = snprintf(email, sizeof email, "x@domain-%u.com", i);
        ev.address.email = email;
        ev.address.email_len = (unsigned char)n;
        ev.address.local_len = 1;
        ev.address.domain.host_len = (unsigned char)(n - 2);
        memcpy(ev.address.domain.host, email + 2, (size_t)n - 1);
        MUST(registry_attach(r, &ev, 1, &a) == ST_OK);
    }
}

int main(int argc, char **argv)
{
    uint32_t domains = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 10000000U;
    uint32_t looks = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 2000000U;
    struct registry r;
    struct schedule s;
    registry_init(&r);
    fill(&r, domains);
    schedule_init(&s, &r, PLACE_SCHEDULED);
    MUST(schedule_reserve(&s, domains) == ST_OK);

    double began = cpu_s();
    for (uint32_t slot = 1; slot <= domains; slot++)
        schedule_put(&s, slot, (uint32_t)(hash(slot) % DAY_S));
    double put = cpu_s();
    for (uint32_t i = 0; i < looks; i++) {
        uint32_t slot = schedule_first(&s);
        uint32_t due = registry_watch(&r, slot)->due;
        schedule_remove(&s, slot);
        schedule_put(&s, slot, due + DAY_S - (uint32_t)(hash(slot) % (DAY_S / 10)));
    }
    double looked = cpu_s();
    printf("%u domains: put in order %.2f us each, handed out and put back %.2f us each, "
           "so a day takes %.1f s of CPU; heap %.1f MB\n",
           domains, (put - began) * 1e6 / domains, (looked - put) * 1e6 / looks,
           (looked - put) / looks * domains, (double)s.cap * sizeof *s.heap / 1e6);
    schedule_close(&s);
    registry_close(&r);
    return 0;
}
