/* The demo's world: a package index in, everything the demo needs out.
 *
 *   apt-cache dumpavail | demo_world --out DIR [--limit N] [--exempt a.com,b.com] --now
 * SECONDS
 *
 * Each package becomes an account and its maintainer's address that account's address. The
 * domains are real; what is invented is that some of them lapse. Which ones, and how far,
 * is a hash of the name, so two runs over the same index agree. Written to DIR:
 *
 *   events.tsv      `subject<TAB>payload`, one account event a line
 *   zones/           a zone for each public suffix, with a delegation for each living
 * domain zones.conf      the same zones as a section of a Knot DNS configuration words.map
 * an nginx map: lapsed domain -> the words the status API says of it expected.tsv
 * `account<TAB>email<TAB>domain<TAB>phase`: the messages to come, exactly summary
 * key=value: what was fed and what is expected */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <search.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/must.h"
#include "config/webmail.h"
#include "proto/address.h"
#include "proto/message.h"

#define DAY_S 86400
#define EVENT_SUBJECT "account.email.verified"

/* Domains with more accounts than this stay alive: a demo in which half of all accounts
 * hang on one lapsed domain shows nothing else. */
#define LAPSE_ACCOUNTS_MAX 200

/* How a domain looks in DNS. */
enum face { FACE_DELEGATED, FACE_ABSENT, FACE_NO_DATA, FACE_BROKEN };

/* What may happen to a domain, and how many in a hundred it happens to. The words are those
 * the status API documents for that state. */
static const struct fate {
    const char *name;
    unsigned percent;
    enum face face;
    const char *words; /* NULL: never asked */
    const char *phase; /* of the message that is due; NULL: none is */
} fates[] = {
    {"redemption", 4, FACE_ABSENT, "undelegated active expiring", "redemption"},
    {"pending_delete", 3, FACE_ABSENT, "undelegated deleting", "pending_delete"},
    {"released", 3, FACE_ABSENT, "undelegated inactive", "released"},
    /* taken out of the zone by registry or registrar, but registered */
    {"held", 2, FACE_ABSENT, "undelegated active", NULL},
    /* the registry did not answer the API */
    {"doubt", 1, FACE_ABSENT, "unknown", NULL},
    /* the name exists in the parent zone, but has no delegation */
    {"no_data", 1, FACE_NO_DATA, "undelegated active expiring", "redemption"},
    /* registered, delegated, and its name servers answer nothing of use */
    {"broken_dns", 1, FACE_BROKEN, NULL, NULL},
};
#define ALIVE (-1)

struct domain {
    char *name;
    const char *parent; /* points into name */
    bool is_private, is_exempt;
    unsigned accounts;
    int fate; /* index into fates, or ALIVE */
};

struct account {
    char *name;
    char *email;
    struct domain *domain; /* NULL: the address can't be used */
};

struct world {
    struct suffix_list *suffixes;
    const char *out;
    int64_t now_s;
    size_t limit;

    void *seen;    /* tree of package names */
    void *domains; /* tree of struct domain */
    struct account *accounts;
    size_t n_accounts, cap_accounts;
    struct domain **by_name; /* the tree, flat and sorted */
    size_t n_domains;
    size_t unusable;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "demo_world: %s: %s\n", what, strerror(errno));
    exit(EXIT_FAILURE);
}

static void *need(void *p)
{
    if (p == NULL)
        die("memory");
    return p;
}

/* FNV-1a; `salt` gives independent draws from one name. */
static uint32_t hash(const char *text, uint32_t salt)
{
    uint32_t h = 2166136261U ^ salt;
    for (; *text != '\0'; text++)
        h = (h ^ (unsigned char)*text) * 16777619U;
    return h ^ (h >> 15);
}

/* Reading the index ---------------------------------------------------------------------
 */

static int compare_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int compare_domain(const void *a, const void *b)
{
    const struct domain *x = a, *y = b;
    return strcmp(x->name, y->name);
}

