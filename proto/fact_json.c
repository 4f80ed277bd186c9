/* Batches as JSON, for an operator who looks into the log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/fact.h"
#include "proto/json_writer.h"

static void key(struct json_writer *w, const char *name)
{
    json_put_key(w, name, strlen(name));
}

static void put_text(struct json_writer *w, const char *name, const char *text, size_t len)
{
    key(w, name);
    json_put_string(w, text, len);
}

static void put_word(struct json_writer *w, const char *name, const char *word)
{
    put_text(w, name, word, strlen(word));
}

/* An absent text is null, as in messages. */
static void put_text_or_null(struct json_writer *w, const char *name, const char *text,
                             size_t len)
{
    key(w, name);
    if (len == 0)
        json_put_null(w);
    else
        json_put_string(w, text, len);
}

static void put_number(struct json_writer *w, const char *name, uint64_t v)
{
    key(w, name);
    json_put_uint(w, v);
}

static void put_flag(struct json_writer *w, const char *name, bool v)
{
    key(w, name);
    json_put_bool(w, v);
}

static void put_time(struct json_writer *w, const char *name, uint32_t seconds)
{
    char text[RFC3339_SIZE];
    if (seconds == 0) {
        key(w, name);
        json_put_null(w);
        return;
    }
    rfc3339_format(seconds, text);
    put_word(w, name, text);
}

static void put_hash(struct json_writer *w, const char *name, uint64_t v)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, v);
    put_word(w, name, text);
}

/* An integer account is its digits, which the reader has looked through. */
static void put_account(struct json_writer *w, const struct account_id *id)
{
    char digits[24];
    if (!id->is_int) {
        put_text(w, "account", id->text, id->len);
        return;
    }
    key(w, "account");
    snprintf(digits, sizeof digits, "%.*s", (int)id->len, id->text);
    if (digits[0] == '-')
        json_put_int(w, strtoll(digits, NULL, 10));
    else
        json_put_uint(w, strtoull(digits, NULL, 10));
}

static void put_tristate(struct json_writer *w, const char *name, enum tristate t)
{
    key(w, name);
    if (t == TRI_UNKNOWN)
        json_put_null(w);
    else
        json_put_bool(w, t == TRI_YES);
}

static void put_said(struct json_writer *w, const char *name, enum said s)
{
    static const char *const texts[] = {
        [SAID_NOTHING] = "nothing",
        [SAID_DECIDED] = "decided",
        [SAID_CONFIRMED] = "confirmed",
    };
    put_word(w, name, texts[s]);
}

static void put_address(struct json_writer *w, const struct fact_address *f)
{
    const struct address *a = &f->address;
    put_word(w, "fact", "address");
    put_account(w, &f->account);
    put_text(w, "email", a->email, a->email_len);
    put_text(w, "host", a->domain.host, a->domain.host_len);
    put_word(w, "domain", mail_domain_name(&a->domain));
    put_flag(w, "private_suffix", a->domain.is_private);
    put_number(w, "verified_ms", (uint64_t)f->verified_ms);
    put_tristate(w, "mfa", f->mfa);
    put_tristate(w, "other_verified", f->other_verified);
    put_said(w, "unverify", f->unverify);
    put_said(w, "block_reset", f->block);
}

static void put_gone(struct json_writer *w, const struct fact_address_gone *f)
{
    put_word(w, "fact", "address_gone");
    put_account(w, &f->account);
    put_text(w, "local", f->local, f->local_len);
    put_text(w, "host", f->host, f->host_len);
}

static void put_proof(struct json_writer *w, const struct fact_watch *f)
{
    key(w, "dns");
    json_put_begin(w, '{');
    put_word(w, "outcome", dns_outcome_text(f->proof.outcome));
    put_text_or_null(w, "soa", f->proof.soa, f->proof.soa_len);
    put_text_or_null(w, "resolver", f->proof.resolver, f->proof.resolver_len);
    put_time(w, "at", f->proof.at);
    json_put_end(w, '}');
    key(w, "status");
    if (f->proof.status_at == 0) {
        json_put_null(w);
        return;
    }
    json_put_begin(w, '{');
    put_text_or_null(w, "words", f->proof.words, f->proof.words_len);
    put_number(w, "http", f->proof.http);
    put_number(w, "elapsed_ms", f->proof.elapsed_ms);
    put_time(w, "at", f->proof.status_at);
    json_put_end(w, '}');
}

