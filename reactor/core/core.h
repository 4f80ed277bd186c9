/* The core: every decision of the service as a step, event in, effects out. No I/O, no
 * clock, no library handle; given the same events it does the same things.
 *
 *   account event ─► registry ─► schedule ─► FX_ASK_DNS
 *   CORE_DNS_DONE ─► absent? ─► candidates, pace ─► FX_ASK_STATUS
 *   CORE_STATUS_DONE ─► policy, decide ─► announcements ─► outbox ─► FX_PUBLISH
 *                       ambiguous? ─► FX_ASK_RDAP, CORE_RDAP_DONE ─► both together, decide
 *   CORE_PUBLISHED ─► outbox entry free
 *
 * One caller, the turn (io/turn.c), performs the effects right after each step. */
#ifndef UVD_CORE_CORE_H
#define UVD_CORE_CORE_H

#include "base/clock.h"
#include "core/outbox.h"
#include "core/registry.h"
#include "proto/account_event.h"
#include "proto/dns_answer.h"
#include "proto/rdap_reply.h"
#include "proto/status_reply.h"

/* Options ---------------------------------------------------------------------------------
 * Texts are borrowed and must outlive the core. */
struct core_options {
    uint32_t dns_interval_s, recheck_s, confirm_s;
    uint32_t dns_inflight;       /* questions out at most */
    uint32_t status_concurrency; /* questions out at most */
    uint32_t rdap_concurrency;   /* questions out at most */
    const char *provider;        /* NULL: none; candidates are only reported. "rdap": the
                                    registries themselves are asked, by FX_ASK_RDAP */
    bool second_opinion; /* with another provider: ask the registry when it is ambiguous */
    double status_rate_per_s;
    uint32_t status_burst, status_daily_budget;
    const char *preset;  /* "strict"; quoted in evidence */
    const char *exempt;  /* comma-separated names; NULL: none */
    const char *subject; /* publish.subject */
    enum wire_format format;
    bool dry_run;
    uint32_t outbox;     /* messages unconfirmed at most */
    bool tests_suffixes; /* look whether registries answer for names that don't exist */
    bool keeps_journal;  /* somebody takes the facts: see core_take_facts */
};

/* Events ---------------------------------------------------------------------------------
 */

enum core_event_type {
    CORE_ACCOUNT,     /* something happened to an account */
    CORE_LOADED,      /* the account stream has been read up to now: begin asking */
    CORE_DNS_DONE,    /* the answer to an FX_ASK_DNS or FX_ASK_MADE_UP */
    CORE_STATUS_DONE, /* the answer to an FX_ASK_STATUS */
    CORE_RDAP_DONE,   /* the answer to an FX_ASK_RDAP */
    CORE_PUBLISHED,   /* an FX_PUBLISH is confirmed by the bus */
    CORE_DRAIN,       /* the service is to stop: begin nothing, say what is decided */
    CORE_TICK         /* time has passed, or room has come: begin what can be begun */
};

struct core_event {
    enum core_event_type type;
    struct wall_ms now;
    struct mono_ms mono;
    union {
        struct {
            const struct account_event *event;
            struct wall_ms at; /* when the bus took the message */
        } account;
        struct {
            uint64_t token;
            const struct dns_answer *answer;
            const char *resolver;
        } dns;
        struct {
            uint64_t token;
            const struct status_reply *reply;
        } status;
        struct {
            uint64_t token;
            const struct rdap_reply *reply;
        } rdap;
        struct {
            uint32_t entry;
        } published;
    } u;
};

/* Effects --------------------------------------------------------------------------------
 */

enum effect_type {
    FX_ASK_DNS,       /* dns_ask(token, name) */
    FX_ASK_MADE_UP,   /* dns_ask(token, a random label below `name`) */
    FX_ASK_STATUS,    /* status_api_ask(token, name) */
    FX_ASK_RDAP,      /* rdap_ask(token, name) */
    FX_PUBLISH,       /* send until confirmed, then CORE_PUBLISHED */
    FX_MOVED,         /* for the log: a domain changed its phase */
    FX_SUFFIX,        /* for the log: a registry answers for every name, or no more */
    FX_PRIVATE_ABSENT /* for the log: a name below a private suffix is gone from DNS */
};

/* Names and publications are borrowed until the next step. */
struct effect {
    enum effect_type type;
    union {
        struct {
            uint64_t token;
            const char *name;
        } ask;
        struct {
            uint32_t entry;
            const struct publication *publication; /* good until its CORE_PUBLISHED */
        } publish;
        struct {
            const char *name;
            enum phase from, to;
            uint32_t addresses;
        } moved;
        struct {
            const char *name;
            bool synthesizes;
        } suffix;
    } u;
};

