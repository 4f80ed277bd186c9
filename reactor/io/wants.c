#include "io/wants.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/lease.h"

#define INVALID_KEPT_S (INT64_C(30) * 24 * 3600)
/* A message is sent again with its id for as long as the bus is away, and after a restart;
 * the stream remembers ids this long (the server's own default is two minutes). */
#define OUT_WINDOW_S (INT64_C(24) * 3600)
#define INVALID_WINDOW_S 3600

/* "unverifyd" and "_LOG" to "UNVERIFYD_LOG". */
static void name_stream(char out[STREAM_NAME_SIZE], const char *prefix, const char *tail)
{
    snprintf(out, STREAM_NAME_SIZE, "%s%s", prefix, tail);
    for (char *p = out; *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
}

static void name_all(struct wants *w, const struct wants_options *o)
{
    const char *prefix = o->prefix;
    snprintf(w->dry_run, WANT_TEXT_SIZE, "%s.dryrun", o->publish_subject);
    snprintf(w->invalid, WANT_TEXT_SIZE, "%s.invalid", prefix);
    snprintf(w->log, WANT_TEXT_SIZE, "%s.log.%u", prefix, o->shard);
    snprintf(w->snap, WANT_TEXT_SIZE, "%s.snap.%u", prefix, o->shard);
    snprintf(w->owner, WANT_TEXT_SIZE, "%s.owner.%u", prefix, o->shard);
    snprintf(w->standby, WANT_TEXT_SIZE, "%s.standby.%u", prefix, o->shard);
    snprintf(w->logs, WANT_TEXT_SIZE, "%s.log.*", prefix);
    snprintf(w->snaps, WANT_TEXT_SIZE, "%s.snap.>", prefix);
    snprintf(w->owners, WANT_TEXT_SIZE, "%s.owner.*", prefix);
    name_stream(w->invalid_stream, prefix, "_INVALID");
    name_stream(w->log_stream, prefix, "_LOG");
    name_stream(w->snap_stream, prefix, "_SNAP");
    name_stream(w->owner_stream, prefix, "_OWNER");
}

static enum status want_events(struct wants *w, const struct wants_options *o, char *error,
                               size_t error_size)
{
    struct stream_want *events = &w->at[WANT_EVENTS];
    char *save = NULL;
    *events = (struct stream_want){.name = o->stream, .only_one = true};
    w->events = strdup(o->subjects);
    if (w->events == NULL)
        return ST_NOMEM;
    for (char *s = strtok_r(w->events, ", ", &save); s != NULL;
         s = strtok_r(NULL, ", ", &save)) {
        if (events->n_subjects == STREAM_SUBJECTS_MAX) {
            snprintf(error, error_size, "events.subjects: more than %d subjects",
                     STREAM_SUBJECTS_MAX);
            return ST_INVALID;
        }
        events->subjects[events->n_subjects++] = s;
    }
    return ST_OK;
}

enum status wants_init(struct wants *w, const struct wants_options *o, char *error,
                       size_t error_size)
{
    memset(w, 0, sizeof *w);
    name_all(w, o);
    w->at[WANT_OUT] = (struct stream_want){
        .name = "UNVERIFY",
        .subjects = {o->publish_subject, w->dry_run, "email.block_reset", "email.domain.>"},
        .n_subjects = 4,
        .duplicate_window_s = OUT_WINDOW_S};
    w->at[WANT_INVALID] = (struct stream_want){.name = w->invalid_stream,
                                               .subjects = {w->invalid},
                                               .n_subjects = 1,
                                               .max_age_s = INVALID_KEPT_S,
                                               .duplicate_window_s = INVALID_WINDOW_S};
    /* A log that forgets its beginning when it is full would be no log. */
    w->at[WANT_LOG] = (struct stream_want){.name = w->log_stream,
                                           .subjects = {w->logs},
                                           .n_subjects = 1,
                                           .refuse_when_full = true,
                                           .only_one = true};
    w->at[WANT_SNAP] = (struct stream_want){.name = w->snap_stream,
                                            .subjects = {w->snaps},
                                            .n_subjects = 1,
                                            .refuse_when_full = true,
                                            .only_one = true};
    /* A lease that is not renewed is forgotten. */
    w->at[WANT_OWNER] = (struct stream_want){.name = w->owner_stream,
                                             .subjects = {w->owners},
                                             .n_subjects = 1,
                                             .max_age_s = LEASE_S,
                                             .only_one = true};
    return want_events(w, o, error, error_size);
}

void wants_close(struct wants *w)
{
    free(w->events);
    w->events = NULL;
}
