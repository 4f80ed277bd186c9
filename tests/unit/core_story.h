/* A core in virtual time, told as a story. What it does becomes a transcript, one line an
 * effect, which the test compares with the expected text:
 *
 *   dns? example.com                                   FX_ASK_DNS
 *   made-up? com                                       FX_ASK_MADE_UP, answered as "com"
 *   suffix com synthesizes                             FX_SUFFIX
 *   status? example.com                                FX_ASK_STATUS
 *   rdap? example.com                                  FX_ASK_RDAP
 *   moved example.com new > released, 2                FX_MOVED, addresses
 *   private example.com                                FX_PRIVATE_ABSENT
 *   email.domain.phase example.com new > released, 2   FX_PUBLISH, accounts
 *   email.unverify alice a@example.com released domain_available high block
 *
 * Publications are confirmed at the end of each tick unless `keep_unconfirmed`. The whole
 * state is checked after every step. */
#ifndef UVD_TESTS_CORE_STORY_H
#define UVD_TESTS_CORE_STORY_H

#include "unit/account_of.h"

#include <jansson.h>

#include "core/core.h"
#include "proto/message.h"

#define MINUTES(n) ((n)*60)
#define HOURS(n) ((n)*3600)
#define DAYS(n) ((n)*86400)

/* 2023-11-14 22:13:20 UTC */
#define STORY_START_MS INT64_C(1700000000000)

#define STORY_ASKS_MAX 8192
#define STORY_OUTBOX_MAX 256

struct story_ask {
    uint64_t token;
    char name[64];
};

struct story_asks {
    size_t n;
    struct story_ask at[STORY_ASKS_MAX];
};

struct story {
    struct core_options options;
    struct core *core;
    struct wall_ms now;
    struct mono_ms mono;
    struct effects fx;
    struct story_asks dns, status, rdap; /* asked and not answered */
    const struct publication *pending[STORY_OUTBOX_MAX];
    bool keep_unconfirmed;
    bool trust; /* skip core_check: for stories of thousands */
    char last_id[MESSAGE_ID_SIZE];
    void (*on_publish)(struct story *s, const struct publication *p);
    char *text; /* the transcript */
    size_t len, cap;
};

static inline struct core_options story_options(void)
{
    return (struct core_options){
        .dns_interval_s = DAYS(1),
        .recheck_s = DAYS(30),
        .confirm_s = HOURS(24),
        .dns_inflight = 100,
        .status_concurrency = 16,
        .rdap_concurrency = 16,
        .provider = "domainr",
        .status_rate_per_s = 1000,
        .status_burst = 1000,
        .status_daily_budget = 10000,
        .preset = "strict",
        .subject = "email.unverify",
        .format = WIRE_MSGPACK,
        .outbox = 16,
    };
}

static inline void story_open(struct story *s, const struct core_options *o)
{
    memset(s, 0, sizeof *s);
    s->options = *o;
    s->core = core_new(&s->options);
    assert_non_null(s->core);
    assert_true(o->outbox <= STORY_OUTBOX_MAX);
    s->now.v = STORY_START_MS;
    s->mono.v = 5000;
}

static inline void story_close(struct story *s)
{
    core_free(s->core);
    free(s->text);
}

/* Transcript ------------------------------------------------------------------------------
 */

static inline void story_line(struct story *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void story_line(struct story *s, const char *format, ...)
{
    va_list args;
    if (s->cap - s->len < 512) {
        s->cap = s->cap * 2 + 4096;
        s->text = realloc(s->text, s->cap);
        assert_non_null(s->text);
    }
    va_start(args, format);
    int n = vsnprintf(s->text + s->len, s->cap - s->len, format, args);
    va_end(args);
    assert_in_range(n, 1, 510);
    s->len += (size_t)n;
    s->text[s->len++] = '\n';
    s->text[s->len] = '\0';
}

/* What happened since the last call, line by line. */
#define expect(s, want) story_expect((s), (want), __FILE__, __LINE__)
static inline void story_expect(struct story *s, const char *want, const char *file,
                                int line)
{
    const char *got = s->len > 0 ? s->text : "";
    if (strcmp(got, want) != 0) {
        print_error("--- expected\n%s--- happened\n%s---\n", want, got);
        _fail(file, line);
    }
    s->len = 0;
}

static inline const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text != NULL ? text : "null";
}

