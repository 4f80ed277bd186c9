#include "config/option_value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/must.h"
#include "config/option_parse.h"

#define SHOWN_MAX 48
#define WORD_LIST_MAX 64 /* entries; also when some are given twice */

void option_quote(const char *text, size_t len, char out[OPTION_QUOTED_SIZE])
{
    size_t n = 0;
    out[n++] = '"';
    for (size_t i = 0; i < len && i < SHOWN_MAX; i++) {
        unsigned char c = (unsigned char)text[i];
        out[n++] = (char)(c < 0x20 || c > 0x7e ? '?' : c);
    }
    snprintf(out + n, OPTION_QUOTED_SIZE - n, "%s\"", len > SHOWN_MAX ? "..." : "");
}

bool option_entry_wrong(struct option_parse *p, const char *entry, const char *what)
{
    char quoted[OPTION_QUOTED_SIZE];
    enum option_type t = p->option->type;
    bool may_hold_secret =
        p->option->is_secret || t == OPTION_HTTP_URL || t == OPTION_NATS_URLS;
    option_quote(entry, strlen(entry), quoted);
    snprintf(p->wrong, OPTION_WRONG_SIZE, "%s %s", may_hold_secret ? "the value" : quoted,
             what);
    return false;
}

bool option_wrong(struct option_parse *p, const char *what)
{
    return option_entry_wrong(p, p->text, what);
}

bool option_keep(struct option_parse *p)
{
    memcpy(p->canonical, p->text, strlen(p->text) + 1);
    return true;
}

bool option_each_entry(struct option_parse *p, size_t max,
                       bool (*entry)(struct option_parse *p, char *text))
{
    char *out = p->canonical;
    size_t n = 0;
    for (const char *at = p->text;; n++) {
        size_t len = strcspn(at, ",");
        const char *next = at + len;
        while (len > 0 && isblank((unsigned char)*at)) {
            at++;
            len--;
        }
        while (len > 0 && isblank((unsigned char)at[len - 1]))
            len--;
        if (len == 0)
            return option_wrong(p, "has an empty entry");
        if (n == max)
            return option_wrong(p, "has too many entries");
        memcpy(out, at, len);
        out[len] = '\0';
        if (!entry(p, out))
            return false;
        out += strlen(out);
        if (*next == '\0')
            return true;
        *out++ = ',';
        at = next + 1;
    }
}

static bool parse_key(struct option_parse *p)
{
    for (const char *s = p->text; *s != '\0'; s++) {
        if (*s <= 0x20 || *s > 0x7e)
            return option_wrong(p, "holds a blank or a character outside ASCII");
    }
    return option_keep(p);
}

bool option_parse_switch(struct option_parse *p)
{
    static const char *const words[][2] = {
        {"off", "on"}, {"false", "true"}, {"no", "yes"}, {"0", "1"}};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        for (uint32_t on = 0; on < 2; on++) {
            if (strcasecmp(p->text, words[i][on]) == 0) {
                p->value->number = on;
                memcpy(p->canonical, words[0][on], strlen(words[0][on]) + 1);
                return true;
            }
        }
    }
    return option_wrong(p, "is neither on nor off");
}

/* Place of `text` among words separated by one blank; -1 when it is none of them. */
static int place_of(const char *words, const char *text)
{
    size_t len = strlen(text);
    int place = 0;
    for (const char *w = words; w != NULL && *w != '\0'; place++) {
        size_t n = strcspn(w, " ");
        if (n == len && memcmp(w, text, n) == 0)
            return place;
        w += n + (w[n] == ' ' ? 1 : 0);
    }
    return -1;
}

static bool parse_word(struct option_parse *p)
{
    int place = place_of(p->option->words, p->text);
    if (place < 0 && place_of(p->option->later, p->text) >= 0)
        return option_wrong(p, "is not built in this version yet");
    if (place < 0)
        return option_wrong(p, "is not one of the words");
    p->value->number = (uint32_t)place;
    return option_keep(p);
}

static bool word_list_entry(struct option_parse *p, char *text)
{
    return place_of(p->option->words, text) >= 0 ||
           option_entry_wrong(p, text, "is not one of the words");
}

static bool parse_word_list(struct option_parse *p)
{
    return option_each_entry(p, WORD_LIST_MAX, word_list_entry);
}

