#include "io/http_headers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER_MAX_S 21600 /* where newer versions of libcurl stop as well */
#define ETAG_LINE_SIZE 256
#define FRESH_MAX_S 31536000 /* a year (RFC 9111 4.2.1 leaves the limit to us) */

static const char *header(CURL *easy, const char *name)
{
    struct curl_header *h = NULL;
    return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) == CURLHE_OK ? h->value
                                                                              : "";
}

static uint32_t bounded(int64_t seconds, int64_t max)
{
    if (seconds < 0)
        return 0;
    return (uint32_t)(seconds < max ? seconds : max);
}

/* RFC 9111 5.2.2: what a private cache has to know of Cache-Control. True: it says
 * something. */
static bool read_cache_control(const char *text, uint32_t *fresh_s)
{
    bool has_age = false;
    for (const char *s = text; *s != '\0';) {
        s += strspn(s, ", \t");
        size_t len = strcspn(s, ",");
        if (strncasecmp(s, "no-store", 8) == 0 || strncasecmp(s, "no-cache", 8) == 0) {
            *fresh_s = 0;
            return true;
        }
        if (len > 8 && strncasecmp(s, "max-age=", 8) == 0) {
            *fresh_s = bounded(strtoll(s + 8, NULL, 10), FRESH_MAX_S);
            has_age = true;
        }
        s += len;
    }
    return has_age;
}

/* Expires is an hour of the server's clock, and so is Date. */
static uint32_t until_expiry(CURL *easy)
{
    time_t expires = curl_getdate(header(easy, "expires"), NULL);
    time_t date = curl_getdate(header(easy, "date"), NULL);
    return expires < 0 || date < 0 ? 0 : bounded(expires - date, FRESH_MAX_S);
}

void http_headers_read(CURL *easy, struct http_result *out)
{
    long http = 0;
    curl_off_t retry_after = 0;
    const char *type = NULL, *location = NULL;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &http);
    curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &location);
    out->code = (int)http;
    out->content_type = type != NULL ? type : "";
    out->location = location != NULL ? location : "";
    out->retry_after_s = bounded(retry_after, RETRY_AFTER_MAX_S);
    out->etag = header(easy, "etag");
    if (!read_cache_control(header(easy, "cache-control"), &out->fresh_s))
        out->fresh_s = until_expiry(easy);
}

static bool append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

struct curl_slist *http_headers_with_etag(const struct curl_slist *headers,
                                          const char *etag)
{
    char line[ETAG_LINE_SIZE];
    struct curl_slist *out = NULL;
    int n = snprintf(line, sizeof line, "If-None-Match: %s", etag);
    bool ok = n > 0 && (size_t)n < sizeof line;
    for (const struct curl_slist *h = headers; ok && h != NULL; h = h->next)
        ok = append(&out, h->data);
    if (ok && append(&out, line))
        return out;
    curl_slist_free_all(out);
    return NULL;
}
