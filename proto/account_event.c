/* One message: find its type in the subject and its format in the content type, walk it
 * once, and let event_reader pick the events out of the walk. */
#include "proto/account_event.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "proto/event_reader.h"
#include "proto/json_walk.h"
#include "proto/mp_reader.h"

const struct event_schema event_schema_default = {
    .account = "account",
    .email = "email",
    .time = "time",
    .mfa = "mfa",
    .other_verified = "other_verified",
};

const char *account_event_type_text(enum account_event_type t)
{
    static const char *const texts[EVENT_TYPE_COUNT] = {
        [EVENT_VERIFIED] = "email.verified", [EVENT_REMOVED] = "email.removed",
        [EVENT_MFA_CHANGED] = "mfa.changed", [EVENT_DELETED] = "deleted",
        [EVENT_SNAPSHOT] = "snapshot",       [EVENT_OTHER] = "other",
    };
    return texts[t];
}

const char *event_fault_text(enum event_fault f)
{
    static const char *const texts[] = {
#define X(name, text) text,
        EVENT_FAULT_MAP(X)
#undef X
    };
    return texts[f];
}

/* Does the subject end in these tokens, whole ones? */
static bool ends_in(const char *subject, const char *tokens)
{
    size_t len = strlen(subject);
    size_t n = strlen(tokens);
    if (len < n || memcmp(subject + len - n, tokens, n) != 0)
        return false;
    return len == n || subject[len - n - 1] == '.';
}

