/* What a fact may hold: asked before it is written and after it was read. */
#include <string.h>

#include "proto/fact_body.h"
#include "proto/rdap_reply.h"
#include "proto/status_reply.h"

/* Values come from casts of what was read, so they can be any; the enums of the language
 * are no protection. */
static bool is_phase(enum phase p)
{
    return (unsigned)p < PHASE_COUNT;
}

static bool is_outcome(enum dns_outcome o)
{
    return (unsigned)o < DNS_OUTCOME_COUNT;
}

static bool is_tristate(enum tristate t)
{
    return (unsigned)t <= TRI_YES;
}

static bool is_said(enum said s)
{
    return (unsigned)s <= SAID_CONFIRMED;
}

/* What canonical names are made of. A table and no branch: the names of all facts are
 * looked through in a restart. */
static const uint8_t in_names[256] = {
    ['-'] = 1, ['.'] = 1, ['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1,
    ['6'] = 1, ['7'] = 1, ['8'] = 1, ['9'] = 1, ['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1,
    ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1, ['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1,
    ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1, ['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1,
    ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1, ['y'] = 1, ['z'] = 1,
};

static bool is_name(const char *text, size_t len)
{
    uint8_t all = 1;
    if (len == 0 || len > DOMAIN_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        all &= in_names[(unsigned char)text[i]];
    return all != 0;
}

/* The digits of an int64_t or a uint64_t, as printf writes them. */
static bool is_integer(const char *text, size_t len)
{
    const bool is_negative = text[0] == '-';
    const char *max = is_negative ? "9223372036854775808" : "18446744073709551615";
    const size_t max_len = strlen(max);
    if (is_negative) {
        text++;
        len--;
    }
    if (len == 0 || len > max_len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    if (text[0] == '0')
        return len == 1 && !is_negative;
    return len < max_len || memcmp(text, max, len) <= 0;
}

static bool is_account(const struct account_id *id)
{
    return id->len >= 1 && id->len <= ACCOUNT_ID_MAX &&
           (!id->is_int || is_integer(id->text, id->len));
}

static bool is_address(const struct fact_address *f)
{
    const struct address *a = &f->address;
    const struct mail_domain *d = &a->domain;
    return is_account(&f->account) && a->local_len >= 1 && a->email_len <= EMAIL_MAX &&
           a->email_len >= a->local_len + 2U && a->email[a->local_len] == '@' &&
           is_name(d->host, d->host_len) && d->registrable_at < d->host_len &&
           (d->registrable_at == 0 || d->host[d->registrable_at - 1] == '.') &&
           f->verified_ms >= 0 && is_tristate(f->mfa) && is_tristate(f->other_verified) &&
           is_said(f->unverify) && is_said(f->block);
}

static bool is_gone(const struct fact_address_gone *f)
{
    return is_account(&f->account) && f->local_len >= 1 && f->local_len <= EMAIL_MAX - 2 &&
           is_name(f->host, f->host_len);
}

/* Texts that are kept as C strings. */
static bool is_c_text(const char *text, size_t len, size_t max)
{
    return len == 0 || (len <= max && memchr(text, '\0', len) == NULL);
}

static bool is_rdap(const struct fact_watch *f)
{
    return f->has_proof && f->rdap.states < 1U << RDAP_STATE_COUNT &&
           is_c_text(f->rdap.server, f->rdap.server_len, RDAP_SERVER_SIZE - 1) &&
           is_c_text(f->rdap.words, f->rdap.words_len, STATUS_TEXT_SIZE - 1);
}

static bool is_watch(const struct fact_watch *f)
{
    if (!is_name(f->domain, f->domain_len) || !is_phase(f->phase) ||
        !is_outcome(f->outcome) || (f->rdap.at != 0 && !is_rdap(f)))
        return false;
    if (!f->has_proof)
        return true;
    return is_outcome(f->proof.outcome) &&
           is_c_text(f->proof.soa, f->proof.soa_len, DOMAIN_MAX) &&
           is_c_text(f->proof.resolver, f->proof.resolver_len, FACT_RESOLVER_MAX) &&
           is_c_text(f->proof.words, f->proof.words_len, STATUS_TEXT_SIZE - 1);
}

static bool is_move(const struct fact_move *f)
{
    return is_name(f->domain, f->domain_len) && is_phase(f->from) && is_phase(f->to);
}

bool fact_is_valid(const struct fact *f)
{
    switch (f->kind) {
    case FACT_ADDRESS:
        return is_address(&f->u.address);
    case FACT_ADDRESS_GONE:
        return is_gone(&f->u.gone);
    case FACT_WATCH:
        return is_watch(&f->u.watch);
    case FACT_MOVE:
        return is_move(&f->u.move);
    case FACT_POSITION:
        return f->u.position.letters_behind <= f->u.position.sequence;
    case FACT_MANIFEST:
        return f->u.manifest.letters_behind <= f->u.manifest.position;
    }
    return false;
}
