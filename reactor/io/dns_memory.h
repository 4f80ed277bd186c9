/* The memory c-ares works in: it allocates and frees some small pieces for each question,
 * and with thousands out the general allocator is a third of its work. Freed pieces are
 * kept by size, up to a limit, and given out again. With a sanitizer, which must see each
 * piece come and go, nothing is kept. One thread. */
#ifndef UVD_IO_DNS_MEMORY_H
#define UVD_IO_DNS_MEMORY_H

#include "base/status.h"

/* Start c-ares, and end it; counted, like its own. ST_NOMEM when it can't. */
enum status dns_memory_start(void);
void dns_memory_stop(void);

#endif
