/* The DNS module on a real loop: against knotd, and against a responder in this process
 * that misbehaves on request. */
#include <ctype.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "base/must.h"
#include "io/dns.h"
#include "io/servers.h"

#define WAIT_MS 20000
#define TIMEOUT_MS 300

/* Results ------------------------------------------------------------------------- */

#define TOKENS_MAX 4096

struct results {
    struct dns *dns;
    uint32_t n;         /* calls of done */
    uint32_t wanted;    /* for is_complete */
    uint32_t ask_again; /* questions still to be asked from inside done */
    bool close_inside;
    bool closed;
    uint8_t seen[TOKENS_MAX];
    enum dns_outcome outcome[TOKENS_MAX];
    uint8_t tries[TOKENS_MAX];
    char resolver[TOKENS_MAX][64];
    struct dns_answer last;
    uint32_t elapsed_ms;
};

static struct results r;

static void on_closed(void *arg)
{
    *(bool *)arg = true;
}

static void on_done(void *arg, const struct dns_result *result)
{
    assert_ptr_equal(arg, &r);
    assert_true(result->token < TOKENS_MAX);
    assert_true(result->answer.outcome < DNS_OUTCOME_COUNT);
    r.n++;
    r.seen[result->token]++;
    r.outcome[result->token] = result->answer.outcome;
    r.tries[result->token] = result->tries;
    snprintf(r.resolver[result->token], sizeof r.resolver[0], "%s", result->resolver);
    r.last = result->answer;
    r.elapsed_ms = result->elapsed_ms;
    if (r.ask_again > 0) {
        r.ask_again--;
        assert_int_equal(dns_ask(r.dns, result->token + 1, "delegated.com"), ST_OK);
    }
    if (r.close_inside) {
        r.close_inside = false;
        dns_close(r.dns, on_closed, &r.closed);
    }
}

static bool is_complete(void *arg)
{
    (void)arg;
    return r.n >= r.wanted;
}

static bool is_set(void *flag)
{
    return *(bool *)flag;
}

static void open_dns(uv_loop_t *loop, const char *servers, uint32_t tries,
                     uint32_t inflight)
{
    char error[200] = "";
    memset(&r, 0, sizeof r);
    struct dns_options o = {
        .servers = servers,
        .timeout_ms = TIMEOUT_MS,
        .tries = tries,
        .inflight = inflight,
        .done = on_done,
        .arg = &r,
    };
    if (dns_new(loop, &o, &r.dns, error, sizeof error) != ST_OK)
        fail_msg("%s", error);
}

static void close_dns(void)
{
    dns_close(r.dns, on_closed, &r.closed);
}

static void wait_for(uv_loop_t *loop, uint32_t n)
{
    r.wanted = n;
    run_until(loop, is_complete, NULL, WAIT_MS);
}

/* Ask one name alone and wait for its outcome. */
static enum dns_outcome ask(uv_loop_t *loop, const char *domain)
{
    uint32_t before = r.n;
    assert_int_equal(dns_ask(r.dns, before, domain), ST_OK);
    wait_for(loop, before + 1);
    assert_int_equal(r.seen[before], 1);
    return r.outcome[before];
}

/* knotd --------------------------------------------------------------------------- */

static char folder[64];
static struct server knot;
static char knot_text[32];

