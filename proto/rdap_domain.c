/* A registry's answer about a domain (RFC 9083 5.3).
 *
 *   {"objectClassName":"domain","ldhName":"acme.shop",
 *    "status":["pending delete","redemption period"],
 *    "events":[{"eventAction":"registration","eventDate":"2009-01-01T00:00:00Z"},..],..}
 *
 * Errors (RFC 9083 6) are {"errorCode":404,"title":"Not Found","description":[".."]}. Some
 * registries answer 404 without a body, under RDAP's media type, as RFC 7480 5.3 allows;
 * some send `errorCode` as text; some write states as EPP does, "pendingDelete". */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/address.h"
#include "proto/message.h"
#include "proto/rdap_reply.h"
#include "proto/status_read.h"

void rdap_reply_fault(struct rdap_reply *out, enum status_outcome outcome,
                      const char *detail)
{
    out->outcome = outcome;
    out->is_free = false;
    out->states = 0;
    out->registered_s = 0;
    out->expires_s = 0;
    out->words[0] = '\0';
    snprintf(out->detail, sizeof out->detail, "%.*s", (int)sizeof out->detail - 1, detail);
}

/* Errors -------------------------------------------------------------------------- */

/* 0 when there is none. */
static long error_code(const json_t *root)
{
    const json_t *code = json_object_get(root, "errorCode");
    if (json_is_integer(code))
        return (long)json_integer_value(code);
    return json_is_string(code) ? strtol(json_string_value(code), NULL, 10) : 0;
}

static void error_detail(int http, const json_t *root, struct rdap_reply *out)
{
    const json_t *lines = json_object_get(root, "description");
    const char *title = status_read_text(root, "title");
    const char *more = json_string_value(json_array_get(lines, 0));
    bool has_more = more != NULL && *more != '\0';
    snprintf(out->detail, sizeof out->detail, "HTTP %d%s%.50s%s%.50s", http,
             *title != '\0' || has_more ? ", " : "", title,
             *title != '\0' && has_more ? ": " : "", has_more ? more : "");
}

static bool is_rdaps_404(const struct http_answer *a, const json_t *root)
{
    bool is_rdap = status_read_is_type(a->content_type, "application/rdap+json");
    long code = error_code(root);
    if (a->len == 0)
        return is_rdap;
    if (!json_is_object(root) || json_object_get(root, "objectClassName") != NULL)
        return false;
    if (is_rdap && json_object_get(root, "errorCode") == NULL)
        return true;
    return code == 404 &&
           (is_rdap || status_read_is_type(a->content_type, "application/json") ||
            status_read_is_type(a->content_type, "application/problem+json"));
}

static void read_refusal(const struct http_answer *a, bool is_responsible,
                         struct rdap_reply *out)
{
    json_t *root = json_loadb(a->body, a->len, JSON_REJECT_DUPLICATES, NULL);
    error_detail(a->http, root, out);
    if (a->http == 404) {
        if (!is_rdaps_404(a, root))
            snprintf(out->detail, sizeof out->detail, "HTTP 404 that is not RDAP's, %.40s",
                     *a->content_type != '\0' ? a->content_type : "no type");
        else if (!is_responsible)
            snprintf(out->detail, sizeof out->detail,
                     "HTTP 404 from a server that is not responsible");
        else {
            out->outcome = STATUS_ANSWERED;
            out->is_free = true;
            out->detail[0] = '\0';
        }
    }
    json_decref(root);
}

/* The object ---------------------------------------------------------------------- */

/* The asked name; a trailing dot and letters of either case are the same name. */
static bool is_named(const json_t *root, const char *domain)
{
    char name[4 * DOMAIN_MAX + 1];
    const char *text = json_string_value(json_object_get(root, "ldhName"));
    if (text == NULL)
        text = status_read_text(root, "unicodeName");
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0 || len >= sizeof name)
        return false;
    memcpy(name, text, len);
    name[len] = '\0';
    return status_read_is_domain(domain, name);
}

/* RFC 8056 writes "pending delete", EPP "pendingDelete"; letters are what counts. */
static bool is_state(const char *state, const char *text)
{
    for (;; state++, text++) {
        while (*state == ' ')
            state++;
        while (*text == ' ' || *text == '_' || *text == '-')
            text++;
        if (tolower((unsigned char)*text) != *state)
            return false;
        if (*state == '\0')
            return true;
    }
}

