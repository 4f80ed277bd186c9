/* What the core is made of. Shared by the core's own files (accounts, round, announce) and
 * by nobody else. */
#ifndef UVD_CORE_STATE_H
#define UVD_CORE_STATE_H

#include "core/core.h"
#include "core/exempt.h"
#include "core/fifo.h"
#include "core/flow.h"
#include "core/interval.h"
#include "core/pace.h"
#include "core/policy.h"
#include "core/proof.h"
#include "core/schedule.h"
#include "core/suffixes.h"

/* Beside the watch in a question's token: it came from the schedule of those seen before;
 * it is about a made-up name, and has the place of its suffix instead of a watch. */
#define TOKEN_OF_FLOW (UINT64_C(1) << 63)
#define TOKEN_OF_SUFFIX (UINT64_C(1) << 62)

/* When a domain is due that is to be asked about before all others. */
#define DUE_AT_ONCE 0U

/* A domain about which something is to be said: at most one of each kind, in this order. */
struct job {
    uint64_t token;
    uint32_t at;     /* seconds: when it was decided */
    uint32_t cursor; /* address to look at next, once `walking` */
    uint16_t moves;
    uint8_t from, to;
    bool tell_move, recovered, addresses, walking;
};

/* Jobs wait for room in the outbox. This many domains with something to say are enough;
 * more questions would only find more. */
#define JOBS_MAX 4096U

/* Where core_snapshot goes on: the rest of a watch's addresses, then the watch itself. */
struct snapshot_cursor {
    uint32_t slot, address;
};

/* A question to a registry, kept in line and while it is out. */
struct referral {
    uint64_t token; /* with its kind */
    uint32_t at;    /* seconds: of the answer that led to it */
    uint32_t elapsed_ms;
    uint16_t http;
    uint8_t dns_outcome;
    char text[STATUS_TEXT_SIZE]; /* the words; or the resolver that has seen it in DNS */
};

struct referrals {
    struct fifo line;     /* of struct referral */
    struct referral *out; /* options.rdap_concurrency of them; token 0: free */
    struct flow pace;     /* of those in line: status.rate for them, too */
    struct flow looks;    /* of those that are looked at in idle time */
};

/* In line at most; what comes then goes on without, or is asked later. */
#define REFERRALS_MAX 1024U

struct core {
    struct core_options options;
    bool registry_is_provider; /* options.provider is "rdap" */
    char *dry_subject;         /* publish.subject + ".dryrun" */
    struct interval_options interval;
    struct exempt exempt;
    struct registry registry;
    struct schedule urgent;   /* who is new or was verified again: goes first */
    struct schedule schedule; /* everybody else, as fast as the flow allows */
    struct flow flow;
    uint64_t looks;    /* what all watches want in one interval */
    uint32_t flow_out; /* questions out that came from `schedule` */
    struct fifo
        candidates; /* tokens of watches at PLACE_CANDIDATE; stale ones are skipped */
    struct fifo unfiltered; /* likewise, those that DNS says nothing of: go last */
    struct suffixes suffixes;
    struct pace pace;
    struct fifo jobs;
    struct outbox outbox;
    struct referrals referrals;
    uint32_t dns_out, status_out, rdap_out;
    struct snapshot_cursor snapshot;
    uint32_t restored;  /* slots that core_restored has seen to */
    struct buf journal; /* facts since core_take_facts */
    bool held;          /* core_hold */
    bool asking;        /* between CORE_LOADED and CORE_DRAIN */
    struct core_stats stats;
};

/* One step's surroundings. */
struct step {
    struct core *core;
    struct wall_ms now;
    struct mono_ms mono;
    uint32_t now_s;
    struct effects *fx;
};

/* Room is checked before anything is changed, so that wanting can't fail. */
static inline bool step_has_room(const struct step *s, size_t n)
{
    return EFFECTS_MAX - s->fx->n >= n;
}

/* Is there room for one more question? */
static inline bool core_may_ask_dns(const struct core *c)
{
    return c->asking && c->dns_out < c->options.dns_inflight && c->jobs.n < JOBS_MAX;
}

/* Those that DNS says nothing of take half of the day's budget at most. */
static inline bool core_may_ask_unfiltered(const struct core *c, struct wall_ms now)
{
    return pace_budget_left(&c->pace, now) > c->options.status_daily_budget / 2;
}

/* ... from the schedule of those seen before? A quarter stays free for those that go first.
 */
static inline bool core_flow_has_room(const struct core *c)
{
    return c->flow_out < c->options.dns_inflight - c->options.dns_inflight / 4;
}

