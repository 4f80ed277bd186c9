/* Ruling on what is held.
 *
 *   1. A request comes in; its domain is made canonical. What only asks is answered at
 *      once.
 *   2. A ruling on one domain is applied at once, one on all in parts, a part each time
 *      the list of who waits is looked through.
 *   3. It is answered when its facts are in the log.
 *
 * What can go wrong: the list is full, or facts and messages of before have to be written
 * first: 503, ask again. The session breaks before the reply: who asked runs into the time
 * limit of its request; what was ruled stands, and asking again says 404. */
#include "io/rulings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/must.h"
#include "io/replies.h"

#define WAITING_MAX 64U
#define LOOK_MS 10
#define LIST_MAX ((size_t)64 * 1024)

struct waiting {
    char reply[REPLY_SIZE];   /* "": free */
    char domain[DOMAIN_SIZE]; /* "": all */
    bool approve, is_ruling;
    struct ruling ruling;
    uint64_t ruled, mark;
};

struct rulings {
    struct replies replies;
    struct rulings_options o;
    struct waiting waiting[WAITING_MAX];
    size_t n_waiting;
    uv_timer_t timer;
    void (*closed)(void *);
    void *closed_arg;
};

static void send_ruled(struct rulings *r, const struct waiting *f)
{
    const char *what = f->approve ? "approved" : "rejected";
    r->replies.body.len = 0;
    struct json_writer w = json_writer_to(&r->replies.body);
    json_put_begin(&w, '{');
    if (f->domain[0] != '\0') {
        json_put_key(&w, "domain", strlen("domain"));
        json_put_string(&w, f->domain, strlen(f->domain));
    }
    json_put_key(&w, what, strlen(what));
    json_put_uint(&w, f->ruled);
    json_put_end(&w, '}');
    replies_send(&r->replies, f->reply, w.st);
}

/* Of all: the next part. false: there is more. */
static bool go_on(struct rulings *r, struct waiting *f)
{
    uint32_t ruled = 0;
    if (!f->is_ruling)
        return true;
    enum status st = r->o.rule_all(r->o.arg, f->approve, &f->ruling, &ruled);
    f->ruled += ruled;
    if (ruled > 0)
        f->mark = r->o.mark(r->o.arg);
    if (st != ST_OK || f->ruling.left > 0)
        return false;
    f->is_ruling = false;
    log_info("rails", f->approve ? "approved" : "rejected", LOG_I("decisions", f->ruled));
    return true;
}

static void on_timer(uv_timer_t *timer)
{
    struct rulings *r = timer->data;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct waiting *f = &r->waiting[i];
        if (f->reply[0] == '\0' || !go_on(r, f) || !r->o.is_written(r->o.arg, f->mark))
            continue;
        send_ruled(r, f);
        f->reply[0] = '\0';
        r->n_waiting--;
    }
    if (r->n_waiting == 0)
        uv_timer_stop(timer);
}

/* There is room for one more: the caller has looked. */
static struct waiting *take_place(struct rulings *r, const char *reply, bool approve)
{
    struct waiting *f = r->waiting;
    while (f->reply[0] != '\0')
        f++;
    memset(f, 0, sizeof *f);
    snprintf(f->reply, sizeof f->reply, "%s", reply);
    f->approve = approve;
    if (r->n_waiting++ == 0)
        uv_timer_start(&r->timer, on_timer, LOOK_MS, LOOK_MS);
    return f;
}

static void rule_all(struct rulings *r, const char *reply, bool approve)
{
    struct waiting *f = take_place(r, reply, approve);
    f->is_ruling = true;
    f->ruling = (struct ruling){.asked = r->o.now(r->o.arg), .left = UINT32_MAX};
}

static void rule_one(struct rulings *r, const char *reply, const char *domain, bool approve)
{
    enum status st = r->o.rule(r->o.arg, domain, approve);
    if (st == ST_NOT_FOUND) {
        replies_error(&r->replies, reply, 404, "nothing is held for this domain");
        return;
    }
    if (st != ST_OK) {
        replies_error(&r->replies, reply, 503,
                      "what came before is being written; ask again");
        return;
    }
    log_info("rails", approve ? "approved" : "rejected", LOG_S("domain", domain));
    struct waiting *f = take_place(r, reply, approve);
    snprintf(f->domain, sizeof f->domain, "%s", domain);
    f->ruled = 1;
    f->mark = r->o.mark(r->o.arg);
}

/* Requests -------------------------------------------------------------------------------
 */

