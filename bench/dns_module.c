/* The program's DNS module by itself (io/dns.h): what a name costs without reading it from
 * a pipe, looking for its registrable domain and writing a line about it.
 *
 *   dns_module PORT [INFLIGHT]    names on standard input; what became of them, counted */
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#include "base/must.h"
#include "io/dns.h"
#include "lib/dns_names.h"

#define INFLIGHT_DEFAULT 2000
#define TIMEOUT_MS 2000
#define TRIES 3

static struct client {
    uv_loop_t loop;
    struct dns *dns;
    struct dns_names names;
    size_t next, done;
    size_t outcomes[DNS_OUTCOME_COUNT];
} c;

static void ask(void)
{
    while (c.next < c.names.n) {
        enum status st = dns_ask(c.dns, c.next, c.names.at[c.next]);
        if (st == ST_FULL)
            return;
        c.next++;
        c.done += st != ST_OK; /* no name */
    }
}

static void on_done(void *arg, const struct dns_result *result)
{
    (void)arg;
    c.outcomes[result->answer.outcome]++;
    c.done++;
    ask();
    if (c.done == c.names.n)
        dns_close(c.dns, NULL, NULL);
}

int main(int argc, char **argv)
{
    char error[256], servers[32];
    if (argc < 2) {
        fprintf(stderr, "usage: dns_module PORT [INFLIGHT]\n");
        return 2;
    }
    snprintf(servers, sizeof servers, "127.0.0.1:%s", argv[1]);
    struct dns_options o = {
        .servers = servers,
        .timeout_ms = TIMEOUT_MS,
        .tries = TRIES,
        .inflight = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : INFLIGHT_DEFAULT,
        .done = on_done,
    };
    c.names = dns_names_read();
    if (uv_loop_init(&c.loop) != 0 ||
        dns_new(&c.loop, &o, &c.dns, error, sizeof error) != ST_OK) {
        fprintf(stderr, "dns_module: can't be set up\n");
        return 1;
    }
    ask();
    if (c.done == c.names.n) /* not one name among them */
        dns_close(c.dns, NULL, NULL);
    uv_run(&c.loop, UV_RUN_DEFAULT);
    MUST(uv_loop_close(&c.loop) == 0);
    for (size_t i = 0; i < DNS_OUTCOME_COUNT; i++) {
        if (c.outcomes[i] > 0)
            printf(" %s=%zu", dns_outcome_text((enum dns_outcome)i), c.outcomes[i]);
    }
    printf(" done=%zu\n", c.done);
    return fflush(stdout) == 0 ? 0 : 1;
}
