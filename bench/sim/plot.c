/* For each scenario two panels: the addresses that somebody else could use, day by day, and
 * how long after its deletion an address was unverified (bar: median, line: 90th
 * percentile; a bar to the edge: never). */
#include "sim/plot.h"

#include <math.h>
#include <stdio.h>

#define WIDTH 960
#define PANEL_HEIGHT 300
#define TOP 64
#define LEFT 80
#define CURVE_WIDTH 500
#define DRAWN_HEIGHT 200
#define BAR_LEFT 690
#define BAR_WIDTH 230
#define BAR_HEIGHT 22
#define TICKS 4

static const char *const colours[RULES] = {"#2f81f7", "#a371f7", "#d9822b", "#2da44e"};

struct area {
    FILE *to;
    double left, top, width, height, x_max, y_max;
};

static double x_of(const struct area *a, double x)
{
    return a->left + a->width * (x > a->x_max ? 1 : x / a->x_max);
}

static double y_of(const struct area *a, double y)
{
    return a->top + a->height * (1 - y / a->y_max);
}

/* 1, 2 or 5 times a power of ten, so that `ticks` of it cover `most`. */
static double tick_of(double most, unsigned ticks)
{
    static const double nice[] = {1, 2, 5, 10};
    const double rough = most / ticks;
    const double power = pow(10, floor(log10(rough)));
    unsigned i = 0;
    while (i < 3 && nice[i] * power < rough)
        i++;
    return nice[i] * power;
}

static void text(FILE *to, double x, double y, const char *anchor, const char *what)
{
    fprintf(to, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n", x, y, anchor,
            what);
}

static void number(FILE *to, double x, double y, const char *anchor, double value)
{
    char what[32];
    snprintf(what, sizeof what, "%.10g", value);
    text(to, x, y, anchor, what);
}

static void grid(FILE *to, double x1, double y1, double x2, double y2)
{
    fprintf(to,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#808080\" "
            "stroke-opacity=\"0.35\"/>\n",
            x1, y1, x2, y2);
}

/* The curves -----------------------------------------------------------------------------
 */

static void axes(const struct area *a)
{
    const double y_tick = a->y_max / TICKS, x_tick = tick_of(a->x_max, TICKS + 4);
    for (unsigned i = 0; i <= TICKS; i++) {
        grid(a->to, a->left, y_of(a, i * y_tick), a->left + a->width, y_of(a, i * y_tick));
        number(a->to, a->left - 8, y_of(a, i * y_tick) + 4, "end", i * y_tick);
    }
    for (unsigned i = 0; i * x_tick <= a->x_max; i++)
        number(a->to, x_of(a, i * x_tick), a->top + a->height + 18, "middle", i * x_tick);
    text(a->to, a->left + a->width / 2, a->top + a->height + 36, "middle", "day");
}

static void curve(const struct area *a, const struct result *r, unsigned which,
                  uint32_t days)
{
    fprintf(a->to, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"",
            colours[which]);
    for (uint32_t day = 0; day < days; day++)
        fprintf(a->to, "%.1f,%.1f ", x_of(a, day), y_of(a, r->exposed_by_day[day]));
    fprintf(a->to, "\"/>\n");
}

static void curves(FILE *to, double top, const struct comparison *c, uint32_t days)
{
    double most = 1;
    for (unsigned i = 0; i < RULES; i++) {
        for (uint32_t day = 0; day < days; day++)
            most = fmax(most, c->by[i].exposed_by_day[day]);
    }
    const struct area a = {.to = to,
                           .left = LEFT,
                           .top = top,
                           .width = CURVE_WIDTH,
                           .height = DRAWN_HEIGHT,
                           .x_max = days,
                           .y_max = tick_of(most, TICKS) * TICKS};
    text(to, LEFT, top - 12, "start",
         "addresses good for a reset at domains that are free or taken by others");
    axes(&a);
    for (unsigned i = RULES; i-- > 0;)
        curve(&a, &c->by[i], i, days);
}

/* The bars -------------------------------------------------------------------------------
 */

static double span(double days)
{
    return isinf(days) ? 1e9 : fmax(days, 0);
}

static void bar(const struct area *a, const struct result *r, unsigned which)
{
    const struct delay *d = &r->delays[DELAY_REDEMPTION];
    const double y = a->top + (which + 0.5) * (a->height / RULES) - BAR_HEIGHT / 2.0;
    char label[64], median[16] = "never", p90[16] = "never";
    fprintf(a->to,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
            a->left, y, fmax(x_of(a, span(d->median_days)) - a->left, 1), BAR_HEIGHT,
            colours[which]);
    fprintf(a->to,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" "
            "stroke-width=\"2\"/>\n",
            a->left, y + BAR_HEIGHT / 2.0, x_of(a, span(d->p90_days)), y + BAR_HEIGHT / 2.0,
            colours[which]);
    if (!isinf(d->median_days))
        snprintf(median, sizeof median, "%.1f", d->median_days);
    if (!isinf(d->p90_days))
        snprintf(p90, sizeof p90, "%.1f", d->p90_days);
    snprintf(label, sizeof label, "%s: median %s, 90 %% %s", rules[which].name, median,
             p90);
    text(a->to, a->left, y - 5, "start", label);
}

static void bars(FILE *to, double top, const struct comparison *c)
{
    const double most = 60; /* days: redemption, pending delete and more */
    const struct area a = {.to = to,
                           .left = BAR_LEFT,
                           .top = top,
                           .width = BAR_WIDTH,
                           .height = DRAWN_HEIGHT,
                           .x_max = most,
                           .y_max = 1};
    text(to, BAR_LEFT, top - 12, "start", "days from redemption to unverified");
    for (int x = 0; x <= (int)most; x += 15) {
        grid(to, x_of(&a, x), top, x_of(&a, x), top + DRAWN_HEIGHT);
        number(to, x_of(&a, x), top + DRAWN_HEIGHT + 18, "middle", x);
    }
    text(to, BAR_LEFT + BAR_WIDTH / 2.0, top + DRAWN_HEIGHT + 36, "middle", "days");
    for (unsigned i = 0; i < RULES; i++)
        bar(&a, &c->by[i], i);
}

static void legend(FILE *to)
{
    for (unsigned i = 0; i < RULES; i++) {
        const double x = WIDTH - 445 + 115.0 * i;
        fprintf(to, "<rect x=\"%.1f\" y=\"10\" width=\"14\" height=\"14\" fill=\"%s\"/>\n",
                x, colours[i]);
        text(to, x + 20, 22, "start", rules[i].name);
    }
}

bool plot_write(const char *path, const struct comparison *c, size_t n, uint32_t domains,
                uint32_t days)
{
    FILE *to = fopen(path, "w");
    if (to == NULL)
        return false;
    const int height = (int)(TOP + n * PANEL_HEIGHT);
    fprintf(to,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#808080\">\n",
            WIDTH, height, WIDTH, height);
    char title[96];
    snprintf(title, sizeof title, "%u domains, %u days, simulated", domains, days);
    text(to, LEFT, 22, "start", title);
    legend(to);
    for (size_t i = 0; i < n; i++) {
        const double top = TOP + (double)i * PANEL_HEIGHT + 12;
        char label[64];
        snprintf(label, sizeof label, "scenario: %s", c[i].scenario);
        text(to, LEFT, top - 28, "start", label);
        curves(to, top, &c[i], days);
        bars(to, top, &c[i]);
    }
    fprintf(to, "</svg>\n");
    const bool failed = ferror(to) != 0;
    return fclose(to) == 0 && !failed;
}
