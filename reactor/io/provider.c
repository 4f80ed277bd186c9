#include "io/provider.h"

#include <stdio.h>
#include <string.h>

#include "base/must.h"

const struct provider *provider_find(const char *name)
{
    static const struct provider *const providers[] = {
        &provider_domainr,
        &provider_fastly,
    };
    for (size_t i = 0; i < ARRAY_LEN(providers); i++) {
        if (strcmp(providers[i]->name, name) == 0)
            return providers[i];
    }
    return NULL;
}

size_t provider_escape(const char *text, char *out)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~";
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;
    for (const char *s = text; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (strchr(unreserved, *s) != NULL) {
            out[n++] = *s;
            continue;
        }
        out[n++] = '%';
        out[n++] = hex[c >> 4];
        out[n++] = hex[c & 0xF];
    }
    out[n] = '\0';
    return n;
}

void provider_header(struct provider_headers *out, const char *name, const char *value)
{
    MUST(out->n < PROVIDER_HEADERS_MAX);
    int n = snprintf(out->at[out->n], sizeof out->at[0], "%s: %s", name, value);
    MUST(n > 0 && (size_t)n < sizeof out->at[0]);
    out->n++;
}
