#include "io/servers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define START_LIMIT_MS 20000

/* The loop ------------------------------------------------------------------------ */

#define TICK_MS 20

struct limit {
    uv_timer_t timer;
    uint64_t ticks_left;
    bool is_closed;
};

/* A tick and not one long timer: uv_run(ONCE) runs the timers that are due first and then
 * waits for something more, also when one of them has met the condition. */
static void on_tick(uv_timer_t *t)
{
    struct limit *l = t->data;
    if (l->ticks_left > 0)
        l->ticks_left--;
}

static void limit_start(uv_loop_t *loop, struct limit *l, uint64_t limit_ms)
{
    uv_timer_init(loop, &l->timer);
    l->timer.data = l;
    l->is_closed = false;
    l->ticks_left = limit_ms / TICK_MS;
    uv_timer_start(&l->timer, on_tick, TICK_MS, TICK_MS);
}

static void on_limit_closed(uv_handle_t *h)
{
    ((struct limit *)h->data)->is_closed = true;
}

static void limit_stop(uv_loop_t *loop, struct limit *l)
{
    uv_close((uv_handle_t *)&l->timer, on_limit_closed);
    while (!l->is_closed)
        uv_run(loop, UV_RUN_NOWAIT);
}

void run_until(uv_loop_t *loop, bool (*is_met)(void *arg), void *arg, uint64_t limit_ms)
{
    struct limit limit;
    bool met = false;
    limit_start(loop, &limit, limit_ms);
    while (!(met = is_met(arg)) && limit.ticks_left > 0)
        uv_run(loop, UV_RUN_ONCE);
    limit_stop(loop, &limit);
    if (!met)
        fail_msg("condition not met within %llu ms", (unsigned long long)limit_ms);
}

void run_out(uv_loop_t *loop, uint64_t limit_ms)
{
    struct limit limit;
    limit_start(loop, &limit, limit_ms);
    uv_unref((uv_handle_t *)&limit.timer);
    while (uv_loop_alive(loop) && limit.ticks_left > 0)
        uv_run(loop, UV_RUN_ONCE);
    bool in_time = limit.ticks_left > 0;
    limit_stop(loop, &limit);
    int rc = uv_loop_close(loop);
    if (rc != 0)
        uv_print_all_handles(loop, stderr);
    assert_int_equal(rc, 0);
    assert_true(in_time);
}

/* Files and programs -------------------------------------------------------------- */

void folder_make(char path[64])
{
    snprintf(path, 64, "/tmp/uvd-test-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void folder_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void file_write(const char *folder, const char *name, const char *format, ...)
{
    char path[256];
    va_list args;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    va_start(args, format);
    vfprintf(f, format, args);
    va_end(args);
    assert_int_equal(fclose(f), 0);
}

/* The child's end: it dies with the parent. */
static _Noreturn void exec(const char *const *argv)
{
    /* execvp takes char *const * for history's sake and changes nothing. */
    union {
        const char *const *in;
        char *const *out;
    } args = {.in = argv};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execvp(argv[0], args.out);
    _exit(127);
}

static _Noreturn void exec_logged(const char *log, const char *const *argv)
{
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    exec(argv);
}

static pid_t spawn(const char *log, const char *const *argv)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        exec_logged(log, argv);
    return pid;
}

static void show(const char *log)
{
    char line[512];
    FILE *f = fopen(log, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        fputs(line, stderr);
    if (f != NULL)
        fclose(f);
}

void run_program(const char *const *argv)
{
    char log[] = "/tmp/uvd-run-XXXXXX";
    int status = 0, fd = mkstemp(log);
    assert_true(fd >= 0);
    close(fd);
    pid_t pid = spawn(log, argv);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    bool ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ok)
        show(log);
    unlink(log);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        fail_msg("%s is not installed; this test needs it", argv[0]);
    if (!ok)
        fail_msg("%s failed", argv[0]);
}

int run_output(const char *const *argv, char *out, size_t size)
{
    int ends[2], status = 0;
    size_t n = 0;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        exec(argv);
    }
    close(ends[1]);
    for (ssize_t got = 1; got > 0 && n < size - 1; n += (size_t)(got > 0 ? got : 0))
        got = read(ends[0], out + n, size - 1 - n);
    out[n] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Servers ------------------------------------------------------------------------- */

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

uint16_t free_port(void)
{
    for (int i = 0; i < 50; i++) {
        struct sockaddr_in a = loopback(0);
        socklen_t len = sizeof a;
        int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
        bool ok = bind(udp, (struct sockaddr *)&a, sizeof a) == 0 &&
                  getsockname(udp, (struct sockaddr *)&a, &len) == 0 &&
                  bind(tcp, (struct sockaddr *)&a, sizeof a) == 0;
        close(tcp);
        close(udp);
        if (ok)
            return ntohs(a.sin_port);
    }
    fail_msg("no free port on loopback");
    return 0;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_nsec = ms * 1000000}, NULL);
}