static void write_zones(uint16_t port)
{
    file_write(folder, "knot.conf",
               "server:\n  rundir: %s\n  listen: 127.0.0.1@%u\n  udp-workers: 1\n"
               "  tcp-workers: 1\n  background-workers: 1\n"
               "database:\n  storage: %s\n"
               "log:\n  - target: stderr\n    any: warning\n"
               "template:\n  - id: default\n    storage: %s\n    zonefile-sync: -1\n"
               "    journal-content: none\n"
               "zone:\n  - domain: com.\n  - domain: own.com.\n  - domain: net.\n"
               "  - domain: broken.net.\n",
               folder, port, folder, folder);
    /* A registry's zone: delegations, a name with data but without one, an alias. */
    file_write(folder, "com.zone",
               "$ORIGIN com.\n$TTL 3600\n"
               "@ SOA a.gtld.net. nstld.gtld.net. 1 1800 900 604800 86400\n"
               "@ NS a.gtld.net.\n"
               "delegated NS ns1.delegated\n"
               "delegated NS ns2.example.net.\n"
               "ns1.delegated A 127.0.0.1\n"
               "own NS ns1.own\n"
               "ns1.own A 127.0.0.1\n"
               "text TXT \"no delegation\"\n"
               "below.empty TXT \"makes an empty non-terminal\"\n"
               "alias CNAME elsewhere.org.\n"
               "dead-alias CNAME gone.net.\n");
    file_write(folder, "own.com.zone",
               "$ORIGIN own.com.\n$TTL 3600\n"
               "@ SOA ns1.own.com. root.own.com. 1 1800 900 604800 86400\n"
               "@ NS ns1\nns1 A 127.0.0.1\n");
    file_write(folder, "net.zone",
               "$ORIGIN net.\n$TTL 3600\n"
               "@ SOA a.gtld.net. nstld.gtld.net. 1 1800 900 604800 86400\n"
               "@ NS a.gtld\na.gtld A 127.0.0.1\n");
    /* broken.net has no file: knotd serves it as SERVFAIL */
}

static int start_knot(void **state)
{
    (void)state;
    folder_make(folder);
    uint16_t port = free_port();
    write_zones(port);
    snprintf(knot_text, sizeof knot_text, "127.0.0.1:%u", (unsigned)port);
    server_start_knotd(&knot, folder, port);
    return 0;
}

static int stop_knot(void **state)
{
    (void)state;
    server_stop(&knot);
    folder_remove(folder);
    return 0;
}

static void what_knotd_says(void **state)
{
    static const struct {
        const char *domain;
        enum dns_outcome outcome;
        const char *soa;
    } rows[] = {
        {"delegated.com", DNS_DELEGATED, ""},    {"own.com", DNS_DELEGATED, ""},
        {"lapsed.com", DNS_ABSENT, "com"},       {"text.com", DNS_NOT_DELEGATED, "com"},
        {"empty.com", DNS_NOT_DELEGATED, "com"}, {"alias.com", DNS_EXISTS, ""},
        {"dead-alias.com", DNS_EXISTS, ""},      {"lapsed.net", DNS_ABSENT, "net"},
        {"broken.net", DNS_SERVFAIL, ""},        {"not-served.org", DNS_REFUSED, ""},
    };
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    open_dns(&loop, knot_text, 1, 16);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum dns_outcome outcome = ask(&loop, rows[i].domain);
        if (outcome != rows[i].outcome || strcmp(r.last.soa, rows[i].soa) != 0)
            fail_msg("%s: %s soa=%s", rows[i].domain, dns_outcome_text(outcome),
                     r.last.soa);
        assert_string_equal(r.resolver[i], knot_text);
        assert_int_equal(r.tries[i], 1);
        if (i == 0) {
            assert_int_equal(r.last.ns_count, 2);
            assert_string_equal(r.last.ns[0], "ns1.delegated.com");
            assert_string_equal(r.last.ns[1], "ns2.example.net");
        }
    }
    assert_int_equal(dns_inflight(r.dns), 0);
    close_dns();
    run_out(&loop, WAIT_MS);
    assert_true(r.closed);
}

static void many_names_at_once(void **state)
{
    enum { N = 2000 };
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    /* More questions than the server's receive buffer may hold: some are lost. */
    open_dns(&loop, knot_text, 10, N);
    for (uint32_t i = 0; i < N; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%u.com", i % 2 == 0 ? "lapsed" : "gone", i);
        if (i % 5 == 0)
            snprintf(name, sizeof name, "delegated.com");
        assert_int_equal(dns_ask(r.dns, i, name), ST_OK);
    }
    assert_int_equal(dns_ask(r.dns, N, "one.too.many.com"), ST_FULL);
    wait_for(&loop, N);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(r.seen[i], 1);
        assert_int_equal(r.outcome[i], i % 5 == 0 ? DNS_DELEGATED : DNS_ABSENT);
    }
    assert_int_equal(r.n, N);
    assert_int_equal(dns_ask(r.dns, N, "lapsed.com"), ST_OK); /* there is room again */
    wait_for(&loop, N + 1);
    close_dns();
    run_out(&loop, WAIT_MS);
}

