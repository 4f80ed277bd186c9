#include "io/report.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"

#define FIELDS_MAX 48U

struct fields {
    struct log_field at[FIELDS_MAX];
    size_t n;
};

static void add(struct fields *f, const char *name, uint64_t number)
{
    MUST(f->n < FIELDS_MAX);
    f->at[f->n++] = LOG_I(name, number);
}

static uint64_t sum(const uint64_t *at, size_t n)
{
    uint64_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += at[i];
    return total;
}

static void add_watches(struct fields *f, const struct report *r)
{
    static const struct {
        const char *name;
        enum phase phase;
    } phases[] = {{"phase_new", PHASE_NEW},
                  {"phase_active", PHASE_ACTIVE},
                  {"phase_candidate", PHASE_CANDIDATE},
                  {"phase_held", PHASE_HELD},
                  {"phase_redemption", PHASE_REDEMPTION},
                  {"phase_pending_delete", PHASE_PENDING_DELETE},
                  {"phase_released", PHASE_RELEASED},
                  {"phase_resurrected", PHASE_RESURRECTED},
                  {"phase_unregistrable", PHASE_UNREGISTRABLE},
                  {"phase_not_registrable", PHASE_NOT_A_NAME},
                  {"phase_private_suffix", PHASE_PRIVATE},
                  {"phase_exempt", PHASE_EXEMPT}};
    const struct registry *registry = core_registry(r->core);
    add(f, "domains", registry->watches);
    add(f, "addresses", registry->addresses);
    add(f, "accounts", registry->account_count);
    for (size_t i = 0; i < ARRAY_LEN(phases); i++)
        add(f, phases[i].name, core_stats(r->core)->phases[phases[i].phase]);
    add(f, "registry_bytes", registry_footprint(registry));
}

static void add_intake(struct fields *f, const struct report *r, const struct feed_view *v)
{
    add(f, "events", sum(core_stats(r->core)->events, EVENT_TYPE_COUNT));
    add(f, "invalid", sum(v->intake->faults, FAULT_COUNT));
    add(f, "ignored", v->intake->ignored);
    add(f, "position", v->position);
    add(f, "stream_last", v->stream_last);
}

static void add_questions(struct fields *f, const struct report *r)
{
    const struct core_stats *s = core_stats(r->core);
    add(f, "dns_questions", s->dns_questions);
    add(f, "dns_inflight", core_dns_inflight(r->core));
    add(f, "candidates", s->candidates);
    add(f, "candidates_waiting", core_candidates_waiting(r->core));
    add(f, "suffixes_without_filter", core_suffixes_synthesizing(r->core));
    add(f, "paid_questions", s->status_questions);
    add(f, "paid_saved", s->status_reused);
    add(f, "rdap_questions", s->rdap_questions);
    add(f, "contradictions", s->contradictions);
    add(f, "budget_left", core_budget_left(r->core, r->now));
}

static void add_messages(struct fields *f, const struct report *r,
                         const struct feed_view *v)
{
    const struct core_stats *s = core_stats(r->core);
    add(f, "unverify_published", s->unverify_published);
    add(f, "block_reset_published", s->block_published);
    add(f, "domain_published", s->domain_published);
    add(f, "publish_pending", core_publish_pending(r->core));
    add(f, "resent", v->publisher->resent);
    add(f, "duplicates", v->publisher->duplicates);
    add(f, "log_appends", v->wal != NULL ? v->wal->appends : 0);
    add(f, "log_bytes", v->wal != NULL ? v->wal->bytes : 0);
}

static void collect(struct fields *f, const struct report *r)
{
    const struct feed_view v = feed_view(r->feed);
    f->n = 0;
    add_watches(f, r);
    add_intake(f, r, &v);
    add_questions(f, r);
    add_messages(f, r, &v);
    add(f, "longest_stall_us", r->stall_us);
}

uint64_t report_activity(const struct report *r)
{
    const struct core_stats *s = core_stats(r->core);
    return sum(s->events, EVENT_TYPE_COUNT) + s->dns_questions + s->status_questions +
           s->unverify_published + s->block_published + s->domain_published +
           sum(feed_view(r->feed).intake->faults, FAULT_COUNT);
}

void report_log(const struct report *r)
{
    struct fields f;
    collect(&f, r);
    log_write(LOG_INFO, "core", "totals", f.at, f.n);
}

void report_write(const struct report *r, struct json_writer *w)
{
    struct fields f;
    char digest[20];
    collect(&f, r);
    json_put_begin(w, '{');
    for (size_t i = 0; i < f.n; i++) {
        json_put_key(w, f.at[i].key, strlen(f.at[i].key));
        json_put_uint(w, (uint64_t)f.at[i].number);
    }
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)core_digest(r->core));
    json_put_key(w, "digest", strlen("digest"));
    json_put_string(w, digest, strlen(digest));
    json_put_end(w, '}');
}
