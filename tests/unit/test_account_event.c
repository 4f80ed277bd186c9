/* Account events: each case as JSON and as msgpack, bare and in an envelope. What came out
 * is compared as text:
 *
 *   verified s:alice a@mail.example.com example.com t=1700000000000 mfa=yes other=no
 *   fault bad_time 1
 *   time: ...; allowed: ...
 */
#include <inttypes.h>

#include "unit/unit.h"

#include "proto/account_event.h"
#include "unit/msgpack_of.h"

#define JSON_TYPE "application/json"
#define MSGPACK_TYPE "application/vnd.msgpack"

static struct suffix_list *suffixes;
static struct event_decoder *decoder;

static int start(void **state)
{
    (void)state;
    suffixes = suffix_list_new();
    decoder = event_decoder_new(&event_schema_default, suffixes);
    return suffixes == NULL || decoder == NULL ? -1 : 0;
}

static int stop(void **state)
{
    (void)state;
    event_decoder_free(decoder);
    event_decoder_free(NULL);
    suffix_list_free(suffixes);
    return 0;
}

static const char *tristate_text(enum tristate t)
{
    return t == TRI_YES ? "yes" : t == TRI_NO ? "no" : "unknown";
}

static size_t event_text(const struct account_event *e, char *out, size_t size)
{
    static const char *const types[] = {"verified", "removed", "mfa", "deleted"};
    int n = snprintf(out, size, "%s %s:%.*s", types[e->type], e->account.is_int ? "i" : "s",
                     (int)e->account.len, e->account.text);
    if (e->type == EVENT_VERIFIED || e->type == EVENT_REMOVED)
        n += snprintf(out + n, size - (size_t)n, " %.*s %s", (int)e->address.email_len,
                      e->address.email, mail_domain_name(&e->address.domain));
    if (e->has_time)
        n += snprintf(out + n, size - (size_t)n, " t=%" PRId64, e->time_ms);
    if (e->mfa != TRI_UNKNOWN)
        n += snprintf(out + n, size - (size_t)n, " mfa=%s", tristate_text(e->mfa));
    if (e->other_verified != TRI_UNKNOWN)
        n += snprintf(out + n, size - (size_t)n, " other=%s",
                      tristate_text(e->other_verified));
    n += snprintf(out + n, size - (size_t)n, "\n");
    return (size_t)n;
}

static char *list_text(const struct event_list *list)
{
    static char out[8192];
    size_t n = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->n; i++)
        n += event_text(&list->at[i], out + n, sizeof out - n);
    if (list->fault != FAULT_NONE)
        snprintf(out + n, sizeof out - n, "fault %s %zu\n%s\n",
                 event_fault_text(list->fault), list->faulty, list->detail);
    else
        assert_int_equal(list->faulty, 0);
    return out;
}

/* The result's text points into `*copy`: a copy of exactly `len` bytes, so that a
 * sanitizer sees a byte too far. Free it after use. */
static enum status decode(struct event_decoder *d, const char *subject, const void *payload,
                          size_t len, const char *content_type, struct event_list *out,
                          uint8_t **copy)
{
    *copy = malloc(len > 0 ? len : 1);
    assert_non_null(*copy);
    if (len > 0)
        memcpy(*copy, payload, len);
    struct event_input in = {
        .subject = subject,
        .payload = *copy,
        .len = len,
        .content_type = content_type,
    };
    memset(out, 0xAA, sizeof *out);
    return event_decode(d, &in, out);
}

static void check_bytes(struct event_decoder *d, const char *subject, const void *payload,
                        size_t len, const char *content_type, const char *expected)
{
    struct event_list list;
    uint8_t *copy;
    assert_int_equal(decode(d, subject, payload, len, content_type, &list, &copy), ST_OK);
    assert_int_equal(list.type, account_event_type_of(subject));
    const char *text = list_text(&list);
    if (strcmp(text, expected) != 0)
        fail_msg("%s\nis:       %sexpected: %s", (const char *)payload, text, expected);
    free(copy);
}

/* In both formats, by type and by first byte. */
static void check(struct event_decoder *d, const char *subject, const char *json,
                  const char *expected)
{
    msgpack_sbuffer packed;
    msgpack_of(json, &packed);
    check_bytes(d, subject, json, strlen(json), JSON_TYPE, expected);
    check_bytes(d, subject, json, strlen(json), NULL, expected);
    check_bytes(d, subject, packed.data, packed.size, MSGPACK_TYPE, expected);
    check_bytes(d, subject, packed.data, packed.size, NULL, expected);
    msgpack_sbuffer_destroy(&packed);
}

