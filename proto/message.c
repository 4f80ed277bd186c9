/* The fields of each message, once, in the order in which they appear. */
#include "proto/message.h"

#include <string.h>

#include "base/must.h"
#include "proto/wire_writer.h"

#define MESSAGE_VERSION 1

const char *wire_format_content_type(enum wire_format f)
{
    return f == WIRE_JSON ? "application/json" : "application/vnd.msgpack";
}

static void text_field(struct wire_writer *w, const char *key, const char *text)
{
    wire_key(w, key);
    wire_text(w, text);
}

static void time_field(struct wire_writer *w, const char *key, int64_t seconds)
{
    wire_key(w, key);
    wire_time(w, seconds);
}

/* An integer leaves as the integer it came as: its digits fit int64_t or uint64_t. */
static void account_field(struct wire_writer *w, const struct account_id *id)
{
    wire_key(w, "account");
    if (!id->is_int) {
        wire_bytes(w, id->text, id->len);
        return;
    }
    bool is_negative = id->len > 0 && id->text[0] == '-';
    uint64_t v = 0;
    for (size_t i = is_negative ? 1 : 0; i < id->len; i++) {
        MUST(id->text[i] >= '0' && id->text[i] <= '9');
        v = v * 10 + (uint64_t)(id->text[i] - '0');
    }
    if (is_negative)
        wire_int(w, v > INT64_MAX ? INT64_MIN : -(int64_t)v);
    else
        wire_uint(w, v);
}

static void dns_field(struct wire_writer *w, const struct dns_evidence *dns)
{
    wire_key(w, "dns");
    if (dns == NULL) {
        wire_nil(w);
        return;
    }
    wire_map(w, 4);
    text_field(w, "outcome", dns_outcome_text(dns->outcome));
    text_field(w, "soa", dns->soa);
    text_field(w, "resolver", dns->resolver);
    time_field(w, "at", dns->at_s);
    wire_map_end(w);
}

/* The next item of a list; NULL at the end. Blanks around it are none of it. */
static const char *next_item(const char *text, char separator, size_t *len)
{
    const char stops[] = {separator, '\0'};
    const char skips[] = {separator, ' ', '\0'};
    text += strspn(text, skips);
    *len = strcspn(text, stops);
    while (*len > 0 && text[*len - 1] == ' ')
        --*len;
    return *len > 0 ? text : NULL;
}

static void list_field(struct wire_writer *w, const char *key, const char *text,
                       char separator)
{
    size_t len;
    uint32_t n = 0;
    for (const char *at = next_item(text, separator, &len); at;
         at = next_item(at + len, separator, &len))
        n++;
    wire_key(w, key);
    wire_array(w, n);
    for (const char *at = next_item(text, separator, &len); at;
         at = next_item(at + len, separator, &len))
        wire_bytes(w, at, len);
    wire_array_end(w);
}

static void status_field(struct wire_writer *w, const struct evidence *e)
{
    const struct status_evidence *status = e->status;
    wire_key(w, "status");
    if (status == NULL) {
        wire_nil(w);
        return;
    }
    wire_map(w, 5);
    text_field(w, "provider", status->provider);
    if (status->words != NULL)
        list_field(w, "tokens", status->words, ' ');
    else
        list_field(w, "tokens", e->rdap != NULL ? e->rdap->states : "", ',');
    wire_key(w, "http");
    wire_int(w, status->http);
    wire_key(w, "elapsed_ms");
    wire_uint(w, status->elapsed_ms);
    time_field(w, "at", status->at_s);
    wire_map_end(w);
}

static void time_or_nil_field(struct wire_writer *w, const char *key, int64_t seconds)
{
    wire_key(w, key);
    if (seconds == 0)
        wire_nil(w);
    else
        wire_time(w, seconds);
}

static void rdap_field(struct wire_writer *w, const struct rdap_evidence *rdap)
{
    wire_key(w, "rdap");
    if (rdap == NULL) {
        wire_nil(w);
        return;
    }
    wire_map(w, 7);
    text_field(w, "server", rdap->server);
    list_field(w, "status", rdap->states, ',');
    time_or_nil_field(w, "registered", rdap->registered_s);
    time_or_nil_field(w, "expires", rdap->expires_s);
    wire_key(w, "http");
    wire_int(w, rdap->http);
    wire_key(w, "elapsed_ms");
    wire_uint(w, rdap->elapsed_ms);
    time_field(w, "at", rdap->at_s);
    wire_map_end(w);
}

static void evidence_field(struct wire_writer *w, const struct evidence *e)
{
    wire_key(w, "evidence");
    wire_map(w, 5);
    dns_field(w, e->dns);
    status_field(w, e);
    rdap_field(w, e->rdap);
    text_field(w, "policy", e->policy);
    time_or_nil_field(w, "confirmed_since", e->confirmed_since_s);
    wire_map_end(w);
}

static enum status finish(const struct wire_writer *w, struct buf *out)
{
    if (w->json.st != ST_OK)
        out->len = 0;
    return w->json.st;
}

enum status message_encode_unverify(const struct unverify_message *m, enum wire_format f,
                                    struct buf *out)
{
    out->len = 0;
    struct wire_writer w = wire_writer_to(out, f);
    wire_map(&w, 11);
    wire_key(&w, "v");
    wire_uint(&w, MESSAGE_VERSION);
    text_field(&w, "id", m->id);
    account_field(&w, &m->account);
    wire_key(&w, "email");
    wire_bytes(&w, m->email, m->email_len);
    text_field(&w, "domain", m->domain);
    text_field(&w, "phase", phase_text(m->phase));
    text_field(&w, "reason", reason_text(m->reason));
    wire_key(&w, "block_password_reset");
    wire_bool(&w, m->block_password_reset);
    text_field(&w, "risk", risk_text(m->risk));
    evidence_field(&w, &m->evidence);
    time_field(&w, "decided_at", m->decided_at_s);
    wire_map_end(&w);
    return finish(&w, out);
}

enum status message_encode_domain(const struct domain_message *m, enum wire_format f,
                                  struct buf *out)
{
    out->len = 0;
    struct wire_writer w = wire_writer_to(out, f);
    wire_map(&w, m->rail == NULL ? 7 : 8);
    wire_key(&w, "v");
    wire_uint(&w, MESSAGE_VERSION);
    text_field(&w, "domain", m->domain);
    text_field(&w, "from", phase_text(m->from));
    text_field(&w, "to", phase_text(m->to));
    wire_key(&w, "accounts");
    wire_uint(&w, m->accounts);
    evidence_field(&w, &m->evidence);
    time_field(&w, "at", m->at_s);
    if (m->rail != NULL)
        text_field(&w, "rail", m->rail);
    wire_map_end(&w);
    return finish(&w, out);
}
