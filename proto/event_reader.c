#include "proto/event_reader.h"

#include <stdlib.h>
#include <string.h>

/* A snapshot of the usual largest message holds some 15,000 entries. What a larger one
 * needed is given back. */
#define EVENTS_KEPT 16384

_Static_assert(sizeof "data.emails[]." + EVENT_PATH_MAX <= WALK_PATH_SIZE,
               "a path of the schema fits wherever an event may stand");

void event_reader_init(struct event_reader *r, const struct event_schema *schema,
                       struct suffix_list *suffixes)
{
    *r = (struct event_reader){.schema = schema, .suffixes = suffixes};
    r->paths[FIELD_ACCOUNT].text = schema->account;
    r->paths[FIELD_EMAIL].text = schema->email;
    r->paths[FIELD_TIME].text = schema->time;
    r->paths[FIELD_MFA].text = schema->mfa;
    r->paths[FIELD_OTHER_VERIFIED].text = schema->other_verified;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        r->paths[i].len = strlen(r->paths[i].text);
}

void event_reader_close(struct event_reader *r)
{
    scratch_free(&r->arena);
    free(r->events.at);
}

void event_reader_start(struct event_reader *r, enum account_event_type type,
                        bool is_envelope, const void *payload, size_t len)
{
    scratch_reset(&r->arena);
    if (r->events.cap > EVENTS_KEPT) {
        free(r->events.at);
        r->events = (struct event_vector){.n = 0};
    }
    r->events.n = 0;
    r->type = type;
    r->is_envelope = is_envelope;
    r->payload = payload;
    r->len = len;
    r->st = ST_OK;
    r->top = r->root = r->emails = VALUE_END;
    r->has_base64 = r->in_root = r->in_emails = r->in_event = false;
    r->index = 0;
    r->faulty = 0;
    r->first = (struct event_problem){.fault = FAULT_NONE};
    r->first_index = 0;
}

static struct account_event *room_for_one(struct event_vector *events)
{
    if (events->n == events->cap) {
        size_t cap = events->cap == 0 ? 1 : 2 * events->cap;
        struct account_event *at = realloc(events->at, cap * sizeof *at);
        if (at == NULL)
            return NULL;
        events->at = at;
        events->cap = cap;
    }
    return &events->at[events->n];
}

static void note_problem(struct event_reader *r, const struct event_problem *problem)
{
    if (r->faulty++ > 0)
        return;
    r->first = *problem;
    r->first_index = r->index;
}

static bool stop(struct event_reader *r, enum status st)
{
    r->st = st;
    return false;
}

static void begin_event(struct event_reader *r, const struct walk_at *at)
{
    r->in_event = true;
    r->event_depth = at->depth;
    r->prefix_len = at->path_len + (at->depth > 0 ? 1 : 0); /* the '.' */
    r->index = at->index;
    event_fields_clear(&r->fields);
}

static bool end_event(struct event_reader *r)
{
    r->in_event = false;
    struct account_event *event = room_for_one(&r->events);
    if (event == NULL)
        return stop(r, ST_NOMEM);
    enum account_event_type type = r->type == EVENT_SNAPSHOT ? EVENT_VERIFIED : r->type;
    struct event_problem problem;
    enum status st =
        event_from_fields(type, &r->fields, r->suffixes, &r->arena, event, &problem);
    if (st != ST_OK)
        return stop(r, st);
    if (problem.fault == FAULT_NONE)
        r->events.n++;
    else
        note_problem(r, &problem);
    return true;
}

/* Text outside the payload is a JSON string whose escapes were resolved, in a buffer that
 * does not last. */
static bool keep_text(struct event_reader *r, struct value *v)
{
    uintptr_t at = (uintptr_t)v->text;
    uintptr_t payload = (uintptr_t)r->payload;
    if (v->kind != VALUE_STR || (at >= payload && at - payload <= r->len))
        return true;
    char *copy = scratch_alloc(&r->arena, v->len);
    if (copy == NULL)
        return stop(r, ST_NOMEM);
    memcpy(copy, v->text, v->len);
    v->text = copy;
    return true;
}

static bool take_field(struct event_reader *r, const struct walk_at *at,
                       const struct value *v)
{
    if (at->path_len < r->prefix_len)
        return true; /* a path that was too long to keep */
    const char *path = at->path + r->prefix_len;
    size_t len = at->path_len - r->prefix_len;
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        if (r->paths[i].len != len || memcmp(r->paths[i].text, path, len) != 0)
            continue;
        r->fields.at[i] = *v;
        if (!keep_text(r, &r->fields.at[i]))
            return false;
    }
    return true;
}

/* A snapshot's "emails" or what is right below it. */
static bool take_emails(struct event_reader *r, const struct walk_at *at,
                        const struct value *v)
{
    if (at->depth == r->root_depth + 1 &&
        walk_at_is(at, r->is_envelope ? "data.emails" : "emails")) {
        if (v->kind == VALUE_END) {
            r->in_emails = false;
            return true;
        }
        /* A key that comes twice counts the last time, here as elsewhere. */
        r->events.n = 0;
        r->faulty = 0;
        r->emails = v->kind;
        r->in_emails = v->kind == VALUE_ARRAY;
        return true;
    }
    if (!r->in_emails || at->depth != r->root_depth + 2 || v->kind == VALUE_END)
        return true;
    if (v->kind == VALUE_MAP) {
        begin_event(r, at);
    } else {
        r->index = at->index;
        note_problem(r, &(struct event_problem){FAULT_NOT_A_MAP, v->kind, v->len});
    }
    return true;
}

static bool is_root(const struct event_reader *r, const struct walk_at *at)
{
    return r->is_envelope ? at->depth == 1 && walk_at_is(at, "data") : at->depth == 0;
}

static bool take_root(struct event_reader *r, const struct walk_at *at,
                      const struct value *v)
{
    if (v->kind == VALUE_END) {
        r->in_root = false;
        return true;
    }
    r->root = v->kind;
    r->in_root = v->kind == VALUE_MAP;
    r->root_depth = at->depth;
    r->events.n = 0;
    r->faulty = 0;
    r->emails = VALUE_END;
    if (r->in_root && r->type != EVENT_SNAPSHOT)
        begin_event(r, at);
    return true;
}

bool event_reader_take(void *ctx, const struct walk_at *at, const struct value *v)
{
    struct event_reader *r = ctx;
    if (at->depth == 0 && v->kind != VALUE_END)
        r->top = v->kind;
    if (r->in_event) {
        if (at->depth > r->event_depth)
            return v->kind == VALUE_END || take_field(r, at, v);
        if (!end_event(r)) /* nothing but its own end comes at its own depth */
            return false;
    }
    if (is_root(r, at))
        return take_root(r, at, v);
    if (r->in_root && r->type == EVENT_SNAPSHOT)
        return take_emails(r, at, v);
    if (r->is_envelope && at->depth == 1 && walk_at_is(at, "data_base64"))
        r->has_base64 = true;
    return true;
}
