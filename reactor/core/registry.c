#include "core/registry.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/copy.h"
#include "base/must.h"
#include "core/digest.h"

/* Names ----------------------------------------------------------------------------------
 */

struct name_key {
    const char *text;
    size_t len;
};

static struct name_key name_of(const struct mail_domain *d)
{
    return (struct name_key){mail_domain_name(d), d->host_len - (size_t)d->registrable_at};
}

static uint64_t hash_name(const char *text, size_t len)
{
    return XXH3_64bits(text, len);
}

static const unsigned char *name_record(const struct registry *r, const struct watch *w)
{
    return arena_at(&r->arena, w->name);
}

static uint64_t watch_hash(const void *owner, uint32_t slot)
{
    const struct registry *r = owner;
    const unsigned char *n = name_record(r, registry_watch(r, slot));
    return hash_name((const char *)n + 1, n[0]);
}

/* A watch first, then its name. */
static void watch_touch(const void *owner, uint32_t slot, int step)
{
    const struct registry *r = owner;
    const struct watch *w = registry_watch(r, slot);
    __builtin_prefetch(step == 0 ? (const void *)w : name_record(r, w));
}

static bool watch_matches(const void *owner, uint32_t slot, const void *key)
{
    const struct registry *r = owner;
    const struct name_key *k = key;
    const unsigned char *n = name_record(r, registry_watch(r, slot));
    return n[0] == k->len && memcmp(n + 1, k->text, k->len) == 0;
}

/* Accounts -------------------------------------------------------------------------------
 */

static uint64_t hash_account(const struct account_id *id)
{
    return XXH3_64bits_withSeed(id->text, id->len, id->is_int);
}

static uint64_t account_hash(const void *owner, uint32_t handle)
{
    struct account_id id = address_account(registry_address(owner, handle));
    return hash_account(&id);
}

static void account_touch(const void *owner, uint32_t handle, int step)
{
    if (step == 0)
        __builtin_prefetch(registry_address(owner, handle));
}

static bool account_matches(const void *owner, uint32_t handle, const void *key)
{
    const struct account_id *want = key;
    struct account_id id = address_account(registry_address(owner, handle));
    return id.len == want->len && id.is_int == want->is_int &&
           memcmp(id.text, want->text, id.len) == 0;
}

void registry_init(struct registry *r)
{
    memset(r, 0, sizeof *r);
    arena_init(&r->arena);
    r->next_slot = 1;
    index_init(&r->domains, r, watch_hash, watch_touch);
    index_init(&r->accounts, r, account_hash, account_touch);
}

void registry_close(struct registry *r)
{
    index_close(&r->domains);
    index_close(&r->accounts);
    for (uint32_t i = 0; i < r->n_chunks; i++)
        free(r->chunks[i]);
    free(r->chunks);
    arena_close(&r->arena);
    memset(r, 0, sizeof *r);
}

/* Watches --------------------------------------------------------------------------------
 */

uint32_t registry_find(const struct registry *r, const char *name, size_t len)
{
    struct name_key key = {name, len};
    return index_find(&r->domains, hash_name(name, len), watch_matches, &key);
}

struct watch *registry_resolve(const struct registry *r, struct watch_ref ref)
{
    if (ref.slot == 0 || ref.slot >= r->next_slot)
        return NULL;
    struct watch *w = registry_watch(r, ref.slot);
    return w->place != PLACE_FREE && w->gen == ref.gen ? w : NULL;
}

const char *registry_name(const struct registry *r, const struct watch *w)
{
    return (const char *)name_record(r, w) + 1;
}

size_t registry_name_len(const struct registry *r, const struct watch *w)
{
    return name_record(r, w)[0];
}

static enum status take_slot(struct registry *r, uint32_t *slot)
{
    if (r->free_slot != 0) {
        *slot = r->free_slot;
        r->free_slot = registry_watch(r, *slot)->link;
        return ST_OK;
    }
    if (r->next_slot == UINT32_MAX)
        return ST_FULL;
    if (r->next_slot / WATCHES_PER_CHUNK >= r->n_chunks) {
        if (r->n_chunks == r->cap_chunks) {
            uint32_t cap = r->cap_chunks == 0 ? 16 : r->cap_chunks * 2;
            struct watch **chunks = realloc(r->chunks, cap * sizeof(*chunks));
            if (chunks == NULL)
                return ST_NOMEM;
            r->chunks = chunks;
            r->cap_chunks = cap;
        }
        struct watch *chunk = calloc(WATCHES_PER_CHUNK, sizeof *chunk);
        if (chunk == NULL)
            return ST_NOMEM;
        r->chunks[r->n_chunks++] = chunk;
    }
    *slot = r->next_slot++;
    return ST_OK;
}