static void asking_from_inside_done(void **state)
{
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    open_dns(&loop, knot_text, 1, 1); /* the one request must be back in the pool by then */
    r.ask_again = 50;
    assert_int_equal(dns_ask(r.dns, 0, "delegated.com"), ST_OK);
    wait_for(&loop, 51);
    for (uint32_t i = 0; i <= 50; i++)
        assert_int_equal(r.outcome[i], DNS_DELEGATED);
    close_dns();
    run_out(&loop, WAIT_MS);
}

/* A resolver that goes away and comes back: doubt while it is gone, and no denial. */
static void a_resolver_restarts(void **state)
{
    uv_loop_t loop;
    uint16_t port = knot.port;
    (void)state;
    uv_loop_init(&loop);
    open_dns(&loop, knot_text, 2, 16);
    assert_int_equal(ask(&loop, "delegated.com"), DNS_DELEGATED);
    server_stop(&knot);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ask(&loop, "delegated.com"), DNS_UNREACHABLE);
    server_start_knotd(&knot, folder, port);
    assert_int_equal(ask(&loop, "delegated.com"), DNS_DELEGATED);
    assert_int_equal(ask(&loop, "lapsed.com"), DNS_ABSENT);
    close_dns();
    run_out(&loop, WAIT_MS);
}

static void names_that_are_never_sent(void **state)
{
    uv_loop_t loop;
    char name[DOMAIN_SIZE + 1];
    (void)state;
    uv_loop_init(&loop);
    open_dns(&loop, knot_text, 2, 16);
    /* c-ares answers this one by itself (RFC 7686), from inside the asking call. Its "not
     * found" is nobody's statement. */
    assert_true(dns_outcome_is_doubt(ask(&loop, "hidden.onion")));
    assert_true(dns_outcome_is_doubt(ask(&loop, "two..dots.com")));
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_int_equal(dns_ask(r.dns, 0, name), ST_INVALID);
    assert_int_equal(dns_ask(r.dns, 0, ""), ST_INVALID);
    name[DOMAIN_MAX] = '\0'; /* a label of 253 octets */
    assert_true(dns_outcome_is_doubt(ask(&loop, name)));
    close_dns();
    run_out(&loop, WAIT_MS);
}

/* A resolver that misbehaves ------------------------------------------------------ */

/* What to do with a question is the first label of its name. */
struct responder {
    uv_udp_t udp;
    uv_tcp_t tcp;
    uint16_t port;
    char text[32];
    unsigned udp_questions, tcp_questions;
    /* for forgeries: another port of the server's, and two of the asker's */
    uv_udp_t other;
    struct sockaddr_in asker, before;
};

struct peer {
    uv_tcp_t tcp;
    struct responder *responder;
    uint8_t in[600];
    size_t n;
};

struct outgoing {
    union {
        uv_udp_send_t udp;
        uv_write_t tcp;
    } req;
    uint8_t bytes[600];
};

static const uint8_t soa_com[] = {
    3, 'c', 'o', 'm', 0, 0, 6, 0, 1, 0, 0, 0, 9, 0, 30, 3, 'n', 's', '1', 0,
    /* 5 + 5 + 20 octets of data */
    3, 'a', 'd', 'm', 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1};
static const uint8_t ns_record[] = {0xC0, 12, 0, 2, 0,   1,   0,    0, 0,
                                    9,    0,  5, 2, 'n', 's', 0xC0, 12};
static const uint8_t bad_record[] = {0xC0, 12, 0, 2,  0,   1,   0, 0, 0,
                                     9,    0,  5, 63, 'n', 's', 1, 0};

static bool begins(const uint8_t *question, const char *label)
{
    size_t n = strlen(label);
    return question[12] == n && strncasecmp((const char *)question + 13, label, n) == 0;
}

