/* Between the files that read values; nobody else includes it. */
#ifndef UVD_CONFIG_VALUE_PARSE_H
#define UVD_CONFIG_VALUE_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/value.h"

struct value_parse {
    const struct option *option;
    const char *text;    /* trimmed, not empty */
    char *canonical;     /* out: room for strlen(text) + 8 bytes; NUL-terminated */
    struct value *value; /* out: number and real */
    char *wrong;         /* out: VALUE_WRONG_SIZE bytes */
};

/* Reads p->text; false: p->wrong says why. */
typedef bool (*value_parser)(struct value_parse *p);

/* `"text" what`, for the whole text or one entry of a list; always false. A secret, or text
 * that may hold one (URLs), is not shown: `the value what`. */
bool value_wrong(struct value_parse *p, const char *what);
bool value_entry_wrong(struct value_parse *p, const char *entry, const char *what);

/* Copies the text to p->canonical as it is; always true. */
bool value_keep(struct value_parse *p);

/* Splits at commas into p->canonical, each entry trimmed and handed to `entry`, which may
 * change it in place as long as it does not grow. */
bool value_each_entry(struct value_parse *p, size_t max,
                      bool (*entry)(struct value_parse *p, char *text));

/* value_number.c */
bool value_parse_number(struct value_parse *p);
bool value_parse_rate(struct value_parse *p);
bool value_parse_share(struct value_parse *p);
bool value_parse_shards(struct value_parse *p);

/* value_names.c */
bool value_parse_host(struct value_parse *p);
bool value_parse_stream(struct value_parse *p);
bool value_parse_prefix(struct value_parse *p);
bool value_parse_subject(struct value_parse *p);
bool value_parse_subjects(struct value_parse *p);
bool value_parse_field_path(struct value_parse *p);
bool value_parse_exempt(struct value_parse *p);
bool value_parse_suffixes(struct value_parse *p);

/* value_net.c */
bool value_parse_http_url(struct value_parse *p);
bool value_parse_nats_urls(struct value_parse *p);
bool value_parse_listen(struct value_parse *p);
bool value_parse_dns_servers(struct value_parse *p);

#endif
