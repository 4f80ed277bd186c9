/* The log: one line a fact on standard error, an event name and then key=value pairs.
 *
 *   log_info("bus", "connected", LOG_S("server", url), LOG_I("attempt", n));
 *   ts=2026-11-24T10:00:00Z level=info comp=bus event=connected server=nats://... attempt=1
 *
 * Values are quoted and escaped when they hold anything but plain characters, so nothing
 * from outside can break a line or forge one. No field ever holds the local part of an
 * address or a secret: those never reach the modules below the registry. */
#ifndef UVD_BASE_LOG_H
#define UVD_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_field {
    const char *key;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

#define LOG_S(k, v) ((struct log_field){.key = (k), .text = (v)})
#define LOG_I(k, v) ((struct log_field){.key = (k), .number = (int64_t)(v)})

/* Process-wide; defaults are LOG_INFO and LOG_LOGFMT. */
void log_setup(enum log_level level, enum log_format format);

/* Write one line. `fields` are borrowed for the call. Lines longer than 2 kB are cut. */
void log_write(enum log_level level, const char *comp, const char *event,
               const struct log_field *fields, size_t n);

/* Render one line into `out` (at most `size` bytes, NUL-terminated) without writing it;
 * `ts` is put in as it is. Returns its length. The tests' way in. */
size_t log_render(char *out, size_t size, enum log_format format, const char *ts,
                  enum log_level level, const char *comp, const char *event,
                  const struct log_field *fields, size_t n);

/* The trailing empty field keeps the array non-empty when a line has no field; it is
 * skipped. */
#define LOG_AT(level, comp, event, ...)                                                    \
    log_write((level), (comp), (event), (const struct log_field[]){__VA_ARGS__},           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

#define log_debug(comp, ...) LOG_AT(LOG_DEBUG, comp, __VA_ARGS__, {.key = NULL})
#define log_info(comp, ...) LOG_AT(LOG_INFO, comp, __VA_ARGS__, {.key = NULL})
#define log_warn(comp, ...) LOG_AT(LOG_WARN, comp, __VA_ARGS__, {.key = NULL})
#define log_error(comp, ...) LOG_AT(LOG_ERROR, comp, __VA_ARGS__, {.key = NULL})

#endif
