#include "check_line.h"

#include <string.h>

#include "core/opinion.h"
#include "core/policy.h"
#include "core/registration.h"
#include "proto/json_writer.h"

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

static struct verdict judge_words(const char *text)
{
    const struct status_words words = status_words_parse(text);
    return policy_judge(&words);
}

bool check_wants_opinion(const struct check_facts *f)
{
    if (f->status == NULL || f->status->outcome != STATUS_ANSWERED)
        return false;
    const struct verdict first = judge_words(f->status->words);
    return opinion_is_wanted(&first);
}

/* Of the status API, the registry, or both. */
static struct verdict judge_answers(const struct check_facts *f)
{
    struct verdict second = {.kind = VERDICT_DOUBT};
    if (f->rdap != NULL)
        second = registration_judge_reply(f->rdap);
    if (f->status == NULL)
        return second;
    if (f->status->outcome != STATUS_ANSWERED)
        return (struct verdict){.kind = VERDICT_DOUBT};
    const struct verdict first = judge_words(f->status->words);
    const struct status_words words = status_words_parse(f->status->words);
    return opinion_is_wanted(&first) ? opinion_join(&first, &words, &second) : first;
}

static struct finding judge_absent(const struct check_facts *f)
{
    struct finding found = {.phase = phase_text(PHASE_CANDIDATE), .action = "ask_again"};
    const struct verdict v = judge_answers(f);
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
    return judge_absent(f);
}

/* Thousands of lines a second: what is known to be plain is not looked at for escapes.
 * `name` is a literal. */
#define PUT_KEY(w, name) json_put_plain_key((w), (name), sizeof(name) - 1)

static void put_word(struct json_writer *w, const char *word)
{
    if (word != NULL)
        json_put_plain(w, word, strlen(word));
    else
        json_put_null(w);
}

/* Came from outside. "" is null. */
static void put_text(struct json_writer *w, const char *text)
{
    if (text[0] != '\0')
        json_put_string(w, text, strlen(text));
    else
        json_put_null(w);
}

static void put_time(struct json_writer *w, int64_t seconds)
{
    char at[RFC3339_SIZE];
    rfc3339_format(seconds, at);
    json_put_plain(w, at, sizeof at - 1);
}

/* A list of words, or of states with blanks in them: `separators` are a string. */
static void put_list(struct json_writer *w, const char *text, const char *separators)
{
    json_put_begin(w, '[');
    for (const char *s = text; *s != '\0';) {
        s += strspn(s, separators);
        s += strspn(s, " ");
        size_t len = strcspn(s, separators);
        if (len > 0)
            json_put_string(w, s, len);
        s += len;
    }
    json_put_end(w, ']');
}

static void put_dns(struct json_writer *w, const struct check_facts *f)
{
    const struct dns_answer *a = f->dns;
    PUT_KEY(w, "dns");
    json_put_begin(w, '{');
    PUT_KEY(w, "outcome");
    put_word(w, dns_outcome_text(a->outcome));
    PUT_KEY(w, "soa");
    put_text(w, a->soa);
    PUT_KEY(w, "resolver");
    put_text(w, f->resolver);
    PUT_KEY(w, "at");
    put_time(w, f->dns_at_s);
    PUT_KEY(w, "elapsed_ms");
    json_put_uint(w, f->dns_elapsed_ms);
    PUT_KEY(w, "ns");
    json_put_begin(w, '[');
    for (size_t i = 0; i < a->ns_count; i++)
        json_put_string(w, a->ns[i], strlen(a->ns[i]));
    json_put_end(w, ']');
    json_put_end(w, '}');
}

static void put_status(struct json_writer *w, const struct check_facts *f)
{
    const struct status_reply *r = f->status;
    PUT_KEY(w, "status");
    if (r == NULL) {
        json_put_null(w);
        return;
    }
    json_put_begin(w, '{');
    PUT_KEY(w, "provider");
    put_text(w, f->provider);
    PUT_KEY(w, "outcome");
    put_word(w, status_outcome_text(r->outcome));
    PUT_KEY(w, "tokens");
    put_list(w, r->words, " ");
    PUT_KEY(w, "http");
    json_put_int(w, r->http);
    PUT_KEY(w, "elapsed_ms");
    json_put_uint(w, r->elapsed_ms);
    PUT_KEY(w, "at");
    put_time(w, f->status_at_s);
    PUT_KEY(w, "detail");
    put_text(w, r->detail);
    json_put_end(w, '}');
}

static void put_time_or_null(struct json_writer *w, int64_t seconds)
{
    if (seconds > 0)
        put_time(w, seconds);
    else
        json_put_null(w);
}

static void put_rdap(struct json_writer *w, const struct check_facts *f)
{
    const struct rdap_reply *r = f->rdap;
    PUT_KEY(w, "rdap");
    if (r == NULL) {
        json_put_null(w);
        return;
    }
    json_put_begin(w, '{');
    PUT_KEY(w, "server");
    put_text(w, r->server);
    PUT_KEY(w, "outcome");
    put_word(w, status_outcome_text(r->outcome));
    PUT_KEY(w, "status");
    put_list(w, r->words, ",");
    PUT_KEY(w, "registered");
    put_time_or_null(w, r->registered_s);
    PUT_KEY(w, "expires");
    put_time_or_null(w, r->expires_s);
    PUT_KEY(w, "http");
    json_put_int(w, r->http);
    PUT_KEY(w, "elapsed_ms");
    json_put_uint(w, r->elapsed_ms);
    PUT_KEY(w, "at");
    put_time(w, f->rdap_at_s);
    PUT_KEY(w, "detail");
    put_text(w, r->detail);
    json_put_end(w, '}');
}

static void put_fault(struct json_writer *w, const struct check_facts *f)
{
    PUT_KEY(w, "domain");
    json_put_string(w, f->argument, f->argument_len);
    PUT_KEY(w, "error");
    put_word(w, fault_text(f->fault));
}

static void put_finding(struct json_writer *w, const struct check_facts *f)
{
    struct finding found = judge(f);
    PUT_KEY(w, "domain");
    put_word(w, f->domain);
    PUT_KEY(w, "host");
    put_word(w, f->host);
    PUT_KEY(w, "phase");
    put_word(w, found.phase);
    PUT_KEY(w, "action");
    put_word(w, found.action);
    PUT_KEY(w, "reason");
    put_word(w, found.reason);
    PUT_KEY(w, "block_password_reset");
    json_put_bool(w, found.block_reset);
    put_dns(w, f);
    put_status(w, f);
    if (f->asks_registry)
        put_rdap(w, f);
}

enum status check_line_write(const struct check_facts *f, struct buf *out)
{
    struct json_writer w = json_writer_to(out);
    size_t before = out->len;
    json_put_begin(&w, '{');
    if (f->line > 0) {
        PUT_KEY(&w, "line");
        json_put_uint(&w, f->line);
    }
    if (f->fault != ADDRESS_OK)
        put_fault(&w, f);
    else
        put_finding(&w, f);
    json_put_end(&w, '}');
    if (w.st == ST_OK)
        w.st = buf_append(out, "\n", 1);
    if (w.st != ST_OK)
        out->len = before;
    return w.st;
}