/* Is `name` one of the comma-separated `list`? */
static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *p = list; p != NULL && *p != '\0';) {
        size_t n = strcspn(p, ", ");
        if (n == len && strncmp(p, name, len) == 0)
            return true;
        p += n + strspn(p + n, ", ");
    }
    return false;
}

static struct domain *find_domain(struct world *w, const struct mail_domain *m)
{
    struct domain key = {.name = need(strdup(mail_domain_name(m)))};
    struct domain **node = need(tsearch(&key, &w->domains, compare_domain));
    if (*node != &key) {
        free(key.name);
        return *node;
    }
    struct domain *d = need(calloc(1, sizeof *d));
    d->name = key.name;
    d->parent = strchr(d->name, '.');
    d->parent = d->parent != NULL ? d->parent + 1 : "";
    d->is_private = m->is_private;
    d->is_exempt = is_listed(webmail_domains(), d->name);
    d->fate = ALIVE;
    *node = d;
    w->n_domains++;
    return d;
}

/* Only what JSON can carry can arrive as an event. */
static bool is_utf8(const char *text)
{
    json_t *s = json_string(text);
    json_decref(s);
    return s != NULL;
}

static void add_account(struct world *w, const char *package, const char *email)
{
    if (!is_utf8(package) || !is_utf8(email))
        return;
    /* An index lists a package once for each version; the first one counts. */
    char *name = need(strdup(package));
    char **node = need(tsearch(name, &w->seen, compare_text));
    if (*node != name) {
        free(name);
        return;
    }
    if (w->n_accounts == w->cap_accounts) {
        w->cap_accounts = w->cap_accounts == 0 ? 4096 : 2 * w->cap_accounts;
        w->accounts = need(realloc(w->accounts, w->cap_accounts * sizeof *w->accounts));
    }
    struct account *a = &w->accounts[w->n_accounts++];
    *a = (struct account){.name = name, .email = need(strdup(email))};
    struct address parsed;
    if (address_parse(w->suffixes, email, strlen(email), &parsed) == ADDRESS_OK) {
        a->domain = find_domain(w, &parsed.domain);
        a->domain->accounts++;
    } else {
        w->unusable++;
    }
}

/* `Name <address>`, or a bare address. Returns NULL when there is none. */
static char *maintainer_address(char *text)
{
    char *open = strrchr(text, '<');
    char *close = strrchr(text, '>');
    if (open != NULL && close != NULL && open < close) {
        *close = '\0';
        text = open + 1;
    }
    return strchr(text, '@') != NULL && strchr(text, ' ') == NULL ? text : NULL;
}

static void read_index(struct world *w, FILE *in)
{
    char *line = NULL;
    char package[ACCOUNT_ID_MAX + 1] = "";
    size_t size = 0;
    ssize_t len;
    while ((len = getline(&line, &size, in)) > 0) {
        if (w->limit > 0 && w->n_accounts == w->limit)
            continue; /* to the end all the same, so that the writer can finish */
        line[strcspn(line, "\n")] = '\0';
        char *email;
        if (strncmp(line, "Package: ", 9) == 0)
            snprintf(package, sizeof package, "%s", line + 9);
        else if (strncmp(line, "Maintainer: ", 12) == 0 && *package != '\0' &&
                 (email = maintainer_address(line + 12)) != NULL)
            add_account(w, package, email);
        else if (*line == '\0')
            *package = '\0';
    }
    free(line);
}

/* Deciding fates ------------------------------------------------------------------------
 */

static int draw_fate(const struct domain *d)
{
    if (d->is_exempt || d->is_private || d->accounts > LAPSE_ACCOUNTS_MAX)
        return ALIVE;
    unsigned ticket = hash(d->name, 0) % 100;
    for (size_t i = 0; i < ARRAY_LEN(fates); i++) {
        if (ticket < fates[i].percent)
            return (int)i;
        ticket -= fates[i].percent;
    }
    return ALIVE;
}

static void flatten(const void *node, VISIT which, void *arg)
{
    struct world *w = arg;
    if (which == postorder || which == leaf)
        w->by_name[w->n_domains++] = *(struct domain *const *)node;
}

