#include "sim/rules.h"

#include <time.h>

const struct rules rules[RULES] = {
    {"unverifyd", rules_unverifyd},
    {"with rdap", rules_unverifyd_rdap},
    {"pypi", rules_pypi},
    {"rubygems", rules_rubygems},
};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void rules_run(const struct rules *r, struct world *w, struct result *out)
{
    const double began = cpu_s();
    struct ledger l;
    ledger_init(&l, w);
    r->run(&l);
    ledger_close(&l, out);
    out->cpu_s = cpu_s() - began;
}