static size_t append(uint8_t *answer, size_t len, const void *bytes, size_t n, int section)
{
    memcpy(answer + len, bytes, n);
    answer[5 + 2 * section]++;
    return len + n;
}

static void fold(uint8_t *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        name[i] = (uint8_t)tolower(name[i]);
}

/* Turns a question into its answer; 0: silence. */
static size_t misbehave(const uint8_t *q, size_t len, bool is_tcp, uint8_t *a)
{
    memcpy(a, q, len);
    a[2] = 0x80 | 0x01;
    a[3] = 0x80;
    if (begins(q, "silent"))
        return 0;
    if (begins(q, "servfail"))
        a[3] |= 2;
    else if (begins(q, "refused"))
        a[3] |= 5;
    else if (begins(q, "notauth"))
        a[3] |= 9;
    else if (begins(q, "wrongid"))
        a[0] ^= 0x55, a[3] |= 3;
    else if (begins(q, "wrongname"))
        a[13] ^= 0x01, a[3] |= 3;
    else if (begins(q, "folded"))
        fold(a + 12, len - 16), len = append(a, len, ns_record, sizeof ns_record, 1);
    else if (begins(q, "noise"))
        memset(a + 2, 0xFF, len - 2);
    else if (begins(q, "short"))
        return 5;
    else if (begins(q, "cutshort"))
        return append(a, len, ns_record, sizeof ns_record, 1) - 3;
    else if (begins(q, "badrecord"))
        return append(a, len, bad_record, sizeof bad_record, 1);
    else if (begins(q, "empty"))
        return len;
    else if (begins(q, "gone"))
        a[3] |= 3, len = append(a, len, soa_com, sizeof soa_com, 2);
    else if (begins(q, "large") && !is_tcp)
        a[2] |= 0x02;
    else if (begins(q, "largegone") && !is_tcp)
        a[2] |= 0x02, a[3] |= 3;
    else if (begins(q, "largegone"))
        a[3] |= 3, len = append(a, len, soa_com, sizeof soa_com, 2);
    else
        len = append(a, len, ns_record, sizeof ns_record, 1);
    return len;
}

static void on_buffer(uv_handle_t *h, size_t suggested, uv_buf_t *buf)
{
    static char bytes[2048];
    (void)h;
    (void)suggested;
    *buf = uv_buf_init(bytes, sizeof bytes);
}

static void on_udp_sent(uv_udp_send_t *req, int status)
{
    (void)status;
    free(container_of(req, struct outgoing, req.udp));
}

/* The asker's newest port, and the one before it. */
static void remember(struct responder *me, const struct sockaddr_in *from)
{
    if (from->sin_port == me->asker.sin_port)
        return;
    me->before = me->asker;
    me->asker = *from;
}

static void on_udp_question(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf,
                            const struct sockaddr *from, unsigned flags)
{
    struct responder *me = container_of(udp, struct responder, udp);
    (void)flags;
    if (n < 13 || from == NULL)
        return;
    me->udp_questions++;
    struct outgoing *out = calloc(1, sizeof *out);
    assert_non_null(out);
    size_t len = misbehave((const uint8_t *)buf->base, (size_t)n, false, out->bytes);
    uv_buf_t b = uv_buf_init((char *)out->bytes, (unsigned)len);
    remember(me, (const struct sockaddr_in *)from);
    if (begins(out->bytes, "fromelse"))
        udp = &me->other;
    if (begins(out->bytes, "toelse"))
        from = (const struct sockaddr *)&me->before;
    if (len == 0 || uv_udp_send(&out->req.udp, udp, &b, 1, from, on_udp_sent) != 0)
        free(out);
}

static void on_peer_closed(uv_handle_t *h)
{
    free(container_of((uv_tcp_t *)h, struct peer, tcp));
}

static void on_tcp_sent(uv_write_t *req, int status)
{
    (void)status;
    free(container_of(req, struct outgoing, req.tcp));
}

