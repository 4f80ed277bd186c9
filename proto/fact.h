/* Facts: what the log and the snapshots are made of.
 *
 * A fact says what now holds, never a difference: replaying it twice, or an old one under a
 * newer one that follows, changes nothing in the end. Facts name domains, accounts and
 * addresses in full, so each stands for itself.
 *
 * A batch is one message of the log, or one chunk of a snapshot:
 *
 *   "UVF1"  magic and version
 *   facts   each: tag (1 byte), length of the body (varint), body
 *   sum     XXH3-64 of all before it, little-endian, 8 bytes
 *
 * Inside bodies: integers are varints (LEB128), times are seconds but where said otherwise,
 * texts are a varint length and bytes. A reader skips tags it does not know and bytes
 * behind the fields it knows, so an older program can read a newer log; fields are only
 * ever added at the end of a body, and a tag never changes its meaning. Golden vectors in
 * tests/unit/golden keep both promises. */
#ifndef UVD_PROTO_FACT_H
#define UVD_PROTO_FACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "proto/account_event.h"
#include "proto/message.h"
#include "proto/vocab.h"

enum fact_kind {
    FACT_ADDRESS = 1,      /* an address is attached, and this holds of it */
    FACT_ADDRESS_GONE = 2, /* it is not attached */
    FACT_WATCH = 3,        /* what holds of a domain's watch */
    FACT_MOVE = 4,         /* a change of phase, and what of it is still to be told */
    FACT_POSITION = 5,     /* up to where the account stream is taken in */
    FACT_MANIFEST = 6      /* a snapshot is complete */
};

/* How far a message about an address is. */
enum said { SAID_NOTHING, SAID_DECIDED, SAID_CONFIRMED };

struct fact_address {
    struct account_id account;
    struct address address; /* email as given, canonical host, registrable part */
    int64_t verified_ms;    /* milliseconds, 0.. : which verification it is */
    enum tristate mfa, other_verified;
    enum said unverify, block;
};

/* Identifies an address: account, local part, canonical host. */
struct fact_address_gone {
    struct account_id account;
    const char *local; /* not NUL-terminated */
    uint8_t local_len;
    const char *host; /* not NUL-terminated, canonical */
    uint8_t host_len;
};

struct fact_watch {
    const char *domain; /* not NUL-terminated, canonical */
    uint8_t domain_len;
    enum phase phase;
    enum dns_outcome outcome;
    uint32_t since, checked, due, epoch;
    uint16_t moves;
    uint8_t flags; /* enum watch_flags (core/watch.h), those that last */
    uint8_t doubts;
    bool has_proof;
    struct {
        enum dns_outcome outcome;
        const char *soa, *resolver; /* not NUL-terminated */
        uint8_t soa_len, resolver_len;
        uint32_t at;
        const char *words; /* of the status API; not NUL-terminated */
        uint8_t words_len;
        uint16_t http;
        uint32_t elapsed_ms, status_at; /* status_at 0: never answered */
    } proof;
};

struct fact_move {
    const char *domain; /* not NUL-terminated */
    uint8_t domain_len;
    uint16_t moves;
    enum phase from, to;
    uint32_t at;
    bool tell_move, recovered; /* still to be told; both false: all is told */
};

struct fact_position {
    uint64_t sequence; /* of the account stream; 0: nothing yet */
    uint64_t stream;   /* which stream: XXH3-64 of its name and creation time; 0: unknown */
};

struct fact_manifest {
    uint64_t generation; /* of the snapshot: its chunks carry it in their subject */
    uint32_t chunks;     /* how many, numbered from 0 */
    uint64_t log_from;   /* first sequence of the log that is to be replayed on top */
    uint64_t watches, addresses, digest; /* of the registry when the manifest was written */
    uint64_t position, position_stream;  /* as fact_position, when the snapshot was begun */
};

struct fact {
    enum fact_kind kind;
    union {
        struct fact_address address;
        struct fact_address_gone gone;
        struct fact_watch watch;
        struct fact_move move;
        struct fact_position position;
        struct fact_manifest manifest;
    } u;
};

/* Writing. A batch under construction is a buf (proto/message.h). -----------------------
 */

/* Begin a batch: the old content of `b` is dropped. */
enum status fact_batch_begin(struct buf *b);

/* Append one fact. ST_NOMEM: the batch is as it was before. */
enum status fact_put(struct buf *b, const struct fact *f);

/* Seal: the sum is appended. */
enum status fact_batch_end(struct buf *b);

/* An empty batch's size before fact_batch_end: nothing to write. */
#define FACT_BATCH_HEAD 4U

/* Reading. -------------------------------------------------------------------------------
 */

struct fact_reader {
    const uint8_t *at, *end;
    uint64_t skipped; /* facts with a tag of a later version */
};

/* Check magic, version and sum. `data` is borrowed as long as the reader and its facts
 * live. ST_MALFORMED  not a batch, cut, or its sum is wrong ST_INVALID    a batch of
 * another version of the format ("UVF" and another digit) */
enum status fact_reader_init(struct fact_reader *r, const uint8_t *data, size_t len);

/* The next fact that this version knows; texts are borrowed from the batch.
 *   ST_NOT_FOUND  the end;  ST_MALFORMED  a body that can't be (limits, enums out of range)
 */
enum status fact_next(struct fact_reader *r, struct fact *out);

/* A batch as one line of JSON, an array of objects, for `unverifyd decode`. Accounts and
 * addresses are shown: it is the operator's own data, on his own terminal. */
enum status fact_batch_to_json(const uint8_t *data, size_t len, struct buf *out);

/* Does it begin like a batch? (For `unverifyd decode` to tell batches from messages.) */
bool fact_is_batch(const uint8_t *data, size_t len);

#endif
