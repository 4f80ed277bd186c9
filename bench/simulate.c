/* The core, PyPI's and RubyGems' rules, over the same made-up world.
 *
 *   1. Each scenario under each set of rules is a process of its own; a few run at a time.
 *   2. Each makes its world from the seed, runs, and writes its result to a pipe.
 *   3. The results are printed as tables, and drawn.
 *
 * The same options give the same output, but for the CPU time. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/must.h"
#include "sim/plot.h"
#include "sim/rules.h"
#include "sim/table.h"

#define SCENARIOS_MAX 32U

struct job {
    pid_t pid;
    int from;
};

struct simulation {
    struct world_options world;
    const char *plot;
    uint32_t at_once;
    char *scenarios;
    struct comparison all[SCENARIOS_MAX];
    size_t n;
};

static void usage(FILE *to)
{
    fprintf(to,
            "usage: simulate [OPTION]...\n\n"
            "  --seed N           of the world (default 1)\n"
            "  --domains N        beside webmail's (default 300000)\n"
            "  --days N           1 to 365 (default 365)\n"
            "  --lapses PERCENT   of the domains that are lost in a year (default 1.5)\n"
            "  --scenario LIST    of: calm outages");
    for (unsigned i = 0; i < OUTAGE_COUNT; i++)
        fprintf(to, "%s%s", i % 4 == 0 ? "\n                     " : " ",
                outage_text((enum outage)i));
    fprintf(to,
            "\n                     (default calm,outages: the second has them all)\n"
            "  --pypi-a-day N     questions that PyPI's rules may put (default 1000, as "
            "they are)\n"
            "  --plot FILE        write the picture there, as SVG\n"
            "  --at-once N        processes (default: as many as there are processors)\n");
}

static void refuse(const char *what, const char *value)
{
    fprintf(stderr, "simulate: --%s: %s: not allowed\n", what, value);
    exit(2);
}

static double number(const char *what, const char *value, double least, double most)
{
    char *end;
    double x = strtod(value, &end);
    if (end == value || *end != '\0' || !(x >= least && x <= most))
        refuse(what, value);
    return x;
}

static void read_options(struct simulation *s, int argc, char **argv)
{
    static const struct option known[] = {
        {"seed", required_argument, NULL, 's'},
        {"domains", required_argument, NULL, 'd'},
        {"days", required_argument, NULL, 't'},
        {"lapses", required_argument, NULL, 'l'},
        {"pypi-a-day", required_argument, NULL, 'y'},
        {"scenario", required_argument, NULL, 'c'},
        {"plot", required_argument, NULL, 'p'},
        {"at-once", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;
    while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (c == 's')
            s->world.seed = (uint64_t)number("seed", optarg, 0, 1e15);
        else if (c == 'd')
            s->world.domains = (uint32_t)number("domains", optarg, 1, 1e7);
        else if (c == 't')
            s->world.days = (uint32_t)number("days", optarg, 1, SIM_DAYS_MAX);
        else if (c == 'l')
            s->world.lapses_a_year = number("lapses", optarg, 0, 20) / 100;
        else if (c == 'y')
            s->world.pypi_a_day = (uint32_t)number("pypi-a-day", optarg, 1, 1e7);
        else if (c == 'a')
            s->at_once = (uint32_t)number("at-once", optarg, 1, 64);
        else if (c == 'c')
            s->scenarios = optarg;
        else if (c == 'p')
            s->plot = optarg;
        else {
            usage(c == 'h' ? stdout : stderr);
            exit(c == 'h' ? 0 : 2);
        }
    }
    if (optind < argc) {
        usage(stderr);
        exit(2);
    }
}

static void read_scenarios(struct simulation *s)
{
    char *rest;
    for (char *name = strtok_r(s->scenarios, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        struct outages o;
        if (s->n == SCENARIOS_MAX || !outages_plan(&o, name, SIM_DAY))
            refuse("scenario", name);
        s->all[s->n++].scenario = name;
    }
    if (s->n == 0)
        refuse("scenario", "none");
}

/* In a process of its own. */
static _Noreturn void work(const struct simulation *s, size_t i, unsigned k, int to)
{
    struct world_options o = s->world;
    struct world w;
    struct result r;
    o.scenario = s->all[i].scenario;
    MUST(world_init(&w, &o));
    rules_run(&rules[k], &w, &r);
    world_close(&w);
    for (size_t done = 0; done < sizeof r;) {
        ssize_t n = write(to, (const char *)&r + done, sizeof r - done);
        MUST(n > 0);
        done += (size_t)n;
    }
    _exit(0);
}

static struct job begin(const struct simulation *s, size_t i, unsigned k)
{
    int ends[2];
    MUST(pipe(ends) == 0);
    const pid_t pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
        close(ends[0]);
        work(s, i, k, ends[1]);
    }
    close(ends[1]);
    return (struct job){.pid = pid, .from = ends[0]};
}

static void finish(const struct job *j, struct result *out)
{
    size_t done = 0;
    int status;
    while (done < sizeof *out) {
        ssize_t n = read(j->from, (char *)out + done, sizeof *out - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    close(j->from);
    if (waitpid(j->pid, &status, 0) != j->pid || status != 0 || done != sizeof *out) {
        fprintf(stderr, "simulate: a run has failed\n");
        exit(1);
    }
}

static void run_all(struct simulation *s)
{
    struct job jobs[SCENARIOS_MAX * RULES] = {{.pid = 0}};
    const size_t scenarios = s->n, n = scenarios * RULES;
    size_t begun = 0;
    MUST(scenarios > 0);
    for (size_t i = 0; i < n; i++) {
        while (begun < n && begun < i + s->at_once) {
            jobs[begun] = begin(s, begun % scenarios, (unsigned)(begun / scenarios));
            begun++;
        }
        finish(&jobs[i], &s->all[i % scenarios].by[i / scenarios]);
    }
}

int main(int argc, char **argv)
{
    static char by_default[] = "calm,outages";
    static struct simulation s = {
        .world = {.seed = 1,
                  .domains = 300000,
                  .days = SIM_DAYS_MAX,
                  .lapses_a_year = 0.015},
    };
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    s.at_once = processors > 0 ? (uint32_t)processors : 1U;
    s.scenarios = by_default;
    read_options(&s, argc, argv);
    read_scenarios(&s);
    printf("%u domains, %u days, seed %llu\n", s.world.domains, s.world.days,
           (unsigned long long)s.world.seed);
    fflush(stdout);
    run_all(&s);
    for (size_t i = 0; i < s.n; i++)
        table_print(stdout, &s.all[i]);
    printf("\n");
    for (size_t i = 0; i < s.n; i++)
        table_print_ratios(stdout, &s.all[i]);
    if (s.plot != NULL && !plot_write(s.plot, s.all, s.n, s.world.domains, s.world.days)) {
        fprintf(stderr, "simulate: %s: %s\n", s.plot, strerror(errno));
        return 1;
    }
    return 0;
}
