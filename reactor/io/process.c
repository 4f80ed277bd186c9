#include "io/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define STAT_SIZE 1024
#define FIELD_STATE 3U /* of /proc/PID/stat, counted from 1 */
#define FIELD_STARTED 22U

static bool read_line(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool ok = fgets(out, (int)size, file) != NULL;
    (void)fclose(file);
    if (ok)
        out[strcspn(out, "\n")] = '\0';
    return ok;
}

/* The command's name is in parentheses and may hold anything: fields are counted behind the
 * last one. */
static const char *stat_field(const char *line, unsigned field)
{
    const char *at = strrchr(line, ')');
    for (unsigned n = 2; at != NULL && n < field; n++) {
        at = strchr(at, ' ');
        at = at != NULL ? at + 1 : NULL;
    }
    return at;
}

/* "": the kernel does not say. */
static void find_place(char place[LEASE_PLACE_SIZE])
{
    char boot[48];
    struct stat pids;
    place[0] = '\0';
    if (read_line("/proc/sys/kernel/random/boot_id", boot, sizeof boot) &&
        stat("/proc/self/ns/pid", &pids) == 0)
        snprintf(place, LEASE_PLACE_SIZE, "%s/%llu", boot, (unsigned long long)pids.st_ino);
}

static bool find_process(int64_t pid, char *state, uint64_t *started)
{
    char path[64], line[STAT_SIZE];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (!read_line(path, line, sizeof line))
        return false;
    const char *at = stat_field(line, FIELD_STATE);
    const char *ticks = stat_field(line, FIELD_STARTED);
    if (at == NULL || ticks == NULL)
        return false;
    *state = *at;
    *started = strtoull(ticks, NULL, 10);
    return true;
}

void process_describe(const char *unique, struct lease_note *out)
{
    char host[64] = "";
    char state;
    size_t size = sizeof host;
    (void)uv_os_gethostname(host, &size); /* longer than 63: left out, the rest is unique */
    memset(out, 0, sizeof *out);
    out->pid = (int64_t)getpid();
    (void)find_process(out->pid, &state, &out->started);
    find_place(out->place);
    snprintf(out->holder, sizeof out->holder, "%s/%lld/%s", host, (long long)out->pid,
             unique);
}

bool process_is_gone(const struct lease_note *n)
{
    char place[LEASE_PLACE_SIZE], state;
    uint64_t started;
    find_place(place);
    if (n->pid <= 0 || n->pid > INT32_MAX || place[0] == '\0' ||
        strcmp(place, n->place) != 0)
        return false;
    if (n->pid == (int64_t)getpid())
        return true; /* an earlier life of this very process, or its number's last owner */
    if (kill((pid_t)n->pid, 0) != 0 && errno == ESRCH)
        return true;
    /* The number may be another process's by now, or a dead one's that nobody has waited
     * for. One that we may not look at counts as alive. */
    return find_process(n->pid, &state, &started) &&
           (started != n->started || state == 'Z' || state == 'X');
}
