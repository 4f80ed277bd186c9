#include "base/log.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static enum log_level min_level = LOG_INFO;
static enum log_format line_format = LOG_LOGFMT;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void log_setup(enum log_level level, enum log_format format)
{
    min_level = level;
    line_format = format;
}

struct line {
    char *out;
    size_t size, n;
};

static void put(struct line *l, const char *s, size_t len)
{
    size_t room = l->size - 1 - l->n;
    if (len > room)
        len = room;
    memcpy(l->out + l->n, s, len);
    l->n += len;
}

static void put_text(struct line *l, const char *s)
{
    put(l, s, strlen(s));
}

/* JSON string escapes serve both formats; everything outside printable ASCII is \u-escaped
 * byte by byte, so a hostile domain can't move the cursor or start a new line. */
static void put_quoted(struct line *l, const char *s)
{
    put(l, "\"", 1);
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        char esc[8];
        if (c == '"' || c == '\\')
            put(l, esc, (size_t)snprintf(esc, sizeof esc, "\\%c", c));
        else if (c < 0x20 || c > 0x7e)
            put(l, esc, (size_t)snprintf(esc, sizeof esc, "\\u%04x", c));
        else
            put(l, (const char *)&c, 1);
    }
    put(l, "\"", 1);
}

static bool is_plain(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c <= 0x20 || c > 0x7e || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return true;
}

static void put_pair(struct line *l, enum log_format format, const char *key,
                     const char *text, int64_t number)
{
    char digits[24];
    if (l->n > (format == LOG_JSON ? 1U : 0U))
        put_text(l, format == LOG_JSON ? "," : " ");
    if (format == LOG_JSON) {
        put_quoted(l, key);
        put_text(l, ":");
    } else {
        put_text(l, key);
        put_text(l, "=");
    }
    if (text == NULL)
        put(l, digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)number));
    else if (format == LOG_JSON || !is_plain(text))
        put_quoted(l, text);
    else
        put_text(l, text);
}

size_t log_render(char *out, size_t size, enum log_format format, const char *ts,
                  enum log_level level, const char *comp, const char *event,
                  const struct log_field *fields, size_t n)
{
    /* Room for the closing brace and newline is kept back, so a cut line stays one line. */
    struct line l = {.out = out, .size = size - 2, .n = 0};
    if (format == LOG_JSON)
        put_text(&l, "{");
    put_pair(&l, format, "ts", ts, 0);
    put_pair(&l, format, "level", level_names[level], 0);
    put_pair(&l, format, "comp", comp, 0);
    put_pair(&l, format, "event", event, 0);
    for (size_t i = 0; i < n; i++) {
        if (fields[i].key != NULL)
            put_pair(&l, format, fields[i].key, fields[i].text, fields[i].number);
    }
    l.size = size;
    if (format == LOG_JSON)
        put_text(&l, "}");
    put_text(&l, "\n");
    out[l.n] = '\0';
    return l.n;
}

void log_write(enum log_level level, const char *comp, const char *event,
               const struct log_field *fields, size_t n)
{
    if (level < min_level)
        return;
    char buf[LINE_MAX_BYTES];
    char ts[40];
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t len = strftime(ts, sizeof ts, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(ts + len, sizeof ts - len, ".%03ldZ", now.tv_nsec / 1000000);
    len = log_render(buf, sizeof buf, line_format, ts, level, comp, event, fields, n);
    /* One write a line; a full or closed pipe must never stop the service. */
    ssize_t ignored = write(STDERR_FILENO, buf, len);
    (void)ignored;
}
