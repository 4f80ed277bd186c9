/* A snapshot.
 *
 *   1. Chunks of some 200 kB, one a turn, a few of them unconfirmed at a time.
 *   2. When the last is confirmed, and the log has all the facts the chunks knew: are all
 * of them there? Then the manifest, which must follow on the last one this process has read
 * or written (wal.c).
 *   3. When that is confirmed: the log is purged up to where the manifest says, and
 *      everything older than the first chunk is purged from the stream of snapshots.
 *
 * What can go wrong:
 *   - the process ends before the manifest is there, and the chunks are never read; the
 * next snapshot's purge takes them away;
 *   - the stream was deleted meanwhile, or drops what is old: chunks are missing. There is
 *     no manifest without all of them; a new snapshot is begun later;
 *   - somebody else has written a manifest (this process was paused): ours is refused, and
 *     nothing is purged. The log will say who its owner is;
 *   - a purge fails: more is left than is needed, which is read over. */
#include "io/snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"

#define CHUNK_BYTES ((size_t)200 * 1024)
#define CHUNKS_OUT 4U

enum stage { SNAP_IDLE, SNAP_CHUNKS, SNAP_DURABLE, SNAP_COUNT, SNAP_MANIFEST, SNAP_PURGE };

struct chunk {
    struct buf data;
    char subject[200];
    bool out;
};

struct snapshot {
    struct publisher *publisher;
    struct js_api *api;
    struct snapshot_options o;
    struct wal *manifests;
    char manifest_subject[200];
    struct buf batch; /* the manifest's */
    struct chunk chunks[CHUNKS_OUT];
    struct fact_manifest manifest;
    uint64_t needs;          /* ticket whose batch must be durable before the manifest */
    bool read_all, has_left; /* has_left: a purge did not succeed */
    enum stage stage;
    struct snapshot_stats stats;
    void (*closed)(void *);
    void *closed_arg;
};

void snapshot_begin(struct snapshot *s, uint64_t generation, uint64_t log_from,
                    const struct fact_position *intake)
{
    if (s->stage != SNAP_IDLE)
        return;
    s->manifest = (struct fact_manifest){.generation = generation,
                                         .log_from = log_from,
                                         .position = intake->sequence,
                                         .position_stream = intake->stream,
                                         .letters_behind = intake->letters_behind};
    s->o.begin(s->o.arg);
    s->read_all = s->has_left = false;
    s->stage = SNAP_CHUNKS;
}

bool snapshot_is_busy(const struct snapshot *s)
{
    return s->stage != SNAP_IDLE;
}

static uint32_t chunks_out(const struct snapshot *s)
{
    uint32_t n = 0;
    for (size_t i = 0; i < CHUNKS_OUT; i++)
        n += s->chunks[i].out;
    return n;
}

static void abandon(struct snapshot *s, const char *why)
{
    log_error("snapshot", "abandoned", LOG_S("why", why));
    s->stage = SNAP_IDLE; /* its chunks are never read without a manifest */
    s->o.failed(s->o.failed_arg);
}

static void send_chunk(struct snapshot *s, uint32_t i)
{
    struct chunk *c = &s->chunks[i];
    const struct outgoing m = {.subject = c->subject,
                               .headers = {{"Nats-Msg-Id", c->subject}}, /* unique, too */
                               .n_headers = 1,
                               .data = c->data.data,
                               .len = c->data.len};
    /* Room for a handful of messages is kept in the publisher's window: see feed.c. */
    MUST(publisher_send(s->publisher, SNAPSHOT_TOKEN | i, &m) == ST_OK);
    c->out = true;
    s->stats.bytes += c->data.len;
}

static void next_chunk(struct snapshot *s, uint64_t ticket)
{
    uint32_t i = 0;
    enum status st;
    while (i < CHUNKS_OUT && s->chunks[i].out)
        i++;
    if (i == CHUNKS_OUT || s->read_all)
        return;
    struct chunk *c = &s->chunks[i];
    st = fact_batch_begin(&c->data);
    if (st == ST_OK)
        s->read_all = s->o.chunk(s->o.arg, CHUNK_BYTES, &c->data, &st);
    if (st == ST_OK)
        st = fact_batch_end(&c->data);
    if (st != ST_OK) {
        abandon(s, status_text(st));
        return;
    }
    s->needs = ticket;
    snprintf(c->subject, sizeof c->subject, "%s.%llu.%u", s->o.snap_prefix,
             (unsigned long long)s->manifest.generation, s->manifest.chunks++);
    send_chunk(s, i);
    s->stats.chunks++;
}