enum account_event_type account_event_type_of(const char *subject)
{
    static const struct {
        const char *tokens;
        enum account_event_type type;
    } rows[] = {
        {"email.verified", EVENT_VERIFIED},  {"email.removed", EVENT_REMOVED},
        {"email.unverified", EVENT_REMOVED}, {"mfa.changed", EVENT_MFA_CHANGED},
        {"email.deleted", EVENT_OTHER}, /* an address or a factor, */
        {"mfa.deleted", EVENT_OTHER},   /* not the account */
        {"deleted", EVENT_DELETED},          {"snapshot", EVENT_SNAPSHOT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (ends_in(subject, rows[i].tokens))
            return rows[i].type;
    return EVENT_OTHER;
}

enum format { FORMAT_MSGPACK, FORMAT_JSON, FORMAT_UNKNOWN };

#define TYPE_KEPT 64

struct media_type {
    enum format format;
    bool is_envelope;
};

struct event_decoder {
    struct event_reader reader;
    /* The content type last met, which mostly is that of all messages. */
    char type[TYPE_KEPT];
    struct media_type media;
};

struct event_decoder *event_decoder_new(const struct event_schema *schema,
                                        struct suffix_list *suffixes)
{
    struct event_decoder *d = calloc(1, sizeof *d);
    if (d == NULL)
        return NULL;
    event_reader_init(&d->reader, schema, suffixes);
    return d;
}

void event_decoder_free(struct event_decoder *d)
{
    if (d == NULL)
        return;
    event_reader_close(&d->reader);
    free(d);
}

static bool media_ends_in(const char *type, size_t len, const char *end)
{
    size_t n = strlen(end);
    return len >= n && strncasecmp(type + len - n, end, n) == 0;
}

/* The media type up to its parameters (RFC 9110 8.3.1); names are case-insensitive. */
static struct media_type media_type_of(const char *content_type)
{
    struct media_type m = {.format = FORMAT_UNKNOWN};
    if (content_type == NULL)
        return m;
    const char *type = content_type + strspn(content_type, " \t");
    size_t len = strcspn(type, "; \t");
    if (media_ends_in(type, len, "/json") || media_ends_in(type, len, "+json"))
        m.format = FORMAT_JSON;
    if (media_ends_in(type, len, "/msgpack") || media_ends_in(type, len, "/x-msgpack") ||
        media_ends_in(type, len, "/vnd.msgpack") || media_ends_in(type, len, "+msgpack"))
        m.format = FORMAT_MSGPACK;
    m.is_envelope = m.format != FORMAT_UNKNOWN &&
                    strncasecmp(type, "application/cloudevents+", 24) == 0;
    return m;
}

static struct media_type media_type_met(struct event_decoder *d, const char *content_type)
{
    if (content_type == NULL)
        return media_type_of(NULL);
    if (d->type[0] != '\0' && strcmp(content_type, d->type) == 0)
        return d->media;
    struct media_type media = media_type_of(content_type);
    size_t len = strlen(content_type);
    d->type[0] = '\0';
    if (len < sizeof d->type) {
        memcpy(d->type, content_type, len + 1);
        d->media = media;
    }
    return media;
}

/* White space, '{' and '[' begin JSON; as msgpack they are small integers, which no event
 * is. */
static enum format format_of(const uint8_t *payload, size_t len)
{
    bool is_json = len > 0 && payload[0] != '\0' && strchr(" \t\r\n{[", payload[0]) != NULL;
    return is_json ? FORMAT_JSON : FORMAT_MSGPACK;
}

static const char *format_text(enum format f)
{
    return f == FORMAT_JSON ? "JSON" : "msgpack";
}

static void set_fault(struct event_list *out, enum event_fault fault)
{
    out->fault = fault;
    out->faulty = 1;
    out->at = NULL;
    out->n = 0;
}

/* A walk that did not reach the end. */
static void explain_walk(enum status st, enum format format, size_t where, size_t len,
                         struct event_list *out)
{
    if (st == ST_FULL) {
        set_fault(out, FAULT_TOO_DEEP);
        snprintf(out->detail, sizeof out->detail,
                 "byte %zu: nested too deep; allowed: %d maps and arrays within each other",
                 where, WALK_DEPTH_MAX);
        return;
    }
    set_fault(out, FAULT_MALFORMED);
    if (len == 0)
        snprintf(out->detail, sizeof out->detail, "empty payload; allowed: a map");
    else
        snprintf(
            out->detail, sizeof out->detail,
            "byte %zu of %zu: cut short, invalid or not the end; allowed: one %s value",
            where, len, format_text(format));
}

/* The walk went through, but there was no map where one has to be. */
static void explain_root(const struct event_reader *r, struct event_list *out)
{
    set_fault(out, FAULT_NOT_A_MAP);
    if (!r->is_envelope || r->top != VALUE_MAP)
        snprintf(out->detail, sizeof out->detail, "the payload is %s; allowed: a map",
                 value_kind_text(r->top));
    else if (r->root == VALUE_END && r->has_base64)
        snprintf(out->detail, sizeof out->detail,
                 "data_base64: not supported; allowed: a map under data");
    else
        snprintf(out->detail, sizeof out->detail, "data: %s; allowed: a map",
                 r->root == VALUE_END ? "missing" : value_kind_text(r->root));
}

static void explain_emails(const struct event_reader *r, struct event_list *out)
{
    bool is_absent = r->emails == VALUE_END || r->emails == VALUE_NIL;
    set_fault(out, is_absent ? FAULT_MISSING_EMAILS : FAULT_BAD_EMAILS);
    snprintf(out->detail, sizeof out->detail,
             "emails: %s; allowed: an array of maps as in email.verified",
             is_absent ? "missing" : value_kind_text(r->emails));
}

static void report(const struct event_reader *r, struct event_list *out)
{
    if (r->root != VALUE_MAP) {
        explain_root(r, out);
        return;
    }
    if (r->type == EVENT_SNAPSHOT && r->emails != VALUE_ARRAY) {
        explain_emails(r, out);
        return;
    }
    out->at = r->events.at;
    out->n = r->events.n;
    out->faulty = r->faulty;
    if (r->faulty == 0)
        return;
    char place[48] = "";
    if (r->type == EVENT_SNAPSHOT)
        snprintf(place, sizeof place, "emails[%zu]: ", r->first_index);
    out->fault = r->first.fault;
    event_problem_describe(&r->first, r->schema, place, out->detail, sizeof out->detail);
}

enum status event_decode(struct event_decoder *d, const struct event_input *in,
                         struct event_list *out)
{
    out->type = account_event_type_of(in->subject);
    out->at = NULL;
    out->n = 0;
    out->fault = FAULT_NONE;
    out->faulty = 0;
    out->detail[0] = '\0';
    if (out->type == EVENT_OTHER)
        return ST_OK;

    struct media_type media = media_type_met(d, in->content_type);
    if (media.format == FORMAT_UNKNOWN)
        media.format = format_of(in->payload, in->len);

    struct event_reader *r = &d->reader;
    event_reader_start(r, out->type, media.is_envelope, in->payload, in->len);
    size_t where;
    enum status st;
    if (media.format == FORMAT_JSON)
        st = json_walk((const char *)in->payload, in->len, event_reader_take, r, &where);
    else
        st = mp_walk(in->payload, in->len, event_reader_take, r, &where);
    if (r->st != ST_OK || st == ST_NOMEM)
        return ST_NOMEM;
    if (st != ST_OK)
        explain_walk(st, media.format, where, in->len, out);
    else
        report(r, out);
    return ST_OK;
}
