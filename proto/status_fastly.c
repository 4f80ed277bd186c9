/* Fastly's Domain Research API, status (fastly.com/documentation, domain-management/v1).
 *
 *   {"domain":"acme.shop","zone":"shop","status":"undelegated inactive","tags":"generic"}
 *
 * Errors are documented as problem+json (RFC 9457), {"title":"Domain not found",
 * "status":400,"detail":".."}; Domainr's shape of them is understood as well, since clients
 * in the wild look for it, and so is {"msg":..}, which other parts of the API send.
 *
 * We ask for no `scope`, which means the registry's word. An answer with "scope":"estimate"
 * (a proxy may have added it to the question) rests on DNS and the aftermarket alone: a
 * free name is only `undelegated` in it, so it can't confirm anything that the question in
 * DNS did not say before. It is doubt. */
#include <strings.h>

#include "proto/status_read.h"

static bool is_registrys_word(const json_t *root)
{
    const json_t *scope = json_object_get(root, "scope");
    if (scope == NULL || json_is_null(scope))
        return true;
    return json_is_string(scope) && strcasecmp(json_string_value(scope), "precise") == 0;
}

static void read_body(const json_t *root, const char *domain, struct status_reply *out)
{
    const char *name = json_string_value(json_object_get(root, "domain"));
    const char *text = json_string_value(json_object_get(root, "status"));
    if (name == NULL)
        status_reply_fault(out, STATUS_MALFORMED, "an answer without a domain");
    else if (!status_read_is_domain(domain, name))
        status_reply_fault(out, STATUS_MALFORMED, "an answer for another domain");
    else if (text == NULL)
        status_reply_fault(out, STATUS_MALFORMED, "an answer without words");
    else if (!is_registrys_word(root))
        status_reply_fault(out, STATUS_BEST_EFFORT, "an estimate, not the registry's word");
    else
        status_read_words(text, out);
}

void status_reply_fastly(const struct http_answer *a, const char *domain,
                         struct status_reply *out)
{
    status_read_answer(a, domain, read_body, out);
}
