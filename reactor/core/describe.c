/* What the core says of a domain, and of what is held, to who asks. */
#include <string.h>

#include "core/state.h"

static const char *const hold_states[] = {
    [HOLD_HELD] = "held", [HOLD_APPROVED] = "approved", [HOLD_REJECTED] = "rejected"};

static const char *doing(enum place place)
{
    static const char *const texts[] = {[PLACE_UNSCHEDULED] = "nothing",
                                        [PLACE_SCHEDULED] = "waiting",
                                        [PLACE_URGENT] = "waiting",
                                        [PLACE_ASKING_DNS] = "asking_dns",
                                        [PLACE_CANDIDATE] = "waiting_for_status",
                                        [PLACE_ASKING_STATUS] = "asking_status",
                                        [PLACE_REFERRED] = "waiting_for_registry",
                                        [PLACE_ASKING_RDAP] = "asking_registry",
                                        [PLACE_FREE] = "nothing"};
    return texts[place];
}

static bool is_planned(const struct watch *w)
{
    return w->place == PLACE_SCHEDULED || w->place == PLACE_URGENT;
}

enum status core_describe(const struct core *c, const char *name, struct buf *out)
{
    uint32_t slot = registry_find(&c->registry, name, strlen(name));
    if (slot == 0)
        return ST_NOT_FOUND;
    const struct watch *w = registry_watch(&c->registry, slot);
    const struct hold *hold = holds_find(&c->holds, slot);
    struct evidence_parts parts;
    const struct evidence evidence = announce_evidence(c, w, &parts);
    struct domain_state m = {.domain = registry_name(&c->registry, w),
                             .phase = (enum phase)w->phase,
                             .since_s = w->since,
                             .accounts = w->addresses,
                             .checked_s = w->checked,
                             .next_check_s = is_planned(w) ? w->due : 0,
                             .doing = doing((enum place)w->place),
                             .unverify = (w->flags & WATCH_UNVERIFY) != 0,
                             .block_password_reset = (w->flags & WATCH_BLOCK) != 0,
                             .evidence = evidence.dns != NULL ? &evidence : NULL};
    if (hold != NULL) {
        m.hold = hold_states[hold->state];
        m.rail = rail_text((enum rail)hold->rail);
        m.held_since_s = hold->since;
    }
    return message_encode_state(&m, WIRE_JSON, out);
}

static void key(struct json_writer *w, const char *name)
{
    json_put_key(w, name, strlen(name));
}

static void word(struct json_writer *w, const char *name, const char *text)
{
    key(w, name);
    json_put_string(w, text, strlen(text));
}

static void put_held(const struct core *c, const struct hold *h, struct json_writer *w)
{
    const struct watch *watch = registry_watch(&c->registry, h->slot);
    char since[RFC3339_SIZE];
    rfc3339_format(h->since, since);
    json_put_begin(w, '{');
    word(w, "domain", registry_name(&c->registry, watch));
    word(w, "phase", phase_text((enum phase)watch->phase));
    word(w, "rail", rail_text((enum rail)h->rail));
    word(w, "since", since);
    key(w, "accounts");
    json_put_uint(w, watch->addresses);
    json_put_end(w, '}');
}

static uint64_t put_totals(const struct core *c, struct json_writer *w)
{
    uint64_t total = 0;
    key(w, "rails");
    json_put_begin(w, '{');
    for (int rail = 0; rail < RAIL_COUNT; rail++) {
        key(w, rail_text((enum rail)rail));
        json_put_uint(w, c->holds.held[rail]);
        total += c->holds.held[rail];
    }
    json_put_end(w, '}');
    key(w, "total");
    json_put_uint(w, total);
    return total;
}

void core_list_held(const struct core *c, size_t max, struct json_writer *w)
{
    json_put_begin(w, '{');
    uint64_t left = put_totals(c, w);
    key(w, "held");
    json_put_begin(w, '[');
    for (uint32_t i = 0; left > 0 && w->out->len < max && w->st == ST_OK; i++) {
        if (c->holds.at[i].state != HOLD_HELD)
            continue;
        put_held(c, &c->holds.at[i], w);
        left--;
    }
    json_put_end(w, ']');
    key(w, "more");
    json_put_uint(w, left);
    json_put_end(w, '}');
}
