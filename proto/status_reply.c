/* What is common to all providers: the words, and what an HTTP code alone says. */
#include "proto/status_reply.h"

#include <stdio.h>
#include <string.h>

#include "proto/status_read.h"

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

void status_reply_fault(struct status_reply *out, enum status_outcome outcome,
                        const char *detail)
{
    out->outcome = outcome;
    out->words[0] = '\0';
    snprintf(out->detail, sizeof out->detail, "%s", detail);
}

bool status_reply_begin(const struct http_answer *a, struct status_reply *out)
{
    out->http = a->http;
    out->elapsed_ms = a->elapsed_ms;
    out->retry_after_s = 0;
    out->words[0] = '\0';
    out->detail[0] = '\0';
    if (a->http == 200)
        return true;
    if (a->http == 429 || (a->http >= 500 && a->http <= 599))
        out->retry_after_s = a->retry_after_s;
    snprintf(out->detail, sizeof out->detail, "HTTP %d", a->http);
    if (a->http == 401 || a->http == 403)
        out->outcome = STATUS_UNAUTHORIZED;
    else if (a->http == 429)
        out->outcome = STATUS_THROTTLED;
    else if (a->http >= 400 && a->http <= 499)
        out->outcome = STATUS_CLIENT_ERROR;
    else if (a->http > 200 && a->http <= 299)
        out->outcome = STATUS_MALFORMED; /* success of a kind the API does not have */
    else
        out->outcome = STATUS_SERVER_ERROR;
    return false;
}
