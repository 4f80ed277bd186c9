/* Domainr's v2 status answer (domainr.com/docs/api/v2/status).
 *
 *   {"status":[{"domain":"acme.shop","zone":"shop","status":"undelegated inactive",
 *               "summary":"inactive"}]}
 *
 * `summary` is deprecated and not read. Errors come as {"message":..} or as
 * {"status":[],"errors":[{"code":400,"message":"Bad request","detail":".."}]}, the latter
 * also with HTTP 200, which is why the body is asked before the code is believed. */
#include <idn2.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "proto/address.h"
#include "proto/status_read.h"

/* The API gives up after 30 s and then answers with what it has; some margin for the way
 * back and for its clock. */
#define BEST_EFFORT_MS 25000

static bool is_same_domain(const char *asked, const char *answered)
{
    if (strcasecmp(asked, answered) == 0)
        return true;
    if (strncasecmp(asked, "xn--", 4) != 0 && strstr(asked, ".xn--") == NULL)
        return false;
    /* We ask in A-labels; nothing says that the API answers in them. */
    char *ascii = NULL;
    bool same = strlen(answered) <= (size_t)4 * DOMAIN_MAX &&
                idn2_to_ascii_8z(answered, &ascii, IDN2_NONTRANSITIONAL) == IDN2_OK &&
                strcasecmp(asked, ascii) == 0;
    idn2_free(ascii);
    return same;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s != NULL ? s : "";
}

#define ERROR_TEXT_SIZE 160

/* "code message: detail" of an error object, whatever parts there are. */
static void error_text(const json_t *error, char out[ERROR_TEXT_SIZE])
{
    char code[24] = "";
    const json_t *number = json_object_get(error, "code");
    if (json_is_integer(number))
        snprintf(code, sizeof code, "%lld ", (long long)json_integer_value(number));
    const char *message = text_of(error, "message"), *more = text_of(error, "detail");
    snprintf(out, ERROR_TEXT_SIZE, "%s%.60s%s%.60s", code, message,
             *message != '\0' && *more != '\0' ? ": " : "", more);
    if (*out == '\0')
        snprintf(out, ERROR_TEXT_SIZE, "errors without a message");
}

/* The error object of a body, NULL when there is none. An `errors` that is absent, null or
 * empty says there is none; anything else says there is one, however odd. */
static const json_t *find_error(const json_t *root)
{
    const json_t *errors = json_object_get(root, "errors");
    if (json_is_array(errors)) {
        if (json_array_size(errors) > 0)
            return json_array_get(errors, 0);
    } else if (errors != NULL && !json_is_null(errors)) {
        return errors;
    }
    bool has_message = json_is_string(json_object_get(root, "message"));
    return has_message && json_object_get(root, "status") == NULL ? root : NULL;
}

/* What the body of a refused request adds to its code. 401 and 403 are left alone: their
 * messages quote the key. */
static void explain_code(const struct http_answer *a, struct status_reply *out)
{
    if (out->outcome == STATUS_UNAUTHORIZED)
        return;
    json_t *root = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *error = find_error(root);
    if (error != NULL) {
        char text[ERROR_TEXT_SIZE];
        error_text(error, text);
        snprintf(out->detail, sizeof out->detail, "HTTP %d, %.100s", a->http, text);
    }
    json_decref(root);
}

/* The list should hold one entry, ours. Others beside it are tolerated; two of ours, or
 * none, are not. */
static const json_t *find_entry(const json_t *list, const char *domain,
                                struct status_reply *out)
{
    const json_t *found = NULL, *entry;
    size_t i;
    json_array_foreach(list, i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "domain"));
        if (name == NULL) {
            status_reply_fault(out, STATUS_MALFORMED, "an entry without a domain");
            return NULL;
        }
        if (!is_same_domain(domain, name))
            continue;
        if (found != NULL) {
            status_reply_fault(out, STATUS_MALFORMED, "two entries for the domain");
            return NULL;
        }
        found = entry;
    }
    if (found == NULL)
        status_reply_fault(out, STATUS_MALFORMED, "an answer for another domain");
    return found;
}

static bool has_control_bytes(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    }
    return false;
}

static void read_words(const char *text, struct status_reply *out)
{
    size_t len = strlen(text);
    if (len >= sizeof out->words) {
        status_reply_fault(out, STATUS_MALFORMED, "status text too long");
        return;
    }
    if (has_control_bytes(text)) {
        status_reply_fault(out, STATUS_MALFORMED, "control characters in the status text");
        return;
    }
    struct status_words words = status_words_parse(text);
    if (words.set == 0 && !words.has_unseen) {
        status_reply_fault(out, STATUS_EMPTY, "no words");
        return;
    }
    const uint32_t vague = 1U << WORD_UNKNOWN | 1U << WORD_UNDELEGATED;
    if (out->elapsed_ms >= BEST_EFFORT_MS && (words.set & ~vague) == 0 &&
        !words.has_unseen) {
        char detail[sizeof out->detail];
        snprintf(detail, sizeof detail, "after its own time limit: %.60s", text);
        status_reply_fault(out, STATUS_BEST_EFFORT, detail);
        return;
    }
    out->outcome = STATUS_ANSWERED;
    memcpy(out->words, text, len + 1);
}

static void read_body(const json_t *root, const char *domain, struct status_reply *out)
{
    if (!json_is_object(root)) {
        status_reply_fault(out, STATUS_MALFORMED, "not a JSON object");
        return;
    }
    const json_t *error = find_error(root);
    if (error != NULL) {
        char text[ERROR_TEXT_SIZE];
        error_text(error, text);
        status_reply_fault(out, STATUS_BODY_ERRORS, text);
        return;
    }
    const json_t *list = json_object_get(root, "status");
    if (!json_is_array(list)) {
        status_reply_fault(out, STATUS_MALFORMED, "no list under `status`");
        return;
    }
    if (json_array_size(list) == 0) {
        status_reply_fault(out, STATUS_EMPTY, "an empty list");
        return;
    }
    const json_t *entry = find_entry(list, domain, out);
    if (entry == NULL)
        return;
    const char *text = json_string_value(json_object_get(entry, "status"));
    if (text == NULL)
        status_reply_fault(out, STATUS_MALFORMED, "an entry without words");
    else
        read_words(text, out);
}

void status_reply_domainr(const struct http_answer *a, const char *domain,
                          struct status_reply *out)
{
    if (!status_reply_begin(a, out)) {
        explain_code(a, out);
        return;
    }
    json_error_t error;
    json_t *root = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) {
        char detail[sizeof out->detail];
        /* Not the parser's text: it quotes the body. */
        snprintf(detail, sizeof detail, "not JSON at byte %d of %zu, type %.40s",
                 error.position, a->len,
                 *a->content_type != '\0' ? a->content_type : "none");
        status_reply_fault(out, STATUS_MALFORMED, detail);
        return;
    }
    read_body(root, domain, out);
    json_decref(root);
}
