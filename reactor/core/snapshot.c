/* The whole state as facts, in parts. Between two parts work goes on: what changes
 * meanwhile is in the log, which is replayed on top of the snapshot. */
#include "core/state.h"

static enum status put_untold_moves(const struct core *c, struct buf *b)
{
    enum status st = ST_OK;
    for (uint32_t i = 0; i < c->outbox.cap && st == ST_OK; i++) {
        const struct message_about *a = &c->outbox.about[i];
        if (!a->pending || (a->kind != MESSAGE_MOVE && a->kind != MESSAGE_RECOVERED))
            continue;
        const struct job job = {.token = a->token,
                                .at = a->at,
                                .moves = a->moves,
                                .from = a->from,
                                .to = a->to,
                                .tell_move = announce_is_untold(c, a, MESSAGE_MOVE),
                                .recovered = announce_is_untold(c, a, MESSAGE_RECOVERED)};
        st = journal_put_move(c, &job, b);
    }
    for (size_t i = 0; i < c->jobs.n && st == ST_OK; i++) {
        const struct job *job = fifo_at(&c->jobs, i);
        if (job->tell_move || job->recovered)
            st = journal_put_move(c, job, b);
    }
    return st;
}

static enum status put_acted(const struct core *c, struct buf *b)
{
    enum status st = ST_OK;
    for (uint32_t i = 0; i < RAILS_STRETCHES && st == ST_OK; i++) {
        if (c->rails.at[i].domains > 0)
            st = journal_put_acted(&c->rails.at[i], b);
    }
    return st;
}

/* A watch, and what the safety rails made of its decision. */
static enum status put_watch(const struct core *c, uint32_t slot, struct buf *b)
{
    const struct hold *hold = holds_find(&c->holds, slot);
    enum status st = journal_put_watch(c, registry_watch(&c->registry, slot), b);
    return st == ST_OK && hold != NULL ? journal_put_hold(c, hold, b) : st;
}

void core_snapshot_begin(struct core *c)
{
    c->snapshot = (struct snapshot_cursor){.slot = 0};
}

void snapshot_forget_address(struct core *c, uint32_t address)
{
    if (c->snapshot.address == address)
        c->snapshot.address = registry_address(&c->registry, address)->next;
}

/* The next watch, and where its addresses begin. false: there is none. */
static bool next_watch(struct core *c)
{
    struct snapshot_cursor *s = &c->snapshot;
    while (++s->slot < c->registry.next_slot) {
        const struct watch *w = registry_watch(&c->registry, s->slot);
        if (w->place == PLACE_FREE)
            continue;
        s->address = w->first;
        return true;
    }
    return false;
}

/* A watch may have been forgotten, and its slot been given to another one, since its first
 * addresses were written: the log says so, and is replayed on top. */
bool core_snapshot(struct core *c, size_t max, struct buf *b, enum status *st)
{
    struct snapshot_cursor *s = &c->snapshot;
    *st = ST_OK;
    while (*st == ST_OK && b->len <= max) {
        if (s->address != 0) {
            *st = journal_put_address(c, s->address, b);
            s->address = registry_address(&c->registry, s->address)->next;
            continue;
        }
        const struct watch *w = s->slot > 0 ? registry_watch(&c->registry, s->slot) : NULL;
        if (w != NULL && w->place != PLACE_FREE)
            *st = put_watch(c, s->slot, b);
        if (*st == ST_OK && !next_watch(c)) {
            *st = put_untold_moves(c, b);
            if (*st == ST_OK && c->budget.day > 0)
                *st = journal_put_budget(c, b);
            if (*st == ST_OK)
                *st = put_acted(c, b);
            return true;
        }
    }
    return false;
}
