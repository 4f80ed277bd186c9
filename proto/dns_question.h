/* Writing the one question that is asked, (name, NS, IN), and telling whether a packet
 * echoes it.
 *
 * Whoever forges an answer must guess what it can't see. The letters of the name are part
 * of that: each is sent in upper or lower case by chance ("0x20",
 * draft-vixie-dnsext-dns0x20) and a resolver gives the question back as it came. */
#ifndef UVD_PROTO_DNS_QUESTION_H
#define UVD_PROTO_DNS_QUESTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Header, a name of 255 octets (RFC 1035 section 2.3.4), type and class. */
#define DNS_QUESTION_MAX (12 + 255 + 4)
/* One random bit for each octet of the longest name. */
#define DNS_CASE_BITS_SIZE 32

/* Write a question of type NS for `name` (text, lower case, without a trailing dot), with
 * id 0 and recursion desired. Returns its length; 0 when the name can't be asked about: an
 * empty or overlong label, too long in all, or below "onion" (RFC 7686 section 2: such a
 * name must not be sent). */
size_t dns_question_write(const char *name, uint8_t out[DNS_QUESTION_MAX]);

/* Ask for records of another type than NS. `len`: as dns_question_write gave it. */
void dns_question_set_type(uint8_t *question, size_t len, uint16_t type);

/* Put the letters whose bit is set in upper case. False when there was none: then the case
 * of the echo says nothing. */
bool dns_question_mix(uint8_t *question, size_t len,
                      const uint8_t bits[DNS_CASE_BITS_SIZE]);

enum dns_echo {
    DNS_ECHO_NONE,   /* no answer to this question at all */
    DNS_ECHO_FOLDED, /* the right question, but for the case of its letters */
    DNS_ECHO_EXACT,
};

/* Is `packet` an answer (QR set, opcode 0) whose one question is that of `question`? The id
 * is not looked at. */
enum dns_echo dns_question_compare(const uint8_t *question, size_t question_len,
                                   const uint8_t *packet, size_t len);

#endif
