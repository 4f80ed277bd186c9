/* Any bytes as JSON, with jansson as the judge: what it reads, the walker reads. (Not the
 * other way round: jansson refuses big integers and overflowing floats.) */
#include <jansson.h>
#include <string.h>

#include "base/must.h"
#include "proto/json_walk.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t values;
    unsigned depth;
};

static bool take(void *ctx, const struct walk_at *at, const struct value *v)
{
    struct seen *seen = ctx;
    MUST(at->depth <= WALK_DEPTH_MAX);
    MUST(strlen(at->path) == at->path_len && at->path_len < WALK_PATH_SIZE);
    MUST(utf8_is_valid(at->path, at->path_len));
    if (v->kind == VALUE_STR)
        MUST(utf8_is_valid(v->text, v->len));
    MUST(v->kind != VALUE_BIN && v->kind != VALUE_EXT);
    /* containers are closed in order */
    if (v->kind == VALUE_END)
        seen->depth--;
    MUST(at->depth == seen->depth);
    if (v->kind == VALUE_ARRAY || v->kind == VALUE_MAP)
        seen->depth++;
    seen->values++;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seen seen = {.values = 0};
    size_t where = SIZE_MAX;
    enum status st = json_walk((const char *)data, size, take, &seen, &where);
    MUST(st == ST_OK || st == ST_MALFORMED || st == ST_FULL);
    MUST(where <= size);
    if (st == ST_OK)
        MUST(seen.values > 0 && seen.depth == 0);

    if (size > 0 && memchr(data, '\0', size) != NULL) /* where jansson stops reading */
        return 0;
    json_t *judge =
        json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (judge != NULL)
        MUST(st != ST_MALFORMED);
    json_decref(judge);
    return 0;
}
