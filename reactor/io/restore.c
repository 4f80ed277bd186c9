/* Two readings, one after the other.
 *
 *   1. The newest manifest: which snapshot is complete, from where does the log go on?
 *   2. Its chunks, all of them, in any order among themselves.
 *   3. The first and the last message of the log; then every batch from the manifest's on.
 * That is warm.
 *   4. Batches that another process appends, as they come.
 *   5. restore_finish: which is the newest manifest by now, and the log's last batch? When
 *      that has been read: done.
 *
 * What can go wrong: a chunk is missing, a batch is damaged (its sum is wrong) or of
 * another version, the log has a hole before what the manifest needs: said with its
 * sequence, nothing is taken in and nothing is said, and it is tried again, for the cause
 * may go away (a stream restored from a backup). Guessing would unverify the wrong people.
 *
 * Each batch names the one it was written behind (wal.c), so a batch that was purged before
 * we read it shows as a hole. What was read before a hole, or before another snapshot, may
 * know addresses that have been removed since: it is dropped and read anew.
 *
 * A log that ends before the snapshot was deleted and begun anew, or its server lost the
 * end of it in a power cut. What it says does not follow on the snapshot, so it is left
 * out: the account stream is taken in again from the snapshot's position. */
#include "io/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "core/log_span.h"
#include "io/consumer.h"

#define PROGRESS_MS 2000

enum stage {
    STAGE_NONE,
    STAGE_MANIFEST,
    STAGE_SNAPSHOT,
    STAGE_LOG_SPAN,
    STAGE_LOG,
    STAGE_TAIL,
    STAGE_NEWEST,
    STAGE_LOG_END,
    STAGE_FINISH
};

struct restore {
    uv_loop_t *loop;
    struct js_api *api;
    struct restore_options o;
    struct consumer *consumer;
    struct restored result;
    struct log_span span;
    int64_t manifest_ms; /* when the stream took the manifest; 0: there is none */
    enum stage stage;
    uint32_t chunks;
    uint64_t began, told;
    uint64_t end;              /* STAGE_FINISH: the log's last sequence */
    uint64_t known_generation; /* of the snapshot that an earlier reading had begun with */
    bool has_read, has_batch;  /* facts; a batch of the log */
    bool is_warm;
};

static void fail(struct restore *r, const char *what, const char *detail)
{
    char why[400];
    snprintf(why, sizeof why, "state: %s%s%s", what, *detail ? ": " : "", detail);
    r->stage = STAGE_NONE;
    consumer_reset(r->consumer);
    r->o.failed(r->o.arg, why);
}

static void stale(struct restore *r, const char *why)
{
    r->stage = STAGE_NONE;
    consumer_reset(r->consumer);
    r->o.stale(r->o.arg, why);
}

static bool reads_log(const struct restore *r)
{
    return r->stage >= STAGE_LOG;
}

/* Batches
 * ---------------------------------------------------------------------------------- */

/* false: failed, and told so. */
static bool take_batch(struct restore *r, const uint8_t *data, size_t len, uint64_t seq)
{
    struct fact_reader reader;
    struct fact f;
    char place[100];
    snprintf(place, sizeof place, "%s, sequence %llu",
             reads_log(r) ? r->o.log_stream : r->o.snap_stream, (unsigned long long)seq);
    r->has_read = true;
    enum status st = fact_reader_init(&reader, data, len);
    if (st != ST_OK) {
        fail(r, st == ST_INVALID ? "a batch of another version" : "a damaged batch", place);
        return false;
    }
    while ((st = fact_next(&reader, &f)) == ST_OK) {
        if (r->result.begun_anew)
            continue; /* see the top */
        r->result.facts++;
        if (f.kind == FACT_POSITION)
            r->result.intake = f.u.position;
        else if (f.kind == FACT_MANIFEST)
            continue;
        else if (r->o.fact(r->o.fact_arg, &f) != ST_OK) {
            fail(r, "out of memory", place);
            return false;
        }
    }
    r->result.skipped += reader.skipped;
    if (st != ST_NOT_FOUND)
        fail(r, "a fact that can't be", place);
    return st == ST_NOT_FOUND;
}

