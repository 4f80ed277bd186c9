#include "proto/event_fields.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "proto/message.h"
#include "proto/utf8.h"

/* 9999-12-31T23:59:59Z. Also what tells seconds from milliseconds given by mistake: those
 * of any day since 1978 are beyond it. */
#define TIME_MAX_S INT64_C(253402300799)

void event_fields_clear(struct event_fields *f)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        f->at[i].kind = VALUE_END;
        f->at[i].text = "";
        f->at[i].len = 0;
    }
}

/* nil is how a sender with fixed fields says that it has none. */
static bool is_absent(const struct value *v)
{
    return v->kind == VALUE_END || v->kind == VALUE_NIL;
}

#define DIGITS_MAX 20 /* of a uint64_t, or of an int64_t with its sign */

/* Decimal, to the end of `digits`; returns where it begins. An event in two has one, and
 * snprintf takes as long as the rest of its fields. */
static const char *print_integer(const struct value *v, char digits[DIGITS_MAX])
{
    bool is_negative = v->kind == VALUE_INT && v->integer < 0;
    uint64_t rest = v->kind == VALUE_UINT ? v->natural : (uint64_t)v->integer;
    char *at = digits + DIGITS_MAX;
    if (is_negative)
        rest = 0 - rest;
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (is_negative)
        *--at = '-';
    return at;
}

static enum status read_account(const struct value *v, struct scratch *arena,
                                struct account_id *out, enum event_fault *fault)
{
    *fault = FAULT_NONE;
    if (is_absent(v)) {
        *fault = FAULT_MISSING_ACCOUNT;
        return ST_OK;
    }
    if (v->kind == VALUE_STR && v->len >= 1 && v->len <= ACCOUNT_ID_MAX &&
        utf8_is_valid(v->text, v->len)) {
        *out = (struct account_id){.text = v->text, .len = (uint8_t)v->len};
        return ST_OK;
    }
    if (v->kind != VALUE_INT && v->kind != VALUE_UINT) {
        *fault = FAULT_BAD_ACCOUNT;
        return ST_OK;
    }
    char digits[DIGITS_MAX];
    const char *text = print_integer(v, digits);
    size_t n = (size_t)(digits + sizeof digits - text);
    char *kept = scratch_alloc(arena, n);
    if (kept == NULL)
        return ST_NOMEM;
    memcpy(kept, text, n);
    *out = (struct account_id){.text = kept, .len = (uint8_t)n, .is_int = true};
    return ST_OK;
}

static enum event_fault read_email(const struct value *v, struct suffix_list *suffixes,
                                   struct address *out)
{
    if (is_absent(v))
        return FAULT_MISSING_EMAIL;
    if (v->kind != VALUE_STR)
        return FAULT_BAD_EMAIL;
    switch (address_parse(suffixes, v->text, v->len, out)) {
    case ADDRESS_OK:
        break;
    case ADDRESS_NOT_TEXT:
        return FAULT_BAD_EMAIL;
    case ADDRESS_TOO_LONG:
        return FAULT_EMAIL_TOO_LONG;
    case ADDRESS_NO_DOMAIN:
        return FAULT_NO_DOMAIN;
    case ADDRESS_LITERAL:
        return FAULT_ADDRESS_LITERAL;
    case ADDRESS_BAD_DOMAIN:
        return FAULT_BAD_DOMAIN;
    case ADDRESS_SPECIAL_USE:
        return FAULT_SPECIAL_USE;
    case ADDRESS_PUBLIC_SUFFIX:
        return FAULT_PUBLIC_SUFFIX;
    }
    return FAULT_NONE;
}

