/* `unverifyd check --stdin`, the program itself: against knotd and nginx, and against a
 * server that loses questions (bench/dns_responder.c).
 *
 * UVD_TEST_NAMES=5000000 in the environment makes the lossy run that long. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/must.h"
#include "io/servers.h"

static char folder[64], knot_option[64], url_option[64], lossy_option[64];
static struct server knot, nginx, lossy;

/* Servers ------------------------------------------------------------------------- */

static void start_knot(void)
{
    uint16_t port = free_port();
    file_write(folder, "knot.conf",
               "server:\n  rundir: %s\n  listen: 127.0.0.1@%u\n"
               "database:\n  storage: %s\n"
               "log:\n  - target: stderr\n    any: warning\n"
               "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n"
               "    journal-content: none\n"
               "zone:\n  - domain: com.\n  - domain: co.uk.\n",
               folder, (unsigned)port, folder, folder);
    file_write(folder, "com.zone",
               "$ORIGIN com.\n$TTL 3600\n"
               "@ SOA a.gtld.net. nstld.gtld.net. 1 1800 900 604800 86400\n"
               "@ NS a.gtld.net.\n"
               "alive NS ns1.alive\nns1.alive A 127.0.0.1\n"
               "xn--bcher-kva NS ns1.alive\n"
               "onhold TXT \"out of the zone but for this\"\n");
    file_write(folder, "co.uk.zone",
               "$ORIGIN co.uk.\n$TTL 3600\n"
               "@ SOA a.nic.uk. root.nic.uk. 1 1800 900 604800 86400\n@ NS a.nic.uk.\n"
               "shop NS ns.nic.uk.\n");
    server_start_knotd(&knot, folder, port);
    snprintf(knot_option, sizeof knot_option, "dns.servers=127.0.0.1:%u", (unsigned)port);
}

static void start_nginx(void)
{
    uint16_t port = free_port();
    file_write(folder, "nginx.conf",
               "user root;\nworker_processes 1;\npid %s/pid;\nerror_log stderr;\n"
               "events { worker_connections 64; }\nhttp {\n  access_log off;\n"
               "  client_body_temp_path %s/t1; proxy_temp_path %s/t2;\n"
               "  fastcgi_temp_path %s/t3; uwsgi_temp_path %s/t4; scgi_temp_path %s/t5;\n"
               "  default_type application/json;\n"
               "  server {\n    listen 127.0.0.1:%u;\n"
               "    location = /v2/status {\n"
               "      return 200 '{\"status\":[{\"domain\":\"$arg_domain\",\"status\":"
               "\"undelegated inactive\"}]}';\n    }\n  }\n}\n",
               folder, folder, folder, folder, folder, folder, (unsigned)port);
    server_start_nginx(&nginx, folder, port);
    snprintf(url_option, sizeof url_option, "status.url=http://127.0.0.1:%u",
             (unsigned)port);
}

static int start_servers(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    folder_make(folder);
    start_knot();
    start_nginx();
    return 0;
}

static int stop_servers(void **state)
{
    (void)state;
    server_stop(&nginx);
    server_stop(&knot);
    folder_remove(folder);
    return 0;
}

/* The program --------------------------------------------------------------------- */

struct program {
    pid_t pid;
    int err; /* a file */
    int code;
    long peak_kb;
};

static int new_file(void)
{
    char name[] = "/tmp/uvd-check-XXXXXX";
    int fd = mkostemp(name, O_CLOEXEC);
    assert_true(fd >= 0);
    unlink(name);
    return fd;
}

/* Memory that AddressSanitizer keeps back is not the program's. */
static void keep_nothing_back(void)
{
    char options[512];
    const char *old = getenv("ASAN_OPTIONS");
    snprintf(options, sizeof options, "%s:quarantine_size_mb=1", old != NULL ? old : "");
    setenv("ASAN_OPTIONS", options, 1);
}