static void tell_progress(struct restore *r)
{
    uint64_t now = uv_now(r->loop);
    if (now - r->told < PROGRESS_MS)
        return;
    r->told = now;
    log_info("restore", "progress", LOG_S("stage", reads_log(r) ? "log" : "snapshot"),
             LOG_I("facts", r->result.facts), LOG_I("chunks", r->chunks),
             LOG_I("of", r->result.manifest.chunks));
}

/* The sequence that this batch was written behind. */
static bool follows(const struct restore *r, const struct bus_message *m)
{
    const char *expected = bus_message_header(m, JS_EXPECTED_LAST);
    return expected == NULL || strtoull(expected, NULL, 10) == r->result.log_last;
}

static void finish(struct restore *r)
{
    r->stage = STAGE_NONE;
    consumer_reset(r->consumer);
    r->o.done(r->o.arg, &r->result);
}

static void tell_hole(struct restore *r, uint64_t seq)
{
    char detail[200];
    snprintf(detail, sizeof detail, "%s, between %llu and %llu", r->o.log_stream,
             (unsigned long long)r->result.log_last, (unsigned long long)seq);
    if (r->is_warm)
        stale(r, "the log was purged before all of it was read");
    else
        fail(r, "the log has a hole", detail); /* purged just now? the next try tells */
}

static void take_log_batch(struct restore *r, const struct bus_message *m, uint64_t seq)
{
    if (r->has_batch && !follows(r, m)) {
        tell_hole(r, seq);
        return;
    }
    if (!take_batch(r, bus_message_data(m), bus_message_len(m), seq))
        return;
    r->has_batch = true;
    r->result.log_last = seq;
    r->result.log_bytes += bus_message_len(m);
    if (r->stage == STAGE_FINISH && seq >= r->end)
        finish(r);
}

static void on_message(void *arg, struct bus_message *m, const struct consumer_mark *mark)
{
    struct restore *r = arg;
    if (r->stage == STAGE_SNAPSHOT)
        r->chunks += take_batch(r, bus_message_data(m), bus_message_len(m), mark->seq);
    else if (reads_log(r))
        take_log_batch(r, m, mark->seq);
    if (r->stage == STAGE_SNAPSHOT || r->stage == STAGE_LOG)
        tell_progress(r);
    bus_message_free(m);
}

static size_t room(void *arg)
{
    (void)arg;
    return SIZE_MAX / 2; /* each batch is taken in as it comes */
}

static uint64_t first_needed(const struct restore *r)
{
    return r->result.manifest.log_from > 0 ? r->result.manifest.log_from : 1;
}

/* Stages
 * ----------------------------------------------------------------------------------- */

static void tail_log(struct restore *r, uint64_t from)
{
    r->stage = STAGE_LOG;
    consumer_read(r->consumer, r->o.log_stream, r->o.log_subject, from, true);
}

static void judge_log(struct restore *r)
{
    char detail[200];
    uint64_t from = first_needed(r);
    switch (log_span_judge(&r->span, from)) {
    case LOG_GOES_ON:
        break;
    case LOG_BEGUN_ANEW:
        log_warn("restore", "log_begun_anew", LOG_I("last", r->span.last),
                 LOG_I("from", from),
                 LOG_S("what", "events behind the snapshot are taken in again"));
        r->result.begun_anew = true;
        from = 1;
        break;
    case LOG_LOST_BEGINNING:
        snprintf(detail, sizeof detail,
                 "%s begins at %llu and is needed from %llu; is its snapshot in %s gone?",
                 r->o.log_stream, (unsigned long long)r->span.first,
                 (unsigned long long)from, r->o.snap_stream);
        fail(r, "the log has lost its beginning", detail);
        return;
    }
    r->result.log_last = from - 1;
    r->has_batch = false;
    tail_log(r, from);
}

static void get_message(struct restore *r, const char *stream, json_t *request,
                        js_api_fn fn, const char *what)
{
    if (js_api_get(r->api, stream, request, fn, r) != ST_OK)
        fail(r, what, "the request could not be sent");
}