static void reads_subjects(void **state)
{
    (void)state;
    static const struct {
        const char *subject;
        enum account_event_type type;
    } rows[] = {
        {"account.email.verified", EVENT_VERIFIED},
        {"account.eu.7.email.verified", EVENT_VERIFIED},
        {"email.verified", EVENT_VERIFIED},
        {"account.email.removed", EVENT_REMOVED},
        {"account.email.unverified", EVENT_REMOVED},
        {"account.mfa.changed", EVENT_MFA_CHANGED},
        {"account.deleted", EVENT_DELETED},
        {"account.7.deleted", EVENT_DELETED},
        {"account.snapshot", EVENT_SNAPSHOT},
        {"account.email.deleted", EVENT_OTHER}, /* not the account */
        {"account.mfa.deleted", EVENT_OTHER},
        {"account.created", EVENT_OTHER},
        {"account.email", EVENT_OTHER},
        {"account.xemail.verified", EVENT_OTHER}, /* whole tokens */
        {"account.verified", EVENT_OTHER},
        {"account.undeleted", EVENT_OTHER},
        {"account.email.verified.x", EVENT_OTHER},
        {"account.email.Verified", EVENT_OTHER}, /* subjects have case */
        {"", EVENT_OTHER},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (account_event_type_of(rows[i].subject) != rows[i].type)
            fail_msg("%s", rows[i].subject);
}

struct row {
    const char *subject, *json, *expected;
};

static const struct row good[] = {
    {"account.email.verified",
     "{\"account\":\"alice\",\"email\":\"a@mail.Example.com\",\"time\":"
     "\"2023-11-14T22:13:20Z\",\"mfa\":true,\"other_verified\":false}",
     "verified s:alice a@mail.Example.com example.com t=1700000000000 mfa=yes other=no\n"},
    {"account.email.verified", "{\"account\":\"alice\",\"email\":\"a@example.com\"}",
     "verified s:alice a@example.com example.com\n"},
    {"account.email.verified",
     "{\"account\":\"alice\",\"email\":\"a@example.com\",\"time\":null,\"mfa\":null,"
     "\"other_verified\":null}",
     "verified s:alice a@example.com example.com\n"},
    {"account.email.verified",
     "{\"account\":\"a\",\"email\":\"a@example.com\",\"time\":1700000000,\"mfa\":0,"
     "\"other_verified\":3}",
     "verified s:a a@example.com example.com t=1700000000000 mfa=no other=yes\n"},
    {"account.email.verified",
     "{\"account\":\"a\",\"email\":\"a@example.com\",\"time\":1700000000.25,\"mfa\":1,"
     "\"other_verified\":0}",
     "verified s:a a@example.com example.com t=1700000000250 mfa=yes other=no\n"},
    {"account.email.verified",
     "{\"account\":\"a\",\"email\":\"a@example.com\",\"time\":\"2023-11-14T23:13:20.5+01:"
     "00\"}",
     "verified s:a a@example.com example.com t=1700000000500\n"},
    {"account.email.verified", "{\"account\":\"a\",\"email\":\"a@example.com\",\"time\":0}",
     "verified s:a a@example.com example.com t=0\n"},
    {"account.email.verified",
     "{\"account\":\"a\",\"email\":\"a@example.com\",\"time\":253402300799}",
     "verified s:a a@example.com example.com t=253402300799000\n"},
    {"account.email.verified", "{\"account\":7,\"email\":\"a@example.com\"}",
     "verified i:7 a@example.com example.com\n"},
    {"account.email.verified", "{\"account\":\"7\",\"email\":\"a@example.com\"}",
     "verified s:7 a@example.com example.com\n"},
    {"account.email.verified", "{\"account\":0,\"email\":\"a@example.com\"}",
     "verified i:0 a@example.com example.com\n"},
    {"account.email.verified",
     "{\"account\":-9223372036854775808,\"email\":\"a@example.com\"}",
     "verified i:-9223372036854775808 a@example.com example.com\n"},
    /* a key that comes twice, what is unknown, and text with escapes */
    {"account.email.verified",
     "{\"x\":{\"account\":\"no\",\"y\":[1,{\"email\":\"no\"}]},\"account\":\"\\u0061lice\","
     "\"email\":\"j\\u00f6rg@b\\u00fccher.de\",\"z\":[]}",
     "verified s:alice j\xc3\xb6rg@b\xc3\xbc"
     "cher.de xn--bcher-kva.de\n"},
    {"account.email.verified", "{\"account\":\"a\",\"email\":\"\\\"a@b\\\"@example.com\"}",
     "verified s:a \"a@b\"@example.com example.com\n"},
    {"account.email.removed", "{\"account\":\"a\",\"email\":\"a@example.com\"}",
     "removed s:a a@example.com example.com\n"},
    {"account.email.unverified", "{\"account\":\"a\",\"email\":\"a@example.com\"}",
     "removed s:a a@example.com example.com\n"},
    /* fields that are not of the type are not looked at */
    {"account.email.removed",
     "{\"account\":\"a\",\"email\":\"a@example.com\",\"time\":[],\"mfa\":7}",
     "removed s:a a@example.com example.com\n"},
    {"account.mfa.changed", "{\"account\":\"a\",\"mfa\":true,\"email\":7}",
     "mfa s:a mfa=yes\n"},
    {"account.mfa.changed", "{\"account\":\"a\",\"mfa\":false}", "mfa s:a mfa=no\n"},
    {"account.mfa.changed", "{\"account\":\"a\",\"mfa\":null}", "mfa s:a\n"},
    {"account.deleted", "{\"account\":\"a\",\"mfa\":\"?\"}", "deleted s:a\n"},
    {"account.deleted", "{\"account\":-1}", "deleted i:-1\n"},
    {"account.snapshot", "{\"emails\":[]}", ""},
    {"account.snapshot",
     "{\"x\":[{\"account\":1}],\"emails\":[{\"account\":1,\"email\":\"a@example.com\"},"
     "{\"account\":2,\"email\":\"b@example.net\",\"mfa\":true,\"emails\":[{}]}],"
     "\"account\":\"no\"}",
     "verified i:1 a@example.com example.com\n"
     "verified i:2 b@example.net example.net mfa=yes\n"},
    {"account.created", "{\"account\":7}", ""},
};

static void reads_every_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        check(decoder, good[i].subject, good[i].json, good[i].expected);
}

