/* Reading DNS packets: a bounded cursor over one message (RFC 1035 section 4).
 *
 * Every read checks what is left; the first one that can't be done sets `bad`, after which
 * all reads give zero. So a loop over records ends by itself and the error is looked at
 * once, at its end. */
#ifndef UVD_PROTO_DNS_WIRE_H
#define UVD_PROTO_DNS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_HEADER_SIZE 12
#define DNS_CLASS_IN 1
#define DNS_TYPE_NS 2
#define DNS_TYPE_CNAME 5
#define DNS_TYPE_SOA 6
#define DNS_TYPE_MX 15

/* 255 octets, each shown as \ddd at worst, and the NUL. */
#define DNS_NAME_TEXT_SIZE (255 * 4 + 1)

struct dns_wire {
    const uint8_t *packet; /* borrowed */
    size_t len;
    size_t at; /* of the next byte to read */
    bool bad;
};

struct dns_header {
    uint16_t id, flags;
    uint16_t qdcount, ancount, nscount, arcount;
};
#define DNS_FLAG_QR 0x8000U
#define DNS_FLAG_TC 0x0200U
#define DNS_OPCODE(flags) (((flags) >> 11) & 0xFU)
#define DNS_RCODE(flags) ((flags)&0xFU)

/* A record as it stands in the packet. The data is `packet[data_at .. data_at + data_len)`,
 * which is inside the packet. */
struct dns_record {
    char owner[DNS_NAME_TEXT_SIZE];
    uint16_t type, class;
    size_t data_at, data_len;
};

struct dns_wire dns_wire_over(const uint8_t *packet, size_t len);

uint16_t dns_wire_u16(struct dns_wire *w);
void dns_wire_skip(struct dns_wire *w, size_t n);

/* A name as lower-case text without a trailing dot; the root is ".". Bytes other than
 * letters, digits, '-' and '_' become \ddd, so a dot in the text is always a dot between
 * labels. Compression pointers (RFC 1035 section 4.1.4) are followed only backwards. */
void dns_wire_name(struct dns_wire *w, char out[DNS_NAME_TEXT_SIZE]);

struct dns_header dns_wire_header(struct dns_wire *w);

/* Behind the header: is the packet an answer to exactly this question, class IN? `name` as
 * dns_wire_name writes it. */
bool dns_wire_answers(struct dns_wire *w, const struct dns_header *h, uint16_t type,
                      const char *name);

void dns_wire_record(struct dns_wire *w, struct dns_record *out);

#endif
