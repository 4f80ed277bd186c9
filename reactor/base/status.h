/* Result codes: one list yields the enum, the text and (where counted) the metric label.
 * Zero is success. Functions of other libraries are translated where they are called. */
#ifndef UVD_BASE_STATUS_H
#define UVD_BASE_STATUS_H

#define STATUS_MAP(X)                                                                      \
    X(ST_OK, 0, "ok")                                                                      \
    X(ST_NOMEM, -1, "out of memory")                                                       \
    X(ST_FULL, -2, "limit reached")                                                        \
    X(ST_MALFORMED, -3, "malformed input")                                                 \
    X(ST_NOT_FOUND, -4, "not found")                                                       \
    X(ST_CANCELED, -5, "canceled")                                                         \
    X(ST_TIMEOUT, -6, "timed out")                                                         \
    X(ST_IO, -7, "input/output error")                                                     \
    X(ST_REFUSED, -8, "refused")                                                           \
    X(ST_INVALID, -9, "invalid value")

enum status {
#define X(name, value, text) name = (value),
    STATUS_MAP(X)
#undef X
};

/* Text of a code; static, never NULL. */
const char *status_text(enum status st);

#endif
