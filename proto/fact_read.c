/* Bodies of facts, read. Here a number is only kept from being cut when it is stored; what
 * it may be is asked by fact_is_valid, in one place for what is written and what is read.
 */
#include "base/copy.h"
#include "proto/fact_body.h"

static uint8_t get_u8(struct cursor *c)
{
    return (uint8_t)cursor_varint(c, UINT8_MAX);
}

static uint16_t get_u16(struct cursor *c)
{
    return (uint16_t)cursor_varint(c, UINT16_MAX);
}

static uint32_t get_u32(struct cursor *c)
{
    return (uint32_t)cursor_varint(c, UINT32_MAX);
}

static uint32_t get_difference(struct cursor *c, uint32_t base)
{
    const uint32_t z = get_u32(c);
    const uint32_t sign = (z & 1U) != 0 ? UINT32_MAX : 0;
    return base + (z >> 1 ^ sign);
}

/* NULL with length 0 when the body is too short. */
static const char *get_text(struct cursor *c, uint8_t *len)
{
    const uint8_t n = get_u8(c);
    const uint8_t *text = cursor_take(c, n);
    *len = text != NULL ? n : 0;
    return (const char *)text;
}

static void get_account(struct cursor *c, bool is_int, struct account_id *out)
{
    out->is_int = is_int;
    out->text = get_text(c, &out->len);
}

static void get_address(struct cursor *c, struct fact_address *f)
{
    const uint8_t bits = cursor_u8(c);
    const uint8_t more = (bits & ADDRESS_HAS_MORE) != 0 ? cursor_u8(c) : 0;
    if ((more & ~MORE_MEANT) != 0)
        c->bad = true;
    f->mfa = (enum tristate)(bits & ADDRESS_TRI_MASK);
    f->other_verified = (enum tristate)(bits >> ADDRESS_OTHER_SHIFT & ADDRESS_TRI_MASK);
    f->unverify = (enum said)(more >> MORE_UNVERIFY_SHIFT & MORE_SAID_MASK);
    f->block = (enum said)(more >> MORE_BLOCK_SHIFT & MORE_SAID_MASK);
    f->verified_ms = (int64_t)cursor_varint(c, INT64_MAX);
    get_account(c, (bits & ADDRESS_ACCOUNT_INT) != 0, &f->account);

    struct address *a = &f->address;
    a->local_len = get_u8(c);
    a->email = get_text(c, &a->email_len);
    if (a->email_len < a->local_len + 2U) /* an '@' and something behind it */
        c->bad = true;
    if (c->bad)
        return;
    const char *host = a->email + a->local_len + 1;
    struct mail_domain *d = &a->domain;
    d->host_len = (uint8_t)(a->email_len - a->local_len - 1U);
    if ((bits & ADDRESS_HAS_HOST) != 0)
        host = get_text(c, &d->host_len);
    if (d->host_len > DOMAIN_MAX)
        c->bad = true;
    if (c->bad)
        return;
    copy_short(d->host, host, d->host_len);
    d->host[d->host_len] = '\0';
    d->registrable_at = (bits & ADDRESS_HAS_REGISTRABLE) != 0 ? get_u8(c) : 0;
    d->is_private = (more & MORE_PRIVATE) != 0;
}

static void get_gone(struct cursor *c, struct fact_address_gone *f)
{
    const uint8_t bits = cursor_u8(c);
    if ((bits & ~GONE_ACCOUNT_INT) != 0)
        c->bad = true;
    get_account(c, (bits & GONE_ACCOUNT_INT) != 0, &f->account);
    f->local = get_text(c, &f->local_len);
    f->host = get_text(c, &f->host_len);
}

static void get_proof(struct cursor *c, struct fact_watch *f)
{
    f->proof.outcome = (enum dns_outcome)get_u8(c);
    f->proof.at = get_u32(c);
    f->proof.soa = get_text(c, &f->proof.soa_len);
    f->proof.resolver = get_text(c, &f->proof.resolver_len);
    f->proof.words = get_text(c, &f->proof.words_len);
    f->proof.http = get_u16(c);
    f->proof.elapsed_ms = get_u32(c);
    f->proof.status_at = get_u32(c);
}

