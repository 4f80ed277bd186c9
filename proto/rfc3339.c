/* Dates by arithmetic: neither the C library's time zone nor its locale has a say. */
#include <string.h>

#include "proto/message.h"

#define DAY_S INT64_C(86400)
#define MAX_S INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. The year is counted
 * from March, so that the leap day is its last; 400 years are 146,097 days. */
static int64_t days_from_date(int64_t year, int64_t month, int64_t day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468; /* 0000-03-01 to 1970-01-01 */
}

static bool is_leap_year(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_in_month(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap_year(year) ? 1 : 0);
}

struct date {
    int64_t year, month, day;
};

/* The other way round, from 1970-01-01 on. */
static struct date date_from_days(int64_t days)
{
    int64_t since = days + 719468; /* 0000-03-01 */
    int64_t era = since / 146097;
    int64_t day_of_era = since % 146097;
    /* less the leap days so far, each year has 365 */
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * day_of_year + 2) / 153;
    int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    return (struct date){
        .year = era * 400 + year_of_era + (month <= 2),
        .month = month,
        .day = day_of_year - (153 * from_march + 2) / 5 + 1,
    };
}

static void put_two(char *out, int64_t v)
{
    out[0] = (char)('0' + v / 10);
    out[1] = (char)('0' + v % 10);
}

void rfc3339_format(int64_t seconds, char out[RFC3339_SIZE])
{
    if (seconds < 0)
        seconds = 0;
    if (seconds > MAX_S)
        seconds = MAX_S;
    int64_t days = seconds / DAY_S;
    int64_t rest = seconds % DAY_S;
    struct date d = date_from_days(days);
    memcpy(out, "0000-00-00T00:00:00Z", RFC3339_SIZE);
    put_two(out, d.year / 100);
    put_two(out + 2, d.year % 100);
    put_two(out + 5, d.month);
    put_two(out + 8, d.day);
    put_two(out + 11, rest / 3600);
    put_two(out + 14, rest / 60 % 60);
    put_two(out + 17, rest % 60);
}

struct text {
    const char *p;
    size_t left;
    bool bad;
};

static bool next_is(const struct text *t, const char *any)
{
    for (; t->left > 0 && *any != '\0'; any++)
        if (*t->p == *any)
            return true;
    return false;
}

static void skip(struct text *t)
{
    t->p++;
    t->left--;
}

static void expect(struct text *t, const char *any)
{
    if (t->bad || !next_is(t, any))
        t->bad = true;
    else
        skip(t);
}

static int64_t number(struct text *t, size_t digits)
{
    int64_t v = 0;
    for (size_t i = 0; i < digits; i++) {
        if (t->bad || !next_is(t, "0123456789")) {
            t->bad = true;
            return 0;
        }
        v = v * 10 + (*t->p - '0');
        skip(t);
    }
    return v;
}

/* ".123": milliseconds; what is finer is dropped. */
static int64_t fraction(struct text *t)
{
    int64_t v = 0;
    int64_t unit = 100;
    if (!next_is(t, "."))
        return 0;
    skip(t);
    if (!next_is(t, "0123456789"))
        t->bad = true;
    for (; next_is(t, "0123456789"); unit /= 10) {
        v += (*t->p - '0') * unit;
        skip(t);
    }
    return v;
}

/* "Z", "+02:00": seconds east of UTC. */
static int64_t offset(struct text *t)
{
    if (next_is(t, "Zz")) {
        skip(t);
        return 0;
    }
    int64_t sign = next_is(t, "-") ? -1 : 1;
    expect(t, "+-");
    int64_t hours = number(t, 2);
    expect(t, ":");
    int64_t minutes = number(t, 2);
    if (hours > 23 || minutes > 59)
        t->bad = true;
    return sign * (hours * 3600 + minutes * 60);
}

bool rfc3339_parse(const char *text, size_t len, int64_t *ms)
{
    struct text t = {.p = text, .left = len};
    int64_t year = number(&t, 4);
    expect(&t, "-");
    int64_t month = number(&t, 2);
    expect(&t, "-");
    int64_t day = number(&t, 2);
    expect(&t, "Tt "); /* the space is RFC 3339 5.6's own exception */
    int64_t hour = number(&t, 2);
    expect(&t, ":");
    int64_t minute = number(&t, 2);
    expect(&t, ":");
    int64_t second = number(&t, 2);
    int64_t milliseconds = t.bad ? 0 : fraction(&t);
    int64_t east = t.bad ? 0 : offset(&t);
    if (t.bad || t.left > 0)
        return false;
    if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    if (hour > 23 || minute > 59 ||
        second > 60) /* 60: a leap second, the next minute's 0 */
        return false;
    int64_t s =
        days_from_date(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
    *ms = (s - east) * SECOND_MS + milliseconds;
    return true;
}