static void on_tcp_question(uv_stream_t *s, ssize_t n, const uv_buf_t *buf)
{
    struct peer *p = container_of((uv_tcp_t *)s, struct peer, tcp);
    if (n < 0) {
        uv_close((uv_handle_t *)s, on_peer_closed);
        return;
    }
    assert_true(p->n + (size_t)n <= sizeof p->in);
    memcpy(p->in + p->n, buf->base, (size_t)n);
    p->n += (size_t)n;
    while (p->n >= 2 && p->n >= 2U + (size_t)(p->in[0] << 8 | p->in[1])) {
        size_t len = (size_t)(p->in[0] << 8 | p->in[1]);
        struct outgoing *out = calloc(1, sizeof *out);
        assert_non_null(out);
        p->responder->tcp_questions++;
        size_t got = misbehave(p->in + 2, len, true, out->bytes + 2);
        out->bytes[0] = (uint8_t)(got >> 8);
        out->bytes[1] = (uint8_t)got;
        uv_buf_t b = uv_buf_init((char *)out->bytes, (unsigned)got + 2);
        if (got == 0 || uv_write(&out->req.tcp, s, &b, 1, on_tcp_sent) != 0)
            free(out);
        p->n -= 2 + len;
        memmove(p->in, p->in + 2 + len, p->n);
    }
}

static void on_peer(uv_stream_t *server, int status)
{
    assert_int_equal(status, 0);
    struct peer *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->responder = container_of((uv_tcp_t *)server, struct responder, tcp);
    uv_tcp_init(server->loop, &p->tcp);
    assert_int_equal(uv_accept(server, (uv_stream_t *)&p->tcp), 0);
    uv_read_start((uv_stream_t *)&p->tcp, on_buffer, on_tcp_question);
}

static void responder_start(uv_loop_t *loop, struct responder *me)
{
    struct sockaddr_in a;
    memset(me, 0, sizeof *me);
    me->port = free_port();
    snprintf(me->text, sizeof me->text, "127.0.0.1:%u", (unsigned)me->port);
    uv_ip4_addr("127.0.0.1", me->port, &a);
    uv_udp_init(loop, &me->udp);
    uv_udp_init(loop, &me->other);
    uv_tcp_init(loop, &me->tcp);
    assert_int_equal(uv_udp_bind(&me->udp, (struct sockaddr *)&a, 0), 0);
    assert_int_equal(uv_tcp_bind(&me->tcp, (struct sockaddr *)&a, 0), 0);
    assert_int_equal(uv_udp_recv_start(&me->udp, on_buffer, on_udp_question), 0);
    assert_int_equal(uv_listen((uv_stream_t *)&me->tcp, 8, on_peer), 0);
}

static void responder_stop(struct responder *me)
{
    uv_close((uv_handle_t *)&me->udp, NULL);
    uv_close((uv_handle_t *)&me->other, NULL);
    uv_close((uv_handle_t *)&me->tcp, NULL);
}

static void every_kind_of_misbehaviour(void **state)
{
    static const struct {
        const char *domain;
        enum dns_outcome outcome;
        unsigned tcp_questions;
    } rows[] = {
        {"fine.com", DNS_DELEGATED, 0},
        {"gone.com", DNS_ABSENT, 0},
        {"silent.com", DNS_TIMEOUT, 0},
        {"servfail.com", DNS_SERVFAIL, 0},
        {"refused.com", DNS_REFUSED, 0},
        {"notauth.com", DNS_REFUSED, 0},
        {"empty.com", DNS_LAME, 0},
        /* dropped as nobody's answer, so nothing came in time */
        {"wrongid.com", DNS_TIMEOUT, 0},
        {"wrongname.com", DNS_TIMEOUT, 0},
        {"folded.com", DNS_TIMEOUT, 0},
        {"fromelse.com", DNS_TIMEOUT, 0},
        {"large.com", DNS_DELEGATED, 1},
        {"largegone.com", DNS_ABSENT, 1},
    };
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    open_dns(&loop, me.text, 1, 16);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned tcp = me.tcp_questions, udp = me.udp_questions;
        enum dns_outcome outcome = ask(&loop, rows[i].domain);
        if (outcome != rows[i].outcome)
            fail_msg("%s: %s", rows[i].domain, dns_outcome_text(outcome));
        assert_int_equal(me.tcp_questions - tcp, rows[i].tcp_questions);
        udp = me.udp_questions - udp; /* the fault has come about */
        assert_in_range(udp, 1, outcome == DNS_TIMEOUT ? DNS_COPIES_MAX : 1);
    }
    /* What can't be read is doubt of one kind or the other: c-ares versions differ in what
     * they pass on. */
    static const char *const unreadable[] = {"noise.com", "short.com", "cutshort.com",
                                             "badrecord.com"};
    for (size_t i = 0; i < ARRAY_LEN(unreadable); i++) {
        enum dns_outcome outcome = ask(&loop, unreadable[i]);
        if (outcome != DNS_GARBAGE && outcome != DNS_TIMEOUT)
            fail_msg("%s: %s", unreadable[i], dns_outcome_text(outcome));
    }
    assert_int_equal(ask(&loop, "fine.com"), DNS_DELEGATED); /* still in working order */
    close_dns();
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
}

