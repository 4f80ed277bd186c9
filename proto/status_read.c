/* What the readers of the providers' answers share: HTTP codes, media types, errors,
 * names and words. */
#include "proto/status_read.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "proto/address.h"

/* The APIs give up after 30 s and then answer with what they have; some margin for the way
 * back and for their clock. */
#define BEST_EFFORT_MS 25000

/* Codes --------------------------------------------------------------------------- */

enum status_outcome status_read_code(int http)
{
    if (http == 200)
        return STATUS_ANSWERED;
    if (http == 401 || http == 403)
        return STATUS_UNAUTHORIZED;
    if (http == 429)
        return STATUS_THROTTLED;
    if (http >= 400 && http <= 499)
        return STATUS_CLIENT_ERROR;
    if (http > 200 && http <= 299)
        return STATUS_MALFORMED; /* success of a kind the APIs don't have */
    return STATUS_SERVER_ERROR;
}

bool status_read_has_retry(int http)
{
    return http == 429 || (http >= 500 && http <= 599);
}

void status_reply_fault(struct status_reply *out, enum status_outcome outcome,
                        const char *detail)
{
    out->outcome = outcome;
    out->words[0] = '\0';
    snprintf(out->detail, sizeof out->detail, "%.*s", (int)sizeof out->detail - 1, detail);
}

/* JSON ---------------------------------------------------------------------------- */

bool status_read_is_type(const char *content_type, const char *type)
{
    size_t len = strlen(type);
    return strncasecmp(content_type, type, len) == 0 &&
           strchr(" \t;", content_type[len]) != NULL; /* the NUL counts, too */
}

/* Types that say JSON, and those of servers that know no better. What says that it is
 * something else (a page, an error of a gateway) isn't searched for an answer. */
static bool may_be_json(const char *content_type)
{
    static const char *const types[] = {
        "",          "application/json", "application/rdap+json",
        "text/json", "text/plain",       "application/octet-stream"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (status_read_is_type(content_type, types[i]))
            return true;
    }
    /* An error that says 200: read for what it says, its shape is no answer's. */
    return status_read_is_type(content_type, "application/problem+json");
}

json_t *status_read_json(const struct http_answer *a, char *detail, size_t size)
{
    json_error_t error = {.position = 0};
    const char *type = *a->content_type != '\0' ? a->content_type : "none";
    if (!may_be_json(a->content_type)) {
        snprintf(detail, size, "not JSON, type %.40s", type);
        return NULL;
    }
    json_t *root = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, &error);
    if (root == NULL) /* not the parser's text: it quotes the body */
        snprintf(detail, size, "not JSON at byte %d of %zu, type %.40s", error.position,
                 a->len, type);
    return root;
}

const char *status_read_text(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s != NULL ? s : "";
}

/* Errors -------------------------------------------------------------------------- */

static const json_t *find_error(const json_t *root)
{
    const json_t *errors = json_object_get(root, "errors");
    if (json_is_array(errors)) {
        if (json_array_size(errors) > 0)
            return json_array_get(errors, 0);
    } else if (errors != NULL && !json_is_null(errors)) {
        return errors;
    }
    const json_t *status = json_object_get(root, "status");
    if (json_is_integer(status)) /* RFC 9457 3.1.2: the HTTP code once more */
        return root;
    bool has_message = json_is_string(json_object_get(root, "message")) ||
                       json_is_string(json_object_get(root, "msg")) ||
                       json_is_string(json_object_get(root, "title"));
    return has_message && status == NULL ? root : NULL;
}

static const char *first_text(const json_t *object, const char *const keys[3])
{
    const char *text = "";
    for (size_t i = 0; i < 3 && *text == '\0'; i++)
        text = status_read_text(object, keys[i]);
    return text;
}

#define ERROR_TEXT_SIZE 160

/* "code message: detail" of an error object, whatever parts there are. */
static void error_text(const json_t *error, char out[ERROR_TEXT_SIZE])
{
    static const char *const messages[3] = {"message", "title", "msg"};
    char code[24] = "";
    const json_t *number = json_object_get(error, "code");
    if (number == NULL)
        number = json_object_get(error, "status");
    if (json_is_integer(number))
        snprintf(code, sizeof code, "%lld ", (long long)json_integer_value(number));
    const char *message = first_text(error, messages);
    const char *more = status_read_text(error, "detail");
    snprintf(out, ERROR_TEXT_SIZE, "%s%.60s%s%.60s", code, message,
             *message != '\0' && *more != '\0' ? ": " : "", more);
    if (*out == '\0')
        snprintf(out, ERROR_TEXT_SIZE, "errors without a message");
}

/* Names and words ----------------------------------------------------------------- */

bool status_read_is_domain(const char *asked, const char *answered)
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

bool status_read_has_control(const char *s)
{
    for (; *s != '\0'; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            return true;
    }
    return false;
}

void status_read_words(const char *text, struct status_reply *out)
{
    size_t len = strlen(text);
    if (len >= sizeof out->words) {
        status_reply_fault(out, STATUS_MALFORMED, "status text too long");
        return;
    }
    if (status_read_has_control(text)) {
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

/* Whole answers ------------------------------------------------------------------- */

/* What the HTTP code alone says. True: it was 200, `outcome` is still to be set. */
static bool begin(const struct http_answer *a, struct status_reply *out)
{
    out->http = a->http;
    out->elapsed_ms = a->elapsed_ms;
    out->retry_after_s = status_read_has_retry(a->http) ? a->retry_after_s : 0;
    out->words[0] = '\0';
    out->detail[0] = '\0';
    out->outcome = status_read_code(a->http);
    if (out->outcome == STATUS_ANSWERED)
        return true;
    snprintf(out->detail, sizeof out->detail, "HTTP %d", a->http);
    return false;
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

void status_read_answer(const struct http_answer *a, const char *domain,
                        void (*read)(const json_t *root, const char *domain,
                                     struct status_reply *out),
                        struct status_reply *out)
{
    char text[ERROR_TEXT_SIZE];
    if (!begin(a, out)) {
        explain_code(a, out);
        return;
    }
    json_t *root = status_read_json(a, text, sizeof text);
    const json_t *error = find_error(root);
    if (root == NULL) {
        status_reply_fault(out, STATUS_MALFORMED, text);
    } else if (!json_is_object(root)) {
        status_reply_fault(out, STATUS_MALFORMED, "not a JSON object");
    } else if (error != NULL) {
        error_text(error, text);
        status_reply_fault(out, STATUS_BODY_ERRORS, text);
    } else {
        read(root, domain, out);
    }
    json_decref(root);
}
