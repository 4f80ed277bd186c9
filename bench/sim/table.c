#include "sim/table.h"

#include <math.h>

#include "base/must.h"

#define LABEL_WIDTH 46

static void head(FILE *to, const struct comparison *c)
{
    fprintf(to, "\n%-*s", LABEL_WIDTH, c->scenario);
    for (unsigned i = 0; i < RULES; i++)
        fprintf(to, " %12s", rules[i].name);
    fprintf(to, "\n");
}

static void row(FILE *to, const char *label, const double values[RULES])
{
    fprintf(to, "%-*s", LABEL_WIDTH, label);
    for (unsigned i = 0; i < RULES; i++)
        fprintf(to, " %12.0f", values[i]);
    fprintf(to, "\n");
}

#define ROW(to, c, label, field)                                                           \
    do {                                                                                   \
        double values[RULES];                                                              \
        for (unsigned i = 0; i < RULES; i++)                                               \
            values[i] = (double)(c)->by[i].field;                                          \
        row(to, label, values);                                                            \
    } while (0)

static void days(FILE *to, double d)
{
    if (isinf(d))
        fprintf(to, " %12s", "never");
    else
        fprintf(to, " %12.1f", d);
}

static void delay_rows(FILE *to, const struct comparison *c, enum delay_from from,
                       const char *phase)
{
    char label[LABEL_WIDTH + 1];
    snprintf(label, sizeof label, "days from %s, median", phase);
    fprintf(to, "%-*s", LABEL_WIDTH, label);
    for (unsigned i = 0; i < RULES; i++)
        days(to, c->by[i].delays[from].median_days);
    snprintf(label, sizeof label, "days from %s, 90th percentile", phase);
    fprintf(to, "\n%-*s", LABEL_WIDTH, label);
    for (unsigned i = 0; i < RULES; i++)
        days(to, c->by[i].delays[from].p90_days);
    fprintf(to, "\n");
}

/* Of the paid questions, in which state the domain was: in four lots. */
static void paid_rows(FILE *to, const struct comparison *c)
{
    static const struct {
        const char *label;
        enum life_state from, to;
    } lots[] = {
        {"  about domains of their holders, in order", LIFE_OWN, LIFE_OWN},
        {"  on hold, or expired", LIFE_HOLD, LIFE_INTERRUPTED},
        {"  in redemption or pending delete", LIFE_REDEMPTION, LIFE_PENDING},
        {"  free, or somebody else's", LIFE_FREE, LIFE_SOLD},
    };
    for (size_t k = 0; k < ARRAY_LEN(lots); k++) {
        double values[RULES] = {0};
        for (unsigned i = 0; i < RULES; i++) {
            for (unsigned s = lots[k].from; s <= (unsigned)lots[k].to; s++)
                values[i] += (double)c->by[i].paid_by_state[s];
        }
        row(to, lots[k].label, values);
    }
}

static void false_rows(FILE *to, const struct comparison *c)
{
    for (unsigned k = 0; k <= OUTAGE_COUNT; k++) {
        char label[LABEL_WIDTH + 1];
        uint32_t sum = 0;
        for (unsigned i = 0; i < RULES; i++)
            sum += c->by[i].false_by_outage[k];
        if (sum == 0)
            continue;
        snprintf(label, sizeof label, "    around %s",
                 k < OUTAGE_COUNT ? outage_text((enum outage)k) : "no outage");
        ROW(to, c, label, false_by_outage[k]);
    }
}

void table_print(FILE *to, const struct comparison *c)
{
    head(to, c);
    ROW(to, c, "exposed: taken by others, address-days", exposed_days);
    ROW(to, c, "open: free to be taken, address-days", open_days);
    ROW(to, c, "sold by the registrar, address-days", sold_days);
    ROW(to, c, "attacks by who took a domain", attacks);
    ROW(to, c, "  of these worked", attacks_won);
    ROW(to, c, "never unverified of what became free", missed);
    ROW(to, c, "unverified", unverified);
    ROW(to, c, "  restored later from redemption", restored_ones);
    ROW(to, c, "  false: never lost by their holders", false_ones);
    false_rows(to, c);
    ROW(to, c, "  by hand", by_hand);
    ROW(to, c, "addresses put before a person", reviewed);
    ROW(to, c, "paid questions", paid);
    paid_rows(to, c);
    ROW(to, c, "questions to resolvers", asked);
    delay_rows(to, c, DELAY_REDEMPTION, "redemption");
    delay_rows(to, c, DELAY_PENDING, "pending delete");
    delay_rows(to, c, DELAY_FREE, "release");
    ROW(to, c, "CPU seconds of the simulation", cpu_s);
}

static void ratio(FILE *to, const struct comparison *c, unsigned i, unsigned ours,
                  const char *what, const double by[RULES])
{
    fprintf(to, "%s: %s, %s / %s: ", c->scenario, what, rules[i].name, rules[ours].name);
    if (by[ours] >= 1)
        fprintf(to, "%.1f (%.0f / %.0f)\n", by[i] / by[ours], by[i], by[ours]);
    else
        fprintf(to, "next to none of ours (%.0f / %.1f)\n", by[i], by[ours]);
}

void table_print_ratios(FILE *to, const struct comparison *c)
{
    double exposed[RULES], any[RULES], paid[RULES];
    for (unsigned i = 0; i < RULES; i++) {
        exposed[i] = c->by[i].exposed_days;
        any[i] = c->by[i].exposed_days + c->by[i].open_days;
        paid[i] = (double)c->by[i].paid;
    }
    for (unsigned i = RULES_OURS; i < RULES; i++) {
        for (unsigned ours = 0; ours < RULES_OURS; ours++) {
            ratio(to, c, i, ours, "exposed", exposed);
            ratio(to, c, i, ours, "exposed or open", any);
            ratio(to, c, i, ours, "paid questions", paid);
        }
    }
}