/* `in` and `out`: -1 is a closed one. `options` end with NULL. */
static struct program start(const char *const *options, int in, int out)
{
    /* no canary lives in these worlds */
    const char *argv[40] = {UVD_BINARY_DIR "/unverifyd", "--set", "dns.canaries=off"};
    size_t n = 3;
    for (; *options != NULL; options++) {
        argv[n++] = "--set";
        argv[n++] = *options;
    }
    argv[n++] = "check";
    argv[n] = "--stdin";
    assert_true(n + 1 < ARRAY_LEN(argv));
    union {
        const char *const *in;
        char *const *out;
    } args = {.in = argv};
    struct program p = {.err = new_file()};
    p.pid = fork();
    assert_true(p.pid >= 0);
    if (p.pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_DFL);
        keep_nothing_back();
        dup2(p.err, STDERR_FILENO);
        if (in < 0 || dup2(in, STDIN_FILENO) < 0)
            close(STDIN_FILENO);
        if (out < 0 || dup2(out, STDOUT_FILENO) < 0)
            close(STDOUT_FILENO);
        execvp(args.out[0], args.out);
        _exit(127);
    }
    return p;
}

static void wait_for(struct program *p)
{
    struct rusage usage;
    int status = 0;
    assert_int_equal(wait4(p->pid, &status, 0, &usage), p->pid);
    assert_true(WIFEXITED(status));
    p->code = WEXITSTATUS(status);
    p->peak_kb = usage.ru_maxrss;
}