static void give_slot(struct registry *r, uint32_t slot)
{
    struct watch *w = registry_watch(r, slot);
    uint16_t gen = (uint16_t)(w->gen + 1);
    memset(w, 0, sizeof *w);
    w->gen = gen;
    w->place = PLACE_FREE;
    w->link = r->free_slot;
    r->free_slot = slot;
}

static enum status new_watch(struct registry *r, const char *name, size_t len,
                             uint64_t hash, uint32_t *out)
{
    enum status st = index_reserve(&r->domains, hash);
    if (st != ST_OK)
        return st;
    uint32_t record = arena_alloc(&r->arena, len + 2);
    if (record == 0)
        return ST_NOMEM;
    uint32_t slot;
    st = take_slot(r, &slot);
    if (st != ST_OK) {
        arena_free(&r->arena, record, len + 2);
        return st;
    }
    unsigned char *n = arena_at(&r->arena, record);
    n[0] = (unsigned char)len;
    copy_short(n + 1, name, len);
    n[1 + len] = '\0';
    struct watch *w = registry_watch(r, slot);
    uint16_t gen = w->gen;
    memset(w, 0, sizeof *w);
    w->gen = gen;
    w->name = record;
    w->phase = PHASE_NEW;
    w->place = PLACE_UNSCHEDULED;
    index_add(&r->domains, hash, slot);
    r->watches++;
    digest_put_watch(r, w);
    *out = slot;
    return ST_OK;
}

void registry_forget(struct registry *r, uint32_t slot)
{
    struct watch *w = registry_watch(r, slot);
    MUST(w->place != PLACE_FREE && w->addresses == 0 && w->evidence == 0);
    digest_take_watch(r, w);
    const unsigned char *n = name_record(r, w);
    index_remove(&r->domains, hash_name((const char *)n + 1, n[0]), slot);
    arena_free(&r->arena, w->name, n[0] + 2U);
    give_slot(r, slot);
    r->watches--;
}

/* Address records ------------------------------------------------------------------------
 */

/* The text starts before the end of the padded struct. */
#define RECORD_HEAD offsetof(struct address_record, text)

static size_t record_size(const struct address_record *a)
{
    size_t n = RECORD_HEAD + a->account_len + a->local_len + a->tail_len;
    if (a->flags & ADDR_HAS_HOST)
        n += 1U + (unsigned char)a->text[a->account_len + a->local_len + a->tail_len];
    return n;
}

/* The text behind the '@' equals the canonical host but for case and a trailing dot. */
static bool same_host(const char *tail, size_t tail_len, const char *host, size_t host_len)
{
    if (tail_len == host_len + 1 && tail[tail_len - 1] == '.')
        tail_len--;
    if (tail_len != host_len)
        return false;
    for (size_t i = 0; i < host_len; i++) {
        if (tolower((unsigned char)tail[i]) != host[i])
            return false;
    }
    return true;
}

static bool record_is(const struct registry *r, const struct address_record *a,
                      const struct address *want)
{
    const struct mail_domain *d = &want->domain;
    const char *local = a->text + a->account_len;
    if (a->local_len != want->local_len || memcmp(local, want->email, a->local_len) != 0)
        return false;
    const char *tail = local + a->local_len;
    if (a->flags & ADDR_HAS_HOST) {
        const char *host = tail + a->tail_len;
        return (unsigned char)host[0] == d->host_len &&
               memcmp(host + 1, d->host, d->host_len) == 0;
    }
    if (a->tail_len > 0)
        return same_host(tail, a->tail_len, d->host, d->host_len);
    return strcmp(registry_name(r, registry_watch(r, a->watch)), d->host) == 0;
}

struct account_id address_account(const struct address_record *a)
{
    return (struct account_id){.text = a->text,
                               .len = a->account_len,
                               .is_int = (a->flags & ADDR_ACCOUNT_IS_INT) != 0};
}

size_t address_email(const struct registry *r, const struct address_record *a,
                     char out[EMAIL_MAX + 1])
{
    const char *local = a->text + a->account_len;
    const char *tail = local + a->local_len;
    size_t tail_len = a->tail_len;
    if (tail_len == 0) {
        const struct watch *w = registry_watch(r, a->watch);
        tail = registry_name(r, w);
        tail_len = name_record(r, w)[0];
    }
    size_t n = a->local_len;
    copy_short(out, local, n);
    out[n++] = '@';
    copy_short(out + n, tail, tail_len);
    n += tail_len;
    out[n] = '\0';
    return n;
}