/* One row a type: how to read it, what to tell people. NULL: said by the option's row. */
static const struct {
    option_parser parse;
    const char *allowed;
} types[OPTION_TYPE_COUNT] = {
    [OPTION_TEXT] = {option_keep, "text without control characters"},
    [OPTION_KEY] = {parse_key, "visible ASCII characters"},
    [OPTION_NUMBER] = {option_parse_number, NULL},
    [OPTION_SWITCH] = {option_parse_switch, "on, off"},
    [OPTION_WORD] = {parse_word, NULL},
    [OPTION_WORDS] = {parse_word_list, NULL},
    [OPTION_RATE] = {option_parse_rate, "N/s, N/m or N/h; 1/h to 1000/s"},
    [OPTION_SHARE] = {option_parse_share, "0 to 1"},
    [OPTION_FILE] = {option_keep, "path of a readable file"},
    [OPTION_HTTP_URL] = {option_parse_http_url,
                         "https://HOST[:PORT][/PATH], or http:// to a loopback address"},
    [OPTION_NATS_URLS] = {option_parse_nats_urls,
                          "nats://[USER:PASSWORD@]HOST[:PORT] or tls://..., "
                          "comma-separated"},
    [OPTION_HOST] = {option_parse_host, "a host name"},
    [OPTION_LISTEN] = {option_parse_listen, "IP:PORT, [IPV6]:PORT or localhost:PORT"},
    [OPTION_DNS_SERVERS] = {option_parse_dns_servers,
                            "IP[:PORT] or [IPV6]:PORT, comma-separated, up to 16"},
    [OPTION_STREAM] = {option_parse_stream,
                       "up to 64 characters without blank, '.', '*', '>', '/' and '\\'"},
    [OPTION_PREFIX] = {option_parse_prefix, "up to 32 of A-Z a-z 0-9 _ -"},
    [OPTION_SUBJECT] = {option_parse_subject,
                        "a NATS subject without wildcards, up to 200 characters"},
    [OPTION_SUBJECTS] = {option_parse_subjects, "NATS subjects, comma-separated, up to 64"},
    [OPTION_FIELD_PATH] = {option_parse_field_path,
                           "up to 8 names separated by dots, up to 255 characters"},
    [OPTION_SHARDS] = {option_parse_shards, "all, 0"},
    [OPTION_EXEMPT] = {option_parse_exempt,
                       "domains, comma-separated, all or none with a leading +; or none"},
    [OPTION_SUFFIXES] = {option_parse_suffixes, "domains, comma-separated; or none"},
    [OPTION_CANARIES] = {option_parse_canaries,
                         "on, off, or domains that exist, comma-separated, up to 8"},
};

void option_allowed(const struct option *o, char out[OPTION_ALLOWED_SIZE])
{
    if (types[o->type].allowed != NULL) {
        snprintf(out, OPTION_ALLOWED_SIZE, "%s", types[o->type].allowed);
    } else if (o->type == OPTION_NUMBER && o->min == o->max) {
        snprintf(out, OPTION_ALLOWED_SIZE, "%u", o->min);
    } else if (o->type == OPTION_NUMBER) {
        snprintf(out, OPTION_ALLOWED_SIZE, "%u to %u", o->min, o->max);
    } else {
        size_t n = 0;
        for (const char *w = o->words; *w != '\0' && n + 3 < OPTION_ALLOWED_SIZE; w++) {
            if (*w == ' ')
                out[n++] = ',';
            out[n++] = *w;
        }
        out[n] = '\0';
    }
}

enum status option_parse(const struct option *o, const char *text, struct option_value *out,
                         char wrong[OPTION_WRONG_SIZE])
{
    struct option_parse p = {.option = o, .value = out, .wrong = wrong};
    enum status st = ST_NOMEM;
    size_t len = strlen(text);
    *out = (struct option_value){.text = NULL};
    /* a password may begin or end with a blank: quoted in a file, as it is elsewhere */
    while (!o->is_secret && len > 0 && isblank((unsigned char)*text)) {
        text++;
        len--;
    }
    while (!o->is_secret && len > 0 && isblank((unsigned char)text[len - 1]))
        len--;
    char *trimmed = strndup(text, len);
    p.canonical = malloc(len + 8); /* "0" becomes "off" */
    if (trimmed == NULL || p.canonical == NULL)
        goto done;
    p.text = trimmed;
    st = ST_INVALID;
    if (len > OPTION_TEXT_MAX) {
        snprintf(wrong, OPTION_WRONG_SIZE, "the value is longer than %d bytes",
                 OPTION_TEXT_MAX);
        goto done;
    }
    for (size_t i = 0; i < len; i++) {
        if (iscntrl((unsigned char)trimmed[i]) && trimmed[i] != '\t') {
            snprintf(wrong, OPTION_WRONG_SIZE, "the value holds a control character");
            goto done;
        }
    }
    if (!types[o->type].parse(&p))
        goto done;
    out->text = p.canonical;
    p.canonical = NULL;
    st = ST_OK;
done:
    free(p.canonical);
    free(trimmed);
    return st;
}
