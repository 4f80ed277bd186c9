/* Memory that is given back all at once: what one message needs while it is decoded. */
#ifndef UVD_PROTO_ARENA_H
#define UVD_PROTO_ARENA_H

#include <stddef.h>

struct arena_block;

/* Zero-initialise; free with arena_free. */
struct arena {
    struct arena_block *blocks; /* newest first; only the newest has room */
};

/* `n` bytes for text (no alignment), good until the next reset. NULL when out of memory. */
char *arena_alloc(struct arena *a, size_t n);

/* Take everything back. One block is kept, so a steady flow of messages allocates nothing.
 */
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

#endif
