#include "io/alarms.h"

#include "base/log.h"

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
