/* Messages out: the JSON is compared as text, the msgpack is taken apart by msgpack-c, and
 * both must hold the same. */
#include "unit/unit.h"

#include <jansson.h>
#include <math.h>
#include <msgpack/pack.h>
#include <msgpack/sbuffer.h>
#include <msgpack/unpack.h>

#include "proto/json_writer.h"
#include "proto/message.h"

static const struct dns_evidence dns = {
    .outcome = DNS_ABSENT,
    .soa = "com",
    .resolver = "192.0.2.53:53",
    .at_s = 1700000000,
};

static const struct status_evidence status = {
    .provider = "domainr",
    .words = "undelegated inactive",
    .http = 200,
    .elapsed_ms = 420,
    .at_s = 1700000001,
};

static struct unverify_message unverify_example(void)
{
    return (struct unverify_message){
        .id = "u-0123456789abcdef",
        .account = {.text = "alice", .len = 5},
        .email = "a@mail.example.com!", /* the '!' is behind its end */
        .email_len = 18,
        .domain = "example.com",
        .phase = PHASE_RELEASED,
        .reason = REASON_AVAILABLE,
        .block_password_reset = true,
        .risk = RISK_HIGH,
        .evidence = {.dns = &dns,
                     .status = &status,
                     .policy = "strict",
                     .confirmed_since_s = 1699900000},
        .decided_at_s = 1700000002,
    };
}

#define DNS_JSON                                                                           \
    "{\"outcome\":\"absent\",\"soa\":\"com\",\"resolver\":\"192.0.2.53:53\","              \
    "\"at\":\"2023-11-14T22:13:20Z\"}"
#define STATUS_JSON                                                                        \
    "{\"provider\":\"domainr\",\"tokens\":[\"undelegated\",\"inactive\"],\"http\":200,"    \
    "\"elapsed_ms\":420,\"at\":\"2023-11-14T22:13:21Z\"}"
#define EVIDENCE_JSON                                                                      \
    "{\"dns\":" DNS_JSON ",\"status\":" STATUS_JSON ",\"rdap\":null,"                      \
    "\"policy\":\"strict\",\"confirmed_since\":\"2023-11-13T18:26:40Z\"}"
#define UNVERIFY_JSON(account)                                                             \
    "{\"v\":1,\"id\":\"u-0123456789abcdef\",\"account\":" account                          \
    ",\"email\":\"a@mail.example.com\",\"domain\":\"example.com\",\"phase\":\"released\"," \
    "\"reason\":\"domain_available\",\"block_password_reset\":true,\"risk\":\"high\","     \
    "\"evidence\":" EVIDENCE_JSON ",\"decided_at\":\"2023-11-14T22:13:22Z\"}"

/* A msgpack-c object as jansson's: the judge is none of our code. */
static json_t *json_of(const msgpack_object *o)
{
    json_t *v = NULL;
    switch (o->type) {
    case MSGPACK_OBJECT_NIL:
        return json_null();
    case MSGPACK_OBJECT_BOOLEAN:
        return json_boolean(o->via.boolean);
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        return json_integer((json_int_t)o->via.u64);
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        return json_integer(o->via.i64);
    case MSGPACK_OBJECT_STR:
        return json_stringn(o->via.str.ptr, o->via.str.size);
    case MSGPACK_OBJECT_ARRAY:
        v = json_array();
        for (uint32_t i = 0; i < o->via.array.size; i++)
            json_array_append_new(v, json_of(&o->via.array.ptr[i]));
        return v;
    case MSGPACK_OBJECT_MAP:
        v = json_object();
        for (uint32_t i = 0; i < o->via.map.size; i++) {
            const msgpack_object_kv *kv = &o->via.map.ptr[i];
            char key[64];
            assert_int_equal(kv->key.type, MSGPACK_OBJECT_STR);
            snprintf(key, sizeof key, "%.*s", (int)kv->key.via.str.size,
                     kv->key.via.str.ptr);
            json_object_set_new(v, key, json_of(&kv->val));
        }
        return v;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
    case MSGPACK_OBJECT_BIN:
    case MSGPACK_OBJECT_EXT:
        break;
    }
    fail_msg("type %d in a message", (int)o->type);
    return NULL;
}

#define BYTES(text) text, sizeof(text) - 1

