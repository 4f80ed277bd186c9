/* Test input is written as JSON and turned into msgpack here, so that each case is run in
 * both formats. */
#ifndef UVD_TESTS_MSGPACK_OF_H
#define UVD_TESTS_MSGPACK_OF_H

#include <jansson.h>
#include <msgpack/pack.h>
#include <msgpack/sbuffer.h>

#include "unit/unit.h"

static void pack_json(msgpack_packer *pk, json_t *v)
{
    const char *key;
    json_t *child;
    size_t i;
    switch (json_typeof(v)) {
    case JSON_OBJECT:
        msgpack_pack_map(pk, json_object_size(v));
        json_object_foreach(v, key, child)
        {
            msgpack_pack_str_with_body(pk, key, strlen(key));
            pack_json(pk, child);
        }
        break;
    case JSON_ARRAY:
        msgpack_pack_array(pk, json_array_size(v));
        json_array_foreach(v, i, child) pack_json(pk, child);
        break;
    case JSON_STRING:
        msgpack_pack_str_with_body(pk, json_string_value(v), json_string_length(v));
        break;
    case JSON_INTEGER:
        msgpack_pack_int64(pk, json_integer_value(v));
        break;
    case JSON_REAL:
        msgpack_pack_double(pk, json_real_value(v));
        break;
    case JSON_TRUE:
        msgpack_pack_true(pk);
        break;
    case JSON_FALSE:
        msgpack_pack_false(pk);
        break;
    case JSON_NULL:
        msgpack_pack_nil(pk);
        break;
    }
}

/* `out` is initialised here; destroy it with msgpack_sbuffer_destroy. */
static void msgpack_of(const char *json, msgpack_sbuffer *out)
{
    json_error_t error = {.line = 0};
    msgpack_sbuffer_init(out);
    json_t *v = json_loads(json, JSON_ALLOW_NUL | JSON_DECODE_ANY, &error);
    if (v == NULL) {
        fail_msg("the test's JSON is none: %s: %s", error.text, json);
        return;
    }
    msgpack_packer pk;
    msgpack_packer_init(&pk, out, msgpack_sbuffer_write);
    pack_json(&pk, v);
    json_decref(v);
}

#endif
