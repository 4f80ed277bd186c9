/* A small hand for the bus: publish lines, count a stream, read it. So that neither the
 * demo nor a measurement needs another client installed.
 *
 *   bus_tool [--server URL] publish [--msg-id PREFIX]   lines of `subject<TAB>payload`
 *   bus_tool [--server URL] counts STREAM               `count<TAB>subject` lines
 *   bus_tool [--server URL] read STREAM SUBJECT [--limit N] [--fields a,b.c]
 *   bus_tool [--server URL] body STREAM SUBJECT N       bytes of the Nth message, from 1
 *
 * The server is --server, else NATS_URL, else nats://127.0.0.1:4222; NATS_CREDS, NATS_USER,
 * NATS_PASSWORD, NATS_TOKEN and NATS_CA are honoured. Exit codes: 0 done, 1 failed (one
 * line says why), 2 usage, 3 no such stream. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <nats/nats.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/message.h"

#define EXIT_USAGE 2
#define EXIT_NO_STREAM 3

/* Enough to keep the server busy; small enough that a slow disk doesn't run into the
 * acknowledgement time limit. */
#define PUBLISH_WINDOW 2000
#define PUBLISH_STALL_MS 30000
#define READ_TIMEOUT_MS 10000
#define READ_BATCH 500

#define FIELDS_MAX 16

struct options {
    const char *server;
    const char *msg_id_prefix;
    char *fields[FIELDS_MAX];
    size_t n_fields;
    uint64_t limit; /* 0: all */
};

static int fail(const char *what, natsStatus s)
{
    fprintf(stderr, "bus_tool: %s: %s\n", what, natsStatus_GetText(s));
    return EXIT_FAILURE;
}

static const char *env(const char *name)
{
    const char *v = getenv(name);
    return v != NULL && *v != '\0' ? v : NULL;
}

static natsStatus connect_bus(const char *server, natsConnection **nc)
{
    natsOptions *opts = NULL;
    natsStatus s = natsOptions_Create(&opts);
    const char *url = server != NULL ? server : env("NATS_URL");
    if (s == NATS_OK)
        s = natsOptions_SetURL(opts, url != NULL ? url : "nats://127.0.0.1:4222");
    if (s == NATS_OK)
        s = natsOptions_SetName(opts, "bus_tool");
    if (s == NATS_OK && env("NATS_CREDS") != NULL)
        s = natsOptions_SetUserCredentialsFromFiles(opts, env("NATS_CREDS"), NULL);
    if (s == NATS_OK && env("NATS_USER") != NULL)
        s = natsOptions_SetUserInfo(opts, env("NATS_USER"), env("NATS_PASSWORD"));
    if (s == NATS_OK && env("NATS_TOKEN") != NULL)
        s = natsOptions_SetToken(opts, env("NATS_TOKEN"));
    if (s == NATS_OK && env("NATS_CA") != NULL)
        s = natsOptions_LoadCATrustedCertificates(opts, env("NATS_CA"));
    if (s == NATS_OK)
        s = natsConnection_Connect(nc, opts);
    natsOptions_Destroy(opts);
    return s;
}

/* publish ------------------------------------------------------------------------------ */

static atomic_uint_fast64_t publish_failures;

/* Runs on a thread of the library, so it only counts. */
static void on_publish_error(jsCtx *js, jsPubAckErr *err, void *arg)
{
    (void)js;
    (void)arg;
    if (atomic_fetch_add(&publish_failures, 1) == 0)
        fprintf(stderr, "bus_tool: first refused publish: %s\n",
                err->ErrText != NULL ? err->ErrText : natsStatus_GetText(err->Err));
}

static natsStatus publish_line(jsCtx *js, const struct options *o, char *line, size_t len,
                               uint64_t number)
{
    char *tab = memchr(line, '\t', len);
    if (tab == NULL)
        return NATS_INVALID_ARG;
    *tab = '\0';
    const char *payload = tab + 1;
    natsMsg *msg = NULL;
    natsStatus s =
        natsMsg_Create(&msg, line, NULL, payload, (int)(len - (size_t)(payload - line)));
    if (s == NATS_OK && o->msg_id_prefix != NULL) {
        char id[160];
        snprintf(id, sizeof id, "%s-%" PRIu64, o->msg_id_prefix, number);
        s = natsMsgHeader_Set(msg, "Nats-Msg-Id", id);
    }
    if (s == NATS_OK)
        s = natsMsgHeader_Set(msg, "Content-Type", "application/json");
    if (s == NATS_OK)
        s = js_PublishMsgAsync(js, &msg, NULL);
    natsMsg_Destroy(msg); /* NULL when the library took it */
    return s;
}

