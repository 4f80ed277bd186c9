#include "proto/suffix_filter.h"

#include <idn2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Ten thousand rules set two bits each, and so one in 13: one in 170 of the names that are
 * none is looked up. */
#define BITS (1U << 18)

enum kind { NAMED, ALL_BELOW, KINDS };

struct suffix_filter {
    uint64_t bits[KINDS][BITS / 64];
};

struct place {
    uint32_t first, second;
};

static struct place place_of(const char *name)
{
    uint64_t hash = XXH3_64bits(name, strlen(name));
    return (struct place){(uint32_t)(hash % BITS), (uint32_t)((hash >> 32) % BITS)};
}

static void set(struct suffix_filter *f, enum kind kind, const char *name)
{
    struct place at = place_of(name);
    f->bits[kind][at.first / 64] |= UINT64_C(1) << at.first % 64;
    f->bits[kind][at.second / 64] |= UINT64_C(1) << at.second % 64;
}

static bool has(const struct suffix_filter *f, enum kind kind, const char *name)
{
    struct place at = place_of(name);
    const uint64_t *bits = f->bits[kind];
    return (bits[at.first / 64] >> at.first % 64 & bits[at.second / 64] >> at.second % 64 &
            1) != 0;
}

/* Its A-label form already: lower-case ASCII. */
static bool is_plain(const char *rule)
{
    for (; *rule != '\0'; rule++) {
        if ((unsigned char)*rule >= 0x80 || (*rule >= 'A' && *rule <= 'Z'))
            return false;
    }
    return true;
}

static void put(struct suffix_filter *f, const char *name, bool is_wild)
{
    set(f, NAMED, name);
    if (is_wild)
        set(f, ALL_BELOW, name);
}

/* The library takes "*.ck" for a rule about "ck", too: so it is put down as both. "!www.ck"
 * is an exception, which makes no suffix; it is put down all the same. */
static bool add_rule(struct suffix_filter *f, const char *rule)
{
    bool is_wild = strncmp(rule, "*.", 2) == 0;
    if (is_wild)
        rule += 2;
    else if (rule[0] == '!')
        rule++;
    if (is_plain(rule)) { /* nearly all: their conversion would cost more than the rest */
        put(f, rule, is_wild);
        return true;
    }
    uint8_t *name = NULL;
    if (idn2_lookup_u8((const uint8_t *)rule, &name,
                       IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL | IDN2_NO_ALABEL_ROUNDTRIP) !=
        IDN2_OK)
        return false;
    put(f, (const char *)name, is_wild);
    idn2_free(name);
    return true;
}

/* A rule is a line up to the first white space; "//" begins a comment. */
static bool add_line(struct suffix_filter *f, char *line)
{
    char *rule = line + strspn(line, " \t\r\n");
    rule[strcspn(rule, " \t\r\n")] = '\0';
    if (rule[0] == '\0' || strncmp(rule, "//", 2) == 0)
        return true;
    return add_rule(f, rule);
}

struct suffix_filter *suffix_filter_new(FILE *rules)
{
    struct suffix_filter *f = calloc(1, sizeof *f);
    char *line = NULL;
    size_t size = 0;
    bool ok = f != NULL;
    rewind(rules);
    while (ok && getline(&line, &size, rules) > 0)
        ok = add_line(f, line);
    ok = ok && feof(rules) && !ferror(rules);
    free(line);
    if (ok)
        return f;
    suffix_filter_free(f);
    return NULL;
}

void suffix_filter_free(struct suffix_filter *f)
{
    free(f);
}

bool suffix_filter_may_have(const struct suffix_filter *f, const char *name,
                            const char *parent)
{
    return has(f, NAMED, name) || has(f, ALL_BELOW, parent);
}