/* The domain that is asked about, as it is watched. false: there is none, which is said. */
static bool domain_of(struct rulings *r, const struct bus_message *m, const char *reply,
                      struct mail_domain *out, bool *is_all)
{
    struct request_domain d;
    enum status st = request_domain_parse(bus_message_data(m), bus_message_len(m), &d);
    *is_all = st == ST_OK && d.is_all;
    if (*is_all ||
        (st == ST_OK && mail_domain_parse(r->o.suffixes, d.text, d.len, out) == ADDRESS_OK))
        return true;
    replies_error(&r->replies, reply, 400,
                  "not a domain; allowed: example.com, or {\"domain\": ...}");
    return false;
}

static void on_ruling(struct rulings *r, const struct bus_message *m, bool approve)
{
    struct mail_domain domain;
    bool is_all;
    const char *reply = replies_to(&r->replies, m);
    if (reply == NULL || !domain_of(r, m, reply, &domain, &is_all))
        return;
    if (r->n_waiting == WAITING_MAX)
        replies_error(&r->replies, reply, 503,
                      "too many rulings wait to be written; ask again");
    else if (is_all)
        rule_all(r, reply, approve);
    else
        rule_one(r, reply, mail_domain_name(&domain), approve);
}

static void on_approve(void *arg, struct bus_message *m)
{
    on_ruling(arg, m, true);
    bus_message_free(m);
}

static void on_reject(void *arg, struct bus_message *m)
{
    on_ruling(arg, m, false);
    bus_message_free(m);
}

static void describe(struct rulings *r, const struct bus_message *m, const char *reply)
{
    struct mail_domain domain;
    bool is_all;
    if (!domain_of(r, m, reply, &domain, &is_all))
        return;
    if (is_all) {
        replies_error(&r->replies, reply, 400, "one domain, please");
        return;
    }
    enum status st = r->o.describe(r->o.arg, mail_domain_name(&domain), &r->replies.body);
    if (st == ST_NOT_FOUND)
        replies_error(&r->replies, reply, 404, "this domain is not watched");
    else
        replies_send(&r->replies, reply, st);
}

static void on_domain(void *arg, struct bus_message *m)
{
    struct rulings *r = arg;
    const char *reply = replies_to(&r->replies, m);
    if (reply != NULL)
        describe(r, m, reply);
    bus_message_free(m);
}

static void on_held(void *arg, struct bus_message *m)
{
    struct rulings *r = arg;
    const char *reply = replies_to(&r->replies, m);
    if (reply != NULL) {
        size_t payload = bus_max_payload(r->replies.bus) / 2;
        r->replies.body.len = 0;
        struct json_writer w = json_writer_to(&r->replies.body);
        r->o.list_held(r->o.arg, payload < LIST_MAX ? payload : LIST_MAX, &w);
        replies_send(&r->replies, reply, w.st);
    }
    bus_message_free(m);
}

/* Life ---------------------------------------------------------------------------------
 */

static enum status subscribe(struct rulings *r)
{
    static const struct {
        const char *name;
        bus_message_fn fn;
    } subjects[] = {{"held", on_held},
                    {"approve", on_approve},
                    {"reject", on_reject},
                    {"domain", on_domain}};
    enum status st = ST_OK;
    for (size_t i = 0; i < ARRAY_LEN(subjects) && st == ST_OK; i++) {
        char subject[128];
        snprintf(subject, sizeof subject, "%s.%s", r->o.prefix, subjects[i].name);
        st = bus_subscribe(r->replies.bus, subject, subjects[i].fn, r);
    }
    return st;
}

enum status rulings_new(uv_loop_t *loop, struct bus *bus, const struct rulings_options *o,
                        struct rulings **out)
{
    struct rulings *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ST_NOMEM;
    r->o = *o;
    r->replies = (struct replies){
        .bus = bus, .is_owner = o->is_owner, .is_loaded = o->is_loaded, .arg = o->arg};
    enum status st = subscribe(r);
    if (st != ST_OK) {
        free(r);
        return st;
    }
    uv_timer_init(loop, &r->timer);
    r->timer.data = r;
    *out = r;
    return ST_OK;
}

static void on_closed(uv_handle_t *handle)
{
    struct rulings *r = handle->data;
    void (*closed)(void *) = r->closed;
    void *arg = r->closed_arg;
    buf_free(&r->replies.body);
    free(r);
    closed(arg);
}

void rulings_close(struct rulings *r, void (*closed)(void *arg), void *arg)
{
    if (r == NULL) {
        closed(arg);
        return;
    }
    r->closed = closed;
    r->closed_arg = arg;
    uv_close((uv_handle_t *)&r->timer, on_closed);
}