/* All that it said on standard error. */
static const char *complaint(const struct program *p)
{
    static char text[4096];
    ssize_t n = pread(p->err, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void expect_complaint(const struct program *p, const char *wanted)
{
    if (strstr(complaint(p), wanted) == NULL)
        fail_msg("not said: %s; but: %s", wanted, complaint(p));
}

/* Verdicts, by the line they are about -------------------------------------------- */

#define LINES_MAX 32

static json_t *verdicts[LINES_MAX];
static size_t n_verdicts;

static void forget_verdicts(void)
{
    for (size_t i = 0; i < LINES_MAX; i++) {
        json_decref(verdicts[i]);
        verdicts[i] = NULL;
    }
    n_verdicts = 0;
}

static void read_verdicts(int fd)
{
    char text[4096];
    FILE *f = fdopen(dup(fd), "r");
    assert_non_null(f);
    rewind(f);
    forget_verdicts();
    while (fgets(text, sizeof text, f) != NULL) {
        assert_non_null(strchr(text, '\n'));
        json_t *v = json_loads(text, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        assert_non_null(v);
        json_int_t line = json_integer_value(json_object_get(v, "line"));
        assert_true(line >= 1 && line < LINES_MAX);
        assert_null(verdicts[line]); /* one each */
        verdicts[line] = v;
        n_verdicts++;
    }
    fclose(f);
}

static const char *text_of(const json_t *v, const char *key)
{
    const char *text = json_string_value(json_object_get(v, key));
    return text != NULL ? text : "null";
}

static struct program run_text(const char *const *options, const char *text, size_t len)
{
    int in = new_file(), out = new_file();
    assert_int_equal(write(in, text, len), len);
    assert_int_equal(lseek(in, 0, SEEK_SET), 0);
    struct program p = start(options, in, out);
    wait_for(&p);
    read_verdicts(out);
    close(in);
    close(out);
    return p;
}

#define OPTIONS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void every_kind_of_line(void **state)
{
    static const char text[] = "alive.com\n"            /* 1 */
                               "gone.com\r\n"           /* 2 */
                               "\n"                     /* 3: skipped */
                               " \t mail.ALIVE.com. \n" /* 4 */
                               "alive.com\n"            /* 5: again */
                               "192.0.2.1\n"            /* 6 */
                               "two words.com\n"        /* 7 */
                               "b\xC3\xBC"
                               "cher.com\n"       /* 8 */
                               "bad\xFF.com\n"    /* 9 */
                               "nul\0.com\n"      /* 10 */
                               "\r\n"             /* 11: skipped */
                               "www.shop.co.uk\n" /* 12 */
                               "gone.co.uk\n"     /* 13 */
                               "co.uk\n"          /* 14 */
                               "onhold.com\n"     /* 15 */
                               "elsewhere.org\n"  /* 16 */
                               "user@alive.com\n" /* 17 */
                               "alive.com";       /* 18: no newline */
    static const struct {
        const char *domain, *dns, *phase, *action; /* dns NULL: no domain */
    } rows[] = {
        [1] = {"alive.com", "delegated", "active", "none"},
        [2] = {"gone.com", "absent", "candidate", "watch"},
        [4] = {"alive.com", "delegated", "active", "none"},
        [5] = {"alive.com", "delegated", "active", "none"},
        [6] = {"192.0.2.1", NULL, NULL, NULL},
        [7] = {"two words.com", NULL, NULL, NULL},
        [8] = {"xn--bcher-kva.com", "delegated", "active", "none"},
        [9] = {"bad\xEF\xBF\xBD.com", NULL, NULL, NULL},
        [10] = {"nul", NULL, NULL, NULL},
        [12] = {"shop.co.uk", "delegated", "active", "none"},
        [13] = {"gone.co.uk", "absent", "candidate", "watch"},
        [14] = {"co.uk", NULL, NULL, NULL},
        [15] = {"onhold.com", "not_delegated", "candidate", "watch"},
        [16] = {"elsewhere.org", "refused", "null", "ask_again"},
        [17] = {"user@alive.com", NULL, NULL, NULL},
        [18] = {"alive.com", "delegated", "active", "none"},
    };
    size_t faults = 0, names = 0;
    (void)state;
    struct program p =
        run_text(OPTIONS(knot_option, "status.provider=none"), text, sizeof text - 1);
    assert_int_equal(p.code, 1); /* some are no domains */
    for (size_t i = 1; i < ARRAY_LEN(rows); i++) {
        const json_t *v = verdicts[i];
        if (rows[i].domain == NULL) {
            assert_null(v);
            continue;
        }
        names++;
        assert_non_null(v);
        if (strcmp(text_of(v, "domain"), rows[i].domain) != 0)
            assert_int_equal(i, 10); /* jansson shows it up to the NUL */
        if (rows[i].dns == NULL) {
            faults++;
            assert_int_equal(json_object_size(v), 3);
            assert_true(strlen(text_of(v, "error")) > 10);
            continue;
        }
        assert_string_equal(text_of(json_object_get(v, "dns"), "outcome"), rows[i].dns);
        assert_string_equal(text_of(v, "phase"), rows[i].phase);
        assert_string_equal(text_of(v, "action"), rows[i].action);
        assert_true(json_is_null(json_object_get(v, "status")));
    }
    assert_int_equal(n_verdicts, names);
    assert_string_equal(text_of(verdicts[4], "host"), "mail.alive.com");
    char totals[64];
    snprintf(totals, sizeof totals, "names=%zu not_a_domain=%zu ", names, faults);
    expect_complaint(&p, totals);
    expect_complaint(&p, "status_questions=0 ");
    close(p.err);
}

/* The status API is asked about candidates, and about nobody else. */
static void candidates_alone_cost_money(void **state)
{
    static const char text[] = "alive.com\ngone.com\ngmail.com\nonhold.com\nx.github.io\n"
                               "elsewhere.org\ngone-too.com\n";
    (void)state;
    struct program p = run_text(OPTIONS(knot_option, "status.provider=domainr", url_option,
                                        "status.key=secret", "status.rate=1000/s"),
                                text, sizeof text - 1);
    assert_int_equal(p.code, 0);
    assert_int_equal(n_verdicts, 7);
    for (size_t i = 1; i <= 7; i++) {
        const json_t *status = json_object_get(verdicts[i], "status");
        bool asked = i == 2 || i == 4 || i == 7;
        assert_int_equal(json_is_object(status), asked);
        if (asked)
            assert_string_equal(text_of(verdicts[i], "action"), "unverify_and_block");
    }
    expect_complaint(&p, "status_questions=3 ");
    close(p.err);
}

/* A budget that is too small: the rest is told without a status. */
static void a_small_budget(void **state)
{
    static const char text[] = "a.com\nb.com\nc.com\nd.com\nalive.com\n";
    size_t asked = 0;
    (void)state;
    struct program p = run_text(OPTIONS(knot_option, "status.provider=domainr", url_option,
                                        "status.key=secret", "status.rate=1000/s",
                                        "status.daily_budget=2", "dns.inflight=2"),
                                text, sizeof text - 1);
    assert_int_equal(p.code, 0);
    assert_int_equal(n_verdicts, 5);
    for (size_t i = 1; i <= 4; i++) {
        bool has_status = json_is_object(json_object_get(verdicts[i], "status"));
        asked += has_status;
        assert_string_equal(text_of(verdicts[i], "action"),
                            has_status ? "unverify_and_block" : "ask_again");
    }
    assert_int_equal(asked, 2);
    close(p.err);
}

static void nothing_at_all(void **state)
{
    (void)state;
    struct program p = run_text(OPTIONS(knot_option, "status.provider=none"), "", 0);
    assert_int_equal(p.code, 0);
    assert_int_equal(n_verdicts, 0);
    expect_complaint(&p, "names=0 ");
    close(p.err);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    p = start(OPTIONS(knot_option, "status.provider=none"), null, null);
    wait_for(&p);
    assert_int_equal(p.code, 0);
    close(null);
    close(p.err);
}

static void a_line_without_end(void **state)
{
    enum { LEN = 3000000 };
    char *text = malloc(LEN + 11);
    (void)state;
    assert_non_null(text);
    memset(text, 'a', LEN);
    memcpy(text + LEN, "\nalive.com\n", 11);
    struct program p =
        run_text(OPTIONS(knot_option, "status.provider=none"), text, LEN + 11);
    free(text);
    assert_int_equal(p.code, 1);
    assert_int_equal(n_verdicts, 2);
    assert_string_equal(text_of(verdicts[1], "error"), "longer than a domain name can be");
    assert_true(strlen(text_of(verdicts[1], "domain")) <= 1024);
    assert_string_equal(text_of(verdicts[2], "phase"), "active");
    close(p.err);
}

static void streams_that_are_no_use(void **state)
{
    int file = new_file(), directory = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC), ends[2];
    const char *const *options = OPTIONS(knot_option, "status.provider=none");
    struct program p;
    (void)state;
    static const char text[] = "alive.com\n";
    assert_int_equal(write(file, text, sizeof text - 1), sizeof text - 1);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    close(ends[0]);
    const struct {
        int in, out;
        const char *complaint;
    } rows[] = {
        {-1, file, "standard input: closed"},
        {file, -1, "standard output: closed"},
        {directory, full, "standard input: Is a directory"},
        {file, full, "standard output: no space left on device"},
        {file, ends[1], "standard output: broken pipe"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(lseek(file, 0, SEEK_SET), 0);
        p = start(options, rows[i].in, rows[i].out);
        wait_for(&p);
        assert_int_equal(p.code, 1);
        expect_complaint(&p, rows[i].complaint);
        close(p.err);
    }
    close(ends[1]);
    close(full);
    close(directory);
    close(file);
    p = start(OPTIONS("dns.servers=nonsense"), -1, -1); /* looked at before all else */
    wait_for(&p);
    assert_int_equal(p.code, 2);
    close(p.err);
}

/* A pseudo-terminal, line by line, as a person would. */
static void a_terminal(void **state)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), out[2];
    char line[4096];
    (void)state;
    if (master < 0)
        skip(); /* no /dev/pts here */
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    struct program p = start(OPTIONS(knot_option, "status.provider=none"), slave, out[1]);
    close(out[1]);
    FILE *answers = fdopen(out[0], "r");
    assert_int_equal(write(master, "alive.com\n", 10), 10);
    assert_non_null(fgets(line, sizeof line, answers)); /* before the input has ended */
    assert_non_null(strstr(line, "{\"line\":1,\"domain\":\"alive.com\""));
    assert_int_equal(write(master, "gone.com\n\004", 10), 10);
    assert_non_null(fgets(line, sizeof line, answers));
    assert_non_null(strstr(line, "{\"line\":2,\"domain\":\"gone.com\""));
    assert_null(fgets(line, sizeof line, answers));
    wait_for(&p);
    assert_int_equal(p.code, 0);
    assert_int_equal(fcntl(slave, F_GETFL) & O_NONBLOCK, 0); /* it is a shell's, too */
    fclose(answers);
    close(slave);
    close(master);
    close(p.err);
}

/* Many names ---------------------------------------------------------------------- */

#define NAMES_DEFAULT 20000
/* The window, its lines and the buffers; not the names, which take a hundred times that. */
#define GROWTH_MAX_KB (24 << 10)

enum truth { TRUTH_LIVE, TRUTH_GONE, TRUTH_MUTE, TRUTH_COUNT };

/* The i-th name, and what bench/dns_responder says of it. One of 200 is never answered. */
static enum truth name_of(uint64_t i, char name[64])
{
    static const char *const prefix[] = {"live", "gone", "mute"};
    enum truth t = i % 200 == 77 ? TRUTH_MUTE : i % 3 == 0 ? TRUTH_GONE : TRUTH_LIVE;
    snprintf(name, 64, "%s-%llu.%s", prefix[t], (unsigned long long)i,
             i % 2 == 0 ? "com" : "net");
    return t;
}

static void write_names(int fd, uint64_t n)
{
    char name[64];
    FILE *f = fdopen(dup(fd), "w");
    assert_non_null(f);
    for (uint64_t i = 1; i <= n; i++) {
        name_of(i, name);
        fprintf(f, "%s\n", name);
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
}

static const char *outcome_of(const char *line)
{
    const char *at = strstr(line, "\"outcome\":\"");
    assert_non_null(at);
    return at + strlen("\"outcome\":\"");
}

/* One verdict a name and the right one. */
static void check_verdicts(int fd, uint64_t n)
{
    static const char *const outcomes[] = {"delegated\"", "absent\"", "timeout\""};
    uint8_t *seen = calloc(n + 1, 1);
    uint64_t count = 0, of[TRUTH_COUNT] = {0};
    char line[4096], name[64], head[128];
    FILE *f = fdopen(dup(fd), "r");
    assert_non_null(f);
    assert_non_null(seen);
    rewind(f);
    while (fgets(line, sizeof line, f) != NULL) {
        unsigned long long i = 0;
        assert_int_equal(sscanf(line, "{\"line\":%llu,", &i), 1);
        assert_true(i >= 1 && i <= n);
        assert_int_equal(seen[i], 0);
        seen[i] = 1;
        enum truth t = name_of(i, name);
        snprintf(head, sizeof head, "{\"line\":%llu,\"domain\":\"%s\",", i, name);
        if (strncmp(line, head, strlen(head)) != 0 ||
            strncmp(outcome_of(line), outcomes[t], strlen(outcomes[t])) != 0)
            fail_msg("%s: %s", name, line);
        of[t]++;
        count++;
    }
    fclose(f);
    free(seen);
    assert_int_equal(count, n);
    for (int t = 0; t < TRUTH_COUNT; t++)
        assert_true(of[t] > 0);
}

static void start_lossy(const char *drop)
{
    uint16_t port = free_port();
    server_start_dns_responder(&lossy, folder, port, drop);
    snprintf(lossy_option, sizeof lossy_option, "dns.servers=127.0.0.1:%u", (unsigned)port);
}

/* A try that is lost is made good by the next ones: that all six are lost happens once in
 * 10^12. A server that never answers makes no denial. */
static struct program run_lossy(uint64_t n)
{
    int in = new_file(), out = new_file();
    write_names(in, n);
    struct program p =
        start(OPTIONS(lossy_option, "status.provider=none", "dns.timeout_ms=500",
                      "dns.tries=6", "dns.inflight=1000"),
              in, out);
    wait_for(&p);
    if (p.code != 0)
        fail_msg("%s", complaint(&p));
    check_verdicts(out, n);
    close(in);
    close(out);
    return p;
}

static void one_verdict_each_in_bounded_memory(void **state)
{
    const char *text = getenv("UVD_TEST_NAMES");
    uint64_t n = text != NULL ? strtoull(text, NULL, 10) : NAMES_DEFAULT;
    char said[128] = "";
    (void)state;
    assert_true(n >= 1000);
    start_lossy("10");
    struct program few = run_lossy(1000), many = run_lossy(n);
    print_message("%s", complaint(&many));
    print_message("peak memory: %ld kB for 1000 names, %ld kB for %llu\n", few.peak_kb,
                  many.peak_kb, (unsigned long long)n);
    assert_true(many.peak_kb < few.peak_kb + GROWTH_MAX_KB);
    server_stop(&lossy);
    /* the faults have come about */
    server_last_line(folder, said, sizeof said);
    unsigned long long dropped = 0, mute = 0;
    assert_int_equal(
        sscanf(said, "questions=%*u answers=%*u dropped=%llu mute=%llu", &dropped, &mute),
        2);
    assert_true(dropped > n / 200);
    assert_true(mute >= n / 200 * 6);
    close(few.err);
    close(many.err);
}

/* Nobody reads the verdicts: it stops reading names. When somebody does, all come. */
static void a_slow_reader(void **state)
{
    enum { NAMES = 60000, MANY_MS = 500 };
    int in[2], out[2], verdict_file = new_file();
    char name[64], text[80];
    uint64_t given = 0;
    (void)state;
    start_lossy("0");
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    struct program p =
        start(OPTIONS(lossy_option, "status.provider=none", "dns.timeout_ms=200",
                      "dns.tries=1", "dns.inflight=200"),
              in[0], out[1]);
    close(in[0]);
    close(out[1]);
    fcntl(in[1], F_SETFL, O_NONBLOCK);
    while (given < NAMES) {
        name_of(given + 1, name);
        int len = snprintf(text, sizeof text, "%s\n", name);
        if (write(in[1], text, (size_t)len) == len)
            given++;
        else if (poll(&(struct pollfd){.fd = in[1], .events = POLLOUT}, 1, MANY_MS) == 0)
            break;
    }
    assert_true(given < NAMES); /* so much is not held in buffers */
    pid_t feeder = fork();
    if (feeder == 0) {
        fcntl(in[1], F_SETFL, 0);
        for (uint64_t i = given + 1; i <= NAMES; i++) {
            name_of(i, name);
            int len = snprintf(text, sizeof text, "%s\n", name);
            if (write(in[1], text, (size_t)len) != len)
                _exit(1);
        }
        _exit(0);
    }
    close(in[1]);
    static char bytes[65536];
    for (ssize_t n = 1; n > 0;) {
        n = read(out[0], bytes, sizeof bytes);
        if (n > 0)
            assert_int_equal(write(verdict_file, bytes, (size_t)n), n);
    }
    close(out[0]);
    waitpid(feeder, NULL, 0);
    wait_for(&p);
    assert_int_equal(p.code, 0);
    check_verdicts(verdict_file, NAMES);
    close(verdict_file);
    close(p.err);
    server_stop(&lossy);
}

/* SIGINT: what is under way is finished, and what it leaves out is said. */
static void interrupted(void **state)
{
    int in[2], out[2];
    char name[64], line[4096];
    uint64_t verdict_count = 1;
    (void)state;
    start_lossy("0");
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    struct program p = start(
        OPTIONS(lossy_option, "status.provider=none", "dns.timeout_ms=500", "dns.tries=2"),
        in[0], out[1]);
    close(in[0]);
    close(out[1]);
    for (uint64_t i = 1; i <= 200; i++) { /* 77 is never answered */
        name_of(i, name);
        dprintf(in[1], "%s\n", name);
    }
    FILE *answers = fdopen(out[0], "r");
    assert_non_null(fgets(line, sizeof line, answers));
    kill(p.pid, SIGINT); /* the pipe stays open */
    while (fgets(line, sizeof line, answers) != NULL) {
        assert_non_null(strstr(line, "\"outcome\":\""));
        verdict_count++;
    }
    wait_for(&p);
    assert_int_equal(p.code, 1);
    snprintf(line, sizeof line, "names=%llu ", (unsigned long long)verdict_count);
    expect_complaint(&p, line);
    expect_complaint(&p, "interrupted");
    fclose(answers);
    close(in[1]);
    close(p.err);
    server_stop(&lossy);
}

/* Twice: at once, also when nobody reads what it writes. */
static void interrupted_twice(void **state)
{
    int in = new_file(), out[2];
    char byte;
    (void)state;
    start_lossy("0");
    write_names(in, 60000);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    struct program p = start(OPTIONS(lossy_option, "status.provider=none"), in, out[1]);
    assert_int_equal(read(out[0], &byte, 1), 1);
    kill(p.pid, SIGTERM);
    int status = 0;
    pid_t ended;
    while ((ended = waitpid(p.pid, &status, WNOHANG)) == 0) {
        kill(p.pid, SIGINT); /* two that are pending at once count as one */
        poll(NULL, 0, 10);
    }
    assert_int_equal(ended, p.pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    close(out[0]);
    close(out[1]);
    close(in);
    close(p.err);
    server_stop(&lossy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_line),
        cmocka_unit_test(candidates_alone_cost_money),
        cmocka_unit_test(a_small_budget),
        cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(a_line_without_end),
        cmocka_unit_test(streams_that_are_no_use),
        cmocka_unit_test(a_terminal),
        cmocka_unit_test(one_verdict_each_in_bounded_memory),
        cmocka_unit_test(a_slow_reader),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(interrupted_twice),
    };
    int failed = cmocka_run_group_tests(tests, start_servers, stop_servers);
    forget_verdicts();
    return failed;
}
