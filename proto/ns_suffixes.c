/* A name of the packet is walked label by label, as it stands there, behind pointers, too.
 * Of its labels only the last but one is looked at: its length and first letter are a place
 * in a small bit map, which the suffixes have filled. That is one look for nearly every
 * name there is; the others are written out and compared. */
#include "proto/ns_suffixes.h"

#include <stdlib.h>
#include <string.h>

#include "proto/address.h"
#include "proto/dns_wire.h"

#define LABEL_MAX 63U
#define LETTERS 32U /* a byte's low five bits: upper and lower case are the same */
/* Labels and pointers of one name: more are no name of 255 octets. */
#define STEPS_MAX 256U
#define POINTER 0xC0U

struct ns_suffixes {
    uint32_t seen[LABEL_MAX + 1]; /* by length: first letters of the last label but one */
    size_t n;
    const char **at; /* into `text` */
    char text[];
};

static bool is_suffix_text(const char *name)
{
    size_t len = strlen(name), label = 0, dots = 0;
    if (len > DOMAIN_MAX)
        return false;
    for (const char *s = name; *s != '\0'; s++) {
        dots += *s == '.';
        label = *s == '.' ? 0 : label + 1;
        if ((*s == '.' && (s == name || s[-1] == '.')) || label > LABEL_MAX)
            return false;
    }
    return dots > 0 && label > 0;
}

/* The label that stands before the last one. */
static void see(struct ns_suffixes *s, const char *name)
{
    const char *dot = strrchr(name, '.'), *label = dot;
    while (label > name && label[-1] != '.')
        label--;
    s->seen[dot - label] |= UINT32_C(1) << ((uint8_t)*label % LETTERS);
}

enum status ns_suffixes_new(const char *list, struct ns_suffixes **out)
{
    *out = NULL;
    if (list == NULL || list[0] == '\0')
        return ST_OK;
    size_t len = strlen(list), n = 1;
    for (const char *c = list; *c != '\0'; c++)
        n += *c == ',';
    struct ns_suffixes *s = calloc(1, sizeof *s + len + 1);
    if (s == NULL)
        return ST_NOMEM;
    s->at = calloc(n, sizeof *s->at);
    if (s->at == NULL) {
        ns_suffixes_free(s);
        return ST_NOMEM;
    }
    memcpy(s->text, list, len + 1);
    for (char *at = s->text; s->n < n; at += strlen(at) + 1) {
        at[strcspn(at, ",")] = '\0';
        if (!is_suffix_text(at)) {
            ns_suffixes_free(s);
            return ST_INVALID;
        }
        s->at[s->n++] = at;
        see(s, at);
    }
    *out = s;
    return ST_OK;
}

void ns_suffixes_free(struct ns_suffixes *s)
{
    if (s == NULL)
        return;
    free(s->at);
    free(s);
}

/* Where the last label but one of the name at `at` begins; 0: there is none, or the name
 * can't be read. */
static size_t last_but_one(const uint8_t *packet, size_t len, size_t at)
{
    size_t before = 0, last = 0;
    for (unsigned step = 0; step < STEPS_MAX && at < len; step++) {
        uint8_t c = packet[at];
        if (c == 0)
            return before;
        if (c >= POINTER) {
            if (at + 1 >= len)
                return 0;
            at = (size_t)(c & ~POINTER) << 8 | packet[at + 1];
            continue;
        }
        before = last;
        last = at;
        at += 1U + c;
    }
    return 0;
}

static bool may_match(const struct ns_suffixes *s, const struct dns_wire *w, size_t at)
{
    size_t label = last_but_one(w->packet, w->len, at);
    if (label == 0 || label + 1 >= w->len || w->packet[label] > LABEL_MAX)
        return false;
    uint32_t letters = s->seen[w->packet[label]];
    return letters >> w->packet[label + 1] % LETTERS & 1;
}

static bool has_suffix(const struct ns_suffixes *s, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < s->n; i++) {
        size_t n = strlen(s->at[i]);
        if (n <= len && memcmp(name + len - n, s->at[i], n) == 0 &&
            (n == len || name[len - n - 1] == '.'))
            return true;
    }
    return false;
}

/* The rare one that is worth the writing out. */
static bool matches(const struct ns_suffixes *s, const struct dns_wire *w, size_t at)
{
    char name[DNS_NAME_TEXT_SIZE];
    struct dns_wire data = *w;
    data.at = at;
    dns_wire_name(&data, name);
    return !data.bad && has_suffix(s, name);
}

/* Past the name at the cursor; whether it is `domain`. An answer usually points to the name
 * of its question, which is the domain. */
static bool skip_owner(struct dns_wire *w, const char *domain)
{
    char name[DNS_NAME_TEXT_SIZE];
    if (w->len - w->at >= 2 && w->packet[w->at] == POINTER &&
        w->packet[w->at + 1] == DNS_HEADER_SIZE) {
        w->at += 2;
        return true;
    }
    dns_wire_name(w, name);
    return !w->bad && strcmp(name, domain) == 0;
}

bool ns_suffixes_match(const struct ns_suffixes *s, const uint8_t *packet, size_t len,
                       const char *domain)
{
    char question[DNS_NAME_TEXT_SIZE];
    if (s == NULL)
        return false;
    struct dns_wire w = dns_wire_over(packet, len);
    struct dns_header h = dns_wire_header(&w);
    dns_wire_name(&w, question);
    dns_wire_skip(&w, 4); /* type and class */
    if (w.bad || h.qdcount != 1 || strcmp(question, domain) != 0)
        return false;
    for (uint32_t left = (uint32_t)h.ancount + h.nscount; left > 0 && !w.bad; left--) {
        bool is_own = skip_owner(&w, domain);
        uint16_t type = dns_wire_u16(&w), class = dns_wire_u16(&w);
        dns_wire_skip(&w, 4); /* time to live */
        uint16_t size = dns_wire_u16(&w);
        size_t at = w.at;
        dns_wire_skip(&w, size);
        if (!w.bad && is_own && type == DNS_TYPE_NS && class == DNS_CLASS_IN &&
            may_match(s, &w, at) && matches(s, &w, at))
            return true;
    }
    return false;
}
