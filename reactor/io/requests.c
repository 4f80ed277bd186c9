/* Answering.
 *
 *   1. A request comes in; it is answered from the callback, within the turn.
 *   2. A request to forget is answered when the bus holds nothing of it any more: it waits
 *      in a list that is looked through until then.
 *
 * What can go wrong: the list is full, or the session breaks before the reply. Who asked
 * runs into the time limit of its request and asks again, which does no harm. */
#include "io/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/replies.h"

#define WAITING_MAX 64U
#define LOOK_MS 50

struct waiting {
    char reply[REPLY_SIZE]; /* "": free */
    uint64_t addresses, mark;
};

struct requests {
    struct replies replies;
    struct requests_options o;
    struct waiting waiting[WAITING_MAX];
    size_t n_waiting;
    uv_timer_t timer;
    void (*closed)(void *);
    void *closed_arg;
};

static void send_forgotten(struct requests *r, const struct waiting *f)
{
    r->replies.body.len = 0;
    struct json_writer w = json_writer_to(&r->replies.body);
    json_put_begin(&w, '{');
    json_put_key(&w, "addresses", strlen("addresses"));
    json_put_uint(&w, f->addresses);
    json_put_key(&w, "erased", strlen("erased"));
    json_put_bool(&w, true);
    json_put_end(&w, '}');
    replies_send(&r->replies, f->reply, w.st);
}

static void on_stats(void *arg, struct bus_message *m)
{
    struct requests *r = arg;
    const char *reply = replies_to(&r->replies, m);
    if (reply != NULL) {
        r->replies.body.len = 0;
        struct json_writer w = json_writer_to(&r->replies.body);
        r->o.stats(r->o.arg, &w);
        replies_send(&r->replies, reply, w.st);
    }
    bus_message_free(m);
}

static void on_timer(uv_timer_t *timer)
{
    struct requests *r = timer->data;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        struct waiting *f = &r->waiting[i];
        if (f->reply[0] == '\0' || !r->o.is_erased(r->o.arg, f->mark))
            continue;
        send_forgotten(r, f);
        f->reply[0] = '\0';
        r->n_waiting--;
    }
    if (r->n_waiting == 0)
        uv_timer_stop(timer);
}

static void forget(struct requests *r, const char *reply, const struct account_id *account)
{
    struct waiting *f = r->waiting;
    if (r->n_waiting == WAITING_MAX) {
        replies_error(&r->replies, reply, 503,
                      "too many accounts are being forgotten; ask again");
        return;
    }
    while (f->reply[0] != '\0')
        f++;
    enum status st = r->o.forget(r->o.arg, account, &f->addresses, &f->mark);
    if (st != ST_OK) {
        replies_error(&r->replies, reply, 503, status_text(st));
        return;
    }
    log_info("requests", "forgotten", LOG_I("addresses", f->addresses));
    snprintf(f->reply, sizeof f->reply, "%s", reply);
    if (r->n_waiting++ == 0)
        uv_timer_start(&r->timer, on_timer, LOOK_MS, LOOK_MS);
}

static void on_forget(void *arg, struct bus_message *m)
{
    struct requests *r = arg;
    struct request_account account;
    const char *reply = replies_to(&r->replies, m);
    if (reply == NULL) {
        bus_message_free(m);
        return;
    }
    if (request_account_parse(bus_message_data(m), bus_message_len(m), &account) == ST_OK)
        forget(r, reply, &account.id);
    else
        replies_error(
            &r->replies, reply, 400,
            "not an account; allowed: its name, or a number, or {\"account\": ...}, "
            "of 1 to 128 bytes");
    bus_message_free(m);
}

enum status requests_new(uv_loop_t *loop, struct bus *bus, const struct requests_options *o,
                         struct requests **out)
{
    struct requests *r = calloc(1, sizeof *r);
    char subject[128];
    if (r == NULL)
        return ST_NOMEM;
    r->o = *o;
    r->replies = (struct replies){
        .bus = bus, .is_owner = o->is_owner, .is_loaded = o->is_loaded, .arg = o->arg};
    snprintf(subject, sizeof subject, "%s.stats", o->prefix);
    enum status st = bus_subscribe(bus, subject, on_stats, r);
    snprintf(subject, sizeof subject, "%s.forget", o->prefix);
    if (st == ST_OK)
        st = bus_subscribe(bus, subject, on_forget, r);
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
    struct requests *r = handle->data;
    void (*closed)(void *) = r->closed;
    void *arg = r->closed_arg;
    buf_free(&r->replies.body);
    free(r);
    closed(arg);
}

void requests_close(struct requests *r, void (*closed)(void *arg), void *arg)
{
    if (r == NULL) {
        closed(arg);
        return;
    }
    r->closed = closed;
    r->closed_arg = arg;
    uv_close((uv_handle_t *)&r->timer, on_closed);
}
