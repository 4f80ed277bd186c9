#include "proto/ack_subject.h"

#include <string.h>

#define TOKENS_MAX 16U
#define TOKENS_SHORT 9U /* and 11 or more in the long form */
#define STREAM_SEQ_SHORT 5U
#define STREAM_SEQ_LONG 7U
#define NS_IN_MS 1000000U

/* The digits of one token; the next one begins at the result. */
static const char *number(const char *p, uint64_t *out)
{
    uint64_t v = 0;
    for (; *p >= '0' && *p <= '9'; p++)
        v = v * 10 + (uint64_t)(*p - '0');
    *out = v;
    return *p == '.' ? p + 1 : p;
}

/* Where <stream seq> begins; NULL: it is none of these subjects. */
static const char *find_sequences(const char *subject)
{
    const char *tokens[TOKENS_MAX];
    size_t n = 0;
    if (strncmp(subject, "$JS.ACK.", 8) != 0)
        return NULL;
    for (const char *p = subject; p != NULL && n < TOKENS_MAX; n++) {
        tokens[n] = p;
        p = strchr(p, '.');
        p = p != NULL ? p + 1 : NULL;
    }
    if (n < TOKENS_SHORT || n == TOKENS_SHORT + 1)
        return NULL;
    return tokens[n == TOKENS_SHORT ? STREAM_SEQ_SHORT : STREAM_SEQ_LONG];
}

static void keep_prefix(struct ack_prefix *p, const char *subject, const char *sequences)
{
    size_t len = (size_t)(sequences - subject) - 1;
    while (subject[len - 1] != '.') /* <delivered> differs */
        len--;
    p->len = len < sizeof p->text ? len : 0;
    memcpy(p->text, subject, p->len);
}

static const char *sequences_of(struct ack_prefix *p, const char *subject)
{
    if (p->len > 0 && strncmp(subject, p->text, p->len) == 0) {
        const char *dot = strchr(subject + p->len, '.');
        return dot != NULL ? dot + 1 : NULL;
    }
    const char *sequences = find_sequences(subject);
    if (sequences != NULL)
        keep_prefix(p, subject, sequences);
    return sequences;
}

bool ack_subject_parse(struct ack_prefix *p, const char *subject, struct ack_subject *out)
{
    uint64_t ns;
    const char *at = sequences_of(p, subject);
    if (at == NULL)
        return false;
    at = number(at, &out->stream_seq);
    at = number(at, &out->consumer_seq);
    (void)number(at, &ns);
    out->at_ms = (int64_t)(ns / NS_IN_MS);
    return out->stream_seq > 0 && out->consumer_seq > 0;
}