/* Each kind of forgery is ignored, counted as what it is, and does not keep the true answer
 * from being taken. */
static void forgeries_are_ignored(void **state)
{
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    open_dns(&loop, me.text, 1, 16);
    const struct dns_stats *s = dns_stats(r.dns);
    assert_int_equal(ask(&loop, "wrongid.com"), DNS_TIMEOUT);
    assert_in_range(s->dropped_id, 1, me.udp_questions);
    assert_int_equal(ask(&loop, "wrongname.com"), DNS_TIMEOUT);
    assert_in_range(s->dropped_question, 1, DNS_COPIES_MAX);
    assert_int_equal(ask(&loop, "folded.by-a-forger.com"), DNS_TIMEOUT);
    assert_in_range(s->dropped_case, 1, DNS_COPIES_MAX);
    /* From another port of the same host: the kernel keeps it from us. */
    uint64_t dropped = s->dropped_id + s->dropped_question + s->dropped_socket;
    assert_int_equal(ask(&loop, "fromelse.com"), DNS_TIMEOUT);
    assert_int_equal(s->dropped_id + s->dropped_question + s->dropped_socket, dropped);
    /* To another port of ours: until the responder knows two of them. */
    for (uint32_t i = 0; s->dropped_socket == 0 && i < 100; i++)
        assert_int_equal(dns_outcome_is_doubt(ask(&loop, "toelse.com")), 1);
    assert_true(s->dropped_socket > 0);
    assert_int_equal(ask(&loop, "fine.com"), DNS_DELEGATED);
    assert_true(dns_resolver(r.dns, 0).mixes_case);
    assert_int_equal(s->outcomes[DNS_ABSENT], 0);
    close_dns();
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
}

/* A resolver that does not keep the case of letters is believed after some answers, and
 * only then. */
static void a_resolver_that_folds_case(void **state)
{
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    open_dns(&loop, me.text, 3, 16);
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(dns_ask(r.dns, i, "folded.by-the-resolver.com"), ST_OK);
    wait_for(&loop, 16);
    for (uint32_t i = 0; i < 16; i++)
        assert_int_equal(r.outcome[i], DNS_DELEGATED);
    assert_false(dns_resolver(r.dns, 0).mixes_case);
    assert_in_range(dns_stats(r.dns)->dropped_case, 8, 16);
    assert_int_equal(ask(&loop, "folded.once-more.com"), DNS_DELEGATED);
    close_dns();
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
}

/* c-ares from 1.31 on has a cache of its own. Two looks must be two questions. */
static void no_answer_comes_from_a_cache(void **state)
{
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    open_dns(&loop, me.text, 1, 16);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(ask(&loop, "fine.com"), DNS_DELEGATED);
        assert_int_equal(ask(&loop, "gone.com"), DNS_ABSENT);
    }
    assert_int_equal(me.udp_questions, 6);
    close_dns();
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
}

