/* The reading of the two plain shapes.
 *
 * The question stands at the front of the packet, and once it has been compared with the
 * domain's text, a compression pointer into it is a place in that text: no name of it has
 * to be read again. The name at octet 12 + i of the packet is the text from `domain + i`.
 */
#include "proto/dns_answer_quick.h"

#include <string.h>

#include "base/copy.h"
#include "proto/dns_wire.h"

enum {
    RECORD_FIXED = 10, /* type, class, time to live, length of the data */
    POINTER = 0xC0,
    POINTER_SIZE = 2,
    LABEL_MAX = 63,
    QUESTION_TAIL = 4, /* type and class */
};
/* Flags that must be as they are here: an answer, opcode 0, not truncated. */
#define FLAGS_MASK (DNS_FLAG_QR | 0x7800U | DNS_FLAG_TC)
#define RCODE_NOERROR 0U
#define RCODE_NXDOMAIN 3U

struct answer {
    const uint8_t *packet;
    size_t len;
    const char *domain;
    size_t domain_len;
    size_t at; /* of the next record */
};

struct record {
    size_t owner; /* offset into the domain's text */
    unsigned type, class;
    size_t data_at, data_len;
};

static unsigned u16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* The lower-case letter, the digit, '-' or '_' that the octet stands for; 0: it is none,
 * and is shown escaped. */
static const uint8_t plain[256] = {
    ['-'] = '-', ['_'] = '_', ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3',
    ['4'] = '4', ['5'] = '5', ['6'] = '6', ['7'] = '7', ['8'] = '8', ['9'] = '9',
    ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
    ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l',
    ['M'] = 'm', ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r',
    ['S'] = 's', ['T'] = 't', ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x',
    ['Y'] = 'y', ['Z'] = 'z', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j',
    ['k'] = 'k', ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p',
    ['q'] = 'q', ['r'] = 'r', ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v',
    ['w'] = 'w', ['x'] = 'x', ['y'] = 'y', ['z'] = 'z'};

/* The question is about the domain, and the cursor behind it. */
static bool match_question(struct answer *a)
{
    const uint8_t *p = a->packet + DNS_HEADER_SIZE;
    size_t i = 0;
    if (a->len < DNS_HEADER_SIZE + a->domain_len + 2 + QUESTION_TAIL)
        return false;
    for (;;) {
        size_t end = i + p[i]; /* of the label in the text, where its octets are one on */
        if (end == i || p[i] > LABEL_MAX || end > a->domain_len)
            return false;
        for (; i < end; i++) {
            if (plain[p[i + 1]] != (uint8_t)a->domain[i])
                return false;
        }
        if (i == a->domain_len)
            break;
        if (a->domain[i++] != '.')
            return false;
    }
    p += i + 1;
    a->at = (size_t)(p - a->packet) + 1 + QUESTION_TAIL;
    return p[0] == 0 && u16(p + 1) == DNS_TYPE_NS && u16(p + 3) == DNS_CLASS_IN;
}

/* A pointer to a label of the question: where that is in the text. */
static bool points_into_question(const struct answer *a, size_t at, size_t *offset)
{
    size_t target = u16(a->packet + at) & 0x3FFFU;
    if ((a->packet[at] & POINTER) != POINTER || target < DNS_HEADER_SIZE ||
        target - DNS_HEADER_SIZE >= a->domain_len)
        return false;
    *offset = target - DNS_HEADER_SIZE;
    return *offset == 0 || a->domain[*offset - 1] == '.';
}

static bool next_record(struct answer *a, struct record *r)
{
    if (a->len - a->at < POINTER_SIZE + RECORD_FIXED ||
        !points_into_question(a, a->at, &r->owner))
        return false;
    const uint8_t *p = a->packet + a->at + POINTER_SIZE;
    r->type = u16(p);
    r->class = u16(p + 2);
    r->data_len = u16(p + 8);
    r->data_at = a->at + POINTER_SIZE + RECORD_FIXED;
    if (a->len - r->data_at < r->data_len)
        return false;
    a->at = r->data_at + r->data_len;
    return true;
}