static inline bool core_may_ask_rdap(const struct core *c)
{
    return c->asking && c->rdap_out < c->options.rdap_concurrency && c->jobs.n < JOBS_MAX;
}

/* The provider, whoever it is. */
static inline bool core_may_ask_status(const struct core *c)
{
    if (c->registry_is_provider)
        return core_may_ask_rdap(c);
    return c->asking && c->status_out < c->options.status_concurrency &&
           c->referrals.line.n < REFERRALS_MAX && c->jobs.n < JOBS_MAX;
}

/* watches.c */
struct effect *step_want(struct step *s, enum effect_type type);
void watches_begin(struct core *c, uint32_t slot, bool is_private);
void watches_plan(struct core *c, uint32_t slot, uint32_t due);
void watches_unplan(struct core *c, uint32_t slot);
void watches_set_phase(struct core *c, struct watch *w, enum phase p);
/* All flags at once; the only way to change those of a verdict. */
void watches_set_flags(struct core *c, struct watch *w, unsigned flags);
void watches_forget_if_empty(struct core *c, uint32_t slot);

/* accounts.c: what happened to accounts. */
enum status accounts_apply(struct step *s, const struct account_event *ev,
                           struct wall_ms at);

/* round.c: one domain's way through DNS, candidacy and the status question. */
void round_check_now(struct step *s, uint32_t slot);
void round_begin_due(struct step *s);
double round_flow_rate(const struct core *c);
void round_begin_candidates(struct step *s);
void round_dns_done(struct step *s, const struct core_event *ev);
void round_status_done(struct step *s, const struct core_event *ev);
/* For referral.c: how a round goes on. `status` and `rdap` NULL: not theirs. */
void round_answered(struct step *s, uint32_t slot, const struct proof_status *status,
                    const struct proof_rdap *rdap, const struct verdict *v);
void round_in_dns(struct step *s, uint32_t slot, const struct proof_dns *dns,
                  const struct proof_rdap *rdap);
void round_put_off(struct step *s, uint32_t slot);
struct verdict round_judge_words(const char *words);

/* referral.c: questions to the registries, beside and after the status question. */
bool referrals_open(struct core *c);
void referrals_close(struct core *c);
void referral_ask_first(struct step *s, uint32_t slot);
bool referral_for_opinion(struct step *s, uint32_t slot, const struct status_reply *reply,
                          const struct verdict *first);
bool referral_for_look(struct step *s, uint32_t slot, const struct proof_dns *dns);
void referrals_begin(struct step *s);
uint64_t referrals_wait(const struct core *c, struct mono_ms mono);
void referral_answered(struct step *s, const struct core_event *ev);
/* What the kept answers of a proof say together, and when they were given (0: never). */
struct verdict referral_judge_proof(const struct core *c, const struct proof_view *proof);
uint32_t referral_proof_at(const struct core *c, const struct proof_view *proof);

/* looks.c: whose registration is looked at. */
bool look_is_wanted(struct step *s, struct watch *w); /* that is in DNS */
bool look_is_worth_waiting(const struct watch *w);
uint32_t looked_in_vain(const struct step *s);

/* wildcards.c: suffixes below which DNS shows nothing. */
bool wildcards_test(struct step *s, uint32_t slot);
bool wildcards_hide(struct step *s, uint32_t slot);
enum sight { SIGHT_CLEAR, SIGHT_UNKNOWN, SIGHT_NONE };
enum sight wildcards_sight(struct step *s, uint32_t slot);
void wildcards_answered(struct step *s, const struct core_event *ev);

/* announce.c: jobs to publications. */
void announce_decision(struct step *s, uint32_t slot, enum phase from, bool tell_move,
                       bool recovered, bool addresses);
void announce_some(struct step *s);
void announce_forget_address(struct core *c, uint32_t address);
void announce_disown_address(struct core *c, uint32_t address);
bool announce_is_untold(const struct core *c, const struct message_about *told,
                        enum message_kind kind);
void announce_published(struct core *c, uint32_t entry);

/* snapshot.c: the snapshot's cursor must not point at an address that goes. */
void snapshot_forget_address(struct core *c, uint32_t address);

/* journal.c: what now holds, as facts. Each appends one fact to the journal. */
void journal_address(struct core *c, uint32_t address);
void journal_gone(struct core *c, uint32_t address); /* before it is detached */
void journal_watch(struct core *c, uint32_t slot);
void journal_move(struct core *c, const struct job *job);

/* The facts themselves, for the journal and for snapshots. */
enum status journal_put_address(const struct core *c, uint32_t address, struct buf *b);
enum status journal_put_watch(const struct core *c, const struct watch *w, struct buf *b);
enum status journal_put_move(const struct core *c, const struct job *job, struct buf *b);

#endif
