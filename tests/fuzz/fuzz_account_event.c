/* The first byte chooses subject and content type, the rest is the payload. */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "proto/account_event.h"
#include "proto/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const subjects[] = {
    "account.email.verified", "account.email.removed", "account.mfa.changed",
    "account.deleted",        "account.snapshot",      "account.other",
};

static const char *const content_types[] = {
    NULL,
    "application/json",
    "application/vnd.msgpack",
    "application/cloudevents+json",
    "application/cloudevents+msgpack",
};

static void check_event(const struct account_event *e, enum account_event_type type)
{
    MUST(e->type == (type == EVENT_SNAPSHOT ? EVENT_VERIFIED : type));
    MUST(e->account.len >= 1 && e->account.len <= ACCOUNT_ID_MAX);
    MUST(utf8_is_valid(e->account.text, e->account.len));
    MUST(!e->has_time || (e->time_ms >= 0 && e->time_ms <= INT64_C(253402300799999)));
    if (e->type != EVENT_VERIFIED && e->type != EVENT_REMOVED)
        return;
    const struct address *a = &e->address;
    MUST(a->email_len <= EMAIL_MAX && utf8_is_valid(a->email, a->email_len));
    MUST(a->local_len > 0 && a->local_len < a->email_len && a->email[a->local_len] == '@');
    MUST(strlen(a->domain.host) == a->domain.host_len);
    MUST(a->domain.registrable_at < a->domain.host_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct event_schema nested = {
        .account = "user.id",
        .email = "data.user.email",
        .time = "at",
        .mfa = "user.mfa",
        .other_verified = "user",
    };
    static struct suffix_list *suffixes;
    static struct event_decoder *decoders[2];
    if (suffixes == NULL) { /* kept, so that what one message leaves meets the next */
        suffixes = suffix_list_new();
        decoders[0] = event_decoder_new(&event_schema_default, suffixes);
        decoders[1] = event_decoder_new(&nested, suffixes);
        MUST(suffixes != NULL && decoders[0] != NULL && decoders[1] != NULL);
    }
    if (size == 0)
        return 0;
    struct event_input in = {
        .subject = subjects[data[0] % ARRAY_LEN(subjects)],
        .content_type = content_types[data[0] / 6 % ARRAY_LEN(content_types)],
        .payload = data + 1,
        .len = size - 1,
    };
    struct event_list list;
    MUST(event_decode(decoders[data[0] / 30 % 2], &in, &list) == ST_OK);
    for (size_t i = 0; i < list.n; i++)
        check_event(&list.at[i], list.type);
    MUST((list.fault == FAULT_NONE) == (list.faulty == 0));
    MUST((list.fault == FAULT_NONE) == (list.detail[0] == '\0'));
    MUST(list.type == EVENT_SNAPSHOT || list.n + list.faulty <= 1);
    MUST(memchr(list.detail, '\0', sizeof list.detail) != NULL);
    return 0;
}
