/* Odd answers, as servers that were not written here give them, and what `unverifyd check`
 * makes of each: knotd as a registry's server, unbound as a resolver in front of it, and
 * for what neither would ever say, a responder of our own. The rule for all: what is not a
 * statement about the domain is never a denial. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/must.h"
#include "io/servers.h"

#define LABEL_63 "a23456789012345678901234567890123456789012345678901234567890123"

static char knot_folder[64], unbound_folder[64];
static struct server knot, unbound;

/* Servers ------------------------------------------------------------------------- */

static void write_zone(const char *file, const char *origin, const char *records)
{
    file_write(knot_folder, file,
               "$ORIGIN %s\n$TTL 3600\n"
               "@ SOA a.nic.test. root.nic.test. 1 1800 900 604800 900\n@ NS a.nic.test.\n"
               "%s",
               origin, records);
}

static void start_knot(void)
{
    uint16_t port = free_port();
    folder_make(knot_folder);
    file_write(knot_folder, "knot.conf",
               "server:\n  rundir: %s\n  listen: 127.0.0.1@%u\n  udp-workers: 1\n"
               "  tcp-workers: 1\n  background-workers: 1\n"
               "database:\n  storage: %s\n"
               "log:\n  - target: stderr\n    any: warning\n"
               "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n"
               "    journal-content: none\n"
               "zone:\n  - domain: .\n    file: root.zone\n  - domain: com.\n"
               "  - domain: co.uk.\n  - domain: ws.\n  - domain: home.com.\n"
               "  - domain: shop.co.uk.\n  - domain: bogus.com.\n  - domain: broken.com.\n",
               knot_folder, (unsigned)port, knot_folder, knot_folder);
    write_zone("root.zone", ".", "com NS a.nic.test.\n");
    write_zone("com.zone", "com.",
               "home NS ns.home\nns.home A 127.66.6.6\n"
               "xn--bcher-kva NS ns.home\n" LABEL_63 " NS ns.home\n"
               "lame NS ns.lame\nns.lame A 127.66.6.6\n" /* nobody listens there */
               "bogus NS ns.home\n"
               "text TXT \"a name without a delegation\"\n"
               "below.empty TXT \"makes an empty non-terminal\"\n"
               "lapsed NS ns1.PendingRenewalDeletion.com.\n"
               "lapsed NS ns2.PendingRenewalDeletion.com.\n"
               "namesake NS ns1.notpendingrenewaldeletion.com.\n"
               "customer NS ns1.namebrightdns.com.\n"
               "alias CNAME home.com.\n"
               "dead-alias CNAME gone.com.\n");
    write_zone("co.uk.zone", "co.uk.", "shop NS ns.shop\nns.shop A 127.66.6.6\n");
    write_zone("ws.zone", "ws.", "* A 127.0.0.1\n* TXT \"a top domain of wildcards\"\n");
    write_zone("home.com.zone", "home.com.", "");
    write_zone("shop.co.uk.zone", "shop.co.uk.", "");
    write_zone("bogus.com.zone", "bogus.com.", "");
    /* broken.com has no file: knotd serves it as SERVFAIL */
    server_start_knotd(&knot, knot_folder, port);
}

static void put_stubs(FILE *conf)
{
    static const char *const zones[] = {".",         "com.",        "co.uk.",    "ws.",
                                        "home.com.", "shop.co.uk.", "bogus.com."};
    for (size_t i = 0; i < ARRAY_LEN(zones); i++)
        fprintf(conf, "stub-zone:\n  name: \"%s\"\n  stub-addr: 127.0.0.1@%u\n", zones[i],
                (unsigned)knot.port);
}