/* The states as they were answered, as one text. */
static void put_rdap(struct json_writer *w, const struct fact_watch *f)
{
    key(w, "rdap");
    json_put_begin(w, '{');
    put_text_or_null(w, "server", f->rdap.server, f->rdap.server_len);
    put_text_or_null(w, "status", f->rdap.words, f->rdap.words_len);
    put_time(w, "registered", f->rdap.registered);
    put_time(w, "expires", f->rdap.expires);
    put_number(w, "http", f->rdap.http);
    put_number(w, "elapsed_ms", f->rdap.elapsed_ms);
    put_time(w, "at", f->rdap.at);
    json_put_end(w, '}');
}

static void put_watch(struct json_writer *w, const struct fact_watch *f)
{
    put_word(w, "fact", "watch");
    put_text(w, "domain", f->domain, f->domain_len);
    put_word(w, "phase", phase_text(f->phase));
    put_word(w, "outcome", dns_outcome_text(f->outcome));
    put_number(w, "flags", f->flags);
    put_number(w, "doubts", f->doubts);
    put_number(w, "moves", f->moves);
    put_time(w, "epoch", f->epoch);
    put_time(w, "since", f->since);
    put_time(w, "checked", f->checked);
    put_time(w, "due", f->due);
    if (f->has_proof)
        put_proof(w, f);
    if (f->registered != 0 || f->looked != 0) {
        put_time(w, "registered", f->registered);
        put_time(w, "looked", f->looked);
    }
    if (f->rdap.at != 0)
        put_rdap(w, f);
}

static void put_move(struct json_writer *w, const struct fact_move *f)
{
    put_word(w, "fact", "move");
    put_text(w, "domain", f->domain, f->domain_len);
    put_number(w, "moves", f->moves);
    put_word(w, "from", phase_text(f->from));
    put_word(w, "to", phase_text(f->to));
    put_time(w, "at", f->at);
    put_flag(w, "tell_move", f->tell_move);
    put_flag(w, "tell_recovered", f->recovered);
}

static void put_position(struct json_writer *w, const struct fact_position *f)
{
    put_word(w, "fact", "position");
    put_number(w, "sequence", f->sequence);
    put_hash(w, "stream", f->stream);
    if (f->letters_behind != 0)
        put_number(w, "letters_behind", f->letters_behind);
}

static void put_manifest(struct json_writer *w, const struct fact_manifest *f)
{
    put_word(w, "fact", "manifest");
    put_number(w, "generation", f->generation);
    put_number(w, "chunks", f->chunks);
    put_number(w, "log_from", f->log_from);
    put_number(w, "watches", f->watches);
    put_number(w, "addresses", f->addresses);
    put_hash(w, "digest", f->digest);
    put_number(w, "position", f->position);
    put_hash(w, "position_stream", f->position_stream);
    if (f->letters_behind != 0)
        put_number(w, "letters_behind", f->letters_behind);
}

static void put_fact(struct json_writer *w, const struct fact *f)
{
    json_put_begin(w, '{');
    switch (f->kind) {
    case FACT_ADDRESS:
        put_address(w, &f->u.address);
        break;
    case FACT_ADDRESS_GONE:
        put_gone(w, &f->u.gone);
        break;
    case FACT_WATCH:
        put_watch(w, &f->u.watch);
        break;
    case FACT_MOVE:
        put_move(w, &f->u.move);
        break;
    case FACT_POSITION:
        put_position(w, &f->u.position);
        break;
    case FACT_MANIFEST:
        put_manifest(w, &f->u.manifest);
        break;
    }
    json_put_end(w, '}');
}

enum status fact_batch_to_json(const uint8_t *data, size_t len, struct buf *out)
{
    struct json_writer w = json_writer_to(out);
    struct fact_reader r;
    struct fact f;
    out->len = 0;
    enum status st = fact_reader_init(&r, data, len);
    if (st != ST_OK)
        return st;
    json_put_begin(&w, '[');
    while ((st = fact_next(&r, &f)) == ST_OK)
        put_fact(&w, &f);
    if (r.skipped > 0) {
        json_put_begin(&w, '{');
        put_word(&w, "fact", "unknown");
        put_number(&w, "count", r.skipped);
        json_put_end(&w, '}');
    }
    json_put_end(&w, ']');
    if (st == ST_NOT_FOUND)
        st = w.st;
    if (st != ST_OK)
        out->len = 0;
    return st;
}