int64_t address_verified_ms(const struct address_record *a)
{
    return (int64_t)((uint64_t)a->verified_high << 32 | a->verified_low);
}

enum tristate address_mfa(const struct address_record *a)
{
    return (enum tristate)(a->flags >> ADDR_MFA_SHIFT & 3U);
}

enum tristate address_other_verified(const struct address_record *a)
{
    return (enum tristate)(a->flags >> ADDR_OTHER_SHIFT & 3U);
}

static void set_tristate(struct address_record *a, unsigned shift, enum tristate v)
{
    a->flags = (uint8_t)((a->flags & ~(3U << shift)) | ((unsigned)v << shift));
}

void address_set_mfa(struct registry *r, struct address_record *a, enum tristate v)
{
    if (address_mfa(a) == v)
        return;
    digest_take_address(r, a);
    set_tristate(a, ADDR_MFA_SHIFT, v);
    digest_put_address(r, a);
}

void address_set_other_verified(struct registry *r, struct address_record *a,
                                enum tristate v)
{
    if (address_other_verified(a) == v)
        return;
    digest_take_address(r, a);
    set_tristate(a, ADDR_OTHER_SHIFT, v);
    digest_put_address(r, a);
}

static void set_said(struct address_record *a, enum said unverify, enum said block)
{
    a->said = (uint8_t)((unsigned)unverify | (unsigned)block << 2);
}

void address_set_said(struct registry *r, struct address_record *a, enum said unverify,
                      enum said block)
{
    if (address_unverify(a) == unverify && address_block(a) == block)
        return;
    digest_take_address(r, a);
    set_said(a, unverify, block);
    digest_put_address(r, a);
}

static void set_verified(struct address_record *a, int64_t ms)
{
    a->verified_low = (uint32_t)ms;
    a->verified_high = (uint16_t)((uint64_t)ms >> 32);
}

/* The canonical host of a record, written to `out`; returns its length. */
static size_t address_host(const struct registry *r, const struct address_record *a,
                           char out[DOMAIN_SIZE])
{
    const char *tail = a->text + a->account_len + a->local_len;
    const char *host = tail;
    size_t len = a->tail_len;
    bool is_canonical = true;
    if (a->flags & ADDR_HAS_HOST) {
        host = tail + a->tail_len + 1;
        len = (unsigned char)tail[a->tail_len];
    } else if (len == 0) {
        const unsigned char *name = name_record(r, registry_watch(r, a->watch));
        host = (const char *)name + 1;
        len = name[0];
    } else {
        is_canonical = false;
        if (tail[len - 1] == '.')
            len--;
    }
    copy_short(out, host, len);
    for (size_t i = 0; i < len && !is_canonical; i++)
        out[i] = (char)tolower((unsigned char)out[i]);
    out[len] = '\0';
    return len;
}

void address_fact(const struct registry *r, const struct address_record *a,
                  char email[EMAIL_MAX + 1], struct fact_address *out)
{
    const struct watch *w = registry_watch(r, a->watch);
    /* Field by field: clearing the whole, host and all, costs as much as filling it. */
    out->account = address_account(a);
    out->verified_ms = address_verified_ms(a);
    out->mfa = address_mfa(a);
    out->other_verified = address_other_verified(a);
    out->unverify = address_unverify(a);
    out->block = address_block(a);
    struct mail_domain *d = &out->address.domain;
    out->address.email_len = (unsigned char)address_email(r, a, email);
    out->address.email = email;
    out->address.local_len = a->local_len;
    d->host_len = (unsigned char)address_host(r, a, d->host);
    d->registrable_at = (unsigned char)(d->host_len - name_record(r, w)[0]);
    d->is_private = w->phase == PHASE_PRIVATE;
}

/* Chains ---------------------------------------------------------------------------------
 */

static void chain_to_watch(struct registry *r, uint32_t slot, uint32_t handle)
{
    struct watch *w = registry_watch(r, slot);
    struct address_record *a = registry_address(r, handle);
    a->watch = slot;
    a->prev = 0;
    a->next = w->first;
    if (w->first != 0)
        registry_address(r, w->first)->prev = handle;
    w->first = handle;
    w->addresses++;
    r->addresses++;
}

static void unchain_from_watch(struct registry *r, struct address_record *a)
{
    struct watch *w = registry_watch(r, a->watch);
    if (a->prev != 0)
        registry_address(r, a->prev)->next = a->next;
    else
        w->first = a->next;
    if (a->next != 0)
        registry_address(r, a->next)->prev = a->prev;
    w->addresses--;
    r->addresses--;
}

