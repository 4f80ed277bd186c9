/* Domainr's v2 status answer (domainr.com/docs/api/v2/status).
 *
 *   {"status":[{"domain":"acme.shop","zone":"shop","status":"undelegated inactive",
 *               "summary":"inactive"}]}
 *
 * `summary` is deprecated and not read. Errors come as {"message":..} or as
 * {"status":[],"errors":[{"code":400,"message":"Bad request","detail":".."}]}, the latter
 * also with HTTP 200, which is why the body is asked before the code is believed. */
#include "proto/status_read.h"

/* The list should hold one entry, ours. Others beside it are tolerated; two of ours, or
 * none, are not. */
static const json_t *find_entry(const json_t *list, const char *domain,
                                struct status_reply *out)
{
    const json_t *found = NULL, *entry;
    size_t i;
    json_array_foreach(list, i, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "domain"));
        if (name == NULL) {
            status_reply_fault(out, STATUS_MALFORMED, "an entry without a domain");
            return NULL;
        }
        if (!status_read_is_domain(domain, name))
            continue;
        if (found != NULL) {
            status_reply_fault(out, STATUS_MALFORMED, "two entries for the domain");
            return NULL;
        }
        found = entry;
    }
    if (found == NULL)
        status_reply_fault(out, STATUS_MALFORMED, "an answer for another domain");
    return found;
}

static void read_body(const json_t *root, const char *domain, struct status_reply *out)
{
    const json_t *list = json_object_get(root, "status");
    if (!json_is_array(list)) {
        status_reply_fault(out, STATUS_MALFORMED, "no list under `status`");
        return;
    }
    if (json_array_size(list) == 0) {
        status_reply_fault(out, STATUS_EMPTY, "an empty list");
        return;
    }
    const json_t *entry = find_entry(list, domain, out);
    if (entry == NULL)
        return;
    const char *text = json_string_value(json_object_get(entry, "status"));
    if (text == NULL)
        status_reply_fault(out, STATUS_MALFORMED, "an entry without words");
    else
        status_read_words(text, out);
}

void status_reply_domainr(const struct http_answer *a, const char *domain,
                          struct status_reply *out)
{
    status_read_answer(a, domain, read_body, out);
}
