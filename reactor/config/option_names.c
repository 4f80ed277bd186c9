/* Names of things: hosts, domains, streams, subjects, fields. */
#include <ctype.h>
#include <string.h>

#include "config/option_parse.h"
#include "proto/account_event.h"
#include "proto/address.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */
#define STREAM_MAX 64
#define PREFIX_MAX 32
#define SUBJECT_MAX 200 /* leaves room for what is appended, like ".dryrun" */
#define SUBJECTS_MAX 64
#define PATH_MAX_BYTES 255
#define DOMAINS_MAX 8192
#define CANARIES_MAX 8
#define CANARY_MAX 200

/* Letters, digits, hyphens and underscores (which DNS itself allows) in labels; made lower
 * case in place. Unicode names are to be given as A-labels, as they travel. */
static bool is_host(char *text, size_t least_labels)
{
    size_t label = 0;
    size_t labels = 1;
    if (strlen(text) > DOMAIN_MAX)
        return false;
    for (char *s = text; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '.') {
            if (label == 0 || s[-1] == '-')
                return false;
            label = 0;
            labels++;
            continue;
        }
        if (c > 0x7e || !(isalnum(c) || c == '_' || (c == '-' && label > 0)))
            return false;
        if (++label > LABEL_MAX)
            return false;
        *s = (char)tolower(c);
    }
    return label > 0 && text[strlen(text) - 1] != '-' && labels >= least_labels;
}

bool option_parse_host(struct option_parse *p)
{
    option_keep(p);
    return is_host(p->canonical, 1) || option_wrong(p, "is not a host name");
}

/* A stream's name becomes a token of subjects and a folder of the server. */
bool option_parse_stream(struct option_parse *p)
{
    size_t n = 0;
    for (const char *s = p->text; *s != '\0'; s++, n++) {
        if (!isgraph((unsigned char)*s) || strchr(".*>/\\", *s) != NULL)
            return option_wrong(p, "is not a stream's name");
    }
    return n <= STREAM_MAX ? option_keep(p) : option_wrong(p, "is too long");
}

/* Used in subjects, in stream names (in upper case) and in bucket names, so only what all
 * three take. */
bool option_parse_prefix(struct option_parse *p)
{
    size_t n = 0;
    for (const char *s = p->text; *s != '\0'; s++, n++) {
        unsigned char c = (unsigned char)*s;
        if (!((c < 0x80 && isalnum(c)) || c == '_' || c == '-'))
            return option_wrong(p, "is not a prefix");
    }
    return n <= PREFIX_MAX ? option_keep(p) : option_wrong(p, "is too long");
}

/* NULL when `text` is a subject: tokens between dots, none empty; `*` only as a whole
 * token, `>` only as the whole last one. */
static const char *subject_fault(const char *text, bool wildcards)
{
    if (strlen(text) > SUBJECT_MAX)
        return "is too long";
    if (text[0] == '$')
        return "begins with $, which is the server's own";
    for (const char *token = text;;) {
        size_t len = strcspn(token, ".");
        bool is_last = token[len] == '\0';
        if (len == 0)
            return "has an empty token";
        for (size_t i = 0; i < len; i++) {
            unsigned char c = (unsigned char)token[i];
            if (c <= 0x20 || c == 0x7f)
                return "holds a blank";
            if (c == '*' || c == '>') {
                if (!wildcards)
                    return "has a wildcard";
                if (len > 1 || (c == '>' && !is_last))
                    return "has a misplaced wildcard";
            }
        }
        if (is_last)
            return NULL;
        token += len + 1;
    }
}

bool option_parse_subject(struct option_parse *p)
{
    const char *fault = subject_fault(p->text, false);
    return fault == NULL ? option_keep(p) : option_wrong(p, fault);
}

static bool subject_entry(struct option_parse *p, char *text)
{
    const char *fault = subject_fault(text, true);
    return fault == NULL || option_entry_wrong(p, text, fault);
}

bool option_parse_subjects(struct option_parse *p)
{
    return option_each_entry(p, SUBJECTS_MAX, subject_entry);
}

bool option_parse_field_path(struct option_parse *p)
{
    size_t depth = 1;
    size_t token = 0;
    size_t len = strlen(p->text);
    if (len > PATH_MAX_BYTES)
        return option_wrong(p, "is too long");
    for (size_t i = 0; i <= len; i++) {
        char c = p->text[i];
        if (c != '.' && c != '\0') {
            if (isblank((unsigned char)c))
                return option_wrong(p, "holds a blank");
            token++;
            continue;
        }
        if (token == 0)
            return option_wrong(p, "has an empty name");
        token = 0;
        depth += c == '.' ? 1 : 0;
    }
    return depth <= EVENT_PATH_DEPTH ? option_keep(p) : option_wrong(p, "is too deep");
}

/* One label alone is no domain anybody gets mail at, and most likely a slip. */
static bool domain_entry(struct option_parse *p, char *text)
{
    return is_host(text, 2) || option_entry_wrong(p, text, "is not a domain");
}

static bool exempt_entry(struct option_parse *p, char *text)
{
    bool adds = p->text[0] == '+';
    if ((text[0] == '+') != adds)
        return option_entry_wrong(p, text, "mixes adding to the list with replacing it");
    return is_host(text + (adds ? 1 : 0), 2) ||
           option_entry_wrong(p, text, "is not a domain");
}

/* Without a '+' the value replaces the built-in list, with one before each entry it adds to
 * it. Half of each would leave open which is meant, so that is refused. */
bool option_parse_exempt(struct option_parse *p)
{
    if (strcmp(p->text, "none") == 0)
        return option_keep(p);
    return option_each_entry(p, DOMAINS_MAX, exempt_entry);
}

bool option_parse_suffixes(struct option_parse *p)
{
    if (strcmp(p->text, "none") == 0)
        return option_keep(p);
    return option_each_entry(p, DOMAINS_MAX, domain_entry);
}

/* A made-up name takes the place of the first label: there must be room for it. */
static bool canary_entry(struct option_parse *p, char *text)
{
    if (!is_host(text, 2))
        return option_entry_wrong(p, text, "is not a domain");
    return strlen(text) <= CANARY_MAX || option_entry_wrong(p, text, "is too long");
}

bool option_parse_canaries(struct option_parse *p)
{
    return option_parse_switch(p) || option_each_entry(p, CANARIES_MAX, canary_entry);
}
