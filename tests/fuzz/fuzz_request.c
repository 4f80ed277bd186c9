/* A request that names an account: whatever comes, what is taken is 1 to 128 bytes without
 * a NUL's worth of doubt, and a number's digits when it says it is a number. Or one that
 * names a domain: 1 to 1000 bytes, and text to its end. */
#include <string.h>

#include "base/must.h"
#include "proto/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct request_account a;
    struct request_domain d;
    if (request_domain_parse(data, size, &d) == ST_OK)
        MUST(d.len >= 1 && d.len <= REQUEST_DOMAIN_MAX && strlen(d.text) == d.len &&
             d.is_all == (strcmp(d.text, "*") == 0));
    if (request_account_parse(data, size, &a) != ST_OK)
        return 0;
    MUST(a.id.text == a.text && a.id.len >= 1 && a.id.len <= ACCOUNT_ID_MAX);
    for (uint8_t i = 0; a.id.is_int && i < a.id.len; i++)
        MUST((a.text[i] >= '0' && a.text[i] <= '9') || (i == 0 && a.text[i] == '-'));
    return 0;
}