static int publish(natsConnection *nc, const struct options *o)
{
    jsOptions jo;
    jsOptions_Init(&jo);
    jo.PublishAsync.MaxPending = PUBLISH_WINDOW;
    jo.PublishAsync.StallWait = PUBLISH_STALL_MS;
    jo.PublishAsync.ErrHandler = on_publish_error;
    jsCtx *js = NULL;
    natsStatus s = natsConnection_JetStream(&js, nc, &jo);
    char *line = NULL;
    size_t size = 0;
    uint64_t n = 0;
    ssize_t len;
    while (s == NATS_OK && (len = getline(&line, &size, stdin)) > 0) {
        if (line[len - 1] == '\n')
            line[--len] = '\0';
        if (len == 0)
            continue;
        s = publish_line(js, o, line, (size_t)len, ++n);
    }
    free(line);
    if (s == NATS_OK)
        s = js_PublishAsyncComplete(js, NULL);
    jsCtx_Destroy(js);
    if (s == NATS_INVALID_ARG) {
        fprintf(stderr, "bus_tool: line %" PRIu64 " is not `subject<TAB>payload`\n", n);
        return EXIT_FAILURE;
    }
    if (s != NATS_OK)
        return fail("publish", s);
    uint64_t refused = atomic_load(&publish_failures);
    printf("%" PRIu64 "\n", n - refused);
    return refused == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* counts ------------------------------------------------------------------------------- */

/* Stream information with the number of messages of each subject below `filter`. */
static natsStatus stream_info(jsCtx *js, const char *stream, const char *filter,
                              jsStreamInfo **si)
{
    jsOptions jo;
    jsOptions_Init(&jo);
    jo.Stream.Info.SubjectsFilter = filter;
    return js_GetStreamInfo(si, js, stream, &jo, NULL);
}

static uint64_t messages_of(const jsStreamInfo *si)
{
    uint64_t n = 0;
    const jsStreamStateSubjects *subjects = si->State.Subjects;
    for (int i = 0; subjects != NULL && i < subjects->Count; i++)
        n += subjects->List[i].Msgs;
    return n;
}

static int counts(jsCtx *js, const char *stream)
{
    jsStreamInfo *si = NULL;
    natsStatus s = stream_info(js, stream, ">", &si);
    if (s == NATS_NOT_FOUND)
        return EXIT_NO_STREAM;
    if (s != NATS_OK)
        return fail(stream, s);
    const jsStreamStateSubjects *subjects = si->State.Subjects;
    for (int i = 0; subjects != NULL && i < subjects->Count; i++)
        printf("%" PRIu64 "\t%s\n", subjects->List[i].Msgs, subjects->List[i].Subject);
    jsStreamInfo_Destroy(si);
    return EXIT_SUCCESS;
}

/* read --------------------------------------------------------------------------------- */

static void print_clean(const char *text)
{
    for (; *text != '\0'; text++)
        putchar(*text == '\t' || *text == '\n' ? ' ' : *text);
}

static void print_field(const json_t *map, char *path)
{
    const json_t *v = map;
    char *rest = NULL;
    char copy[128];
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key = strtok_r(copy, ".", &rest); key != NULL;
         key = strtok_r(NULL, ".", &rest))
        v = json_object_get(v, key);
    if (json_is_string(v)) {
        print_clean(json_string_value(v));
    } else if (v == NULL || json_is_null(v)) {
        putchar('-');
    } else {
        char *text = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
        print_clean(text != NULL ? text : "?");
        free(text);
    }
}

/* One line: the chosen fields, or the subject and the whole message as JSON. */
static bool print_message(natsMsg *msg, struct options *o)
{
    struct buf json = {0};
    const char *type = NULL;
    const uint8_t *data = (const uint8_t *)natsMsg_GetData(msg);
    size_t len = (size_t)natsMsg_GetDataLength(msg);
    bool is_json = natsMsgHeader_Get(msg, "Content-Type", &type) == NATS_OK &&
                   strstr(type, "json") != NULL;
    enum status st =
        is_json ? buf_append(&json, data, len) : message_to_json(data, len, &json);
    if (st != ST_OK) {
        fprintf(stderr, "bus_tool: a message on %s: %s\n", natsMsg_GetSubject(msg),
                status_text(st));
        buf_free(&json);
        return false;
    }
    if (o->n_fields == 0) {
        printf("%s\t%.*s\n", natsMsg_GetSubject(msg), (int)json.len, (char *)json.data);
        buf_free(&json);
        return true;
    }
    json_t *map = json_loadb((char *)json.data, json.len, JSON_ALLOW_NUL, NULL);
    buf_free(&json);
    for (size_t i = 0; i < o->n_fields; i++) {
        if (i > 0)
            putchar('\t');
        print_field(map, o->fields[i]);
    }
    putchar('\n');
    bool ok = map != NULL;
    json_decref(map);
    return ok;
}

