/* The table of options. Defaults are part of the product's contract; ranges are chosen so
 * that a slip of the finger is refused and everything an operator may need is not. */
#include "base/must.h"
#include "config/config.h"
#include "config/option.h"

/* The field's own type says how it is stored, so a row can't write a number over a pointer.
 * Enums land under uint32_t: with gcc and clang an enum without negative members is
 * compatible with unsigned int, and one that isn't does not compile here. */
#define FIELD(path)                                                                        \
    _Generic(((struct config *)NULL)->path, const char *                                   \
             : FIELD_TEXT, uint32_t                                                        \
             : FIELD_NUMBER, bool                                                          \
             : FIELD_SWITCH, double                                                        \
             : FIELD_REAL)

#define ROW_AT(s, k, path, ...)                                                            \
    {                                                                                      \
        .section = #s, .key = #k, .name = #s "." #k, .field = FIELD(path),                 \
        .offset = offsetof(struct config, path), __VA_ARGS__                               \
    }
#define ROW(s, k, ...) ROW_AT(s, k, s.k, __VA_ARGS__)

#define TYPE(t) .type = OPTION_##t
#define RANGE(lo, hi) .type = OPTION_NUMBER, .min = (lo), .max = (hi)
#define WORDS(w) .type = OPTION_WORD, .words = (w)
#define BY_DEFAULT(text) .fallback = (text)
#define UNSET(text) .unset = (text)
#define LATER(w) .later = (w)
#define SECRET .is_secret = true
#define IDLE .is_idle = true
#define MEANS(text) .meaning = (text)