static void get_rdap(struct cursor *c, struct fact_watch *f)
{
    f->rdap.states = get_u32(c);
    f->rdap.http = get_u16(c);
    f->rdap.elapsed_ms = get_u32(c);
    f->rdap.registered = get_u32(c);
    f->rdap.expires = get_u32(c);
    f->rdap.server = get_text(c, &f->rdap.server_len);
    f->rdap.words = get_text(c, &f->rdap.words_len);
}

static void get_registration(struct cursor *c, struct fact_watch *f)
{
    f->registered = get_u32(c);
    f->looked = get_difference(c, f->checked);
    f->rdap.at = get_u32(c);
    if (f->rdap.at != 0)
        get_rdap(c, f);
}

static void get_watch(struct cursor *c, struct fact_watch *f)
{
    f->domain = get_text(c, &f->domain_len);
    f->phase = (enum phase)get_u8(c);
    const uint8_t outcome = get_u8(c);
    f->outcome = (enum dns_outcome)(outcome >> 1);
    f->has_proof = (outcome & 1U) != 0;
    f->flags = get_u8(c);
    f->doubts = get_u8(c);
    f->moves = get_u16(c);
    f->epoch = get_u32(c);
    f->since = get_difference(c, f->epoch);
    f->checked = get_difference(c, f->since);
    f->due = get_difference(c, fact_due_base(f));
    if (f->has_proof)
        get_proof(c, f);
    f->registered = f->looked = f->rdap.at = 0;
    if (c->left > 0) /* what earlier versions did not write */
        get_registration(c, f);
}

static void get_move(struct cursor *c, struct fact_move *f)
{
    f->domain = get_text(c, &f->domain_len);
    f->moves = get_u16(c);
    f->from = (enum phase)get_u8(c);
    f->to = (enum phase)get_u8(c);
    f->at = get_u32(c);
    const uint8_t bits = cursor_u8(c);
    if ((bits & ~(MOVE_TELL | MOVE_RECOVERED)) != 0)
        c->bad = true;
    f->tell_move = (bits & MOVE_TELL) != 0;
    f->recovered = (bits & MOVE_RECOVERED) != 0;
}

/* What earlier versions did not write. */
static uint64_t get_late_number(struct cursor *c)
{
    return c->left > 0 ? cursor_varint(c, UINT64_MAX) : 0;
}

static void get_manifest(struct cursor *c, struct fact_manifest *f)
{
    f->generation = cursor_varint(c, UINT64_MAX);
    f->chunks = get_u32(c);
    f->log_from = cursor_varint(c, UINT64_MAX);
    f->watches = cursor_varint(c, UINT64_MAX);
    f->addresses = cursor_varint(c, UINT64_MAX);
    f->digest = cursor_varint(c, UINT64_MAX);
    f->position = cursor_varint(c, UINT64_MAX);
    f->position_stream = cursor_varint(c, UINT64_MAX);
    f->letters_behind = get_late_number(c);
}

void fact_body_read(struct cursor *body, enum fact_kind kind, struct fact *out)
{
    switch (kind) {
    case FACT_ADDRESS:
        get_address(body, &out->u.address);
        return;
    case FACT_ADDRESS_GONE:
        get_gone(body, &out->u.gone);
        return;
    case FACT_WATCH:
        get_watch(body, &out->u.watch);
        return;
    case FACT_MOVE:
        get_move(body, &out->u.move);
        return;
    case FACT_POSITION:
        out->u.position.sequence = cursor_varint(body, UINT64_MAX);
        out->u.position.stream = cursor_varint(body, UINT64_MAX);
        out->u.position.letters_behind = get_late_number(body);
        return;
    case FACT_MANIFEST:
        get_manifest(body, &out->u.manifest);
        return;
    }
    body->bad = true;
}
