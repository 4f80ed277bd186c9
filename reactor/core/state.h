/* What the core is made of. Shared by the core's own files (accounts, round, announce) and
 * by nobody else. */
#ifndef UVD_CORE_STATE_H
#define UVD_CORE_STATE_H

#include "core/breaker.h"
#include "core/budget.h"
#include "core/core.h"
#include "core/exempt.h"
#include "core/fifo.h"
#include "core/flow.h"
#include "core/holds.h"
#include "core/interval.h"
#include "core/pace.h"
#include "core/policy.h"
#include "core/proof.h"
#include "core/rails.h"
#include "core/schedule.h"
#include "core/suffixes.h"
#include "core/surge.h"

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
    bool tell_move, recovered, held, addresses, walking;
};

/* Jobs wait for room in the outbox. This many domains with something to say are enough;
 * more questions would only find more. */
#define JOBS_MAX 4096U

/* Watches at PLACE_CANDIDATE, in lines by what the question is for and by the worst risk of
 * their addresses, each in the order of coming (candidates.c). */
struct candidates {
    struct fifo lines[BUDGET_USES][RISK_COUNT];
    uint32_t ticket; /* the last that was given out */
    uint64_t n;      /* watches */
};

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
    struct policy policy;
    struct interval_options interval;
    struct exempt exempt;
    struct registry registry;
    struct schedule urgent;   /* who is new or was verified again: goes first */
    struct schedule schedule; /* everybody else, as fast as the flow allows */
    struct flow flow;
    uint64_t looks;    /* what all watches want in one interval */
    uint32_t flow_out; /* questions out that came from `schedule` */
    struct candidates candidates;
    struct suffixes suffixes;
    struct rails rails;
    struct holds holds;
    struct surge surge;
    struct pace pace;
    struct budget budget;
    enum budget_state budget_told; /* FX_BUDGET */
    struct breaker breaker;
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

/* What a verdict may want: FX_MOVED and FX_HELD. */
#define VERDICT_EFFECTS 2U

/* Is there room for one more question? */
static inline bool core_may_ask_dns(const struct core *c)
{
    return c->asking && c->dns_out < c->options.dns_inflight && c->jobs.n < JOBS_MAX;
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
void round_dns_done(struct step *s, const struct core_event *ev);
void round_status_done(struct step *s, const struct core_event *ev);
/* For referral.c: how a round goes on. `status` and `rdap` NULL: not theirs. */
void round_answered(struct step *s, uint32_t slot, const struct proof_status *status,
                    const struct proof_rdap *rdap, const struct verdict *v);
void round_in_dns(struct step *s, uint32_t slot, const struct proof_dns *dns,
                  const struct proof_rdap *rdap);
void round_put_off(struct step *s, uint32_t slot);
struct verdict round_judge_words(const struct core *c, const char *words);

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

/* candidates.c: who waits for a paid question, and in which order they get one. */
enum status candidates_stand(struct step *s, uint32_t slot);
void candidates_raise(struct step *s, uint32_t slot);
void candidates_begin(struct step *s);
void candidates_observe(struct step *s, const struct status_reply *reply);
uint64_t candidates_wait(const struct core *c, struct wall_ms now, struct mono_ms mono);
uint64_t candidates_in_line(const struct core *c); /* linear; for core_check */
void candidates_init(struct core *c);
void candidates_close(struct core *c);

/* wildcards.c: suffixes below which DNS shows nothing. */
bool wildcards_test(struct step *s, uint32_t slot);
bool wildcards_hide(struct step *s, uint32_t slot);
enum sight { SIGHT_CLEAR, SIGHT_UNKNOWN, SIGHT_NONE };
enum sight wildcards_sight(struct step *s, uint32_t slot);
void wildcards_answered(struct step *s, const struct core_event *ev);

/* withhold.c: may the addresses of a domain whose verdict was just applied be announced?
 * The one place that asks the rails. `from`: the phase it was in before. */
bool withhold_allows(struct step *s, uint32_t slot, enum phase from, bool unverify);
void withhold_forget(struct core *c, uint32_t slot);
enum status withhold_restore(struct core *c, const struct hold *hold);

/* denials.c: answers of DNS, looked at together. denials_none: it is there. */
void denials_none(struct step *s, uint32_t slot);
bool denials_believe(struct step *s, uint32_t slot);
/* It was not believed. `backoff`: as for doubt; return  seconds until it is asked again */
uint32_t denials_put_back(struct step *s, uint32_t slot, uint32_t backoff);
void denials_tested(struct step *s, bool is_good);

/* announce.c: jobs to publications. */
void announce_decision(struct step *s, uint32_t slot, enum phase from, bool tell_move,
                       bool recovered, bool addresses);
void announce_some(struct step *s);
void announce_forget_address(struct core *c, uint32_t address);
void announce_disown_address(struct core *c, uint32_t address);
bool announce_is_untold(const struct core *c, const struct message_about *told,
                        enum message_kind kind);
void announce_published(struct core *c, uint32_t entry);
/* Evidence as the messages show it; the parts are filled in by the caller's structs. */
struct evidence_parts {
    struct dns_evidence dns;
    struct status_evidence status;
    struct rdap_evidence rdap;
};
struct evidence announce_evidence(const struct core *c, const struct watch *w,
                                  struct evidence_parts *parts);
/* The hold of which email.domain.held is still to be said; NULL: none. */
struct hold *announce_untold_hold(const struct core *c, uint32_t slot);
/* A decision of before is to be said: about its addresses, or that it is held. ST_NOMEM */
enum status announce_again(struct core *c, uint32_t slot, uint32_t now_s, bool addresses);
/* Is something to be said about this address, if the verdict in force is? */
bool announce_owes(const struct core *c, const struct watch *w,
                   const struct address_record *a);
/* Addresses about which something is to be said; a job that says it stands in line. */
uint32_t announce_count(const struct core *c, const struct watch *w);
bool announce_is_under_way(const struct core *c, uint32_t slot);

/* snapshot.c: the snapshot's cursor must not point at an address that goes. */
void snapshot_forget_address(struct core *c, uint32_t address);

/* journal.c: what now holds, as facts. Each appends one fact to the journal. */
void journal_address(struct core *c, uint32_t address);
void journal_gone(struct core *c, uint32_t address); /* before it is detached */
void journal_watch(struct core *c, uint32_t slot);
void journal_move(struct core *c, const struct job *job);
enum status journal_put_budget(const struct core *c, struct buf *b);
void journal_hold(struct core *c, const struct hold *hold);
void journal_acted(struct core *c, const struct rails_stretch *x);

/* The facts themselves, for the journal and for snapshots. */
enum status journal_put_address(const struct core *c, uint32_t address, struct buf *b);
enum status journal_put_watch(const struct core *c, const struct watch *w, struct buf *b);
enum status journal_put_move(const struct core *c, const struct job *job, struct buf *b);
enum status journal_put_hold(const struct core *c, const struct hold *h, struct buf *b);
enum status journal_put_acted(const struct rails_stretch *x, struct buf *b);

#endif
