/* The headers that the modules behind io/http_multi.h know, both ways. */
#ifndef UVD_IO_HTTP_HEADERS_H
#define UVD_IO_HTTP_HEADERS_H

#include <curl/curl.h>

#include "io/http_multi.h"

/* Fill in code, type, retry_after_s, fresh_s, etag and location from a transfer that is
 * complete. The texts are the easy handle's own. */
void http_headers_read(CURL *easy, struct http_result *out);

/* Those of all requests, and one that asks for what is not `etag`. NULL: out of memory, or
 * the tag is too long. Free with curl_slist_free_all. */
struct curl_slist *http_headers_with_etag(const struct curl_slist *headers,
                                          const char *etag);

#endif
