/* Bodies of facts, written. Values are valid and there is room: fact_put saw to both. */
#include <string.h>

#include "base/copy.h"
#include "proto/fact_body.h"

static uint8_t *put_varint(uint8_t *to, uint64_t v)
{
    while (v >= 0x80) {
        *to++ = (uint8_t)(v | 0x80U);
        v >>= 7;
    }
    *to++ = (uint8_t)v;
    return to;
}

/* How far `v` is from `base`, modulo 2^32, as a signed number in zigzag code. */
static uint8_t *put_difference(uint8_t *to, uint32_t v, uint32_t base)
{
    const uint32_t d = v - base;
    const uint32_t sign = d >> 31 != 0 ? UINT32_MAX : 0;
    return put_varint(to, d << 1 ^ sign);
}

static uint8_t *put_text(uint8_t *to, const char *text, size_t len)
{
    to = put_varint(to, len);
    copy_short(to, text, len);
    return to + len;
}

static uint8_t *put_address(uint8_t *to, const struct fact_address *f)
{
    const struct address *a = &f->address;
    const struct mail_domain *d = &a->domain;
    const char *spelled = a->email + a->local_len + 1;
    const size_t spelled_len = a->email_len - a->local_len - 1U;

    const unsigned more = (d->is_private ? MORE_PRIVATE : 0) |
                          (unsigned)f->unverify << MORE_UNVERIFY_SHIFT |
                          (unsigned)f->block << MORE_BLOCK_SHIFT;
    const bool has_host =
        spelled_len != d->host_len || memcmp(spelled, d->host, spelled_len) != 0;
    const unsigned bits =
        (unsigned)f->mfa | (unsigned)f->other_verified << ADDRESS_OTHER_SHIFT |
        (f->account.is_int ? ADDRESS_ACCOUNT_INT : 0) |
        (d->registrable_at != 0 ? ADDRESS_HAS_REGISTRABLE : 0) |
        (has_host ? ADDRESS_HAS_HOST : 0) | (more != 0 ? ADDRESS_HAS_MORE : 0);
    *to++ = (uint8_t)bits;
    if (more != 0)
        *to++ = (uint8_t)more;
    to = put_varint(to, (uint64_t)f->verified_ms);
    to = put_text(to, f->account.text, f->account.len);
    to = put_varint(to, a->local_len);
    to = put_text(to, a->email, a->email_len);
    if (has_host)
        to = put_text(to, d->host, d->host_len);
    if (d->registrable_at != 0)
        to = put_varint(to, d->registrable_at);
    return to;
}

static uint8_t *put_gone(uint8_t *to, const struct fact_address_gone *f)
{
    *to++ = f->account.is_int ? GONE_ACCOUNT_INT : 0;
    to = put_text(to, f->account.text, f->account.len);
    to = put_text(to, f->local, f->local_len);
    return put_text(to, f->host, f->host_len);
}

static uint8_t *put_proof(uint8_t *to, const struct fact_watch *f)
{
    to = put_varint(to, f->proof.outcome);
    to = put_varint(to, f->proof.at);
    to = put_text(to, f->proof.soa, f->proof.soa_len);
    to = put_text(to, f->proof.resolver, f->proof.resolver_len);
    to = put_text(to, f->proof.words, f->proof.words_len);
    to = put_varint(to, f->proof.http);
    to = put_varint(to, f->proof.elapsed_ms);
    return put_varint(to, f->proof.status_at);
}

static uint8_t *put_registration(uint8_t *to, const struct fact_watch *f)
{
    to = put_varint(to, f->registered);
    to = put_difference(to, f->looked, f->checked);
    to = put_varint(to, f->rdap.at);
    if (f->rdap.at == 0)
        return to;
    to = put_varint(to, f->rdap.states);
    to = put_varint(to, f->rdap.http);
    to = put_varint(to, f->rdap.elapsed_ms);
    to = put_varint(to, f->rdap.registered);
    to = put_varint(to, f->rdap.expires);
    to = put_text(to, f->rdap.server, f->rdap.server_len);
    return put_text(to, f->rdap.words, f->rdap.words_len);
}

static uint8_t *put_watch(uint8_t *to, const struct fact_watch *f)
{
    to = put_text(to, f->domain, f->domain_len);
    to = put_varint(to, f->phase);
    to = put_varint(to, (uint64_t)f->outcome << 1 | f->has_proof);
    to = put_varint(to, f->flags);
    to = put_varint(to, f->doubts);
    to = put_varint(to, f->moves);
    to = put_varint(to, f->epoch);
    to = put_difference(to, f->since, f->epoch);
    to = put_difference(to, f->checked, f->since);
    to = put_difference(to, f->due, fact_due_base(f));
    if (f->has_proof)
        to = put_proof(to, f);
    if (f->registered != 0 || f->looked != 0 || f->rdap.at != 0)
        to = put_registration(to, f);
    return to;
}

static uint8_t *put_move(uint8_t *to, const struct fact_move *f)
{
    to = put_text(to, f->domain, f->domain_len);
    to = put_varint(to, f->moves);
    to = put_varint(to, f->from);
    to = put_varint(to, f->to);
    to = put_varint(to, f->at);
    *to++ = (uint8_t)((f->tell_move ? MOVE_TELL : 0) | (f->recovered ? MOVE_RECOVERED : 0));
    return to;
}

static uint8_t *put_late_number(uint8_t *to, uint64_t v)
{
    return v != 0 ? put_varint(to, v) : to;
}

static uint8_t *put_manifest(uint8_t *to, const struct fact_manifest *f)
{
    to = put_varint(to, f->generation);
    to = put_varint(to, f->chunks);
    to = put_varint(to, f->log_from);
    to = put_varint(to, f->watches);
    to = put_varint(to, f->addresses);
    to = put_varint(to, f->digest);
    to = put_varint(to, f->position);
    to = put_varint(to, f->position_stream);
    return put_late_number(to, f->letters_behind);
}

uint8_t *fact_body_write(const struct fact *f, uint8_t *to)
{
    switch (f->kind) {
    case FACT_ADDRESS:
        return put_address(to, &f->u.address);
    case FACT_ADDRESS_GONE:
        return put_gone(to, &f->u.gone);
    case FACT_WATCH:
        return put_watch(to, &f->u.watch);
    case FACT_MOVE:
        return put_move(to, &f->u.move);
    case FACT_POSITION:
        to = put_varint(to, f->u.position.sequence);
        to = put_varint(to, f->u.position.stream);
        return put_late_number(to, f->u.position.letters_behind);
    case FACT_MANIFEST:
        return put_manifest(to, &f->u.manifest);
    }
    return to;
}