#define EFFECTS_MAX 64

struct effects {
    bool more; /* a CORE_TICK stopped at a bound of its own: step again soon */
    size_t n;
    struct effect at[EFFECTS_MAX];
};

/* What has happened so far, for the log and the metrics. */
struct core_stats {
    uint64_t events[EVENT_TYPE_COUNT]; /* applied, by type */
    uint64_t events_without_effect;    /* removal of what was not watched and the like */
    uint64_t dns_questions;            /* names asked about */
    uint64_t dns_outcomes[DNS_OUTCOME_COUNT];
    uint64_t candidates;
    uint64_t unfiltered;       /* of these: below a suffix that answers for every name */
    uint64_t suffix_tests;     /* made-up names asked about */
    uint64_t status_questions; /* paid */
    uint64_t status_outcomes[STATUS_OUTCOME_COUNT];
    uint64_t status_reused;  /* candidates answered from a kept answer */
    uint64_t rdap_questions; /* of every kind; those below are among them */
    uint64_t second_opinions, registration_looks;
    uint64_t rdap_outcomes[STATUS_OUTCOME_COUNT];
    uint64_t contradictions; /* the registry said what the words deny: doubt */
    uint64_t late_answers;   /* for domains forgotten meanwhile */
    uint64_t unverify_decided, block_decided;
    uint64_t unverify_published, block_published, domain_published;
    uint64_t phases[PHASE_COUNT]; /* watches now in each phase */
};

struct core;

/* NULL when out of memory. */
struct core *core_new(const struct core_options *o);
void core_free(struct core *c);

/* One step. `fx` is emptied first.
 *   ST_NOMEM   an account event could not be taken in: nothing changed, nothing is lost as
 *              long as the event is not acknowledged
 *   ST_OK      else */
enum status core_step(struct core *c, const struct core_event *ev, struct effects *fx);

/* These account events are stepped next, in this order: at most CORE_EXPECTED. A hint that
 * changes nothing, so that what they touch is near when they come. */
#define CORE_EXPECTED REGISTRY_EXPECTED
void core_expect(const struct core *c, const struct account_event *const *events, size_t n);

/* Facts ---------------------------------------------------------------------------------
 */

/* Bytes of facts that have come up and were not taken yet; 0: none. */
size_t core_facts_size(const struct core *c);

/* Take the facts that have come up: an unsealed batch (proto/fact.h), swapped for `out`,
 * whose memory is used for the next ones. Messages of FX_PUBLISH rest on the facts of their
 * own step: they must not leave before these are durable. */
enum status core_take_facts(struct core *c, struct buf *out);

/* Take in one fact of a snapshot or of the log, in their order, before CORE_LOADED.
 *   ST_NOMEM; ST_INVALID: a fact that has no place here (position, manifest) */
enum status core_restore(struct core *c, const struct fact *f);

/* All facts are in: schedule what is watched, and take up what was decided and not
 * confirmed, for the next `max` watches. Called until it says so; nothing else may happen
 * to the core meanwhile. return  true: all is done, or *st is not ST_OK */
bool core_restored(struct core *c, struct wall_ms now, uint32_t max, enum status *st);

/* Writing the whole state down in parts, between which work goes on. core_snapshot appends
 * facts to the batch `b` until it is over `max` bytes.
 *   return  true: these were the last */
void core_snapshot_begin(struct core *c);
bool core_snapshot(struct core *c, size_t max, struct buf *b, enum status *st);

/* A sum over everything that lasts, whatever the order in which it came to be. It is kept,
 * not computed: it may be asked for at any time. */
uint64_t core_digest(const struct core *c);

/* While held, no new question is begun: the log is behind. */
void core_hold(struct core *c, bool held);

/* Milliseconds until a CORE_TICK has something to begin that it has not now; at most one
 * hour. */
uint64_t core_wait_ms(const struct core *c, struct wall_ms now, struct mono_ms mono);

const struct core_stats *core_stats(const struct core *c);
const struct registry *core_registry(const struct core *c);
uint32_t core_dns_inflight(const struct core *c);
uint32_t core_status_inflight(const struct core *c);
uint32_t core_rdap_inflight(const struct core *c);
uint32_t core_publish_pending(const struct core *c);
uint32_t core_budget_left(const struct core *c, struct wall_ms now); /* paid, today */
uint64_t core_candidates_waiting(const struct core *c);
uint32_t core_suffixes_synthesizing(const struct core *c);

/* Check what must always hold of the whole state (every watch in one place, counts agree);
 * aborts with MUST when it does not. Linear; for tests and simulations. */
void core_check(const struct core *c);

#endif
