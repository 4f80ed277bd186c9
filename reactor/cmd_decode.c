#include "cmd_decode.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>
#include <yajl/yajl_parse.h>

#include "proto/fact.h"
#include "proto/message.h"

#define INPUT_MAX_BYTES ((size_t)64 * 1024 * 1024)
#define CHUNK_BYTES ((size_t)64 * 1024)

static int fail(FILE *err, const char *why)
{
    fprintf(err, "unverifyd decode: %s\n", why);
    return 1;
}

/* NULL on success, else what is wrong. */
static const char *read_input(FILE *in, uint8_t **data, size_t *len)
{
    size_t room = 0;
    for (;;) {
        if (*len == room) {
            if (room > INPUT_MAX_BYTES)
                return "the input is longer than 64 MiB";
            room = room == 0 ? CHUNK_BYTES : room * 2;
            uint8_t *more = realloc(*data, room);
            if (more == NULL)
                return "out of memory";
            *data = more;
        }
        size_t got = fread(*data + *len, 1, room - *len, in);
        *len += got;
        if (got == 0)
            break;
    }
    if (ferror(in))
        return "the input cannot be read";
    if (*len > INPUT_MAX_BYTES)
        return "the input is longer than 64 MiB";
    return *len > 0 ? NULL : "the input is empty";
}

/* JSON straight from the parser to the generator: strings and numbers go through as they
 * are, whatever their size. The generator refuses nesting past its own limit of 128. */
static int on_null(void *gen)
{
    return yajl_gen_null(gen) == yajl_gen_status_ok;
}

static int on_boolean(void *gen, int value)
{
    return yajl_gen_bool(gen, value) == yajl_gen_status_ok;
}

static int on_number(void *gen, const char *text, size_t len)
{
    return yajl_gen_number(gen, text, len) == yajl_gen_status_ok;
}

static int on_string(void *gen, const unsigned char *text, size_t len)
{
    return yajl_gen_string(gen, text, len) == yajl_gen_status_ok;
}

static int on_map_open(void *gen)
{
    return yajl_gen_map_open(gen) == yajl_gen_status_ok;
}

static int on_map_close(void *gen)
{
    return yajl_gen_map_close(gen) == yajl_gen_status_ok;
}

static int on_array_open(void *gen)
{
    return yajl_gen_array_open(gen) == yajl_gen_status_ok;
}

static int on_array_close(void *gen)
{
    return yajl_gen_array_close(gen) == yajl_gen_status_ok;
}

static enum status json_to_line(const uint8_t *data, size_t len, struct buf *out)
{
    static const yajl_callbacks callbacks = {.yajl_null = on_null,
                                             .yajl_boolean = on_boolean,
                                             .yajl_number = on_number,
                                             .yajl_string = on_string,
                                             .yajl_start_map = on_map_open,
                                             .yajl_map_key = on_string,
                                             .yajl_end_map = on_map_close,
                                             .yajl_start_array = on_array_open,
                                             .yajl_end_array = on_array_close};
    enum status st = ST_NOMEM;
    const unsigned char *text;
    size_t text_len;
    yajl_gen gen = yajl_gen_alloc(NULL);
    yajl_handle parser = gen != NULL ? yajl_alloc(&callbacks, NULL, gen) : NULL;
    if (parser == NULL)
        goto done;
    st = ST_MALFORMED;
    if (yajl_parse(parser, data, len) != yajl_status_ok ||
        yajl_complete_parse(parser) != yajl_status_ok)
        goto done;
    yajl_gen_get_buf(gen, &text, &text_len);
    st = text_len > 0 ? buf_append(out, text, text_len) : ST_MALFORMED;
done:
    if (parser != NULL)
        yajl_free(parser);
    if (gen != NULL)
        yajl_gen_free(gen);
    return st;
}

/* In msgpack these bytes are small integers, which no message of ours is. */
static bool is_json(uint8_t first)
{
    return first == '{' || first == '[' || strchr(" \t\r\n", first) != NULL;
}

/* `not_one` says what ST_MALFORMED means for this input. */
static enum status to_line(const uint8_t *data, size_t len, struct buf *line,
                           const char **not_one)
{
    if (fact_is_batch(data, len)) {
        *not_one = "the input is a damaged batch of facts";
        return fact_batch_to_json(data, len, line);
    }
    if (data[0] != 0 && is_json(data[0])) {
        *not_one = "the input is not valid JSON";
        return json_to_line(data, len, line);
    }
    *not_one = "the input is not one msgpack message";
    return message_to_json(data, len, line);
}

int cmd_decode_run(FILE *in, FILE *out, FILE *err)
{
    struct buf line = {.data = NULL};
    uint8_t *data = NULL;
    size_t len = 0;
    int code = 0;
    const char *fault = read_input(in, &data, &len);
    if (fault != NULL) {
        code = fail(err, fault);
        goto done;
    }
    const char *not_one = NULL;
    enum status st = to_line(data, len, &line, &not_one);
    if (st == ST_MALFORMED)
        code = fail(err, not_one);
    else if (st == ST_INVALID)
        code = fail(err, "the batch of facts is of another version of the format");
    else if (st != ST_OK)
        code = fail(err, status_text(st));
    else if (buf_append(&line, "\n", 1) != ST_OK)
        code = fail(err, status_text(ST_NOMEM));
    else if (fwrite(line.data, 1, line.len, out) != line.len || fflush(out) != 0)
        code = fail(err, "the output cannot be written");
done:
    buf_free(&line);
    free(data);
    return code;
}
