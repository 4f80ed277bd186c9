/* Names for the measuring clients: a file with one a line, and the packet that asks for the
 * name servers of one. */
#ifndef UVD_BENCH_DNS_NAMES_H
#define UVD_BENCH_DNS_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define DNS_QUERY_MAX (12 + 255 + 4)

struct dns_names {
    char **at; /* NUL-terminated; in one piece of memory */
    size_t n;
};

/* The whole of standard input. Ends the program when it can't be read. */
struct dns_names dns_names_read(void);

/* (name, NS, IN) with RD set. return  length; 0: no name */
size_t dns_query(const char *name, uint16_t id, uint8_t out[DNS_QUERY_MAX]);

#endif
