/* Which RDAP servers answer for which domain: IANA's bootstrap file (RFC 9224), fetched
 * when first needed, kept in memory, and renewed when it is needed and due. When it can't
 * be had, what is kept goes on counting for a while (core/renewal.h says for how long). */
#ifndef UVD_IO_RDAP_DIRECTORY_H
#define UVD_IO_RDAP_DIRECTORY_H

#include <stdint.h>
#include <uv.h>

#include "base/clock.h"
#include "base/status.h"
#include "proto/rdap_bootstrap.h"
#include "proto/vocab.h"

struct rdap_directory;

enum rdap_directory_state {
    DIRECTORY_READY,   /* there is a table */
    DIRECTORY_PENDING, /* there will be one, or a failure: `changed` will say so */
    DIRECTORY_FAILED,  /* there is none, and it isn't tried yet again */
};

/* Why there is no table. */
struct rdap_directory_fault {
    enum status_outcome outcome;
    char detail[120];
};

/* `url` has been checked (http_url_fault) and is copied. `changed` is called after each
 * fetch, never from inside another function of these. */
enum status rdap_directory_new(uv_loop_t *loop, const char *url, void (*changed)(void *arg),
                               void *arg, struct rdap_directory **out);

/* Begins a fetch when one is due. */
enum rdap_directory_state rdap_directory_look(struct rdap_directory *d, struct mono_ms now);

/* The table; NULL unless DIRECTORY_READY. Good until `changed`. */
const struct rdap_bootstrap *rdap_directory_table(const struct rdap_directory *d,
                                                  struct mono_ms now);

/* Why DIRECTORY_FAILED; `wait_s`: seconds until it is tried again. */
const struct rdap_directory_fault *
rdap_directory_fault(const struct rdap_directory *d, struct mono_ms now, uint32_t *wait_s);

/* `changed` isn't called any more; `closed` is, when `d` is gone. NULL is ignored (closed
 * is still called). */
void rdap_directory_close(struct rdap_directory *d, void (*closed)(void *arg), void *arg);

#endif
