#include "proto/dns_wire.h"

#include <string.h>

#define NAME_WIRE_MAX 255 /* RFC 1035 section 2.3.4, length octets included */
#define LABEL_MAX 63
/* A name has at most 127 labels, and no more than one pointer before each is of any use.
 * Without the limit a packet of chained pointers would cost quadratic time. */
#define POINTERS_MAX 127

struct dns_wire dns_wire_over(const uint8_t *packet, size_t len)
{
    return (struct dns_wire){.packet = packet, .len = len, .at = 0, .bad = false};
}

static bool has(struct dns_wire *w, size_t n)
{
    if (w->bad || w->len - w->at < n) {
        w->bad = true;
        return false;
    }
    return true;
}

uint16_t dns_wire_u16(struct dns_wire *w)
{
    if (!has(w, 2))
        return 0;
    const uint8_t *p = w->packet + w->at;
    w->at += 2;
    return (uint16_t)(p[0] << 8 | p[1]);
}

void dns_wire_skip(struct dns_wire *w, size_t n)
{
    if (has(w, n))
        w->at += n;
}

static size_t put_byte(char *out, uint8_t c)
{
    uint8_t letter = c | ('a' - 'A');
    if (letter >= 'a' && letter <= 'z') {
        out[0] = (char)letter;
        return 1;
    }
    if ((c >= '0' && c <= '9') || c == '-' || c == '_') {
        out[0] = (char)c;
        return 1;
    }
    out[0] = '\\';
    out[1] = (char)('0' + c / 100);
    out[2] = (char)('0' + c / 10 % 10);
    out[3] = (char)('0' + c % 10);
    return 4;
}

/* Reads labels from `at` on. The end of what stands at the cursor itself, which is behind
 * the first pointer if there is one, goes to *end. */
static bool read_labels(const struct dns_wire *w, char *out, size_t *end)
{
    size_t at = w->at, lowest = w->at, wire_len = 1, n = 0;
    unsigned pointers = 0;
    for (;;) {
        if (at >= w->len)
            return false;
        uint8_t c = w->packet[at++];
        if (c == 0)
            break;
        if ((c & 0xC0) == 0xC0) {
            if (at >= w->len || ++pointers > POINTERS_MAX)
                return false;
            size_t target = (size_t)(c & 0x3F) << 8 | w->packet[at++];
            if (pointers == 1)
                *end = at;
            /* Backwards from where this piece began, so no piece is read twice. */
            if (target >= lowest)
                return false;
            at = lowest = target;
            continue;
        }
        wire_len += 1U + c;
        if (c > LABEL_MAX || wire_len > NAME_WIRE_MAX || w->len - at < c)
            return false;
        if (n > 0)
            out[n++] = '.';
        for (const uint8_t *p = w->packet + at, *end_p = p + c; p < end_p; p++)
            n += put_byte(out + n, *p);
        at += c;
    }
    if (pointers == 0)
        *end = at;
    if (n == 0)
        out[n++] = '.';
    out[n] = '\0';
    return true;
}

void dns_wire_name(struct dns_wire *w, char out[DNS_NAME_TEXT_SIZE])
{
    size_t end = 0;
    if (w->bad || !read_labels(w, out, &end)) {
        w->bad = true;
        out[0] = '\0';
        return;
    }
    w->at = end;
}

struct dns_header dns_wire_header(struct dns_wire *w)
{
    struct dns_header h;
    h.id = dns_wire_u16(w);
    h.flags = dns_wire_u16(w);
    h.qdcount = dns_wire_u16(w);
    h.ancount = dns_wire_u16(w);
    h.nscount = dns_wire_u16(w);
    h.arcount = dns_wire_u16(w);
    return h;
}

bool dns_wire_answers(struct dns_wire *w, const struct dns_header *h, uint16_t type,
                      const char *name)
{
    char asked[DNS_NAME_TEXT_SIZE];
    if (w->bad || (h->flags & DNS_FLAG_QR) == 0 || DNS_OPCODE(h->flags) != 0 ||
        h->qdcount != 1)
        return false;
    dns_wire_name(w, asked);
    uint16_t of_type = dns_wire_u16(w), class = dns_wire_u16(w);
    return !w->bad && of_type == type && class == DNS_CLASS_IN && strcmp(asked, name) == 0;
}

void dns_wire_record(struct dns_wire *w, struct dns_record *out)
{
    dns_wire_name(w, out->owner);
    out->type = dns_wire_u16(w);
    out->class = dns_wire_u16(w);
    dns_wire_skip(w, 4); /* time to live: the schedule asks again on its own terms */
    out->data_len = dns_wire_u16(w);
    out->data_at = w->at;
    dns_wire_skip(w, out->data_len);
    if (w->bad)
        out->data_len = 0;
}
