#include "proto/wire_writer.h"

#include <msgpack/pack.h>
#include <string.h>

static int sink(void *data, const char *bytes, size_t len)
{
    struct json_writer *w = data;
    if (w->st == ST_OK)
        w->st = buf_append(w->out, bytes, len);
    return w->st == ST_OK ? 0 : -1;
}

static msgpack_packer packer_of(struct wire_writer *w)
{
    msgpack_packer pk;
    msgpack_packer_init(&pk, &w->json, sink);
    return pk;
}

void wire_map(struct wire_writer *w, uint32_t pairs)
{
    msgpack_packer pk = packer_of(w);
    if (w->format == WIRE_JSON)
        json_put_begin(&w->json, '{');
    else
        msgpack_pack_map(&pk, pairs);
}

void wire_map_end(struct wire_writer *w)
{
    if (w->format == WIRE_JSON)
        json_put_end(&w->json, '}');
}

void wire_array(struct wire_writer *w, uint32_t elements)
{
    msgpack_packer pk = packer_of(w);
    if (w->format == WIRE_JSON)
        json_put_begin(&w->json, '[');
    else
        msgpack_pack_array(&pk, elements);
}

void wire_array_end(struct wire_writer *w)
{
    if (w->format == WIRE_JSON)
        json_put_end(&w->json, ']');
}

void wire_key(struct wire_writer *w, const char *key)
{
    if (w->format == WIRE_JSON)
        json_put_key(&w->json, key, strlen(key));
    else
        wire_bytes(w, key, strlen(key));
}

void wire_nil(struct wire_writer *w)
{
    msgpack_packer pk = packer_of(w);
    if (w->format == WIRE_JSON)
        json_put_null(&w->json);
    else
        msgpack_pack_nil(&pk);
}

void wire_bool(struct wire_writer *w, bool v)
{
    msgpack_packer pk = packer_of(w);
    if (w->format == WIRE_JSON)
        json_put_bool(&w->json, v);
    else if (v)
        msgpack_pack_true(&pk);
    else
        msgpack_pack_false(&pk);
}

void wire_int(struct wire_writer *w, int64_t v)
{
    msgpack_packer pk = packer_of(w);
    if (w->format == WIRE_JSON)
        json_put_int(&w->json, v);
    else
        msgpack_pack_int64(&pk, v); /* in the fewest bytes */
}

void wire_uint(struct wire_writer *w, uint64_t v)
{
    msgpack_packer pk = packer_of(w);
    if (w->format == WIRE_JSON)
        json_put_uint(&w->json, v);
    else
        msgpack_pack_uint64(&pk, v);
}

void wire_bytes(struct wire_writer *w, const char *text, size_t len)
{
    msgpack_packer pk = packer_of(w);
    if (w->format == WIRE_JSON) {
        json_put_string(&w->json, text, len);
        return;
    }
    msgpack_pack_str(&pk, len);
    msgpack_pack_str_body(&pk, text, len);
}

void wire_text(struct wire_writer *w, const char *text)
{
    if (text == NULL || text[0] == '\0')
        wire_nil(w);
    else
        wire_bytes(w, text, strlen(text));
}

void wire_time(struct wire_writer *w, int64_t seconds)
{
    char text[RFC3339_SIZE];
    rfc3339_format(seconds, text);
    wire_text(w, text);
}