/* Hand the first `limit` (0: all there are now) messages to `use`. */
static int each_message(jsCtx *js, const char *stream, const char *subject, uint64_t limit,
                        bool (*use)(natsMsg *msg, uint64_t n, struct options *o),
                        struct options *o)
{
    /* The number is asked first: a stream that still grows has no other end. */
    jsStreamInfo *si = NULL;
    natsStatus s = stream_info(js, stream, subject, &si);
    if (s == NATS_NOT_FOUND)
        return EXIT_NO_STREAM;
    if (s != NATS_OK)
        return fail(stream, s);
    uint64_t n = messages_of(si);
    jsStreamInfo_Destroy(si);
    if (limit > 0 && n > limit)
        n = limit;
    if (n == 0)
        return EXIT_SUCCESS;

    /* Pulled, in batches that never exceed what is wanted: libnats 3.4 may crash when a
     * subscription goes while the server still sends to it. */
    jsSubOptions so;
    jsSubOptions_Init(&so);
    so.Stream = stream;
    so.Config.AckPolicy = js_AckNone;
    natsSubscription *sub = NULL;
    s = js_PullSubscribe(&sub, js, subject, NULL, NULL, &so, NULL);
    bool ok = true;
    for (uint64_t i = 0; s == NATS_OK && i < n;) {
        natsMsgList list = {0};
        int batch = (int)(n - i < READ_BATCH ? n - i : READ_BATCH);
        s = natsSubscription_Fetch(&list, sub, batch, READ_TIMEOUT_MS, NULL);
        for (int k = 0; s == NATS_OK && k < list.Count; k++)
            ok = use(list.Msgs[k], ++i, o) && ok;
        natsMsgList_Destroy(&list);
    }
    natsSubscription_Destroy(sub);
    if (s != NATS_OK)
        return fail("read", s);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool use_print(natsMsg *msg, uint64_t n, struct options *o)
{
    (void)n;
    return print_message(msg, o);
}

static bool use_body(natsMsg *msg, uint64_t n, struct options *o)
{
    size_t len = (size_t)natsMsg_GetDataLength(msg);
    return n != o->limit || fwrite(natsMsg_GetData(msg), 1, len, stdout) == len;
}

/* ---------------------------------------------------------------------------------------
 */

static int usage(void)
{
    fputs(
        "usage: bus_tool [--server URL] publish [--msg-id PREFIX]\n"
        "       bus_tool [--server URL] counts STREAM\n"
        "       bus_tool [--server URL] read STREAM SUBJECT [--limit N] [--fields A,B.C]\n"
        "       bus_tool [--server URL] body STREAM SUBJECT N\n",
        stderr);
    return EXIT_USAGE;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

/* Options may stand anywhere; what is left is moved to the front of argv. -1: usage. */
static int read_options(int argc, char **argv, struct options *o)
{
    int n = 0;
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        if (strncmp(name, "--", 2) != 0) {
            argv[n++] = argv[i];
            continue;
        }
        if (++i == argc)
            return -1;
        char *rest = NULL;
        if (strcmp(name, "--server") == 0) {
            o->server = argv[i];
        } else if (strcmp(name, "--msg-id") == 0) {
            o->msg_id_prefix = argv[i];
        } else if (strcmp(name, "--limit") == 0) {
            if (!read_number(argv[i], &o->limit))
                return -1;
        } else if (strcmp(name, "--fields") == 0) {
            for (char *f = strtok_r(argv[i], ",", &rest);
                 f != NULL && o->n_fields < FIELDS_MAX; f = strtok_r(NULL, ",", &rest))
                o->fields[o->n_fields++] = f;
        } else {
            return -1;
        }
    }
    return n;
}

int main(int argc, char **argv)
{
    struct options o = {0};
    int n = read_options(argc, argv, &o);
    bool is_publish = n == 1 && strcmp(argv[0], "publish") == 0;
    bool is_counts = n == 2 && strcmp(argv[0], "counts") == 0;
    bool is_read = n == 3 && strcmp(argv[0], "read") == 0;
    bool is_body = n == 4 && strcmp(argv[0], "body") == 0 && read_number(argv[3], &o.limit);
    if (!is_publish && !is_counts && !is_read && !is_body)
        return usage();

    natsConnection *nc = NULL;
    natsStatus s = connect_bus(o.server, &nc);
    if (s != NATS_OK)
        return fail("connect", s);
    jsCtx *js = NULL;
    int rc;
    s = natsConnection_JetStream(&js, nc, NULL);
    if (s != NATS_OK)
        rc = fail("JetStream", s);
    else if (is_publish)
        rc = publish(nc, &o);
    else if (is_counts)
        rc = counts(js, argv[1]);
    else
        rc =
            each_message(js, argv[1], argv[2], o.limit, is_body ? use_body : use_print, &o);
    jsCtx_Destroy(js);
    natsConnection_Destroy(nc);
    nats_Close();
    return rc;
}
