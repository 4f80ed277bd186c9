#include "io/http_url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ALLOWED "allowed: https://HOST[:PORT][/PATH]"

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static bool has_part(CURLU *u, CURLUPart part)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(u, part, &text, 0);
    curl_free(text);
    return code == CURLUE_OK;
}

static const char *scheme_fault(const char *scheme, const char *host)
{
    if (strcmp(scheme, "https") == 0)
        return NULL;
    if (strcmp(scheme, "http") != 0)
        return "not a URL this can ask; " ALLOWED;
    return is_loopback(host)
               ? NULL
               : "http:// is for loopback addresses only, others need https://";
}

static const char *fault_of(CURLU *u, const char *url, bool may_have_query)
{
    char *scheme = NULL, *host = NULL;
    const char *fault = NULL;
    if (curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
        fault = "not a URL; " ALLOWED;
    else if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_FRAGMENT) ||
             (!may_have_query && has_part(u, CURLUPART_QUERY)))
        fault = "a user, query or fragment does not belong here; " ALLOWED;
    else
        fault = scheme_fault(scheme, host);
    curl_free(scheme);
    curl_free(host);
    return fault;
}

const char *http_url_fault(const char *url, bool may_have_query)
{
    CURLU *u = curl_url();
    const char *fault =
        u != NULL ? fault_of(u, url, may_have_query) : "no memory to look at the URL";
    curl_url_cleanup(u);
    return fault;
}

bool http_url_is_plain(const char *url)
{
    return strncasecmp(url, "http:", 5) == 0;
}

bool http_url_site(const char *url, char out[HTTP_SITE_SIZE])
{
    char *host = NULL, *port = NULL;
    CURLU *u = curl_url();
    int n = 0;
    if (u != NULL && curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
        curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
        n = snprintf(out, HTTP_SITE_SIZE, "%s:%s", host, port);
    if (n <= 0 || n >= HTTP_SITE_SIZE)
        out[0] = '\0';
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
    for (char *s = out; *s != '\0'; s++)
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s + ('a' - 'A') : *s);
    return *out != '\0';
}
