/* Memory that is given back all at once: what one message needs while it is decoded. */
#ifndef UVD_PROTO_SCRATCH_H
#define UVD_PROTO_SCRATCH_H

#include <stddef.h>

struct scratch_block;

/* Zero-initialise; free with scratch_free. */
struct scratch {
    struct scratch_block *blocks; /* newest first; only the newest has room */
};

/* `n` bytes for text (no alignment), good until the next reset. NULL when out of memory. */
char *scratch_alloc(struct scratch *a, size_t n);

/* Take everything back. One block is kept, so a steady flow of messages allocates nothing.
 */
void scratch_reset(struct scratch *a);
void scratch_free(struct scratch *a);

#endif