static void start_unbound(void)
{
    char path[128];
    uint16_t port = free_port();
    folder_make(unbound_folder);
    snprintf(path, sizeof path, "%s/unbound.conf", unbound_folder);
    FILE *conf = fopen(path, "w");
    assert_non_null(conf);
    fprintf(conf,
            "server:\n  interface: 127.0.0.1@%u\n  access-control: 127.0.0.0/8 allow\n"
            "  username: \"\"\n  chroot: \"\"\n  directory: \"%s\"\n  pidfile: \"\"\n"
            "  do-daemonize: no\n  use-syslog: no\n  do-ip6: no\n"
            "  do-not-query-localhost: no\n  module-config: \"validator iterator\"\n"
            /* a chain of trust that ends in an unsigned zone */
            "  trust-anchor: \"bogus.com. DS 12345 13 2 0123456789abcdef0123456789abcdef"
            "0123456789abcdef0123456789abcdef\"\n"
            "  local-zone: \"refused.com.\" refuse\n"
            "  local-zone: \"silent.com.\" deny\n"
            "  local-zone: \"blocked.com.\" always_nxdomain\n"
            /* a zone whose servers know no NS set of their own */
            "  local-zone: \"apex.com.\" static\n"
            "  local-data: \"apex.com. SOA a.nic.test. root.nic.test. 1 9 9 9 9\"\n"
            "  local-zone: \"large.com.\" static\n",
            (unsigned)port, unbound_folder);
    for (int i = 0; i < 40; i++) /* more than 512 octets take */
        fprintf(conf, "  local-data: \"large.com. NS ns%d.some-name-server.net.\"\n", i);
    put_stubs(conf);
    fclose(conf);
    server_start_unbound(&unbound, unbound_folder, port);
}

static int start_servers(void **state)
{
    (void)state;
    start_knot();
    start_unbound();
    return 0;
}

static int stop_servers(void **state)
{
    (void)state;
    server_stop(&unbound);
    server_stop(&knot);
    folder_remove(unbound_folder);
    folder_remove(knot_folder);
    return 0;
}

/* Rows ---------------------------------------------------------------------------- */

struct row {
    const char *name, *outcome, *phase; /* outcome NULL: any doubt */
    const char *soa;                    /* NULL: not looked at */
};

#define ROWS_MAX 24

static void check_row(const struct row *row, const json_t *line)
{
    const json_t *dns = json_object_get(line, "dns");
    const char *outcome = json_string_value(json_object_get(dns, "outcome"));
    const char *soa = json_string_value(json_object_get(dns, "soa"));
    const char *phase = json_string_value(json_object_get(line, "phase"));
    const char *action = json_string_value(json_object_get(line, "action"));
    if (outcome == NULL || (row->outcome != NULL && strcmp(outcome, row->outcome) != 0) ||
        strcmp(phase != NULL ? phase : "doubt", row->phase) != 0)
        fail_msg("%s: %s, %s", row->name, outcome != NULL ? outcome : "no outcome",
                 phase != NULL ? phase : "doubt");
    if (row->soa != NULL)
        assert_string_equal(soa != NULL ? soa : "", row->soa);
    if (strcmp(row->phase, "doubt") == 0)
        assert_string_equal(action, "ask_again");
}

static void check_rows(uint16_t port, const struct row *rows, size_t n)
{
    static char out[65536];
    char servers[64];
    const char *argv[ROWS_MAX + 16] = {UVD_BINARY_DIR "/unverifyd",
                                       "--config=/dev/null",
                                       "--set",
                                       servers,
                                       "--set",
                                       "dns.timeout_ms=1000",
                                       "--set",
                                       "dns.tries=1",
                                       "--set",
                                       "status.provider=none",
                                       "--set",
                                       "dns.canaries=off",
                                       "check"};
    assert_true(n <= ROWS_MAX);
    snprintf(servers, sizeof servers, "dns.servers=127.0.0.1:%u", (unsigned)port);
    for (size_t i = 0; i < n; i++)
        argv[13 + i] = rows[i].name;
    assert_int_equal(run_output(argv, out, sizeof out), 0);
    char *at = out;
    for (size_t i = 0; i < n; i++) {
        char *end = strchr(at, '\n');
        assert_non_null(end);
        *end = '\0';
        json_t *line = json_loads(at, 0, NULL);
        assert_non_null(line);
        check_row(&rows[i], line);
        json_decref(line);
        at = end + 1;
    }
    assert_string_equal(at, "");
}

/* 253 octets: three labels of 63 and one of 52 before the two that are asked about. */
#define NAME_253                                                                           \
    LABEL_63 "." LABEL_63 "." LABEL_63                                                     \
             ".a234567890123456789012345678901234567890123456789012.home.com"