static bool answers_tcp(uint16_t port)
{
    struct sockaddr_in a = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

/* Any answer to (., NS) will do, REFUSED too. */
static bool answers_dns(uint16_t port)
{
    static const uint8_t query[] = {0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1};
    uint8_t answer[512];
    struct sockaddr_in a = loopback(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
              send(fd, query, sizeof query, 0) == (ssize_t)sizeof query &&
              poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 100) == 1 &&
              recv(fd, answer, sizeof answer, 0) > 0;
    close(fd);
    return ok;
}

static void start(struct server *s, const char *folder, uint16_t port,
                  const char *const *argv, bool (*answers)(uint16_t port))
{
    char log[256];
    snprintf(log, sizeof log, "%s/log", folder);
    s->port = port;
    s->pid = spawn(log, argv);
    for (int waited_ms = 0; waited_ms < START_LIMIT_MS; waited_ms += 10) {
        int status = 0;
        if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
            s->pid = 0;
            show(log);
            if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
                fail_msg("%s is not installed; this test needs it", argv[0]);
            fail_msg("%s ended instead of serving", argv[0]);
        }
        if (answers(port))
            return;
        pause_ms(10);
    }
    show(log);
    server_stop(s);
    fail_msg("%s does not answer on port %u", argv[0], (unsigned)port);
}

void server_start_knotd(struct server *s, const char *folder, uint16_t port)
{
    char conf[256];
    snprintf(conf, sizeof conf, "%s/knot.conf", folder);
    start(s, folder, port, (const char *const[]){"/usr/sbin/knotd", "-c", conf, NULL},
          answers_dns);
}

/* A copy is run: where AppArmor is at work, Debian's profile for /usr/sbin/unbound keeps it
 * from reading a configuration anywhere but in /etc/unbound. */
void server_start_unbound(struct server *s, const char *folder, uint16_t port)
{
    char conf[256], copy[256];
    snprintf(conf, sizeof conf, "%s/unbound.conf", folder);
    snprintf(copy, sizeof copy, "%s/unbound", folder);
    if (access("/usr/sbin/unbound", X_OK) != 0)
        fail_msg("unbound is not installed; this test needs it");
    run_program((const char *const[]){"cp", "/usr/sbin/unbound", copy, NULL});
    start(s, folder, port, (const char *const[]){copy, "-d", "-c", conf, NULL},
          answers_dns);
}

/* One process: a worker would outlive a test that is killed. */
void server_start_nginx(struct server *s, const char *folder, uint16_t port)
{
    char conf[256];
    snprintf(conf, sizeof conf, "%s/nginx.conf", folder);
    start(s, folder, port,
          (const char *const[]){"/usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", conf,
                                "-g", "daemon off; master_process off;", NULL},
          answers_tcp);
}

/* It may lose the questions that find out whether it is there; some get through. */
void server_start_dns_responder(struct server *s, const char *folder, uint16_t port,
                                const char *drop_permille)
{
    char text[8];
    snprintf(text, sizeof text, "%u", (unsigned)port);
    start(s, folder, port,
          (const char *const[]){UVD_BINARY_DIR "/bench/dns_responder", text, "--drop",
                                drop_permille, "--rcvbuf", "4194304", NULL},
          answers_dns);
}

void server_last_line(const char *folder, char *out, size_t size)
{
    char path[256];
    snprintf(path, sizeof path, "%s/log", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(out, (int)size, f) != NULL)
        continue;
    fclose(f);
}

void server_stop(struct server *s)
{
    if (s->pid <= 0)
        return;
    kill(s->pid, SIGTERM);
    for (int waited_ms = 0; waitpid(s->pid, NULL, WNOHANG) == 0; waited_ms += 10) {
        if (waited_ms == 5000)
            kill(s->pid, SIGKILL);
        pause_ms(10);
    }
    s->pid = 0;
}

#define LOG_WAIT_MS 30000

void server_read_log(const char *folder, const char *name, size_t lines, char *out,
                     size_t size)
{
    char path[128];
    size_t found = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (int waited_ms = 0; waited_ms < LOG_WAIT_MS && found < lines; waited_ms += 5) {
        FILE *f = fopen(path, "r");
        size_t n = f != NULL ? fread(out, 1, size - 1, f) : 0;
        if (f != NULL)
            fclose(f);
        out[n] = '\0';
        found = 0;
        for (size_t i = 0; i < n; i++)
            found += out[i] == '\n';
        if (found < lines)
            poll(NULL, 0, 5);
    }
    assert_int_equal(found, lines);
}