/* What is behind the colon of `detail` is for people; that it names the place and what is
 * allowed is the promise. */
#define FIELD_FAULT(name, field, what, allowed)                                            \
    "fault " name " 1\n" field ": " what "; allowed: " allowed "\n"
#define ACCOUNT_OK "a string of 1-128 bytes of UTF-8, or an integer"
#define EMAIL_OK "UTF-8 text local@domain without control characters"
#define TIME_OK "RFC 3339, or Unix seconds; years 1970 to 9999"
#define MFA_OK "true, false, 1, 0 or null"
#define OTHER_OK "true, false, a count or null"

static const struct row bad[] = {
    {"account.deleted", "[]",
     "fault not_a_map 1\nthe payload is an array; allowed: a map\n"},
    {"account.deleted", "{}",
     FIELD_FAULT("missing_account", "account", "missing", ACCOUNT_OK)},
    {"account.deleted", "{\"account\":null}",
     FIELD_FAULT("missing_account", "account", "missing", ACCOUNT_OK)},
    {"account.deleted", "{\"account\":\"\"}",
     FIELD_FAULT("bad_account", "account", "a string of 0 bytes", ACCOUNT_OK)},
    {"account.deleted", "{\"account\":1.5}",
     FIELD_FAULT("bad_account", "account", "a float", ACCOUNT_OK)},
    {"account.deleted", "{\"account\":{\"account\":1}}",
     FIELD_FAULT("bad_account", "account", "a map", ACCOUNT_OK)},
    {"account.deleted", "{\"account\":[1]}",
     FIELD_FAULT("bad_account", "account", "an array", ACCOUNT_OK)},
    {"account.deleted", "{\"account\":true}",
     FIELD_FAULT("bad_account", "account", "a boolean", ACCOUNT_OK)},
    {"account.email.verified", "{\"email\":\"a@example.com\"}",
     FIELD_FAULT("missing_account", "account", "missing", ACCOUNT_OK)},
    {"account.email.verified", "{\"account\":1}",
     FIELD_FAULT("missing_email", "email", "missing", EMAIL_OK)},
    {"account.email.removed", "{\"account\":1,\"email\":null}",
     FIELD_FAULT("missing_email", "email", "missing", EMAIL_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":7}",
     FIELD_FAULT("bad_email", "email", "an integer", EMAIL_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"\"}",
     FIELD_FAULT("bad_email", "email", "a string of 0 bytes", EMAIL_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"@example.com\"}",
     FIELD_FAULT("bad_email", "email", "a string of 12 bytes", EMAIL_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@exa\\u0000mple.com\"}",
     FIELD_FAULT("bad_email", "email", "a string of 14 bytes", EMAIL_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"example.com\"}",
     FIELD_FAULT("no_domain", "email", "no domain behind an '@'", "local@domain")},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@[192.0.2.1]\"}",
     FIELD_FAULT("address_literal", "email", "an IP address for a domain",
                 "a domain name")},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@exa_mple.com\"}",
     FIELD_FAULT("bad_domain", "email", "a domain that is no host name",
                 "labels of 1-63 letters, digits and hyphens, or IDNA; 253 in all")},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@printer.local\"}",
     FIELD_FAULT("special_use_domain", "email", "a special-use domain (RFC 6761 and kin)",
                 "a domain of the public DNS")},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@co.uk\"}",
     FIELD_FAULT("public_suffix", "email", "a public suffix for a domain",
                 "a name below it")},
    {"account.email.verified",
     "{\"account\":1,\"email\":\"a@example.com\",\"time\":\"yesterday\"}",
     FIELD_FAULT("bad_time", "time", "a string of 9 bytes", TIME_OK)},
    {"account.email.verified",
     "{\"account\":1,\"email\":\"a@example.com\",\"time\":\"1700000000\"}",
     FIELD_FAULT("bad_time", "time", "a string of 10 bytes", TIME_OK)},
    {"account.email.verified",
     "{\"account\":1,\"email\":\"a@example.com\",\"time\":\"1969-12-31T23:59:59Z\"}",
     FIELD_FAULT("bad_time", "time", "a string of 20 bytes", TIME_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@example.com\",\"time\":-1}",
     FIELD_FAULT("bad_time", "time", "an integer", TIME_OK)},
    {"account.email.verified",
     "{\"account\":1,\"email\":\"a@example.com\",\"time\":253402300800}",
     FIELD_FAULT("bad_time", "time", "an integer", TIME_OK)},
    {"account.email.verified",
     "{\"account\":1,\"email\":\"a@example.com\",\"time\":1700000000000}",
     FIELD_FAULT("bad_time", "time", "an integer", TIME_OK)}, /* milliseconds */
    {"account.email.verified", "{\"account\":1,\"email\":\"a@example.com\",\"time\":-0.5}",
     FIELD_FAULT("bad_time", "time", "a float", TIME_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@example.com\",\"time\":1e300}",
     FIELD_FAULT("bad_time", "time", "a float", TIME_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@example.com\",\"time\":true}",
     FIELD_FAULT("bad_time", "time", "a boolean", TIME_OK)},
    {"account.email.verified", "{\"account\":1,\"email\":\"a@example.com\",\"mfa\":2}",
     FIELD_FAULT("bad_mfa", "mfa", "an integer", MFA_OK)},
    {"account.mfa.changed", "{\"account\":1,\"mfa\":\"yes\"}",
     FIELD_FAULT("bad_mfa", "mfa", "a string of 3 bytes", MFA_OK)},
    {"account.mfa.changed", "{\"account\":1}",
     FIELD_FAULT("missing_mfa", "mfa", "missing", MFA_OK)},
    {"account.email.verified",
     "{\"account\":1,\"email\":\"a@example.com\",\"other_verified\":-1}",
     FIELD_FAULT("bad_other_verified", "other_verified", "an integer", OTHER_OK)},
    {"account.email.verified",
     "{\"account\":1,\"email\":\"a@example.com\",\"other_verified\":[]}",
     FIELD_FAULT("bad_other_verified", "other_verified", "an array", OTHER_OK)},
    {"account.snapshot", "[]",
     "fault not_a_map 1\nthe payload is an array; allowed: a map\n"},
    {"account.snapshot", "{}",
     "fault missing_emails 1\nemails: missing; allowed: an array of maps as in "
     "email.verified\n"},
    {"account.snapshot", "{\"emails\":null}",
     "fault missing_emails 1\nemails: missing; allowed: an array of maps as in "
     "email.verified\n"},
    {"account.snapshot", "{\"emails\":{\"0\":{}}}",
     "fault bad_emails 1\nemails: a map; allowed: an array of maps as in email.verified\n"},
    {"account.snapshot",
     "{\"emails\":[{\"account\":1,\"email\":\"a@example.com\"},7,"
     "{\"account\":2,\"email\":\"localhost\"},[{\"account\":3}],"
     "{\"account\":4,\"email\":\"d@example.com\"},{}]}",
     "verified i:1 a@example.com example.com\n"
     "verified i:4 d@example.com example.com\n"
     "fault not_a_map 4\nemails[1]: an integer; allowed: a map\n"},
    {"account.snapshot",
     "{\"emails\":[{\"account\":1,\"email\":\"a@example.com\"},{\"account\":2,\"email\":7}]"
     "}",
     "verified i:1 a@example.com example.com\n"
     "fault bad_email 1\nemails[1]: email: an integer; allowed: " EMAIL_OK "\n"},
};

static void explains_every_fault(void **state)
{
    (void)state;
    bool is_seen[FAULT_COUNT] = {[FAULT_NONE] = true};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        check(decoder, bad[i].subject, bad[i].json, bad[i].expected);
        for (int f = 0; f < FAULT_COUNT; f++) {
            char head[64];
            snprintf(head, sizeof head, "fault %s ", event_fault_text((enum event_fault)f));
            if (strstr(bad[i].expected, head) != NULL)
                is_seen[f] = true;
        }
    }
    /* these have tests of their own below */
    is_seen[FAULT_MALFORMED] = is_seen[FAULT_TOO_DEEP] = is_seen[FAULT_EMAIL_TOO_LONG] =
        true;
    for (int f = 0; f < FAULT_COUNT; f++)
        if (!is_seen[f])
            fail_msg("no case for %s", event_fault_text((enum event_fault)f));
}

static void limits_lengths(void **state)
{
    (void)state;
    char json[1000], text[400], expected[1000];
    for (size_t n = 127; n <= 130; n++) {
        memset(text, 'x', n);
        text[n] = '\0';
        snprintf(json, sizeof json, "{\"account\":\"%s\"}", text);
        if (n <= ACCOUNT_ID_MAX)
            snprintf(expected, sizeof expected, "deleted s:%s\n", text);
        else
            snprintf(
                expected, sizeof expected,
                FIELD_FAULT("bad_account", "account", "a string of %zu bytes", ACCOUNT_OK),
                n);
        check(decoder, "account.deleted", json, expected);
    }
    for (size_t n = 253; n <= 300; n++) {
        size_t local = n - strlen("@example.com");
        memset(text, 'x', local);
        text[local] = '\0';
        for (int escaped = 0; escaped < 2; escaped++) { /* in yajl's own buffer, or not */
            snprintf(json, sizeof json, "{\"account\":1,\"email\":\"%s%s@example.com\"}",
                     escaped ? "\\u0078" : "x", text + 1);
            if (n <= EMAIL_MAX)
                snprintf(expected, sizeof expected,
                         "verified i:1 %s@example.com example.com\n", text);
            else
                snprintf(expected, sizeof expected,
                         FIELD_FAULT("email_too_long", "email", "a string of %zu bytes",
                                     "up to 254 bytes"),
                         n);
            check(decoder, "account.email.verified", json, expected);
        }
    }
    /* a label of 300 is too long for an address already; one of 64 is too long for a name
     */
    memset(text, 'x', 64);
    text[64] = '\0';
    snprintf(json, sizeof json, "{\"account\":1,\"email\":\"a@%s.com\"}", text);
    check(decoder, "account.email.verified", json,
          FIELD_FAULT("bad_domain", "email", "a domain that is no host name",
                      "labels of 1-63 letters, digits and hyphens, or IDNA; 253 in all"));
}

static void reads_content_types(void **state)
{
    (void)state;
    static const char json[] = "{\"account\":7}";
    static const char *const json_types[] = {
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        " application/json;charset=utf-8",
        "text/json",
        "application/vnd.acme.account+json",
    };
    static const char *const msgpack_types[] = {
        "application/vnd.msgpack",      "application/msgpack",
        "application/x-msgpack",        "APPLICATION/MSGPACK ; v=5",
        "application/vnd.acme+msgpack",
    };
    static const char *const neither[] = {
        "",
        ";",
        "application/octet-stream",
        "text/plain; x=application/json",
        "json",
        "application/cloudevents",
        "application/jsonp",
    };
    msgpack_sbuffer packed;
    msgpack_of(json, &packed);
    struct event_list list;
    uint8_t *copy;
    for (size_t i = 0; i < ARRAY_LEN(json_types); i++) {
        check_bytes(decoder, "account.deleted", json, strlen(json), json_types[i],
                    "deleted i:7\n");
        decode(decoder, "account.deleted", packed.data, packed.size, json_types[i], &list,
               &copy);
        assert_int_equal(list.fault, FAULT_MALFORMED); /* the type is believed */
        assert_non_null(strstr(list.detail, "one JSON value"));
        free(copy);
    }
    for (size_t i = 0; i < ARRAY_LEN(msgpack_types); i++) {
        check_bytes(decoder, "account.deleted", packed.data, packed.size, msgpack_types[i],
                    "deleted i:7\n");
        decode(decoder, "account.deleted", json, strlen(json), msgpack_types[i], &list,
               &copy);
        assert_int_equal(list.fault, FAULT_MALFORMED);
        assert_non_null(strstr(list.detail, "one msgpack value"));
        free(copy);
    }
    for (size_t i = 0; i < ARRAY_LEN(neither); i++) {
        check_bytes(decoder, "account.deleted", json, strlen(json), neither[i],
                    "deleted i:7\n");
        check_bytes(decoder, "account.deleted", packed.data, packed.size, neither[i],
                    "deleted i:7\n");
    }
    check_bytes(decoder, "account.deleted", "\r\n\t {\"account\":7}", 17, NULL,
                "deleted i:7\n");
    msgpack_sbuffer_destroy(&packed);
}

#define CLOUDEVENTS_JSON "application/cloudevents+json; charset=UTF-8"
#define CLOUDEVENTS_MSGPACK "application/cloudevents+msgpack"

static void check_envelope(const char *subject, const char *json, const char *expected)
{
    msgpack_sbuffer packed;
    msgpack_of(json, &packed);
    check_bytes(decoder, subject, json, strlen(json), CLOUDEVENTS_JSON, expected);
    check_bytes(decoder, subject, packed.data, packed.size, CLOUDEVENTS_MSGPACK, expected);
    msgpack_sbuffer_destroy(&packed);
}

#define ENVELOPE(rest)                                                                     \
    "{\"specversion\":\"1.0\",\"id\":\"7\",\"type\":\"t\",\"source\":\"/s\","              \
    "\"time\":\"2023-11-14T22:13:20Z\",\"account\":\"no\"," rest "}"

static void opens_envelopes(void **state)
{
    (void)state;
    char json[2000];
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(good); i++, n++) {
        snprintf(json, sizeof json, ENVELOPE("\"data\":%s,\"emails\":7"), good[i].json);
        check_envelope(good[i].subject, json, good[i].expected);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (strstr(bad[i].expected, "the payload is") != NULL)
            continue;
        snprintf(json, sizeof json, ENVELOPE("\"data\":%s"), bad[i].json);
        check_envelope(bad[i].subject, json, bad[i].expected);
        n++;
    }
    assert_true(n > 40);
    check_envelope("account.deleted", ENVELOPE("\"x\":1"),
                   "fault not_a_map 1\ndata: missing; allowed: a map\n");
    check_envelope("account.deleted", ENVELOPE("\"data\":\"{}\""),
                   "fault not_a_map 1\ndata: a string; allowed: a map\n");
    check_envelope("account.deleted", ENVELOPE("\"data_base64\":\"e30=\""),
                   "fault not_a_map 1\ndata_base64: not supported; allowed: a map under "
                   "data\n");
    check_envelope("account.snapshot", ENVELOPE("\"x\":1"),
                   "fault not_a_map 1\ndata: missing; allowed: a map\n");
    check_envelope("account.deleted", "[{\"data\":{\"account\":1}}]",
                   "fault not_a_map 1\nthe payload is an array; allowed: a map\n");
    check_envelope("account.deleted", "{\"x\":{\"data\":{\"account\":1}}}",
                   "fault not_a_map 1\ndata: missing; allowed: a map\n");
    check_envelope("account.deleted", "{\"\":{\"data\":{\"account\":1}}}",
                   "fault not_a_map 1\ndata: missing; allowed: a map\n");
}

static void finds_fields_by_path(void **state)
{
    (void)state;
    static const struct event_schema schema = {
        .account = "user.id",
        .email = "data.user.email",
        .time = "at",
        .mfa = "user.security.mfa",
        .other_verified = "user.others",
    };
    struct event_decoder *d = event_decoder_new(&schema, suffixes);
    assert_non_null(d);
    check(d, "account.email.verified",
          "{\"user\":{\"id\":7,\"security\":{\"mfa\":true,\"id\":9},\"others\":2},\"id\":8,"
          "\"at\":1700000000,\"data\":{\"user\":{\"email\":\"a@example.com\",\"id\":5},"
          "\"email\":\"b@example.com\"},\"email\":\"c@example.com\",\"user.id\":1,"
          "\"data.user.email\":\"d@example.com\",\"list\":[{\"at\":1}]}",
          "verified i:7 a@example.com example.com t=1700000000000 mfa=yes other=yes\n");
    check(d, "account.snapshot",
          "{\"emails\":[{\"user\":{\"id\":7},\"data\":{\"user\":{\"email\":\"a@example."
          "com\"}}"
          "},{\"user\":{\"id\":8},\"email\":\"c@example.com\"}]}",
          "verified i:7 a@example.com example.com\n"
          "fault missing_email 1\nemails[1]: data.user.email: missing; allowed: " EMAIL_OK
          "\n");
    check(d, "account.deleted", "{\"user\":7}",
          FIELD_FAULT("missing_account", "user.id", "missing", ACCOUNT_OK));
    event_decoder_free(d);
}

/* A path of any length in the message, and of more than fits the detail in the schema. */
static void bounds_paths(void **state)
{
    (void)state;
    static const struct event_schema schema = {
        .account = "first_part_of_a_long_path.second_part_of_it.account",
        .email = "email",
        .time = "time",
        .mfa = "mfa",
        .other_verified = "other_verified",
    };
    char key[400], json[1000];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    struct event_decoder *d = event_decoder_new(&schema, suffixes);
    assert_non_null(d);
    snprintf(json, sizeof json,
             "{\"data\":{\"%s\":{\"account\":8},\"first_part_of_a_long_path\":{"
             "\"second_part_of_it\":{\"account\":7,\"%s\":9}}}}",
             key, key);
    check_bytes(d, "account.deleted", json, strlen(json), "application/cloudevents+json",
                "deleted i:7\n");
    check(d, "account.deleted", "{}",
          FIELD_FAULT("missing_account", "g_path.second_part_of_it.account", "missing",
                      ACCOUNT_OK));
    event_decoder_free(d);
}

/* One path may serve two fields, and one field may stand inside another's place. */
static void shares_paths(void **state)
{
    (void)state;
    static const struct event_schema schema = {
        .account = "email",
        .email = "email",
        .time = "t",
        .mfa = "m",
        .other_verified = "m",
    };
    struct event_decoder *d = event_decoder_new(&schema, suffixes);
    assert_non_null(d);
    check(d, "account.email.verified", "{\"email\":\"\\u0061@example.com\",\"m\":1}",
          "verified s:a@example.com a@example.com example.com mfa=yes other=yes\n");
    event_decoder_free(d);
}

static void takes_the_last_of_two(void **state)
{
    (void)state;
    static const char json[] =
        "{\"account\":[],\"account\":1,\"email\":\"a@example.com\",\"email\":7,"
        "\"email\":\"b@example.com\"}";
    check_bytes(decoder, "account.email.verified", json, strlen(json), JSON_TYPE,
                "verified i:1 b@example.com example.com\n");
    static const char emails[] =
        "{\"emails\":[{\"account\":1,\"email\":\"a@example.com\"},7],\"emails\":"
        "[{\"account\":2,\"email\":\"b@example.com\"},{}]}";
    check_bytes(decoder, "account.snapshot", emails, strlen(emails), JSON_TYPE,
                "verified i:2 b@example.com example.com\n"
                "fault missing_account 1\nemails[1]: account: missing; allowed: " ACCOUNT_OK
                "\n");
    static const char data[] = "{\"data\":{\"account\":1},\"data\":{\"account\":2}}";
    check_bytes(decoder, "account.deleted", data, strlen(data), CLOUDEVENTS_JSON,
                "deleted i:2\n");
    static const char gone[] = "{\"emails\":[{\"account\":1,\"email\":\"a@example.com\"}],"
                               "\"emails\":null}";
    check_bytes(decoder, "account.snapshot", gone, strlen(gone), JSON_TYPE,
                "fault missing_emails 1\nemails: missing; allowed: an array of maps as in "
                "email.verified\n");
}

/* What only msgpack can say. */
static void reads_msgpack_only_values(void **state)
{
    (void)state;
#define BYTES(text) text, sizeof(text) - 1
    check_bytes(decoder, "account.deleted",
                BYTES("\x81\xa7"
                      "account\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
                MSGPACK_TYPE, "deleted i:18446744073709551615\n");
    check_bytes(decoder, "account.email.verified",
                BYTES("\x83\xa7"
                      "account\x01\xa5"
                      "email\xad"
                      "a@example.com\xae"
                      "other_verified\xcf\xff\0\0\0\0\0\0\0"),
                MSGPACK_TYPE, "verified i:1 a@example.com example.com other=yes\n");
    check_bytes(decoder, "account.deleted",
                BYTES("\x81\xa7"
                      "account\xc4\x01"
                      "a"),
                MSGPACK_TYPE,
                FIELD_FAULT("bad_account", "account", "binary data", ACCOUNT_OK));
    check_bytes(decoder, "account.deleted",
                BYTES("\x81\xa7"
                      "account\xd4\x01"
                      "a"),
                MSGPACK_TYPE,
                FIELD_FAULT("bad_account", "account", "an extension type", ACCOUNT_OK));
    check_bytes(decoder, "account.deleted",
                BYTES("\x81\xa7"
                      "account\xa2\xc3("),
                MSGPACK_TYPE,
                FIELD_FAULT("bad_account", "account", "a string of 2 bytes", ACCOUNT_OK));
    check_bytes(decoder, "account.email.verified",
                BYTES("\x82\xa7"
                      "account\x01\xa5"
                      "email\xae"
                      "a@exa\0mple.com"),
                MSGPACK_TYPE,
                FIELD_FAULT("bad_email", "email", "a string of 14 bytes", EMAIL_OK));
    check_bytes(decoder, "account.email.verified",
                BYTES("\x82\xa7"
                      "account\x01\xa5"
                      "email\xa8"
                      "a@\xff.com."),
                MSGPACK_TYPE,
                FIELD_FAULT("bad_email", "email", "a string of 8 bytes", EMAIL_OK));
    /* not a number is no time */
    check_bytes(decoder, "account.email.verified",
                BYTES("\x83\xa7"
                      "account\x01\xa5"
                      "email\xad"
                      "a@example.com\xa4time\xcb\x7f\xf8\0\0\0\0\0\0"),
                MSGPACK_TYPE, FIELD_FAULT("bad_time", "time", "a float", TIME_OK));
    /* an integer or bin as a key is no field */
    check_bytes(decoder, "account.deleted",
                BYTES("\x83\x01\x02\xc4\x07"
                      "account\x03\xa7"
                      "account\x04"),
                MSGPACK_TYPE, "deleted i:4\n");
    check_bytes(decoder, "account.deleted", BYTES("\xc0"), MSGPACK_TYPE,
                "fault not_a_map 1\nthe payload is null; allowed: a map\n");
    check_bytes(decoder, "account.deleted", BYTES("\x07"), NULL,
                "fault not_a_map 1\nthe payload is an integer; allowed: a map\n");
}

static void refuses_hostile_input(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        enum event_fault fault;
    } rows[] = {
        {BYTES("\xdd\x05\xf5\xe1\x00"), FAULT_MALFORMED}, /* 100 M elements */
        {BYTES("\xdf\xff\xff\xff\xff"), FAULT_MALFORMED},
        {BYTES("\x81\xa6"
               "emails\xdd\x05\xf5\xe1\x00"),
         FAULT_MALFORMED},
        {BYTES("\x81\xa6"
               "emails\xdb\xff\xff\xff\xff"),
         FAULT_MALFORMED},
        {BYTES("\xc1"), FAULT_MALFORMED},
        {BYTES(""), FAULT_MALFORMED},
        {BYTES("hello"), FAULT_MALFORMED},
        {BYTES("\x80\xc0"), FAULT_MALFORMED}, /* trailing */
        {BYTES("{} {}"), FAULT_MALFORMED},
        {BYTES("{\"emails\":[{\"account\":1,\"email\":\"a@example.com\"}"),
         FAULT_MALFORMED},
        {BYTES("{\"emails\":[{\"account\":1,\"email\":\"a@example.com\"}]}]"),
         FAULT_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct event_list list;
        uint8_t *copy;
        assert_int_equal(decode(decoder, "account.snapshot", rows[i].bytes, rows[i].len,
                                NULL, &list, &copy),
                         ST_OK);
        if (list.fault != rows[i].fault)
            fail_msg("row %zu: %s", i, event_fault_text(list.fault));
        assert_int_equal(list.n, 0); /* what came before the fault is not delivered */
        assert_int_equal(list.faulty, 1);
        assert_non_null(strstr(list.detail, "allowed: "));
        free(copy);
    }
}

static void bounds_the_depth(void **state)
{
    (void)state;
    char json[400];
    for (size_t depth = 28; depth <= 100; depth++) { /* of arrays, within the map */
        size_t n = (size_t)snprintf(json, sizeof json, "{\"account\":7,\"x\":");
        memset(json + n, '[', depth);
        memset(json + n + depth, ']', depth);
        memcpy(json + n + 2 * depth, "}", 2);
        msgpack_sbuffer packed;
        msgpack_of(json, &packed);
        struct event_list list;
        uint8_t *copy;
        decode(decoder, "account.deleted", packed.data, packed.size, NULL, &list, &copy);
        assert_int_equal(list.fault, depth <= 31 ? FAULT_NONE : FAULT_TOO_DEEP);
        free(copy);
        decode(decoder, "account.deleted", json, strlen(json), NULL, &list, &copy);
        assert_int_equal(list.fault, depth <= 31 ? FAULT_NONE : FAULT_TOO_DEEP);
        assert_int_equal(list.n, depth <= 31 ? 1 : 0);
        if (depth > 31)
            assert_non_null(strstr(list.detail, "allowed: 32"));
        free(copy);
        msgpack_sbuffer_destroy(&packed);
    }
}

static void refuses_every_cut(void **state)
{
    (void)state;
    size_t cuts = 0;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        if (account_event_type_of(good[i].subject) == EVENT_OTHER)
            continue;
        msgpack_sbuffer packed;
        msgpack_of(good[i].json, &packed);
        struct event_list list;
        uint8_t *copy;
        for (size_t len = 0; len < packed.size; len++, cuts++) {
            decode(decoder, good[i].subject, packed.data, len, MSGPACK_TYPE, &list, &copy);
            assert_int_equal(list.fault, FAULT_MALFORMED);
            free(copy);
        }
        for (size_t len = 0; len < strlen(good[i].json); len++, cuts++) {
            decode(decoder, good[i].subject, good[i].json, len, JSON_TYPE, &list, &copy);
            assert_int_equal(list.fault, FAULT_MALFORMED);
            free(copy);
        }
        msgpack_sbuffer_destroy(&packed);
    }
    assert_true(cuts > 1000);
}

/* No local part and no domain, whatever is wrong with them. */
static void quotes_nothing(void **state)
{
    (void)state;
    static const char *const emails[] = {
        "secret",           "secret@",          "secret@[192.0.2.1]", "secret@secret_.com",
        "secret@localhost", "secret@co.uk",     "\\\"secret",         "secret@secret@",
        "secret\\n@x.com",  "secret@x..secret",
    };
    for (size_t i = 0; i < ARRAY_LEN(emails); i++) {
        char json[200];
        snprintf(json, sizeof json, "{\"account\":\"secret\",\"email\":\"%s\"}", emails[i]);
        struct event_list list;
        uint8_t *copy;
        decode(decoder, "account.email.verified", json, strlen(json), NULL, &list, &copy);
        assert_int_not_equal(list.fault, FAULT_NONE);
        assert_null(strstr(list.detail, "secret"));
        free(copy);
    }
}

/* `n` entries, every tenth faulty; decoded right after another message. */
static void check_snapshot(size_t n)
{
    msgpack_sbuffer packed;
    msgpack_packer pk;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&pk, &packed, msgpack_sbuffer_write);
    msgpack_pack_map(&pk, 1);
    msgpack_pack_str_with_body(&pk, "emails", 6);
    msgpack_pack_array(&pk, n);
    for (size_t i = 0; i < n; i++) {
        char email[64];
        int len = snprintf(email, sizeof email, "user@domain%zu.%s", i,
                           i % 10 == 9 ? "test" : "com");
        msgpack_pack_map(&pk, 2);
        msgpack_pack_str_with_body(&pk, "account", 7);
        msgpack_pack_uint64(&pk, i);
        msgpack_pack_str_with_body(&pk, "email", 5);
        msgpack_pack_str_with_body(&pk, email, (size_t)len);
    }
    struct event_list list;
    uint8_t *copy;
    assert_int_equal(
        decode(decoder, "account.snapshot", packed.data, packed.size, NULL, &list, &copy),
        ST_OK);
    assert_int_equal(list.n, n - n / 10);
    assert_int_equal(list.faulty, n / 10);
    assert_int_equal(list.fault, n < 10 ? FAULT_NONE : FAULT_SPECIAL_USE);
    if (n >= 10)
        assert_non_null(strstr(list.detail, "emails[9]: email: "));
    for (size_t i = 0; i < list.n; i++) {
        char host[64], digits[32];
        size_t entry = i + i / 9;
        snprintf(host, sizeof host, "domain%zu.com", entry);
        int len = snprintf(digits, sizeof digits, "%zu", entry);
        assert_string_equal(list.at[i].address.domain.host, host);
        assert_int_equal(list.at[i].account.len, len);
        assert_memory_equal(list.at[i].account.text, digits, (size_t)len);
    }
    free(copy);
    msgpack_sbuffer_destroy(&packed);
}

static void decodes_big_snapshots(void **state)
{
    (void)state;
    check_snapshot(1);
    check_snapshot(20000); /* a megabyte */
    check_snapshot(9);
    check_snapshot(100000);
    check(decoder, "account.deleted", "{\"account\":1}", "deleted i:1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_subjects),
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(explains_every_fault),
        cmocka_unit_test(limits_lengths),
        cmocka_unit_test(reads_content_types),
        cmocka_unit_test(opens_envelopes),
        cmocka_unit_test(finds_fields_by_path),
        cmocka_unit_test(bounds_paths),
        cmocka_unit_test(shares_paths),
        cmocka_unit_test(takes_the_last_of_two),
        cmocka_unit_test(reads_msgpack_only_values),
        cmocka_unit_test(refuses_hostile_input),
        cmocka_unit_test(bounds_the_depth),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(quotes_nothing),
        cmocka_unit_test(decodes_big_snapshots),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