static enum event_fault read_time(const struct value *v, struct account_event *out)
{
    int64_t ms;
    if (is_absent(v))
        return FAULT_NONE;
    if (v->kind == VALUE_INT && v->integer >= 0 && v->integer <= TIME_MAX_S)
        ms = v->integer * SECOND_MS;
    else if (v->kind == VALUE_FLOAT && v->real >= 0 && v->real <= (double)TIME_MAX_S)
        ms =
            (int64_t)(v->real * (double)SECOND_MS + 0.5); /* a NaN fails both comparisons */
    else if (v->kind != VALUE_STR || !rfc3339_parse(v->text, v->len, &ms) || ms < 0)
        return FAULT_BAD_TIME;
    out->has_time = true;
    out->time_ms = ms;
    return FAULT_NONE;
}

/* `max`: the largest number that stands for yes. */
static bool read_tristate(const struct value *v, uint64_t max, enum tristate *out)
{
    *out = TRI_UNKNOWN;
    if (is_absent(v))
        return true;
    if (v->kind == VALUE_BOOL) {
        *out = v->boolean ? TRI_YES : TRI_NO;
        return true;
    }
    if (v->kind == VALUE_INT && v->integer >= 0 && (uint64_t)v->integer <= max) {
        *out = v->integer > 0 ? TRI_YES : TRI_NO;
        return true;
    }
    if (v->kind == VALUE_UINT && v->natural <= max) {
        *out = TRI_YES;
        return true;
    }
    return false;
}

static enum event_fault read_mfa(const struct value *v, struct account_event *out)
{
    return read_tristate(v, 1, &out->mfa) ? FAULT_NONE : FAULT_BAD_MFA;
}

static enum event_fault read_other_verified(const struct value *v,
                                            struct account_event *out)
{
    bool ok = read_tristate(v, UINT64_MAX, &out->other_verified);
    return ok ? FAULT_NONE : FAULT_BAD_OTHER_VERIFIED;
}

/* The first fault of the fields behind the account, in the order of the contract. */
static enum event_fault read_rest(const struct event_fields *f,
                                  struct suffix_list *suffixes, struct account_event *out,
                                  enum event_field *field)
{
    enum event_fault fault = FAULT_NONE;
    if (out->type == EVENT_VERIFIED || out->type == EVENT_REMOVED) {
        *field = FIELD_EMAIL;
        fault = read_email(&f->at[FIELD_EMAIL], suffixes, &out->address);
    }
    if (fault == FAULT_NONE && out->type == EVENT_VERIFIED) {
        *field = FIELD_TIME;
        fault = read_time(&f->at[FIELD_TIME], out);
    }
    /* Here a key with nil counts as given: the sender says that it does not know. */
    if (out->type == EVENT_MFA_CHANGED && f->at[FIELD_MFA].kind == VALUE_END)
        return FAULT_MISSING_MFA;
    if (fault == FAULT_NONE &&
        (out->type == EVENT_VERIFIED || out->type == EVENT_MFA_CHANGED)) {
        *field = FIELD_MFA;
        fault = read_mfa(&f->at[FIELD_MFA], out);
    }
    if (fault == FAULT_NONE && out->type == EVENT_VERIFIED) {
        *field = FIELD_OTHER_VERIFIED;
        fault = read_other_verified(&f->at[FIELD_OTHER_VERIFIED], out);
    }
    return fault;
}

enum status event_from_fields(enum account_event_type type, const struct event_fields *f,
                              struct suffix_list *suffixes, struct scratch *arena,
                              struct account_event *out, struct event_problem *problem)
{
    enum event_field field = FIELD_ACCOUNT;
    out->type = type;
    out->has_time = false;
    out->time_ms = 0;
    out->mfa = TRI_UNKNOWN;
    out->other_verified = TRI_UNKNOWN;
    *problem = (struct event_problem){.fault = FAULT_NONE};
    enum status st =
        read_account(&f->at[FIELD_ACCOUNT], arena, &out->account, &problem->fault);
    if (st != ST_OK)
        return st;
    if (problem->fault == FAULT_NONE)
        problem->fault = read_rest(f, suffixes, out, &field);
    problem->got = f->at[field].kind;
    problem->len = f->at[field].len;
    return ST_OK;
}