static void a_registrys_server(void **state)
{
    static const struct row rows[] = {
        {"home.com", "delegated", "active", ""},
        {"gone.com", "absent", "candidate", "com"},
        {"lame.com", "delegated", "active", ""}, /* the registry has it */
        {"text.com", "not_delegated", "candidate", "com"},
        {"empty.com", "not_delegated", "candidate", "com"},
        {"lapsed.com", "parked", "candidate", ""},
        {"www.lapsed.com", "parked", "candidate", ""},
        {"namesake.com", "delegated", "active", ""},
        {"customer.com", "delegated", "active", ""},
        {"alias.com", "exists", "active", NULL},
        {"dead-alias.com", "exists", "active", NULL},
        {"nothing.ws", "not_delegated", "candidate", "ws"},
        {"shop.co.uk", "delegated", "active", ""},
        {"www.shop.co.uk", "delegated", "active", ""},
        {"gone.co.uk", "absent", "candidate", "co.uk"},
        {"b\xC3\xBC"
         "cher.com",
         "delegated", "active", ""},
        {"b\xC3\xBC"
         "cher.ws",
         "not_delegated", "candidate", "ws"},
        {LABEL_63 ".com", "delegated", "active", ""},
        {NAME_253, "delegated", "active", ""},
        {"gone.no-such-top", "absent", "candidate", "."},
        {"broken.com", "servfail", "doubt", NULL},
    };
    (void)state;
    assert_int_equal(strlen(NAME_253), 253);
    check_rows(knot.port, rows, ARRAY_LEN(rows));
}

static void a_resolver(void **state)
{
    static const struct row rows[] = {
        {"home.com", "delegated", "active", ""},
        {"gone.com", "absent", "candidate", "com"},
        {"text.com", "not_delegated", "candidate", "com"},
        {"empty.com", "not_delegated", "candidate", "com"},
        {"alias.com", "exists", "active", NULL},
        {"dead-alias.com", "exists", "active", NULL},
        {"nothing.ws", "not_delegated", "candidate", "ws"},
        {"shop.co.uk", "delegated", "active", ""},
        {"gone.co.uk", "absent", "candidate", "co.uk"},
        {"b\xC3\xBC"
         "cher.ws",
         "not_delegated", "candidate", "ws"},
        {NAME_253, "delegated", "active", ""},
        {"gone.no-such-top", "absent", "candidate", "."},
        {"large.com", "delegated", "active", ""}, /* truncated: over TCP */
        {"apex.com", "exists", "active", "apex.com"},
        {"blocked.com", "absent", "candidate", ""},
        {"lame.com", NULL, "doubt",
         NULL}, /* SERVFAIL, if it comes before we lose patience */
        {"bogus.com", "servfail", "doubt", NULL},
        {"broken.com", "servfail", "doubt", NULL},
        {"refused.com", "refused", "doubt", NULL},
        {"silent.com", "timeout", "doubt", NULL},
    };
    (void)state;
    check_rows(unbound.port, rows, ARRAY_LEN(rows));
}

/* What no decent server says ------------------------------------------------------ */

enum { NOERROR = 0, NXDOMAIN = 3 };

struct packet {
    uint8_t b[600];
    size_t n;
};

static void put(struct packet *p, const void *bytes, size_t n)
{
    memcpy(p->b + p->n, bytes, n);
    p->n += n;
}

/* `owner` in wire form; counted in the authority section. */
static void put_soa(struct packet *p, const void *owner, size_t n)
{
    static const uint8_t rest[] = {0, 6, 0,   1, 0, 0, 0, 9, 0, 26, 1, 'a',
                                   0, 1, 'b', 0, 0, 0, 0, 1, 0, 0,  0, 1,
                                   0, 0, 0,   1, 0, 0, 0, 1, 0, 0,  0, 1};
    put(p, owner, n);
    put(p, rest, sizeof rest);
    p->b[9]++;
}

/* NSEC at the name itself, whose next name is right behind it and whose types are RRSIG,
 * NSEC and NXNAME (128): the name does not exist (RFC 9824 section 3.1). */
static void put_nxname(struct packet *p)
{
    static const uint8_t head[] = {0xC0, 12, 0, 47, 0, 1, 0, 0, 0, 9, 0, 36};
    static const uint8_t next[] = {1,   0,   7, 'c', 'o', 'm', 'p', 'a',
                                   'c', 't', 3, 'c', 'o', 'm', 0};
    uint8_t types[19] = {0, 17};
    types[2 + 46 / 8] |= 0x80 >> 46 % 8;
    types[2 + 47 / 8] |= 0x80 >> 47 % 8;
    types[2 + 128 / 8] |= 0x80 >> 128 % 8;
    put(p, head, sizeof head);
    p->b[p->n - 1] = sizeof next + sizeof types;
    put(p, next, sizeof next);
    put(p, types, sizeof types);
    p->b[9]++;
}

