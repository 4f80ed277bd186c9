/* What the watcher's core knows: from account events, and from what an earlier process
 * wrote down. */
#include <stdio.h>
#include <string.h>

#include "base/must.h"
#include "proto/fact.h"
#include "sim/watcher.h"

#define RESTORED_A_STEP 65536U
#define CHUNK ((size_t)1024 * 1024)

/* Accounts --------------------------------------------------------------------------------
 */

void watcher_verified(struct watcher *s, uint32_t address, int32_t verified)
{
    struct world *w = s->ledger->world;
    char account[16], email[SIM_NAME_SIZE + 8] = "mail@";
    struct account_event event = {.type = EVENT_VERIFIED, .has_time = true};
    const size_t local = strlen(email) - 1;
    const size_t len = world_name(w, w->addresses[address].domain, email + local + 1);
    const int n = snprintf(account, sizeof account, "%u", address);
    event.account = (struct account_id){.text = account, .len = (uint8_t)n, .is_int = true};
    event.time_ms = (SIM_START_S + verified) * SECOND_MS;
    event.address.email = email;
    event.address.email_len = (unsigned char)(local + 1 + len);
    event.address.local_len = (unsigned char)local;
    event.address.domain.host_len = (unsigned char)len;
    memcpy(event.address.domain.host, email + local + 1, len + 1);
    ledger_verified(s->ledger, address, verified);
    struct core_event ev = {.type = CORE_ACCOUNT, .u.account = {&event, watcher_wall(s)}};
    watcher_step(s, &ev);
}

void watcher_loaded(struct watcher *s)
{
    struct core_event ev = {.type = CORE_LOADED};
    watcher_step(s, &ev);
}

/* Restart ---------------------------------------------------------------------------------
 */

static void restore_chunk(struct core *to, const struct buf *chunk)
{
    struct fact_reader r;
    struct fact f;
    MUST(fact_reader_init(&r, chunk->data, chunk->len) == ST_OK);
    while (fact_next(&r, &f) == ST_OK)
        MUST(core_restore(to, &f) == ST_OK);
}

void watcher_restart(struct watcher *s)
{
    struct core *next = core_new(&s->options);
    struct buf chunk = {.len = 0};
    enum status st = ST_OK;
    bool last = false;
    MUST(next != NULL);
    core_snapshot_begin(s->core);
    while (!last) {
        chunk.len = 0;
        MUST(fact_batch_begin(&chunk) == ST_OK);
        last = core_snapshot(s->core, CHUNK, &chunk, &st);
        MUST(st == ST_OK && fact_batch_end(&chunk) == ST_OK);
        restore_chunk(next, &chunk);
    }
    MUST(core_digest(next) == core_digest(s->core));
    while (!core_restored(next, watcher_wall(s), RESTORED_A_STEP, &st))
        MUST(st == ST_OK);
    buf_free(&chunk);
    core_free(s->core);
    s->core = next;
    s->n_http = s->n_unsent = 0;
    s->tests_resolvers = false;
    memset(s->unsent, 0, sizeof s->unsent);
    s->ledger->result.asked += s->resolving.asked;
    resolving_init(&s->resolving, s->ledger->world, watcher_mono(s));
    watcher_loaded(s);
}
