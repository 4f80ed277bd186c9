/* Redirects are how a registry points to the server that knows (RFC 7480 5.2), so they are
 * followed, a few times at most, and never out of TLS. What is found there counts, but for
 * one thing: that a name is free is believed only of a server that the bootstrap file lists
 * for its suffix. */
#include "io/rdap_question.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "io/provider.h"

#define REDIRECTS_MAX 3

void rdap_question_init(struct rdap_question *q, uint64_t token, const char *domain,
                        struct mono_ms now)
{
    q->token = token;
    snprintf(q->domain, sizeof q->domain, "%s", domain);
    q->url[0] = q->site[0] = '\0';
    q->is_responsible = false;
    q->redirects = q->base = 0;
    q->server = NULL;
    q->begun = now;
    memset(&q->reply, 0, sizeof q->reply);
}

static bool is_listed(const struct rdap_bases *bases, const char *site)
{
    char other[HTTP_SITE_SIZE];
    for (size_t i = 0; i < bases->n; i++) {
        if (http_url_site(bases->at[i], other) && strcmp(other, site) == 0)
            return true;
    }
    return false;
}

/* The next of the suffix's servers that is a URL after all. */
static bool go_to_base(struct rdap_question *q, const struct rdap_bases *bases)
{
    char name[3 * DOMAIN_MAX + 1];
    for (; q->base < bases->n; q->base++) {
        const char *base = bases->at[q->base];
        if (http_url_fault(base, false) != NULL || !http_url_site(base, q->site))
            continue;
        provider_escape(q->domain, name);
        int n = snprintf(q->url, sizeof q->url, "%sdomain/%s", base, name);
        MUST(n > 0 && (size_t)n < sizeof q->url);
        q->is_responsible = true;
        return true;
    }
    return false;
}

bool rdap_question_place(struct rdap_question *q, const struct rdap_bootstrap *table)
{
    char detail[sizeof q->reply.detail];
    struct rdap_bases bases;
    if (rdap_bootstrap_find(table, q->domain, &bases) && go_to_base(q, &bases))
        return true;
    const char *dot = strrchr(q->domain, '.');
    snprintf(detail, sizeof detail, "no RDAP server is known for .%.63s",
             dot != NULL ? dot + 1 : q->domain);
    rdap_reply_fault(&q->reply, STATUS_EMPTY, detail);
    return false;
}

static bool next_base(struct rdap_question *q, const struct rdap_bootstrap *table)
{
    struct rdap_bases bases;
    if (q->redirects > 0 || table == NULL || !rdap_bootstrap_find(table, q->domain, &bases))
        return false;
    q->base++;
    return go_to_base(q, &bases);
}

/* NULL: it may be followed. */
static const char *redirect_fault(const struct rdap_question *q, const char *location)
{
    if (q->redirects >= REDIRECTS_MAX)
        return "one more than are followed";
    if (strlen(location) >= sizeof q->url)
        return "to a URL too long";
    if (http_url_fault(location, true) != NULL)
        return "to what may not be asked";
    return http_url_is_plain(location) && !http_url_is_plain(q->url) ? "out of TLS" : NULL;
}

static bool follow(struct rdap_question *q, const char *location,
                   const struct rdap_bootstrap *table)
{
    char detail[sizeof q->reply.detail];
    struct rdap_bases bases;
    const char *fault = redirect_fault(q, location);
    if (fault == NULL && !http_url_site(location, q->site))
        fault = "to what is no server";
    if (fault != NULL) {
        snprintf(detail, sizeof detail, "HTTP %d, a redirect %s", q->reply.http, fault);
        rdap_reply_fault(&q->reply, STATUS_SERVER_ERROR, detail);
        return false;
    }
    snprintf(q->url, sizeof q->url, "%s", location);
    q->is_responsible = table != NULL && rdap_bootstrap_find(table, q->domain, &bases) &&
                        is_listed(&bases, q->site);
    q->redirects++;
    return true;
}

static bool is_redirect(const struct http_result *r)
{
    return (r->code == 301 || r->code == 302 || r->code == 303 || r->code == 307 ||
            r->code == 308) &&
           *r->location != '\0';
}

/* Without the port that goes without saying. */
static void name_server(struct rdap_question *q)
{
    size_t len = strlen(q->site);
    if (len > 4 && strcmp(q->site + len - 4, ":443") == 0)
        len -= 4;
    snprintf(q->reply.server, sizeof q->reply.server, "%.*s", (int)len, q->site);
}

bool rdap_question_take(struct rdap_question *q, const struct http_result *r,
                        const struct rdap_bootstrap *table)
{
    struct http_answer answer = {
        .http = r->code,
        .content_type = r->content_type,
        .body = r->body,
        .len = r->len,
        .retry_after_s = r->retry_after_s,
    };
    enum status_outcome outcome = STATUS_UNREACHABLE;
    switch (r->fault) {
    case HTTP_OK:
        rdap_reply_read(&answer, q->domain, q->is_responsible, &q->reply);
        name_server(q);
        return is_redirect(r) && follow(q, r->location, table);
    case HTTP_TIMEOUT:
        outcome = STATUS_TIMEOUT;
        break;
    case HTTP_TOO_LARGE:
        outcome = STATUS_MALFORMED;
        break;
    case HTTP_FAILED:
        if (next_base(q, table))
            return true;
        break;
    case HTTP_CANCELED:
        outcome = STATUS_CANCELED;
        break;
    }
    q->reply.http = 0;
    q->reply.retry_after_s = 0;
    q->reply.server[0] = '\0';
    rdap_reply_fault(&q->reply, outcome, r->detail);
    return false;
}
