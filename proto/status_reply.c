/* The words of the status API. */
#include "proto/status_reply.h"

#include <string.h>

const char *status_word_text(enum status_word w)
{
    static const char *const texts[] = {
#define X(name, text) text,
        STATUS_WORD_MAP(X)
#undef X
            "",
    };
    return texts[w];
}

static enum status_word word_of(const char *s, size_t len)
{
    for (unsigned i = 0; i < WORD_COUNT; i++) {
        const char *text = status_word_text((enum status_word)i);
        if (strlen(text) != len)
            continue;
        size_t k = 0;
        while (k < len && ((unsigned char)s[k] | 0x20U) == (unsigned char)text[k])
            k++;
        if (k == len)
            return (enum status_word)i;
    }
    return WORD_NONE;
}

struct status_words status_words_parse(const char *text)
{
    struct status_words words = {.set = 0, .last = WORD_NONE, .has_unseen = false};
    static const char blank[] = " \t\r\n\v\f";
    for (const char *s = text + strspn(text, blank); *s != '\0'; s += strspn(s, blank)) {
        size_t len = strcspn(s, blank);
        words.last = word_of(s, len);
        if (words.last == WORD_NONE)
            words.has_unseen = true;
        else
            words.set |= 1U << words.last;
        s += len;
    }
    return words;
}
