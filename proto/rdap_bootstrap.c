#include "proto/rdap_bootstrap.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "proto/address.h"

struct suffix {
    uint32_t name;                  /* into text */
    uint32_t bases[RDAP_BASES_MAX]; /* likewise */
    uint8_t n_bases;
    bool is_listed_twice;
};

struct rdap_bootstrap {
    char *text;
    size_t len, cap;
    struct suffix *suffixes; /* sorted by name */
    size_t n, n_cap;
};

void rdap_bootstrap_free(struct rdap_bootstrap *b)
{
    if (b == NULL)
        return;
    free(b->text);
    free(b->suffixes);
    free(b);
}

size_t rdap_bootstrap_suffixes(const struct rdap_bootstrap *b)
{
    return b->n;
}

/* What may be listed -------------------------------------------------------------- */

/* 127.0.0.0/8, ::1 or localhost; `host` ends at a port, a path or the text's end. */
static bool is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "[::1]"};
    size_t len = *host == '[' ? strcspn(host, "]") : strcspn(host, ":/");
    len += *host == '[' && host[len] == ']';
    for (size_t i = 0; i < 2; i++) {
        if (strlen(names[i]) == len && strncasecmp(host, names[i], len) == 0)
            return true;
    }
    return strncmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") == len;
}

static bool is_usable(const char *url)
{
    size_t len = strlen(url);
    if (len == 0 || len >= RDAP_BASE_MAX) /* one byte is for a slash */
        return false;
    for (const char *s = url; *s != '\0'; s++) {
        if (*s <= 0x20 || *s >= 0x7f || strchr("@?#\\\"<>", *s) != NULL)
            return false;
    }
    if (strncasecmp(url, "http://", 7) == 0)
        return is_loopback(url + 7);
    return strncasecmp(url, "https://", 8) == 0 && strchr("/:", url[8]) == NULL;
}

static bool is_suffix(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > DOMAIN_MAX || *name == '.' || name[len - 1] == '.' ||
        strstr(name, "..") != NULL)
        return false;
    return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789-.") == len;
}

/* Reading ------------------------------------------------------------------------- */

/* UINT32_MAX: out of memory. There is room for the slash. */
static uint32_t put_text(struct rdap_bootstrap *b, const char *text)
{
    size_t n = strlen(text) + 2;
    if (n > b->cap - b->len) {
        size_t cap = 2 * b->cap + n + 4096;
        char *grown = realloc(b->text, cap);
        if (grown == NULL)
            return UINT32_MAX;
        b->text = grown;
        b->cap = cap;
    }
    uint32_t at = (uint32_t)b->len;
    memcpy(b->text + at, text, n - 1);
    b->len += n - 1;
    return at;
}

static enum status put_base(struct rdap_bootstrap *b, const char *url, struct suffix *like)
{
    if (url == NULL || !is_usable(url) || like->n_bases == RDAP_BASES_MAX)
        return ST_OK;
    uint32_t at = put_text(b, url);
    if (at == UINT32_MAX)
        return ST_NOMEM;
    if (b->text[b->len - 2] != '/') { /* RFC 9224 3 wants one at the end */
        b->text[b->len - 1] = '/';
        b->text[b->len++] = '\0';
    }
    like->bases[like->n_bases++] = at;
    return ST_OK;
}

static enum status put_suffix(struct rdap_bootstrap *b, const char *name,
                              const struct suffix *like)
{
    if (name == NULL || !is_suffix(name))
        return ST_OK;
    if (b->n == RDAP_SUFFIXES_MAX)
        return ST_FULL;
    if (b->n == b->n_cap) {
        size_t cap = 2 * b->n_cap + 64;
        struct suffix *grown = realloc(b->suffixes, cap * sizeof *grown);
        if (grown == NULL)
            return ST_NOMEM;
        b->suffixes = grown;
        b->n_cap = cap;
    }
    uint32_t at = put_text(b, name);
    if (at == UINT32_MAX)
        return ST_NOMEM;
    for (char *s = b->text + at; *s != '\0'; s++)
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s + ('a' - 'A') : *s);
    b->suffixes[b->n] = *like;
    b->suffixes[b->n++].name = at;
    return ST_OK;
}

/* [["com","net"],["https://..",..]] */
static enum status read_service(struct rdap_bootstrap *b, const json_t *service)
{
    const json_t *names = json_array_get(service, 0), *urls = json_array_get(service, 1);
    const json_t *entry;
    struct suffix like = {.n_bases = 0};
    enum status st = ST_OK;
    size_t i;
    if (!json_is_array(names) || !json_is_array(urls))
        return ST_MALFORMED;
    json_array_foreach(urls, i, entry)
    {
        if (st == ST_OK)
            st = put_base(b, json_string_value(entry), &like);
    }
    if (like.n_bases == 0)
        return st;
    json_array_foreach(names, i, entry)
    {
        if (st == ST_OK)
            st = put_suffix(b, json_string_value(entry), &like);
    }
    return st;
}

static int compare(const void *a, const void *b, void *text)
{
    return strcmp((const char *)text + ((const struct suffix *)a)->name,
                  (const char *)text + ((const struct suffix *)b)->name);
}

static void sort(struct rdap_bootstrap *b)
{
    qsort_r(b->suffixes, b->n, sizeof *b->suffixes, compare, b->text);
    for (size_t i = 1; i < b->n; i++) {
        struct suffix *s = &b->suffixes[i];
        if (compare(s, s - 1, b->text) == 0)
            s->is_listed_twice = s[-1].is_listed_twice = true;
    }
}

static enum status read_file(struct rdap_bootstrap *b, const json_t *root)
{
    const char *version = json_string_value(json_object_get(root, "version"));
    const json_t *services = json_object_get(root, "services"), *service;
    enum status st = ST_OK;
    size_t i;
    if (version == NULL || strcmp(version, "1.0") != 0 || !json_is_array(services))
        return ST_MALFORMED;
    json_array_foreach(services, i, service)
    {
        if (st == ST_OK)
            st = read_service(b, service);
    }
    if (st == ST_OK && b->n == 0)
        st = ST_MALFORMED;
    if (st == ST_OK)
        sort(b);
    return st;
}

enum status rdap_bootstrap_parse(const char *body, size_t len, struct rdap_bootstrap **out)
{
    json_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
    if (root == NULL)
        return ST_MALFORMED;
    struct rdap_bootstrap *b = calloc(1, sizeof *b);
    enum status st = b != NULL ? read_file(b, root) : ST_NOMEM;
    json_decref(root);
    if (st != ST_OK) {
        rdap_bootstrap_free(b);
        return st;
    }
    *out = b;
    return ST_OK;
}

/* Finding ------------------------------------------------------------------------- */

static const struct suffix *find(const struct rdap_bootstrap *b, const char *name)
{
    size_t low = 0, high = b->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(b->text + b->suffixes[middle].name, name);
        if (order == 0)
            return &b->suffixes[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

bool rdap_bootstrap_find(const struct rdap_bootstrap *b, const char *domain,
                         struct rdap_bases *out)
{
    const struct suffix *found = find(b, domain);
    for (const char *dot = strchr(domain, '.'); found == NULL && dot != NULL;
         dot = strchr(dot + 1, '.'))
        found = find(b, dot + 1);
    if (found == NULL || found->is_listed_twice)
        return false;
    out->n = found->n_bases;
    for (size_t i = 0; i < out->n; i++)
        out->at[i] = b->text + found->bases[i];
    return true;
}
