/* URLs that may be asked: https, and http to loopback addresses only. */
#ifndef UVD_IO_HTTP_URL_H
#define UVD_IO_HTTP_URL_H

#include <stdbool.h>

#define HTTP_SITE_SIZE 264 /* a host name of 253 bytes or an address, ':', a port */

/* What is wrong with a URL, for the person who wrote it; NULL when it may be asked. Static.
 * A user or a fragment is always wrong, a query unless `may_have_query`. */
const char *http_url_fault(const char *url, bool may_have_query);

/* Does it go without TLS? */
bool http_url_is_plain(const char *url);

/* "host:port", in lower case, the port always there: what two URLs of one server have in
 * common. False: not a URL, or too long; `out` is then "". */
bool http_url_site(const char *url, char out[HTTP_SITE_SIZE]);

#endif
