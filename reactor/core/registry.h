/* Who is watched: one watch a domain, its addresses attached to it, and each account's
 * addresses chained together, so that a domain's lapse and an account's deletion both find
 * what they concern without looking at anything else.
 *
 *   domain name ──► watch ──► address ◄──► address ◄──► address
 *   account     ──────────────► address ──► address (of another domain)
 *
 * The only place that holds account data. Everything is counted: see registry_footprint. */
#ifndef UVD_CORE_REGISTRY_H
#define UVD_CORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "core/arena.h"
#include "core/index.h"
#include "core/watch.h"
#include "proto/account_event.h"
#include "proto/fact.h"

enum address_flags {
    ADDR_ACCOUNT_IS_INT = 1U << 0,
    ADDR_HAS_HOST = 1U << 1, /* the canonical host follows the text: it can't be derived */
    ADDR_MFA_SHIFT = 2,      /* 2 bits each: enum tristate */
    ADDR_OTHER_SHIFT = 4
};

/* An attached address as it lies in the arena. */
struct address_record {
    uint32_t next, prev;      /* of the domain's chain */
    uint32_t next_of_account; /* of the account's chain */
    uint32_t watch;           /* slot */
    uint32_t verified_low; /* milliseconds since 1970, 48 bits: which verification it is */
    uint16_t verified_high;
    uint8_t flags; /* enum address_flags */
    uint8_t said;  /* 2 bits each: enum said of its unverify and of its block_reset */
    uint8_t account_len;
    uint8_t local_len;
    uint8_t tail_len; /* text behind the '@' as given; 0: it equals the watch's name */
    char text[];      /* account, local part, tail, [host length byte, host] */
};

struct registry {
    struct arena arena;
    struct watch **chunks; /* WATCHES_PER_CHUNK each; slot 0 is never used */
    uint32_t n_chunks, cap_chunks;
    uint32_t next_slot, free_slot;
    struct index domains, accounts;
    uint64_t watches, addresses, account_count;
    uint64_t digest; /* digest.h */
};

#define WATCHES_PER_CHUNK 4096U

void registry_init(struct registry *r);
void registry_close(struct registry *r);

/* Watches -------------------------------------------------------------------------------
 */

/* The slot of a watched name; 0: not watched. */
uint32_t registry_find(const struct registry *r, const char *name, size_t len);

static inline struct watch *registry_watch(const struct registry *r, uint32_t slot)
{
    return &r->chunks[slot / WATCHES_PER_CHUNK][slot % WATCHES_PER_CHUNK];
}

static inline struct watch_ref registry_ref(const struct registry *r, uint32_t slot)
{
    return (struct watch_ref){.slot = slot, .gen = registry_watch(r, slot)->gen};
}

/* The watch a reference means, or NULL when it has been forgotten since. */
struct watch *registry_resolve(const struct registry *r, struct watch_ref ref);

/* Its name, NUL-terminated; borrowed until the watch is forgotten. */
const char *registry_name(const struct registry *r, const struct watch *w);

/* Its length. */
size_t registry_name_len(const struct registry *r, const struct watch *w);

/* Free a watch without addresses. Its slot gets a new generation. */
void registry_forget(struct registry *r, uint32_t slot);

/* Addresses ------------------------------------------------------------------------------
 */

struct attachment {
    uint32_t slot;    /* the watch */
    uint32_t address; /* handle */
    bool new_watch, new_address;
    bool verified_again; /* known address, another verification than the one on record */
};

/* Attach an address (of an EVENT_VERIFIED) to its domain's watch, creating the watch (phase
 * new, place unscheduled) if needed; or refresh a known one: its flags and verification.
 * Its text stays as it first came, since ids are made of it. A verification is told apart
 * by `verified_ms`; another one drops what was said before. ST_NOMEM: nothing changed */
enum status registry_attach(struct registry *r, const struct account_event *ev,
                            int64_t verified_ms, struct attachment *out);

/* These events (at most REGISTRY_EXPECTED, the fields of an EVENT_VERIFIED filled) come
 * next: call what they will touch nearer, for all of them at once, so that the waits for
 * memory overlap. Changes nothing. */
#define REGISTRY_EXPECTED 16
void registry_expect(const struct registry *r, const struct account_event *const *events,
                     size_t n);

/* Find an address of an account by its local part and canonical host; 0: not attached. */
uint32_t registry_find_address(const struct registry *r, const struct account_id *account,
                               const struct address *address);

/* First address of an account; 0: none. The next one: record's next_of_account. */
uint32_t registry_first_of_account(const struct registry *r,
                                   const struct account_id *account);

/* Detach and free one address. Its watch stays, maybe without addresses: the caller
 * decides. */
void registry_detach(struct registry *r, uint32_t address);

static inline struct address_record *registry_address(const struct registry *r,
                                                      uint32_t handle)
{
    return arena_at(&r->arena, handle);
}

/* Borrowed views into a record. The e-mail address is written to `out` as it was given. */
struct account_id address_account(const struct address_record *a);
size_t address_email(const struct registry *r, const struct address_record *a,
                     char out[EMAIL_MAX + 1]);
int64_t address_verified_ms(const struct address_record *a);
enum tristate address_mfa(const struct address_record *a);
enum tristate address_other_verified(const struct address_record *a);
void address_set_mfa(struct registry *r, struct address_record *a, enum tristate v);
void address_set_other_verified(struct registry *r, struct address_record *a,
                                enum tristate v);

/* How far its two messages are. */
static inline enum said address_unverify(const struct address_record *a)
{
    return (enum said)(a->said & 3U);
}

static inline enum said address_block(const struct address_record *a)
{
    return (enum said)(a->said >> 2 & 3U);
}

void address_set_said(struct registry *r, struct address_record *a, enum said unverify,
                      enum said block);

/* Everything about an attached address, as a fact. `email` is filled and borrowed by `out`,
 * whose account is borrowed from the record. */
void address_fact(const struct registry *r, const struct address_record *a,
                  char email[EMAIL_MAX + 1], struct fact_address *out);

/* Every byte that the registry holds from the system. */
size_t registry_footprint(const struct registry *r);

#endif
