/* Finding and creating streams, one request after the other.
 *
 *   1. STREAM.NAMES for each subject of a want: who captures it?
 *   2. Nobody captures some of them: STREAM.CREATE with those.
 *   3. The name is taken by a stream of ours that lacks a subject (publish.subject was
 *      changed): STREAM.INFO, then STREAM.UPDATE with the subjects added.
 *   4. On to the next want.
 *
 * What can go wrong: no answer (JetStream is off, or no permission), a refusal (limits, a
 * subject that overlaps): told with the server's words; the caller begins again later. */
#include "io/streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS ((json_int_t)1000000000)

struct streams {
    struct js_api *api;
    uint32_t replicas;
    struct stream_want *wants;
    size_t n, want, subject;
    bool missing[STREAM_SUBJECTS_MAX];
    void (*done)(void *);
    void (*failed)(void *, const char *);
    void *arg;
};

static void next_subject(struct streams *s);

static void fail(struct streams *s, const char *what, const char *detail)
{
    char why[512];
    const struct stream_want *w = &s->wants[s->want];
    snprintf(why, sizeof why, "stream %s: %s%s%s", w->name, what, *detail ? ": " : "",
             detail);
    s->failed(s->arg, why);
}

static void ask(struct streams *s, const char *verb, const char *stream, json_t *request,
                js_api_fn fn)
{
    char subject[STREAM_NAME_SIZE + 32];
    snprintf(subject, sizeof subject, "%s%s%s", verb, *stream ? "." : "", stream);
    if (js_api_request(s->api, subject, request, fn, s) != ST_OK)
        fail(s, "the request could not be sent", "");
}

/* false: failed, and told so. */
static bool is_good(struct streams *s, const char *verb, const json_t *reply)
{
    const char *description;
    if (reply == NULL) {
        fail(s, verb, "no answer; is JetStream enabled on the server, and allowed here?");
        return false;
    }
    if (js_api_error(reply, &description) != 0) {
        fail(s, verb, description);
        return false;
    }
    return true;
}

static void next_want(struct streams *s)
{
    s->want++;
    s->subject = 0;
    memset(s->missing, 0, sizeof s->missing);
    if (s->want == s->n)
        s->done(s->arg);
    else
        next_subject(s);
}

static void add_missing(const struct streams *s, json_t *subjects)
{
    const struct stream_want *w = &s->wants[s->want];
    for (size_t i = 0; i < w->n_subjects; i++) {
        if (s->missing[i])
            json_array_append_new(subjects, json_string(w->subjects[i]));
    }
}

static void created(struct streams *s)
{
    struct stream_want *w = &s->wants[s->want];
    if (s->missing[0])
        snprintf(w->found, sizeof w->found, "%s", w->name);
    next_want(s);
}

static void on_updated(void *arg, const json_t *reply)
{
    struct streams *s = arg;
    if (is_good(s, "adding subjects", reply))
        created(s);
}

static void on_info(void *arg, const json_t *reply)
{
    struct streams *s = arg;
    if (!is_good(s, "reading its configuration", reply))
        return;
    json_t *config = json_deep_copy(json_object_get(reply, "config"));
    json_t *subjects = json_object_get(config, "subjects");
    if (!json_is_array(subjects)) {
        json_decref(config);
        fail(s, "it has no list of subjects to add to", "");
        return;
    }
    add_missing(s, subjects);
    ask(s, "STREAM.UPDATE", s->wants[s->want].name, config, on_updated);
}

static void on_created(void *arg, const json_t *reply)
{
    struct streams *s = arg;
    const char *description;
    if (reply != NULL && js_api_error(reply, &description) == JS_ERR_STREAM_NAME_IN_USE)
        ask(s, "STREAM.INFO", s->wants[s->want].name, NULL, on_info);
    else if (is_good(s, "creating it", reply))
        created(s);
}

static void create_missing(struct streams *s)
{
    const struct stream_want *w = &s->wants[s->want];
    json_t *subjects = json_array();
    add_missing(s, subjects);
    if (json_array_size(subjects) == 0) {
        json_decref(subjects);
        next_want(s);
        return;
    }
    json_t *config =
        json_pack("{s:s, s:o, s:s, s:s, s:s, s:i, s:I}", "name", w->name, "subjects",
                  subjects, "retention", "limits", "storage", "file", "discard",
                  w->refuse_when_full ? "new" : "old", "num_replicas", (int)s->replicas,
                  "max_age", (json_int_t)w->max_age_s * SECOND_NS);
    if (w->duplicate_window_s > 0)
        json_object_set_new(config, "duplicate_window",
                            json_integer(w->duplicate_window_s * SECOND_NS));
    ask(s, "STREAM.CREATE", w->name, config, on_created);
}

static void on_names(void *arg, const json_t *reply)
{
    struct streams *s = arg;
    struct stream_want *w = &s->wants[s->want];
    if (!is_good(s, "looking for it", reply))
        return;
    const json_t *names = json_object_get(reply, "streams");
    const char *name = json_string_value(json_array_get(names, 0));
    s->missing[s->subject] = name == NULL;
    if (w->only_one && name != NULL &&
        (json_array_size(names) > 1 || (s->subject > 0 && strcmp(name, w->found) != 0))) {
        fail(s, "several streams capture its subjects; name subjects of one of them",
             w->subjects[s->subject]);
        return;
    }
    if (name != NULL && s->subject == 0)
        snprintf(w->found, sizeof w->found, "%s", name);
    s->subject++;
    next_subject(s);
}

static void next_subject(struct streams *s)
{
    const struct stream_want *w = &s->wants[s->want];
    if (s->subject == w->n_subjects) {
        create_missing(s);
        return;
    }
    ask(s, "STREAM.NAMES", "", json_pack("{s:s}", "subject", w->subjects[s->subject]),
        on_names);
}

enum status streams_new(struct js_api *api, uint32_t replicas, struct stream_want *wants,
                        size_t n, void (*done)(void *arg),
                        void (*failed)(void *arg, const char *why), void *arg,
                        struct streams **out)
{
    struct streams *s = calloc(1, sizeof *s);
    if (s == NULL)
        return ST_NOMEM;
    *s = (struct streams){.api = api,
                          .replicas = replicas,
                          .wants = wants,
                          .n = n,
                          .done = done,
                          .failed = failed,
                          .arg = arg};
    *out = s;
    return ST_OK;
}

void streams_begin(struct streams *s)
{
    s->want = s->subject = 0;
    memset(s->missing, 0, sizeof s->missing);
    for (size_t i = 0; i < s->n; i++)
        s->wants[i].found[0] = '\0';
    next_subject(s);
}

void streams_free(struct streams *s)
{
    free(s);
}
