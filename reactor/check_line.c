#include "check_line.h"

#include <jansson.h>
#include <string.h>

#include "core/policy.h"
#include "proto/message.h"

struct finding {
    const char *phase; /* NULL: nothing known */
    const char *action;
    const char *reason; /* NULL: none */
    bool block_reset;
};

static const char *fault_text(enum address_fault fault)
{
    switch (fault) {
    case ADDRESS_OK:
        break;
    case ADDRESS_NOT_TEXT:
        return "not a name: empty, or not UTF-8";
    case ADDRESS_TOO_LONG:
        return "longer than a domain name can be";
    case ADDRESS_NO_DOMAIN:
        return "no domain in it";
    case ADDRESS_LITERAL:
        return "an IP address, not a domain";
    case ADDRESS_BAD_DOMAIN:
        return "not a valid domain name";
    case ADDRESS_SPECIAL_USE:
        return "a special-use name, which is never in public DNS (RFC 6761)";
    case ADDRESS_PUBLIC_SUFFIX:
        return "a public suffix, below which names are registered";
    }
    return "not usable";
}

bool check_wants_status(const struct check_facts *f)
{
    return f->provider != NULL && !f->is_private && !f->is_exempt &&
           dns_outcome_is_candidate(f->dns->outcome);
}

static const char *action_of(const struct verdict *v, bool holds_first)
{
    if (v->block_reset)
        return "unverify_and_block";
    if (v->unverify)
        return v->must_hold && holds_first ? "unverify_when_held" : "unverify";
    return v->phase == PHASE_ACTIVE ? "none" : "watch";
}

static struct finding judge_words(const struct check_facts *f)
{
    struct finding found = {.phase = phase_text(PHASE_CANDIDATE), .action = "ask_again"};
    if (f->status == NULL || f->status->outcome != STATUS_ANSWERED)
        return found;
    struct status_words words = status_words_parse(f->status->words);
    struct verdict v = policy_judge(&words);
    if (v.kind == VERDICT_DOUBT)
        return found;
    found.phase = phase_text(v.phase);
    found.action = action_of(&v, f->holds_first);
    found.reason = v.unverify ? reason_text(v.reason) : NULL;
    found.block_reset = v.block_reset;
    return found;
}

static struct finding judge(const struct check_facts *f)
{
    if (f->is_exempt)
        return (struct finding){.phase = phase_text(PHASE_EXEMPT), .action = "none"};
    if (f->is_private)
        return (struct finding){.phase = phase_text(PHASE_PRIVATE), .action = "watch"};
    if (dns_outcome_is_doubt(f->dns->outcome))
        return (struct finding){.phase = NULL, .action = "ask_again"};
    if (!dns_outcome_is_candidate(f->dns->outcome))
        return (struct finding){.phase = phase_text(PHASE_ACTIVE), .action = "none"};
    if (f->provider == NULL)
        return (struct finding){.phase = phase_text(PHASE_CANDIDATE), .action = "watch"};
    return judge_words(f);
}

/* Whatever came from outside and may be no UTF-8 after all: shown with '?' then. */
static json_t *text(const char *s)
{
    char ascii[512];
    json_t *whole = json_string(s);
    size_t n = 0;
    if (whole != NULL)
        return whole;
    for (; *s != '\0' && n < sizeof ascii - 1; s++)
        ascii[n++] = (unsigned char)*s < 0x80 ? *s : '?';
    ascii[n] = '\0';
    return json_string(ascii);
}

static json_t *text_or_null(const char *s)
{
    return s != NULL ? text(s) : json_null();
}

static json_t *time_of(int64_t seconds)
{
    char at[RFC3339_SIZE];
    rfc3339_format(seconds, at);
    return json_string(at);
}

static json_t *tokens_of(const char *words)
{
    json_t *list = json_array();
    for (const char *s = words + strspn(words, " "); *s != '\0'; s += strspn(s, " ")) {
        size_t len = strcspn(s, " ");
        json_array_append_new(list, json_stringn(s, len));
        s += len;
    }
    return list;
}

static json_t *dns_object(const struct check_facts *f)
{
    json_t *ns = json_array();
    for (size_t i = 0; i < f->dns->ns_count; i++)
        json_array_append_new(ns, text(f->dns->ns[i]));
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:o}", "outcome",
                     dns_outcome_text(f->dns->outcome), "soa",
                     text_or_null(f->dns->soa[0] != '\0' ? f->dns->soa : NULL), "resolver",
                     text(f->resolver), "at", time_of(f->dns_at_s), "elapsed_ms",
                     (json_int_t)f->dns_elapsed_ms, "ns", ns);
}

static json_t *status_object(const struct check_facts *f)
{
    const struct status_reply *r = f->status;
    if (r == NULL)
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:i, s:I, s:o, s:o}", "provider", f->provider,
                     "outcome", status_outcome_text(r->outcome), "tokens",
                     tokens_of(r->words), "http", r->http, "elapsed_ms",
                     (json_int_t)r->elapsed_ms, "at", time_of(f->status_at_s), "detail",
                     text_or_null(r->detail[0] != '\0' ? r->detail : NULL));
}

static json_t *object(const struct check_facts *f)
{
    if (f->fault != ADDRESS_OK)
        return json_pack("{s:o, s:s}", "domain", text(f->argument), "error",
                         fault_text(f->fault));
    struct finding found = judge(f);
    return json_pack("{s:s, s:s, s:o, s:s, s:o, s:b, s:o, s:o}", "domain", f->domain,
                     "host", f->host, "phase", text_or_null(found.phase), "action",
                     found.action, "reason", text_or_null(found.reason),
                     "block_password_reset", (int)found.block_reset, "dns", dns_object(f),
                     "status", status_object(f));
}

enum status check_line_write(const struct check_facts *f, FILE *out)
{
    json_t *line = object(f);
    if (line == NULL)
        return ST_NOMEM;
    bool ok = json_dumpf(line, out, JSON_COMPACT) == 0 && fputc('\n', out) != EOF &&
              fflush(out) == 0;
    json_decref(line);
    return ok ? ST_OK : ST_IO;
}
