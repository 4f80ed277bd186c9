/* The response headers that the modules behind io/http_multi.h know. */
#ifndef UVD_IO_HTTP_HEADERS_H
#define UVD_IO_HTTP_HEADERS_H

#include <curl/curl.h>

#include "io/http_multi.h"

/* Fill in code, type, retry_after_s, fresh_s, etag and location from a transfer that is
 * complete. The texts are the easy handle's own. */
void http_headers_read(CURL *easy, struct http_result *out);

#endif