uint32_t registry_first_of_account(const struct registry *r,
                                   const struct account_id *account)
{
    return index_find(&r->accounts, hash_account(account), account_matches, account);
}

/* New addresses go behind the account's head, so the index keeps pointing at the same one.
 *   hash, head   of the account, as looked up: 0 when it is new */
static enum status chain_to_account(struct registry *r, uint64_t hash, uint32_t head,
                                    uint32_t handle)
{
    struct address_record *a = registry_address(r, handle);
    if (head != 0) {
        struct address_record *h = registry_address(r, head);
        a->next_of_account = h->next_of_account;
        h->next_of_account = handle;
        return ST_OK;
    }
    enum status st = index_reserve(&r->accounts, hash);
    if (st != ST_OK)
        return st;
    a->next_of_account = 0;
    index_add(&r->accounts, hash, handle);
    r->account_count++;
    return ST_OK;
}

static void unchain_from_account(struct registry *r, uint32_t handle)
{
    struct address_record *a = registry_address(r, handle);
    struct account_id id = address_account(a);
    uint32_t head = registry_first_of_account(r, &id);
    if (head == handle) {
        uint64_t hash = hash_account(&id);
        if (a->next_of_account != 0) {
            index_replace(&r->accounts, hash, handle, a->next_of_account);
        } else {
            index_remove(&r->accounts, hash, handle);
            r->account_count--;
        }
        return;
    }
    struct address_record *before = registry_address(r, head);
    while (before->next_of_account != handle)
        before = registry_address(r, before->next_of_account);
    before->next_of_account = a->next_of_account;
}

/* Attach and detach ----------------------------------------------------------------------
 */

/* Among the addresses of an account, whose first is `head`. */
static uint32_t find_in_account(const struct registry *r, uint32_t head,
                                const struct address *address)
{
    for (uint32_t h = head; h != 0; h = registry_address(r, h)->next_of_account) {
        if (record_is(r, registry_address(r, h), address))
            return h;
    }
    return 0;
}

uint32_t registry_find_address(const struct registry *r, const struct account_id *account,
                               const struct address *address)
{
    return find_in_account(r, registry_first_of_account(r, account), address);
}

static uint32_t new_record(struct registry *r, const struct account_event *ev)
{
    const struct address *ad = &ev->address;
    const struct mail_domain *d = &ad->domain;
    const char *tail = ad->email + ad->local_len + 1;
    size_t tail_len = (size_t)ad->email_len - ad->local_len - 1U;
    struct address_record head = {.account_len = ev->account.len,
                                  .local_len = ad->local_len};
    if (ev->account.is_int)
        head.flags |= ADDR_ACCOUNT_IS_INT;
    /* Mostly the address is local@name, with the name as the watch has it: no tail then. */
    bool is_plain = d->registrable_at == 0 && tail_len == d->host_len &&
                    memcmp(tail, d->host, tail_len) == 0;
    bool has_host = !is_plain && !same_host(tail, tail_len, d->host, d->host_len);
    if (!is_plain)
        head.tail_len = (uint8_t)tail_len;
    if (has_host)
        head.flags |= ADDR_HAS_HOST;
    size_t size = RECORD_HEAD + head.account_len + head.local_len + head.tail_len +
                  (has_host ? 1U + d->host_len : 0U);
    uint32_t handle = arena_alloc(&r->arena, size);
    if (handle == 0)
        return 0;
    struct address_record *a = registry_address(r, handle);
    memcpy(a, &head, RECORD_HEAD);
    char *p = a->text;
    copy_short(p, ev->account.text, head.account_len);
    p += head.account_len;
    copy_short(p, ad->email, head.local_len);
    p += head.local_len;
    copy_short(p, tail, head.tail_len);
    p += head.tail_len;
    if (has_host) {
        *p++ = (char)d->host_len;
        copy_short(p, d->host, d->host_len);
    }
    return handle;
}

/* A field the event doesn't carry says nothing: what is known stays. */
static void refresh_flags(struct address_record *a, const struct account_event *ev)
{
    if (ev->mfa != TRI_UNKNOWN)
        set_tristate(a, ADDR_MFA_SHIFT, ev->mfa);
    if (ev->other_verified != TRI_UNKNOWN)
        set_tristate(a, ADDR_OTHER_SHIFT, ev->other_verified);
}