static bool holds(const struct buf *out, const char *bytes, size_t len)
{
    return memmem(out->data, out->len, bytes, len) != NULL;
}

static void check_text(const struct buf *out, const char *expected)
{
    if (out->len != strlen(expected) || memcmp(out->data, expected, out->len) != 0)
        fail_msg("\nis:       %.*s\nexpected: %s", (int)out->len, (const char *)out->data,
                 expected);
}

/* msgpack-c must find exactly one value in it, which says the same as `json`; and so must
 * our own rendering, in the same order. */
static void check_msgpack(const struct buf *packed, const char *json)
{
    msgpack_unpacked result;
    msgpack_unpacked_init(&result);
    size_t off = 0;
    assert_int_equal(
        msgpack_unpack_next(&result, (const char *)packed->data, packed->len, &off),
        MSGPACK_UNPACK_SUCCESS);
    assert_int_equal(off, packed->len);
    json_t *is = json_of(&result.data);
    json_t *expected = json_loads(json, 0, NULL);
    assert_non_null(expected);
    assert_true(json_equal(is, expected));
    json_decref(is);
    json_decref(expected);
    msgpack_unpacked_destroy(&result);

    struct buf rendered = {.len = 0};
    assert_int_equal(message_to_json(packed->data, packed->len, &rendered), ST_OK);
    check_text(&rendered, json);
    buf_free(&rendered);
}

static void check_unverify(const struct unverify_message *m, const char *json)
{
    struct buf out = {.len = 0};
    assert_int_equal(buf_append(&out, "old", 3), ST_OK);
    assert_int_equal(message_encode_unverify(m, WIRE_JSON, &out), ST_OK);
    check_text(&out, json);
    assert_int_equal(message_encode_unverify(m, WIRE_MSGPACK, &out), ST_OK);
    check_msgpack(&out, json);
    buf_free(&out);
}

static void check_domain(const struct domain_message *m, const char *json)
{
    struct buf out = {.len = 0};
    assert_int_equal(message_encode_domain(m, WIRE_JSON, &out), ST_OK);
    check_text(&out, json);
    assert_int_equal(message_encode_domain(m, WIRE_MSGPACK, &out), ST_OK);
    check_msgpack(&out, json);
    buf_free(&out);
}

static void writes_unverify(void **state)
{
    (void)state;
    struct unverify_message m = unverify_example();
    check_unverify(&m, UNVERIFY_JSON("\"alice\""));
}

static const struct rdap_evidence rdap = {
    .server = "rdap.example",
    .states = "redemption period, pending delete",
    .registered_s = 1400000000,
    .http = 200,
    .elapsed_ms = 88,
    .at_s = 1700000001,
};

#define RDAP_JSON                                                                          \
    "{\"server\":\"rdap.example\",\"status\":[\"redemption period\",\"pending delete\"],"  \
    "\"registered\":\"2014-05-13T16:53:20Z\",\"expires\":null,\"http\":200,"               \
    "\"elapsed_ms\":88,\"at\":\"2023-11-14T22:13:21Z\"}"
#define SAID_JSON(status, rdap)                                                            \
    "{\"v\":1,\"domain\":\"example.com\",\"from\":\"active\",\"to\":\"redemption\","       \
    "\"accounts\":7,\"evidence\":{\"dns\":" DNS_JSON ",\"status\":" status                 \
    ",\"rdap\":" rdap ",\"policy\":\"strict\",\"confirmed_since\":null},"                  \
    "\"at\":\"2023-11-14T22:13:22Z\"}"

