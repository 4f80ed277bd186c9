/* JetStream's request subjects ($JS.API...), spoken raw: a JSON request out, its JSON
 * answer back through an inbox of our own. The library's js_* calls would hold the loop for
 * their whole time-out. (ADR-1, ADR-2 of nats-io/nats-architecture-and-design; jansson:
 * rare.) */
#ifndef UVD_IO_JS_API_H
#define UVD_IO_JS_API_H

#include <jansson.h>

#include "io/bus.h"

struct js_api;

/* `reply` is borrowed; NULL: no answer within five seconds. Not called when the session
 * ends first: whoever asks begins anew with the next session. */
typedef void (*js_api_fn)(void *arg, const json_t *reply);

enum status js_api_new(uv_loop_t *loop, struct bus *bus, struct js_api **out);

/* Send `request` (stolen; NULL: an empty body) to a subject below "$JS.API.". */
enum status js_api_request(struct js_api *a, const char *subject, json_t *request,
                           js_api_fn fn, void *arg);

/* Ask for a stored message: by {"seq":..,"next_by_subj":..} and the like (stolen), or the
 * newest of a subject. js_api_message reads the reply. */
enum status js_api_get(struct js_api *a, const char *stream, json_t *which, js_api_fn fn,
                       void *arg);
enum status js_api_get_last(struct js_api *a, const char *stream, const char *subject,
                            js_api_fn fn, void *arg);

/* The session is gone: forget what is outstanding. */
void js_api_reset(struct js_api *a);

void js_api_close(struct js_api *a, void (*closed)(void *arg), void *arg);

/* The error inside a reply: its err_code (its code when it has none); 0: no error. */
int js_api_error(const json_t *reply, const char **description);

/* Does the base64 header block of a STREAM.MSG.GET reply contain this line? */
bool js_api_headers_contain(const char *base64, const char *line);

/* The message inside a STREAM.MSG.GET reply: its bytes, and its sequence. At most `size`;
 *   return  how many; 0: none, or more than that */
size_t js_api_message(const json_t *reply, uint64_t *sequence, uint8_t *data, size_t size);

/* The number behind a header's name in such a block; false: there is none. */
bool js_api_headers_number(const char *base64, const char *name, uint64_t *out);

/* A publish with this header is refused unless its value is the sequence of the newest
 * message of its subject, 0: there must be none. It stays with the message. */
#define JS_EXPECTED_LAST "Nats-Expected-Last-Subject-Sequence"

#define JS_ERR_MESSAGE_NOT_FOUND 10037
#define JS_ERR_WRONG_LAST_SEQUENCE 10071
#define JS_ERR_CONSUMER_NOT_FOUND 10014
#define JS_ERR_STREAM_NAME_IN_USE 10058

#endif