#define ACCOUNT_ALLOWED "a string of 1-128 bytes of UTF-8, or an integer"
#define EMAIL_ALLOWED "UTF-8 text local@domain without control characters"
#define MFA_ALLOWED "true, false, 1, 0 or null"

/* `what` NULL: the kind of value that was found. */
struct fault_text {
    enum event_field field; /* FIELD_COUNT: the event as a whole */
    const char *what, *allowed;
};

static const struct fault_text fault_texts[FAULT_COUNT] = {
    [FAULT_NOT_A_MAP] = {FIELD_COUNT, NULL, "a map"},
    [FAULT_MISSING_ACCOUNT] = {FIELD_ACCOUNT, "missing", ACCOUNT_ALLOWED},
    [FAULT_BAD_ACCOUNT] = {FIELD_ACCOUNT, NULL, ACCOUNT_ALLOWED},
    [FAULT_MISSING_EMAIL] = {FIELD_EMAIL, "missing", EMAIL_ALLOWED},
    [FAULT_BAD_EMAIL] = {FIELD_EMAIL, NULL, EMAIL_ALLOWED},
    [FAULT_EMAIL_TOO_LONG] = {FIELD_EMAIL, NULL, "up to 254 bytes"},
    [FAULT_NO_DOMAIN] = {FIELD_EMAIL, "no domain behind an '@'", "local@domain"},
    [FAULT_ADDRESS_LITERAL] = {FIELD_EMAIL, "an IP address for a domain", "a domain name"},
    [FAULT_BAD_DOMAIN] =
        {FIELD_EMAIL, "a domain that is no host name",
         "labels of 1-63 letters, digits and hyphens, or IDNA; 253 in all"},
    [FAULT_SPECIAL_USE] = {FIELD_EMAIL, "a special-use domain (RFC 6761 and kin)",
                           "a domain of the public DNS"},
    [FAULT_PUBLIC_SUFFIX] = {FIELD_EMAIL, "a public suffix for a domain",
                             "a name below it"},
    [FAULT_BAD_TIME] = {FIELD_TIME, NULL, "RFC 3339, or Unix seconds; years 1970 to 9999"},
    [FAULT_BAD_MFA] = {FIELD_MFA, NULL, MFA_ALLOWED},
    [FAULT_BAD_OTHER_VERIFIED] = {FIELD_OTHER_VERIFIED, NULL,
                                  "true, false, a count or null"},
    [FAULT_MISSING_MFA] = {FIELD_MFA, "missing", MFA_ALLOWED},
};

static const char *field_path(const struct event_schema *s, enum event_field field)
{
    switch (field) {
    case FIELD_ACCOUNT:
        return s->account;
    case FIELD_EMAIL:
        return s->email;
    case FIELD_TIME:
        return s->time;
    case FIELD_MFA:
        return s->mfa;
    case FIELD_OTHER_VERIFIED:
        return s->other_verified;
    case FIELD_COUNT:
        break;
    }
    return "";
}

void event_problem_describe(const struct event_problem *p,
                            const struct event_schema *schema, const char *place, char *out,
                            size_t size)
{
    const struct fault_text *t = &fault_texts[p->fault];
    const char *path = field_path(schema, t->field);
    char what[64];
    if (t->what != NULL)
        snprintf(what, sizeof what, "%s", t->what);
    else if (p->got == VALUE_STR)
        snprintf(what, sizeof what, "a string of %zu bytes", p->len);
    else
        snprintf(what, sizeof what, "%s", value_kind_text(p->got));
    /* The path is the operator's, of any length; its end says most. */
    size_t path_len = strlen(path);
    if (path_len > 32)
        path += path_len - 32;
    snprintf(out, size, "%s%s%s%s; allowed: %s", place, path, path_len > 0 ? ": " : "",
             what, t->allowed);
}