/* Manifest
 * --------------------------------------------------------------------------------- */

static void send_manifest(struct snapshot *s)
{
    struct fact f = {.kind = FACT_MANIFEST};
    s->o.describe(s->o.arg, &s->manifest);
    f.u.manifest = s->manifest;
    enum status st = fact_batch_begin(&s->batch);
    if (st == ST_OK)
        st = fact_put(&s->batch, &f);
    if (st == ST_OK)
        st = fact_batch_end(&s->batch);
    if (st != ST_OK) {
        abandon(s, status_text(st));
        return;
    }
    s->stage = SNAP_MANIFEST;
    wal_append(s->manifests, s->manifest.generation, &s->batch);
}

static void on_counted(void *arg, const json_t *reply)
{
    struct snapshot *s = arg;
    const char *description = "no answer";
    if (s->stage != SNAP_COUNT)
        return;
    const json_t *state = json_object_get(reply, "state");
    if (reply == NULL || js_api_error(reply, &description) != 0)
        abandon(s, description);
    else if (json_object_size(json_object_get(state, "subjects")) != s->manifest.chunks)
        abandon(s, "its chunks are not all in the stream; was it deleted or limited?");
    else if (wal_is_ready(s->manifests))
        send_manifest(s);
    else
        s->stage = SNAP_DURABLE;
}

static void count_chunks(struct snapshot *s)
{
    char subject[300], filter[240];
    snprintf(subject, sizeof subject, "STREAM.INFO.%s", s->o.snap_stream);
    snprintf(filter, sizeof filter, "%s.%llu.*", s->o.snap_prefix,
             (unsigned long long)s->manifest.generation);
    if (js_api_request(s->api, subject, json_pack("{s:s}", "subjects_filter", filter),
                       on_counted, s) == ST_OK)
        s->stage = SNAP_COUNT;
}

void snapshot_work(struct snapshot *s, uint64_t ticket, uint64_t durable)
{
    if (s->stage == SNAP_CHUNKS) {
        next_chunk(s, ticket);
        if (s->read_all && chunks_out(s) == 0)
            s->stage = SNAP_DURABLE;
    }
    if (s->stage == SNAP_DURABLE && durable >= s->needs && wal_is_ready(s->manifests))
        count_chunks(s);
}

/* Purge
 * ------------------------------------------------------------------------------------ */

static void finished(struct snapshot *s)
{
    s->stage = SNAP_IDLE;
    s->stats.written++;
    s->stats.purged += !s->has_left;
    log_info("snapshot", "written", LOG_I("chunks", s->manifest.chunks),
             LOG_I("watches", s->manifest.watches),
             LOG_I("log_from", s->manifest.log_from));
}

static void finish_unpurged(struct snapshot *s)
{
    s->has_left = true;
    finished(s);
}

static void note_purge(struct snapshot *s, const char *stream, const json_t *reply)
{
    const char *description = "no answer";
    if (reply != NULL && js_api_error(reply, &description) == 0)
        return;
    s->has_left = true;
    log_warn("snapshot", "not_purged", LOG_S("stream", stream), LOG_S("why", description));
}

static void on_old_purged(void *arg, const json_t *reply)
{
    struct snapshot *s = arg;
    note_purge(s, s->o.snap_stream, reply);
    finished(s);
}

static void purge(struct snapshot *s, const char *stream, const char *filter,
                  uint64_t before, js_api_fn fn)
{
    char subject[300];
    snprintf(subject, sizeof subject, "STREAM.PURGE.%s", stream);
    if (js_api_request(s->api, subject,
                       json_pack("{s:s, s:I}", "filter", filter, "seq", (json_int_t)before),
                       fn, s) != ST_OK)
        finish_unpurged(s);
}