static inline json_t *json_of_publication(const struct publication *p)
{
    struct buf b = {0};
    const bool is_json = strcmp(p->content_type, "application/json") == 0;
    if (is_json)
        assert_int_equal(buf_append(&b, p->body.data, p->body.len), ST_OK);
    else
        assert_int_equal(message_to_json(p->body.data, p->body.len, &b), ST_OK);
    json_t *o = json_loadb((const char *)b.data, b.len, 0, NULL);
    assert_non_null(o);
    buf_free(&b);
    return o;
}

static inline void story_publication(struct story *s, const struct publication *p)
{
    char time[RFC3339_SIZE];
    json_t *o = json_of_publication(p);
    rfc3339_format(s->now.v / SECOND_MS, time);
    assert_string_equal(p->time, time);
    if (json_object_get(o, "email") != NULL) {
        const json_t *account = json_object_get(o, "account");
        char number[32];
        snprintf(number, sizeof number, "#%" JSON_INTEGER_FORMAT,
                 json_integer_value(account));
        assert_string_equal(text_of(o, "id"), p->id);
        story_line(s, "%s %s %s %s %s %s%s", p->subject,
                   json_is_integer(account) ? number : json_string_value(account),
                   text_of(o, "email"), text_of(o, "phase"), text_of(o, "reason"),
                   text_of(o, "risk"),
                   json_is_true(json_object_get(o, "block_password_reset")) ? " block"
                                                                            : "");
    } else {
        story_line(s, "%s %s %s > %s, %" JSON_INTEGER_FORMAT, p->subject,
                   text_of(o, "domain"), text_of(o, "from"), text_of(o, "to"),
                   json_integer_value(json_object_get(o, "accounts")));
    }
    json_decref(o);
}

/* Steps ----------------------------------------------------------------------------------
 */

static inline void story_asked(struct story *s, struct story_asks *asks, const char *what,
                               const struct effect *e)
{
    assert_true(asks->n < STORY_ASKS_MAX);
    struct story_ask *a = &asks->at[asks->n++];
    a->token = e->u.ask.token;
    int n = snprintf(a->name, sizeof a->name, "%s", e->u.ask.name);
    assert_in_range(n, 1, sizeof a->name - 1);
    story_line(s, "%s? %s", what, a->name);
}

static inline void story_perform(struct story *s)
{
    assert_true(s->fx.n <= EFFECTS_MAX);
    for (size_t i = 0; i < s->fx.n; i++) {
        const struct effect *e = &s->fx.at[i];
        switch (e->type) {
        case FX_ASK_DNS:
            story_asked(s, &s->dns, "dns", e);
            break;
        case FX_ASK_MADE_UP:
            story_asked(s, &s->dns, "made-up", e);
            break;
        case FX_ASK_STATUS:
            story_asked(s, &s->status, "status", e);
            break;
        case FX_ASK_RDAP:
            story_asked(s, &s->rdap, "rdap", e);
            break;
        case FX_PUBLISH:
            assert_true(e->u.publish.entry < s->options.outbox);
            assert_null(s->pending[e->u.publish.entry]);
            s->pending[e->u.publish.entry] = e->u.publish.publication;
            memcpy(s->last_id, e->u.publish.publication->id, MESSAGE_ID_SIZE);
            if (s->on_publish != NULL)
                s->on_publish(s, e->u.publish.publication);
            else
                story_publication(s, e->u.publish.publication);
            break;
        case FX_MOVED:
            story_line(s, "moved %s %s > %s, %u", e->u.moved.name,
                       phase_text(e->u.moved.from), phase_text(e->u.moved.to),
                       e->u.moved.addresses);
            break;
        case FX_SUFFIX:
            story_line(s, "suffix %s %s", e->u.suffix.name,
                       e->u.suffix.synthesizes ? "synthesizes" : "is honest");
            break;
        case FX_PRIVATE_ABSENT:
            story_line(s, "private %s", e->u.ask.name);
            break;
        }
    }
    assert_int_equal(core_dns_inflight(s->core), s->dns.n);
    assert_int_equal(core_status_inflight(s->core), s->status.n);
    assert_int_equal(core_rdap_inflight(s->core), s->rdap.n);
    assert_true(s->rdap.n <= s->options.rdap_concurrency);
    assert_true(s->dns.n <= s->options.dns_inflight);
    assert_true(s->status.n <= s->options.status_concurrency);
}

