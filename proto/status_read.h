/* Shared by the readers of the providers' answers (status_<provider>.c, rdap_domain.c). */
#ifndef UVD_PROTO_STATUS_READ_H
#define UVD_PROTO_STATUS_READ_H

#include <jansson.h>

#include "proto/status_reply.h"

/* What the HTTP code alone says. STATUS_ANSWERED: it was 200, and the body has the word. */
enum status_outcome status_read_code(int http);

/* May an answer be waited for that long after this code? (Retry-After on 429 and 5xx) */
bool status_read_has_retry(int http);

/* End with an outcome other than STATUS_ANSWERED; `detail` is copied and cut. */
void status_reply_fault(struct status_reply *out, enum status_outcome outcome,
                        const char *detail);

/* Is the media type `type`, whatever parameters follow it? */
bool status_read_is_type(const char *content_type, const char *type);

/* The body as JSON, no key twice in an object. NULL: it is none, or of a type that isn't
 * read as JSON; `detail` then says so without a word of the body. Free with json_decref. */
json_t *status_read_json(const struct http_answer *a, char *detail, size_t size);

/* A member that is text, else "". */
const char *status_read_text(const json_t *object, const char *key);

/* Is `answered` the domain that was asked (A-labels), in whatever case or script? */
bool status_read_is_domain(const char *asked, const char *answered);

bool status_read_has_control(const char *text);

/* Read an answer from its code on. `read` gets a body that is an object and no error.
 *
 * Errors are {"errors":[..]}, {"message":..}, {"msg":..} or RFC 9457's {"title":..,
 * "status":400}. An `errors` that is absent, null or empty says there is none; anything
 * else says there is one, however odd. */
void status_read_answer(const struct http_answer *a, const char *domain,
                        void (*read)(const json_t *root, const char *domain,
                                     struct status_reply *out),
                        struct status_reply *out);

/* The words of an answer, into an outcome. What is vague and came after 25 s or more is the
 * API's own time-out and no answer. */
void status_read_words(const char *text, struct status_reply *out);

#endif
