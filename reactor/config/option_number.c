/* Whole numbers, rates, shares and lists of shards. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "config/option_parse.h"

#define RATE_MAX_PER_S 1000.0
#define SHARDS_MAX 1024
#define DECIMAL_MAX_BYTES 20

/* Digits only: no sign, no blank, no base, nothing behind. */
static bool read_number(const char *text, uint64_t *out)
{
    uint64_t n = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!isdigit((unsigned char)*text))
            return false;
        if (n <= UINT32_MAX) /* beyond, all are equally too big */
            n = n * 10 + (uint64_t)(*text - '0');
    }
    *out = n;
    return true;
}

bool option_parse_number(struct option_parse *p)
{
    const struct option *o = p->option;
    uint64_t n;
    char what[96];
    if (!read_number(p->text, &n))
        return option_wrong(p, "is not a whole number");
    if (o->later != NULL && n > o->max && n <= o->later_max) {
        snprintf(what, sizeof what, "needs %s, which is not built in this version yet",
                 o->later);
        return option_wrong(p, what);
    }
    if (n < o->min || n > o->max)
        return option_wrong(p, "is out of range");
    p->value->number = (uint32_t)n;
    snprintf(p->canonical, strlen(p->text) + 1, "%u", (unsigned)n);
    return true;
}

/* A decimal number without sign or exponent, up to `end`; its shortest form goes to
 * p->canonical, so that 0.010 and 0.01 are one value. */
static bool read_decimal(struct option_parse *p, size_t len, double *out)
{
    const char *text = p->text;
    size_t whole = strspn(text, "0123456789");
    size_t zeros = strspn(text, "0");
    size_t fraction = 0;
    if (whole == 0 || len > DECIMAL_MAX_BYTES)
        return false;
    if (text[whole] == '.') {
        fraction = strspn(text + whole + 1, "0123456789");
        if (fraction == 0 || whole + 1 + fraction != len)
            return false;
    } else if (whole != len) {
        return false;
    }
    while (fraction > 0 && text[whole + fraction] == '0')
        fraction--;
    if (zeros == whole)
        zeros--;
    size_t n = whole - zeros + (fraction > 0 ? 1 + fraction : 0);
    memcpy(p->canonical, text + zeros, n);
    p->canonical[n] = '\0';
    *out = strtod(p->canonical, NULL);
    return true;
}

bool option_parse_rate(struct option_parse *p)
{
    static const struct {
        char unit;
        double seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}};
    size_t slash = strcspn(p->text, "/");
    const char *unit = p->text + slash;
    double n;
    if (unit[0] != '/' || unit[1] == '\0' || unit[2] != '\0' || !read_decimal(p, slash, &n))
        return option_wrong(p, "is not a rate");
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (units[i].unit != unit[1])
            continue;
        p->value->real = n / units[i].seconds;
        /* below one an hour the pace would be a stop in disguise */
        if (n * 3600 < units[i].seconds || p->value->real > RATE_MAX_PER_S)
            return option_wrong(p, "is out of range");
        memcpy(p->canonical + strlen(p->canonical), unit, 3);
        return true;
    }
    return option_wrong(p, "is not a rate");
}

bool option_parse_share(struct option_parse *p)
{
    if (!read_decimal(p, strlen(p->text), &p->value->real))
        return option_wrong(p, "is not a share");
    if (p->value->real > 1)
        return option_wrong(p, "is out of range");
    return true;
}

static bool shard_entry(struct option_parse *p, char *text)
{
    uint64_t n;
    if (!read_number(text, &n) || n >= SHARDS_MAX)
        return option_entry_wrong(p, text, "is not the number of a shard");
    snprintf(text, strlen(text) + 1, "%u", (unsigned)n);
    return true;
}

bool option_parse_shards(struct option_parse *p)
{
    char what[96];
    if (strcmp(p->text, "all") == 0)
        return option_keep(p);
    if (!option_each_entry(p, SHARDS_MAX, shard_entry))
        return false;
    if (strcmp(p->canonical, "0") == 0)
        return true;
    snprintf(what, sizeof what, "needs %s, which is not built in this version yet",
             p->option->later);
    return option_wrong(p, what);
}