/* The message of a reply. NULL: there is none, or failed and told so (no stage). */
static const json_t *got_message(struct restore *r, const json_t *reply, const char *what)
{
    const char *description = "no answer";
    int error = reply != NULL ? js_api_error(reply, &description) : -1;
    if (error == 0)
        return json_object_get(reply, "message");
    if (error != JS_ERR_MESSAGE_NOT_FOUND)
        fail(r, what, description);
    return NULL;
}

/* When its stream took it, milliseconds since 1970; 0: it does not say. */
static int64_t time_of(const json_t *message)
{
    const json_t *text = json_object_get(message, "time");
    int64_t ms = 0;
    return json_is_string(text) &&
                   rfc3339_parse(json_string_value(text), json_string_length(text), &ms)
               ? ms
               : 0;
}

static const char looking_for_log[] = "looking for the log";

static void on_first_of_log(void *arg, const json_t *reply)
{
    struct restore *r = arg;
    const json_t *m = got_message(r, reply, looking_for_log);
    if (r->stage != STAGE_LOG_SPAN)
        return;
    const char *headers = json_string_value(json_object_get(m, "hdrs"));
    r->span.first = (uint64_t)json_integer_value(json_object_get(m, "seq"));
    if (headers == NULL ||
        !js_api_headers_number(headers, JS_EXPECTED_LAST, &r->span.follows))
        r->span.follows = r->span.first - 1; /* not ours; reading it will tell */
    r->span.is_younger = time_of(m) > r->manifest_ms;
    judge_log(r);
}

static void on_last_of_log(void *arg, const json_t *reply)
{
    struct restore *r = arg;
    const json_t *m = got_message(r, reply, looking_for_log);
    if (r->stage != STAGE_LOG_SPAN)
        return;
    r->span =
        (struct log_span){.last = (uint64_t)json_integer_value(json_object_get(m, "seq"))};
    if (r->span.last == 0 || r->span.last + 1 < first_needed(r))
        judge_log(r);
    else
        get_message(r, r->o.log_stream,
                    json_pack("{s:i, s:s}", "seq", 1, "next_by_subj", r->o.log_subject),
                    on_first_of_log, looking_for_log);
}

/* The log that is there, against the one that the snapshot knew. */
static void read_log(struct restore *r)
{
    r->stage = STAGE_LOG_SPAN;
    get_message(r, r->o.log_stream, json_pack("{s:s}", "last_by_subj", r->o.log_subject),
                on_last_of_log, looking_for_log);
}

static void on_caught_up(void *arg)
{
    struct restore *r = arg;
    if (r->stage == STAGE_SNAPSHOT) {
        if (r->chunks != r->result.manifest.chunks) {
            char detail[80];
            snprintf(detail, sizeof detail, "%u of %u chunks are there", r->chunks,
                     r->result.manifest.chunks);
            fail(r, "the snapshot is not complete", detail);
            return;
        }
        read_log(r);
    } else if (r->stage == STAGE_LOG) {
        r->stage = STAGE_TAIL;
        if (!r->is_warm)
            log_info("restore", "read", LOG_I("facts", r->result.facts),
                     LOG_I("chunks", r->chunks), LOG_I("log_last", r->result.log_last),
                     LOG_I("position", r->result.intake.sequence),
                     LOG_I("ms", uv_now(r->loop) - r->began));
        r->is_warm = true;
        r->o.warm(r->o.arg);
    }
}

static void on_reader_failed(void *arg, const char *why)
{
    fail(arg, "it can't be read", why);
}

static void read_snapshot(struct restore *r)
{
    char filter[200];
    r->stage = STAGE_SNAPSHOT;
    snprintf(filter, sizeof filter, "%s.%llu.*", r->o.snap_prefix,
             (unsigned long long)r->result.manifest.generation);
    consumer_read(r->consumer, r->o.snap_stream, filter, 1, false);
}

/* The manifest is a batch of one fact. */
static bool take_manifest(struct restore *r, const json_t *reply)
{
    uint8_t data[512];
    struct fact_reader reader;
    struct fact f;
    size_t len = js_api_message(reply, &r->result.manifest_seq, data, sizeof data);
    if (fact_reader_init(&reader, data, len) != ST_OK || fact_next(&reader, &f) != ST_OK ||
        f.kind != FACT_MANIFEST)
        return false;
    r->result.manifest = f.u.manifest;
    r->result.intake =
        (struct fact_position){.sequence = f.u.manifest.position,
                               .stream = f.u.manifest.position_stream,
                               .letters_behind = f.u.manifest.letters_behind};
    return true;
}

