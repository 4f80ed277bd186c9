/* An address, and the same bytes as a domain. What comes out must be canonical: parsed
 * again, it is itself. */
#include <stdint.h>
#include <string.h>

#include "base/must.h"
#include "proto/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_domain(struct suffix_list *suffixes, const struct mail_domain *d)
{
    MUST(d->host_len >= 3 && d->host_len <= DOMAIN_MAX);
    MUST(strlen(d->host) == d->host_len);
    MUST(strspn(d->host, "abcdefghijklmnopqrstuvwxyz0123456789-.") == d->host_len);
    MUST(d->registrable_at < d->host_len && strchr(mail_domain_name(d), '.') != NULL);
    MUST(d->registrable_at == 0 || d->host[d->registrable_at - 1] == '.');

    struct mail_domain again;
    MUST(mail_domain_parse(suffixes, d->host, d->host_len, &again) == ADDRESS_OK);
    MUST(strcmp(again.host, d->host) == 0);
    MUST(again.registrable_at == d->registrable_at && again.is_private == d->is_private);

    /* The watched name alone is watched under the same name. */
    MUST(mail_domain_parse(suffixes, mail_domain_name(d), strlen(mail_domain_name(d)),
                           &again) == ADDRESS_OK);
    MUST(strcmp(mail_domain_name(&again), mail_domain_name(d)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct suffix_list *suffixes;
    if (suffixes == NULL)
        suffixes = suffix_list_new();
    MUST(suffixes != NULL);

    struct address a;
    if (address_parse(suffixes, (const char *)data, size, &a) == ADDRESS_OK) {
        MUST(a.email == (const char *)data && a.email_len == size);
        MUST(a.local_len > 0 && data[a.local_len] == '@');
        check_domain(suffixes, &a.domain);
    }
    struct mail_domain d;
    if (mail_domain_parse(suffixes, (const char *)data, size, &d) == ADDRESS_OK)
        check_domain(suffixes, &d);
    return 0;
}
