/* The options, as data: one row says all there is to know about one option, so that the
 * parser, the error texts, --print-config and a manual page cannot disagree. */
#ifndef UVD_CONFIG_OPTION_H
#define UVD_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the text of an option is read. What each allows is said by option_allowed(). */
enum option_type {
    OPTION_TEXT,   /* any text without control characters */
    OPTION_KEY,    /* visible ASCII: it travels in URLs and headers */
    OPTION_NUMBER, /* whole, min..max of the row */
    OPTION_SWITCH, /* on, off and their kin */
    OPTION_WORD,   /* one of the row's words; stored as its place or as the text */
    OPTION_WORDS,  /* some of the row's words */
    OPTION_RATE,   /* N/s, N/m, N/h; stored per second */
    OPTION_SHARE,  /* 0..1 */
    OPTION_FILE,   /* path of a file that can be read; looked at once all is known */
    OPTION_HTTP_URL,
    OPTION_NATS_URLS,
    OPTION_HOST,
    OPTION_LISTEN,
    OPTION_DNS_SERVERS,
    OPTION_STREAM,
    OPTION_PREFIX,
    OPTION_SUBJECT,
    OPTION_SUBJECTS,
    OPTION_FIELD_PATH,
    OPTION_SHARDS,
    OPTION_EXEMPT,   /* domains, each with a '+' or none with one; or `none` */
    OPTION_SUFFIXES, /* domains, or `none` */
    OPTION_CANARIES, /* on, off and their kin; or domains */
    OPTION_TYPE_COUNT
};

/* The C type of the option's field in struct config. An enum is an unsigned number. */
enum field_kind { FIELD_TEXT, FIELD_NUMBER, FIELD_SWITCH, FIELD_REAL };

struct option {
    const char *section, *key;
    const char *name;     /* "section.key" */
    const char *meaning;  /* one line, without a full stop */
    const char *fallback; /* the default, in the form it is printed; NULL: unset */
    const char *unset;    /* what being unset means, for people; NULL: nothing */
    const char *words;    /* OPTION_WORD, _WORDS: allowed ones, separated by a blank */
    const char *later;    /* what is understood but refused, its feature not being built:
                             words, or for numbers and shards the feature's name */
    enum option_type type;
    enum field_kind field;
    size_t offset;      /* of the field in struct config */
    uint32_t min, max;  /* OPTION_NUMBER */
    uint32_t later_max; /* with `later`: numbers above max and up to here */
    bool is_secret;     /* never printed, never quoted in an error */
    bool is_idle;       /* accepted, but nothing acts on it yet */
};

/* In the order in which they are printed; options of a section stand together. */
extern const struct option options[];
extern const size_t option_count;

/* Place of an option in the table. */
static inline size_t option_index(const struct option *o)
{
    return (size_t)(o - options);
}

/* The option called `name` ("section.key", `len` bytes); NULL when there is none. */
const struct option *option_find(const char *name, size_t len);

/* The table's own copy of a section's name; NULL when there is no such section. */
const char *option_section(const char *section, size_t len);

/* All sections, "nats, store, ..."; NUL-terminated, cut at `size`. */
void option_sections(char *out, size_t size);

/* The option a mistyped name was meant for: close by edits, or the same key in another
 * section. NULL when nothing is near. */
const struct option *option_nearest(const char *name, size_t len);

/* The section a mistyped one was meant for, or NULL. */
const char *option_nearest_section(const char *section, size_t len);

#define OPTION_ENV_PREFIX "UNVERIFYD_"
#define OPTION_ENV_SIZE 64

/* The environment variable of an option: events.field.account is
 * UNVERIFYD_EVENTS_FIELD_ACCOUNT. */
void option_env_name(const struct option *o, char out[OPTION_ENV_SIZE]);

/* As option_find and option_nearest, for the name of a variable. */
const struct option *option_find_env(const char *name, size_t len);
const struct option *option_nearest_env(const char *name, size_t len);

#endif
