/* Facts: what the log and the snapshots are made of.
 *
 * A fact says what now holds, never a difference: replaying it twice, or an old one under a
 * newer one that follows, changes nothing in the end. Facts name domains, accounts and
 * addresses in full, so each stands for itself.
 *
 * A batch is one message of the log, or one chunk of a snapshot:
 *
 *   "UVF1"  magic and version
 *   facts   each: tag (1 byte, enum fact_kind), length of the body (varint), body
 *   sum     XXH3-64 of all before it, little-endian, 8 bytes
 *
 * Inside bodies integers are varints (LEB128, at most 10 bytes), times are seconds since
 * 1970 but where said otherwise, texts are a varint length and bytes. A signed difference
 * is modulo 2^32 and zigzag-coded (0, -1, 1, -2 are 0, 1, 2, 3), so that any two times fit.
 * [..] is only there when its bit is set; at the end of a body, when it is not 0.
 *
 *   ADDRESS   bits (1 byte: 0-1 mfa, 2-3 other_verified, 4 the account is an integer,
 *             5 registrable_at follows, 6 host follows, 7 `more` follows)
 *             [more, 1 byte: 0 below a private suffix, 1-2 unverify, 3-4 block]
 *             verified_ms, account text, local_len, email text, [host text],
 *             [registrable_at]. Without host it is what stands behind the '@'.
 *   GONE      bits (1 byte: 0 the account is an integer), account, local, host texts
 *   WATCH     domain text, phase, outcome * 2 + has_proof, flags, doubts, moves, epoch,
 *             since - epoch, checked - since, due - (checked, or since if that is 0),
 *             [proof: outcome, at, soa, resolver, words texts, http, elapsed_ms,
 * status_at], [registered, looked - checked, rdap_at, [rdap: states, http, elapsed_ms,
 *             registered, expires, server, words texts]]: all of it when any of
 *             registered, looked and rdap_at is not 0, rdap when rdap_at is not
 *   MOVE      domain text, moves, from, to, at, bits (1 byte: 0 tell_move, 1 recovered)
 *   POSITION  sequence, stream, [letters_behind]
 *   MANIFEST  generation, chunks, log_from, watches, addresses, digest, position,
 *             position_stream, [letters_behind]
 *
 * A reader skips tags it does not know and bytes behind the fields it knows, so an older
 * program can read a newer log; fields are only ever added at the end of a body, and a tag
 * never changes its meaning. Bits without a meaning are 0 and refused otherwise: a later
 * flag is a field at the end. The numbers of phases and outcomes are their places in
 * proto/vocab.h, whose lists therefore only grow at their ends; a program that lacks a
 * number refuses the batch, it can't know what it stands for. Golden vectors in
 * tests/unit/golden keep these promises. */
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

/* Limits a fact must keep, besides EMAIL_MAX, DOMAIN_MAX and ACCOUNT_ID_MAX. */
#define FACT_RESOLVER_MAX 63 /* "[ipv6]:port" is 47 */

/* No fact takes more bytes in a batch, and no batch more besides its facts. */
#define FACT_SIZE_MAX 1100U
#define FACT_BATCH_OVERHEAD 12U

struct fact_address {
    struct account_id account;
    struct address address; /* email as given, canonical host, registrable part */
    int64_t verified_ms;    /* milliseconds since 1970, 0.. : which verification it is */
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

/* Texts without a length limit said: soa up to DOMAIN_MAX, resolver up to
 * FACT_RESOLVER_MAX, words less than STATUS_TEXT_SIZE, server less than RDAP_SERVER_SIZE;
 * each may be empty (its pointer is then not looked at), none holds a NUL. Without
 * has_proof `proof` has no meaning, without rdap.at `rdap` has none. */
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
    uint32_t registered; /* the registration's day, as its registry told last; 0: unknown */
    uint32_t looked;     /* when it was asked for that last; 0: never */
    struct {
        uint32_t at; /* 0: never answered */
        uint32_t states;
        uint16_t http;
        uint32_t elapsed_ms, registered, expires;
        const char *server, *words; /* not NUL-terminated */
        uint8_t server_len, words_len;
    } rdap; /* part of the proof */
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
    /* The dead letters of the last so many messages up to there may not have been sent. */
    uint64_t letters_behind;
};

struct fact_manifest {
    uint64_t generation; /* of the snapshot: its chunks carry it in their subject */
    uint32_t chunks;     /* how many, numbered from 0 */
    uint64_t log_from;   /* first sequence of the log that is to be replayed on top */
    uint64_t watches, addresses;        /* of the registry when the manifest was written */
    uint64_t digest;                    /* ... or 0: not taken */
    uint64_t position, position_stream; /* as fact_position, when the snapshot was begun */
    uint64_t letters_behind;            /* ... and this, too */
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

/* Append one fact; what it points to is copied. Does not allocate while `b` has
 * FACT_SIZE_MAX bytes of room.
 *   ST_NOMEM    the batch is as it was before
 *   ST_INVALID  so too: a reader would refuse this fact (a bug of the caller; but a log
 *               that can't be read again is worse than one that isn't written) */
enum status fact_put(struct buf *b, const struct fact *f);

/* Seal: the sum is appended. ST_NOMEM: not sealed, it can be tried again. */
enum status fact_batch_end(struct buf *b);

/* The size of a batch without facts before fact_batch_end: nothing to write. */
#define FACT_BATCH_HEAD 4U

/* Reading. -------------------------------------------------------------------------------
 */

struct fact_reader {
    const uint8_t *at, *end;
    uint64_t skipped; /* facts with a tag of a later version */
};

/* Check magic, version and sum. `data` is borrowed as long as the reader and its facts
 * live; `r` changes only on ST_OK.
 *   ST_MALFORMED  not a batch, cut, or its sum is wrong
 *   ST_INVALID    a batch of another version of the format ("UVF" and another digit) */
enum status fact_reader_init(struct fact_reader *r, const uint8_t *data, size_t len);

/* The next fact that this version knows. Texts are borrowed from the batch, the host is
 * copied into `out`. `out` has no meaning unless ST_OK.
 *   ST_NOT_FOUND  the end
 *   ST_MALFORMED  a body that can't be: cut, a length or a number out of its limits, a
 *                 name with other characters than a-z 0-9 - . ; and so again with each
 *                 further call, never the end */
enum status fact_next(struct fact_reader *r, struct fact *out);

/* A batch as one line of JSON without a newline, an array of objects, for `unverifyd
 * decode`. Accounts and addresses are shown: it is the operator's own data, on his own
 * terminal. Times are RFC 3339, but verified_ms; 0 is null. Hashes are 16 hexadecimal
 * digits, since JSON numbers stop being exact at 2^53. Facts of a later version are
 * counted by a last object, {"fact":"unknown","count":n}.
 *   out     its old content is dropped; empty unless ST_OK
 *   return  ST_MALFORMED, ST_INVALID: as fact_reader_init and fact_next; ST_NOMEM */
enum status fact_batch_to_json(const uint8_t *data, size_t len, struct buf *out);

/* Does it begin like a batch of this or another version? (For `unverifyd decode` to tell
 * batches from messages, of which none begins with a 'U': in msgpack a small integer.) */
bool fact_is_batch(const uint8_t *data, size_t len);

#endif