static int compare_parent(const void *a, const void *b)
{
    const struct domain *const *x = a, *const *y = b;
    int c = strcmp((*x)->parent, (*y)->parent);
    return c != 0 ? c : strcmp((*x)->name, (*y)->name);
}

static void settle(struct world *w)
{
    w->by_name = need(calloc(w->n_domains + 1, sizeof(struct domain *)));
    w->n_domains = 0;
    twalk_r(w->domains, flatten, w);
    for (size_t i = 0; i < w->n_domains; i++)
        w->by_name[i]->fate = draw_fate(w->by_name[i]);
    qsort(w->by_name, w->n_domains, sizeof(struct domain *), compare_parent);
}

/* Writing -------------------------------------------------------------------------------
 */

static FILE *open_out(const struct world *w, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", w->out, name);
    FILE *f = fopen(path, "w");
    if (f == NULL)
        die(path);
    return f;
}

static void close_out(FILE *f)
{
    if (ferror(f) != 0 || fclose(f) != 0)
        die("write");
}

/* An account event as a fleet would publish it. What it says of other factors varies, so
 * that all degrees of risk occur. */
static void write_event(const struct world *w, FILE *f, const struct account *a)
{
    char when[RFC3339_SIZE];
    uint32_t draw = hash(a->name, 1);
    rfc3339_format(w->now_s - (int64_t)(30 + draw % 370) * DAY_S - (int64_t)(draw % DAY_S),
                   when);
    json_t *map =
        json_pack("{s:s, s:s, s:s}", "account", a->name, "email", a->email, "time", when);
    MUST(map != NULL); /* add_account let nothing but UTF-8 pass */
    if (draw % 3 != 0)
        json_object_set_new(map, "mfa", json_boolean(draw % 3 == 1));
    if (draw % 5 != 0)
        json_object_set_new(map, "other_verified", json_boolean(draw % 5 == 1));
    char *text = need(json_dumps(map, JSON_COMPACT));
    fprintf(f, "%s\t%s\n", EVENT_SUBJECT, text);
    free(text);
    json_decref(map);
}

static void write_accounts(const struct world *w)
{
    FILE *events = open_out(w, "events.tsv");
    FILE *expected = open_out(w, "expected.tsv");
    for (size_t i = 0; i < w->n_accounts; i++) {
        const struct account *a = &w->accounts[i];
        write_event(w, events, a);
        const struct domain *d = a->domain;
        if (d != NULL && d->fate != ALIVE && fates[d->fate].phase != NULL)
            fprintf(expected, "%s\t%s\t%s\t%s\n", a->name, a->email, d->name,
                    fates[d->fate].phase);
    }
    close_out(events);
    close_out(expected);
}

static FILE *open_zone(const struct world *w, FILE *conf, const char *parent)
{
    char name[DOMAIN_SIZE + 16];
    snprintf(name, sizeof name, "zones/%s.zone", parent);
    FILE *f = open_out(w, name);
    fprintf(f,
            "$ORIGIN %s.\n$TTL 3600\n"
            "@ SOA ns.%s. hostmaster.%s. 1 3600 600 86400 300\n"
            "@ NS ns\nns A 127.0.0.1\n",
            parent, parent, parent);
    fprintf(conf, "  - domain: %s.\n    file: %s.zone\n", parent, parent);
    return f;
}

static void write_record(FILE *zone, const struct domain *d)
{
    int label = (int)(d->parent - d->name - 1);
    switch (d->fate == ALIVE ? FACE_DELEGATED : fates[d->fate].face) {
    case FACE_DELEGATED:
    case FACE_BROKEN: /* the delegation is fine; below it nobody answers */
        fprintf(zone, "%.*s NS ns1.%s.\n", label, d->name, d->name);
        break;
    case FACE_NO_DATA:
        fprintf(zone, "%.*s TXT \"registered, not delegated\"\n", label, d->name);
        break;
    case FACE_ABSENT:
        break;
    }
}

