/* The yardstick for intake: reads a stream to its end and acknowledges, and does nothing
 * else. It stands on the same bus modules as the service, so what the service needs beyond
 * it is decoding, the registry and the log.
 *
 *   bare_consumer URL STREAM      prints: events=N ms=N events_per_s=N
 * cpu_us_per_event=N.NN */
#include <inttypes.h>
#include <nats/nats.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "io/consumer.h"

#define ACK_EVERY 500U

struct bare {
    uv_loop_t loop;
    struct bus *bus;
    struct js_api *api;
    struct consumer *consumer;
    const char *stream;
    uint64_t n, began;
};

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void on_closed(void *arg)
{
    (void)arg;
}

static void finish(struct bare *b)
{
    double ms = (double)(uv_hrtime() - b->began) / 1e6;
    printf("events=%" PRIu64 " ms=%.0f events_per_s=%.0f cpu_us_per_event=%.2f\n", b->n, ms,
           (double)b->n / ms * 1000, cpu_s() * 1e6 / (double)(b->n > 0 ? b->n : 1));
    bus_close(b->bus, on_closed, NULL);
    consumer_close(b->consumer, on_closed, NULL);
    js_api_close(b->api, on_closed, NULL);
}

static void on_up(void *arg)
{
    struct bare *b = arg;
    b->began = uv_hrtime();
    consumer_begin(b->consumer, b->stream);
}

static void on_down(void *arg, const char *why)
{
    (void)arg;
    fprintf(stderr, "bare_consumer: %s\n", why);
    exit(EXIT_FAILURE);
}

static void on_failed(void *arg, const char *why)
{
    on_down(arg, why);
}

static void on_message(void *arg, struct bus_message *m, const struct consumer_mark *mark)
{
    struct bare *b = arg;
    b->n++;
    bool is_last = mark->seq == consumer_stream_last(b->consumer);
    if (b->n % ACK_EVERY == 0 || is_last)
        consumer_ack(b->consumer, bus_message_reply(m), mark);
    bus_message_free(m);
}

/* Delivered, and therefore done: there is nothing behind. */
static void on_caught_up(void *arg)
{
    finish(arg);
}

static size_t room(void *arg)
{
    (void)arg;
    return 2000;
}

int main(int argc, char **argv)
{
    struct bare b = {.stream = argc == 3 ? argv[2] : NULL};
    const struct sched_param batch = {0};
    if (argc != 3) {
        fputs("usage: bare_consumer URL STREAM\n", stderr);
        return 2;
    }
    const struct bus_options bo = {
        .url = argv[1], .name = "bare_consumer", .up = on_up, .down = on_down, .arg = &b};
    const struct consumer_options co = {.name = "bare",
                                        .inbox = 'f',
                                        .message = on_message,
                                        .room = room,
                                        .caught_up = on_caught_up,
                                        .failed = on_failed,
                                        .arg = &b};
    (void)sched_setscheduler(0, SCHED_BATCH, &batch);
    nats_Open(0);
    uv_loop_init(&b.loop);
    if (bus_new(&b.loop, &bo, &b.bus) != ST_OK ||
        js_api_new(&b.loop, b.bus, &b.api) != ST_OK ||
        consumer_new(&b.loop, b.bus, b.api, &co, &b.consumer) != ST_OK)
        return EXIT_FAILURE;
    uv_run(&b.loop, UV_RUN_DEFAULT);
    uv_loop_close(&b.loop);
    nats_CloseAndWait(1000);
    return EXIT_SUCCESS;
}