static void doubt_is_asked_again(void **state)
{
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    open_dns(&loop, me.text, 3, 16);
    assert_int_equal(ask(&loop, "servfail.com"), DNS_SERVFAIL);
    assert_int_equal(r.tries[0], 3);
    assert_int_equal(me.udp_questions, 3);
    /* a pause before each return to it; the loop's clock may be some ms behind */
    assert_true(r.elapsed_ms >= 2 * 180);
    assert_int_equal(ask(&loop, "silent.com"), DNS_TIMEOUT);
    assert_in_range(me.udp_questions, 6, 3 + 3 * DNS_COPIES_MAX);
    assert_true(r.elapsed_ms >= 3 * (TIMEOUT_MS - 20));
    close_dns();
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
}

/* The window of a resolver that says nothing is small, but nobody waits for room in it
 * longer than for its silence. */
static void many_names_and_silence(void **state)
{
    enum { N = 2000 };
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    uv_udp_recv_stop(&me.udp);
    open_dns(&loop, me.text, 2, N);
    for (uint32_t i = 0; i < N; i++)
        assert_int_equal(dns_ask(r.dns, i, "fine.com"), ST_OK);
    wait_for(&loop, N);
    for (uint32_t i = 0; i < N; i++) {
        assert_int_equal(r.seen[i], 1);
        assert_int_equal(r.outcome[i], DNS_TIMEOUT);
    }
    /* It is answered as soon as it can be. */
    uv_udp_recv_start(&me.udp, on_buffer, on_udp_question);
    assert_int_equal(ask(&loop, "fine.com"), DNS_DELEGATED);
    close_dns();
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
}

static void nobody_listens(void **state)
{
    uv_loop_t loop;
    char text[64];
    (void)state;
    uv_loop_init(&loop);
    snprintf(text, sizeof text, "127.0.0.1:%u", (unsigned)free_port());
    open_dns(&loop, text, 2, 16);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(dns_ask(r.dns, i, "fine.com"), ST_OK);
    wait_for(&loop, 10);
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(r.seen[i], 1);
        assert_int_equal(r.outcome[i], DNS_UNREACHABLE);
        assert_int_equal(r.tries[i], 2);
    }
    close_dns();
    run_out(&loop, WAIT_MS);
}

/* Two resolvers of which the first is no use, in each of three ways. */
static void second_resolver_answers(void **state)
{
    uv_loop_t loop;
    struct responder me, other;
    char servers[3][128];
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    responder_start(&loop, &other);
    uv_udp_recv_stop(&other.udp); /* open and silent */
    snprintf(servers[0], sizeof servers[0], "%s,%s", other.text, me.text);
    snprintf(servers[1], sizeof servers[1], "127.0.0.1:%u, %s", (unsigned)free_port(),
             me.text);
    snprintf(servers[2], sizeof servers[2], "%s,%s", knot_text, me.text); /* REFUSED */
    for (int k = 0; k < 3; k++) {
        unsigned first = 0, second = 0;
        open_dns(&loop, servers[k], 3, 16);
        for (uint32_t i = 0; i < 4; i++)
            assert_int_equal(dns_ask(r.dns, i, "fine.org"), ST_OK);
        wait_for(&loop, 4);
        for (uint32_t i = 0; i < 4; i++) {
            assert_int_equal(r.outcome[i], DNS_DELEGATED);
            assert_string_equal(r.resolver[i], me.text);
            first += r.tries[i] == 1;
            second += r.tries[i] == 2;
        }
        assert_int_equal(first, 2); /* the starting resolver takes turns */
        assert_int_equal(second, 2);
        close_dns();
        run_until(&loop, is_set, &r.closed, WAIT_MS);
    }
    responder_stop(&me);
    responder_stop(&other);
    run_out(&loop, WAIT_MS);
}

/* Closing ------------------------------------------------------------------------- */