static void on_first_chunk(void *arg, const json_t *reply)
{
    struct snapshot *s = arg;
    char filter[210];
    const json_t *message = json_object_get(reply, "message");
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(message, "seq"));
    snprintf(filter, sizeof filter, "%s.>", s->o.snap_prefix);
    if (seq > 1)
        purge(s, s->o.snap_stream, filter, seq, on_old_purged);
    else if (seq == 1)
        finished(s); /* nothing is older */
    else
        finish_unpurged(s);
}

static void purge_old_chunks(struct snapshot *s)
{
    char first[240];
    snprintf(first, sizeof first, "%s.%llu.0", s->o.snap_prefix,
             (unsigned long long)s->manifest.generation);
    if (js_api_get_last(s->api, s->o.snap_stream, first, on_first_chunk, s) != ST_OK)
        finish_unpurged(s);
}

static void on_log_purged(void *arg, const json_t *reply)
{
    struct snapshot *s = arg;
    note_purge(s, s->o.log_stream, reply);
    purge_old_chunks(s);
}

static void on_manifest(void *arg, uint64_t ticket)
{
    struct snapshot *s = arg;
    (void)ticket;
    s->stage = SNAP_PURGE;
    if (s->manifest.log_from > 2) /* the last one before it stays: see durable.c */
        purge(s, s->o.log_stream, s->o.log_subject, s->manifest.log_from - 1,
              on_log_purged);
    else
        purge_old_chunks(s);
}

static bool on_manifests_gone(void *arg, struct buf *batch)
{
    (void)batch;
    abandon(arg, "the last manifest is gone; was the stream deleted?");
    return false; /* and with it, perhaps, chunks of this one */
}

static void on_other_manifest(void *arg, uint64_t last)
{
    struct snapshot *s = arg;
    wal_begin(s->manifests, last);
    abandon(s, "another instance has written a manifest");
}

void snapshot_confirmed(struct snapshot *s, uint64_t token)
{
    uint32_t i = (uint32_t)(token & ~SNAPSHOT_TOKEN);
    MUST(i < CHUNKS_OUT && s->chunks[i].out);
    s->chunks[i].out = false;
}

void snapshot_continue(struct snapshot *s, uint64_t manifest_seq)
{
    wal_begin(s->manifests, manifest_seq);
}

void snapshot_up(struct snapshot *s)
{
    wal_up(s->manifests);
}

void snapshot_reset(struct snapshot *s)
{
    wal_down(s->manifests);
    if (s->stage == SNAP_COUNT)
        s->stage = SNAP_DURABLE;
    if (s->stage == SNAP_PURGE)
        finish_unpurged(s);
}

const struct snapshot_stats *snapshot_stats(const struct snapshot *s)
{
    return &s->stats;
}

/* Life
 * ------------------------------------------------------------------------------------- */

enum status snapshot_new(uv_loop_t *loop, struct bus *bus, struct publisher *publisher,
                         struct js_api *api, const struct snapshot_options *o,
                         struct snapshot **out)
{
    struct snapshot *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NOMEM;
    s->publisher = publisher;
    s->api = api;
    s->o = *o;
    snprintf(s->manifest_subject, sizeof s->manifest_subject, "%s.manifest",
             o->snap_prefix);
    const struct wal_options w = {.stream = o->snap_stream,
                                  .subject = s->manifest_subject,
                                  .inbox = 'm',
                                  .cost = "no snapshot is complete until it is, and "
                                          "nothing is purged from the log",
                                  .confirmed = on_manifest,
                                  .emptied = on_manifests_gone,
                                  .fenced = on_other_manifest,
                                  .arg = s};
    enum status st = wal_new(loop, bus, api, &w, &s->manifests);
    if (st != ST_OK) {
        free(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

static void on_manifests_closed(void *arg)
{
    struct snapshot *s = arg;
    void (*closed)(void *) = s->closed;
    void *closed_arg = s->closed_arg;
    for (size_t i = 0; i < CHUNKS_OUT; i++)
        buf_free(&s->chunks[i].data);
    buf_free(&s->batch);
    free(s);
    closed(closed_arg);
}

void snapshot_close(struct snapshot *s, void (*closed)(void *arg), void *arg)
{
    if (s == NULL) {
        closed(arg);
        return;
    }
    s->closed = closed;
    s->closed_arg = arg;
    wal_close(s->manifests, on_manifests_closed, s);
}
