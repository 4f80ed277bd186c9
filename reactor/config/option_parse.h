/* Between the files that read values; nobody else includes it. */
#ifndef UVD_CONFIG_OPTION_PARSE_H
#define UVD_CONFIG_OPTION_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/option_value.h"

struct option_parse {
    const struct option *option;
    const char *text;           /* trimmed, not empty */
    char *canonical;            /* out: room for strlen(text) + 8 bytes; NUL-terminated */
    struct option_value *value; /* out: number and real */
    char *wrong;                /* out: OPTION_WRONG_SIZE bytes */
};

/* Reads p->text; false: p->wrong says why. */
typedef bool (*option_parser)(struct option_parse *p);

/* `"text" what`, for the whole text or one entry of a list; always false. A secret, or text
 * that may hold one (URLs), is not shown: `the value what`. */
bool option_wrong(struct option_parse *p, const char *what);
bool option_entry_wrong(struct option_parse *p, const char *entry, const char *what);

/* Copies the text to p->canonical as it is; always true. */
bool option_keep(struct option_parse *p);

/* on, off and their kin: the first of them to p->canonical, 0 or 1 to the number. */
bool option_parse_switch(struct option_parse *p);

/* Splits at commas into p->canonical, each entry trimmed and handed to `entry`, which may
 * change it in place as long as it does not grow. */
bool option_each_entry(struct option_parse *p, size_t max,
                       bool (*entry)(struct option_parse *p, char *text));

/* option_number.c */
bool option_parse_number(struct option_parse *p);
bool option_parse_rate(struct option_parse *p);
bool option_parse_share(struct option_parse *p);
bool option_parse_shards(struct option_parse *p);

/* option_names.c */
bool option_parse_host(struct option_parse *p);
bool option_parse_stream(struct option_parse *p);
bool option_parse_prefix(struct option_parse *p);
bool option_parse_subject(struct option_parse *p);
bool option_parse_subjects(struct option_parse *p);
bool option_parse_field_path(struct option_parse *p);
bool option_parse_exempt(struct option_parse *p);
bool option_parse_suffixes(struct option_parse *p);
bool option_parse_canaries(struct option_parse *p);

/* option_net.c */
bool option_parse_http_url(struct option_parse *p);
bool option_parse_nats_urls(struct option_parse *p);
bool option_parse_listen(struct option_parse *p);
bool option_parse_dns_servers(struct option_parse *p);

#endif