static enum status attach_known(struct registry *r, uint32_t handle, int64_t verified_ms,
                                const struct account_event *ev, struct attachment *out)
{
    struct address_record *a = registry_address(r, handle);
    *out = (struct attachment){.slot = a->watch, .address = handle};
    digest_take_address(r, a);
    refresh_flags(a, ev);
    if (address_verified_ms(a) != verified_ms) {
        set_verified(a, verified_ms);
        set_said(a, SAID_NOTHING, SAID_NOTHING);
        out->verified_again = true;
    }
    digest_put_address(r, a);
    return ST_OK;
}

/* From one thing to the next, a step at a time for all events: each of them is far away in
 * memory, and says where the next one is. */
void registry_expect(const struct registry *r, const struct account_event *const *events,
                     size_t n)
{
    struct {
        uint64_t account, name;
        const struct watch *watch; /* NULL: not known */
    } at[REGISTRY_EXPECTED];
    MUST(n <= REGISTRY_EXPECTED);
    for (size_t i = 0; i < n; i++) {
        const struct name_key name = name_of(&events[i]->address.domain);
        at[i].account = hash_account(&events[i]->account);
        at[i].name = hash_name(name.text, name.len);
        index_prefetch(&r->accounts, at[i].account);
        index_prefetch(&r->domains, at[i].name);
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t slot = index_guess(&r->domains, at[i].name);
        uint32_t head = index_guess(&r->accounts, at[i].account);
        at[i].watch = slot != 0 ? registry_watch(r, slot) : NULL;
        __builtin_prefetch(at[i].watch, 1);
        if (head != 0)
            __builtin_prefetch(registry_address(r, head), 1);
    }
    for (size_t i = 0; i < n; i++) {
        if (at[i].watch == NULL)
            continue;
        __builtin_prefetch(name_record(r, at[i].watch));
        if (at[i].watch->first != 0) /* gets a neighbour */
            __builtin_prefetch(registry_address(r, at[i].watch->first), 1);
    }
}

enum status registry_attach(struct registry *r, const struct account_event *ev,
                            int64_t verified_ms, struct attachment *out)
{
    const struct name_key name = name_of(&ev->address.domain);
    uint64_t hash = hash_account(&ev->account);
    uint64_t name_hash = hash_name(name.text, name.len);
    /* Two places far away in memory: the waits for them overlap. */
    index_prefetch(&r->accounts, hash);
    index_prefetch(&r->domains, name_hash);
    uint32_t head = index_find(&r->accounts, hash, account_matches, &ev->account);
    uint32_t handle = find_in_account(r, head, &ev->address);
    if (handle != 0)
        return attach_known(r, handle, verified_ms, ev, out);

    uint32_t slot = index_find(&r->domains, name_hash, watch_matches, &name);
    bool is_new_watch = slot == 0;
    if (is_new_watch) {
        enum status st = new_watch(r, name.text, name.len, name_hash, &slot);
        if (st != ST_OK)
            return st;
    }
    uint32_t first = registry_watch(r, slot)->first; /* it gets a neighbour */
    if (first != 0)
        __builtin_prefetch(registry_address(r, first), 1);
    handle = new_record(r, ev);
    if (handle == 0)
        goto undo_watch;
    chain_to_watch(r, slot, handle);
    if (chain_to_account(r, hash, head, handle) != ST_OK)
        goto undo_record;
    struct address_record *a = registry_address(r, handle);
    set_verified(a, verified_ms);
    refresh_flags(a, ev);
    digest_put_address(r, a);
    *out = (struct attachment){
        .slot = slot, .address = handle, .new_watch = is_new_watch, .new_address = true};
    return ST_OK;

undo_record:
    unchain_from_watch(r, registry_address(r, handle));
    arena_free(&r->arena, handle, record_size(registry_address(r, handle)));
undo_watch:
    if (is_new_watch)
        registry_forget(r, slot);
    return ST_NOMEM;
}

void registry_detach(struct registry *r, uint32_t handle)
{
    struct address_record *a = registry_address(r, handle);
    digest_take_address(r, a);
    unchain_from_account(r, handle);
    unchain_from_watch(r, a);
    arena_free(&r->arena, handle, record_size(a));
}

size_t registry_footprint(const struct registry *r)
{
    return sizeof *r + arena_footprint(&r->arena) + index_footprint(&r->domains) +
           index_footprint(&r->accounts) - 2 * sizeof(struct index) +
           r->n_chunks * (WATCHES_PER_CHUNK * sizeof(struct watch)) +
           r->cap_chunks * sizeof *r->chunks;
}
