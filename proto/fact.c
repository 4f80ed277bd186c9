/* Batches: the frame around facts. Their bodies are fact_read.c and fact_write.c. */
#include "proto/fact.h"

#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/must.h"
#include "proto/fact_body.h"
#include "proto/rdap_reply.h"

#define MAGIC "UVF1"
#define SUM_BYTES 8U

/* What a length of one byte can say, and one of two. */
#define SHORT_BODY 0x7FU
#define LONG_BODY 0x3FFFU

_Static_assert(sizeof MAGIC - 1 == FACT_BATCH_HEAD, "the head is the magic");
_Static_assert(FACT_BATCH_HEAD + SUM_BYTES == FACT_BATCH_OVERHEAD, "head and sum");
_Static_assert(FACT_SIZE_MAX <= LONG_BODY, "no length takes more than two bytes");

/* The numbers on the wire, for ever: see fact.h. */
_Static_assert(PHASE_NEW == 0 && PHASE_ACTIVE == 1 && PHASE_CANDIDATE == 2 &&
                   PHASE_HELD == 3 && PHASE_REDEMPTION == 4 && PHASE_PENDING_DELETE == 5 &&
                   PHASE_RELEASED == 6 && PHASE_RESURRECTED == 7 &&
                   PHASE_UNREGISTRABLE == 8 && PHASE_NOT_A_NAME == 9 &&
                   PHASE_PRIVATE == 10 && PHASE_EXEMPT == 11,
               "phases keep their places");
_Static_assert(DNS_DELEGATED == 0 && DNS_EXISTS == 1 && DNS_ABSENT == 2 &&
                   DNS_NOT_DELEGATED == 3 && DNS_SERVFAIL == 4 && DNS_REFUSED == 5 &&
                   DNS_TIMEOUT == 6 && DNS_LAME == 7 && DNS_GARBAGE == 8 &&
                   DNS_UNREACHABLE == 9 && DNS_CANCELED == 10,
               "outcomes keep their places");
_Static_assert(RDAP_REDEMPTION == 0 && RDAP_PENDING_DELETE == 1 &&
                   RDAP_PENDING_RESTORE == 2 && RDAP_CLIENT_HOLD == 3 &&
                   RDAP_SERVER_HOLD == 4 && RDAP_AUTO_RENEW == 5 && RDAP_ADD_PERIOD == 6 &&
                   RDAP_INACTIVE == 7,
               "states keep their places");
_Static_assert(TRI_UNKNOWN == 0 && TRI_NO == 1 && TRI_YES == 2, "so do these");
_Static_assert(SAID_NOTHING == 0 && SAID_DECIDED == 1 && SAID_CONFIRMED == 2, "and these");

static void put_sum(uint8_t to[SUM_BYTES], const uint8_t *data, size_t len)
{
    const uint64_t sum = XXH3_64bits(data, len);
    for (size_t i = 0; i < SUM_BYTES; i++)
        to[i] = (uint8_t)(sum >> (8 * i));
}

enum status fact_batch_begin(struct buf *b)
{
    b->len = 0;
    return buf_append(b, MAGIC, FACT_BATCH_HEAD);
}

enum status fact_put(struct buf *b, const struct fact *f)
{
    if (!fact_is_valid(f))
        return ST_INVALID;
    enum status st = buf_reserve(b, FACT_SIZE_MAX);
    if (st != ST_OK)
        return st;
    /* Nearly all bodies have a length of one byte: they are written where they belong, the
     * others move by one. */
    uint8_t *at = b->data + b->len;
    uint8_t *body = at + 2;
    uint8_t *end = fact_body_write(f, body);
    size_t len = (size_t)(end - body);
    at[0] = (uint8_t)f->kind;
    if (len <= SHORT_BODY) {
        at[1] = (uint8_t)len;
    } else {
        memmove(body + 1, body, len);
        at[1] = (uint8_t)(0x80U | (len & 0x7FU));
        at[2] = (uint8_t)(len >> 7);
        end++;
    }
    MUST(end - at <= (ptrdiff_t)FACT_SIZE_MAX);
    b->len += (size_t)(end - at);
    return ST_OK;
}

enum status fact_batch_end(struct buf *b)
{
    uint8_t sum[SUM_BYTES];
    put_sum(sum, b->data, b->len);
    return buf_append(b, sum, sizeof sum);
}

bool fact_is_batch(const uint8_t *data, size_t len)
{
    return len >= FACT_BATCH_HEAD && memcmp(data, MAGIC, FACT_BATCH_HEAD - 1) == 0 &&
           data[FACT_BATCH_HEAD - 1] >= '0' && data[FACT_BATCH_HEAD - 1] <= '9';
}

enum status fact_reader_init(struct fact_reader *r, const uint8_t *data, size_t len)
{
    if (!fact_is_batch(data, len))
        return ST_MALFORMED;
    if (memcmp(data, MAGIC, FACT_BATCH_HEAD) != 0)
        return ST_INVALID; /* before the sum, which may be another one */
    if (len < FACT_BATCH_OVERHEAD)
        return ST_MALFORMED;
    const uint8_t *end = data + len - SUM_BYTES;
    uint8_t sum[SUM_BYTES];
    put_sum(sum, data, len - SUM_BYTES);
    if (memcmp(end, sum, SUM_BYTES) != 0)
        return ST_MALFORMED;
    *r = (struct fact_reader){.at = data + FACT_BATCH_HEAD, .end = end};
    return ST_OK;
}

static bool is_known(uint8_t tag)
{
    return tag >= FACT_ADDRESS && tag <= FACT_MANIFEST;
}

enum status fact_next(struct fact_reader *r, struct fact *out)
{
    struct cursor batch = cursor_over(r->at, (size_t)(r->end - r->at));
    while (cursor_has_more(&batch)) {
        const uint8_t tag = cursor_u8(&batch);
        const size_t len = (size_t)cursor_varint(&batch, batch.left);
        const uint8_t *body = cursor_take(&batch, len);
        if (body == NULL || tag == 0)
            return ST_MALFORMED;
        if (!is_known(tag)) {
            r->at = batch.p;
            r->skipped++;
            continue;
        }
        struct cursor c = cursor_over(body, len);
        out->kind = (enum fact_kind)tag;
        fact_body_read(&c, out->kind, out);
        if (c.bad || !fact_is_valid(out))
            return ST_MALFORMED;
        r->at = batch.p;
        return ST_OK;
    }
    return ST_NOT_FOUND;
}