static inline void story_step(struct story *s, struct core_event *ev)
{
    ev->now = s->now;
    ev->mono = s->mono;
    assert_int_equal(core_step(s->core, ev, &s->fx), ST_OK);
    story_perform(s);
    if (!s->trust)
        core_check(s->core);
}

static inline void confirm(struct story *s, uint32_t entry)
{
    struct core_event ev = {.type = CORE_PUBLISHED, .u.published.entry = entry};
    assert_non_null(s->pending[entry]);
    s->pending[entry] = NULL;
    story_step(s, &ev);
}

/* true: something was confirmed. */
static inline bool confirm_all(struct story *s)
{
    bool any = false;
    for (uint32_t i = 0; i < s->options.outbox; i++) {
        if (s->pending[i] != NULL) {
            confirm(s, i);
            any = true;
        }
    }
    return any;
}

static inline void tick_once(struct story *s)
{
    struct core_event ev = {.type = CORE_TICK};
    story_step(s, &ev);
}

static inline void tick(struct story *s)
{
    do {
        do
            tick_once(s);
        while (s->fx.more);
    } while (!s->keep_unconfirmed && confirm_all(s));
}

/* Virtual time passes as it does for the loop: from one thing that is due to the next. */
static inline void pass(struct story *s, int seconds)
{
    const int64_t until = s->now.v + seconds * SECOND_MS;
    while (s->now.v < until) {
        uint64_t wait = core_wait_ms(s->core, s->now, s->mono);
        assert_true(wait <= (uint64_t)HOUR_MS);
        /* The tick that has just been has begun all there was to begin. */
        assert_true(wait > 0);
        int64_t hop = s->now.v + (int64_t)wait < until ? (int64_t)wait : until - s->now.v;
        s->now.v += hop;
        s->mono.v += (uint64_t)hop;
        tick(s);
    }
}

static inline void loaded(struct story *s)
{
    struct core_event ev = {.type = CORE_LOADED};
    story_step(s, &ev);
    tick(s);
}

static inline void drain(struct story *s)
{
    struct core_event ev = {.type = CORE_DRAIN};
    story_step(s, &ev);
    tick(s);
}

static inline void happened(struct story *s, const struct account_event *event)
{
    struct core_event ev = {.type = CORE_ACCOUNT, .u.account = {event, s->now}};
    story_step(s, &ev);
    tick(s);
}

static inline void verified(struct story *s, const char *account, const char *email)
{
    const struct account_event ev = event_of(EVENT_VERIFIED, account, email);
    happened(s, &ev);
}

/* The event tells the time of the verification itself. */
static inline void verified_at(struct story *s, const char *account, const char *email,
                               int64_t ms)
{
    struct account_event ev = event_of(EVENT_VERIFIED, account, email);
    ev.has_time = true;
    ev.time_ms = ms;
    happened(s, &ev);
}

static inline void removed(struct story *s, const char *account, const char *email)
{
    const struct account_event ev = event_of(EVENT_REMOVED, account, email);
    happened(s, &ev);
}

static inline void deleted(struct story *s, const char *account)
{
    const struct account_event ev = event_of(EVENT_DELETED, account, NULL);
    happened(s, &ev);
}

static inline void mfa_changed(struct story *s, const char *account, enum tristate mfa)
{
    struct account_event ev = event_of(EVENT_MFA_CHANGED, account, NULL);
    ev.mfa = mfa;
    happened(s, &ev);
}

static inline uint64_t story_answered(struct story_asks *asks, const char *name)
{
    for (size_t i = 0; i < asks->n; i++) {
        if (strcmp(asks->at[i].name, name) == 0) {
            uint64_t token = asks->at[i].token;
            asks->at[i] = asks->at[--asks->n];
            return token;
        }
    }
    fail_msg("nobody asked about %s", name);
    return 0;
}

static inline void dns(struct story *s, const char *name, enum dns_outcome outcome)
{
    static struct dns_answer answer;
    answer = (struct dns_answer){.outcome = outcome};
    if (dns_outcome_is_candidate(outcome))
        snprintf(answer.soa, sizeof answer.soa, "com");
    struct core_event ev = {.type = CORE_DNS_DONE,
                            .u.dns = {.token = story_answered(&s->dns, name),
                                      .answer = &answer,
                                      .resolver = "192.0.2.53:53"}};
    story_step(s, &ev);
    tick(s);
}