/* What a name server's name goes on with after its own labels, [at, end) of the packet: the
 * root, or a name of the question. `n` octets of it are in `out`. */
static bool end_name(const struct answer *a, size_t at, size_t end, char *out, size_t n)
{
    size_t offset;
    if (a->packet[at] == 0) {
        out[n] = '\0';
        return n > 0 && at + 1 == end;
    }
    if (at + POINTER_SIZE != end || !points_into_question(a, at, &offset))
        return false;
    size_t len = a->domain_len - offset;
    if (n + 1 + len > DOMAIN_MAX)
        return false;
    if (n > 0)
        out[n++] = '.';
    copy_short(out + n, a->domain + offset, len + 1);
    return true;
}

static bool read_name(const struct answer *a, const struct record *r, char out[DOMAIN_SIZE])
{
    size_t at = r->data_at, end = at + r->data_len, n = 0;
    while (at < end && a->packet[at] != 0 && a->packet[at] <= LABEL_MAX) {
        size_t len = a->packet[at++];
        uint8_t is_odd = 0;
        if (end - at < len || n + 1 + len > DOMAIN_MAX)
            return false;
        if (n > 0)
            out[n++] = '.';
        for (size_t i = 0; i < len; i++) {
            uint8_t c = plain[a->packet[at + i]];
            is_odd |= c == 0;
            out[n + i] = (char)c;
        }
        if (is_odd)
            return false;
        n += len;
        at += len;
    }
    return at < end && end_name(a, at, end, out, n);
}

static bool read_servers(struct answer *a, size_t n, struct dns_answer *out)
{
    struct record r;
    if (n == 0 || n > DNS_NS_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!next_record(a, &r) || r.owner != 0 || r.type != DNS_TYPE_NS ||
            r.class != DNS_CLASS_IN || !read_name(a, &r, out->ns[i]))
            return false;
    }
    out->ns_count = n;
    out->soa[0] = '\0';
    out->outcome = DNS_DELEGATED;
    return true;
}

/* Of a zone above the domain: its own is no plain case. */
static bool read_soa(struct answer *a, struct dns_answer *out)
{
    struct record r;
    if (!next_record(a, &r) || r.owner == 0 || r.type != DNS_TYPE_SOA ||
        r.class != DNS_CLASS_IN)
        return false;
    copy_short(out->soa, a->domain + r.owner, a->domain_len - r.owner + 1);
    out->ns_count = 0;
    out->outcome = out->rcode == RCODE_NXDOMAIN ? DNS_ABSENT : DNS_NOT_DELEGATED;
    return true;
}

bool dns_answer_quick(const uint8_t *packet, size_t len, const char *domain,
                      struct dns_answer *out)
{
    struct answer a = {
        .packet = packet, .len = len, .domain = domain, .domain_len = strlen(domain)};
    if (len < DNS_HEADER_SIZE || a.domain_len == 0 || a.domain_len > DOMAIN_MAX)
        return false;
    unsigned flags = u16(packet + 2), rcode = DNS_RCODE(flags);
    size_t answers = u16(packet + 6), authorities = u16(packet + 8);
    if ((flags & FLAGS_MASK) != DNS_FLAG_QR || u16(packet + 4) != 1 ||
        (rcode != RCODE_NOERROR && rcode != RCODE_NXDOMAIN) || !match_question(&a))
        return false;
    out->rcode = (uint8_t)rcode;
    if (answers == 0 && authorities == 1 && read_soa(&a, out))
        return true;
    a.at = DNS_HEADER_SIZE + a.domain_len + 2 + QUESTION_TAIL;
    return rcode == RCODE_NOERROR && read_servers(&a, answers + authorities, out);
}