/* Whatever the case of its letters: that is the asker's to mix. */
static bool is(const struct packet *p, const char *label)
{
    return p->b[12] == strlen(label) &&
           strncasecmp((const char *)p->b + 13, label, p->b[12]) == 0;
}

/* Turns a question into its answer. */
static void twist(struct packet *p)
{
    static const uint8_t com[] = {3, 'c', 'o', 'm', 0}, itself[] = {0xC0, 12};
    static const uint8_t net[] = {3, 'n', 'e', 't', 0};
    static const uint8_t up[] = {0, 0, 2, 0, 1, 0, 0, 0, 9, 0, 3, 1, 'r', 0};
    p->b[2] = 0x81;
    p->b[3] = 0x80;
    if (is(p, "compact")) {
        put_soa(p, com, sizeof com);
        put_nxname(p);
    } else if (is(p, "wrongid")) {
        p->b[0] ^= 0x55;
        p->b[3] |= NXDOMAIN;
        put_soa(p, com, sizeof com);
    } else if (is(p, "cut")) {
        p->b[2] |= 0x02;
        p->b[3] |= NXDOMAIN;
    } else if (is(p, "noise")) {
        memset(p->b + 2, 0xFF, p->n - 2);
    } else if (is(p, "short")) {
        p->n = 4;
    } else if (is(p, "echo")) {
        p->b[2] = 0x01; /* the question, sent back */
        p->b[3] = NXDOMAIN;
    } else if (is(p, "half")) {
        p->b[3] |= NXDOMAIN;
        put_soa(p, com, sizeof com);
        p->n -= 7;
    } else if (is(p, "ownsoa")) {
        p->b[3] |= NXDOMAIN;
        put_soa(p, itself, sizeof itself);
    } else if (is(p, "filter")) {
        p->b[3] |= NXDOMAIN;
        put_soa(p, net, sizeof net);
    } else if (is(p, "upward")) {
        put(p, up, sizeof up);
        p->b[9]++;
    } else if (is(p, "badrcode")) {
        p->b[3] |= 9;
    } else if (!is(p, "empty")) {
        p->b[3] |= NXDOMAIN;
        put_soa(p, com, sizeof com);
    }
}

static _Noreturn void serve(int fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        struct packet p;
        struct sockaddr_in from;
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, p.b, 300, 0, (struct sockaddr *)&from, &len);
        if (n < 17)
            continue;
        p.n = (size_t)n;
        twist(&p);
        sendto(fd, p.b, p.n, 0, (struct sockaddr *)&from, len);
    }
}

static void twisted_answers(void **state)
{
    static const struct row rows[] = {
        {"gone.com", "absent", "candidate", "com"}, /* it can also be decent */
        {"compact.com", "not_delegated", "candidate", "com"},
        {"wrongid.com", "timeout", "doubt", NULL},
        {"noise.com", NULL, "doubt", NULL},
        {"short.com", NULL, "doubt", NULL},
        {"echo.com", NULL, "doubt", NULL},
        {"half.com", NULL, "doubt", NULL},
        {"ownsoa.com", "lame", "doubt", NULL},
        {"filter.com", "lame", "doubt", NULL},
        {"upward.com", "lame", "doubt", NULL},
        {"badrcode.com", "refused", "doubt", NULL},
        {"empty.com", "lame", "doubt", NULL},
    };
    /* Alone: over TCP nobody is there, and that may end other questions' tries, too. */
    static const struct row cut = {"cut.com", NULL, "doubt", NULL};
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        serve(fd);
    close(fd);
    check_rows(ntohs(a.sin_port), rows, ARRAY_LEN(rows));
    check_rows(ntohs(a.sin_port), &cut, 1);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registrys_server),
        cmocka_unit_test(a_resolver),
        cmocka_unit_test(twisted_answers),
    };
    return cmocka_run_group_tests(tests, start_servers, stop_servers);
}