static void add_word(const char *text, struct rdap_reply *out)
{
    size_t at = strlen(out->words), len = strlen(text), gap = at > 0 ? 2 : 0;
    if (len == 0 || at + gap + len >= sizeof out->words)
        return;
    memcpy(out->words + at, ", ", gap);
    memcpy(out->words + at + gap, text, len + 1);
}

/* Without a list there is no state, but there is a registration all the same. */
static bool read_states(const json_t *list, struct rdap_reply *out)
{
    const json_t *entry;
    size_t i;
    if (list == NULL || json_is_null(list))
        return true;
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, entry)
    {
        const char *text = json_string_value(entry);
        if (text == NULL || status_read_has_control(text))
            return false;
        for (unsigned s = 0; s < RDAP_STATE_COUNT; s++) {
            if (is_state(rdap_state_text((enum rdap_state)s), text))
                out->states |= 1U << s;
        }
        add_word(text, out);
    }
    return true;
}

struct dates {
    int64_t registered, reregistered, expires; /* 0: not told */
};

/* Two registrations in one answer contradict each other; the earlier one accuses nobody.
 * Of several re-registrations the last one holds. */
static void take_date(struct dates *d, const char *action, int64_t s)
{
    if (strcasecmp(action, "registration") == 0) {
        if (d->registered == 0 || s < d->registered)
            d->registered = s;
    } else if (strcasecmp(action, "reregistration") == 0) {
        if (s > d->reregistered)
            d->reregistered = s;
    } else if (strcasecmp(action, "expiration") == 0) {
        if (s > d->expires)
            d->expires = s;
    }
}

static bool read_events(const json_t *list, struct rdap_reply *out)
{
    struct dates d = {.registered = 0};
    const json_t *entry;
    size_t i;
    if (list == NULL || json_is_null(list))
        return true;
    if (!json_is_array(list))
        return false;
    json_array_foreach(list, i, entry)
    {
        int64_t ms = 0;
        const char *date = status_read_text(entry, "eventDate");
        if (rfc3339_parse(date, strlen(date), &ms) && ms >= 1000)
            take_date(&d, status_read_text(entry, "eventAction"), ms / 1000);
    }
    out->registered_s = d.reregistered > d.registered ? d.reregistered : d.registered;
    out->expires_s = d.expires;
    return true;
}

static void read_object(const json_t *root, const char *domain, struct rdap_reply *out)
{
    if (!json_is_object(root)) {
        rdap_reply_fault(out, STATUS_MALFORMED, "not a JSON object");
    } else if (json_object_get(root, "errorCode") != NULL) {
        error_detail(200, root, out);
        out->outcome = STATUS_BODY_ERRORS;
    } else if (strcasecmp(status_read_text(root, "objectClassName"), "domain") != 0) {
        rdap_reply_fault(out, STATUS_MALFORMED, "not a domain object");
    } else if (!is_named(root, domain)) {
        rdap_reply_fault(out, STATUS_MALFORMED, "an answer for another domain");
    } else if (!read_states(json_object_get(root, "status"), out)) {
        rdap_reply_fault(out, STATUS_MALFORMED, "states that are no list of words");
    } else if (!read_events(json_object_get(root, "events"), out)) {
        rdap_reply_fault(out, STATUS_MALFORMED, "events that are no list");
    } else {
        out->outcome = STATUS_ANSWERED;
    }
}

void rdap_reply_read(const struct http_answer *a, const char *domain, bool is_responsible,
                     struct rdap_reply *out)
{
    rdap_reply_fault(out, status_read_code(a->http), "");
    out->http = a->http;
    out->elapsed_ms = a->elapsed_ms;
    out->retry_after_s = status_read_has_retry(a->http) ? a->retry_after_s : 0;
    if (out->outcome != STATUS_ANSWERED) {
        read_refusal(a, is_responsible, out);
        return;
    }
    json_t *root = status_read_json(a, out->detail, sizeof out->detail);
    if (root == NULL)
        out->outcome = STATUS_MALFORMED;
    else
        read_object(root, domain, out);
    json_decref(root);
}