static inline void status_is(struct story *s, const char *name,
                             const struct status_reply *reply)
{
    struct core_event ev = {
        .type = CORE_STATUS_DONE,
        .u.status = {.token = story_answered(&s->status, name), .reply = reply}};
    story_step(s, &ev);
    tick(s);
}

static inline void status(struct story *s, const char *name, const char *words)
{
    struct status_reply reply = {
        .outcome = STATUS_ANSWERED, .http = 200, .elapsed_ms = 412};
    snprintf(reply.words, sizeof reply.words, "%s", words);
    status_is(s, name, &reply);
}

static inline void status_fails(struct story *s, const char *name,
                                enum status_outcome outcome, uint32_t retry_after_s)
{
    const struct status_reply reply = {.outcome = outcome, .retry_after_s = retry_after_s};
    status_is(s, name, &reply);
}

static inline void rdap_is(struct story *s, const char *name,
                           const struct rdap_reply *reply)
{
    struct core_event ev = {
        .type = CORE_RDAP_DONE,
        .u.rdap = {.token = story_answered(&s->rdap, name), .reply = reply}};
    story_step(s, &ev);
    tick(s);
}

/* What a registry says of a registration: its states, ", " between them, and its day. */
static inline struct rdap_reply registered_with(const char *states, int64_t registered_s)
{
    struct rdap_reply reply = {.outcome = STATUS_ANSWERED,
                               .registered_s = registered_s,
                               .server = "rdap.example",
                               .http = 200,
                               .elapsed_ms = 88};
    snprintf(reply.words, sizeof reply.words, "%s", states);
    for (unsigned i = 0; i < RDAP_STATE_COUNT; i++) {
        if (strstr(states, rdap_state_text((enum rdap_state)i)) != NULL)
            reply.states |= 1U << i;
    }
    return reply;
}

static inline void rdap(struct story *s, const char *name, const char *states,
                        int64_t registered_s)
{
    const struct rdap_reply reply = registered_with(states, registered_s);
    rdap_is(s, name, &reply);
}

static inline void rdap_free(struct story *s, const char *name)
{
    const struct rdap_reply reply = {.outcome = STATUS_ANSWERED,
                                     .is_free = true,
                                     .server = "rdap.example",
                                     .http = 404,
                                     .elapsed_ms = 88};
    rdap_is(s, name, &reply);
}

static inline void rdap_fails(struct story *s, const char *name,
                              enum status_outcome outcome)
{
    const struct rdap_reply reply = {.outcome = outcome};
    rdap_is(s, name, &reply);
}

/* Shortcuts for how stories begin --------------------------------------------------------
 */

/* One address of one domain, asked about and found to be what the words say. */
static inline void open_judged(struct story *s, const struct core_options *o,
                               const char *words)
{
    story_open(s, o);
    loaded(s);
    verified(s, "alice", "a@example.com");
    dns(s, "example.com", DNS_ABSENT);
    status(s, "example.com", words);
}

static inline const struct watch *watch_of(const struct story *s, const char *name)
{
    const struct registry *r = core_registry(s->core);
    uint32_t slot = registry_find(r, name, strlen(name));
    return slot != 0 ? registry_watch(r, slot) : NULL;
}

/* d1.com, d2.com ... */
static inline void verified_n(struct story *s, int n)
{
    char email[32];
    for (int i = 1; i <= n; i++) {
        snprintf(email, sizeof email, "x@d%d.com", i);
        verified(s, "alice", email);
    }
}

/* Lines that most stories hold ------------------------------------------------------------
 */

#define UNVERIFY "email.unverify alice a@example.com "
#define BLOCK "email.block_reset alice a@example.com "
#define RELEASED "released domain_available high block\n"
#define ASKED "dns? example.com\nstatus? example.com\n"
#define MOVED(from, to)                                                                    \
    "moved example.com " from " > " to ", 1\n"                                             \
    "email.domain.phase example.com " from " > " to ", 1\n"
#define WORDS_REDEMPTION "undelegated expiring"
#define WORDS_DELETING "undelegated deleting"
#define WORDS_RELEASED "undelegated inactive"

#endif
