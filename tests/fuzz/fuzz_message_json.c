/* Any bytes as msgpack: what is rendered must be one line of JSON. */
#include <string.h>

#include "base/must.h"
#include "proto/json_walk.h"
#include "proto/message.h"
#include "proto/mp_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ignore(void *ctx, const struct walk_at *at, const struct value *v)
{
    (void)ctx, (void)at, (void)v;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf out = {.len = 0};
    enum status st = message_to_json(data, size, &out);
    MUST(st == ST_OK || st == ST_MALFORMED || st == ST_FULL);
    MUST((st == ST_OK) == (out.len > 0));
    if (st == ST_OK) {
        MUST(memchr(out.data, '\n', out.len) == NULL);
        /* an ext adds a level, so JSON may be one too deep to read back */
        enum status back = json_walk((const char *)out.data, out.len, ignore, NULL, NULL);
        MUST(back == ST_OK || back == ST_FULL);
        MUST(out.len <= 64 * size + 64); /* it can't be made to explode */
    }
    /* the walker and the renderer agree on what msgpack is */
    enum status walked = mp_walk(data, size, ignore, NULL, NULL);
    struct cursor c = cursor_over(data, size);
    enum status skipped = mp_skip(&c);
    if (st == ST_OK)
        MUST(walked == ST_OK);
    if (walked == ST_OK)
        MUST(st != ST_MALFORMED && skipped == ST_OK && cursor_is_done(&c));
    else
        MUST(skipped != ST_OK || !cursor_is_done(&c));
    buf_free(&out);
    return 0;
}