const struct option options[] = {
    ROW(nats, url, TYPE(NATS_URLS), BY_DEFAULT("nats://127.0.0.1:4222"),
        MEANS("Servers of the bus, comma-separated")),
    ROW(nats, creds, TYPE(FILE), MEANS("Credentials file (JWT and seed)")),
    ROW(nats, nkey, TYPE(FILE), MEANS("File with an nkey seed")),
    ROW(nats, user, TYPE(TEXT),
        MEANS("User name; without a password it is taken as a token")),
    ROW(nats, password, TYPE(TEXT), SECRET, MEANS("Password of nats.user")),
    ROW(nats, token, TYPE(TEXT), SECRET, MEANS("Authentication token")),
    ROW(nats, ca, TYPE(FILE), UNSET("the system's authorities"),
        MEANS("Authorities that the servers' certificates are checked against")),
    ROW(nats, cert, TYPE(FILE), MEANS("Client certificate for TLS; needs nats.key")),
    ROW(nats, key, TYPE(FILE), MEANS("Private key of nats.cert")),

    ROW(store, mode, WORDS("jetstream memory"), BY_DEFAULT("jetstream"),
        MEANS("jetstream is durable; memory keeps nothing over a restart")),
    ROW(store, replicas, RANGE(1, 5), BY_DEFAULT("1"),
        MEANS("Replicas of the streams that are created")),
    ROW(store, prefix, TYPE(PREFIX), BY_DEFAULT("unverifyd"),
        MEANS("Prefix of the service's own streams and subjects")),

    ROW(shard, count, RANGE(1, 1), .later_max = 1024, LATER("sharding"), BY_DEFAULT("1"),
        MEANS("How many shards the domains are split into")),
    ROW(shard, own, TYPE(SHARDS), LATER("sharding"), BY_DEFAULT("all"),
        MEANS("Shards that this process may own")),
    ROW(shard, standby, TYPE(SWITCH), BY_DEFAULT("on"),
        MEANS("Wait, warm, while another process is the owner; off: exit")),

    ROW(events, stream, TYPE(STREAM), BY_DEFAULT("ACCOUNTS"),
        MEANS("Stream that carries the account events; created if absent")),
    ROW(events, subjects, TYPE(SUBJECTS), BY_DEFAULT("account.>"),
        MEANS("Subjects of that stream, comma-separated")),
    ROW(events, field.account, TYPE(FIELD_PATH), BY_DEFAULT("account"),
        MEANS("Where an event keeps the account, as a dotted path")),
    ROW(events, field.email, TYPE(FIELD_PATH), BY_DEFAULT("email"),
        MEANS("Where an event keeps the mail address")),
    ROW(events, field.time, TYPE(FIELD_PATH), BY_DEFAULT("time"),
        MEANS("Where an event keeps the time of the verification")),
    ROW(events, field.mfa, TYPE(FIELD_PATH), BY_DEFAULT("mfa"),
        MEANS("Where an event says whether the account has a second factor")),
    ROW(events, field.other_verified, TYPE(FIELD_PATH), BY_DEFAULT("other_verified"),
        MEANS("Where an event says whether another verified address exists")),

    ROW(dns, servers, TYPE(DNS_SERVERS), UNSET("those of /etc/resolv.conf"),
        MEANS("Resolvers to ask, comma-separated")),
    ROW(dns, timeout_ms, RANGE(10, 60000), BY_DEFAULT("2000"),
        MEANS("Longest wait for the answer to one question, in ms")),
    ROW(dns, tries, RANGE(1, 10), BY_DEFAULT("3"),
        MEANS("Questions at most before a domain counts as doubtful")),
    ROW(dns, inflight, RANGE(1, 100000), BY_DEFAULT("2000"),
        MEANS("Domains being asked about at once, at most")),
    ROW(dns, interval_hours, RANGE(1, 720), BY_DEFAULT("24"),
        MEANS("How often each domain is asked about in DNS, in hours")),
    ROW(dns, canaries, TYPE(CANARIES), BY_DEFAULT("on"),
        MEANS(
            "Distrust a resolver that denies these names, or has one made up beside them")),
    ROW(dns, parked_nameservers, TYPE(SUFFIXES), IDLE, UNSET("the built-in list"),
        MEANS("Suffixes of name servers that mark expiry parking, or none")),

    ROW(status, provider, WORDS("domainr fastly rdap none"), BY_DEFAULT("none"),
        MEANS(
            "Who is asked for a registration's status; none: nothing is ever unverified")),
    ROW(status, url, TYPE(HTTP_URL), UNSET("the provider's own"),
        MEANS("Base URL of the status API")),
    ROW(status, key, TYPE(KEY), SECRET, MEANS("Client id or API key")),
    ROW(status, key_file, TYPE(FILE),
        MEANS("File that holds the key, instead of status.key")),
    ROW(status, rapidapi_host, TYPE(HOST),
        MEANS("Set: ask through RapidAPI, with its headers")),
    ROW_AT(status, rate, status.rate_per_s, TYPE(RATE), BY_DEFAULT("5/s"),
           MEANS("Questions to the status API at most")),
    ROW(status, burst, RANGE(1, 10000), BY_DEFAULT("10"),
        MEANS("Questions that may be put at once after a quiet time")),
    ROW(status, daily_budget, RANGE(1, 1000000000), BY_DEFAULT("10000"),
        MEANS("Questions a day at most")),
    ROW(status, timeout_ms, RANGE(100, 120000), BY_DEFAULT("10000"),
        MEANS("Longest wait for one answer, in ms")),
    ROW(status, concurrency, RANGE(1, 256), BY_DEFAULT("16"),
        MEANS("Questions under way at once, at most")),
    ROW(status, second_opinion, WORDS("none rdap"), BY_DEFAULT("none"),
        MEANS(
            "Who is asked when the first answer is ambiguous, and for registration days")),

    ROW(rdap, bootstrap_url, TYPE(HTTP_URL),
        BY_DEFAULT("https://data.iana.org/rdap/dns.json"),
        MEANS("Where to learn which registry answers RDAP for which suffix")),

    ROW(policy, preset, WORDS("strict"), LATER("pypi rubygems"), BY_DEFAULT("strict"),
        MEANS("Which answers lead to which decision")),
    ROW(policy, recheck_days, RANGE(1, 365), BY_DEFAULT("30"),
        MEANS("Longest time a domain may go without a completed check, in days")),
    ROW(policy, confirm_hours, RANGE(0, 720), BY_DEFAULT("24"),
        MEANS("How long a redemption verdict must hold before it is acted on; 0: at once")),
    ROW(policy, max_unverify_per_hour, RANGE(0, 1000000), IDLE, BY_DEFAULT("100"),
        MEANS("Above this many an hour, decisions are held for approval")),
    ROW(policy, max_unverify_share, TYPE(SHARE), IDLE, BY_DEFAULT("0.01"),
        MEANS("Above this share of all watched domains, decisions are held for approval")),
    ROW(policy, max_accounts_per_domain, RANGE(0, 1000000000), IDLE, BY_DEFAULT("1000"),
        MEANS("A domain with more accounts is never acted on without approval")),
    ROW(policy, exempt, TYPE(EXEMPT), UNSET("the built-in list of webmail domains"),
        MEANS("Domains counted but never checked; +DOMAIN adds to the built-in list")),
    ROW(policy, dry_run, TYPE(SWITCH), BY_DEFAULT("off"),
        MEANS("Decide and report everything, but unverify nothing")),

    ROW(publish, subject, TYPE(SUBJECT), BY_DEFAULT("email.unverify"),
        MEANS("Subject of the messages that unverify an address")),
    ROW(publish, format, WORDS("msgpack json"), BY_DEFAULT("msgpack"),
        MEANS("Format of the messages")),

    ROW(http, listen, TYPE(LISTEN), IDLE, BY_DEFAULT("127.0.0.1:9464"),
        MEANS("Address for metrics, health and the status page")),

    ROW(log, level, WORDS("debug info warn error"), BY_DEFAULT("info"),
        MEANS("The least level that is logged")),
    ROW(log, format, WORDS("logfmt json"), BY_DEFAULT("logfmt"),
        MEANS("Format of the log on standard error")),
};

/* Words are stored by their place, so the rows must follow the enums. */
_Static_assert(STORE_JETSTREAM == 0 && STORE_MEMORY == 1, "store.mode");
_Static_assert(WIRE_MSGPACK == 0 && WIRE_JSON == 1, "publish.format");
_Static_assert(LOG_DEBUG == 0 && LOG_INFO == 1 && LOG_WARN == 2 && LOG_ERROR == 3,
               "log.level");
_Static_assert(LOG_LOGFMT == 0 && LOG_JSON == 1, "log.format");

const size_t option_count = ARRAY_LEN(options);