static const char looking_for_snapshot[] = "looking for a snapshot";

static void on_manifest(void *arg, const json_t *reply)
{
    struct restore *r = arg;
    const json_t *m = got_message(r, reply, looking_for_snapshot);
    if (r->stage != STAGE_MANIFEST)
        return;
    r->manifest_ms = m != NULL ? time_of(m) : 0;
    if (m != NULL && !take_manifest(r, reply))
        fail(r, "the snapshot's manifest can't be read", r->o.snap_stream);
    else if (r->has_read && r->result.manifest.generation != r->known_generation)
        stale(r, "another snapshot was written meanwhile");
    else if (m != NULL)
        read_snapshot(r);
    else
        read_log(r); /* no snapshot yet */
}

static void ask_for_manifest(struct restore *r, js_api_fn fn)
{
    char manifest[200];
    snprintf(manifest, sizeof manifest, "%s.manifest", r->o.snap_prefix);
    get_message(r, r->o.snap_stream, json_pack("{s:s}", "last_by_subj", manifest), fn,
                looking_for_snapshot);
}

void restore_begin(struct restore *r)
{
    if (r->is_warm) {
        tail_log(r, r->result.log_last + 1);
        return;
    }
    r->known_generation = r->result.manifest.generation;
    memset(&r->result, 0, sizeof r->result);
    r->chunks = 0;
    r->manifest_ms = 0;
    r->stage = STAGE_MANIFEST;
    r->began = r->told = uv_now(r->loop);
    ask_for_manifest(r, on_manifest);
}

/* The log's last message may be one that the server has and we have not read yet. */
static void on_log_end(void *arg, const json_t *reply)
{
    struct restore *r = arg;
    const json_t *m = got_message(r, reply, looking_for_log);
    if (r->stage != STAGE_LOG_END)
        return;
    r->end = (uint64_t)json_integer_value(json_object_get(m, "seq"));
    r->stage = STAGE_FINISH;
    if (r->end != 0 && r->end < r->result.log_last)
        stale(r, "the log was made anew");
    else if (r->end <= r->result.log_last)
        finish(r);
}

/* The next manifest is written behind the newest, which may be of another process. */
static void on_newest_manifest(void *arg, const json_t *reply)
{
    struct restore *r = arg;
    const json_t *m = got_message(r, reply, looking_for_snapshot);
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(m, "seq"));
    if (r->stage != STAGE_NEWEST)
        return;
    if (r->result.begun_anew && seq != r->result.manifest_seq) {
        stale(r, "the log was begun anew, and another snapshot written");
        return;
    }
    r->result.manifest_seq = seq;
    r->stage = STAGE_LOG_END;
    get_message(r, r->o.log_stream, json_pack("{s:s}", "last_by_subj", r->o.log_subject),
                on_log_end, looking_for_log);
}

void restore_finish(struct restore *r)
{
    if (r->stage != STAGE_TAIL)
        return;
    r->stage = STAGE_NEWEST;
    ask_for_manifest(r, on_newest_manifest);
}

void restore_reset(struct restore *r)
{
    r->stage = STAGE_NONE;
    consumer_reset(r->consumer);
}

enum status restore_new(uv_loop_t *loop, struct bus *bus, struct js_api *api,
                        const struct restore_options *o, struct restore **out)
{
    struct restore *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ST_NOMEM;
    r->loop = loop;
    r->api = api;
    r->o = *o;
    const struct consumer_options c = {.inbox = 'r',
                                       .message = on_message,
                                       .room = room,
                                       .caught_up = on_caught_up,
                                       .failed = on_reader_failed,
                                       .arg = r};
    enum status st = consumer_new(loop, bus, api, &c, &r->consumer);
    if (st != ST_OK) {
        free(r);
        return st;
    }
    *out = r;
    return ST_OK;
}

void restore_close(struct restore *r, void (*closed)(void *arg), void *arg)
{
    if (r == NULL) {
        closed(arg);
        return;
    }
    consumer_close(r->consumer, closed, arg);
    free(r);
}
