#include "proto/dns_question.h"

#include <endian.h>
#include <string.h>

#include "base/copy.h"
#include "proto/dns_wire.h"

#define LABEL_MAX 63
#define TEXT_MAX 253 /* of a name that fits in 255 octets */
#define FLAG_RD 0x01 /* in octet 2 */

static bool is_onion(const char *name, size_t len)
{
    static const char onion[] = "onion";
    size_t n = sizeof onion - 1;
    return len >= n && memcmp(name + len - n, onion, n) == 0 &&
           (len == n || name[len - n - 1] == '.');
}

size_t dns_question_write(const char *name, uint8_t out[DNS_QUESTION_MAX])
{
    static const uint8_t tail[] = {0, 0, DNS_TYPE_NS, 0, DNS_CLASS_IN}; /* root first */
    size_t len = strlen(name), at = DNS_HEADER_SIZE;
    if (len == 0 || len > TEXT_MAX || is_onion(name, len))
        return 0;
    memset(out, 0, DNS_HEADER_SIZE);
    out[2] = FLAG_RD;
    out[5] = 1; /* one question */
    /* The name at once, one octet on; then its dots become the lengths of what follows. */
    copy_short(out + at + 1, name, len);
    size_t label = at; /* where its length goes */
    for (size_t i = 0; i <= len; i++) {
        if (i < len && name[i] != '.')
            continue;
        size_t n = at + i - label;
        if (n == 0 || n > LABEL_MAX)
            return 0;
        out[label] = (uint8_t)n;
        label = at + i + 1;
    }
    at = label;
    memcpy(out + at, tail, sizeof tail);
    return at + sizeof tail;
}

void dns_question_set_type(uint8_t *question, size_t len, uint16_t type)
{
    question[len - 4] = (uint8_t)(type >> 8);
    question[len - 3] = (uint8_t)type;
}

/* 1 or 0 */
static uint8_t is_lower(uint8_t c)
{
    return (uint8_t)(c - 'a') <= 'z' - 'a';
}

static uint8_t to_lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20U) : c;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* The same for eight at once: 0x20 in each byte that is a lower-case letter and whose bit
 * is set, the lowest one first. */
static uint64_t flips_of(uint64_t eight, uint8_t bits)
{
    uint64_t low = eight & EACH_BYTE(0x7F); /* so that no sum runs on into the next byte */
    uint64_t from_a = low + EACH_BYTE(0x80 - 'a'), behind_z = low + EACH_BYTE(0x7F - 'z');
    uint64_t letters = from_a & ~behind_z & ~eight;
    uint64_t each = EACH_BYTE(bits) & UINT64_C(0x8040201008040201);
    uint64_t is_set = each + EACH_BYTE(0x7F);
    return (letters & is_set & EACH_BYTE(0x80)) >> 2;
}

/* Length octets are below 64 and so never letters: the name can be walked as bytes. */
bool dns_question_mix(uint8_t *question, size_t len, const uint8_t bits[DNS_CASE_BITS_SIZE])
{
    uint64_t any = 0;
    size_t i = DNS_HEADER_SIZE;
    for (; i + 8 + 4 <= len; i += 8) {
        uint64_t eight;
        memcpy(&eight, question + i, sizeof eight);
        eight = le64toh(eight);
        uint64_t flips = flips_of(eight, bits[(i - DNS_HEADER_SIZE) / 8]);
        any |= flips;
        eight = htole64(eight ^ flips);
        memcpy(question + i, &eight, sizeof eight);
    }
    for (; i + 4 < len; i++) {
        size_t bit = i - DNS_HEADER_SIZE;
        /* Without a branch: chance can't be predicted. */
        uint8_t flip = is_lower(question[i]) & (uint8_t)(bits[bit / 8] >> bit % 8);
        question[i] = (uint8_t)(question[i] ^ flip << 5);
        any |= flip;
    }
    return any != 0;
}

enum dns_echo dns_question_compare(const uint8_t *question, size_t question_len,
                                   const uint8_t *packet, size_t len)
{
    const uint8_t *asked = question + DNS_HEADER_SIZE, *echo = packet + DNS_HEADER_SIZE;
    size_t n = question_len - DNS_HEADER_SIZE;
    struct dns_wire w = dns_wire_over(packet, len);
    struct dns_header h = dns_wire_header(&w);
    if (w.bad || len < question_len || (h.flags & DNS_FLAG_QR) == 0 ||
        DNS_OPCODE(h.flags) != 0 || h.qdcount != 1)
        return DNS_ECHO_NONE;
    if (memcmp(asked, echo, n) == 0)
        return DNS_ECHO_EXACT;
    for (size_t i = 0; i < n; i++) {
        if (to_lower(asked[i]) != to_lower(echo[i]))
            return DNS_ECHO_NONE;
    }
    return DNS_ECHO_FOLDED;
}