static void close_while_questions_are_out(void **state)
{
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    open_dns(&loop, me.text, 3, 64);
    for (uint32_t i = 0; i < 50; i++) {
        static const char *const names[] = {"silent.com", "servfail.com", "large.com"};
        assert_int_equal(dns_ask(r.dns, i, names[i % 3]), ST_OK);
    }
    uv_run(&loop, UV_RUN_NOWAIT); /* some are out over UDP, some wait for their next try */
    uv_run(&loop, UV_RUN_NOWAIT);
    uint32_t before = r.n;
    close_dns();
    assert_int_equal(dns_ask(r.dns, 60, "fine.com"), ST_FULL);
    assert_int_equal(r.n, before); /* not from inside dns_close */
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
    assert_true(r.closed);
    unsigned canceled = 0;
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(r.seen[i], 1);
        canceled += r.outcome[i] == DNS_CANCELED;
    }
    assert_true(canceled >= 34);
    assert_int_equal(r.n, 50);
}

static void close_right_after_asking(void **state)
{
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    open_dns(&loop, knot_text, 3, 64);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(dns_ask(r.dns, i, "delegated.com"), ST_OK);
    close_dns();
    run_out(&loop, WAIT_MS);
    assert_int_equal(r.n, 10);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(r.seen[i], 1);
    assert_true(r.closed);
}

static void close_from_inside_done(void **state)
{
    uv_loop_t loop;
    struct responder me;
    (void)state;
    uv_loop_init(&loop);
    responder_start(&loop, &me);
    static const char *const names[] = {"fine.com", "hidden.onion", "servfail.com"};
    for (size_t k = 0; k < ARRAY_LEN(names); k++) {
        open_dns(&loop, me.text, 1, 64);
        r.close_inside = true;
        uint32_t asked = 0;
        while (asked < 20 && dns_ask(r.dns, asked, names[k]) == ST_OK)
            asked++;
        wait_for(&loop, asked);
        assert_int_equal(r.n, asked);
        assert_true(asked > 0);
        for (uint32_t i = 0; i < asked; i++)
            assert_int_equal(r.seen[i], 1);
        run_until(&loop, is_set, &r.closed, WAIT_MS);
    }
    responder_stop(&me);
    run_out(&loop, WAIT_MS);
}

static void close_unused_and_null(void **state)
{
    uv_loop_t loop;
    bool closed = false;
    (void)state;
    uv_loop_init(&loop);
    open_dns(&loop, "192.0.2.1, [2001:db8::1]:5353", 3, 64);
    close_dns();
    dns_close(r.dns, NULL, NULL); /* a second call changes nothing */
    run_out(&loop, WAIT_MS);
    assert_true(r.closed);
    dns_close(NULL, on_closed, &closed);
    assert_true(closed);
    dns_close(NULL, NULL, NULL);
}

static void servers_that_cannot_be_read(void **state)
{
    static const char *const bad[] = {
        "",           " , ",  "resolver.example", "127.0.0.1:0", "127.0.0.1:65536",
        "127.0.0.1:", "[::1", "::1]:53"};
    uv_loop_t loop;
    (void)state;
    uv_loop_init(&loop);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char error[200] = "";
        struct dns *d = NULL;
        struct dns_options o = {.servers = bad[i],
                                .timeout_ms = 2000,
                                .tries = 1,
                                .inflight = 1,
                                .done = on_done};
        assert_int_equal(dns_new(&loop, &o, &d, error, sizeof error), ST_INVALID);
        assert_null(d);
        assert_true(strlen(error) > 10);
    }
    run_out(&loop, WAIT_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_knotd_says),
        cmocka_unit_test(many_names_at_once),
        cmocka_unit_test(asking_from_inside_done),
        cmocka_unit_test(a_resolver_restarts),
        cmocka_unit_test(names_that_are_never_sent),
        cmocka_unit_test(every_kind_of_misbehaviour),
        cmocka_unit_test(forgeries_are_ignored),
        cmocka_unit_test(a_resolver_that_folds_case),
        cmocka_unit_test(no_answer_comes_from_a_cache),
        cmocka_unit_test(doubt_is_asked_again),
        cmocka_unit_test(many_names_and_silence),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(second_resolver_answers),
        cmocka_unit_test(close_while_questions_are_out),
        cmocka_unit_test(close_right_after_asking),
        cmocka_unit_test(close_from_inside_done),
        cmocka_unit_test(close_unused_and_null),
        cmocka_unit_test(servers_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, start_knot, stop_knot);
}
