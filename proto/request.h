/* Requests to the service: JSON both ways, and plain text where that is enough, so that
 * `nats req` needs no quotes.
 *
 * An account: ann, "ann", 7, {"account":"ann"} or {"account":7}. The integer 7 and the text
 * "7" are two accounts, so text that is a number needs its quotes.
 *
 * A domain: example.com, "example.com" or {"domain":"example.com"}; or all of them: * in
 * its place. */
#ifndef UVD_PROTO_REQUEST_H
#define UVD_PROTO_REQUEST_H

#include "proto/account_event.h"
#include "proto/json_writer.h"

/* Without the blanks around it. */
void request_trim(const uint8_t **data, size_t *len);

struct request_account {
    char text[ACCOUNT_ID_MAX];
    struct account_id id; /* its text is the one above: don't move it */
};

/* ST_OK, or ST_INVALID: not one account of 1 to 128 bytes. */
enum status request_account_parse(const uint8_t *data, size_t len,
                                  struct request_account *out);

/* A host name in UTF-8 may be longer than its A-labels, but not by much. */
#define REQUEST_DOMAIN_MAX 1000U

struct request_domain {
    char text[REQUEST_DOMAIN_MAX + 1]; /* as given, NUL-terminated: not canonical yet */
    size_t len;
    bool is_all; /* it is "*" */
};

/* ST_OK, or ST_INVALID: not one text of 1 to REQUEST_DOMAIN_MAX bytes. */
enum status request_domain_parse(const uint8_t *data, size_t len,
                                 struct request_domain *out);

/* Append {"error":{"code":..,"message":..}}. ST_OK or ST_NOMEM. */
enum status request_error_write(int code, const char *message, struct buf *out);

#endif
