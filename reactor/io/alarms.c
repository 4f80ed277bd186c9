#include "io/alarms.h"

#include "base/log.h"

#define HELD_LOGGED_A_SECOND 10U

void alarms_log_budget(const struct effect *e)
{
    const struct log_field limit = LOG_I("daily_budget", e->u.budget.limit);
    const struct log_field waiting = LOG_I("candidates_waiting", e->u.budget.waiting);
    switch (e->u.budget.state) {
    case BUDGET_EXHAUSTED:
        log_warn("status", "budget_exhausted",
                 LOG_S("what", "no paid question until midnight UTC; candidates wait"),
                 limit, waiting);
        break;
    case BUDGET_RESERVED:
        log_warn("status", "budget_reserved",
                 LOG_S("what", "re-checks wait; what is left today is for new verdicts"),
                 limit, waiting);
        break;
    case BUDGET_OPEN:
        log_info("status", "budget_refilled", limit, waiting);
        break;
    }
}

void alarms_log_breaker(const struct effect *e)
{
    const struct log_field outcome =
        LOG_S("outcome", status_outcome_text(e->u.breaker.outcome));
    const struct log_field waiting = LOG_I("candidates_waiting", e->u.breaker.waiting);
    if (!e->u.breaker.opens) {
        log_warn("status", "api_answers_again",
                 LOG_S("after", breaker_cause_text(e->u.breaker.cause)), waiting);
        return;
    }
    const char *what = e->u.breaker.cause == BREAKER_KEY
                           ? "the key is refused; nobody can be unverified until it is not"
                           : "the API fails; nobody can be unverified until it does not";
    log_error("status", "api_stopped", LOG_S("why", breaker_cause_text(e->u.breaker.cause)),
              LOG_S("what", what), outcome,
              LOG_I("probe_in_s", e->u.breaker.pause_ms / (uint64_t)SECOND_MS), waiting);
}

void alarms_flush(struct alarms *a, struct mono_ms now)
{
    uint64_t second = now.v / (uint64_t)SECOND_MS;
    if (second == a->second)
        return;
    if (a->unlogged > 0)
        log_warn("rails", "more_held", LOG_I("domains", a->unlogged));
    *a = (struct alarms){.second = second};
}

static void tell_held(struct alarms *a, const struct effect *e, struct mono_ms now)
{
    alarms_flush(a, now);
    if (a->logged == HELD_LOGGED_A_SECOND) {
        a->unlogged++;
        return;
    }
    a->logged++;
    log_warn("rails", "held", LOG_S("domain", e->u.held.name),
             LOG_S("phase", phase_text(e->u.held.phase)),
             LOG_S("rail", rail_text(e->u.held.why.rail)),
             LOG_I("would_be", e->u.held.why.have), LOG_I("limit", e->u.held.why.limit),
             LOG_I("addresses", e->u.held.accounts), LOG_I("concerned", e->u.held.to_say));
}

static void tell_surge(const struct effect *e)
{
    const char *names = e->u.surge.is_new ? "new" : "known";
    if (e->u.surge.begins)
        log_error("dns", "surge_of_denials", LOG_S("names", names),
                  LOG_I("denied", e->u.surge.denials), LOG_I("of", 64),
                  LOG_S("what", "denials are not believed until it is over"));
    else
        log_info("dns", "surge_is_over", LOG_S("names", names),
                 LOG_I("put_back", e->u.surge.put_back));
}

void alarms_tell(struct alarms *a, const struct effect *e, struct mono_ms now)
{
    if (e->type == FX_HELD)
        tell_held(a, e, now);
    else if (e->type == FX_SURGE)
        tell_surge(e);
    else if (e->type == FX_SUFFIX_DARK)
        log_error("rails", "suffix_went_dark", LOG_S("suffix", e->u.ask.name),
                  LOG_S("what", "decisions below it are held for a day"));
}