/* A registry's answer: beside the status API's, and in its place. */
static void writes_what_a_registry_said(void **state)
{
    (void)state;
    struct domain_message m = {
        .domain = "example.com",
        .from = PHASE_ACTIVE,
        .to = PHASE_REDEMPTION,
        .accounts = 7,
        .evidence = {.dns = &dns, .status = &status, .rdap = &rdap, .policy = "strict"},
        .at_s = 1700000002};
    check_domain(&m, SAID_JSON(STATUS_JSON, RDAP_JSON));
    m.evidence.status = NULL;
    check_domain(&m, SAID_JSON("null", RDAP_JSON));
    const struct status_evidence own = {
        .provider = "rdap", .http = 200, .elapsed_ms = 88, .at_s = 1700000001};
    m.evidence.status = &own;
    check_domain(&m, SAID_JSON("{\"provider\":\"rdap\",\"tokens\":[\"redemption period\","
                               "\"pending delete\"],\"http\":200,\"elapsed_ms\":88,"
                               "\"at\":\"2023-11-14T22:13:21Z\"}",
                               RDAP_JSON));

    /* Odd lists: cut, empty, blanks within and around. */
    static const struct {
        const char *states, *list;
    } rows[] = {{"", "[]"},
                {" , ,", "[]"},
                {"active", "[\"active\"]"},
                {"active,", "[\"active\"]"},
                {"a b ,c", "[\"a b\",\"c\"]"},
                {"active, client hol", "[\"active\",\"client hol\"]"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct rdap_evidence odd = {.server = "",
                                          .states = rows[i].states,
                                          .expires_s = 1400000000,
                                          .http = 404,
                                          .at_s = 1700000001};
        char part[256], want[1024];
        m.evidence.status = NULL;
        m.evidence.rdap = &odd;
        snprintf(part, sizeof part,
                 "{\"server\":null,\"status\":%s,\"registered\":null,"
                 "\"expires\":\"2014-05-13T16:53:20Z\",\"http\":404,\"elapsed_ms\":0,"
                 "\"at\":\"2023-11-14T22:13:21Z\"}",
                 rows[i].list);
        snprintf(want, sizeof want, SAID_JSON("null", "%s"), part);
        check_domain(&m, want);
    }
}

static void writes_accounts_as_they_came(void **state)
{
    (void)state;
    struct unverify_message m = unverify_example();
    m.account = (struct account_id){.text = "7", .len = 1};
    check_unverify(&m, UNVERIFY_JSON("\"7\""));
    m.account.is_int = true;
    check_unverify(&m, UNVERIFY_JSON("7"));
    m.account =
        (struct account_id){.text = "-9223372036854775808", .len = 20, .is_int = true};
    check_unverify(&m, UNVERIFY_JSON("-9223372036854775808"));
    m.account = (struct account_id){.text = "-1", .len = 2, .is_int = true};
    check_unverify(&m, UNVERIFY_JSON("-1"));
    m.account =
        (struct account_id){.text = "9223372036854775807", .len = 19, .is_int = true};
    check_unverify(&m, UNVERIFY_JSON("9223372036854775807"));

    /* beyond what jansson can hold, so by bytes */
    m.account =
        (struct account_id){.text = "18446744073709551615", .len = 20, .is_int = true};
    struct buf out = {.len = 0};
    assert_int_equal(message_encode_unverify(&m, WIRE_JSON, &out), ST_OK);
    check_text(&out, UNVERIFY_JSON("18446744073709551615"));
    assert_int_equal(message_encode_unverify(&m, WIRE_MSGPACK, &out), ST_OK);
    assert_true(holds(&out, BYTES("\xa7"
                                  "account\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa5"
                                  "email")));
    buf_free(&out);
}

static void writes_absence_as_nil(void **state)
{
    (void)state;
    struct unverify_message m = unverify_example();
    m.evidence = (struct evidence){.dns = NULL, .status = NULL, .policy = "pypi"};
    m.block_password_reset = false;
    m.phase = PHASE_REDEMPTION;
    m.reason = REASON_EXPIRING;
    m.risk = RISK_CRITICAL;
    check_unverify(&m, "{\"v\":1,\"id\":\"u-0123456789abcdef\",\"account\":\"alice\","
                       "\"email\":\"a@mail.example.com\",\"domain\":\"example.com\","
                       "\"phase\":\"redemption\",\"reason\":\"domain_expiring\","
                       "\"block_password_reset\":false,\"risk\":\"critical\","
                       "\"evidence\":{\"dns\":null,\"status\":null,\"rdap\":null,"
                       "\"policy\":\"pypi\",\"confirmed_since\":null},"
                       "\"decided_at\":\"2023-11-14T22:13:22Z\"}");
}

static void writes_domain_messages(void **state)
{
    (void)state;
    struct dns_evidence no_soa = dns;
    no_soa.soa = "";
    no_soa.outcome = DNS_DELEGATED;
    struct status_evidence no_words = status;
    no_words.words = "";
    struct domain_message m = {
        .domain = "xn--bcher-kva.de",
        .from = PHASE_CANDIDATE,
        .to = PHASE_PENDING_DELETE,
        .accounts = 4294967295,
        .evidence = {.dns = &no_soa, .status = &no_words, .policy = "strict"},
        .at_s = 1700000000,
    };
#define DOMAIN_JSON(rest)                                                                  \
    "{\"v\":1,\"domain\":\"xn--bcher-kva.de\",\"from\":\"candidate\","                     \
    "\"to\":\"pending_delete\",\"accounts\":4294967295,"                                   \
    "\"evidence\":{\"dns\":{\"outcome\":\"delegated\",\"soa\":null,"                       \
    "\"resolver\":\"192.0.2.53:53\",\"at\":\"2023-11-14T22:13:20Z\"},"                     \
    "\"status\":{\"provider\":\"domainr\",\"tokens\":[],\"http\":200,\"elapsed_ms\":420,"  \
    "\"at\":\"2023-11-14T22:13:21Z\"},\"rdap\":null,\"policy\":\"strict\","                \
    "\"confirmed_since\":null},\"at\":\"2023-11-14T22:13:20Z\"" rest "}"
    check_domain(&m, DOMAIN_JSON(""));
    m.rail = "share";
    check_domain(&m, DOMAIN_JSON(",\"rail\":\"share\""));
}

static void splits_words(void **state)
{
    (void)state;
    struct status_evidence odd = status;
    odd.words = "  a bb   c ";
    struct domain_message m = {
        .domain = "example.com",
        .evidence = {.status = &odd, .policy = "strict"},
    };
    struct buf out = {.len = 0};
    assert_int_equal(message_encode_domain(&m, WIRE_JSON, &out), ST_OK);
    assert_int_equal(buf_append(&out, "", 1), ST_OK);
    assert_non_null(strstr((const char *)out.data, "\"tokens\":[\"a\",\"bb\",\"c\"]"));
    assert_int_equal(message_encode_domain(&m, WIRE_MSGPACK, &out), ST_OK);
    assert_true(holds(&out, BYTES("\xa6tokens\x93\xa1"
                                  "a\xa2"
                                  "bb\xa1"
                                  "c\xa4http")));
    buf_free(&out);
}

/* The first bytes of both, to the letter: a change of library must not change the wire. */
static void keeps_the_bytes(void **state)
{
    (void)state;
    struct unverify_message m = unverify_example();
    m.account = (struct account_id){.text = "300", .len = 3, .is_int = true};
    struct buf out = {.len = 0};
    assert_int_equal(message_encode_unverify(&m, WIRE_MSGPACK, &out), ST_OK);
    static const char head[] = "\x8b\xa1v\x01\xa2id\xb2u-0123456789abcdef\xa7"
                               "account\xcd\x01\x2c\xa5"
                               "email\xb2"
                               "a@mail.example.com\xa6"
                               "domain\xab"
                               "example.com\xa5phase\xa8released";
    assert_true(out.len > sizeof head);
    assert_memory_equal(out.data, head, sizeof head - 1);
    buf_free(&out);
    assert_string_equal(wire_format_content_type(WIRE_MSGPACK), "application/vnd.msgpack");
    assert_string_equal(wire_format_content_type(WIRE_JSON), "application/json");
}

static void survives_bad_text(void **state)
{
    (void)state;
    struct unverify_message m = unverify_example();
    m.email = "a\xff\"\\\n\x01@example.com";
    m.email_len = strlen(m.email);
    struct buf out = {.len = 0};
    assert_int_equal(message_encode_unverify(&m, WIRE_JSON, &out), ST_OK);
    json_t *v = json_loadb((const char *)out.data, out.len, 0, NULL);
    assert_non_null(v);
    assert_string_equal(json_string_value(json_object_get(v, "email")),
                        "a\xef\xbf\xbd\"\\\n\x01@example.com");
    json_decref(v);
    assert_null(memchr(out.data, '\n', out.len));
    buf_free(&out);
}

struct rendering {
    const char *bytes;
    size_t len;
    const char *json; /* NULL: not one value */
};

#define ROW(bytes, json)                                                                   \
    {                                                                                      \
        bytes, sizeof(bytes) - 1, json                                                     \
    }

static const struct rendering renderings[] = {
    ROW("\xc0", "null"),
    ROW("\xc2", "false"),
    ROW("\xc3", "true"),
    ROW("\x07", "7"),
    ROW("\xff", "-1"),
    ROW("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
    ROW("\xd3\x80\0\0\0\0\0\0\0", "-9223372036854775808"),
    ROW("\xca\x3f\x80\0\0", "1.0"),
    ROW("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "0.1"),
    ROW("\xcb\x3f\xd5\x55\x55\x55\x55\x55\x55", "0.3333333333333333"),
    ROW("\xcb\x7e\x37\xe4\x3c\x88\x00\x75\x9c", "1e+300"),
    ROW("\xcb\x80\0\0\0\0\0\0\0", "-0.0"),
    ROW("\xcb\x7f\xf8\0\0\0\0\0\0", "null"),
    ROW("\xcb\x7f\xf0\0\0\0\0\0\0", "null"),
    ROW("\xcb\xff\xf0\0\0\0\0\0\0", "null"),
    ROW("\xa0", "\"\""),
    ROW("\xa5h\xc3\xb6\"\\", "\"h\xc3\xb6\\\"\\\\\""),
    ROW("\xa8\n\r\t\b\f\x01\x1f\x7f", "\"\\n\\r\\t\\b\\f\\u0001\\u001f\x7f\""),
    ROW("\xa3"
        "a\0b",
        "\"a\\u0000b\""),
    ROW("\xa3"
        "a\xff"
        "b",
        "\"a\xef\xbf\xbd"
        "b\""),
    ROW("\xa2\xc3\xc3", "\"\xef\xbf\xbd\xef\xbf\xbd\""),
    ROW("\xc4\0", "\"\""),
    ROW("\xc4\1\xff", "\"/w==\""),
    ROW("\xc4\2\xff\xfe", "\"//4=\""),
    ROW("\xc4\3\0\1\2", "\"AAEC\""),
    ROW("\xc4\6foobar", "\"Zm9vYmFy\""),
    ROW("\xd4\x05x", "{\"ext\":5,\"data\":\"eA==\"}"),
    ROW("\xd6\xff\0\0\0\1", "{\"ext\":-1,\"data\":\"AAAAAQ==\"}"),
    ROW("\x90", "[]"),
    ROW("\x80", "{}"),
    ROW("\x93\x01\x90\x92\x02\x80", "[1,[],[2,{}]]"),
    ROW("\x82\xa1"
        "a\x01\xa1"
        "b\x92\x02\xd4\x01z",
        "{\"a\":1,\"b\":[2,{\"ext\":1,\"data\":\"eg==\"}]}"),
    /* keys */
    ROW("\x83\x07\x01\xc0\x02\xc3\x03", "{\"7\":1,\"null\":2,\"true\":3}"),
    ROW("\x81\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a\x01", "{\"0.1\":1}"),
    ROW("\x81\xc4\1\xff\x01", "{\"\\\"/w==\\\"\":1}"),
    ROW("\x81\x92\x01\x02\x03", "{\"[1,2]\":3}"),
    ROW("\x81\x81\xa1"
        "a\xa1"
        "\"\x03",
        "{\"{\\\"a\\\":\\\"\\\\\\\"\\\"}\":3}"),
    ROW("\x81\x81\x05\x06\x03", "{\"{\\\"5\\\":6}\":3}"),
    ROW("\x81\x80\x03", "{\"{}\":3}"),
    /* none, or not one */
    ROW("", NULL),
    ROW("\xc1", NULL),
    ROW("\xc0\xc0", NULL),
    ROW("\x91", NULL),
    ROW("\x81\x01", NULL),
    ROW("\x81\x91", NULL),
    ROW("\xa2x", NULL),
    ROW("\xdd\x05\xf5\xe1\x00", NULL),
    ROW("\xdf\xff\xff\xff\xff", NULL),
};

static void renders_any_msgpack(void **state)
{
    (void)state;
    struct buf out = {.len = 0};
    for (size_t i = 0; i < ARRAY_LEN(renderings); i++) {
        const struct rendering *r = &renderings[i];
        uint8_t *copy = malloc(r->len > 0 ? r->len : 1);
        assert_non_null(copy);
        memcpy(copy, r->bytes, r->len);
        enum status st = message_to_json(copy, r->len, &out);
        if (st != (r->json != NULL ? ST_OK : ST_MALFORMED))
            fail_msg("row %zu: %s", i, status_text(st));
        check_text(&out, r->json != NULL ? r->json : "");
        free(copy);
    }
    buf_free(&out);
}

static void bounds_renderings(void **state)
{
    (void)state;
    struct buf out = {.len = 0};
    uint8_t data[64];
    memset(data, 0x91, sizeof data);
    for (size_t depth = 30; depth <= 40; depth++) {
        data[depth] = 0xc0;
        assert_int_equal(message_to_json(data, depth + 1, &out),
                         depth <= 32 ? ST_OK : ST_FULL);
        assert_int_equal(out.len, depth <= 32 ? 2 * depth + 4 : 0);
        data[depth] = 0x91;
    }
    /* maps as keys of maps as keys: each level would double the quotes of the one below */
    assert_int_equal(message_to_json((const uint8_t *)"\x81\x81\x80\x01\x02", 5, &out),
                     ST_FULL);
    for (size_t in_key = 10; in_key <= 20; in_key++) { /* 15 arrays, a map, its key */
        memset(data, 0x91, 16 + in_key);
        data[15] = 0x81;
        data[16 + in_key] = data[17 + in_key] = 0xc0;
        assert_int_equal(message_to_json(data, 18 + in_key, &out),
                         in_key <= 16 ? ST_OK : ST_FULL);
    }
    memset(data, 0x81, sizeof data);
    assert_int_equal(message_to_json(data, 64, &out), ST_FULL);
    buf_free(&out);
}

static void writes_json_values(void **state)
{
    (void)state;
    struct buf out = {.len = 0};
    struct json_writer w = json_writer_to(&out);
    json_put_begin(&w, '[');
    json_put_int(&w, INT64_MIN);
    json_put_uint(&w, UINT64_MAX);
    json_put_double(&w, 0.1 + 0.2);
    json_put_double(&w, 5e-324);
    json_put_double(&w, 1e22);
    json_put_double(&w, 123456789.0);
    json_put_double(&w, (double)INFINITY);
    json_put_begin(&w, '{');
    json_put_key(&w, "k", 1);
    json_put_bool(&w, true);
    json_put_key(&w, "l", 1);
    json_put_null(&w);
    json_put_end(&w, '}');
    json_put_end(&w, ']');
    assert_int_equal(w.st, ST_OK);
    check_text(&out,
               "[-9223372036854775808,18446744073709551615,0.30000000000000004,"
               "4.94065645841247e-324,1e+22,123456789.0,null,{\"k\":true,\"l\":null}]");
    buf_free(&out);
}

static void grows_buffers(void **state)
{
    (void)state;
    struct buf b = {.len = 0};
    assert_int_equal(buf_append(&b, NULL, 0), ST_OK);
    assert_null(b.data);
    for (size_t i = 0; i < 1000; i++) {
        char chunk[7];
        memset(chunk, (int)(i & 0x7f), sizeof chunk);
        assert_int_equal(buf_append(&b, chunk, sizeof chunk), ST_OK);
    }
    assert_int_equal(b.len, 7000);
    for (size_t i = 0; i < 7000; i++)
        assert_int_equal(b.data[i], (i / 7) & 0x7f);
    assert_int_equal(buf_append(&b, "x", SIZE_MAX / 2 + 2), ST_NOMEM);
    assert_int_equal(b.len, 7000); /* as it was */
    buf_free(&b);
    assert_null(b.data);
    assert_int_equal(b.cap, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_unverify),
        cmocka_unit_test(writes_what_a_registry_said),
        cmocka_unit_test(writes_accounts_as_they_came),
        cmocka_unit_test(writes_absence_as_nil),
        cmocka_unit_test(writes_domain_messages),
        cmocka_unit_test(splits_words),
        cmocka_unit_test(keeps_the_bytes),
        cmocka_unit_test(survives_bad_text),
        cmocka_unit_test(renders_any_msgpack),
        cmocka_unit_test(bounds_renderings),
        cmocka_unit_test(writes_json_values),
        cmocka_unit_test(grows_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