static void write_zones(const struct world *w)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/zones", w->out);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        die(path);
    FILE *conf = open_out(w, "zones.conf");
    FILE *words = open_out(w, "words.map");
    FILE *zone = NULL;
    fputs("zone:\n", conf);
    for (size_t i = 0; i < w->n_domains; i++) {
        const struct domain *d = w->by_name[i];
        if (i == 0 || strcmp(d->parent, w->by_name[i - 1]->parent) != 0) {
            if (zone != NULL)
                close_out(zone);
            zone = open_zone(w, conf, d->parent);
        }
        write_record(zone, d);
        if (d->fate != ALIVE && fates[d->fate].words != NULL)
            fprintf(words, "%s \"%s\";\n", d->name, fates[d->fate].words);
    }
    /* A zone that is configured and whose file is missing: the server says SERVFAIL, as a
     * resolver does for a domain with broken name servers. */
    for (size_t i = 0; i < w->n_domains; i++) {
        const struct domain *d = w->by_name[i];
        if (d->fate != ALIVE && fates[d->fate].face == FACE_BROKEN)
            fprintf(conf, "  - domain: %s.\n    file: missing.zone\n", d->name);
    }
    if (zone != NULL)
        close_out(zone);
    close_out(conf);
    close_out(words);
}

/* A name that is in the zones for sure: what unverifyd may test its resolver with. */
static const char *canary_of(const struct world *w)
{
    for (size_t i = 0; i < w->n_domains; i++) {
        const struct domain *d = w->by_name[i];
        if (d->fate == ALIVE && !d->is_private && *d->parent != '\0')
            return d->name;
    }
    return "off"; /* a world without a living domain */
}

static void write_summary(const struct world *w)
{
    FILE *f = open_out(w, "summary");
    unsigned accounts[ARRAY_LEN(fates)] = {0}, domains[ARRAY_LEN(fates)] = {0};
    unsigned exempt = 0, candidates = 0, due = 0, released = 0, zones = 0;
    for (size_t i = 0; i < w->n_domains; i++) {
        const struct domain *d = w->by_name[i];
        exempt += d->is_exempt;
        zones += i == 0 || strcmp(d->parent, w->by_name[i - 1]->parent) != 0;
        if (d->fate == ALIVE)
            continue;
        domains[d->fate]++;
        accounts[d->fate] += d->accounts;
        candidates += fates[d->fate].words != NULL;
        if (fates[d->fate].phase == NULL)
            continue;
        due += d->accounts;
        if (strcmp(fates[d->fate].phase, "released") == 0)
            released += d->accounts;
    }
    fprintf(f, "canary=%s\n", canary_of(w));
    fprintf(f, "events=%zu\nunusable=%zu\ndomains=%zu\nexempt_domains=%u\nzones=%u\n",
            w->n_accounts, w->unusable, w->n_domains, exempt, zones);
    fprintf(f, "candidates=%u\nunverify=%u\nblock_reset=%u\n", candidates, due, released);
    for (size_t i = 0; i < ARRAY_LEN(fates); i++)
        fprintf(f, "%s_domains=%u\n%s_accounts=%u\n", fates[i].name, domains[i],
                fates[i].name, accounts[i]);
    close_out(f);
}

/* ---------------------------------------------------------------------------------------
 */

int main(int argc, char **argv)
{
    struct world w = {0};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--out") == 0)
            w.out = argv[i + 1];
        else if (strcmp(argv[i], "--now") == 0)
            w.now_s = strtoll(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--limit") == 0)
            w.limit = strtoull(argv[i + 1], NULL, 10);
    }
    if (w.out == NULL || w.now_s == 0) {
        fputs("usage: demo_world --out DIR --now SECONDS [--limit N]\n", stderr);
        return 2;
    }
    w.suffixes = suffix_list_new();
    if (w.suffixes == NULL) {
        fputs("demo_world: no public suffix list on this machine\n", stderr);
        return EXIT_FAILURE;
    }
    read_index(&w, stdin);
    settle(&w);
    write_accounts(&w);
    write_zones(&w);
    write_summary(&w);
    suffix_list_free(w.suffixes);
    return EXIT_SUCCESS; /* the rest is freed by leaving */
}
