/* The inside of facts: bodies in and out, and what a fact may hold. Private to fact*.c. */
#ifndef UVD_PROTO_FACT_BODY_H
#define UVD_PROTO_FACT_BODY_H

#include "proto/cursor.h"
#include "proto/fact.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of an address's first byte, of its `more`, and of a move. */
#define ADDRESS_OTHER_SHIFT 2
#define ADDRESS_TRI_MASK 3U
#define ADDRESS_ACCOUNT_INT (1U << 4)
#define ADDRESS_HAS_REGISTRABLE (1U << 5)
#define ADDRESS_HAS_HOST (1U << 6)
#define ADDRESS_HAS_MORE (1U << 7)
#define MORE_PRIVATE (1U << 0)
#define MORE_UNVERIFY_SHIFT 1
#define MORE_BLOCK_SHIFT 3
#define MORE_SAID_MASK 3U
#define MORE_MEANT 0x1FU
#define GONE_ACCOUNT_INT (1U << 0)
#define MOVE_TELL (1U << 0)
#define MOVE_RECOVERED (1U << 1)

/* Are all values within their limits? Asked before a fact is written and after one was
 * read, so that what was written can be read. */
bool fact_is_valid(const struct fact *f);

/* Write the body of a valid fact to `to`, which has room for FACT_SIZE_MAX bytes.
 *   return  behind its last byte */
uint8_t *fact_body_write(const struct fact *f, uint8_t *to);

/* Read the body of a fact of a known kind. `body` is bad afterwards if it was too short;
 * bytes behind the last field are left in it. Limits are for fact_is_valid. */
void fact_body_read(struct cursor *body, enum fact_kind kind, struct fact *out);

/* A time to count others from: `due` from the last check, or from `since` without one. */
static inline uint32_t fact_due_base(const struct fact_watch *w)
{
    return w->checked != 0 ? w->checked : w->since;
}

#endif
