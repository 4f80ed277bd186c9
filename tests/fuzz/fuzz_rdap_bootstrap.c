/* Any bytes as the bootstrap file. What is found may be asked, and only over TLS but for
 * loopback addresses. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "proto/rdap_bootstrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct rdap_bootstrap *b, const char *domain)
{
    struct rdap_bases found;
    if (!rdap_bootstrap_find(b, domain, &found))
        return;
    MUST(found.n >= 1 && found.n <= RDAP_BASES_MAX);
    for (size_t i = 0; i < found.n; i++) {
        const char *url = found.at[i];
        size_t len = strlen(url);
        MUST(len > 8 && len <= RDAP_BASE_MAX && url[len - 1] == '/');
        MUST(strncasecmp(url, "https://", 8) == 0 || strncmp(url + 7, "127.", 4) == 0 ||
             strncmp(url + 7, "[::1]", 5) == 0 ||
             strncasecmp(url + 7, "localhost", 9) == 0);
        MUST(strpbrk(url, "@?# \r\n") == NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rdap_bootstrap *b = NULL;
    enum status st = rdap_bootstrap_parse((const char *)data, size, &b);
    MUST((st == ST_OK) == (b != NULL));
    if (b == NULL)
        return 0;
    MUST(rdap_bootstrap_suffixes(b) > 0);
    look(b, "example.com");
    look(b, "example.co.uk");
    look(b, "a.b.c.net");
    look(b, "");
    rdap_bootstrap_free(b);
    return 0;
}
